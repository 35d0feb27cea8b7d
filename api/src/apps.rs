//! The company's apps: the names clients use, and the provider behind each.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::{AppId, AppName};
use providers::layer::{Layers, UpstreamState};
use providers::{Factory, Http, IdentityProvider, PhoneCheck, Settings, Start, TokenKeeper, is_this_machine};
use url::Url;

use crate::config::{
    AppSection, Config, ConfigError, Found, JsPage, Mistake, Mode, PhoneCodes, PushSection, ReturnAddress, StateRule,
};
use crate::text::{Text, text};

/// One app that people log in through.
#[derive(Debug, Clone)]
pub struct App {
    /// The name clients use.
    pub name: AppName,
    /// Text for a sign-in button.
    pub title: String,
    /// The kind, as in the configuration.
    pub kind: String,
    /// The addresses that a login may return to, in full.
    pub return_to: Vec<ReturnAddress>,
    /// Whether a login must present the state of its beginning.
    pub state: StateRule,
    /// The pages that may configure WeChat's JS-SDK as this app.
    pub js_pages: Vec<JsPage>,
    /// Which phone number button the app has.
    pub phone_codes: PhoneCheck,
    /// How the app's pushes are received, if they are.
    pub push: Option<PushSection>,
    /// The provider.
    pub provider: Arc<dyn IdentityProvider>,
}

/// What the providers of all apps share: the HTTP client and the token keeper.
type Shared<'a> = (&'a Http, &'a Arc<dyn TokenKeeper>);

/// All apps, by name and by upstream id.
#[derive(Debug, Clone, Default)]
pub struct Apps {
    apps: Vec<App>,
    by_name: HashMap<AppName, usize>,
    by_id: HashMap<AppId, usize>,
    default: Option<usize>,
    layers: Arc<Layers>,
}

impl Apps {
    /// Builds the provider of every app.
    ///
    /// # Errors
    ///
    /// Returns every mistake in the apps' settings.
    pub fn build(config: &Config, factories: &[Factory], shared: Shared<'_>) -> Result<Self, ConfigError> {
        let mut found = Found::default();
        let apps = Self::collect(config, factories, shared, &mut found);
        if found.is_empty() { Ok(apps) } else { Err(found.into_error()) }
    }

    /// Builds the provider of every app whose settings are valid, and adds the mistakes of the others to those found.
    pub(crate) fn collect(config: &Config, factories: &[Factory], shared: Shared<'_>, found: &mut Found) -> Self {
        shadowed(factories, found);
        let mut apps = Self { layers: Arc::new(Layers::new(config.upstream.layer_limits())), ..Self::default() };
        let layers = apps.layers.clone();
        let mut building = Building { config, factories, shared, found, ids: HashMap::new() };
        for section in &config.apps {
            if let Some(app) = building.app(section) {
                apps.add(App { provider: layers.around(app.name.as_str(), app.provider), ..app });
            }
        }
        apps.default = config.default_app.as_ref().and_then(|name| apps.by_name.get(name).copied());
        apps.check_groups(config, found);
        apps
    }

    /// Reports groups that no app tells: they would give no role.
    fn check_groups(&self, config: &Config, found: &mut Found) {
        let mut console = self.apps.iter().filter(|app| config.console.admits(&app.name));
        // A wrong claim is a mistake of its own, with which the app was built without it.
        let mut sections = config.apps.iter().filter(|section| config.console.admits(&section.name));
        let is_claimed = sections.any(|section| section.provider.contains_key("groups_claim"));
        let is_told = is_claimed || console.any(|app| app.provider.tells_groups());
        if !config.console.groups.is_empty() && !is_told {
            let said = text!("no app of console.apps tells groups", "console.apps 中没有任何应用会返回用户组");
            let hint = text!("set groups_claim in its [[apps]]", "请在相应的 [[apps]] 中设置 groups_claim");
            found.note_hint("console.groups", said, Some(hint));
        }
    }

    /// Returns what this process has seen of the upstream of each app.
    #[must_use]
    pub fn upstreams(&self) -> Vec<UpstreamState> {
        self.layers.states()
    }

    fn add(&mut self, app: App) {
        let at = self.apps.len();
        self.by_name.insert(app.name.clone(), at);
        self.by_id.insert(app.provider.app_id().clone(), at);
        self.apps.push(app);
    }

    /// Returns every app, in the order of the configuration.
    #[must_use]
    pub fn all(&self) -> &[App] {
        &self.apps
    }

    /// Returns the app with this name.
    #[must_use]
    pub fn named(&self, name: &AppName) -> Option<&App> {
        self.by_name.get(name).map(|at| &self.apps[*at])
    }

    /// Returns the app for logins that name none.
    #[must_use]
    pub fn default_app(&self) -> Option<&App> {
        self.default.map(|at| &self.apps[at])
    }

    /// Returns the app with this upstream id.
    #[must_use]
    pub fn by_id(&self, id: &AppId) -> Option<&App> {
        self.by_id.get(id).map(|at| &self.apps[*at])
    }

    /// Returns a warning for each browser app whose logins need not be bound to a browser (R15), and for each app whose pushes
    /// are not encrypted.
    #[must_use]
    pub fn warnings(&self) -> Vec<Mistake> {
        let is_weak = |app: &&App| app.provider.start().is_browser() && app.state != StateRule::Bound;
        let warning = |app: &App| {
            let said = text!(
                "{state}: an attacker can have another browser end a login that the attacker began. Such logins open only the \
                 account of their own openId, and change nothing; \"bound\" prevents them",
                "{state}：攻击者可以让其他浏览器完成自己发起的登录。这类登录只能打开其 openId 自己的账号，且不能做任何更改；设为 \"bound\" 可避免",
                state = app.state.as_str()
            );
            Mistake::new(format!("apps.{}.state", app.name), said)
        };
        let is_clear = |app: &&App| app.push.as_ref().is_some_and(|push| push.gate.keys.is_empty());
        let clear = |app: &App| {
            let said = text!(
                "pushes are not encrypted, and their signature does not cover the message: use the secure mode",
                "推送未加密，签名也不覆盖消息内容：请使用安全模式"
            );
            Mistake::new(format!("apps.{}.push.aes_keys", app.name), said)
        };
        let weak = self.apps.iter().filter(is_weak).map(warning);
        weak.chain(self.apps.iter().filter(is_clear).map(clear)).collect()
    }

    /// Returns the name of the app with this upstream id, or the id itself when the app is no longer configured.
    #[must_use]
    pub fn name_of<'a>(&'a self, id: &'a AppId) -> &'a str {
        self.by_id(id).map_or(id.as_str(), |app| app.name.as_str())
    }
}

/// Reports factories of the same kind: only the first would be used.
fn shadowed(factories: &[Factory], found: &mut Found) {
    let mut seen = HashSet::new();
    for Factory { kind, .. } in factories.iter().filter(|factory| !seen.insert(factory.kind)) {
        found.note("apps", text!("two providers have the kind `{kind}`", "有两个登录方式的类型同为 `{kind}`"));
    }
}

/// Builds apps one by one, and collects their mistakes.
struct Building<'a> {
    config: &'a Config,
    factories: &'a [Factory],
    shared: Shared<'a>,
    found: &'a mut Found,
    /// The upstream ids so far, each with the app's place in the configuration.
    ids: HashMap<String, usize>,
}

impl Building<'_> {
    /// Builds one app; `None` if its provider cannot be built.
    fn app(&mut self, section: &AppSection) -> Option<App> {
        let return_to = self.return_to(section);
        let provider = self.provider(section);
        self.id(section, provider.as_ref());
        let provider = provider?;
        // The weaker one by default.
        let phone_codes = match section.phone_codes {
            Some(PhoneCodes::Quick) | None => PhoneCheck::Quick,
            Some(PhoneCodes::RealTime) => PhoneCheck::RealTime,
        };
        if section.phone_codes.is_some() && !provider.abilities().phone.contains(&phone_codes) {
            let said = text!("apps of this kind have no such phone number button", "此类应用没有这种手机号按钮");
            self.note(section, "phone_codes", said);
        }
        if section.push.is_some() && provider.push_reader().is_none() {
            self.note(section, "push", text!("apps of this kind are sent no pushes", "此类应用没有消息推送"));
        }
        let state = match (provider.start(), section.state) {
            (Start::Redirect | Start::QrPage, rule) => rule.unwrap_or(StateRule::Bound),
            // SDKs were in use before native logins had a state: a login without one opens only its own account (R15).
            (Start::NativeSdk, rule) => rule.unwrap_or(StateRule::Optional),
            (Start::HostApp, rule) => {
                if matches!(rule, Some(StateRule::Required | StateRule::Bound)) {
                    let said = text!(
                        "the host app issues the code: its logins have no state",
                        "code 由宿主应用签发，这类登录没有 state"
                    );
                    self.note(section, "state", said);
                }
                StateRule::Optional
            }
        };
        Some(App {
            name: section.name.clone(),
            title: section.title.clone().unwrap_or_else(|| section.name.to_string()),
            kind: section.kind.clone(),
            return_to,
            state,
            js_pages: section.js_pages.clone(),
            phone_codes,
            push: section.push.clone(),
            provider,
        })
    }

    fn note(&mut self, section: &AppSection, key: &str, said: Text) {
        self.found.note(format!("apps[{}].{key}", section.index), said);
    }

    fn return_to(&mut self, section: &AppSection) -> Vec<ReturnAddress> {
        let base = self.config.public_url();
        let mut addresses = Vec::new();
        for (which, entry) in section.return_to.iter().enumerate() {
            match ReturnAddress::read(entry, &base, self.config.mode) {
                Ok(address) => addresses.push(address),
                Err(bad) => {
                    let path = format!("apps[{}].return_to[{which}]", section.index);
                    self.found.note_hint(path, bad.said(), bad.expected());
                }
            }
        }
        addresses
    }

    /// Builds the provider. A provider may stop at the first kind of mistakes, so it is built again without the wrong keys
    /// until nothing more is found.
    fn provider(&mut self, section: &AppSection) -> Option<Arc<dyn IdentityProvider>> {
        let Some(factory) = self.factories.iter().find(|factory| factory.kind == section.kind) else {
            let known = self.factories.iter().map(|factory| factory.kind).collect::<Vec<_>>().join(", ");
            self.note(section, "kind", text!("must be one of {known}", "必须是以下之一：{known}"));
            return None;
        };
        let (within, (http, tokens)) = (format!("apps[{}]", section.index), self.shared);
        if self.config.mode == Mode::Production {
            for key in on_this_machine(&section.provider) {
                let said =
                    text!("is an address of this machine: not allowed in production", "是本机地址，生产模式下不允许");
                self.note(section, key, said);
            }
        }
        let mut table = section.provider.clone();
        loop {
            let settings = Settings {
                table: table.clone(),
                http: http.clone(),
                tokens: tokens.clone(),
                sandbox: self.config.sandbox_url(),
            };
            let problems = match (factory.build)(settings) {
                Ok(provider) => return Some(provider),
                Err(problems) => problems,
            };
            let before = table.len();
            table.retain(|key, _| !problems.iter().any(|problem| problem.path == key));
            self.found.problems(&within, problems);
            if table.len() == before {
                return None;
            }
        }
    }

    /// Checks the upstream id: it is unique, and a WeChat app's has WeChat's form.
    fn id(&mut self, section: &AppSection, provider: Option<&Arc<dyn IdentityProvider>>) {
        let written = section.provider.get("app_id").and_then(toml::Value::as_str).map(|id| id.trim().to_owned());
        let path = format!("apps[{}].app_id", section.index);
        if self.found.is_unread(&path) {
            return;
        }
        if let Some(id) = &written
            && section.kind.starts_with("wechat-")
            && !is_local(self.config, &section.provider)
            && !is_of_wechat(id)
        {
            let said = text!(
                "is not the AppID of a WeChat app: wx and 16 lower-case hex digits",
                "不是微信应用的 AppID：应为 wx 加 16 位小写十六进制字符"
            );
            let expected = id.starts_with("gh_").then(|| {
                text!(
                    "gh_… is the account's original id; the AppID is on the page of the developer's settings",
                    "gh_… 是公众号或小程序的原始 ID；AppID 在“开发设置”页面"
                )
            });
            self.found.note_hint(path.clone(), said, expected);
        }
        let Some(id) = provider.map(|provider| provider.app_id().to_string()).or(written) else { return };
        if let Some(first) = self.ids.get(&id) {
            self.found.note(path, text!("apps[{first}] has the same id", "与 apps[{first}] 的 id 相同"));
        } else {
            self.ids.insert(id, section.index);
        }
    }
}

/// Returns whether this is the `AppID` of an official account, a mini program, a website or a mobile app.
fn is_of_wechat(id: &str) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    id.strip_prefix("wx").is_some_and(|rest| rest.len() == 16 && rest.bytes().all(is_hex))
}

/// Returns whether the app's upstream is an imitation on this machine, which may issue other ids than WeChat.
fn is_local(config: &Config, settings: &toml::Table) -> bool {
    config.sandbox.enabled || on_this_machine(settings).next().is_some()
}

/// Returns the settings that point to this machine: an upstream here is a sandbox, which proves no identity.
fn on_this_machine(settings: &toml::Table) -> impl Iterator<Item = &str> {
    let is_here = |value: &toml::Value| {
        value.as_str().and_then(|text| Url::parse(text).ok()).is_some_and(|url| is_this_machine(&url))
    };
    settings.iter().filter(move |(_, value)| is_here(value)).map(|(key, _)| key.as_str())
}
