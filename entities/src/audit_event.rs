//! The audit: an append-only record of actions and suspicious events. Links have their own journal, `link_event`.

use domain::{AppId, AuditAction, AuditEventId, ServiceTokenId, SessionId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// An entry of the audit.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_events")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditEventId,
    /// When it happened.
    pub at: Timestamp,
    /// The action.
    pub action: AuditAction,
    /// The app concerned.
    pub app: Option<AppId>,
    /// The account concerned.
    pub user_id: Option<UserId>,
    /// The session concerned.
    pub session_id: Option<SessionId>,
    /// Details as JSON, without secrets.
    pub detail: String,
    /// The actor, as in the journal; absent in rows of older versions.
    pub actor: Option<String>,
    /// The service token that acted.
    pub token_id: Option<ServiceTokenId>,
    /// The account.
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<Option<super::user::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
