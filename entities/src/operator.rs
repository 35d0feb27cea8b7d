//! People who sign in at the support desk.

use domain::{AppId, OpenId, OperatorId, OperatorRole, Timestamp};
use sea_orm::entity::prelude::*;

/// An operator.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operators")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OperatorId,
    /// The app through which the operator signs in. Unique together with the openId.
    pub app: AppId,
    /// The operator's openId in the app: for OIDC, the subject.
    pub open_id: OpenId,
    /// The operator's name, as colleagues read it in the audit.
    pub name: String,
    /// The role.
    pub role: OperatorRole,
    /// Who added the operator, as in the audit.
    pub added_by: String,
    /// When the operator was added.
    pub created_at: Timestamp,
    /// When the operator was removed. The row stays, because the journal and the audit have its id.
    pub removed_at: Option<Timestamp>,
    /// When the operator last signed in.
    pub last_login_at: Option<Timestamp>,
    /// When a login has shown that the operator, whose role comes from a group, is in none any more. Null again once they are.
    pub left_at: Option<Timestamp>,
    /// The operator's sessions.
    #[sea_orm(has_many)]
    pub sessions: HasMany<super::operator_session::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
