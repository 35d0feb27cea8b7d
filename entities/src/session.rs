//! Sessions: one login on one device each.
//! Only hashes of secrets are here, never the secrets.

use domain::{AppId, DeviceId, SessionId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// One session.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// Who signed in.
    pub user_id: UserId,
    /// Through which app.
    pub app: Option<AppId>,
    /// When the person signed in.
    pub signed_in_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// Whether its login was bound to its browser or device (R15); null: opened before that was kept, so it does not count.
    pub bound: Option<bool>,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
    /// On which device; unknown of sessions from before devices were told apart.
    pub device_id: Option<DeviceId>,
    /// The hash of its newest refresh token, 32 bytes.
    pub refresh_hash: Option<Vec<u8>>,
    /// The hash of what all its refresh tokens but the first have in common, 32 bytes; absent until the first is used.
    pub family_hash: Option<Vec<u8>>,
    /// How many times it was refreshed.
    pub generation: i64,
    /// The block of addresses that the person signed in from.
    pub address_block: Option<String>,
    /// What the person signed in with, in a few words of ours.
    pub device: Option<String>,
    /// When it was last carried on by a refresh.
    pub last_used_at: Option<Timestamp>,
    /// The account.
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
