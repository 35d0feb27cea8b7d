//! Cases for an operator.

use domain::{ConflictId, ConflictKind, PhoneId, Resolution, Timestamp, UnionId, UnionScope, UserId};
use sea_orm::entity::prelude::*;

/// A case.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conflicts")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ConflictId,
    /// The key of the case while it is open, and forever if an operator decided that every login leaves things as they are.
    /// Unique, so that the next login does not open the case again.
    pub open_key: Option<String>,
    /// Why it was opened.
    pub kind: ConflictKind,
    /// The account that was signed in.
    pub user_id: UserId,
    /// The other account concerned.
    pub other_user_id: Option<UserId>,
    /// The scope of the unionId concerned.
    pub scope: Option<UnionScope>,
    /// The unionId concerned.
    pub union_id: Option<UnionId>,
    /// The phone concerned, which belonged to the other account.
    pub phone_id: Option<PhoneId>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When an operator closed it.
    pub closed_at: Option<Timestamp>,
    /// The operator's decision.
    pub resolution: Option<Resolution>,
    /// The operator.
    pub closed_by: Option<String>,
    /// The reason.
    pub reason: Option<String>,
    /// The account that was signed in.
    #[sea_orm(belongs_to, relation_enum = "User", from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
    /// The other account concerned.
    #[sea_orm(belongs_to, relation_enum = "OtherUser", from = "other_user_id", to = "id")]
    pub other_user: BelongsTo<Option<super::user::Entity>>,
    /// The phone whose number is concerned, if it still has a row.
    #[sea_orm(belongs_to, skip_fk, from = "phone_id", to = "id")]
    pub phone: BelongsTo<Option<super::phone::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
