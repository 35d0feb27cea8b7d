//! Accounts: one per person.
//! Keys of the person have their own tables: `open_id`, `union_id`, `phone`.

use domain::{ExternalId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// Whether an account is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Status {
    /// It is somebody's.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// It went into another one, which `merged_into` names.
    #[sea_orm(string_value = "MERGED")]
    Merged,
    /// An operator closed it.
    #[sea_orm(string_value = "DISABLED")]
    Disabled,
    /// The person had it forgotten.
    #[sea_orm(string_value = "ERASED")]
    Erased,
}

/// One account.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// Whether it is in use.
    pub status: Status,
    /// The account that goes on in its place, if it was merged.
    pub merged_into: Option<UserId>,
    /// What the person wants to be called.
    pub nickname: Option<String>,
    /// The person's picture.
    pub avatar_url: Option<String>,
    /// The company's own id. Unique.
    pub external_id: Option<ExternalId>,
    /// Until when nothing of it may be destroyed, after a number was taken over.
    pub cooling_until: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its row last changed.
    pub updated_at: Timestamp,
    /// The account that goes on in its place.
    #[sea_orm(self_ref, relation_enum = "MergedInto", from = "merged_into", to = "id")]
    pub survivor: BelongsTo<Option<Entity>>,
    /// The open ids of the person.
    #[sea_orm(has_many)]
    pub open_ids: HasMany<super::open_id::Entity>,
    /// The union ids of the person.
    #[sea_orm(has_many)]
    pub union_ids: HasMany<super::union_id::Entity>,
    /// The sessions of the person.
    #[sea_orm(has_many)]
    pub sessions: HasMany<super::session::Entity>,
    /// The phones of the person, also those that have ended.
    #[sea_orm(has_many, relation_enum = "Phones", via_rel = "User")]
    pub phones: HasMany<super::phone::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
