//! What people see: the pages of WeChat as the sandbox draws them, and the control page.
//! Nothing here decides anything; every text from outside is escaped by the templates.

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
pub(crate) use notice::{error, phone_done, refused, turned_down};
pub(crate) use page_error::PageError;
pub(crate) use qr::{QrView, qr};

use crate::company::Person;

/// The frame of WeChat's pages. `other_language` is the link of the switch.
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

/// A whole page, as every page begins.
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

/// The link to the same page in the other language.
fn switch(lang: Lang, link: &str) -> Markup {
    html! { a.switch href=(link) lang=(lang.other().tag()) hreflang=(lang.other().tag()) { (lang.other().own_name()) } }
}

/// A field to search for people with; what else the page was asked for goes with it. The form names a place on its page
/// and no address: it asks the same page again, whichever that is, and the browser comes back to where it was.
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
        @if crowd.people.is_empty() { p.nobody role="status" { (lang.say("没有找到这样的人。", "Nobody like that.")) } }
    }
}

/// A person's picture on a page. The name stands beside it, so it says nothing itself.
fn picture(person: &Person, size: u8) -> Markup {
    html! { img.avatar src=(format!("/_sandbox/avatars/{}.svg", person.id)) alt="" width=(size) height=(size); }
}
