//! The cost of SMS, one row per day.

use sea_orm::entity::prelude::*;

/// A day.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sms_spending")]
pub struct Model {
    /// The day, as `2026-11-21`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: String,
    /// The cost of codes, in hundredths.
    pub code_cents: i64,
    /// The cost of notices, in hundredths.
    pub notice_cents: i64,
    /// The highest alarm that was raised, in per cent of the budget; 0 for none.
    pub alarmed: i32,
    /// The number of codes that were sent.
    pub code_messages: i64,
    /// The number of notices that were sent.
    pub notice_messages: i64,
}

impl ActiveModelBehavior for ActiveModel {}
