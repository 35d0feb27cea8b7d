//! Writes whose outcome a transaction does not need at once. They are sent together, with the next statement or before the
//! commit.

use std::sync::{Arc, OnceLock};

use sea_orm::sea_query::{
    CommonTableExpression, Expr, InsertStatement, Query, SubQueryStatement, UpdateStatement, WithClause, WithQuery,
};
use sea_orm::{DbBackend, DbErr, EntityTrait, IntoActiveModel, ModelTrait, QueryTrait, UpdateMany, Value};

use super::connection::Connection;
use super::sql::CHUNK;
use crate::StoreError;

/// A write to one table.
#[derive(Debug)]
pub(crate) struct Deferred {
    table: &'static str,
    write: Write,
    rows: Rows,
    /// Whether a write that changes no row means that a concurrent transaction has changed the table.
    must_change: bool,
}

#[derive(Debug)]
enum Write {
    Insert(InsertStatement),
    /// An insert of rows, to which others of the same table are added.
    Rows(InsertStatement, Vec<Vec<Value>>),
    Update(UpdateStatement),
}

/// The number of rows that a deferred write has changed, or `None` until it is sent.
#[derive(Debug, Clone, Default)]
pub struct Rows(Arc<OnceLock<u64>>);

impl Rows {
    /// Returns whether the write was sent and changed no row.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.0.get() == Some(&0)
    }
}

impl Deferred {
    /// Inserts one row. A duplicate key is [`StoreError::Contended`] when the write is sent.
    pub(crate) fn insert<E, M>(row: M) -> Self
    where
        E: EntityTrait<Model = M>,
        M: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
    {
        Self::new(E::default(), Write::Insert(E::insert(row.into_active_model()).into_query()))
    }

    /// Inserts rows. Several such writes to one table become one.
    pub(crate) fn rows<E: EntityTrait>(columns: &[E::Column], rows: Vec<Vec<Value>>) -> Self {
        let mut insert = Query::insert();
        insert.into_table(E::default()).columns(columns.iter().copied());
        Self::new(E::default(), Write::Rows(insert, rows))
    }

    /// Updates any number of rows.
    pub(crate) fn update<E: EntityTrait>(update: UpdateMany<E>) -> Self {
        Self::new(E::default(), Write::Update(update.into_query()))
    }

    fn new(entity: impl EntityTrait, write: Write) -> Self {
        Self { table: entity.table_name(), write, rows: Rows::default(), must_change: false }
    }

    /// Returns whether the other write can become a part of this one.
    fn takes(&self, other: &Self) -> bool {
        match (&self.write, &other.write) {
            (Write::Rows(_, rows), Write::Rows(_, more)) => {
                self.table == other.table && rows.len() + more.len() <= CHUNK
            }
            _ => false,
        }
    }

    /// Fails the transaction with [`StoreError::Contended`] if the write changes no row.
    pub(crate) fn or_changed(self) -> Self {
        Self { must_change: true, ..self }
    }
}

/// The deferred writes of a transaction.
#[derive(Debug)]
pub(super) struct Pending {
    /// Each to another table, so that their order does not matter.
    writes: Vec<Deferred>,
    /// The tables and outcomes of writes that must change a row.
    guards: Vec<(&'static str, Rows)>,
}

impl Pending {
    pub(super) const fn new() -> Self {
        Self { writes: Vec::new(), guards: Vec::new() }
    }

    /// Returns whether a write to the same table is pending, which must be sent first.
    pub(super) fn collides(&self, write: &Deferred) -> bool {
        self.writes.iter().any(|other| other.table == write.table && !other.takes(write))
    }

    pub(super) fn add(&mut self, write: Deferred) -> Rows {
        let pending = self.writes.iter_mut().find(|other| other.takes(&write));
        if let Some(Deferred { write: Write::Rows(_, all), rows: count, .. }) = pending
            && let Write::Rows(_, rows) = write.write
        {
            all.extend(rows);
            return count.clone();
        }
        let rows = write.rows.clone();
        if write.must_change {
            self.guards.push((write.table, rows.clone()));
        }
        self.writes.push(write);
        rows
    }

    /// Sends the pending writes: to PostgreSQL in one statement, to the other databases one after another.
    pub(super) async fn send(&mut self, connection: &mut Connection, backend: DbBackend) -> Result<(), DbErr> {
        let writes = std::mem::take(&mut self.writes);
        if backend == DbBackend::Postgres && writes.len() > 1 {
            return send_together(connection, writes).await;
        }
        for Deferred { write, rows, .. } in writes {
            let statement = match write {
                Write::Insert(insert) => backend.build(&insert),
                Write::Rows(insert, rows) => backend.build(&with_rows(insert, rows)),
                Write::Update(update) => backend.build(&update),
            };
            // A value is set once: each write is sent once.
            let _ = rows.0.set(connection.execute(&statement).await?.rows_affected());
        }
        Ok(())
    }

    /// Checks that every write that must change a row has changed one.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let unmet = self.guards.iter().find(|(_, rows)| rows.are_none());
        unmet.map_or(Ok(()), |(table, _)| Err(StoreError::changed(table)))
    }
}

/// Sends writes as queries of a `WITH` clause, which all see the same snapshot and run in no particular order. Foreign keys are
/// checked after all of them. <https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING>
async fn send_together(connection: &mut Connection, writes: Vec<Deferred>) -> Result<(), DbErr> {
    let outcomes: Vec<Rows> = writes.iter().map(|write| write.rows.clone()).collect();
    let statement = DbBackend::Postgres.build(&together(writes));
    let counted = connection.query_one(&statement).await?;
    let counted = counted.ok_or_else(|| DbErr::RecordNotFound("the counts of the writes".to_owned()))?;
    for (index, rows) in outcomes.into_iter().enumerate() {
        let count: i64 = counted.try_get_by_index(index)?;
        let _ = rows.0.set(u64::try_from(count).unwrap_or(0));
    }
    Ok(())
}

fn with_rows(mut insert: InsertStatement, rows: Vec<Vec<Value>>) -> InsertStatement {
    for row in rows {
        insert.values_panic(row.into_iter().map(Expr::val));
    }
    insert
}

fn together(writes: Vec<Deferred>) -> WithQuery {
    let (mut with, mut counts) = (WithClause::new(), Query::select());
    for (index, write) in writes.into_iter().enumerate() {
        let (name, one) = (format!("w{index}"), Query::returning().expr(Expr::cust("1")));
        let query: SubQueryStatement = match write.write {
            Write::Insert(mut insert) => insert.returning(one).to_owned().into(),
            Write::Rows(insert, rows) => with_rows(insert, rows).returning(one).to_owned().into(),
            Write::Update(mut update) => update.returning(one).to_owned().into(),
        };
        counts.expr(Expr::cust(format!("(SELECT COUNT(*) FROM {name})")));
        let mut expression = CommonTableExpression::new();
        with.cte(expression.query(query).table_name(name).to_owned());
    }
    with.query(counts)
}

#[cfg(test)]
mod tests;
