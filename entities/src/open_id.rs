//! The openIds, and the accounts that they belong to.
//! Orders refer to these rows, not to accounts.

use domain::{AppId, LinkId, OpenId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// The link between one openId of one app and an account.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "open_ids")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LinkId,
    /// The app that issued the openId. Unique together with it.
    pub app: AppId,
    /// The openId.
    pub open_id: OpenId,
    /// The account; absent while the openId is known from an order only. Unique together with the app.
    pub user_id: Option<UserId>,
    /// The person's nickname in the app.
    pub nickname: Option<String>,
    /// The person's picture in that app.
    pub avatar_url: Option<String>,
    /// When the nickname was last told; absent for one from before that was recorded.
    pub nickname_at: Option<Timestamp>,
    /// When the picture was last told, likewise.
    pub avatar_url_at: Option<Timestamp>,
    /// When the openId was first seen.
    pub created_at: Timestamp,
    /// When it was linked to the account.
    pub linked_at: Option<Timestamp>,
    /// The last login with it.
    pub last_login_at: Option<Timestamp>,
    /// Whether the person follows the app; absent while unknown.
    pub follows: Option<bool>,
    /// When that was reported. An older report changes nothing.
    pub follows_since: Option<Timestamp>,
    /// When the person's account at the upstream was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// The account.
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<Option<super::user::Entity>>,
    /// The orders that it placed.
    #[sea_orm(has_many)]
    pub orders: HasMany<super::order::Entity>,
    /// Its orders, added up.
    #[sea_orm(has_many)]
    pub totals: HasMany<super::order_total::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
