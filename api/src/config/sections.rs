//! The settings, one struct per section. See `config.default.toml` for the keys.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::AppName;
use secrecy::{ExposeSecret, SecretString};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::app::AppSection;
use super::background::{Backfill, Outbox};
use super::connections::{Connections, Sockets};
use super::console::{Console, Support};
use super::erasure::Erasure;
use super::human_check::HumanCheck;
use super::phone::Phone;
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
    pub console: Console,
    pub support: Support,
    pub graphql: Graphql,
    pub upstream: Upstream,
    pub sandbox: Sandbox,
    pub log: Log,
    pub metrics: Metrics,
    pub traces: Traces,
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

/// `[traces]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Traces {
    pub otlp_url: String,
    pub sample_percent: f64,
}

/// Parses an address, or empty text as `None`.
fn address_or_nothing<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(D::Error::custom) }
}
