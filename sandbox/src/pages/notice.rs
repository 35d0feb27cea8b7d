//! Pages with a sign and a sentence: errors, refusals, and the end of the phone's part.

use maud::{Markup, html};

use crate::company::App;

use super::page_error::PageError;
use super::{Lang, frame};

/// Renders the error page of a request that WeChat refuses. WeChat's own text is Chinese; the page says it in its language.
pub(crate) fn error(lang: Lang, error: &PageError) -> Markup {
    let rest = html! {
        @if lang == Lang::En { p lang="zh-CN" { "“" (error.text) "”" } }
        p.number { (lang.say("错误码：", "Error: ")) code { (error.number) } }
        aside.why {
            h2 { (lang.say("给开发者", "For developers")) }
            p { (lang.say(error.in_chinese, error.meaning)) }
        }
        (way_back(lang))
    };
    let title = lang.say(error.text, "WeChat refuses this request");
    notice(lang, Sign::Bad, title, &rest)
}

/// Renders the links out of an error page: back to the site, which only a script can do, and to the control page.
fn way_back(lang: Lang) -> Markup {
    html! {
        p.ways {
            a.back #back href="/_sandbox/" hidden { (lang.say("返回上一页", "Back")) }
            a.back href="/_sandbox/" { (lang.say("沙箱控制台", "The sandbox’s control page")) }
        }
        script src="/_sandbox/assets/back.js" {}
    }
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
        (way_back(lang))
    };
    notice(lang, Sign::Ended, lang.say("已拒绝", "You refused"), &rest)
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
    notice(lang, sign, title, &html! { p { (next) } })
}

/// Renders the chat of an account after its QR code was scanned: the account's answer, with its links. `None` if its server did
/// not answer.
pub(crate) fn account_answer(lang: Lang, app: &App, answer: Option<&str>) -> Markup {
    let rest = match answer {
        Some("") => html! { p { (lang.say("公众号没有回复。", "The account says nothing.")) } },
        Some(text) => html! {
            p.chat {
                @for line in text.lines() {
                    @if line.starts_with("https://") || line.starts_with("http://") { a href=(line) { (line) } }
                    @else { (line) }
                    br;
                }
            }
        },
        None => html! { p { (lang.say("公众号的服务器没有应答。", "The account’s server did not answer.")) } },
    };
    let sign = if answer.is_some() { Sign::Good } else { Sign::Bad };
    notice(lang, sign, &app.title, &rest)
}

/// Renders the page for a refused form of the control page.
pub(crate) fn turned_down(lang: Lang, reason: &str) -> Markup {
    let rest = html! {
        p lang="en" { (reason) }
        p { a.back href="/_sandbox/" { (lang.say("返回控制台", "Back to the control page")) } }
    };
    notice(lang, Sign::Bad, lang.say("无法执行", "The request is refused"), &rest)
}

#[derive(Clone, Copy)]
enum Sign {
    Good,
    Bad,
    Ended,
}

fn notice(lang: Lang, sign: Sign, title: &str, rest: &Markup) -> Markup {
    let (class, mark) = match sign {
        Sign::Good => ("sign good", "✓"),
        Sign::Bad => ("sign bad", "!"),
        Sign::Ended => ("sign", "×"),
    };
    let main = html! {
        main.notice {
            div class=(class) aria-hidden="true" { (mark) }
            h1 { (title) }
            (rest)
        }
    };
    frame(lang, title, None, &main)
}
