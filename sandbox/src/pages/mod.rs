//! The HTML pages: those of WeChat as the sandbox renders them, and the control page. The templates escape all external
//! text.

mod consent;
mod control;
mod crowd;
mod drawing;
mod lang;
mod notice;
mod page_error;
mod qr;

use maud::{DOCTYPE, Markup, html};

pub(crate) use consent::{Consent, Wish, consent};
pub(crate) use control::{Desk, control, live};
pub(crate) use crowd::Crowd;
pub(crate) use drawing::avatar;
pub(crate) use lang::Lang;
pub(crate) use notice::{account_answer, error, phone_done, refused, turned_down};
pub(crate) use page_error::PageError;
pub(crate) use qr::{QrView, qr};

use crate::company::Person;

/// Renders the frame of WeChat's pages. `other_language` is the link of the switch.
fn frame(lang: Lang, title: &str, other_language: Option<&str>, main: &Markup) -> Markup {
    let body = html! {
        header.sandbox {
            span { (lang.say("沙箱 · 这不是微信", "Sandbox · this is not WeChat")) }
            @if let Some(link) = other_language { (switch(lang, link)) }
        }
        (main)
    };
    document(lang, title, "/_sandbox/assets/wechat.css", &body)
}

/// Renders a whole page.
fn document(lang: Lang, title: &str, style: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="/_sandbox/assets/icon.svg";
                link rel="stylesheet" href="/_sandbox/assets/sandbox.css";
                link rel="stylesheet" href=(style);
            }
            body { (body) }
        }
    }
}

/// Renders the link to the same page in the other language.
fn switch(lang: Lang, link: &str) -> Markup {
    html! { a.switch href=(link) lang=(lang.other().tag()) hreflang=(lang.other().tag()) { (lang.other().own_name()) } }
}

/// Renders a search for people, which keeps the page's other parameters. The form's action is only a fragment, so that it
/// requests the current page again and the browser returns to the same place.
fn search(lang: Lang, crowd: &Crowd, kept: &[(String, String)]) -> Markup {
    let label = lang.say("按 ID、昵称或手机号查找", "Id, nickname or phone");
    html! {
        form.search #find role="search" method="get" action="#find" {
            @for (name, value) in kept.iter().filter(|(name, _)| name != "find") {
                input type="hidden" name=(name) value=(value);
            }
            input type="search" name="find" value=(crowd.find) placeholder=(label) aria-label=(label) autocomplete="off";
            button type="submit" { (lang.say("查找", "Find")) }
        }
        @if crowd.people.is_empty() { p.nobody role="status" { (lang.say("没有找到匹配的用户。", "No matching person.")) } }
    }
}

/// Renders a person's picture. It has no alternative text, because the name is beside it.
fn picture(person: &Person, size: u8) -> Markup {
    html! { img.avatar src=(format!("/_sandbox/avatars/{}.svg", person.id)) alt="" width=(size) height=(size); }
}
