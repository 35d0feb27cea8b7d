//! Upstream tokens that all replicas share: the [`TokenKeeper`] that an embedding program provides.
//! How a token is fetched, and when again, is written in `shared_token`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use crate::ProviderError;

/// How long one may take to fetch a token before somebody else may try.
pub const LEASE: Duration = Duration::from_secs(10);

/// A token that is kept, and for how long it still holds.
#[derive(Debug, Clone)]
pub struct KeptToken {
    /// The token.
    pub secret: SecretString,
    /// How long it still holds.
    pub remaining: Duration,
}

/// The right to fetch a new token, for the time of [`LEASE`]. Worth nothing to anybody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease(pub [u8; 16]);

/// Keeps upstream tokens where every replica finds them, under names of at most 255 ASCII characters.
///
/// A failure to reach the place where they are kept is [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable).
#[async_trait]
pub trait TokenKeeper: Send + Sync + std::fmt::Debug {
    /// The token of this name; `None` when there is none, or it has expired.
    async fn kept(&self, name: &str) -> Result<Option<KeptToken>, ProviderError>;

    /// Takes the right to fetch the token; `None` while somebody else has it. Of any number of callers on any number of
    /// replicas one gets it.
    async fn lease(&self, name: &str) -> Result<Option<Lease>, ProviderError>;

    /// Keeps a token that was fetched under a lease, and ends the lease. A lease that was lost meanwhile keeps nothing.
    async fn keep(&self, name: &str, lease: &Lease, token: &KeptToken) -> Result<(), ProviderError>;

    /// Ends a lease without a token, so that the next caller may try at once.
    async fn release(&self, name: &str, lease: &Lease) -> Result<(), ProviderError>;

    /// Forgets the token if it is still `failed`: somebody may have replaced it already.
    async fn forget(&self, name: &str, failed: &SecretString) -> Result<(), ProviderError>;
}

/// Keeps tokens in this process alone: for tests, and for programs of one process.
#[derive(Debug, Default)]
pub struct TokensInMemory(Mutex<HashMap<String, Entry>>);

#[derive(Debug, Default)]
struct Entry {
    token: Option<(SecretString, Instant)>,
    lease: Option<(Lease, Instant)>,
    leases: u128,
}

impl TokensInMemory {
    fn entry<T>(&self, name: &str, act: impl FnOnce(&mut Entry) -> T) -> T {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(entries.entry(name.to_owned()).or_default())
    }
}

impl Entry {
    fn holds(&self, lease: &Lease) -> bool {
        self.lease.as_ref().is_some_and(|(held, _)| held == lease)
    }
}

#[async_trait]
impl TokenKeeper for TokensInMemory {
    async fn kept(&self, name: &str) -> Result<Option<KeptToken>, ProviderError> {
        let now = Instant::now();
        Ok(self.entry(name, |entry| {
            let (secret, until) = entry.token.as_ref().filter(|(_, until)| *until > now)?;
            Some(KeptToken { secret: secret.clone(), remaining: until.duration_since(now) })
        }))
    }

    async fn lease(&self, name: &str) -> Result<Option<Lease>, ProviderError> {
        let now = Instant::now();
        Ok(self.entry(name, |entry| {
            if entry.lease.as_ref().is_some_and(|(_, until)| *until > now) {
                return None;
            }
            entry.leases += 1;
            let lease = Lease(entry.leases.to_be_bytes());
            entry.lease = Some((lease.clone(), now + LEASE));
            Some(lease)
        }))
    }

    async fn keep(&self, name: &str, lease: &Lease, token: &KeptToken) -> Result<(), ProviderError> {
        let until = Instant::now() + token.remaining;
        self.entry(name, |entry| {
            if entry.holds(lease) {
                entry.token = Some((token.secret.clone(), until));
                entry.lease = None;
            }
        });
        Ok(())
    }

    async fn release(&self, name: &str, lease: &Lease) -> Result<(), ProviderError> {
        self.entry(name, |entry| {
            if entry.holds(lease) {
                entry.lease = None;
            }
        });
        Ok(())
    }

    async fn forget(&self, name: &str, failed: &SecretString) -> Result<(), ProviderError> {
        self.entry(name, |entry| {
            if entry.token.as_ref().is_some_and(|(kept, _)| kept.expose_secret() == failed.expose_secret()) {
                entry.token = None;
            }
        });
        Ok(())
    }
}
