//! The company of a seed: its apps and the people who use them.
//! Nothing here changes while the sandbox runs; what does is in `state`.

use std::fmt;

/// Who there is.
#[derive(Debug)]
pub(crate) struct Company {
    pub(crate) name: String,
    pub(crate) apps: Vec<App>,
    pub(crate) people: Vec<Person>,
}

/// The place of an app in [`Company::apps`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AppIndex(pub(crate) u16);

/// The place of a person in [`Company::people`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PersonIndex(pub(crate) u16);

impl Company {
    /// Finds an app by its name or its appid.
    pub(crate) fn app(&self, key: &str) -> Option<(AppIndex, &App)> {
        self.each_app().find(|(_, app)| app.name == key || app.id == key)
    }

    /// Finds an app the way WeChat's endpoints do: by appid only.
    pub(crate) fn app_by_id(&self, app_id: &str) -> Option<(AppIndex, &App)> {
        self.each_app().find(|(_, app)| app.id == app_id)
    }

    pub(crate) fn person(&self, id: &str) -> Option<(PersonIndex, &Person)> {
        self.each_person().find(|(_, person)| person.id == id)
    }

    pub(crate) fn app_at(&self, index: AppIndex) -> Option<&App> {
        self.apps.get(usize::from(index.0))
    }

    pub(crate) fn person_at(&self, index: PersonIndex) -> Option<&Person> {
        self.people.get(usize::from(index.0))
    }

    pub(crate) fn each_app(&self) -> impl Iterator<Item = (AppIndex, &App)> {
        (0..).map(AppIndex).zip(&self.apps)
    }

    pub(crate) fn each_person(&self) -> impl Iterator<Item = (PersonIndex, &Person)> {
        (0..).map(PersonIndex).zip(&self.people)
    }
}

/// One app registered at the imitated WeChat.
pub(crate) struct App {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) kind: AppKind,
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) union_scope: Option<String>,
    pub(crate) redirect_domains: Vec<String>,
    pub(crate) on_refusal: OnRefusal,
    pub(crate) refresh_days: i64,
}

impl App {
    /// Whether a login may return to this host. WeChat compares whole hosts: `example.com` does not cover
    /// `www.example.com`. Ports are not compared, since nobody could say what WeChat does with them.
    pub(crate) fn may_return_to(&self, host: &str) -> bool {
        self.redirect_domains.iter().any(|domain| domain.eq_ignore_ascii_case(host))
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("name", &self.name).field("app_id", &self.id).finish_non_exhaustive()
    }
}

/// One person with a WeChat.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) nickname: String,
    pub(crate) phones: Vec<String>,
    pub(crate) snapshot: bool,
}

/// What kind of app: it decides which way a login starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AppKind {
    /// 公众号 / 服务号: web pages opened inside WeChat.
    OfficialAccount,
    /// 网站应用: a QR code on a web page.
    Website,
    /// 移动应用: the WeChat SDK inside a native app.
    Mobile,
    /// 小程序: `wx.login` inside WeChat.
    MiniProgram,
}

impl AppKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::OfficialAccount, Self::Website, Self::Mobile, Self::MiniProgram];

    /// The kind as seeds and the control API spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OfficialAccount => "wechat-official-account",
            Self::Website => "wechat-website",
            Self::Mobile => "wechat-mobile",
            Self::MiniProgram => "wechat-mini-program",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Seconds a login code lives. The mobile figure is the website's, by analogy: no page states it.
    pub(crate) const fn code_life(self) -> i64 {
        match self {
            Self::OfficialAccount | Self::MiniProgram => 300,
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
        }
    }
}

impl fmt::Display for AppKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a login code is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Base,
    UserInfo,
    Login,
}

impl Scope {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Base => "snsapi_base",
            Self::UserInfo => "snsapi_userinfo",
            Self::Login => "snsapi_login",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Base, Self::UserInfo, Self::Login].into_iter().find(|scope| scope.as_str() == name)
    }

    /// Whether the nickname, the picture and the unionId come with it.
    pub(crate) const fn shows_profile(self) -> bool {
        match self {
            Self::Base => false,
            Self::UserInfo | Self::Login => true,
        }
    }
}

/// What an official account sees when a person refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnRefusal {
    /// Nothing: the person stays where they are. This is what WeChat does today.
    Stay,
    /// The call-back with the state alone, as older documents promise.
    StateOnly,
    /// The call-back with `code=authdeny`, as one developer's notes say.
    Authdeny,
}

impl OnRefusal {
    const ALL: [(&'static str, Self); 3] =
        [("stay", Self::Stay), ("state_only", Self::StateOnly), ("authdeny", Self::Authdeny)];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(known, what)| (known == name).then_some(what))
    }
}
