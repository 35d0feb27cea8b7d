//! Union ids: what scopes call people, and whose they are.
//! A row of its own: an identity has two keys, never one column for either.

use domain::{Timestamp, UnionId, UnionScope, UserId};
use sea_orm::entity::prelude::*;

/// One union id of one account.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "union_ids")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The issuer.
    pub scope: UnionScope,
    /// What it calls the person. Unique together with the scope.
    pub union_id: UnionId,
    /// Whose it is. Unique together with the scope.
    pub user_id: UserId,
    /// When it was first told.
    pub created_at: Timestamp,
    /// The account.
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
