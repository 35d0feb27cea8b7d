//! Reads, seals and verifies the audit log. Entries are written in the transactions of the recorded actions.

use chrono::TimeDelta;
use domain::{AuditAction, OperatorId, ServiceScope, ServiceTokenId, Timestamp, UserId};
use serde_json::json;
use std::sync::Arc;
use store::audit::{AuditEvent, AuditFilter, Checked, Head};
use store::{Actor, Front, StoreError, Tx};

pub use store::audit::Expected;
use tracing::{info, warn};

use crate::error::ApiError;
use crate::service::Service;
use crate::usecase::Caller;
use crate::usecase::page::{FrontRequest, Page};

/// Selects audit entries.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Only entries of these kinds.
    pub actions: Option<Vec<AuditAction>>,
    /// Only entries of this account or of one merged into it.
    pub user: Option<UserId>,
    /// Only actions of this service token.
    pub token: Option<ServiceTokenId>,
    /// Only actions of this operator.
    pub operator: Option<OperatorId>,
    /// Only entries at or after this time.
    pub since: Option<Timestamp>,
}

/// Returns a page of the audit log, newest first. Requires the scope `audit:read`.
pub async fn page(
    service: &Service,
    caller: &Caller,
    query: AuditQuery,
    page: FrontRequest,
) -> Result<Page<AuditEvent>, ApiError> {
    caller.require(ServiceScope::AuditRead)?;
    let filter = read_filter(service, query).await?;
    page.page(store::audit::page(&service.store.view(), &filter, &page.front()?).await?)
}

/// Returns the audit entries since `since`, newest first, at most `limit`.
pub async fn recent(
    service: &Service,
    query: AuditQuery,
    since: TimeDelta,
    limit: u64,
) -> Result<Vec<AuditEvent>, ApiError> {
    let query = AuditQuery { since: Some(service.clock.now().minus(since)), ..query };
    let filter = read_filter(service, query).await?;
    Ok(store::audit::page(&service.store.view(), &filter, &Front { after: None, limit }).await?)
}

async fn read_filter(service: &Service, query: AuditQuery) -> Result<AuditFilter, ApiError> {
    let AuditQuery { actions, user, token, operator, since } = query;
    // Entries from before a merge refer to the merged account's own id.
    let users = match user {
        Some(user) => Some(store::history::with_aliases(&service.store.view(), user).await?),
        None => None,
    };
    Ok(AuditFilter { actions, users, token, operator, since })
}

/// Appends all unsealed entries to the hash chain. Several replicas may do so concurrently.
pub async fn seal(service: &Service) -> Result<(), StoreError> {
    while store::audit::has_unsealed_events(&service.store.view()).await? {
        // After a conflict with another replica, a retry finds fewer entries to seal, or none.
        let seal =
            |tx: Arc<Tx>| async move { store::audit::seal(&tx, service.keys.chain(), service.clock.now()).await };
        service.store.write("seal_audit", seal).await?;
    }
    metrics::gauge!("guiyi_audit_unsealed").set(0);
    Ok(())
}

/// Logs the head of the chain. A later truncation of the chain can be detected with it.
pub async fn log_head(service: &Service) -> Result<(), StoreError> {
    if let Some(Head { seq, hash }) = store::audit::chain_head(&service.store.view()).await? {
        let hash = data_encoding::HEXLOWER.encode(&hash);
        info!(audit.anchor = %format!("{seq}:{hash}"), "the audit chain has {seq} rows");
    }
    let waiting = store::audit::unsealed_events(&service.store.view()).await?;
    metrics::gauge!("guiyi_audit_unsealed").set(u32::try_from(waiting).unwrap_or(u32::MAX));
    Ok(())
}

/// Seals all entries and verifies the chain.
pub async fn check(service: &Service, expected: &Expected) -> Result<Checked, ApiError> {
    seal(service).await?;
    Ok(store::audit::check(&service.store.view(), service.keys.chain(), expected, service.clock.now()).await?)
}

/// Records the current signing and sealing key in the audit log, once for each key.
pub async fn audit_keys(service: &Service) -> Result<(), StoreError> {
    let now = service.clock.now();
    let filter = AuditFilter { actions: Some(vec![AuditAction::KeyInUse]), ..AuditFilter::default() };
    let known = store::audit::page(&service.store.view(), &filter, &Front { after: None, limit: 10_000 }).await?;
    let key_id = service.access.key_id();
    if known.iter().any(|event| event.detail["keyId"] == key_id) {
        return Ok(());
    }
    let event = AuditEvent::new(AuditAction::KeyInUse, Actor::System, now);
    let event = &event.saying(json!({ "keyId": key_id, "for": "access tokens, seals" }));
    service.store.write("audit_key", |tx: Arc<Tx>| async move { store::audit::add(&tx, event).await }).await?;
    if !known.is_empty() {
        warn!(key_id, "a new signing key is in use: tokens.secret_keys has changed");
    }
    Ok(())
}
