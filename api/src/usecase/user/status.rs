//! Disables and enables accounts, for an operator (R14). `store` ends the sessions and blocks a disabled account.

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::Caller;
use crate::usecase::merge::read_reason;
use domain::{AuditAction, ServiceScope, UserId};
use serde_json::json;
use std::sync::Arc;
use store::audit::AuditEvent;
use store::user::{ChangedStatus, StatusChange};
use store::{Actor, Tx};
use tracing::info;

/// Disables or enables an account. Requires the scope `users:disable`.
pub async fn set_status_as(
    service: &Service,
    caller: &Caller,
    (user, disable): (UserId, bool),
    reason: &str,
) -> Result<ChangedStatus, ApiError> {
    let by = caller.operator(ServiceScope::UsersDisable)?;
    set_status(service, user, disable, (by, reason)).await
}

/// Disables or enables an account without checking the caller. Idempotent.
pub async fn set_status(
    service: &Service,
    user: UserId,
    disable: bool,
    (by, reason): (Actor, &str),
) -> Result<ChangedStatus, ApiError> {
    let order = &StatusChange { disable, by, reason: read_reason(Some(reason))? };
    let ordered = service
        .store
        .write("order_user", |tx: Arc<Tx>| async move { set_status_in(service, &tx, user, order).await })
        .await?;
    let ChangedStatus { user, changed, ended_sessions } = ordered;
    info!(user.id = %user, changed, ended_sessions, by = %order.by, "an account was {}", if disable { "disabled" } else { "enabled" });
    Ok(ordered)
}

async fn set_status_in(
    service: &Service,
    tx: &Tx,
    user: UserId,
    order: &StatusChange,
) -> Result<ChangedStatus, ApiError> {
    let now = service.clock.now();
    let ordered =
        store::user::set_status(tx, user, order, now).await?.ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
    let action = if order.disable { AuditAction::UserDisabled } else { AuditAction::UserEnabled };
    let ChangedStatus { user, changed, ended_sessions } = ordered;
    let detail = json!({ "reason": order.reason, "changed": changed, "endedSessions": ended_sessions });
    store::audit::add(tx, &AuditEvent::new(action, order.by, now).about(user).saying(detail)).await?;
    Ok(ordered)
}
