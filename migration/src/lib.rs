//! The migrations, one file per step. They share no code with `entities`: a step describes a former state, and must not change
//! when the tables do. Terms: `docs/glossary.md`.

mod clear_numbers;
mod m0001_people;
mod m0002_sessions;
mod m0003_orders;
mod m0004_logins;
mod m0005_upstream_tokens;
mod m0006_sms;
mod m0007_identity;
mod m0008_bound_logins;
mod m0009_refresh_generations;
mod m0010_sealed_phones;
mod m0011_devices;
mod m0012_controls;
mod m0013_limits;
mod m0014_documents;
mod m0015_outbox;
mod m0016_notice_limits;
mod m0017_exact_lines;
mod table;
#[cfg(feature = "throwaway")]
pub mod throwaway;

pub use sea_orm_migration::prelude::DbErr as Error;
use sea_orm_migration::prelude::{
    DbErr, MigrationTrait, MigratorTrait, SchemaManager, SchemaManagerConnection, async_trait,
};
use sea_orm_migration::sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, RuntimeErr, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};

/// Every step, in order.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_people::Step),
            Box::new(m0002_sessions::Step),
            Box::new(m0003_orders::Step),
            Box::new(m0004_logins::Step),
            Box::new(m0005_upstream_tokens::Step),
            Box::new(m0006_sms::Step),
            Box::new(m0007_identity::Step),
            Box::new(m0008_bound_logins::Step),
            Box::new(m0009_refresh_generations::Step),
            Box::new(m0010_sealed_phones::Step),
            Box::new(m0011_devices::Step),
            Box::new(m0012_controls::Step),
            Box::new(m0013_limits::Step),
            Box::new(m0014_documents::Step),
            Box::new(m0015_outbox::Step),
            Box::new(m0016_notice_limits::Step),
            Box::new(m0017_exact_lines::Step),
        ]
    }
}

/// Runs every pending step, and returns their names. Of several processes that do so at once, one does the work and the others
/// wait for it. Creates the file of a SQLite database.
pub async fn up(url: &str) -> Result<Vec<String>, DbErr> {
    let db = connect(url).await?;
    let taken = alone(&db, &Work::Steps(None)).await;
    db.close().await?;
    taken
}

/// Returns whether phone numbers of an older version are still in clear columns. `store`, which has the keys, seals them, and
/// [`drop_clear_numbers`] drops the columns. Writes nothing.
pub async fn has_clear_numbers(url: &str) -> Result<bool, DbErr> {
    let db = connect(url).await?;
    let are_there = clear_numbers::are_there(&db).await;
    db.close().await?;
    are_there
}

/// Drops the clear columns unless they have a number, and rewrites the tables, so that no number is left on the disk.
pub async fn drop_clear_numbers(url: &str) -> Result<(), DbErr> {
    let db = connect(url).await?;
    if !alone(&db, &Work::DropClearNumbers).await?.is_empty() {
        clear_numbers::rewrite(&db).await?;
    }
    db.close().await
}

/// Runs the pending steps up to and including this one, for tests.
#[cfg(feature = "throwaway")]
pub async fn up_to(url: &str, last: &str) -> Result<Vec<String>, DbErr> {
    let db = connect(url).await?;
    let steps = Migrator::migrations().iter().position(|step| step.name() == last).map_or(0, |at| at + 1);
    let taken = alone(&db, &Work::Steps(u32::try_from(steps).ok())).await;
    db.close().await?;
    taken
}

/// The work of one process, for which the others wait.
enum Work {
    /// Runs the pending steps, or so many of them. Returns their names.
    Steps(Option<u32>),
    /// Drops the clear columns. Returns a name if there was something to do.
    DropClearNumbers,
}

impl Work {
    async fn done_by(&self, db: SchemaManagerConnection<'_>) -> Result<Vec<String>, DbErr> {
        match self {
            Self::Steps(count) => {
                let mut names = names_of_pending(&db).await?;
                names.truncate(count.map_or(usize::MAX, |count| count as usize));
                Migrator::up(db, *count).await?;
                Ok(names)
            }
            Self::DropClearNumbers => {
                let dropped = clear_numbers::drop_if_sealed(&SchemaManager::new(db)).await?;
                Ok(dropped.then(|| "clear_numbers".to_owned()).into_iter().collect())
            }
        }
    }
}

async fn alone(db: &DatabaseConnection, work: &Work) -> Result<Vec<String>, DbErr> {
    match db.get_database_backend() {
        DbBackend::Postgres => in_one_transaction(db, Some("SELECT pg_advisory_xact_lock(4715027)"), work).await,
        DbBackend::Sqlite => in_one_transaction(db, None, work).await,
        // MySQL commits every change of a table by itself, so a lock of the connection replaces that of a transaction.
        _ => under_lock_of_connection(db, work).await,
    }
}

/// Returns the names of the pending steps. Writes nothing.
pub async fn pending(url: &str) -> Result<Vec<String>, DbErr> {
    let db = connect(url).await?;
    let names = names_of_pending(&db).await;
    db.close().await?;
    names
}

async fn names_of_pending(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let steps = Migrator::get_pending_migrations_read_only(db).await?;
    Ok(steps.iter().map(|step| step.name().to_owned()).collect())
}

async fn in_one_transaction(db: &DatabaseConnection, lock: Option<&str>, work: &Work) -> Result<Vec<String>, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let tx = db.begin_with_options(options).await?;
    if let Some(lock) = lock {
        tx.execute_unprepared(lock).await?;
    }
    let done = work.done_by((&tx).into()).await?;
    tx.commit().await?;
    Ok(done)
}

async fn under_lock_of_connection(db: &DatabaseConnection, work: &Work) -> Result<Vec<String>, DbErr> {
    let got = db.query_one_raw(statement(db, "SELECT GET_LOCK(CONCAT('guiyi ', DATABASE()), 60) = 1 AS got")).await?;
    let got: i64 = got.map_or(Ok(0), |row| row.try_get("", "got"))?;
    if got != 1 {
        return Err(DbErr::Migration("another process is migrating and does not come to an end".to_owned()));
    }
    let done = work.done_by(db.into()).await?;
    db.query_one_raw(statement(db, "SELECT RELEASE_LOCK(CONCAT('guiyi ', DATABASE()))")).await?;
    Ok(done)
}

fn statement(db: &DatabaseConnection, sql: &str) -> Statement {
    Statement::from_string(db.get_database_backend(), sql)
}

/// Uses one connection, because MySQL's lock belongs to it.
async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(driver_url(url));
    options.max_connections(1).sqlx_logging(false).record_stmt_in_spans(false);
    Database::connect(options).await.map_err(|error| match error {
        // SeaORM quotes a URL that it cannot parse, and the URL has a password.
        DbErr::Conn(RuntimeErr::Internal(_)) => {
            DbErr::Conn(RuntimeErr::Internal("the database url is malformed".to_owned()))
        }
        other => other,
    })
}

/// SQLite creates its file only if told to, and SeaORM knows MariaDB by the name `mysql:` only.
fn driver_url(url: &str) -> String {
    match url.split_once(':') {
        Some(("sqlite", rest)) if !rest.contains("mode=") => {
            format!("{url}{}mode=rwc", if rest.contains('?') { "&" } else { "?" })
        }
        Some(("mariadb", rest)) => format!("mysql:{rest}"),
        _ => url.to_owned(),
    }
}
