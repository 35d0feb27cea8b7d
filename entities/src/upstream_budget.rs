//! The exchanges of each app at its upstream within the present minute, one row per app.

use sea_orm::entity::prelude::*;

/// An app.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upstream_budgets")]
pub struct Model {
    /// The upstream's id of the app.
    #[sea_orm(primary_key, auto_increment = false)]
    pub app: String,
    /// The minute that is counted, since 1970.
    pub minute: i64,
    /// The number of codes that were sent to the upstream in it.
    pub exchanges: i32,
    /// How many of them came from anonymous clients.
    pub of_strangers: i32,
}

impl ActiveModelBehavior for ActiveModel {}
