//! One app registered at the imitated WeChat: what it is, and what it may do.
//! What it did is in `state`.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use crate::push;

use super::roll::Entry;
use super::words::words;

/// The place of an app on the roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AppIndex(pub(crate) u16);

/// One app. It is written as a seed writes it, so what can be read at the control API can be written there.
#[derive(Clone, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as a seed writes them")]
pub(crate) struct App {
    #[serde(skip)]
    pub(crate) index: AppIndex,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) kind: AppKind,
    /// The appid; of a WeCom app the corpid, which it shares with the other apps of its corp.
    #[serde(rename = "app_id")]
    pub(crate) id: String,
    /// `AgentId`: which app of its corp a WeCom app is. No other kind of app has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent_id: Option<u32>,
    pub(crate) secret: String,
    /// 原始 ID: who pushes are addressed to.
    pub(crate) original_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) union_scope: Option<String>,
    pub(crate) redirect_domains: Vec<String>,
    /// Where WeChat tells this app of events, if anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) push: Option<push::Settings>,
    /// Who may ask for a global token; an empty list is everybody.
    pub(crate) ip_list: Vec<IpAddr>,
    pub(crate) standing: Standing,
    pub(crate) on_refusal: OnRefusal,
    pub(crate) refresh_days: i64,
    /// The secret is frozen: whoever brings it gets error 40243.
    pub(crate) frozen: bool,
    /// Takes the documents at their word where WeChat does not: see the manual.
    pub(crate) strict: bool,
    /// No quota is counted.
    pub(crate) unlimited: bool,
    /// Tells `countryCode` of a phone number as a number, as one page of the documents does.
    pub(crate) numeric_country_code: bool,
}

impl App {
    /// What no two apps share: the appid, and of a WeCom app `corpid/agent_id`.
    pub(crate) fn key(&self) -> Cow<'_, str> {
        match self.agent_id {
            Some(agent_id) => Cow::Owned(format!("{}/{agent_id}", self.id)),
            None => Cow::Borrowed(&self.id),
        }
    }

    /// Whether a login may return to this host. WeChat compares whole hosts: `example.com` does not cover
    /// `www.example.com`. Ports are not compared, since nobody could say what WeChat does with them.
    pub(crate) fn may_return_to(&self, host: &str) -> bool {
        self.redirect_domains.iter().any(|domain| domain.eq_ignore_ascii_case(host))
    }
}

impl Entry for App {
    fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        [Cow::Borrowed(self.name.as_str()), self.key()].into_iter()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("name", &self.name).field("app_id", &self.key()).finish_non_exhaustive()
    }
}

words! {
    /// What kind of app: it decides which way a login starts.
    pub enum AppKind {
        /// 公众号 / 服务号: web pages opened inside WeChat.
        OfficialAccount = "wechat-official-account",
        /// 网站应用: a QR code on a web page.
        Website = "wechat-website",
        /// 移动应用: the WeChat SDK inside a native app.
        Mobile = "wechat-mobile",
        /// 小程序: `wx.login` inside WeChat.
        MiniProgram = "wechat-mini-program",
        /// 企业微信自建应用: web pages opened inside WeCom, or a QR code that WeCom scans.
        WeCom = "wecom",
    }
}

impl AppKind {
    /// Seconds a login code lives. The mobile figure is the website's, by analogy: no page states it.
    pub(crate) const fn code_life(self) -> i64 {
        match self {
            Self::OfficialAccount | Self::MiniProgram | Self::WeCom => 300,
            Self::Website | Self::Mobile => 600,
        }
    }

    /// The scopes a code of this kind of app can carry, the natural one first.
    pub(crate) const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::OfficialAccount => &[Scope::UserInfo, Scope::Base],
            Self::Website => &[Scope::Login],
            Self::Mobile => &[Scope::UserInfo],
            Self::MiniProgram => &[],
            Self::WeCom => &[Scope::Base, Scope::PrivateInfo],
        }
    }

    /// The scope of this name, if a code of this kind of app can carry it.
    pub(crate) fn scope(self, name: &str) -> Option<Scope> {
        Scope::from_name(name).filter(|scope| self.scopes().contains(scope))
    }
}

impl fmt::Display for AppKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

words! {
    /// What a login code is good for.
    pub(crate) enum Scope {
        Base = "snsapi_base",
        UserInfo = "snsapi_userinfo",
        Login = "snsapi_login",
        PrivateInfo = "snsapi_privateinfo",
    }
}

impl Scope {
    /// Whether the nickname, the picture and the unionId come with it. WeCom shows none of them; what
    /// `snsapi_privateinfo` opens is asked for with a ticket.
    pub(crate) const fn shows_profile(self) -> bool {
        match self {
            Self::Base | Self::PrivateInfo => false,
            Self::UserInfo | Self::Login => true,
        }
    }
}

words! {
    /// How WeChat stands to an official account.
    pub(crate) enum Standing {
        /// A certified service account: it may do everything.
        Good = "good",
        /// 封禁: its authorize page is error 10004.
        Banned = "banned",
        /// A subscription account, or a certification that lapsed: 10005 at authorize, 48001 at `/cgi-bin/user/*`.
        Uncertified = "uncertified",
        /// 测试号: whoever does not follow it gets error 10006.
        Test = "test",
    }
}

words! {
    /// What an official account sees when a person refuses.
    pub(crate) enum OnRefusal {
        /// Nothing: the person stays where they are. This is what WeChat does today.
        Stay = "stay",
        /// The call-back with the state alone, as older documents promise.
        StateOnly = "state_only",
        /// The call-back with `code=authdeny`, as one developer's notes say.
        Authdeny = "authdeny",
    }
}
