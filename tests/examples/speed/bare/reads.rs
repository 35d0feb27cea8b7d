//! The handlers that read.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::response::IntoResponse;
use serde::Deserialize;
use uuid::Uuid;

use super::cell::{Cell, Kind, write_row, write_rows};
use super::statements::{COUNT, ITEM, ITEMS, LINKS, ORDER, PAGES, SESSION, SESSION_WITH_LINKS, Select};
use super::{Bare, Connection, Failed};

/// The page size. One more order is read, to know whether there is another page.
const PAGE: u8 = 20;

/// The order that a page comes after.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct After {
    placed_at: Option<i64>,
    id: Option<Uuid>,
}

/// Hand-written JSON.
pub(super) type Json = ([(axum::http::HeaderName, &'static str); 1], String);

pub(super) fn json(body: String) -> Json {
    ([(CONTENT_TYPE, "application/json")], body)
}

pub(super) async fn nothing() -> impl IntoResponse {
    json("{\"data\":{\"__typename\":\"Query\"}}".to_owned())
}

pub(super) async fn me(State(bare): State<Bare>, headers: HeaderMap) -> Result<Json, Failed> {
    let row = session(&mut bare.reads.take().await?, &headers).await?;
    let mut out = String::with_capacity(512);
    write_row(&mut out, SESSION.names, &row);
    Ok(json(out))
}

pub(super) async fn links(State(bare): State<Bare>, headers: HeaderMap) -> Result<Json, Failed> {
    let Select { sql, kinds, names } = SESSION_WITH_LINKS;
    let rows = bare.reads.take().await?.rows(sql, vec![bearer(&headers)?], kinds).await?;
    let mut out = String::with_capacity(4096);
    write_rows(&mut out, names, &rows);
    Ok(json(out))
}

pub(super) async fn orders(
    State(bare): State<Bare>,
    Query(after): Query<After>,
    headers: HeaderMap,
) -> Result<Json, Failed> {
    let (_, page) = page(&mut bare.reads.take().await?, &headers, after).await?;
    let mut out = String::with_capacity(8192);
    write_rows(&mut out, &ORDER.1, &page);
    Ok(json(out))
}

pub(super) async fn items(
    State(bare): State<Bare>,
    Query(after): Query<After>,
    headers: HeaderMap,
) -> Result<Json, Failed> {
    let mut connection = bare.reads.take().await?;
    let (_, page) = page(&mut connection, &headers, after).await?;
    let ids: Vec<Cell> = page.iter().take(PAGE.into()).map(|row| row[0].clone()).collect();
    let items = connection.rows(ITEMS[ids.len()], ids, &ITEM.0).await?;
    let mut out = String::with_capacity(32_768);
    out.push_str("{\"orders\":");
    write_rows(&mut out, &ORDER.1, &page);
    out.push_str(",\"items\":");
    write_rows(&mut out, &ITEM.1, &items);
    out.push('}');
    Ok(json(out))
}

pub(super) async fn count(
    State(bare): State<Bare>,
    Query(after): Query<After>,
    headers: HeaderMap,
) -> Result<Json, Failed> {
    let mut connection = bare.reads.take().await?;
    let (user, page) = page(&mut connection, &headers, after).await?;
    let count = connection.row(COUNT, vec![user], &[Kind::Int]).await?.ok_or(sqlx::Error::RowNotFound)?;
    let mut out = String::with_capacity(8192);
    out.push_str("{\"orders\":");
    write_rows(&mut out, &ORDER.1, &page);
    out.push_str(",\"count\":");
    write_row(&mut out, &["orders"], &count);
    out.push('}');
    Ok(json(out))
}

/// The session's id is the token.
fn bearer(headers: &HeaderMap) -> Result<Cell, Failed> {
    let text = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.strip_prefix("Bearer ").and_then(|id| id.parse().ok()).map(Cell::Id).ok_or(Failed(sqlx::Error::RowNotFound))
}

async fn session(connection: &mut Connection, headers: &HeaderMap) -> Result<Vec<Cell>, Failed> {
    let row = connection.row(SESSION.sql, vec![bearer(headers)?], SESSION.kinds).await?;
    row.ok_or(Failed(sqlx::Error::RowNotFound))
}

async fn links_of(connection: &mut Connection, user: Cell) -> Result<Vec<Cell>, Failed> {
    let rows = connection.rows(LINKS.sql, vec![user], LINKS.kinds).await?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next()).collect())
}

/// Returns the account, and a page of its orders.
async fn page(
    connection: &mut Connection,
    headers: &HeaderMap,
    after: After,
) -> Result<(Cell, Vec<Vec<Cell>>), Failed> {
    let user = session(connection, headers).await?.swap_remove(0);
    let links = links_of(connection, user.clone()).await?;
    let limit = Cell::Int(i64::from(PAGE) + 1);
    let (sql, given) = if let After { placed_at: Some(at), id: Some(id) } = after {
        let part = |link: &Cell| [link.clone(), Cell::Int(at), Cell::Int(at), Cell::Id(id), limit.clone()].into_iter();
        (PAGES[1][links.len()], links.iter().flat_map(part).chain([limit.clone()]).collect())
    } else {
        let part = |link: &Cell| [link.clone(), limit.clone()].into_iter();
        (PAGES[0][links.len()], links.iter().flat_map(part).chain([limit.clone()]).collect())
    };
    let rows = connection.rows(sql, given, &ORDER.0).await?;
    Ok((user, rows))
}
