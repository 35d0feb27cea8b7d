//! SMS codes that were sent.
//! Only hashes of secrets are here, never the secrets.

use domain::{AppId, DeviceId, LinkId, PhoneCodeId, SessionId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// One code.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "phone_codes")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PhoneCodeId,
    /// The keyed hash of the number that it went to, 32 bytes.
    pub number_hash: Vec<u8>,
    /// Which code to this number it is; no two have the same.
    pub ordinal: i64,
    /// The session that asked for it.
    pub session_id: SessionId,
    /// Its keyed hash, 32 bytes.
    pub code_hash: Vec<u8>,
    /// How often it was tried, right or wrong.
    pub tries: i32,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it is too late to use it.
    pub expires_at: Timestamp,
    /// When the right code came.
    pub used_at: Option<Timestamp>,
    /// The block of addresses that the request came from.
    pub address_block: Option<String>,
    /// The app that the session was opened through.
    pub app: Option<AppId>,
    /// When the carrier refused to send it.
    pub refused_at: Option<Timestamp>,
    /// R6: when the right code came before, and the person was asked whose the number is.
    pub asked_at: Option<Timestamp>,
    /// The account that asked for it.
    pub user_id: Option<UserId>,
    /// The open id that the session was opened with.
    pub link_id: Option<LinkId>,
    /// The device that asked for it.
    pub device_id: Option<DeviceId>,
    /// The hash of what showed that a person asked. Unique.
    pub human_hash: Option<Vec<u8>>,
}

impl ActiveModelBehavior for ActiveModel {}
