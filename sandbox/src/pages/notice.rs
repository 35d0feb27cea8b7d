//! Pages with a sign, a sentence and nothing to decide: errors, refusals, and the end of what the phone does.
//! When which of them is shown is decided in `http`.

use maud::{Markup, html};

use crate::company::App;

use super::page_error::PageError;
use super::{Lang, frame};

/// The page of a request that WeChat turns down.
pub(crate) fn error(lang: Lang, error: &PageError) -> Markup {
    let rest = html! {
        p.number { (lang.say("错误码：", "Error: ")) code { (error.number) } }
        aside.why {
            h2 { (lang.say("给开发者", "For developers")) }
            p lang="en" { (error.meaning) }
        }
    };
    // The words are WeChat's own, and Chinese whatever the language of the page.
    notice(lang, Sign::Bad, (Lang::Zh, error.text), &rest)
}

/// The page after a refusal: WeChat does not tell the site.
pub(crate) fn refused(lang: Lang, app: &App) -> Markup {
    let rest = html! {
        p {
            @match lang {
                Lang::Zh => { "「" bdi { (app.title) } "」不会收到任何通知：微信在用户拒绝后不会回调。" }
                Lang::En => { bdi { (app.title) } " hears nothing of it: after a refusal, WeChat calls nobody back." }
            }
        }
        p { (lang.say("返回上一页可重新选择。", "Go back to choose again.")) }
    };
    notice(lang, Sign::Ended, (lang, lang.say("已拒绝", "You refused")), &rest)
}

/// What the phone shows when its part is done.
pub(crate) fn phone_done(lang: Lang, allowed: bool) -> Markup {
    let (sign, title, next) = if allowed {
        (
            Sign::Good,
            lang.say("已确认登录", "Login confirmed"),
            lang.say("网页会自动继续，可以关闭此页。", "The web page goes on by itself. You can close this one."),
        )
    } else {
        (
            Sign::Ended,
            lang.say("已取消登录", "Login cancelled"),
            lang.say("可在网页上重新扫码。", "The QR code can be scanned again."),
        )
    };
    notice(lang, sign, (lang, title), &html! { p { (next) } })
}

/// What a form of the control page leads to when its order cannot be carried out.
pub(crate) fn turned_down(lang: Lang, reason: &str) -> Markup {
    let rest = html! {
        p lang="en" { (reason) }
        p { a.back href="/_sandbox/" { (lang.say("返回控制台", "Back to the control page")) } }
    };
    notice(lang, Sign::Bad, (lang, lang.say("无法执行", "This cannot be done")), &rest)
}

#[derive(Clone, Copy)]
enum Sign {
    Good,
    Bad,
    Ended,
}

fn notice(lang: Lang, sign: Sign, (language, title): (Lang, &str), rest: &Markup) -> Markup {
    let (class, mark) = match sign {
        Sign::Good => ("sign good", "✓"),
        Sign::Bad => ("sign bad", "!"),
        Sign::Ended => ("sign", "×"),
    };
    let main = html! {
        main.notice {
            div class=(class) aria-hidden="true" { (mark) }
            h1 lang=(language.tag()) { (title) }
            (rest)
        }
    };
    frame(lang, title, None, &main)
}
