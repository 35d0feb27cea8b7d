//! The audit: what an operator should be able to see. It is only ever added to.
//! What is worth an entry is `api`'s business; links have their journal in `journal`.

use domain::{AppId, AuditAction, AuditEventId, SessionId, Timestamp, UserId};
use entities::audit_event;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

use crate::{StoreError, Tx, View};

/// One entry of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its id.
    pub id: AuditEventId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub action: AuditAction,
    /// Through which app.
    pub app: Option<AppId>,
    /// Whose account is concerned.
    pub user: Option<UserId>,
    /// Which session is concerned.
    pub session: Option<SessionId>,
    /// What else there is to know. Holds no secret and no phone number.
    pub detail: Value,
}

impl View<'_> {
    /// What happened at or after `since`, the newest first, at most `limit` entries.
    pub async fn audit_events(&self, since: Timestamp, limit: u64) -> Result<Vec<AuditEvent>, StoreError> {
        let events = audit_event::Entity::find()
            .filter(audit_event::Column::At.gte(since))
            .order_by_desc(audit_event::Column::At)
            .order_by_desc(audit_event::Column::Id)
            .limit(limit);
        events.all(&self.db).await?.into_iter().map(read_event).collect()
    }
}

impl Tx {
    /// Adds an entry.
    pub async fn audit(&self, event: &AuditEvent) -> Result<(), StoreError> {
        let row = audit_event::Model {
            id: event.id,
            at: event.at,
            action: event.action,
            app: event.app.clone(),
            user_id: event.user,
            session_id: event.session,
            detail: event.detail.to_string(),
        };
        self.insert(row).await
    }
}

fn read_event(row: audit_event::Model) -> Result<AuditEvent, StoreError> {
    let detail = serde_json::from_str(&row.detail)
        .map_err(|_| StoreError::corrupt("audit_events", format!("{} is not JSON", row.id)))?;
    Ok(AuditEvent {
        id: row.id,
        at: row.at,
        action: row.action,
        app: row.app,
        user: row.user_id,
        session: row.session_id,
        detail,
    })
}
