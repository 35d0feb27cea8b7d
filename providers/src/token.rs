//! The [`TokenKeeper`] trait, which an embedding program implements to store the upstream tokens that all replicas share.
//! See `shared_token` for how tokens are fetched and replaced.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use crate::ProviderError;

/// How long a lease lasts, before another caller may fetch the token.
pub const LEASE: Duration = Duration::from_secs(10);

/// A stored token with its remaining lifetime.
#[derive(Debug, Clone)]
pub struct KeptToken {
    /// The token.
    pub secret: SecretString,
    /// The remaining lifetime.
    pub remaining: Duration,
}

/// The right to fetch a new token, for the duration of [`LEASE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease(pub [u8; 16]);

/// Stores upstream tokens where every replica finds them, under names of at most 255 ASCII characters.
///
/// # Errors
///
/// All methods return [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) if the store cannot be reached.
#[async_trait]
pub trait TokenKeeper: Send + Sync + std::fmt::Debug {
    /// Returns the token of this name; `None` if there is none, or if it has expired.
    async fn kept(&self, name: &str) -> Result<Option<KeptToken>, ProviderError>;

    /// Acquires the lease to fetch the token; `None` while another caller holds it. Of any number of concurrent callers on
    /// any number of replicas, exactly one gets it.
    async fn lease(&self, name: &str) -> Result<Option<Lease>, ProviderError>;

    /// Stores a token that was fetched under a lease, and ends the lease. Does nothing if the lease was lost meanwhile.
    async fn keep(&self, name: &str, lease: &Lease, token: &KeptToken) -> Result<(), ProviderError>;

    /// Ends a lease without a token, so that the next caller may try at once.
    async fn release(&self, name: &str, lease: &Lease) -> Result<(), ProviderError>;

    /// Deletes the token if it is still `failed`: another caller may have replaced it already.
    async fn forget(&self, name: &str, failed: &SecretString) -> Result<(), ProviderError>;
}

/// Stores tokens in this process only: for tests, and for single-process programs.
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
