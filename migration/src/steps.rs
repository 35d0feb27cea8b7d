//! The steps, those that a database lacks, and the work of a migration.

use sea_orm_migration::prelude::{
    DbErr, MigrationTrait, MigratorTrait, SchemaManager, SchemaManagerConnection, async_trait,
};
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::clear_numbers;
use crate::connection::begin;

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
            Box::new(crate::m0001_people::Step),
            Box::new(crate::m0002_sessions::Step),
            Box::new(crate::m0003_orders::Step),
            Box::new(crate::m0004_logins::Step),
            Box::new(crate::m0005_upstream_tokens::Step),
            Box::new(crate::m0006_sms::Step),
            Box::new(crate::m0007_identity::Step),
            Box::new(crate::m0008_bound_logins::Step),
            Box::new(crate::m0009_refresh_generations::Step),
            Box::new(crate::m0010_sealed_phones::Step),
            Box::new(crate::m0011_devices::Step),
            Box::new(crate::m0012_controls::Step),
            Box::new(crate::m0013_limits::Step),
            Box::new(crate::m0014_documents::Step),
            Box::new(crate::m0015_outbox::Step),
            Box::new(crate::m0016_notice_limits::Step),
            Box::new(crate::m0017_exact_lines::Step),
            Box::new(crate::m0018_order_totals::Step),
            Box::new(crate::m0019_own_words::Step),
            Box::new(crate::m0021_shop_updated_at::Step),
            Box::new(crate::m0022_pushes::Step),
            Box::new(crate::m0023_events::Step),
            Box::new(crate::m0024_erasure::Step),
            Box::new(crate::m0025_backfill::Step),
            Box::new(crate::m0026_pictures::Step),
            Box::new(crate::m0027_qr_logins::Step),
            Box::new(crate::m0028_search::Step),
            Box::new(crate::m0029_refunds::Step),
            Box::new(crate::m0030_qr_pages::Step),
            Box::new(crate::m0031_phone_logins::Step),
            Box::new(crate::m0032_operators::Step),
            Box::new(crate::m0033_requests::Step),
            Box::new(crate::m0035_desk::Step),
            Box::new(crate::m0036_live_orders::Step),
        ]
    }
}

/// The work of one process, for which the others wait.
pub(crate) enum Work {
    /// Runs the pending steps, or so many of them. Returns their names.
    Steps(Option<u32>),
    /// Drops the clear columns. Returns a name if there was something to do.
    DropClearNumbers,
}

impl Work {
    pub(crate) async fn done_by(&self, db: SchemaManagerConnection<'_>) -> Result<Vec<String>, Error> {
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

/// Returns the names of the pending steps, in a transaction of its own.
pub(crate) async fn pending_in(db: &DatabaseConnection) -> Result<Vec<String>, Error> {
    let tx = begin(db).await?;
    let names = names_of_pending(&tx).await;
    tx.rollback().await?;
    names
}

/// Fails if the database has a step that this version does not know.
pub(crate) async fn names_of_pending(db: &impl ConnectionTrait) -> Result<Vec<String>, Error> {
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
