//! Values of statements, in and out, and rows as JSON.

use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use sqlx::query::Query;
use sqlx::{ColumnIndex, Database, Decode, Encode, Row, Type};
use uuid::Uuid;

/// A value. A null to be bound is written into the statement instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Id(Uuid),
    Text(String),
    Int(i64),
    Bytes(Vec<u8>),
    Null,
}

/// The type of a column.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Id,
    Text,
    Int,
    /// 32 bits.
    Small,
    Bytes,
    Bool,
}

/// Binds the values of a statement, in order.
pub(super) fn bind<DB: Database>(
    mut query: Query<'_, DB, DB::Arguments>,
    given: Vec<Cell>,
) -> Query<'_, DB, DB::Arguments>
where
    for<'e> Uuid: Encode<'e, DB> + Type<DB>,
    for<'e> String: Encode<'e, DB> + Type<DB>,
    for<'e> i64: Encode<'e, DB> + Type<DB>,
    for<'e> Vec<u8>: Encode<'e, DB> + Type<DB>,
{
    for cell in given {
        query = match cell {
            Cell::Id(id) => query.bind(id),
            Cell::Text(text) => query.bind(text),
            Cell::Int(number) => query.bind(number),
            Cell::Bytes(bytes) => query.bind(bytes),
            Cell::Null => unreachable!("a null stands in the statement"),
        };
    }
    query
}

/// Reads a row, by the types of its columns.
pub(super) fn read<R: Row>(row: &R, kinds: &[Kind]) -> Result<Vec<Cell>, sqlx::Error>
where
    usize: ColumnIndex<R>,
    for<'d> Uuid: Decode<'d, R::Database> + Type<R::Database>,
    for<'d> String: Decode<'d, R::Database> + Type<R::Database>,
    for<'d> i64: Decode<'d, R::Database> + Type<R::Database>,
    for<'d> i32: Decode<'d, R::Database> + Type<R::Database>,
    for<'d> Vec<u8>: Decode<'d, R::Database> + Type<R::Database>,
    for<'d> bool: Decode<'d, R::Database> + Type<R::Database>,
{
    let cell = |(at, kind): (usize, &Kind)| {
        Ok(match kind {
            Kind::Id => row.try_get::<Option<Uuid>, _>(at)?.map_or(Cell::Null, Cell::Id),
            Kind::Text => row.try_get::<Option<String>, _>(at)?.map_or(Cell::Null, Cell::Text),
            Kind::Int => row.try_get::<Option<i64>, _>(at)?.map_or(Cell::Null, Cell::Int),
            Kind::Small => row.try_get::<Option<i32>, _>(at)?.map_or(Cell::Null, |small| Cell::Int(small.into())),
            Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(at)?.map_or(Cell::Null, Cell::Bytes),
            Kind::Bool => row.try_get::<Option<bool>, _>(at)?.map_or(Cell::Null, |is| Cell::Int(is.into())),
        })
    };
    kinds.iter().enumerate().map(cell).collect()
}

/// Writes rows as a JSON array of objects. The texts of the benchmark need no escapes.
pub(super) fn write_rows(out: &mut String, names: &[&str], rows: &[Vec<Cell>]) {
    out.push('[');
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_row(out, names, row);
    }
    out.push(']');
}

/// Writes a row as a JSON object.
pub(super) fn write_row(out: &mut String, names: &[&str], row: &[Cell]) {
    let mut before = '{';
    for (name, cell) in names.iter().zip(row) {
        let _ = write!(out, "{before}\"{name}\":");
        let _ = match cell {
            Cell::Id(id) => write!(out, "\"{id}\""),
            Cell::Text(text) => write!(out, "\"{text}\""),
            Cell::Int(number) => write!(out, "{number}"),
            Cell::Bytes(bytes) => write!(out, "\"{}\"", HEXLOWER.encode(bytes)),
            Cell::Null => write!(out, "null"),
        };
        before = ',';
    }
    out.push('}');
}
