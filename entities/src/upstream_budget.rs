//! How often each app has asked its upstream within the present minute, one row an app.
//! What it may ask is set in the configuration.

use sea_orm::entity::prelude::*;

/// One app.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upstream_budgets")]
pub struct Model {
    /// The app's id at the upstream.
    #[sea_orm(primary_key, auto_increment = false)]
    pub app: String,
    /// The minute that is counted, since 1970.
    pub minute: i64,
    /// How many codes were sent to the upstream in it.
    pub exchanges: i32,
    /// How many of them were brought by strangers.
    pub of_strangers: i32,
}

impl ActiveModelBehavior for ActiveModel {}
