//! What is done with a database before it is used: its files are the owner's alone, its tables are up to date.
//! What stands in the tables is the business of `migration`, what is done with them that of `store`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use tracing::warn;

use crate::app::StartError;
use crate::config::Database;
use crate::private_file;

/// Brings the database up to date if the configuration says so; otherwise it has to be.
pub(crate) async fn prepare(database: &Database) -> Result<(), StartError> {
    if database.migrate_on_start {
        return migrate(database).await.map(|_| ());
    }
    let url = private(database)?;
    let pending = Box::pin(migration::pending(url)).await.map_err(StartError::Migrate)?;
    if pending.is_empty() { Ok(()) } else { Err(StartError::Pending(pending)) }
}

/// Brings the database up to date, and answers the steps that were taken.
pub(crate) async fn migrate(database: &Database) -> Result<Vec<String>, StartError> {
    let url = private(database)?;
    // Boxed, since what a migration is made of would be a part of the type of every command.
    Box::pin(migration::up(url)).await.map_err(StartError::Migrate)
}

/// The database's url, whose file is the owner's alone.
fn private(database: &Database) -> Result<&str, StartError> {
    let url = database.url.expose_secret();
    if let Some(file) = store::sqlite_file(url) {
        keep_private(&file)?;
    }
    Ok(url)
}

/// Makes SQLite's file for its owner alone, or takes it away from others. SQLite gives the files beside it the same mode,
/// when it makes them.
fn keep_private(file: &Path) -> Result<(), StartError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| StartError::File { path, cause }
    };
    let mut shared = private_file::ensure(file).map_err(failed(file))?;
    for ending in ["-wal", "-shm"] {
        let beside = beside(file, ending);
        shared |= private_file::tighten(&beside).map_err(failed(&beside))?;
    }
    if shared {
        warn!("{} could be read by others and is the owner's alone from now on", file.display());
    }
    Ok(())
}

/// A file beside another one, whose name goes on.
pub(crate) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    name.into()
}
