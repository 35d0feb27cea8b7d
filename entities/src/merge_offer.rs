//! Merges that a person was offered and may confirm. The table has the hash of a token only.

use domain::{Rule, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// An offered merge.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merge_offers")]
pub struct Model {
    /// The hash of the token, 32 bytes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// The account to which it was offered.
    pub user_id: UserId,
    /// The other account.
    pub other_user_id: UserId,
    /// The rule that offered it.
    pub rule: Rule,
    /// Whether the person has to sign in to the other account first.
    pub needs_login: bool,
    /// The number of journal entries about the two accounts at that time.
    pub events: i64,
    /// When it was offered.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was confirmed.
    pub used_at: Option<Timestamp>,
    /// The account to which it was offered.
    #[sea_orm(belongs_to, relation_enum = "User", from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
    /// The other account.
    #[sea_orm(belongs_to, relation_enum = "OtherUser", from = "other_user_id", to = "id")]
    pub other_user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
