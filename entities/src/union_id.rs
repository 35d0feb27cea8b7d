//! The unionIds, and the accounts that they belong to.

use domain::{Timestamp, UnionId, UnionScope, UserId};
use sea_orm::entity::prelude::*;

/// A unionId of an account.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "union_ids")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The scope.
    pub scope: UnionScope,
    /// The unionId. Unique together with the scope.
    pub union_id: UnionId,
    /// The account. Unique together with the scope.
    pub user_id: UserId,
    /// When an upstream first returned it.
    pub created_at: Timestamp,
    /// The account.
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
