//! What is done with a database before it is used: its files are the owner's alone, its keys can be opened, its tables are
//! up to date, and no phone number stands in clear.
//! What stands in the tables is the business of `migration`, what is done with them that of `store`.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use domain::Timestamp;
use secrecy::ExposeSecret;
use store::key::Locked;
use store::{Options, Store};
use tracing::{info, warn};

use crate::app::StartError;
use crate::config::Database;
use crate::key_file::Secrets;
use crate::private_file;
use crate::token::Keys;

/// What the keys of personal data are sealed with.
const WRAPPING: &str = "data-keys";

/// A database that is ready.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) store: Store,
    /// The steps that were taken just now.
    pub(crate) steps: Vec<String>,
    /// How many numbers were sealed just now.
    pub(crate) sealed: u64,
}

/// Who opens a database, and whether it may be changed.
#[derive(Debug)]
pub(crate) struct Opening<'a> {
    pub(crate) database: &'a Database,
    pub(crate) options: Options,
    pub(crate) keys: &'a Keys,
    pub(crate) secrets: &'a Secrets,
    /// Whether the database is brought up to date; otherwise it has to be.
    pub(crate) migrates: bool,
}

impl Opening<'_> {
    /// Makes the database ready. Keys that cannot be opened stop it before anything is written.
    pub(crate) async fn open(&self, now: Timestamp) -> Result<Ready, StartError> {
        let url = self.database.url.expose_secret();
        let wrapping = self.keys.sealer(WRAPPING);
        let locked = self.connect().await?;
        locked.verify(&wrapping).await.map_err(StartError::Keys)?;
        self.secrets.keep().map_err(|cause| self.key_file_failed(cause))?;
        let steps = self.migrate(url).await?;
        let store = locked.unlock(wrapping, now).await.map_err(StartError::Keys)?;
        let sealed = self.seal(url, &store).await?;
        Ok(Ready { store, steps, sealed })
    }

    /// The database as it is, whether its keys can be opened or not; with what opens them.
    pub(crate) async fn locked(&self) -> Result<(Locked, store::key::Sealer), StartError> {
        Ok((self.connect().await?, self.keys.sealer(WRAPPING)))
    }

    async fn connect(&self) -> Result<Locked, StartError> {
        if let Some(file) = store::sqlite_file(self.database.url.expose_secret()) {
            keep_private(&file)?;
        }
        Ok(Locked::connect(&self.options).await?)
    }

    async fn migrate(&self, url: &str) -> Result<Vec<String>, StartError> {
        if self.migrates {
            return migration::up(url).await.map_err(StartError::Migrate);
        }
        let pending = migration::pending(url).await.map_err(StartError::Migrate)?;
        if pending.is_empty() { Ok(Vec::new()) } else { Err(StartError::Pending(pending)) }
    }

    /// Seals what an older version left in clear. Of several processes each seals some of it, or none.
    async fn seal(&self, url: &str, store: &Store) -> Result<u64, StartError> {
        if !is_clear(url).await? {
            return Ok(0);
        }
        if !self.migrates {
            return Err(StartError::Clear);
        }
        info!("sealing the phone numbers that an older version left in clear");
        let sealed = match store.seal_clear_numbers(say).await {
            // Another process sealed the last one and dropped the columns.
            Err(_) if !is_clear(url).await? => return Ok(0),
            sealed => sealed?,
        };
        migration::drop_clear_numbers(url).await.map_err(StartError::Migrate)?;
        Ok(sealed)
    }

    fn key_file_failed(&self, cause: io::Error) -> StartError {
        StartError::File { path: self.secrets.file().unwrap_or_else(|| Path::new("")).to_owned(), cause }
    }
}

/// Every so many numbers, since there may be millions.
fn say(sealed: u64) {
    if sealed.is_multiple_of(10_000) {
        info!("{sealed} numbers are sealed");
    }
}

async fn is_clear(url: &str) -> Result<bool, StartError> {
    migration::has_clear_numbers(url).await.map_err(StartError::Migrate)
}

/// Makes SQLite's file for its owner alone, or takes it away from others. SQLite gives the files beside it the same mode,
/// when it makes them.
fn keep_private(file: &Path) -> Result<(), StartError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| StartError::File { path, cause }
    };
    let mut shared = private_file::ensure(file).map_err(failed(file))?;
    for ending in ["-wal", "-shm", ".key"] {
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
