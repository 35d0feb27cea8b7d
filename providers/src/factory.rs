//! How a provider is made from its table in the configuration.
//! Which factories exist is listed in `builtin`; an embedding program may add its own.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use url::Url;

use crate::{Http, IdentityProvider};

/// A mistake in a provider's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key within the provider's table; empty for the table itself.
    pub path: String,
    /// What is wrong, without any secret.
    pub reason: String,
}

impl Problem {
    /// A mistake at `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into() }
    }
}

/// What a factory gets to make a provider from.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The app's table, without the keys that every app has.
    pub table: toml::Table,
    /// The client for upstream calls.
    pub http: Http,
    /// The sandbox that stands in for the upstream, if one runs.
    pub sandbox: Option<Url>,
}

/// A provider, or every mistake in its settings.
pub type Built = Result<Arc<dyn IdentityProvider>, Vec<Problem>>;

/// Makes the providers of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Factory {
    /// What the configuration calls the kind.
    pub kind: &'static str,
    /// Makes a provider, or names every mistake in its settings.
    pub build: fn(Settings) -> Built,
}

/// What is wrong with a value, without the value itself: it may be a secret in the wrong place.
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

/// Reads a provider's table and names every wrong or unknown key in it, not only the first.
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
        // Without the wrong key the next mistake comes to light.
        if table.remove(&path).is_none() {
            return Err(problems);
        }
    }
}
