//! The consent page, on which a visitor chooses a person and allows or refuses. It serves both the phone inside WeChat and
//! the phone that scanned a QR code.

use maud::{Markup, html};

use crate::company::{App, Person};

use super::drawing::icon;
use super::{Crowd, Lang, frame, picture, search};

/// The data of the page.
pub(crate) struct Consent<'a> {
    pub(crate) lang: Lang,
    /// The link of the language switch.
    pub(crate) other_language: String,
    pub(crate) app: &'a App,
    pub(crate) wish: Wish,
    /// 使用完整服务 was tapped before, so no person gets a snapshot.
    pub(crate) full_service: bool,
    pub(crate) crowd: Crowd,
    /// The action of the form.
    pub(crate) action: &'static str,
    /// The form's hidden fields.
    pub(crate) kept: Vec<(String, String)>,
}

/// What the app requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// `snsapi_userinfo`
    Profile,
    /// `snsapi_base`: WeChat would not ask, because it knows the person; the sandbox does not.
    WhoYouAre,
    /// A snapshot page: WeChat would not ask either.
    Snapshot,
    /// `snsapi_login`, on the phone that scanned.
    Website,
    /// `snsapi_privateinfo`, inside WeCom.
    Private,
    /// The login of a WeCom app, on the phone that scanned.
    Member,
    /// The QR code of an account, on the phone that scanned: WeChat would not ask, but open the account.
    Follow,
}

impl Wish {
    fn asks(self, lang: Lang) -> &'static str {
        match self {
            Self::Profile | Self::Private => lang.say("申请获取以下权限", "asks for the following"),
            Self::WhoYouAre => lang.say("静默授权", "logs you in silently"),
            Self::Snapshot => lang.say("将以快照页打开", "opens as a snapshot"),
            Self::Website | Self::Member => lang.say("申请登录", "asks to log you in"),
            Self::Follow => lang.say("扫码关注", "You scan its QR code"),
        }
    }

    fn what(self, lang: Lang) -> &'static str {
        match self {
            Self::Profile | Self::Website => lang.say("获取你的昵称、头像", "Your nickname and picture"),
            Self::WhoYouAre => lang.say(
                "微信不会询问用户；沙箱只需第一次知道你是谁。",
                "WeChat would not ask. The sandbox needs to know once who you are.",
            ),
            Self::Snapshot => lang.say(
                "应用得到的是虚拟账号，不属于任何人。",
                "The app gets a virtual account that belongs to no person.",
            ),
            Self::Private => {
                lang.say("获取你的头像、手机号等敏感信息", "Your picture, phone number and other private data")
            }
            Self::Member => lang.say("获取你在企业中的身份", "Who you are in the company"),
            Self::Follow => lang.say(
                "微信不会询问用户：关注公众号，并向其服务器推送扫码事件。",
                "WeChat would not ask: you follow the account, and its server is told of the scan.",
            ),
        }
    }

    /// Returns whether the page is on the phone that scanned a code, rather than in the site's browser.
    const fn is_on_the_phone(self) -> bool {
        match self {
            Self::Website | Self::Member | Self::Follow => true,
            Self::Profile | Self::WhoYouAre | Self::Snapshot | Self::Private => false,
        }
    }
}

impl Consent<'_> {
    /// Returns whether this person's login is a snapshot.
    fn makes_a_snapshot_of(&self, person: &Person) -> bool {
        match self.wish {
            Wish::Snapshot => true,
            Wish::Profile | Wish::WhoYouAre => person.snapshot && !self.full_service,
            Wish::Website | Wish::Private | Wish::Member | Wish::Follow => false,
        }
    }
}

/// Renders the page.
pub(crate) fn consent(view: &Consent<'_>) -> Markup {
    let lang = view.lang;
    let main = html! {
        main class=(if view.wish.is_on_the_phone() { "consent on-the-phone" } else { "consent in-wechat" }) {
            @if !view.wish.is_on_the_phone() { (behind()) }
            section.sheet aria-labelledby="who-asks" {
                div.who-asks #who-asks {
                    (icon(view.app))
                    h1 { (view.app.title) }
                    p { (view.wish.asks(lang)) }
                }
                p.wish { (view.wish.what(lang)) }
                @if view.crowd.searchable { (search(lang, &view.crowd, &view.kept)) }
                (answer(view))
            }
        }
    };
    frame(lang, &view.app.title, Some(&view.other_language), &main)
}

/// Renders the page of the site, which the sheet covers.
fn behind() -> Markup {
    html! { div.behind aria-hidden="true" { span {} span {} span {} } }
}

fn answer(view: &Consent<'_>) -> Markup {
    let lang = view.lang;
    let people = &view.crowd.people;
    html! {
        form.answer method="post" action=(view.action) {
            @for (name, value) in &view.kept {
                input type="hidden" name=(name) value=(value);
            }
            @if !people.is_empty() {
                fieldset {
                    legend { (lang.say("你是谁？", "Who are you?")) }
                    div.people {
                        @for (place, person) in people.iter().enumerate() { (choice(view, person, place == 0)) }
                    }
                }
            }
            div.decide {
                button.allow type="submit" name="decision" value="allow" disabled[people.is_empty()] {
                    (lang.say("允许", "Allow"))
                }
                button.refuse type="submit" name="decision" value="refuse" { (lang.say("拒绝", "Refuse")) }
            }
            @if people.iter().any(|person| view.makes_a_snapshot_of(person)) { (full_service(lang)) }
        }
    }
}

fn choice(view: &Consent<'_>, person: &Person, chosen: bool) -> Markup {
    let snapshot = view.makes_a_snapshot_of(person);
    html! {
        label.person {
            (picture(person, 40))
            span.name {
                bdi { (person.nickname) }
                small { (person.id) @if snapshot && person.snapshot { " · " (view.lang.say("总是快照页", "always a snapshot")) } }
            }
            input.snapshot[snapshot] type="radio" name="person" value=(person.id) checked[chosen];
        }
    }
}

/// Renders the bar at the bottom of WeChat's snapshot page. CSS shows it while the chosen person would get a snapshot.
fn full_service(lang: Lang) -> Markup {
    html! {
        div.full-service {
            p { (lang.say("允许后打开的是快照页，身份是虚拟的。", "Allow opens a snapshot page with a virtual identity.")) }
            button type="submit" name="decision" value="full" { (lang.say("使用完整服务", "Use full service")) }
        }
    }
}
