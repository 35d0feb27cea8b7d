//! What an operator should be able to see, and whether it is still what was written.
//! Entries are written where things happen, in the transaction in which they happen.

use chrono::TimeDelta;
use domain::{AuditAction, ServiceScope, ServiceTokenId, Timestamp, UserId};
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

/// A page of the audit, the newest entry first, for a system with the scope `audit:read`.
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

/// The audit of the time `since`, the newest entry first, at most `limit`.
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
    let AuditQuery { actions, user, token, since } = query;
    // What was written before a merge names the account that went.
    let users = match user {
        Some(user) => Some(store::history::with_aliases(&service.store.view(), user).await?),
        None => None,
    };
    Ok(AuditFilter { actions, users, token, since })
}

/// Gives everything that was written its place in the chain. Several replicas may do so at once: one is faster.
pub async fn seal(service: &Service) -> Result<(), StoreError> {
    while store::audit::has_unsealed_events(&service.store.view()).await? {
        // An attempt that another replica was faster at finds less to seal, or nothing.
        let seal =
            |tx: Arc<Tx>| async move { store::audit::seal(&tx, service.keys.chain(), service.clock.now()).await };
        service.store.write("seal_audit", seal).await?;
    }
    Ok(())
}

/// Says in the log where the chain ends: what was cut off later can be told by that.
pub async fn log_head(service: &Service) -> Result<(), StoreError> {
    if let Some(Head { seq, hash }) = store::audit::chain_head(&service.store.view()).await? {
        let hash = data_encoding::HEXLOWER.encode(&hash);
        info!(audit.anchor = %format!("{seq}:{hash}"), "the audit's chain has {seq} rows");
    }
    let waiting = store::audit::unsealed_events(&service.store.view()).await?;
    metrics::gauge!("guiyi_audit_unsealed").set(u32::try_from(waiting).unwrap_or(u32::MAX));
    Ok(())
}

/// Checks the chain, once all that was written is sealed.
pub async fn check(service: &Service, expected: &Expected) -> Result<Checked, ApiError> {
    seal(service).await?;
    Ok(store::audit::check(&service.store.view(), service.keys.chain(), expected, service.clock.now()).await?)
}

/// Writes into the audit which keys sign and seal from now on, each once.
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
        warn!(key_id, "a key signs that has not signed before: tokens.secret_keys has changed");
    }
    Ok(())
}
