//! Sessions: one login on one device each.
//! Only hashes of secrets are here, never the secrets.

use domain::{AppId, DeviceId, SessionId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// One session.
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
}

/// Nothing is joined through a relation: the joins stand with the queries, in `store`.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
