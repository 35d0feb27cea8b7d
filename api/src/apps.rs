//! The company's apps: the names clients use, and the provider behind each.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::{AppId, AppName};
use providers::layer::Layers;
use providers::{Factory, Http, IdentityProvider, PhoneCheck, Problem, Settings, Start, TokenKeeper, is_this_machine};
use url::Url;

use crate::config::{AppSection, Config, ConfigError, JsPage, Mode, PhoneCodes, StateRule};

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
    pub return_to: Vec<String>,
    /// Whether a login must present the state of its beginning.
    pub state: StateRule,
    /// The pages that may configure WeChat's JS-SDK as this app.
    pub js_pages: Vec<JsPage>,
    /// Which phone number button the app has.
    pub phone_codes: PhoneCheck,
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
}

impl Apps {
    /// Builds the provider of every app.
    ///
    /// # Errors
    ///
    /// Returns every problem in the apps' settings.
    pub fn build(config: &Config, factories: &[Factory], shared: Shared<'_>) -> Result<Self, ConfigError> {
        let mut problems = shadowed(factories);
        let mut apps = Self::default();
        let layers = Layers::new(config.upstream.layer_limits());
        for section in &config.apps {
            let at = section.index;
            match build_app((config, section), factories, shared) {
                Ok(app) => {
                    let app = App { provider: layers.around(app.name.as_str(), app.provider), ..app };
                    let id = app.provider.app_id();
                    if apps.by_id.contains_key(id) {
                        problems.push(Problem::new(format!("apps[{at}].app_id"), "another app has the same id"));
                    }
                    apps.add(app);
                }
                Err(found) => {
                    problems
                        .extend(found.into_iter().map(|p| Problem::new(format!("apps[{at}].{}", p.path), p.reason)));
                }
            }
        }
        apps.default = config.default_app.as_ref().and_then(|name| apps.by_name.get(name).copied());
        if problems.is_empty() { Ok(apps) } else { Err(ConfigError(problems)) }
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

    /// Returns a warning for each browser app whose logins need not be bound to a browser (R15).
    #[must_use]
    pub fn warnings(&self) -> Vec<Problem> {
        let is_weak = |app: &&App| app.provider.start().is_browser() && app.state != StateRule::Bound;
        let warning = |app: &App| {
            let reason = format!(
                "{}: an attacker can have another browser end a login that the attacker began. Such logins open only the \
                 account of their own openId, and change nothing; \"bound\" prevents them",
                app.state.as_str()
            );
            Problem::new(format!("apps.{}.state", app.name), reason)
        };
        self.apps.iter().filter(is_weak).map(warning).collect()
    }

    /// Returns the name of the app with this upstream id, or the id itself when the app is no longer configured.
    #[must_use]
    pub fn name_of<'a>(&'a self, id: &'a AppId) -> &'a str {
        self.by_id(id).map_or(id.as_str(), |app| app.name.as_str())
    }
}

/// Reports factories of the same kind: only the first would be used.
fn shadowed(factories: &[Factory]) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let twice = factories.iter().filter(|factory| !seen.insert(factory.kind));
    let problem = |factory: &Factory| {
        let reason = format!("two providers have the kind `{}`", factory.kind);
        Problem::new("apps", reason)
    };
    twice.map(problem).collect()
}

fn build_app(
    (config, section): (&Config, &AppSection),
    factories: &[Factory],
    (http, tokens): Shared<'_>,
) -> Result<App, Vec<Problem>> {
    let Some(factory) = factories.iter().find(|factory| factory.kind == section.kind) else {
        let known: Vec<_> = factories.iter().map(|factory| factory.kind).collect();
        return Err(vec![Problem::new("kind", format!("must be one of {}", known.join(", ")))]);
    };
    let settings = Settings {
        table: section.provider.clone(),
        http: http.clone(),
        tokens: tokens.clone(),
        sandbox: config.sandbox_url(),
    };
    let mut problems = match config.mode {
        Mode::Production => on_this_machine(&section.provider),
        Mode::Development => Vec::new(),
    };
    let provider = match (factory.build)(settings) {
        Ok(provider) if problems.is_empty() => provider,
        built => {
            problems.extend(built.err().unwrap_or_default());
            return Err(problems);
        }
    };
    // The weaker one by default.
    let phone_codes = match section.phone_codes {
        Some(PhoneCodes::Quick) | None => PhoneCheck::Quick,
        Some(PhoneCodes::RealTime) => PhoneCheck::RealTime,
    };
    if section.phone_codes.is_some() && !provider.abilities().phone.contains(&phone_codes) {
        return Err(vec![Problem::new("phone_codes", "apps of this kind have no such phone number button")]);
    }
    let state = match (provider.start(), section.state) {
        (Start::Redirect | Start::QrPage, rule) => rule.unwrap_or(StateRule::Bound),
        // SDKs were in use before native logins had a state: a login without one opens only its own account (R15).
        (Start::NativeSdk, rule) => rule.unwrap_or(StateRule::Optional),
        (Start::HostApp, None | Some(StateRule::Optional)) => StateRule::Optional,
        (Start::HostApp, Some(StateRule::Required | StateRule::Bound)) => {
            return Err(vec![Problem::new("state", "the host app issues the code: its logins have no state")]);
        }
    };
    let base = config.public_url();
    let whole = |target: &String| if target.starts_with('/') { format!("{base}{target}") } else { target.clone() };
    Ok(App {
        name: section.name.clone(),
        title: section.title.clone().unwrap_or_else(|| section.name.to_string()),
        kind: section.kind.clone(),
        return_to: section.return_to.iter().map(whole).collect(),
        state,
        js_pages: section.js_pages.clone(),
        phone_codes,
        provider,
    })
}

/// Reports the settings that point to this machine: an upstream here is a sandbox, which proves no identity.
fn on_this_machine(settings: &toml::Table) -> Vec<Problem> {
    let is_here = |value: &toml::Value| {
        value.as_str().and_then(|text| Url::parse(text).ok()).is_some_and(|url| is_this_machine(&url))
    };
    let here = settings.iter().filter(|(_, value)| is_here(value));
    here.map(|(key, _)| Problem::new(key, "is an address of this machine: not allowed in production")).collect()
}
