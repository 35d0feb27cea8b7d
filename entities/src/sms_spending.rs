//! What SMS cost, one row a day.
//! What may be spent is set in the configuration.

use sea_orm::entity::prelude::*;

/// One day.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sms_spending")]
pub struct Model {
    /// The day, as `2026-11-21`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: String,
    /// What codes cost, in hundredths.
    pub code_cents: i64,
    /// What notices cost, in hundredths.
    pub notice_cents: i64,
    /// The highest alarm that was raised, in per cent of the budget; 0 is none.
    pub alarmed: i32,
}

impl ActiveModelBehavior for ActiveModel {}
