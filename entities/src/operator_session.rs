//! Sessions of operators. The table has the hashes of their cookies.

use domain::{OperatorId, Timestamp};
use sea_orm::entity::prelude::*;

/// A session of an operator.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operator_sessions")]
pub struct Model {
    /// The hash of the cookie, 32 bytes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// The operator.
    pub operator_id: OperatorId,
    /// When the operator signed in.
    pub created_at: Timestamp,
    /// When it expires, however often it is used.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// The operator.
    #[sea_orm(belongs_to, from = "operator_id", to = "id", on_delete = "Cascade")]
    pub operator: BelongsTo<super::operator::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
