//! Open ids: what apps call people, and whose they are.
//! Orders hang on these rows, not on accounts.

use domain::{AppId, LinkId, OpenId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// The link between one open id of one app and an account.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "open_ids")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LinkId,
    /// The app that issued the open id. Unique together with it.
    pub app: AppId,
    /// What the app calls the person.
    pub open_id: OpenId,
    /// Whose it is. Nobody's while it is known from an order only. Unique together with the app.
    pub user_id: Option<UserId>,
    /// What the person is called in that app.
    pub nickname: Option<String>,
    /// The person's picture in that app.
    pub avatar_url: Option<String>,
    /// When it was first heard of.
    pub created_at: Timestamp,
    /// When its person first came.
    pub linked_at: Option<Timestamp>,
    /// When its person last came.
    pub last_login_at: Option<Timestamp>,
    /// Whether the person follows the app; unknown until the app tells.
    pub follows: Option<bool>,
    /// Since when it is so: what is older changes nothing.
    pub follows_since: Option<Timestamp>,
    /// When the person's account at the upstream was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// The account.
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<Option<super::user::Entity>>,
    /// The orders placed through it.
    #[sea_orm(has_many)]
    pub orders: HasMany<super::order::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
