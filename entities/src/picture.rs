//! Pictures that people uploaded. The contents are in a picture store, such as [`super::picture_content`].

use domain::{PictureId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// A picture.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pictures")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PictureId,
    /// The account that uploaded it.
    pub user_id: UserId,
    /// Its address, as the accounts that show it have it. Unique.
    pub address: String,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When it is checked next whether an account shows it.
    pub due_at: Timestamp,
    /// Since when no account is known to show it.
    pub unused_since: Option<Timestamp>,
    /// Since when it is being removed from its store.
    pub removed_at: Option<Timestamp>,
    /// The account that uploaded it.
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
