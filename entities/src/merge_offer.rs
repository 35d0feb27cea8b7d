//! Merges that people were offered and may confirm.
//! Only hashes of secrets are here, never the secrets.

use domain::{Rule, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// One merge that was offered.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merge_offers")]
pub struct Model {
    /// The hash of the token, 32 bytes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// To whom it was offered.
    pub user_id: UserId,
    /// The other account.
    pub other_user_id: UserId,
    /// The rule that offered it.
    pub rule: Rule,
    /// Whether the person has to sign in to the other account first.
    pub needs_login: bool,
    /// How many entries the journal had about the two.
    pub events: i64,
    /// When it was offered.
    pub created_at: Timestamp,
    /// When it is too late.
    pub expires_at: Timestamp,
    /// When it was confirmed.
    pub used_at: Option<Timestamp>,
}

/// Nothing is joined through a relation: the joins stand with the queries, in `store`.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
