//! Accounts: one per person.

use domain::{ExternalId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// The status of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Status {
    /// It is in use.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// It was merged into the account that `merged_into` names.
    #[sea_orm(string_value = "MERGED")]
    Merged,
    /// An operator disabled it.
    #[sea_orm(string_value = "DISABLED")]
    Disabled,
    /// It was erased at the person's request.
    #[sea_orm(string_value = "ERASED")]
    Erased,
}

/// An account.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// The status.
    pub status: Status,
    /// The account into which it was merged.
    pub merged_into: Option<UserId>,
    /// The person's nickname, as an upstream or an import told it last.
    pub nickname: Option<String>,
    /// The person's picture, as an upstream told it last.
    pub avatar_url: Option<String>,
    /// The nickname that the person chose. It is shown instead.
    pub own_nickname: Option<String>,
    /// The picture that the person chose. It is shown instead.
    pub own_avatar_url: Option<String>,
    /// The company's own id. Unique.
    pub external_id: Option<ExternalId>,
    /// R6: until when nothing may leave the account, after it took a number over.
    pub cooling_until: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its row last changed.
    pub updated_at: Timestamp,
    /// The account into which it was merged.
    #[sea_orm(self_ref, relation_enum = "MergedInto", from = "merged_into", to = "id")]
    pub survivor: BelongsTo<Option<Entity>>,
    /// The openIds of the account.
    #[sea_orm(has_many)]
    pub open_ids: HasMany<super::open_id::Entity>,
    /// The unionIds of the account.
    #[sea_orm(has_many)]
    pub union_ids: HasMany<super::union_id::Entity>,
    /// The sessions of the account.
    #[sea_orm(has_many)]
    pub sessions: HasMany<super::session::Entity>,
    /// The phones of the account, including former ones.
    #[sea_orm(has_many, relation_enum = "Phones", via_rel = "User")]
    pub phones: HasMany<super::phone::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
