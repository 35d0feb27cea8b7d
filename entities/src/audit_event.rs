//! What an operator should be able to see; it only ever grows.
//! Links are journaled in `link_event`.

use domain::{AppId, AuditAction, AuditEventId, ServiceTokenId, SessionId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// One entry.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_events")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditEventId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub action: AuditAction,
    /// Through which app.
    pub app: Option<AppId>,
    /// Whose account is concerned.
    pub user_id: Option<UserId>,
    /// Which session is concerned.
    pub session_id: Option<SessionId>,
    /// What else there is to know, as JSON, without secrets.
    pub detail: String,
    /// Who did it, as in the journal; nothing in rows of older versions.
    pub actor: Option<String>,
    /// Which service token did it.
    pub token_id: Option<ServiceTokenId>,
    /// The account.
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<Option<super::user::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
