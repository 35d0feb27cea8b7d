//! Finds people for an operator, by a key or by the beginning of a nickname. [`domain::search`] reads what was typed.

#[cfg(test)]
pub(crate) mod plan;

use std::collections::HashMap;

use domain::search::{Search, SearchKey};
use domain::{AppId, Timestamp, UserId};
use entities::user::Status;
use entities::{open_id, order, phone, union_id, user};
use sea_orm::sea_query::{Asterisk, Condition, Expr, ExprTrait, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, FromQueryResult, QueryFilter};

use crate::user::{LONGEST_CHAIN, User, UserRow, select_user};
use crate::{StoreError, View};

/// A key that names an account.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct FoundKey {
    /// What it is.
    pub kind: SearchKey,
    /// The account that has it. It may be an alias.
    pub user_id: UserId,
    /// The app or the union scope; empty for keys that have none.
    pub place: String,
    /// The key; empty for a phone.
    pub found: String,
}

/// A nickname with the searched beginning.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct FoundNickname {
    /// The account.
    pub id: UserId,
    /// The nickname: the one that the person chose, or the one that an upstream told.
    pub name: String,
}

/// Where a page of nicknames goes on: after this name, and among equal names after this account. The order is that of the bytes of
/// UTF-8, on every database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NicknamePlace {
    /// The name.
    pub name: String,
    /// The account.
    pub id: UserId,
}

/// The requested part of the list of nicknames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NicknameRange {
    /// Only nicknames after this place.
    pub after: Option<NicknamePlace>,
    /// The maximum number of people.
    pub limit: u64,
}

/// Returns every key that the search names, in one query. The openIds and order numbers are looked up in these apps, because they are
/// unique, and indexed, together with the app.
pub async fn keys(
    view: &View<'_>,
    search: &Search,
    apps: &[AppId],
    now: Timestamp,
) -> Result<Vec<FoundKey>, StoreError> {
    let mut parts = select_keys(view, search, apps, now).into_iter();
    let Some(mut all) = parts.next() else { return Ok(Vec::new()) };
    for part in parts {
        all.union(UnionType::All, part);
    }
    let rows = view.db.query_all(&all).await?;
    rows.iter().map(|row| Ok(FoundKey::from_query_result(row, "")?)).collect()
}

fn select_keys(view: &View<'_>, search: &Search, apps: &[AppId], now: Timestamp) -> Vec<SelectStatement> {
    let mut parts = Vec::new();
    if let Some(number) = &search.phone {
        let phones =
            |kind| part(kind, phone::Column::UserId, [Expr::val(""), Expr::val("")]).from(phone::Entity).take();
        let with_number = || crate::phone::has_number(view, number);
        parts.push(
            phones(SearchKey::Phone).and_where(with_number()).and_where(phone::Column::ActiveUser.is_not_null()).take(),
        );
        let is_kept = phone::Column::ActiveUser.is_null().and(phone::Column::KeptUntil.gt(now));
        parts.push(phones(SearchKey::KeptPhone).and_where(with_number()).and_where(is_kept).take());
    }
    if let Some(open_id) = &search.open_id {
        use open_id::Column::{App, OpenId, UserId};
        let found = part(SearchKey::OpenId, UserId, [column(App), column(OpenId)])
            .from(open_id::Entity)
            .and_where(App.is_in(apps.iter().cloned()))
            .and_where(OpenId.eq(open_id.clone()))
            .and_where(UserId.is_not_null())
            .take();
        parts.push(found);
    }
    if let Some(union) = &search.union_id {
        use union_id::Column::{Scope, UnionId, UserId};
        let found = part(SearchKey::UnionId, UserId, [column(Scope), column(UnionId)])
            .from(union_id::Entity)
            .and_where(UnionId.eq(union.clone()))
            .take();
        parts.push(found);
    }
    if let Some(external_id) = &search.external_id {
        let found = part(SearchKey::ExternalId, user::Column::Id, [Expr::val(""), column(user::Column::ExternalId)])
            .from(user::Entity)
            .and_where(user::Column::ExternalId.eq(external_id.clone()))
            .take();
        parts.push(found);
    }
    if !search.order_nos.is_empty() {
        use order::Column::{App, LinkId, OrderNo};
        let found = part(SearchKey::OrderNo, open_id::Column::UserId, [column(App), column(OrderNo)])
            .from(order::Entity)
            .inner_join(open_id::Entity, crate::database::same(LinkId, open_id::Column::Id))
            .and_where(App.is_in(apps.iter().cloned()))
            .and_where(OrderNo.is_in(search.order_nos.iter().cloned()))
            .and_where(open_id::Column::UserId.is_not_null())
            .take();
        parts.push(found);
    }
    parts
}

fn column(column: impl ColumnTrait) -> Expr {
    Expr::col(column.as_column_ref())
}

/// Selects the columns of [`FoundKey`].
fn part(kind: SearchKey, user: impl ColumnTrait, [place, found]: [Expr; 2]) -> SelectStatement {
    Query::select()
        .expr_as(Expr::val(kind.as_str()), "kind")
        .expr_as(column(user), "user_id")
        .expr_as(place, "place")
        .expr_as(found, "found")
        .take()
}

/// Returns a page of the people whose nickname has one of these beginnings, in the order of the nicknames. A person whom two of their
/// nicknames name is returned once, by the one that they chose.
pub async fn nicknames(
    view: &View<'_>,
    prefixes: &[String],
    range: &NicknameRange,
) -> Result<Vec<FoundNickname>, StoreError> {
    let Some(page) = select_nicknames(view.db.get_database_backend(), prefixes, range) else { return Ok(Vec::new()) };
    let rows = view.db.query_all(&page).await?;
    rows.iter().map(|row| Ok(FoundNickname::from_query_result(row, "")?)).collect()
}

/// Selects bounded ranges of the two indexes of nicknames and merges them, as [`crate::order::page`] does.
fn select_nicknames(backend: DbBackend, prefixes: &[String], range: &NicknameRange) -> Option<SelectStatement> {
    let parts = select_nickname_parts(backend, prefixes, range);
    // Wrapped, because SQLite allows no limit inside a union.
    let mut parts = parts.into_iter().map(|part| Query::select().column(Asterisk).from_subquery(part, "part").take());
    let mut page = parts.next()?;
    for part in parts {
        page.union(UnionType::All, part);
    }
    page.order_by("name", sea_orm::Order::Asc).order_by("id", sea_orm::Order::Asc).limit(range.limit);
    Some(page)
}

fn select_nickname_parts(backend: DbBackend, prefixes: &[String], range: &NicknameRange) -> Vec<SelectStatement> {
    use user::Column::{Nickname, OwnNickname};
    let spans: Vec<Span> = prefixes.iter().map(|prefix| Span::of(prefix)).collect();
    let mut parts = Vec::new();
    for span in &spans {
        parts.extend(span.select(backend, OwnNickname, range));
        let told = span.select(backend, Nickname, range).map(|mut told| {
            let is_chosen = spans.iter().fold(Condition::any(), |any, span| any.add(span.has(backend, OwnNickname)));
            told.cond_where(Condition::any().add(OwnNickname.is_null()).add(is_chosen.not())).take()
        });
        parts.extend(told);
    }
    parts
}

/// The texts that have a beginning.
struct Span {
    from: String,
    /// The first text after them; none if every later text has the beginning.
    until: Option<String>,
}

impl Span {
    fn of(prefix: &str) -> Self {
        let mut rest: Vec<char> = prefix.chars().collect();
        let mut until = None;
        while let Some(last) = rest.pop() {
            let next = match last {
                '\u{D7FF}' => Some('\u{E000}'),
                last => char::from_u32(u32::from(last) + 1),
            };
            if let Some(next) = next {
                until = Some(rest.iter().chain([&next]).collect());
                break;
            }
        }
        Self { from: prefix.to_owned(), until }
    }

    fn has(&self, backend: DbBackend, name: user::Column) -> Condition {
        let name = || bytes(backend, name);
        Condition::all().add(name().gte(self.from.clone())).add_option(self.until.clone().map(|until| name().lt(until)))
    }

    /// Selects those after the place of the range; none if the place is behind all of them.
    fn select(&self, backend: DbBackend, name: user::Column, range: &NicknameRange) -> Option<SelectStatement> {
        use user::Column::{Id, Status};
        let after = range.after.as_ref().filter(|after| after.name >= self.from);
        if after.is_some_and(|after| self.until.as_ref().is_some_and(|until| &after.name >= until)) {
            return None;
        }
        let text = || bytes(backend, name);
        let mut part = Query::select().column(Id.as_column_ref()).expr_as(text(), "name").from(user::Entity).take();
        part.cond_where(self.has(backend, name));
        if let Some(NicknamePlace { name, id }) = after {
            // A plain range on the name first, because MariaDB does not use its index for row comparisons.
            part.and_where(text().gte(name.clone())).and_where(text().gt(name.clone()).or(Id.gt(*id)));
        }
        part.and_where(Status.is_in([entities::user::Status::Active, entities::user::Status::Disabled]));
        part.order_by_expr(text(), sea_orm::Order::Asc);
        Some(part.order_by(Id.as_column_ref(), sea_orm::Order::Asc).limit(range.limit).take())
    }
}

/// A nickname, compared by its bytes. SQLite and MariaDB do so anyway; PostgreSQL compares by the rules of a language, which neither
/// knows what begins with what, nor lets an index serve it.
fn bytes(backend: DbBackend, name: user::Column) -> Expr {
    let name = column(name);
    if backend == DbBackend::Postgres { Expr::cust_with_expr("$1 COLLATE \"C\"", name) } else { name }
}

/// The account to which an id leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Led {
    /// The account, active or disabled.
    pub user: User,
    /// Whether the id is that of an account that was merged into it.
    pub was_merged: bool,
}

/// Returns the accounts to which these ids lead: the survivor in place of an alias, also if it is disabled. An id that is unknown or
/// erased has none. Runs one query, and one more for each merge in the longest chain.
pub async fn led(view: &View<'_>, ids: &[UserId]) -> Result<HashMap<UserId, Led>, StoreError> {
    let mut rows: HashMap<UserId, UserRow> = HashMap::new();
    let mut wanted: Vec<UserId> = ids.to_vec();
    while !wanted.is_empty() {
        let found = select_user().filter(user::Column::Id.is_in(wanted.iter().copied()));
        wanted.clear();
        for row in found.into_model::<UserRow>().all(&view.db).await? {
            wanted.extend(row.alias_of());
            rows.insert(row.id, row);
        }
        wanted.retain(|id| !rows.contains_key(id));
    }
    let mut ends = Vec::with_capacity(ids.len());
    for id in ids {
        ends.push((*id, end_of(&rows, *id)?));
    }
    let mut users: HashMap<UserId, User> = HashMap::new();
    for (_, end) in &ends {
        match rows.remove(end) {
            Some(row) if matches!(row.status, Status::Active | Status::Disabled) => {
                users.insert(*end, row.read(view).await?);
            }
            Some(_) | None => {}
        }
    }
    let led = |(id, end): (UserId, UserId)| Some((id, Led { user: users.get(&end)?.clone(), was_merged: id != end }));
    Ok(ends.into_iter().filter_map(led).collect())
}

fn end_of(rows: &HashMap<UserId, UserRow>, id: UserId) -> Result<UserId, StoreError> {
    let mut end = id;
    for _ in 0..LONGEST_CHAIN {
        match rows.get(&end).and_then(UserRow::alias_of) {
            Some(into) => end = into,
            None => return Ok(end),
        }
    }
    Err(StoreError::corrupt("users", format!("{id} is in an endless chain of merges")))
}
