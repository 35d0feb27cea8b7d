//! An app registered with the sandbox: its identity and permissions.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use crate::push;

use super::roll::Entry;
use super::words::words;

/// The position of an app in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AppIndex(pub(crate) u16);

/// An app. It is serialized with the fields of a seed, so that the control API accepts what it returns.
#[derive(Clone, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as a seed writes them")]
pub(crate) struct App {
    #[serde(skip)]
    pub(crate) index: AppIndex,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) kind: AppKind,
    /// The appid; for a WeCom app the corpid, which it shares with the other apps of its corp.
    #[serde(rename = "app_id")]
    pub(crate) id: String,
    /// `AgentId`, the number of a WeCom app within its corp; `None` for other kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent_id: Option<u32>,
    pub(crate) secret: String,
    /// 原始 ID: the recipient of pushes.
    pub(crate) original_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) union_scope: Option<String>,
    pub(crate) redirect_domains: Vec<String>,
    /// Where events of this app are pushed to, if anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) push: Option<push::Settings>,
    /// The addresses that may request a global token; an empty list allows all.
    pub(crate) ip_list: Vec<IpAddr>,
    pub(crate) standing: AccountStanding,
    pub(crate) on_refusal: OnRefusal,
    pub(crate) refresh_days: i64,
    /// The secret is frozen: calls with it get error 40243.
    pub(crate) frozen: bool,
    /// Enforces the documents literally where WeChat does not: see the manual.
    pub(crate) strict: bool,
    /// Counts no quota.
    pub(crate) unlimited: bool,
    /// Returns `countryCode` of a phone number as a number, as one page of the documents does.
    pub(crate) numeric_country_code: bool,
}

impl App {
    /// The unique key of an app: the appid, for a WeCom app `corpid/agent_id`.
    pub(crate) fn key(&self) -> Cow<'_, str> {
        match self.agent_id {
            Some(agent_id) => Cow::Owned(format!("{}/{agent_id}", self.id)),
            None => Cow::Borrowed(&self.id),
        }
    }

    /// Returns whether a login may return to this host. WeChat compares whole hosts: `example.com` does not cover
    /// `www.example.com`. Ports are not compared, since WeChat's treatment of them is unknown.
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
    /// The kind of an app, which determines how its logins start.
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
    /// The lifetime of a login code in seconds. The mobile figure is the website's, by analogy: it is not documented.
    pub(crate) const fn code_life(self) -> i64 {
        match self {
            Self::OfficialAccount | Self::MiniProgram | Self::WeCom => 300,
            Self::Website | Self::Mobile => 600,
        }
    }

    /// The scopes that a code of this kind of app can have, the default first.
    pub(crate) const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::OfficialAccount => &[Scope::UserInfo, Scope::Base],
            Self::Website => &[Scope::Login],
            Self::Mobile => &[Scope::UserInfo],
            Self::MiniProgram => &[],
            Self::WeCom => &[Scope::Base, Scope::PrivateInfo],
        }
    }

    /// Returns the scope of this name, if a code of this kind of app can have it.
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
    /// The scope of a login code.
    pub(crate) enum Scope {
        Base = "snsapi_base",
        UserInfo = "snsapi_userinfo",
        Login = "snsapi_login",
        PrivateInfo = "snsapi_privateinfo",
    }
}

impl Scope {
    /// Returns whether nickname, picture and unionId come with it. WeCom returns none of them; the data of
    /// `snsapi_privateinfo` is requested with a ticket.
    pub(crate) const fn shows_profile(self) -> bool {
        match self {
            Self::Base | Self::PrivateInfo => false,
            Self::UserInfo | Self::Login => true,
        }
    }
}

words! {
    /// WeChat's status of an official account.
    pub(crate) enum AccountStanding {
        /// A certified service account, without restrictions.
        Good = "good",
        /// 封禁: its authorize page is error 10004.
        Banned = "banned",
        /// A subscription account, or a certification that lapsed: 10005 at authorize, 48001 at `/cgi-bin/user/*`.
        Uncertified = "uncertified",
        /// 测试号: a person who does not follow it gets error 10006.
        Test = "test",
    }
}

words! {
    /// What an official account receives when a person refuses.
    pub(crate) enum OnRefusal {
        /// Nothing: the person stays on the page. This is WeChat's current behaviour.
        Stay = "stay",
        /// The callback with the state alone, as older documents describe.
        StateOnly = "state_only",
        /// The callback with `code=authdeny`, as one developer's notes describe.
        Authdeny = "authdeny",
    }
}
