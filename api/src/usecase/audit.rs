//! What an operator should be able to see, and whether it is still what was written.
//! Entries are written where things happen, in the transaction in which they happen.

use chrono::TimeDelta;
use domain::{AuditAction, ServiceScope, ServiceTokenId, Timestamp, UserId};
use serde_json::json;
use std::sync::Arc;
use store::{Actor, AuditEvent, AuditFilter, Checked, Expected, Front, Head, StoreError, Tx};
use tracing::{info, warn};

use super::Caller;
use super::page::{FrontRequest, Page};
use crate::error::ApiError;
use crate::service::Service;

/// Which entries an operator wants to see.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Only of these kinds.
    pub actions: Option<Vec<AuditAction>>,
    /// Only those about this person.
    pub user: Option<UserId>,
    /// Only what this service token did.
    pub token: Option<ServiceTokenId>,
    /// Only what happened at this time or later.
    pub since: Option<Timestamp>,
}

impl Service {
    /// A page of the audit, the newest entry first, for a system with the scope `audit:read`.
    pub async fn audit_events(
        &self,
        caller: &Caller,
        query: AuditQuery,
        page: FrontRequest,
    ) -> Result<Page<AuditEvent>, ApiError> {
        caller.require(ServiceScope::AuditRead)?;
        let filter = self.audit_filter(query).await?;
        page.page(self.store.view().audit_events(&filter, &page.front()?).await?)
    }

    /// The audit of the time `since`, the newest entry first, at most `limit`.
    pub async fn audit(&self, query: AuditQuery, since: TimeDelta, limit: u64) -> Result<Vec<AuditEvent>, ApiError> {
        let query = AuditQuery { since: Some(self.clock.now().minus(since)), ..query };
        let filter = self.audit_filter(query).await?;
        Ok(self.store.view().audit_events(&filter, &Front { after: None, limit }).await?)
    }

    async fn audit_filter(&self, query: AuditQuery) -> Result<AuditFilter, ApiError> {
        let AuditQuery { actions, user, token, since } = query;
        // What was written before a merge names the account that went.
        let users = match user {
            Some(user) => Some(self.store.view().with_aliases(user).await?),
            None => None,
        };
        Ok(AuditFilter { actions, users, token, since })
    }

    /// Gives everything that was written its place in the chain. Several replicas may do so at once: one is faster.
    pub async fn seal_audit(&self) -> Result<(), StoreError> {
        while self.store.view().has_unsealed_events().await? {
            // An attempt that another replica was faster at finds less to seal, or nothing.
            let seal = |tx: Arc<Tx>| async move { tx.seal_audit(self.keys.chain(), self.clock.now()).await };
            self.store.write("seal_audit", seal).await?;
        }
        Ok(())
    }

    /// Says in the log where the chain ends: what was cut off later can be told by that.
    pub async fn log_audit_head(&self) -> Result<(), StoreError> {
        if let Some(Head { seq, hash }) = self.store.view().chain_head().await? {
            let hash = data_encoding::HEXLOWER.encode(&hash);
            info!(audit.anchor = %format!("{seq}:{hash}"), "the audit's chain has {seq} rows");
        }
        let waiting = self.store.view().unsealed_events().await?;
        metrics::gauge!("guiyi_audit_unsealed").set(u32::try_from(waiting).unwrap_or(u32::MAX));
        Ok(())
    }

    /// Checks the chain, once all that was written is sealed.
    pub async fn check_audit(&self, expected: &Expected) -> Result<Checked, ApiError> {
        self.seal_audit().await?;
        Ok(self.store.view().check_audit(self.keys.chain(), expected, self.clock.now()).await?)
    }

    /// Writes into the audit which keys sign and seal from now on, each once.
    pub async fn audit_keys(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let filter = AuditFilter { actions: Some(vec![AuditAction::KeyInUse]), ..AuditFilter::default() };
        let known = self.store.view().audit_events(&filter, &Front { after: None, limit: 10_000 }).await?;
        let key_id = self.access.key_id();
        if known.iter().any(|event| event.detail["keyId"] == key_id) {
            return Ok(());
        }
        let event = AuditEvent::new(AuditAction::KeyInUse, Actor::System, now);
        let event = &event.saying(json!({ "keyId": key_id, "for": "access tokens, seals" }));
        self.store.write("audit_key", |tx: Arc<Tx>| async move { tx.audit(event).await }).await?;
        if !known.is_empty() {
            warn!(key_id, "a key signs that has not signed before: tokens.secret_keys has changed");
        }
        Ok(())
    }
}
