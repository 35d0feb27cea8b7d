//! Keeps the upstream tokens in the database, encrypted and shared by all replicas. See `providers` for when they are
//! fetched.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::Timestamp;
use metrics::counter;
use providers::{ErrorKind, KeptToken, LEASE, Lease, ProviderError, TokenKeeper};
use secrecy::{ExposeSecret, SecretString};
use store::upstream::{SealedToken, TokenLease};
use store::{Store, StoreError, Tx};

use crate::clock::Clock;
use crate::random;
use crate::token::{self, Keys, Sealer};

/// The upstream tokens in the database.
///
/// Providers are built before the database is connected, so that a configuration can be checked without one; they
/// request tokens only afterwards.
#[derive(Debug)]
pub(crate) struct UpstreamTokens {
    store: OnceLock<Store>,
    sealer: Sealer,
    clock: Clock,
}

impl UpstreamTokens {
    /// Creates the keeper without a database.
    pub(crate) fn new(keys: &Keys, clock: Clock) -> Self {
        Self { store: OnceLock::new(), sealer: keys.sealer("upstream-tokens"), clock }
    }

    /// Connects the database that keeps the tokens. Ignores a second one.
    pub(crate) fn connect(&self, store: Store) {
        let _ = self.store.set(store);
    }

    fn store(&self) -> Result<&Store, ProviderError> {
        let missing = || ProviderError::new(ErrorKind::Unavailable, "the database is not connected yet");
        self.store.get().ok_or_else(missing)
    }

    /// Applies a change in a transaction. Returns whether it changed anything.
    async fn write(&self, name: &str, change: Change<'_>) -> Result<bool, ProviderError> {
        let change = &change;
        let written = self.store()?.write("upstream_token", |tx: Arc<Tx>| async move { change.apply(&tx, name).await });
        written.await.map_err(unreachable)
    }

    /// Decrypts a token. A token that cannot be decrypted counts as missing.
    fn open(&self, name: &str, kept: &SealedToken, now: Timestamp) -> Option<KeptToken> {
        let opened = self.sealer.open(name, &kept.sealed).map_err(|error| error.to_string());
        let text = opened.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not text".to_owned()));
        let secret = text
            .inspect_err(|why| tracing::warn!(name, "cannot decrypt an upstream token, fetching it again: {why}"))
            .ok()?;
        let remaining = TimeDelta::milliseconds(kept.expires_at.millis() - now.millis()).to_std().ok()?;
        Some(KeptToken { secret: secret.into(), remaining })
    }
}

/// A write to the table, in one transaction.
enum Change<'a> {
    Lease(TokenLease, (Timestamp, Timestamp)),
    Keep(TokenLease, &'a SealedToken, Timestamp),
    Release(TokenLease),
    Forget([u8; 32]),
}

impl Change<'_> {
    async fn apply(&self, tx: &Tx, name: &str) -> Result<bool, StoreError> {
        match self {
            Self::Lease(lease, times) => store::upstream::lease_token(tx, name, *lease, *times).await,
            Self::Keep(lease, token, now) => store::upstream::keep_token(tx, name, *lease, (token, *now)).await,
            Self::Release(lease) => store::upstream::release_token(tx, name, *lease).await,
            Self::Forget(hash) => store::upstream::forget_token(tx, name, hash).await,
        }
    }
}

fn unreachable(error: StoreError) -> ProviderError {
    ProviderError::new(ErrorKind::Unavailable, "accessing the upstream tokens in the database failed").caused_by(error)
}

#[async_trait]
impl TokenKeeper for UpstreamTokens {
    async fn kept(&self, name: &str) -> Result<Option<KeptToken>, ProviderError> {
        let now = self.clock.now();
        let kept = store::upstream::find_token(&self.store()?.view(), name, now).await.map_err(unreachable)?;
        Ok(kept.and_then(|kept| self.open(name, &kept, now)))
    }

    async fn lease(&self, name: &str) -> Result<Option<Lease>, ProviderError> {
        let now = self.clock.now();
        // Waiting callers poll often, and a read costs less than a write.
        if store::upstream::is_leased(&self.store()?.view(), name, now).await.map_err(unreachable)? {
            return Ok(None);
        }
        let (lease, until) = (TokenLease(random::bytes()), now.plus(span(LEASE)));
        let leased = self.write(name, Change::Lease(lease, (now, until))).await?;
        Ok(leased.then_some(Lease(lease.0)))
    }

    async fn keep(&self, name: &str, lease: &Lease, token: &KeptToken) -> Result<(), ProviderError> {
        let (secret, now) = (token.secret.expose_secret(), self.clock.now());
        let sealed = SealedToken {
            sealed: self.sealer.seal(name, secret.as_bytes()),
            hash: token::hash(secret),
            expires_at: now.plus(span(token.remaining)),
        };
        let kept = self.write(name, Change::Keep(TokenLease(lease.0), &sealed, now)).await?;
        if !kept {
            tracing::warn!(name, "an upstream token arrived after its lease expired: discarded");
        }
        counter!("guiyi_upstream_tokens_fetched_total", "token" => name.to_owned()).increment(1);
        Ok(())
    }

    async fn release(&self, name: &str, lease: &Lease) -> Result<(), ProviderError> {
        self.write(name, Change::Release(TokenLease(lease.0))).await?;
        Ok(())
    }

    async fn forget(&self, name: &str, failed: &SecretString) -> Result<(), ProviderError> {
        let hash = token::hash(failed.expose_secret());
        if self.write(name, Change::Forget(hash)).await? {
            tracing::info!(name, "deleted an upstream token that was refused before it expired");
        }
        Ok(())
    }
}

/// Converts a duration; one that overflows becomes the longest span.
fn span(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
