//! The page on which a person says who they are and whether they agree.
//! The same page serves the phone inside WeChat and the phone that scanned a QR code.

use maud::{Markup, html};

use crate::company::{App, Person};

use super::drawing::icon;
use super::{Crowd, Lang, frame};

/// Everything on the page.
pub(crate) struct Consent<'a> {
    pub(crate) lang: Lang,
    /// The link of the language switch.
    pub(crate) other_language: String,
    pub(crate) app: &'a App,
    pub(crate) wish: Wish,
    pub(crate) crowd: Crowd,
    /// Where the answer goes.
    pub(crate) action: &'static str,
    /// What goes with it.
    pub(crate) kept: Vec<(&'static str, String)>,
}

/// What the app wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// `snsapi_userinfo`
    Profile,
    /// `snsapi_base`: WeChat would not ask, but it knows who holds the phone; the sandbox does not.
    WhoYouAre,
    /// A snapshot page: WeChat would not ask either.
    Snapshot,
    /// `snsapi_login`, on the phone that scanned.
    Website,
    /// `snsapi_privateinfo`, inside WeCom.
    Private,
    /// The login of a WeCom app, on the phone that scanned.
    Member,
}

impl Wish {
    fn asks(self, lang: Lang) -> &'static str {
        match self {
            Self::Profile | Self::Private => lang.say("申请获取以下权限", "asks for the following"),
            Self::WhoYouAre => lang.say("静默授权", "logs you in silently"),
            Self::Snapshot => lang.say("将以快照页打开", "opens as a snapshot"),
            Self::Website | Self::Member => lang.say("申请登录", "asks to log you in"),
        }
    }

    fn what(self, lang: Lang) -> &'static str {
        match self {
            Self::Profile | Self::Website => lang.say("获取你的昵称、头像", "Your nickname and picture"),
            Self::WhoYouAre => lang.say(
                "微信不会询问用户；沙箱只需第一次知道你是谁。",
                "WeChat would not ask. The sandbox must learn once who you are.",
            ),
            Self::Snapshot => lang
                .say("应用得到的是虚拟账号，不属于任何人。", "The app gets a virtual account that belongs to nobody."),
            Self::Private => lang.say("获取你的头像、手机号等敏感信息", "Your picture, phone number and the like"),
            Self::Member => lang.say("获取你在企业中的身份", "Who you are in the company"),
        }
    }
}

/// Draws the page.
pub(crate) fn consent(view: &Consent<'_>) -> Markup {
    let lang = view.lang;
    let main = html! {
        main.consent {
            section.who-asks {
                (icon(view.app))
                h1 { (view.app.title) }
                p { (view.wish.asks(lang)) }
            }
            p.wish { span.dot aria-hidden="true" {} (view.wish.what(lang)) }
            form method="post" action=(view.action) {
                @for (name, value) in &view.kept {
                    input type="hidden" name=(name) value=(value);
                }
                fieldset {
                    legend { (lang.say("你是谁？", "Who are you?")) }
                    @for (place, person) in view.crowd.people.iter().enumerate() {
                        (choice(lang, person, place == 0))
                    }
                }
                div.decide {
                    button.allow type="submit" name="decision" value="allow" { (lang.say("允许", "Allow")) }
                    button.refuse type="submit" name="decision" value="refuse" { (lang.say("拒绝", "Refuse")) }
                }
            }
        }
    };
    frame(lang, &view.app.title, Some(&view.other_language), &main)
}

fn choice(lang: Lang, person: &Person, chosen: bool) -> Markup {
    html! {
        label.person {
            img src=(format!("/_sandbox/avatars/{}.svg", person.id)) alt="" width="40" height="40";
            span.name {
                bdi { (person.nickname) }
                small {
                    (person.id)
                    @if person.snapshot { " · " (lang.say("总是快照页", "always a snapshot")) }
                }
            }
            input type="radio" name="person" value=(person.id) checked[chosen];
        }
    }
}
