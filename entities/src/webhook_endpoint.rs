//! Endpoints of webhooks, as far as their deliveries have come. Address and secrets are settings.

use domain::Timestamp;
use sea_orm::entity::prelude::*;

/// An endpoint.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoints")]
pub struct Model {
    /// The name in the settings.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The last event of the feed for which deliveries were made.
    pub seq: i64,
    /// The number of failed attempts since the last one that succeeded.
    pub failures: i32,
    /// Until when only one attempt at a time is made, after several failures in a row.
    pub paused_until: Option<Timestamp>,
    /// When it answered that it is gone. No attempt is made until an operator asks for it.
    pub gone_at: Option<Timestamp>,
    /// Why the last failed attempt failed.
    pub last_error: Option<String>,
    /// When the last attempt failed.
    pub failed_at: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
