//! The page with the QR code, standalone or inside the frame of wxLogin.js. The script `assets/qrconnect.js` polls; the
//! form works without it.

use maud::{Markup, html};

use crate::company::{App, AppKind};

use super::{Crowd, Lang, frame, picture, search};

/// The data of the page.
pub(crate) struct QrView<'a> {
    pub(crate) lang: Lang,
    pub(crate) other_language: String,
    pub(crate) app: &'a App,
    pub(crate) crowd: Crowd,
    pub(crate) uuid: &'a str,
    /// The address to return to, to which `code=…` can be appended.
    pub(crate) back: &'a str,
    pub(crate) state: &'a str,
    /// `true`, `false` or `default`, as wxLogin.js sends it.
    pub(crate) self_redirect: &'a str,
    pub(crate) framed: bool,
    /// The parameters of the page, for a repeated request by the search.
    pub(crate) kept: Vec<(String, String)>,
}

/// Renders the page.
pub(crate) fn qr(view: &QrView<'_>) -> Markup {
    let lang = view.lang;
    let (title, _) = words(lang, view.app.kind);
    let main = html! {
        main class=(if view.framed { "qr framed" } else { "qr" })
            data-poll=(format!("/connect/l/qrconnect?uuid={}", view.uuid))
            data-back=(view.back) data-state=(view.state) data-self-redirect=(view.self_redirect) {
            section.scan {
                h1 { (title) }
                img.qrcode src=(format!("/connect/qrcode/{}", view.uuid)) width="280" height="280"
                    alt=(lang.say("登录二维码", "QR code of this login"));
                (panels(view))
            }
            (helper(view))
        }
        script src="/_sandbox/assets/qrconnect.js" {}
    };
    frame(lang, title, Some(&view.other_language), &main)
}

/// Returns the title, and the app to scan with.
const fn words(lang: Lang, kind: AppKind) -> (&'static str, &'static str) {
    match kind {
        AppKind::WeCom => (
            lang.say("企业微信登录", "WeCom Login"),
            lang.say("请使用企业微信扫描二维码登录", "Scan with WeCom to log in to"),
        ),
        AppKind::OfficialAccount | AppKind::Website | AppKind::Mobile | AppKind::MiniProgram => (
            lang.say("微信登录", "WeChat Login"),
            lang.say("请使用微信扫描二维码登录", "Scan with WeChat to log in to"),
        ),
    }
}

/// Renders the panels below the code; the script shows one of them at a time.
fn panels(view: &QrView<'_>) -> Markup {
    let lang = view.lang;
    let (_, scan) = words(lang, view.app.kind);
    html! {
        div.panels role="status" {
            p data-panel="408" {
                (scan)
                br;
                b { @match lang { Lang::Zh => { "「" bdi { (view.app.title) } "」" } Lang::En => { bdi { (view.app.title) } } } }
            }
            p.scanned data-panel="404" hidden {
                b { (lang.say("扫描成功", "Scanned")) }
                (lang.say("在手机上轻触允许即可登录", "Tap Allow on the phone to log in"))
            }
            p.cancelled data-panel="403" hidden {
                b { (lang.say("你已取消此次登录", "You cancelled this login")) }
                (lang.say("可再次扫描，或关闭窗口", "Scan again, or close the window"))
            }
        }
    }
}

/// Renders the helper that scans without a second device.
fn helper(view: &QrView<'_>) -> Markup {
    let lang = view.lang;
    let target = if view.framed && view.self_redirect != "true" { "_top" } else { "_self" };
    html! {
        section.helper {
            h2 { (lang.say("没有手机？扫码身份：", "No phone at hand? Scan as:")) }
            @if view.crowd.searchable { (search(lang, &view.crowd, &view.kept)) }
            form.scan-as method="post" action="/connect/confirm" target=(target) {
                input type="hidden" name="uuid" value=(view.uuid);
                input type="hidden" name="then" value="return";
                input type="hidden" name="decision" value="allow";
                @for person in &view.crowd.people {
                    button type="submit" name="person" value=(person.id) {
                        (picture(person, 28))
                        bdi { (person.nickname) }
                    }
                }
            }
            p {
                a href=(format!("/connect/confirm?uuid={}", view.uuid)) target="_blank" rel="noopener" {
                    (lang.say("打开手机上的确认页", "Open the phone's page"))
                }
            }
        }
    }
}
