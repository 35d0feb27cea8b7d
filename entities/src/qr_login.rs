//! Logins by a QR code that a person scans.

use domain::{AppId, OpenId, Timestamp, UnionId};
use sea_orm::entity::prelude::*;

/// How far the person with the phone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Status {
    /// The code was not scanned.
    #[sea_orm(string_value = "WAITING")]
    Waiting,
    /// A follower has scanned it and was asked.
    #[sea_orm(string_value = "SCANNED")]
    Scanned,
    /// The follower has confirmed the login.
    #[sea_orm(string_value = "CONFIRMED")]
    Confirmed,
    /// The follower has refused it.
    #[sea_orm(string_value = "REFUSED")]
    Refused,
}

/// A login by a QR code.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "qr_logins")]
pub struct Model {
    /// The hash of the login's state, 32 bytes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub state_hash: Vec<u8>,
    /// The hash of the scene in the code, 32 bytes.
    pub scene_hash: Vec<u8>,
    /// The app whose code it is.
    pub app: AppId,
    /// How far the person with the phone is.
    pub status: Status,
    /// The person who scanned the code.
    pub open_id: Option<OpenId>,
    /// The unionId that the phone's authorization told.
    pub union_id: Option<UnionId>,
    /// The hash of what the phone keeps whose authorization has proved the person, 32 bytes. Null: a push told the person.
    pub phone: Option<Vec<u8>>,
    /// The browser that shows the code.
    pub device: Option<String>,
    /// The address block of that browser.
    pub address_block: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
