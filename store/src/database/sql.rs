//! Query helpers that several modules share.

use std::sync::OnceLock;

use domain::{Timestamp, UserId};
use entities::user::{self, Status};
use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{Expr, ExprTrait, Func, LockType, Query, ValueTuple};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, JoinType, ModelTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Statement, Value,
};
use uuid::{NoContext, Uuid};

use crate::{StoreError, Tx};

/// The maximum number of rows or keys per statement. With ten columns each, this is well below SQLite's limit of
/// 32,766 values.
pub(crate) const CHUNK: usize = 500;

/// Compares two columns for equality.
pub(crate) fn same(one: impl ColumnTrait, other: impl ColumnTrait) -> Expr {
    Expr::col(one.as_column_ref()).equals(other.as_column_ref())
}

/// Selects the rows of one app, or of one union scope, that have these keys: both columns are unique together.
///
/// Before its first `ANALYZE` of a table, PostgreSQL expects that many keys match a large part of it, and reads all rows of the
/// app. There the condition looks up the id of each key by itself.
pub(crate) fn has_key<E: EntityTrait>(
    backend: DbBackend,
    [id, owner, key]: [E::Column; 3],
    of: impl Into<Value>,
    keys: impl IntoIterator<Item = impl Into<Value>>,
) -> Condition {
    let of = owner.eq(of);
    if backend != DbBackend::Postgres {
        return Condition::all().add(of).add(key.is_in(keys));
    }
    let is_wanted = Expr::col(key.as_column_ref()).equals(("wanted", "column1"));
    let one = E::find().select_only().column(id).filter(of).filter(is_wanted).limit(1).into_query();
    let wanted = keys.into_iter().map(|key| ValueTuple::One(key.into()));
    let mut ids = Query::select();
    ids.column(("found", "id")).from_values(wanted, "wanted");
    ids.join_lateral(JoinType::InnerJoin, one, "found", Expr::cust("TRUE"));
    let ids = Func::cust("ARRAY").arg(Expr::SubQuery(None, Box::new(ids.into())));
    Condition::all().add(Expr::col(id.as_column_ref()).eq(PgFunc::any(ids)))
}

/// Values up to this number are listed in the condition of [`is_one_of`], and do not make a statement one with a list.
pub(super) const FEW: usize = 32;

/// Matches the rows that have one of these values in an indexed column.
///
/// Before its first `ANALYZE` of a table, PostgreSQL compares a long list with each row of the table. It does not know how long an array
/// is that it makes itself, so it looks up each value of one in the index.
pub(crate) fn is_one_of<C: ColumnTrait>(
    backend: DbBackend,
    column: C,
    values: impl IntoIterator<Item = impl Into<Value>>,
) -> Expr {
    let values: Vec<Value> = values.into_iter().map(Into::into).collect();
    if backend != DbBackend::Postgres || values.len() <= FEW {
        return column.is_in(values);
    }
    let mut wanted = Query::select();
    wanted.column(("wanted", "column1")).from_values(values.into_iter().map(ValueTuple::One), "wanted");
    let array = Func::cust("ARRAY").arg(Expr::SubQuery(None, Box::new(wanted.into())));
    Expr::col(column.as_column_ref()).eq(PgFunc::any(array))
}

/// A query that every request sends, so that its text is made once. All its values but the first are the same each time.
#[derive(Debug)]
pub(crate) struct Repeated(OnceLock<Statement>);

impl Repeated {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Returns the statement with this first value. `make` makes the query with any.
    pub(crate) fn with<Q: QueryTrait>(&self, backend: DbBackend, first: Value, make: impl Fn() -> Q) -> Statement {
        let kept = self.0.get_or_init(|| make().build(backend));
        // A process has one kind of database; tests may have several.
        let mut statement = if kept.db_backend == backend { kept.clone() } else { make().build(backend) };
        if let Some(value) = statement.values.as_mut().and_then(|values| values.0.first_mut()) {
            *value = first;
        }
        statement
    }
}

/// Returns a conflict if a guarded update matched no row, because a concurrent transaction has changed the table.
pub(crate) fn changed_unless(table: &'static str, rows: u64) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::changed(table)) } else { Ok(()) }
}

/// Returns a new id for a row that is not referred to outside the store.
pub(crate) fn row_id(now: Timestamp) -> Uuid {
    let (seconds, nanos) = now.unix_parts();
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanos))
}

/// Reads a hash from a column.
pub(crate) fn read_hash(table: &'static str, bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::corrupt(table, "a hash is not 32 bytes long"))
}

impl Tx {
    /// Locks accounts until the end of the transaction. Accounts are locked in the order of their ids and before any
    /// of their rows, so that concurrent transactions queue and do not deadlock.
    pub(crate) async fn lock(&self, users: &[UserId]) -> Result<Vec<user::Model>, StoreError> {
        let these = is_one_of(self.db.get_database_backend(), user::Column::Id, users.iter().copied());
        let rows = user::Entity::find().filter(these).order_by_asc(user::Column::Id);
        Ok(self.locking(rows).all(&self.db).await?)
    }

    /// Locks the selected rows against changes until the end of the transaction. The lock is the weakest that does
    /// so: in PostgreSQL, rows that refer to them can still be inserted.
    pub(crate) fn locking<E: EntityTrait>(&self, rows: Select<E>) -> Select<E> {
        match self.db.get_database_backend() {
            DbBackend::Postgres => rows.lock(LockType::NoKeyUpdate),
            _ => rows.lock_exclusive(),
        }
    }

    /// Locks accounts, none of which may be an alias, disabled or erased.
    pub(crate) async fn lock_active(&self, users: &[UserId]) -> Result<Vec<user::Model>, StoreError> {
        let rows = self.lock(users).await?;
        // An account that was erased has nothing left by which it could be found: the caller has looked before, and
        // looks again.
        let closed = |row: &user::Model| match row.status {
            Status::Disabled => true,
            Status::Active | Status::Merged | Status::Erased => false,
        };
        if rows.iter().any(closed) {
            return Err(StoreError::Closed);
        }
        let all_active = rows.len() == users.len() && rows.iter().all(|row| row.status == Status::Active);
        if all_active { Ok(rows) } else { Err(StoreError::changed("users")) }
    }

    /// Locks one account.
    pub(crate) async fn lock_one(&self, user: UserId) -> Result<user::Model, StoreError> {
        self.lock_active(&[user]).await?.pop().ok_or(StoreError::changed("users"))
    }

    /// Locks the accounts that a case will name, so that none of them becomes an alias or is erased meanwhile. Disabled
    /// accounts are allowed.
    pub(crate) async fn lock_for_case(&self, users: &[UserId]) -> Result<(), StoreError> {
        let rows = self.lock(users).await?;
        let is_gone = |row: &user::Model| match row.status {
            Status::Merged | Status::Erased => true,
            Status::Active | Status::Disabled => false,
        };
        if rows.iter().any(is_gone) { Err(StoreError::changed("users")) } else { Ok(()) }
    }

    /// Inserts one row. A duplicate key is [`StoreError::Contended`].
    pub(crate) async fn insert<E, M>(&self, row: M) -> Result<(), StoreError>
    where
        E: EntityTrait<Model = M>,
        M: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
    {
        E::insert(row.into_active_model()).exec_without_returning(&self.db).await?;
        Ok(())
    }

    /// Inserts any number of rows in few statements.
    pub(crate) async fn insert_all<E, M>(&self, rows: Vec<M>) -> Result<(), StoreError>
    where
        E: EntityTrait<Model = M>,
        M: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
    {
        let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
        while rows.peek().is_some() {
            E::insert_many(rows.by_ref().take(CHUNK)).exec_without_returning(&self.db).await?;
        }
        Ok(())
    }
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use domain::UserId;
    use migration::throwaway::Server;
    use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryTrait, Select, Statement};

    use super::{FEW, is_one_of, user};
    use crate::plans::Plans;
    use crate::search::plan::with_people;

    fn people(count: usize) -> Select<user::Entity> {
        let now = domain::Timestamp::from_millis(1_760_000_000_000);
        let ids = (0..count).map(|_| UserId::new(now));
        user::Entity::find().filter(is_one_of(DbBackend::Postgres, user::Column::Id, ids))
    }

    /// The tables of `with_people` without the statistics.
    #[tokio::test]
    async fn postgres_looks_up_each_of_many_values_before_it_has_statistics() {
        let plans = with_people(Server::Postgres).await;
        plans.forget("users").await;

        let plan = plans.of(people(1_000).as_query()).await;
        let [few, more] = [FEW, FEW + 1].map(|count| people(count).build(DbBackend::Postgres).sql.contains("ARRAY"));

        assert!(plan.contains("users_pkey") && !plan.contains("Seq Scan on users"), "{plan}");
        assert_eq!((few, more), (false, true));
        plans.close().await;
    }
    /// The plan would be that of a small table when the table has grown.
    #[tokio::test]
    async fn postgres_keeps_no_plan_of_a_query_with_a_long_list() {
        let plans = Plans::open(Server::Postgres, domain::Timestamp::from_millis(0)).await;
        let tx = plans.store.begin().await.expect("a transaction");

        for count in [FEW, FEW + 1] {
            people(count).all(&tx.db).await.expect("no rows");
        }

        let kept = Statement::from_string(DbBackend::Postgres, "SELECT statement FROM pg_prepared_statements");
        let kept = tx.db.query_all_raw(kept).await.expect("rows");
        let kept = kept.iter().map(|row| row.try_get::<String>("", "statement").expect("a text"));
        let kept: Vec<String> = kept.filter(|statement| statement.starts_with("SELECT \"users\"")).collect();
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert!(kept[0].contains(&format!("${FEW}")) && !kept[0].contains(&format!("${}", FEW + 1)), "{kept:?}");
        tx.roll_back().await;
        plans.close().await;
    }
}
