//! Daily spending on SMS. The caller sets the budget and the alarm levels.

use entities::sms_spending;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{StoreError, Tx, View};

/// The purpose of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagePurpose {
    /// To prove a phone.
    Code,
    /// To notify a person of a change.
    Notice,
}

impl MessagePurpose {
    const fn column(self) -> sms_spending::Column {
        match self {
            Self::Code => sms_spending::Column::CodeCents,
            Self::Notice => sms_spending::Column::NoticeCents,
        }
    }

    const fn messages(self) -> sms_spending::Column {
        match self {
            Self::Code => sms_spending::Column::CodeMessages,
            Self::Notice => sms_spending::Column::NoticeMessages,
        }
    }
}

/// The messages of a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SmsDay {
    /// The day, as `2026-11-21`.
    pub day: String,
    /// The number of codes.
    pub codes: i64,
    /// What they cost, in hundredths of the currency unit.
    pub code_cents: i64,
    /// The number of notices.
    pub notices: i64,
    /// What they cost.
    pub notice_cents: i64,
}

/// Returns the days on which messages were sent, from `first` up to and including `last`, the earliest first.
pub async fn days(view: &View<'_>, (first, last): (&str, &str)) -> Result<Vec<SmsDay>, StoreError> {
    use sms_spending::Column::Day;
    let rows = sms_spending::Entity::find().filter(Day.gte(first)).filter(Day.lte(last)).order_by_asc(Day);
    let read = |row: sms_spending::Model| SmsDay {
        day: row.day,
        codes: row.code_messages,
        code_cents: row.code_cents,
        notices: row.notice_messages,
        notice_cents: row.notice_cents,
    };
    Ok(rows.all(&view.db).await?.into_iter().map(read).collect())
}

/// The spending of a day, in hundredths of the currency unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spending {
    /// On messages of one purpose.
    pub on_purpose: u64,
    /// In total.
    pub total: u64,
}

/// Adds to the spending of a day and returns the new values.
///
/// The row stays locked until the end of the transaction. A transaction that spends first can therefore count the sent
/// messages without a race: no other one sends on this day meanwhile.
pub async fn spend(tx: &Tx, day: &str, purpose: MessagePurpose, cents: u32) -> Result<Spending, StoreError> {
    let cents = i64::from(cents);
    let [(code_cents, code_messages), (notice_cents, notice_messages)] = match purpose {
        MessagePurpose::Code => [(cents, 1), (0, 0)],
        MessagePurpose::Notice => [(0, 0), (cents, 1)],
    };
    let first = sms_spending::ActiveModel {
        day: Set(day.to_owned()),
        code_cents: Set(code_cents),
        notice_cents: Set(notice_cents),
        alarmed: Set(0),
        code_messages: Set(code_messages),
        notice_messages: Set(notice_messages),
    };
    let more = |column: sms_spending::Column, by: i64| (column, Expr::col(column.as_column_ref()).add(by));
    let more = [more(purpose.column(), cents), more(purpose.messages(), 1)];
    sms_spending::Entity::insert(first)
        .on_conflict(OnConflict::column(sms_spending::Column::Day).values(more).to_owned())
        .exec_without_returning(&tx.db)
        .await?;
    let row = sms_spending::Entity::find_by_id(day).one(&tx.db).await?.ok_or(StoreError::changed("sms_spending"))?;
    let on_purpose = match purpose {
        MessagePurpose::Code => row.code_cents,
        MessagePurpose::Notice => row.notice_cents,
    };
    let [on_purpose, total] =
        [on_purpose, row.code_cents + row.notice_cents].map(|cents| u64::try_from(cents).unwrap_or(0));
    Ok(Spending { on_purpose, total })
}

/// Takes back the spending on a message that was not sent.
pub async fn take_back(tx: &Tx, day: &str, purpose: MessagePurpose, cents: u32) -> Result<(), StoreError> {
    let (column, messages) = (purpose.column(), purpose.messages());
    sms_spending::Entity::update_many()
        .col_expr(column, Expr::col(column).sub(i64::from(cents)))
        .col_expr(messages, Expr::col(messages).sub(1))
        .filter(sms_spending::Column::Day.eq(day))
        .exec(&tx.db)
        .await?;
    Ok(())
}

/// Raises the alarm of a day to `level`, in per cent. Of several concurrent calls exactly one returns true, and none
/// if an equal or higher level was raised before.
pub async fn raise_alarm(tx: &Tx, day: &str, level: u8) -> Result<bool, StoreError> {
    let raise = sms_spending::Entity::update_many()
        .set(sms_spending::ActiveModel { alarmed: Set(level.into()), ..Default::default() })
        .filter(sms_spending::Column::Day.eq(day))
        .filter(sms_spending::Column::Alarmed.lt(i32::from(level)));
    Ok(raise.exec(&tx.db).await?.rows_affected > 0)
}
