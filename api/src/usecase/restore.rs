//! What a database needs after it was restored from a backup: it has sessions that have ended since, and refresh tokens and
//! upstream tokens that were replaced since.

use std::sync::Arc;

use domain::AuditAction;
use serde_json::json;
use store::audit::AuditEvent;
use store::{Actor, StoreError, Tx};

use crate::error::ApiError;
use crate::service::Service;

/// What [`after_restore`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// The number of sessions that were ended.
    pub ended_sessions: u64,
    /// The number of upstream tokens that will be fetched anew.
    pub forgotten_tokens: u64,
}

/// Ends all sessions and forgets all upstream tokens, in one transaction.
pub async fn after_restore(service: &Service) -> Result<Restored, ApiError> {
    let now = service.clock.now();
    let done = service.store.write("after_restore", |tx: Arc<Tx>| async move {
        let ended_sessions = store::session::end_every_one(&tx, now).await?;
        let forgotten_tokens = store::upstream::forget_every_token(&tx).await?;
        let detail = json!({ "ended": ended_sessions, "afterRestore": true });
        let event = AuditEvent::new(AuditAction::SessionsEnded, Actor::Command, now).saying(detail);
        store::audit::add(&tx, &event).await?;
        Ok::<_, StoreError>(Restored { ended_sessions, forgotten_tokens })
    });
    Ok(done.await?)
}
