//! Pages with a sign and a sentence: errors, refusals, and the end of the phone's part.

use maud::{Markup, html};

use crate::company::App;

use super::page_error::PageError;
use super::{Lang, frame};

/// Renders the error page of a request that WeChat refuses.
pub(crate) fn error(lang: Lang, error: &PageError) -> Markup {
    let rest = html! {
        p.number { (lang.say("错误码：", "Error: ")) code { (error.number) } }
        aside.why {
            h2 { (lang.say("给开发者", "For developers")) }
            p lang="en" { (error.meaning) }
        }
    };
    // The text is WeChat's own, in Chinese whatever the language of the page.
    notice(lang, Sign::Bad, (Lang::Zh, error.text), &rest)
}

/// Renders the page after a refusal, which WeChat does not report to the site.
pub(crate) fn refused(lang: Lang, app: &App) -> Markup {
    let rest = html! {
        p {
            @match lang {
                Lang::Zh => { "「" bdi { (app.title) } "」不会收到任何通知：微信在用户拒绝后不会回调。" }
                Lang::En => { bdi { (app.title) } " is not notified: WeChat does not call back after a refusal." }
            }
        }
        p { (lang.say("返回上一页可重新选择。", "Go back to choose again.")) }
    };
    notice(lang, Sign::Ended, (lang, lang.say("已拒绝", "You refused")), &rest)
}

/// Renders the phone's page after its answer.
pub(crate) fn phone_done(lang: Lang, allowed: bool) -> Markup {
    let (sign, title, next) = if allowed {
        (
            Sign::Good,
            lang.say("已确认登录", "Login confirmed"),
            lang.say("网页会自动继续，可以关闭此页。", "The web page continues by itself. You can close this one."),
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

/// Renders the page for a refused form of the control page.
pub(crate) fn turned_down(lang: Lang, reason: &str) -> Markup {
    let rest = html! {
        p lang="en" { (reason) }
        p { a.back href="/_sandbox/" { (lang.say("返回控制台", "Back to the control page")) } }
    };
    notice(lang, Sign::Bad, (lang, lang.say("无法执行", "The request is refused")), &rest)
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
