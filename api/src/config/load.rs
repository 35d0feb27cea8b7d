//! Parses and validates the settings; reports every problem with its path. Providers report the problems of their apps'
//! settings when `Apps` are built.

use std::fmt;

use domain::AppName;
use providers::{Problem, without_value};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use tracing_subscriber::EnvFilter;

use super::address::is_web;
use super::app_section::AppSection;
use super::sections::{Config, HttpSection, Mode};
use super::sms::SmsSenderKind;
use super::source::{Source, built_in, resolve};
use super::{DEFAULTS, DEMO_KEY, human_check, phone_checks, sms_checks};

/// The shortest secret key, in characters: 256 bits have 64 in hex and 43 in base64.
const MIN_KEY: usize = 32;
/// The longest life of an access token, in minutes: other verifiers notice an ended session only then.
const MAX_ACCESS_MINUTES: u32 = 15;

/// The fewest connections that work: one is always kept free for the next client.
const MIN_CONNECTIONS: u32 = 16;

/// Every problem of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub Vec<Problem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} mistake(s):", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {}: {}", problem.path, problem.reason))
    }
}

impl std::error::Error for ConfigError {}

/// Reads the layers and returns valid settings.
///
/// # Errors
///
/// Returns every problem found.
pub fn load(source: &Source) -> Result<Config, ConfigError> {
    match inspect(source) {
        (Some(config), problems) if problems.is_empty() => Ok(config),
        (_, problems) => Err(ConfigError(problems)),
    }
}

/// Reads the layers as far as possible, and returns the settings with every problem.
pub(crate) fn inspect(source: &Source) -> (Option<Config>, Vec<Problem>) {
    let mut reader = Reader { problems: Vec::new(), defaults: built_in(DEFAULTS) };
    let Some(layers) = source.read(&reader.defaults, &mut reader.problems) else { return (None, reader.problems) };
    let config = reader.config(layers.table.clone());
    if let Some(config) = &config {
        reader.check(config);
    }
    for problem in &mut reader.problems {
        if let Some(origin) = layers.origin(&problem.path) {
            problem.path = format!("{} ({origin})", problem.path);
        }
    }
    (config, reader.problems)
}

pub(super) struct Reader {
    problems: Vec<Problem>,
    defaults: toml::Table,
}

impl Reader {
    /// Records a problem, unless its path already has one.
    pub(super) fn note(&mut self, path: impl Into<String>, reason: impl Into<String>) {
        let problem = Problem::new(path, reason);
        if !self.problems.iter().any(|noted| noted.path == problem.path) {
            self.problems.push(problem);
        }
    }

    fn config(&mut self, table: toml::Table) -> Option<Config> {
        let mut value = toml::Value::Table(table);
        resolve(&mut value, "", &mut self.problems);
        let toml::Value::Table(mut table) = value else { return None };
        let mode = self.value(&mut table, "mode");
        let default_app = self.default_app(&mut table);
        let apps = self.apps(table.remove("apps"));
        let http = self.section(&mut table, "http");
        let database = self.section(&mut table, "database");
        let tokens = self.section(&mut table, "tokens");
        let phone = self.section(&mut table, "phone");
        let sms = self.section(&mut table, "sms");
        let line_check = self.section(&mut table, "line_check");
        let human_check = self.section(&mut table, "human_check");
        let limits = self.section(&mut table, "limits");
        let outbox = self.section(&mut table, "outbox");
        let graphql = self.section(&mut table, "graphql");
        let upstream = self.section(&mut table, "upstream");
        let sandbox = self.section(&mut table, "sandbox");
        let log = self.section(&mut table, "log");
        let metrics = self.section(&mut table, "metrics");
        for key in table.keys() {
            self.problems.push(Problem::new(key, "is not a setting"));
        }
        Some(Config {
            mode: mode?,
            default_app,
            http: http?,
            database: database?,
            tokens: tokens?,
            phone: phone?,
            sms: sms?,
            line_check: line_check?,
            human_check: human_check?,
            limits: limits?,
            outbox: outbox?,
            graphql: graphql?,
            upstream: upstream?,
            sandbox: sandbox?,
            log: log?,
            metrics: metrics?,
            apps,
        })
    }

    /// Reads one section, with its defaults.
    fn section<T: DeserializeOwned>(&mut self, table: &mut toml::Table, name: &str) -> Option<T> {
        let Some(toml::Value::Table(section)) = table.remove(name) else {
            self.note(name, "must be a table");
            return None;
        };
        let defaults = self.defaults.get(name).and_then(toml::Value::as_table).cloned().unwrap_or_default();
        self.table(name, section, &defaults)
    }

    /// Reads one table. Reports an invalid key and replaces it by its default, so that later problems are found too.
    pub(super) fn table<T: DeserializeOwned>(
        &mut self,
        name: &str,
        mut table: toml::Table,
        defaults: &toml::Table,
    ) -> Option<T> {
        let mut defaults = defaults.clone();
        loop {
            let error = match serde_path_to_error::deserialize(table.clone()) {
                Ok(read) => return Some(read),
                Err(error) => error,
            };
            let path = error.path().to_string();
            self.note(join(name, &path), without_value(error.inner().message()));
            let (within, key) = innermost(&mut table, &path)?;
            let wrong = within.remove(key)?;
            let default = innermost(&mut defaults, &path).and_then(|(within, key)| within.get(key));
            match default {
                Some(default) if *default != wrong => within.insert(key.to_owned(), default.clone()),
                Some(_) => return None,
                None => None,
            };
        }
    }

    fn value<T: DeserializeOwned>(&mut self, table: &mut toml::Table, name: &str) -> Option<T> {
        let value = table.remove(name)?;
        T::deserialize(value).map_err(|e| self.note(name, without_value(e.message()))).ok()
    }

    fn default_app(&mut self, table: &mut toml::Table) -> Option<AppName> {
        let name: String = self.value(table, "default_app")?;
        if name.is_empty() {
            return None;
        }
        name.parse().map_err(|e: domain::BadKey| self.note("default_app", e.to_string())).ok()
    }

    fn apps(&mut self, value: Option<toml::Value>) -> Vec<AppSection> {
        match value {
            None => Vec::new(),
            Some(toml::Value::Array(apps)) => {
                apps.into_iter().enumerate().filter_map(|(at, app)| self.app(at, app)).collect()
            }
            Some(_) => {
                self.note("apps", "must be a list of tables: [[apps]]");
                Vec::new()
            }
        }
    }

    /// Checks settings that depend on each other.
    fn check(&mut self, config: &Config) {
        for (at, app) in config.apps.iter().enumerate() {
            if config.apps[..at].iter().any(|other| other.name == app.name) {
                let at = app.index;
                self.note(format!("apps[{at}].name"), format!("there are two apps named `{}`", app.name));
            }
        }
        if let Some(name) = &config.default_app
            && !config.apps.iter().any(|app| &app.name == name)
        {
            self.note("default_app", format!("there is no app named `{name}`"));
        }
        for (at, key) in config.tokens.secret_keys.iter().enumerate() {
            if key.expose_secret().len() < MIN_KEY {
                self.note(format!("tokens.secret_keys[{at}]"), format!("is shorter than {MIN_KEY} characters"));
            }
        }
        if !(1..=MAX_ACCESS_MINUTES).contains(&config.tokens.access_minutes) {
            self.note("tokens.access_minutes", format!("must be 1 to {MAX_ACCESS_MINUTES}"));
        }
        self.check_numbers(config);
        self.check_connections(&config.http);
        if config.limits.reserved_percent > 99 {
            self.note("limits.reserved_percent", "must be 0 to 99");
        }
        if config.tokens.audience.trim().is_empty() {
            self.note("tokens.audience", "is empty");
        }
        let scheme = config.database.url.expose_secret().split(':').next().unwrap_or_default();
        if !["sqlite", "postgres", "postgresql", "mysql", "mariadb"].contains(&scheme) {
            self.note("database.url", "must begin with sqlite:, postgres:, mysql: or mariadb:");
        } else if scheme != "sqlite" && config.tokens.secret_keys.is_empty() {
            let why = "a database on a server needs a key: phone numbers are encrypted with it, and it must be the same at every start";
            self.note("tokens.secret_keys", why);
        }
        if let Err(error) = EnvFilter::try_new(&config.log.filter) {
            self.note("log.filter", error.to_string());
        }
        if config.metrics.listen == Some(config.http.listen) {
            self.note("metrics.listen", "is where the API listens");
        }
        let parts = [
            sms_checks::sms(&config.sms),
            sms_checks::line_check(&config.line_check),
            phone_checks::phone(&config.phone),
            human_check::problems(&config.human_check),
        ];
        for problem in parts.concat() {
            self.note(problem.path, problem.reason);
        }
        if config.sandbox.enabled && !cfg!(feature = "sandbox") {
            self.note("sandbox.enabled", "this build has no sandbox");
        }
        if config.sms.sender == SmsSenderKind::Sandbox && !config.sandbox.enabled {
            self.note("sms.sender", "is the sandbox, which is not enabled");
        }
        self.check_addresses(config);
        self.check_files(config);
        if config.mode == Mode::Production {
            self.check_production(config);
        }
    }

    /// Checks settings that must not be zero.
    fn check_numbers(&mut self, config: &Config) {
        let Config { http, database, tokens, limits, graphql, upstream, .. } = config;
        for (path, number) in [
            ("http.body_limit_kib", http.body_limit_kib),
            ("http.orders_body_limit_kib", http.orders_body_limit_kib),
            ("http.trusted_hops", http.trusted_hops),
            ("http.request_timeout_seconds", http.request_timeout_seconds),
            ("http.connections.per_address", http.connections.per_address),
            ("http.connections.head_seconds", http.connections.head_seconds),
            ("http.connections.body_seconds", http.connections.body_seconds),
            ("http.connections.body_idle_seconds", http.connections.body_idle_seconds),
            ("http.connections.idle_seconds", http.connections.idle_seconds),
            ("http.connections.answer_seconds", http.connections.answer_seconds),
            ("database.max_connections", database.max_connections),
            ("database.acquire_timeout_seconds", database.acquire_timeout_seconds),
            ("database.statement_timeout_seconds", database.statement_timeout_seconds),
            ("tokens.refresh_days", tokens.refresh_days),
            ("limits.per_address", limits.per_address),
            ("limits.per_block", limits.per_block),
            ("limits.per_account", limits.per_account),
            ("limits.per_app", limits.per_app),
            ("limits.in_all", limits.in_all),
            ("graphql.max_depth", graphql.max_depth),
            ("graphql.max_complexity", graphql.max_complexity),
            ("upstream.connect_seconds", upstream.connect_seconds),
            ("upstream.total_seconds", upstream.total_seconds),
            ("upstream.deadline_seconds", upstream.deadline_seconds),
            ("upstream.concurrency", upstream.concurrency),
            ("upstream.failures", upstream.failures),
            ("upstream.pause_seconds", upstream.pause_seconds),
            ("upstream.exchanges_per_minute", upstream.exchanges_per_minute),
        ] {
            if number == 0 {
                self.note(path, "must be at least 1");
            }
        }
    }

    fn check_connections(&mut self, http: &HttpSection) {
        let connections = &http.connections;
        if connections.max < MIN_CONNECTIONS {
            self.note("http.connections.max", format!("must be at least {MIN_CONNECTIONS}"));
        }
        if connections.per_address > connections.max {
            self.note("http.connections.per_address", "is more than http.connections.max");
        }
    }

    fn check_addresses(&mut self, config: &Config) {
        if !is_web(&config.public_url(), Mode::Development) {
            self.note("http.public_url", "is not a web address");
        }
        for (at, origin) in config.http.allowed_origins.iter().enumerate() {
            let sound = url::Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin);
            if !sound {
                self.note(format!("http.allowed_origins[{at}]"), "is not an origin such as https://shop.example.com");
            }
        }
        for app in &config.apps {
            let at = app.index;
            for (which, target) in app.return_to.iter().enumerate() {
                let is_path = target.starts_with('/') && !target.starts_with("//");
                if !is_path && !is_web(target, config.mode) {
                    self.note(format!("apps[{at}].return_to[{which}]"), "is neither a web address nor a path");
                }
            }
        }
    }

    /// A path has one content, whichever app it is for.
    fn check_files(&mut self, config: &Config) {
        let files = || {
            config.apps.iter().flat_map(|app| app.files.iter().enumerate().map(move |(which, file)| (app, which, file)))
        };
        for (nth, (app, which, file)) in files().enumerate() {
            if files().take(nth).any(|(_, _, other)| other.name == file.name && other.content != file.content) {
                let path = format!("apps[{}].files[{which}].name", app.index);
                self.note(path, "another file has the same name and other content");
            }
        }
    }

    fn check_production(&mut self, config: &Config) {
        let keys = &config.tokens.secret_keys;
        if keys.is_empty() {
            self.note("tokens.secret_keys", "production needs a key, the same on every replica");
        }
        if keys.iter().any(|key| key.expose_secret() == DEMO_KEY) {
            self.note("tokens.secret_keys", "the demo company's key is public");
        }
        if config.sandbox.enabled {
            self.note("sandbox.enabled", "the sandbox proves no identity: not allowed in production");
        }
        if config.sms.sender == SmsSenderKind::Log {
            self.note("sms.sender", "others can read codes in the log: not allowed in production");
        }
        if !config.public_url().starts_with("https://") {
            self.note("http.public_url", "production needs an https address");
        }
        for problem in phone_checks::production(config) {
            self.note(problem.path, problem.reason);
        }
        for app in &config.apps {
            for (which, _) in app.js_pages.iter().enumerate().filter(|(_, page)| page.is_plain()) {
                self.note(format!("apps[{}].js_pages[{which}]", app.index), "production needs an https address");
            }
        }
    }
}

/// Returns the table that holds the last key of a path, and that key. Lists are treated as a whole.
fn innermost<'t, 'p>(table: &'t mut toml::Table, path: &'p str) -> Option<(&'t mut toml::Table, &'p str)> {
    let path = path.split('[').next()?;
    match path.split_once('.') {
        Some((outer, rest)) => innermost(table.get_mut(outer)?.as_table_mut()?, rest),
        None => Some((table, path)),
    }
}

/// Returns the path of a key within a table; serde calls the table itself `.`.
fn join(table: &str, key: &str) -> String {
    if key == "." { table.to_owned() } else { format!("{table}.{key}") }
}
