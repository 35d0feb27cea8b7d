//! An operator disables an account, and enables it again (R14).
//! What that comes to is written in `store`; that nothing gets in meanwhile, too.

use domain::{AuditAction, ServiceScope, UserId};
use serde_json::json;
use std::sync::Arc;
use store::{Actor, AuditEvent, OrderedUser, Tx, UserOrder};
use tracing::info;

use super::{Caller, undo};
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;

impl Service {
    /// Disables an account or enables it, for a system with the scope `users:disable`.
    pub async fn order_user_as(
        &self,
        caller: &Caller,
        (user, disable): (UserId, bool),
        reason: &str,
    ) -> Result<OrderedUser, ApiError> {
        let by = caller.operator(ServiceScope::UsersDisable)?;
        self.order_user(user, disable, (by, reason)).await
    }

    /// Disables an account or enables it, for an operator who was found to be allowed to. What was so before stays so.
    pub async fn order_user(
        &self,
        user: UserId,
        disable: bool,
        (by, reason): (Actor, &str),
    ) -> Result<OrderedUser, ApiError> {
        let order = &UserOrder { disable, by, reason: undo::read_reason(Some(reason))? };
        let ordered = self
            .store
            .write("order_user", |tx: Arc<Tx>| async move { self.order_user_in(&tx, user, order).await })
            .await?;
        let OrderedUser { user, changed, ended_sessions } = ordered;
        info!(user.id = %user, changed, ended_sessions, by = %order.by, "an account was {}", if disable { "disabled" } else { "enabled" });
        Ok(ordered)
    }

    async fn order_user_in(&self, tx: &Tx, user: UserId, order: &UserOrder) -> Result<OrderedUser, ApiError> {
        let now = self.clock.now();
        let ordered = tx.order_user(user, order, now).await?.ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
        let action = if order.disable { AuditAction::UserDisabled } else { AuditAction::UserEnabled };
        let OrderedUser { user, changed, ended_sessions } = ordered;
        let detail = json!({ "reason": order.reason, "changed": changed, "endedSessions": ended_sessions });
        tx.audit(&AuditEvent::new(action, order.by, now).about(user).saying(detail)).await?;
        Ok(ordered)
    }
}
