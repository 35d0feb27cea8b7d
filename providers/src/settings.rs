//! Reads a provider's table in the configuration and reports every mistake in it.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use url::{Host, Url};

use crate::{Http, TokenKeeper};

/// A mistake in a provider's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key within the provider's table; empty for the table itself.
    pub path: String,
    /// What is wrong, without any secret.
    pub reason: String,
}

impl Problem {
    /// Creates a problem at `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into() }
    }
}

/// What a factory builds a provider from.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The app's table, without the keys that every app has.
    pub table: toml::Table,
    /// The client for upstream calls.
    pub http: Http,
    /// Stores tokens that all replicas share.
    pub tokens: Arc<dyn TokenKeeper>,
    /// The address of the sandbox that replaces the upstream, if one is configured.
    pub sandbox: Option<Url>,
}

/// Removes the value from an error message: it may be a secret in the wrong place.
#[must_use]
pub fn without_value(message: &str) -> String {
    let quotes_value = ["invalid type:", "invalid value:"].iter().any(|words| message.starts_with(words));
    match (message.find(['"', '`']), message.rfind(", expected")) {
        (Some(begin), Some(end)) if quotes_value && begin < end => {
            format!("{}{}", message[..begin].trim_end(), &message[end..])
        }
        _ => message.to_owned(),
    }
}

/// Returns whether the connection is protected from eavesdropping: https, or plain http on loopback.
pub(crate) fn is_protected(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_this_machine(url))
}

/// Returns whether the address is on loopback. Names are not resolved.
#[must_use]
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Some(Host::Ipv6(ip)) => match ip.to_ipv4_mapped() {
            Some(ip) => ip.is_loopback() || ip.is_unspecified(),
            None => ip.is_loopback() || ip.is_unspecified(),
        },
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}

/// Returns whether the host is an IP address that the internet does not reach: loopback, a private network (RFC 1918,
/// RFC 6598, RFC 4193), or link-local, where clouds serve their credentials.
pub(crate) fn is_inside(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => is_own_network(ip.into()),
        Some(Host::Ipv6(ip)) => is_own_network(ip.into()),
        Some(Host::Domain(_)) => is_this_machine(url),
        None => false,
    }
}

/// Returns whether the internet does not reach the address: loopback, a private network (RFC 1918, RFC 6598, RFC 4193),
/// link-local, where clouds serve their credentials, multicast, or reserved; or an IPv6 address that stands for such an IPv4
/// address. <https://www.iana.org/assignments/iana-ipv4-special-registry/>
#[must_use]
pub fn is_own_network(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_inside_v4(ip),
        IpAddr::V6(ip) => match embedded_v4(ip) {
            Some(ip) => is_inside_v4(ip),
            // 2000::/3 is all that the internet routes.
            None => ip.segments()[0] & 0xe000 != 0x2000,
        },
    }
}

/// Returns the IPv4 address that an IPv6 address stands for: `::ffff:…` and `::…` (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        _ => None,
    }
}

fn is_inside_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    // 100.64.0.0/10, which carriers and clouds use internally; 192.0.0.0/24 of protocols; 198.18.0.0/15 of benchmarks; 240.0.0.0/4.
    let is_special = (a == 100 && b & 0xc0 == 64) || [a, b, c] == [192, 0, 0] || (a == 198 && b & 0xfe == 18);
    let is_reserved = a == 0 || a >= 240 || ip.is_multicast();
    ip.is_loopback() || ip.is_private() || ip.is_link_local() || is_special || is_reserved
}

/// Reads a provider's table and reports every wrong or unknown key in it, not only the first.
///
/// The struct denies unknown fields, and all its fields are `Option`s: [`Checks`] reports what is missing.
pub fn read_table<T: DeserializeOwned>(mut table: toml::Table) -> Result<T, Vec<Problem>> {
    let mut problems = Vec::new();
    loop {
        let error = match serde_path_to_error::deserialize(table.clone()) {
            Ok(settings) if problems.is_empty() => return Ok(settings),
            Ok(_) => return Err(problems),
            Err(error) => error,
        };
        let path = error.path().to_string();
        problems.push(Problem::new(path.trim_start_matches('.'), without_value(error.inner().message())));
        // Without the wrong key, the next attempt finds the next mistake.
        if table.remove(&path).is_none() {
            return Err(problems);
        }
    }
}

/// Checks a provider's settings one by one and collects the mistakes.
#[derive(Debug, Default)]
pub struct Checks(Vec<Problem>);

impl Checks {
    /// Adds a mistake.
    pub fn note(&mut self, path: &str, reason: impl Into<String>) {
        self.0.push(Problem::new(path, reason));
    }

    /// Parses a required setting.
    pub fn required<T: FromStr<Err: Display>>(&mut self, path: &str, given: Option<&str>) -> Option<T> {
        if given.is_none() {
            self.note(path, "is missing");
        }
        self.optional(path, given)
    }

    /// Parses an optional setting.
    pub fn optional<T: FromStr<Err: Display>>(&mut self, path: &str, given: Option<&str>) -> Option<T> {
        given?.parse().map_err(|error: T::Err| self.note(path, error.to_string())).ok()
    }

    /// Checks a secret, which must be present and not blank.
    pub fn secret(&mut self, path: &str, given: Option<SecretString>) -> Option<SecretString> {
        let given = given.filter(|secret| !secret.expose_secret().trim().is_empty());
        if given.is_none() {
            self.note(path, "is missing");
        }
        given
    }

    /// Parses an upstream's address: https, or plain http on loopback, for the sandbox.
    pub fn upstream(&mut self, path: &str, address: &str) -> Option<Url> {
        let url: Url = self.optional(path, Some(address))?;
        if url.query().is_some() || url.fragment().is_some() {
            self.note(path, "must have neither a query nor a fragment");
            return None;
        }
        if is_protected(&url) {
            return Some(url);
        }
        self.note(path, "must be https; plain http is possible only to this machine");
        None
    }

    /// Returns the result, or every mistake in the settings.
    pub fn finish<T>(self, made: Option<T>) -> Result<T, Vec<Problem>> {
        made.filter(|_| self.0.is_empty()).ok_or(self.0)
    }
}
