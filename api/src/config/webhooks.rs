//! `[events]` and `[[webhooks]]`. See `config.default.toml` for the keys.

use std::collections::BTreeSet;

use domain::EventKind;
use providers::is_own_network;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use toml::{Table, Value};
use url::{Host, Url};

use super::mistake::Found;
use super::read::Reader;
use super::sections::{Config, Mode};
use crate::text::{Text, text};
use crate::webhook::SigningSecret;

/// The shortest retention, in days: longer than the three days of retries.
const MIN_RETENTION: u32 = 4;
/// The longest retention, in days.
const MAX_RETENTION: u32 = 3_650;
/// The longest name of an endpoint, in characters.
const MAX_NAME: usize = 64;

/// `[events]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Events {
    pub feed: bool,
    pub retention_days: u32,
}

/// An entry of `[[webhooks]]`.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Webhook {
    /// Index of the table in the list, for error messages.
    pub index: usize,
    pub name: String,
    pub url: Url,
    pub secrets: Vec<SecretString>,
    /// The kinds of events; all if none are named.
    pub events: BTreeSet<EventKind>,
    pub allow_private: bool,
}

/// Every key is optional here, so that one problem does not hide the next.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookTable {
    name: Option<String>,
    url: Option<Url>,
    secrets: Option<Vec<SecretString>>,
    events: Option<Vec<String>>,
    allow_private: Option<bool>,
}

impl Config {
    /// Returns the kinds of events that this deployment records: none, unless the feed is on or a webhook wants them.
    #[must_use]
    pub fn recorded_events(&self) -> BTreeSet<EventKind> {
        if self.events.feed {
            return EventKind::ALL.iter().copied().collect();
        }
        self.webhooks.iter().flat_map(|webhook| webhook.events.iter().copied()).collect()
    }
}

impl Reader {
    /// Reads `[[webhooks]]`.
    pub(super) fn webhooks(&mut self, value: Option<Value>) -> Vec<Webhook> {
        match value {
            None => Vec::new(),
            Some(Value::Array(tables)) => {
                tables.into_iter().enumerate().filter_map(|(at, table)| self.webhook(at, table)).collect()
            }
            Some(_) => {
                let said = text!("must be a list of tables: [[webhooks]]", "必须是表的列表：[[webhooks]]");
                self.found.unread("webhooks", said, None);
                Vec::new()
            }
        }
    }

    fn webhook(&mut self, at: usize, value: Value) -> Option<Webhook> {
        let path = format!("webhooks[{at}]");
        let Value::Table(table) = value else {
            self.found.unread(path, text!("must be a table", "必须是一个表"), None);
            return None;
        };
        let read: WebhookTable = self.table(&path, table, &Table::new())?;
        let missing = |reader: &mut Self, key: &str| {
            reader.found.unread(format!("{path}.{key}"), text!("is missing", "缺失"), None);
        };
        if read.name.is_none() {
            missing(self, "name");
        }
        if read.url.is_none() {
            missing(self, "url");
        }
        if read.secrets.is_none() {
            missing(self, "secrets");
        }
        let events = self.kinds(&path, read.events);
        Some(Webhook {
            index: at,
            name: read.name?,
            url: read.url?,
            secrets: read.secrets?,
            events,
            allow_private: read.allow_private.unwrap_or_default(),
        })
    }

    fn kinds(&mut self, path: &str, words: Option<Vec<String>>) -> BTreeSet<EventKind> {
        let Some(words) = words.filter(|words| !words.is_empty()) else {
            return EventKind::ALL.iter().copied().collect();
        };
        let mut kinds = BTreeSet::new();
        for (at, word) in words.into_iter().enumerate() {
            if let Ok(kind) = word.parse() {
                kinds.insert(kind);
            } else {
                let known: Vec<_> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
                let known = known.join(", ");
                let expected = text!("one of {known}", "可选值：{known}");
                let said = text!("is not a kind of event", "不是事件类型");
                self.found.unread(format!("{path}.events[{at}]"), said, Some(expected));
            }
        }
        kinds
    }
}

/// Checks both sections.
pub(super) fn check(config: &Config, found: &mut Found) {
    if !(MIN_RETENTION..=MAX_RETENTION).contains(&config.events.retention_days) {
        let said = text!(
            "must be {MIN_RETENTION} to {MAX_RETENTION}: an event is sent for three days",
            "必须在 {MIN_RETENTION} 到 {MAX_RETENTION} 之间：事件最多重试三天"
        );
        found.note("events.retention_days", said);
    }
    for (nth, webhook) in config.webhooks.iter().enumerate() {
        let path = |key: &str| format!("webhooks[{}].{key}", webhook.index);
        let is_word = |c: char| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c);
        if webhook.name.is_empty() || webhook.name.len() > MAX_NAME || !webhook.name.chars().all(is_word) {
            let said = text!(
                "must have 1 to {MAX_NAME} letters, digits, dots, hyphens or underscores",
                "必须由 1 到 {MAX_NAME} 个字母、数字、点、连字符或下划线组成"
            );
            found.note(path("name"), said);
        }
        if config.webhooks[..nth].iter().any(|other| other.name == webhook.name) {
            let name = &webhook.name;
            found
                .note(path("name"), text!("another webhook is named `{name}`, too", "与另一个 webhook 重名：`{name}`"));
        }
        if let Some(said) = wrong_url(&webhook.url, webhook.allow_private, config.mode) {
            found.note(path("url"), said);
        }
        secrets(&webhook.secrets, &path, found);
    }
}

fn secrets(secrets: &[SecretString], path: &dyn Fn(&str) -> String, found: &mut Found) {
    if secrets.is_empty() {
        found.note(path("secrets"), text!("is empty", "为空"));
    }
    for (at, secret) in secrets.iter().enumerate() {
        if SigningSecret::parse(secret.expose_secret()).is_none() {
            let said = text!(
                "is not `whsec_` and 24 to 64 bytes in base64; make one with `openssl rand -base64 32`",
                "应为 `whsec_` 加 24 至 64 字节的 base64；可用 `openssl rand -base64 32` 生成"
            );
            found.note(format!("{}[{at}]", path("secrets")), said);
        }
    }
}

fn wrong_url(url: &Url, allow_private: bool, mode: Mode) -> Option<Text> {
    if !["http", "https"].contains(&url.scheme()) || !url.has_host() {
        return Some(text!("is not a web address", "不是网址"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some(text!("must have no user name and no password", "不能包含用户名和密码"));
    }
    if url.scheme() == "http" && mode == Mode::Production && !allow_private {
        return Some(text!(
            "production needs an https address, unless allow_private is true",
            "生产模式必须使用 https 地址，除非 allow_private 为 true"
        ));
    }
    let literal = match url.host() {
        Some(Host::Ipv4(ip)) => Some(ip.into()),
        Some(Host::Ipv6(ip)) => Some(ip.into()),
        Some(Host::Domain(_)) | None => None,
    };
    if literal.is_some_and(is_own_network) && !allow_private {
        return Some(text!(
            "is in the own network: allow it with allow_private = true",
            "位于内部网络：如需使用，请设置 allow_private = true"
        ));
    }
    None
}
