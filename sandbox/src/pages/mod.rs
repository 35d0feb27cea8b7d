//! What people see: the pages of WeChat as the sandbox draws them.
//! Nothing here decides anything; every text from outside is escaped by the templates.

mod consent;
mod crowd;
mod drawing;
mod index;
mod lang;
mod qr;

use maud::{DOCTYPE, Markup, html};

use crate::company::App;
use crate::http::PageError;

pub(crate) use consent::{Consent, Wish, consent};
pub(crate) use crowd::Crowd;
pub(crate) use drawing::avatar;
pub(crate) use index::index;
pub(crate) use lang::Lang;
pub(crate) use qr::{QrView, qr};

/// The frame of all pages. `other_language` is the link of the switch.
fn frame(lang: Lang, title: &str, other_language: Option<&str>, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="icon" href="/_sandbox/assets/icon.svg";
                link rel="stylesheet" href="/_sandbox/assets/sandbox.css";
            }
            body {
                header {
                    span.sandbox { (lang.say("沙箱 · 这不是微信", "Sandbox · this is not WeChat")) }
                    @if let Some(link) = other_language {
                        a href=(link) lang=(lang.other().tag()) { (lang.other().own_name()) }
                    }
                }
                (main)
            }
        }
    }
}

/// The page of a request that WeChat turns down.
pub(crate) fn error(lang: Lang, error: &PageError) -> Markup {
    let main = html! {
        main.notice {
            div.sign.bad aria-hidden="true" { "!" }
            h1 { (error.text) }
            p.number { (lang.say("错误码：", "Error: ")) (error.number) }
            p { (error.meaning) }
        }
    };
    frame(lang, error.text, None, &main)
}

/// The page after a refusal: WeChat does not tell the site.
pub(crate) fn refused(lang: Lang, app: &App) -> Markup {
    let title = lang.say("已拒绝", "You refused");
    let main = html! {
        main.notice {
            div.sign aria-hidden="true" { "×" }
            h1 { (title) }
            p {
                @match lang {
                    Lang::Zh => { "「" (app.title) "」不会收到任何通知：微信在用户拒绝后不会回调。" }
                    Lang::En => { (app.title) " hears nothing of it: after a refusal, WeChat calls nobody back." }
                }
            }
            p { (lang.say("返回上一页可重新选择。", "Go back to choose again.")) }
        }
    };
    frame(lang, title, None, &main)
}

/// What the phone shows when its part is done.
pub(crate) fn phone_done(lang: Lang, allowed: bool) -> Markup {
    let (title, next) = if allowed {
        (
            lang.say("已确认登录", "Login confirmed"),
            lang.say("网页会自动继续，可以关闭此页。", "The web page goes on by itself. You can close this one."),
        )
    } else {
        (
            lang.say("已取消登录", "Login cancelled"),
            lang.say("可在网页上重新扫码。", "The QR code can be scanned again."),
        )
    };
    let main = html! {
        main.notice {
            div class=(if allowed { "sign good" } else { "sign" }) aria-hidden="true" { (if allowed { "✓" } else { "×" }) }
            h1 { (title) }
            p { (next) }
        }
    };
    frame(lang, title, None, &main)
}
