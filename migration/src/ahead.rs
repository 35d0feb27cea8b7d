//! What PostgreSQL does ahead of the transaction of a step: the long work on tables that have rows. It is many transactions, locks
//! tables against reads and writes for a moment only, and goes on where it was interrupted. The step then finds it done. A step
//! that builds an index on a table that has rows, or that writes many rows, has a line in [`of`].

use std::time::Duration;

use sea_orm_migration::prelude::{DbErr, IndexCreateStatement, SchemaManager};
use sea_orm_migration::sea_orm::prelude::Uuid;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::connection::{begin, give_way, lift_limits_of_session};
use crate::{
    m0007_identity, m0012_controls, m0018_order_totals, m0024_erasure, m0026_pictures, m0028_search, m0032_operators,
};

/// How often a process asks whether the server has finished the index of a process that was killed.
const POLL: Duration = Duration::from_millis(200);

/// Does what a step has to do ahead.
pub(crate) async fn of(step: &str, db: &DatabaseConnection) -> Result<(), DbErr> {
    match step {
        "m0007_identity" => {
            build(db, m0007_identity::merged()).await?;
            let tx = begin(db).await?;
            give_way(&tx).await?;
            m0007_identity::ends_of_phones(&SchemaManager::new(&tx)).await?;
            tx.commit().await?;
            build(db, m0007_identity::kept()).await
        }
        "m0012_controls" => controls(db).await,
        "m0018_order_totals" => {
            add_up_orders(db).await?;
            for index in m0018_order_totals::indexes() {
                build(db, index).await?;
            }
            Ok(())
        }
        "m0024_erasure" => build(db, m0024_erasure::cancelled()).await,
        "m0026_pictures" => build(db, m0026_pictures::by_picture()).await,
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

async fn controls(db: &DatabaseConnection) -> Result<(), DbErr> {
    let tx = begin(db).await?;
    give_way(&tx).await?;
    m0012_controls::shape(&SchemaManager::new(&tx)).await?;
    tx.commit().await?;
    for index in m0012_controls::indexes_of_audit() {
        build(db, index).await?;
    }
    for table in m0012_controls::CHAINED {
        let mut next = Some(Uuid::nil());
        while let Some(after) = next {
            let tx = begin(db).await?;
            next = m0012_controls::queue(&SchemaManager::new(&tx), table, after).await?;
            tx.commit().await?;
        }
    }
    Ok(())
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
    loop {
        match found(db, name).await? {
            Found::Valid => return Ok(()),
            // The server goes on with what a killed process has begun.
            Found::InWork => tokio::time::sleep(POLL).await,
            Found::Left => {
                lift_limits_of_session(db).await?;
                db.execute_unprepared(&format!("DROP INDEX CONCURRENTLY {name}")).await?;
            }
            Found::Nothing => break,
        }
    }
    lift_limits_of_session(db).await?;
    db.execute_unprepared(create).await?;
    Ok(())
}

/// What there is of an index.
enum Found {
    Valid,
    InWork,
    Left,
    Nothing,
}

async fn found(db: &DatabaseConnection, name: &str) -> Result<Found, DbErr> {
    let sql = "SELECT indisvalid AS is_valid, \
               EXISTS (SELECT 1 FROM pg_stat_progress_create_index p WHERE p.index_relid = indexrelid) AS is_in_work \
               FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
               WHERE relname = $1 AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())";
    let tx = begin(db).await?;
    let row = tx.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [name.into()])).await?;
    tx.rollback().await?;
    let Some(row) = row else { return Ok(Found::Nothing) };
    Ok(match (row.try_get("", "is_valid")?, row.try_get("", "is_in_work")?) {
        (true, _) => Found::Valid,
        (false, true) => Found::InWork,
        (false, false) => Found::Left,
    })
}
