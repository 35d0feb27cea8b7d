//! Counts of what happened in a time, for operators: sessions, entries of the journal, accounts, open cases.
//! Ids begin with the time at which they were made, so the range of a primary key is the range of a time.

#[cfg(test)]
mod plan;

use domain::{AppId, ConflictKind, Rule, Timestamp, UserId};
use entities::{conflict, link_event, session, user};
use sea_orm::sea_query::{Alias, CaseStatement, Expr, ExprTrait, Func, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::{StoreError, View};

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

/// A time: from its first moment up to, and without, its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub since: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

/// The logins of an app in an hour.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Logins {
    /// The beginning of the hour.
    pub hour: Timestamp,
    /// The app; absent for sessions of older versions.
    pub app: Option<AppId>,
    /// How many sessions were opened, as far as they are kept.
    pub count: i64,
}

/// The journal's entries of a rule in an hour.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Entries {
    /// The beginning of the hour.
    pub hour: Timestamp,
    /// The rule.
    pub rule: Rule,
    /// How many there are.
    pub count: i64,
    /// How many of them are merges.
    pub merges: i64,
    /// How many of them are undos of a merge.
    pub undos: i64,
}

/// The accounts that were created in an hour.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct NewPeople {
    /// The beginning of the hour.
    pub hour: Timestamp,
    /// How many there are.
    pub count: i64,
}

/// The open cases of a kind.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct OpenCases {
    /// The kind.
    pub kind: ConflictKind,
    /// How many there are.
    pub count: i64,
    /// How many of them were opened before the first of the two times that were asked for.
    pub older: i64,
    /// How many were opened before the second one.
    pub oldest: i64,
    /// When the oldest was opened.
    pub oldest_at: Timestamp,
}

/// Counts the sessions that were opened, by hour and app.
pub async fn logins(view: &View<'_>, span: Span) -> Result<Vec<Logins>, StoreError> {
    read(view, &select_logins(span)).await
}

/// Counts the entries of the journal, by hour and rule.
pub async fn entries(view: &View<'_>, span: Span) -> Result<Vec<Entries>, StoreError> {
    read(view, &select_entries(span)).await
}

/// Counts the accounts that were created, by hour. An imported account whose file says when it was created counts only if that was in
/// the span too.
pub async fn new_people(view: &View<'_>, span: Span) -> Result<Vec<NewPeople>, StoreError> {
    read(view, &select_new_people(span)).await
}

/// Counts the open cases, by kind and age: all, those opened before the first, and those opened before the second of two times.
pub async fn open_cases(view: &View<'_>, before: [Timestamp; 2]) -> Result<Vec<OpenCases>, StoreError> {
    read(view, &select_open_cases(before)).await
}

async fn read<T: FromQueryResult>(view: &View<'_>, query: &SelectStatement) -> Result<Vec<T>, StoreError> {
    let rows = view.db.query_all(query).await?;
    rows.iter().map(|row| Ok(T::from_query_result(row, "")?)).collect()
}

fn select_logins(span: Span) -> SelectStatement {
    use session::Column::{App, Id, SignedInAt};
    hourly(SignedInAt, (Id, span))
        .expr_as(Expr::col(App.as_column_ref()), "app")
        .from(session::Entity)
        .add_group_by([Expr::col(App.as_column_ref())])
        .take()
}

fn select_entries(span: Span) -> SelectStatement {
    use link_event::Column::{After, At, Id, Rule};
    // Only a merge has this key in the column, and only an undo the other one: see `Change`.
    let has = |key: &str| count_if(After.contains(format!("\"{key}\":")));
    hourly(At, (Id, span))
        .expr_as(Expr::col(Rule.as_column_ref()), "rule")
        .expr_as(has("moved"), "merges")
        .expr_as(has("returned"), "undos")
        .from(link_event::Entity)
        .add_group_by([Expr::col(Rule.as_column_ref())])
        .take()
}

fn select_new_people(span: Span) -> SelectStatement {
    use user::Column::{CreatedAt, Id};
    hourly(CreatedAt, (Id, span))
        .from(user::Entity)
        .and_where(CreatedAt.gte(span.since))
        .and_where(CreatedAt.lt(span.until))
        .take()
}

fn select_open_cases(before: [Timestamp; 2]) -> SelectStatement {
    use conflict::Column::{ClosedAt, Id, Kind, OpenedAt};
    let [older, oldest] = before.map(|before| count_if(OpenedAt.lt(before)));
    Query::select()
        .expr_as(Expr::col(Kind.as_column_ref()), "kind")
        .expr_as(Func::count(Expr::col(Id.as_column_ref())), "count")
        .expr_as(older, "older")
        .expr_as(oldest, "oldest")
        .expr_as(Func::min(Expr::col(OpenedAt.as_column_ref())), "oldest_at")
        .from(conflict::Entity)
        .and_where(ClosedAt.is_null())
        .add_group_by([Expr::col(Kind.as_column_ref())])
        .take()
}

/// Counts rows whose ids were made in the span, by the hour of `at`.
fn hourly(at: impl ColumnTrait, (id, span): (impl ColumnTrait, Span)) -> SelectStatement {
    let at = || Expr::col(at.as_column_ref());
    let hour = at().sub(at().modulo(HOUR));
    let [from, until] = [span.since, span.until].map(first_id);
    Query::select()
        .expr_as(hour, "hour")
        .expr_as(Func::count(Expr::col(id.as_column_ref())), "count")
        .and_where(id.gte(from))
        .and_where(id.lt(until))
        .add_group_by([Expr::col(Alias::new("hour"))])
        .take()
}

/// Counts the rows that meet a condition. A sum would be a decimal on some databases.
fn count_if(condition: Expr) -> Expr {
    Func::count(CaseStatement::new().case(condition, Expr::val(1))).into()
}

/// Returns an id that no id of a time before is after, and none of that time or later before.
fn first_id(time: Timestamp) -> UserId {
    let millis = u128::from(u64::try_from(time.millis()).unwrap_or(0));
    UserId::from_uuid(Uuid::from_u128(millis << 80))
}
