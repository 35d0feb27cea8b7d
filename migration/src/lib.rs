//! The migrations, one file per step. They share no code with `entities`: a step describes a former state, and must not change
//! when the tables do. Terms: `docs/glossary.md`.

mod ahead;
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
mod m0018_order_totals;
mod m0019_own_words;
mod m0021_shop_updated_at;
mod m0022_pushes;
mod m0023_events;
mod m0024_erasure;
mod m0025_backfill;
mod m0026_pictures;
mod m0027_qr_logins;
mod m0028_search;
mod m0029_refunds;
mod m0030_qr_pages;
mod m0031_phone_logins;
mod m0032_operators;
mod m0033_requests;
mod m0035_desk;
mod m0036_live_orders;
mod postgres;
mod table;
#[cfg(feature = "throwaway")]
pub mod throwaway;

use sea_orm_migration::prelude::{
    DbErr, MigrationTrait, MigratorTrait, SchemaManager, SchemaManagerConnection, async_trait,
};
use sea_orm_migration::sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, RuntimeErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

/// An error of a migration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database has these steps, which this version does not know. Nothing was written.
    #[error(
        "a newer version has migrated this database: this one, which is {}, does not know {}. Nothing was written. Start the \
         newer version, or restore the backup from before the upgrade",
        env!("CARGO_PKG_VERSION"),
        .0.join(", ")
    )]
    NewerSchema(Vec<String>),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

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
            Box::new(m0018_order_totals::Step),
            Box::new(m0019_own_words::Step),
            Box::new(m0021_shop_updated_at::Step),
            Box::new(m0022_pushes::Step),
            Box::new(m0023_events::Step),
            Box::new(m0024_erasure::Step),
            Box::new(m0025_backfill::Step),
            Box::new(m0026_pictures::Step),
            Box::new(m0027_qr_logins::Step),
            Box::new(m0028_search::Step),
            Box::new(m0029_refunds::Step),
            Box::new(m0030_qr_pages::Step),
            Box::new(m0031_phone_logins::Step),
            Box::new(m0032_operators::Step),
            Box::new(m0033_requests::Step),
            Box::new(m0035_desk::Step),
            Box::new(m0036_live_orders::Step),
        ]
    }
}

/// Runs every pending step, and returns their names. Of several processes that do so at once, one does the work and the others
/// wait for it. Creates the file of a SQLite database.
pub async fn up(url: &str) -> Result<Vec<String>, Error> {
    let db = connect(url).await?;
    let taken = alone(&db, url, &Work::Steps(None)).await;
    db.close().await?;
    taken
}

/// Returns whether phone numbers of an older version are still in clear columns. `store`, which has the keys, seals them, and
/// [`drop_clear_numbers`] drops the columns. Writes nothing.
pub async fn has_clear_numbers(url: &str) -> Result<bool, Error> {
    let db = connect(url).await?;
    let tx = begin(&db).await?;
    let are_there = clear_numbers::are_there(&tx).await;
    tx.rollback().await?;
    db.close().await?;
    Ok(are_there?)
}

/// Drops the clear columns unless they have a number, and rewrites the tables, so that no number is left on the disk.
pub async fn drop_clear_numbers(url: &str) -> Result<(), Error> {
    let db = connect(url).await?;
    if !alone(&db, url, &Work::DropClearNumbers).await?.is_empty() {
        clear_numbers::rewrite(&db).await?;
    }
    Ok(db.close().await?)
}

/// Runs the pending steps up to and including this one, for tests.
#[cfg(feature = "throwaway")]
pub async fn up_to(url: &str, last: &str) -> Result<Vec<String>, Error> {
    let db = connect(url).await?;
    let steps = names_of_pending(&db).await?.iter().position(|step| step == last).map_or(0, |at| at + 1);
    let taken = alone(&db, url, &Work::Steps(u32::try_from(steps).ok())).await;
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
    async fn done_by(&self, db: SchemaManagerConnection<'_>) -> Result<Vec<String>, Error> {
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

async fn alone(db: &DatabaseConnection, url: &str, work: &Work) -> Result<Vec<String>, Error> {
    match db.get_database_backend() {
        DbBackend::Postgres => postgres::alone(db, url, work).await,
        DbBackend::Sqlite => in_one_transaction(db, work).await,
        // MySQL commits every change of a table by itself, so a lock of the connection replaces that of a transaction.
        _ => under_lock_of_connection(db, work).await,
    }
}

/// Returns the names of the pending steps. Writes nothing.
pub async fn pending(url: &str) -> Result<Vec<String>, Error> {
    let db = connect(url).await?;
    let tx = begin(&db).await?;
    let names = names_of_pending(&tx).await;
    tx.rollback().await?;
    db.close().await?;
    names
}

/// Fails if the database has a step that this version does not know.
async fn names_of_pending(db: &impl ConnectionTrait) -> Result<Vec<String>, Error> {
    let unknown = unknown_steps(db).await?;
    if !unknown.is_empty() {
        return Err(Error::NewerSchema(unknown));
    }
    let steps = Migrator::get_pending_migrations_read_only(db).await?;
    Ok(steps.iter().map(|step| step.name().to_owned()).collect())
}

/// Returns the names of the steps that the database has and this version does not.
async fn unknown_steps(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let table = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT COUNT(*) AS n FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations'"
        }
        DbBackend::Postgres => {
            "SELECT COUNT(*) AS n FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'seaql_migrations'"
        }
        _ => {
            "SELECT COUNT(*) AS n FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name = 'seaql_migrations'"
        }
    };
    let backend = db.get_database_backend();
    let found = db.query_one_raw(Statement::from_string(backend, table)).await?;
    if found.map_or(Ok(0), |row| row.try_get::<i64>("", "n"))? == 0 {
        return Ok(Vec::new());
    }
    let names = Statement::from_string(backend, "SELECT version FROM seaql_migrations ORDER BY version");
    let names = db.query_all_raw(names).await?;
    let names: Vec<String> = names.iter().map(|row| row.try_get("", "version")).collect::<Result<_, _>>()?;
    let known = Migrator::migrations();
    Ok(names.into_iter().filter(|name| known.iter().all(|step| step.name() != name)).collect())
}

/// For SQLite, whose single writer the transaction is.
async fn in_one_transaction(db: &DatabaseConnection, work: &Work) -> Result<Vec<String>, Error> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let tx = begin_with(db, options).await?;
    let done = work.done_by((&tx).into()).await?;
    tx.commit().await?;
    Ok(done)
}

/// Begins a transaction that only reads.
async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    begin_with(db, TransactionOptions::default()).await
}

/// Begins a transaction. Behind a pooler the next one may be in another session, so each query needs one.
async fn begin_with(db: &DatabaseConnection, options: TransactionOptions) -> Result<DatabaseTransaction, DbErr> {
    let tx = db.begin_with_options(options).await?;
    forget_statements(&tx).await?;
    Ok(tx)
}

/// Drops the prepared statements of the session. SeaORM names them, also those that it does not keep, and a pooler may have
/// given the session to a client that used the same names.
async fn forget_statements(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared("DEALLOCATE ALL").await?;
    }
    Ok(())
}

async fn under_lock_of_connection(db: &DatabaseConnection, work: &Work) -> Result<Vec<String>, Error> {
    let got = db.query_one_raw(statement(db, "SELECT GET_LOCK(CONCAT('guiyi ', DATABASE()), 60) = 1 AS got")).await?;
    let got: i64 = got.map_or(Ok(0), |row| row.try_get("", "got"))?;
    if got != 1 {
        return Err(DbErr::Migration("another process is migrating and does not come to an end".to_owned()).into());
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
    let db = open(url, false).await?;
    if !is_oceanbase(&db).await? {
        return Ok(db);
    }
    db.close().await?;
    let db = open(url, true).await?;
    // OceanBase ends each statement after ten seconds, unless the session says otherwise; a step may take hours. A day, in
    // microseconds.
    let settings = "SET SESSION ob_query_timeout = 86400000000, ob_trx_timeout = 86400000000";
    db.execute_unprepared(settings).await?;
    Ok(db)
}

/// Opens one connection. `keeps_nothing` is for OceanBase, which allows few prepared statements. MariaDB gets them kept: each
/// that is closed delays the next by an acknowledgement of TCP, which is 40 ms on some systems.
async fn open(url: &str, keeps_nothing: bool) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(driver_url(url));
    options.max_connections(1).sqlx_logging(false).record_stmt_in_spans(false);
    // Behind a pooler the next transaction may be in another session, which lacks the statements of the last one.
    options.map_sqlx_postgres_opts(|options| options.statement_cache_capacity(0).extra_float_digits(None));
    if keeps_nothing {
        options.map_sqlx_mysql_opts(|options| options.statement_cache_capacity(0));
    }
    Database::connect(options).await.map_err(|error| match error {
        // SeaORM quotes a URL that it cannot parse, and the URL has a password.
        DbErr::Conn(RuntimeErr::Internal(_)) => {
            DbErr::Conn(RuntimeErr::Internal("the database url is malformed".to_owned()))
        }
        other => other,
    })
}

async fn is_oceanbase(db: &DatabaseConnection) -> Result<bool, DbErr> {
    if db.get_database_backend() != DbBackend::MySql {
        return Ok(false);
    }
    let row = db.query_one_raw(statement(db, "SELECT VERSION() AS version")).await?;
    let version: String = row.map_or(Ok(String::new()), |row| row.try_get("", "version"))?;
    Ok(version.contains("OceanBase"))
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
