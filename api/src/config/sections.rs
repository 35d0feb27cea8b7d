//! The settings, one struct per section. See `config.default.toml` for the keys.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use chrono::TimeDelta;
use domain::{AppName, BadPhone, Country, MobilePrefix, NoSms, PhoneNumber, phone};
use secrecy::{ExposeSecret, SecretString};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use url::Url;

use super::app::AppSection;
use super::background::{Backfill, Outbox};
use super::connections::{Connections, Sockets};
use super::erasure::Erasure;
use super::human_check::HumanCheck;
use super::pictures::Pictures;
use super::sms::{LineCheck, Sms};
use super::webhooks::{Events, Webhook};

/// All settings. `Debug` shows no secret.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Config {
    pub mode: Mode,
    pub default_app: Option<AppName>,
    pub http: HttpSection,
    pub database: Database,
    pub tokens: Tokens,
    pub phone: Phone,
    /// Boxed because its template tables are large, and settings are moved.
    pub sms: Box<Sms>,
    pub line_check: Box<LineCheck>,
    pub human_check: HumanCheck,
    pub pictures: Pictures,
    pub limits: Limits,
    pub outbox: Outbox,
    pub backfill: Backfill,
    pub erasure: Erasure,
    pub graphql: Graphql,
    pub upstream: Upstream,
    pub sandbox: Sandbox,
    pub log: Log,
    pub metrics: Metrics,
    pub events: Events,
    pub webhooks: Vec<Webhook>,
    pub apps: Vec<AppSection>,
}

impl Config {
    /// Returns the address at which browsers reach the API, without a trailing slash.
    #[must_use]
    pub fn public_url(&self) -> String {
        match self.http.public_url.trim_end_matches('/') {
            "" => format!("http://{}", self.http.listen),
            url => url.to_owned(),
        }
    }

    /// Returns the sandbox's address, if one runs.
    #[must_use]
    pub fn sandbox_url(&self) -> Option<Url> {
        // A socket address is always a valid authority.
        self.sandbox.enabled.then(|| Url::parse(&format!("http://{}", self.sandbox.listen)).ok()).flatten()
    }

    /// Returns whether a switch is on in this mode.
    #[must_use]
    pub fn is_on(&self, switch: Switch) -> bool {
        match switch {
            Switch::On => true,
            Switch::Off => false,
            Switch::Auto => self.mode == Mode::Development,
        }
    }
}

/// How strict validation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Allows what is meant for trying out.
    Development,
    /// Refuses it.
    Production,
}

/// A switch that may follow the mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// On in development, off in production.
    Auto,
    /// On.
    On,
    /// Off.
    Off,
}

/// `[http]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct HttpSection {
    pub listen: SocketAddr,
    pub public_url: String,
    pub allowed_origins: Vec<String>,
    pub client_address: ClientAddressSource,
    pub trusted_hops: u32,
    pub body_limit_kib: u32,
    pub orders_body_limit_kib: u32,
    pub request_timeout_seconds: u32,
    pub drain_seconds: u32,
    pub shutdown_seconds: u32,
    pub connections: Connections,
    pub sockets: Sockets,
}

/// Source of the client IP used for rate limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientAddressSource {
    /// The peer address of the connection.
    Socket,
    /// This header, written by the company's own proxies.
    XForwardedFor,
}

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Database {
    pub url: SecretString,
    pub max_connections: u32,
    pub acquire_timeout_seconds: u32,
    pub statement_timeout_seconds: u32,
    pub pooler: Pooler,
    pub migrate_on_start: bool,
}

/// Whether something between this process and the database gives the database's connections to several clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooler {
    /// Each connection of this process is one of the database.
    None,
    /// Each transaction may be on another connection of the database.
    Transaction,
}

impl Database {
    /// Returns whether the database URL begins with `scheme`.
    #[must_use]
    pub fn url_begins_with(&self, scheme: &str) -> bool {
        self.url.expose_secret().starts_with(scheme)
    }

    /// Returns the store's options for a command, whose statements have no short timeout.
    #[must_use]
    pub fn options(&self) -> store::Options {
        store::Options {
            url: self.url.clone(),
            max_connections: self.max_connections,
            acquire_timeout: Duration::from_secs(self.acquire_timeout_seconds.into()),
            statement_timeout: None,
            shares_connections: self.pooler == Pooler::Transaction,
        }
    }

    /// Returns the store's options for requests, whose statements have short timeouts.
    #[must_use]
    pub fn options_for_requests(&self) -> store::Options {
        let limit = Duration::from_secs(self.statement_timeout_seconds.into());
        store::Options { statement_timeout: Some(limit), ..self.options() }
    }
}

/// `[tokens]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Tokens {
    pub secret_keys: Vec<SecretString>,
    pub audience: String,
    pub access_minutes: u32,
    pub refresh_days: u32,
}

/// `[phone]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Phone {
    pub fresh_login_minutes: u32,
    pub fresh_number_days: u32,
    pub unknown_last_proof: UnknownLastProof,
    pub quick_code_binds: bool,
    #[serde(deserialize_with = "parsed_list")]
    pub extra_prefixes: Vec<MobilePrefix>,
    #[serde(deserialize_with = "parsed_list")]
    pub countries: Vec<Country>,
    pub prefixes_without_sms: Vec<String>,
    pub code_minutes: u32,
    pub resend_seconds: u32,
    pub codes_per_number: u32,
    pub codes_per_account: u32,
    pub codes_per_device: u32,
    pub codes_per_address: u32,
    pub codes_per_app: u32,
    pub tries_per_code: u32,
    pub tries_per_device: u32,
    pub tries_per_number: u32,
}

impl Phone {
    /// Parses a number as people write it.
    ///
    /// # Errors
    ///
    /// [`BadPhone`] if it is not a valid number and has none of the extra prefixes.
    pub fn parse(&self, text: &str) -> Result<PhoneNumber, BadPhone> {
        PhoneNumber::parse_admitting(text, &self.extra_prefixes)
    }

    /// Returns whether SMS can be sent to this number.
    pub fn takes_sms(&self, number: &PhoneNumber) -> Result<(), NoSms> {
        number.takes_sms(&self.countries, &self.prefixes_without_sms)
    }

    /// Returns the part that the identity rules use.
    #[must_use]
    pub fn policy(&self) -> phone::Policy {
        phone::Policy {
            fresh_login: TimeDelta::minutes(self.fresh_login_minutes.into()),
            fresh_number: TimeDelta::days(self.fresh_number_days.into()),
            quick_code_binds: self.quick_code_binds,
            trust_unknown_proof: self.unknown_last_proof == UnknownLastProof::Trust,
        }
    }
}

/// How an imported number without a known last proof counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownLastProof {
    /// As trusted.
    Trust,
    /// As untrusted.
    StepUp,
}

/// `[limits]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Limits {
    pub per_address: u32,
    pub per_block: u32,
    pub per_account: u32,
    pub per_app: u32,
    pub in_all: u32,
    pub reserved_percent: u32,
}

/// `[graphql]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Graphql {
    pub playground: Switch,
    pub introspection: Switch,
    pub max_depth: u32,
    pub max_complexity: u32,
    pub documents: Documents,
    pub persisted_query_cache_kib: u32,
}

/// Which documents are executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Documents {
    /// Any document within the limits.
    Any,
    /// Those on the list of `guiyi documents`.
    Listed,
}

/// `[upstream]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Upstream {
    pub connect_seconds: u32,
    pub total_seconds: u32,
    pub deadline_seconds: u32,
    pub concurrency: u32,
    pub failures: u32,
    pub pause_seconds: u32,
    pub exchanges_per_minute: u32,
}

impl Upstream {
    /// Returns the limits of the HTTP client.
    #[must_use]
    pub fn limits(&self) -> providers::HttpLimits {
        providers::HttpLimits {
            connect: Duration::from_secs(self.connect_seconds.into()),
            total: Duration::from_secs(self.total_seconds.into()),
        }
    }

    /// Returns the limits of the layers around every provider.
    #[must_use]
    pub fn layer_limits(&self) -> providers::layer::Limits {
        providers::layer::Limits {
            deadline: Duration::from_secs(self.deadline_seconds.into()),
            concurrency: self.concurrency as usize,
            failures: self.failures,
            pause: Duration::from_secs(self.pause_seconds.into()),
        }
    }
}

/// `[sandbox]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Sandbox {
    pub enabled: bool,
    pub listen: SocketAddr,
    pub seed: PathBuf,
    #[serde(deserialize_with = "address_or_nothing")]
    pub shop: Option<SocketAddr>,
}

impl Sandbox {
    /// Returns the file with the sandbox's apps and people, unless they are the demo company's.
    #[must_use]
    pub fn seed_file(&self) -> Option<&Path> {
        Some(self.seed.as_path()).filter(|file| !file.as_os_str().is_empty())
    }
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// `[metrics]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Metrics {
    #[serde(deserialize_with = "address_or_nothing")]
    pub listen: Option<SocketAddr>,
}

/// Parses a list of texts.
fn parsed_list<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(from: D) -> Result<Vec<T>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let parse = |text: &String| text.parse().map_err(|bad: T::Err| D::Error::custom(format!("an entry {bad}")));
    texts.iter().map(parse).collect()
}

/// Parses an address, or empty text as `None`.
fn address_or_nothing<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(D::Error::custom) }
}
