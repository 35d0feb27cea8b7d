//! Sessions: one login on one device each. The table has hashes of secrets only.

use domain::{AppId, DeviceId, PhoneId, SessionId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// A session.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// The account.
    pub user_id: UserId,
    /// The app of the login.
    pub app: Option<AppId>,
    /// When the person signed in.
    pub signed_in_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Whether its login was bound to its browser or device (R15); null for sessions from before that was recorded, which count as unbound.
    pub bound: Option<bool>,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
    /// The device; absent for sessions from before devices were recorded.
    pub device_id: Option<DeviceId>,
    /// The hash of its newest refresh token, 32 bytes.
    pub refresh_hash: Option<Vec<u8>>,
    /// The hash of the part that all its refresh tokens but the first share, 32 bytes; absent until the first is used.
    pub family_hash: Option<Vec<u8>>,
    /// The number of refreshes.
    pub generation: i64,
    /// The address block of the login.
    pub address_block: Option<String>,
    /// The device and program of the login, in a few words of Guiyi's own.
    pub device: Option<String>,
    /// The last refresh.
    pub last_used_at: Option<Timestamp>,
    /// The phone that it was opened with, in place of an openId.
    pub phone_id: Option<PhoneId>,
    /// The account.
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
