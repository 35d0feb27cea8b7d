//! SMS codes. The table has keyed hashes of codes and numbers only.

use domain::{AppId, DeviceId, LinkId, PhoneCodeId, SessionId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// An SMS code.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "phone_codes")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PhoneCodeId,
    /// The keyed hash of the number, 32 bytes.
    pub number_hash: Vec<u8>,
    /// The position among the codes to this number. Unique with the number.
    pub ordinal: i64,
    /// The session that requested it. Of a code to sign in, the session that it opens.
    pub session_id: SessionId,
    /// The keyed hash of the code, 32 bytes.
    pub code_hash: Vec<u8>,
    /// The number of tries, right or wrong.
    pub tries: i32,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When the right code was used.
    pub used_at: Option<Timestamp>,
    /// The address block of the request.
    pub address_block: Option<String>,
    /// The app of the session.
    pub app: Option<AppId>,
    /// When the carrier refused to send it.
    pub refused_at: Option<Timestamp>,
    /// R6: when the right code was used before, and the person was asked whose the number is.
    pub asked_at: Option<Timestamp>,
    /// The account that requested it.
    pub user_id: Option<UserId>,
    /// The openId of the session.
    pub link_id: Option<LinkId>,
    /// The device that requested it.
    pub device_id: Option<DeviceId>,
    /// The hash of the human token. Unique.
    pub human_hash: Option<Vec<u8>>,
    /// The SHA-256 challenge of the browser that requested a code to sign in. Null for a code that a session requested.
    pub challenge: Option<Vec<u8>>,
}

impl ActiveModelBehavior for ActiveModel {}
