//! Merges that people were offered and may confirm.
//! Only hashes of secrets are here, never the secrets.

use domain::{Rule, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// One merge that was offered.
#[sea_orm::model]
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
    /// To whom.
    #[sea_orm(belongs_to, relation_enum = "User", from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
    /// The other account.
    #[sea_orm(belongs_to, relation_enum = "OtherUser", from = "other_user_id", to = "id")]
    pub other_user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
