//! What PostgreSQL does ahead of the transaction of a step: the long work on tables that have rows. It is many transactions, locks no
//! table against reads or writes, and goes on where it was interrupted. The step then finds it done. A step that builds an index
//! of a column that is there already, or that writes many rows, has a line in [`of`].

use sea_orm_migration::prelude::{DbErr, IndexCreateStatement, SchemaManager};
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement};

use crate::connection::{begin, give_way};
use crate::{m0018_order_totals, m0024_erasure, m0028_search, m0032_operators};

/// Does what a step has to do ahead.
pub(crate) async fn of(step: &str, db: &DatabaseConnection) -> Result<(), DbErr> {
    match step {
        "m0018_order_totals" => {
            add_up_orders(db).await?;
            for index in m0018_order_totals::indexes() {
                build(db, index).await?;
            }
            Ok(())
        }
        "m0024_erasure" => build(db, m0024_erasure::cancelled()).await,
        "m0028_search" => {
            for column in m0028_search::COLUMNS {
                let create = m0028_search::create_on_postgres(column, "CONCURRENTLY");
                build_named(db, &m0028_search::name_on_postgres(column), &create).await?;
            }
            Ok(())
        }
        "m0032_operators" => build(db, m0032_operators::by_actor()).await,
        _ => Ok(()),
    }
}

async fn add_up_orders(db: &DatabaseConnection) -> Result<(), DbErr> {
    let tx = begin(db).await?;
    give_way(&tx).await?;
    let manager = SchemaManager::new(&tx);
    m0018_order_totals::order_totals(&manager).await?;
    let mut next = Some(m0018_order_totals::last_added_up(&manager).await?);
    tx.commit().await?;
    while let Some(after) = next {
        let tx = begin(db).await?;
        next = m0018_order_totals::add_up(&SchemaManager::new(&tx), after).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn build(db: &DatabaseConnection, mut index: IndexCreateStatement) -> Result<(), DbErr> {
    let name = index.get_index_spec().get_name().unwrap_or_default().to_owned();
    let create = DbBackend::Postgres.build(index.concurrently());
    build_named(db, &name, &create.sql).await
}

/// Builds an index, unless it is there. What is left of a build that was interrupted is dropped before.
async fn build_named(db: &DatabaseConnection, name: &str, create: &str) -> Result<(), DbErr> {
    let is_valid = |row: QueryResult| row.try_get::<bool>("", "is_valid");
    if let Some(is_valid) = found(db, name).await?.map(is_valid).transpose()? {
        if is_valid {
            return Ok(());
        }
        db.execute_unprepared(&format!("DROP INDEX CONCURRENTLY {name}")).await?;
    }
    db.execute_unprepared(create).await?;
    Ok(())
}

async fn found(db: &DatabaseConnection, name: &str) -> Result<Option<QueryResult>, DbErr> {
    let sql = "SELECT indisvalid AS is_valid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
               WHERE relname = $1 AND relnamespace = current_schema()::regnamespace";
    let tx = begin(db).await?;
    let found = tx.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [name.into()])).await?;
    tx.rollback().await?;
    Ok(found)
}
