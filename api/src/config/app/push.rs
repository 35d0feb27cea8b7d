//! `[apps.push]`: how an app's pushes are verified, and where those that are not ours go.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use data_encoding::BASE64;
use providers::{EncodingAesKey, PushGate};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::{Host, Url};

use crate::text::{Text, text};

/// The most keys: the present one, and the one before.
const MOST_KEYS: usize = 2;
/// The length of a key of Standard Webhooks, in bytes.
const KEY_BYTES: RangeInclusive<usize> = 24..=64;

/// The settings of an app's pushes.
#[derive(Debug, Clone)]
pub struct PushSection {
    /// Verifies and decrypts.
    pub gate: PushGate,
    /// Where pushes go on to.
    pub relay: Option<Relay>,
    /// Whether pushes have to come from an address that the upstream pushes from.
    pub checks_senders: bool,
    /// The key that signs pushes which the company's own receiver passes on.
    pub passed_on: Option<PassedOnKey>,
}

/// A key of Standard Webhooks: `whsec_` and base64. Does not print.
#[derive(Clone)]
pub struct PassedOnKey(Vec<u8>);

impl PassedOnKey {
    /// Returns the bytes of the key.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    fn read(text: &str) -> Option<Self> {
        let key = BASE64.decode(text.strip_prefix("whsec_")?.as_bytes()).ok()?;
        KEY_BYTES.contains(&key.len()).then_some(Self(key))
    }
}

impl std::fmt::Debug for PassedOnKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PassedOnKey(…)")
    }
}

/// Another receiver, which gets pushes byte for byte, and whose answer is the service's answer.
#[derive(Debug, Clone)]
pub struct Relay {
    /// Its address.
    pub url: Url,
    /// What goes there.
    pub what: RelayWhat,
    /// Names of events that go there too.
    pub also: HashSet<String>,
    /// Names of events and messages that never go there.
    pub never: HashSet<String>,
}

impl Relay {
    /// Returns whether a push goes on. `name` is that of the event or of the kind of message; `is_ours` says whether the
    /// service acts on it.
    #[must_use]
    pub fn takes(&self, name: &str, is_ours: bool) -> bool {
        let wants = self.what == RelayWhat::All || !is_ours || self.also.contains(name);
        wants && !self.never.contains(name)
    }
}

/// Which pushes go on to another receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelayWhat {
    /// Those that the service does not act on.
    #[default]
    Others,
    /// All.
    All,
}

/// Every key is optional here, so that one problem does not hide the next.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PushTable {
    token: Option<SecretString>,
    aes_keys: Option<Vec<SecretString>>,
    check_senders: Option<bool>,
    passed_on_secret: Option<SecretString>,
    relay_to: Option<String>,
    relay: Option<RelayWhat>,
    relay_also: Option<Vec<String>>,
    relay_never: Option<Vec<String>>,
}

impl PushTable {
    /// Checks the settings. `note` takes each mistake with its key.
    pub(super) fn read(self, note: &mut dyn FnMut(&str, Text)) -> Option<PushSection> {
        let token = self.token.filter(|token| is_token(token.expose_secret()));
        if token.is_none() {
            let said = text!(
                "must be the token of the push settings: 3 to 32 letters and digits",
                "必须是消息推送配置中的 Token：3 到 32 位字母或数字"
            );
            note("token", said);
        }
        let given = self.aes_keys.unwrap_or_default();
        if given.len() > MOST_KEYS {
            let said = text!("must be the present key, and at most the one before", "最多填写当前密钥和上一个密钥");
            note("aes_keys", said);
        }
        let keys: Vec<Option<EncodingAesKey>> = given.iter().map(|key| key.expose_secret().parse().ok()).collect();
        for (which, _) in keys.iter().enumerate().filter(|(_, key)| key.is_none()) {
            let said =
                text!("must be an EncodingAESKey: 43 characters of base64", "必须是 EncodingAESKey：43 位 base64 字符");
            note(&format!("aes_keys[{which}]"), said);
        }
        let passed_on = self.passed_on_secret.and_then(|secret| {
            let key = PassedOnKey::read(secret.expose_secret());
            if key.is_none() {
                let said = text!(
                    "must be whsec_ and the base64 of 24 to 64 bytes",
                    "必须是 whsec_ 加 24 到 64 字节的 base64 编码"
                );
                note("passed_on_secret", said);
            }
            key
        });
        let url = self.relay_to.and_then(|to| {
            let url = Url::parse(&to).ok().filter(is_safe);
            if url.is_none() {
                let said = text!(
                    "must be an https address; plain http is possible only within your own network",
                    "必须是 https 地址；明文 http 只能用于内网地址"
                );
                note("relay_to", said);
            }
            url
        });
        let names =
            |list: Option<Vec<String>>| list.unwrap_or_default().iter().map(|name| name.to_ascii_lowercase()).collect();
        let (also, never, what) = (names(self.relay_also), names(self.relay_never), self.relay.unwrap_or_default());
        let relay = url.map(|url| Relay { url, what, also, never });
        let keys: Option<Vec<_>> = keys.into_iter().collect();
        let checks_senders = self.check_senders.unwrap_or_default();
        Some(PushSection { gate: PushGate { token: token?, keys: keys? }, relay, checks_senders, passed_on })
    }
}

/// WeChat's form of the token.
fn is_token(text: &str) -> bool {
    (3..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Returns whether messages may go to an address: with https, or within the company's network.
fn is_safe(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(ip))) => ip.is_loopback() || ip.is_private(),
        ("http", Some(Host::Ipv6(ip))) => ip.is_loopback() || ip.is_unique_local(),
        // Names without a dot and these domains are not in the public DNS (RFC 6761, RFC 6762, `internal` by ICANN).
        ("http", Some(Host::Domain(name))) => {
            let last = name.rsplit('.').next().unwrap_or_default();
            !name.contains('.') || ["internal", "local", "localhost"].contains(&last)
        }
        _ => false,
    }
}
