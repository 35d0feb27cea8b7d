//! Accounts that are to be erased, and those that were. A row has nothing about the person but the id.

use domain::{ErasureCause, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// The erasure of an account.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "erasures")]
pub struct Model {
    /// The account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// Why it is erased.
    pub cause: ErasureCause,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it may be carried out.
    pub due_at: Timestamp,
    /// When the lease of the worker that carries it out ends.
    pub lease_until: Option<Timestamp>,
    /// When the account was erased.
    pub erased_at: Option<Timestamp>,
    /// When the tables were looked through again, for what requests in flight had still written.
    pub settled_at: Option<Timestamp>,
    /// The account.
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
