//! Acts that wait for a second operator.

use domain::{PhoneId, RequestId, RequestKind, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// The state of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum State {
    /// It waits, unless it has expired.
    #[sea_orm(string_value = "OPEN")]
    Open,
    /// A second operator approved it, and it was carried out in the same transaction.
    #[sea_orm(string_value = "APPROVED")]
    Approved,
    /// It was declined.
    #[sea_orm(string_value = "DECLINED")]
    Declined,
}

/// An act that waits for a second operator.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "requests")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RequestId,
    /// The kind of act.
    pub kind: RequestKind,
    /// The account that it is about.
    pub user_id: UserId,
    /// The other account of a merge.
    pub other_user_id: Option<UserId>,
    /// The arguments of the act as JSON, without a number.
    pub payload: String,
    /// The number that is to be set, sealed for `phone_id`.
    pub sealed_number: Option<Vec<u8>>,
    /// What the number is sealed for. There is no such phone.
    pub phone_id: Option<PhoneId>,
    /// The reason of the operator who asked.
    pub reason: String,
    /// Who asked, as in the audit.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// Until when it can be approved.
    pub expires_at: Timestamp,
    /// The state.
    pub state: State,
    /// What it is about, while it is open. Unique.
    pub open_key: Option<String>,
    /// Who approved or declined it, as in the audit.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
