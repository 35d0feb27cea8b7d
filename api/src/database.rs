//! Prepares the database before use: restricts its files to the owner, decrypts its keys, applies migrations, and
//! encrypts phone numbers left in plain text. See the `migration` crate for the schema and `store` for the queries.

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

/// Purpose of the key that encrypts the data keys.
const WRAPPING: &str = "data-keys";

/// A database that is ready for use.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) store: Store,
    /// The migrations that were just applied.
    pub(crate) steps: Vec<String>,
    /// How many phone numbers were just encrypted.
    pub(crate) sealed: u64,
}

/// Parameters for opening a database.
#[derive(Debug)]
pub(crate) struct Opening<'a> {
    pub(crate) database: &'a Database,
    pub(crate) options: Options,
    pub(crate) keys: &'a Keys,
    pub(crate) secrets: &'a Secrets,
    /// Whether pending migrations are applied; if not, a pending migration is an error.
    pub(crate) migrates: bool,
}

impl Opening<'_> {
    /// Makes the database ready. Fails before any write if the keys cannot be decrypted.
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

    /// Opens the database without decrypting its keys, and returns what decrypts them.
    pub(crate) async fn locked(&self) -> Result<(Locked, store::key::Sealer), StartError> {
        Ok((self.connect().await?, self.keys.sealer(WRAPPING)))
    }

    async fn connect(&self) -> Result<Locked, StartError> {
        let Some(path) = store::sqlite_file(self.database.url.expose_secret()) else {
            return Ok(Locked::connect(&self.options).await?);
        };
        keep_private(&path)?;
        Locked::connect(&self.options)
            .await
            .map_err(|cause| if cause.is_damage() { StartError::Damaged { path, cause } } else { cause.into() })
    }

    async fn migrate(&self, url: &str) -> Result<Vec<String>, StartError> {
        if self.migrates {
            return Ok(migration::up(url).await?);
        }
        let pending = migration::pending(url).await?;
        if pending.is_empty() { Ok(Vec::new()) } else { Err(StartError::Pending(pending)) }
    }

    /// Encrypts the phone numbers that an older version left in plain text. Returns how many this process encrypted;
    /// several processes share the work.
    async fn seal(&self, url: &str, store: &Store) -> Result<u64, StartError> {
        if !migration::has_clear_numbers(url).await? {
            return Ok(0);
        }
        if !self.migrates {
            return Err(StartError::Clear);
        }
        info!("encrypting phone numbers left in plain text by an older version");
        let sealed = match store.seal_clear_numbers(say).await {
            // Another process encrypted the last one and dropped the columns.
            Err(_) if !migration::has_clear_numbers(url).await? => return Ok(0),
            sealed => sealed?,
        };
        migration::drop_clear_numbers(url).await?;
        Ok(sealed)
    }

    fn key_file_failed(&self, cause: io::Error) -> StartError {
        StartError::File { path: self.secrets.file().unwrap_or_else(|| Path::new("")).to_owned(), cause }
    }
}

/// Logs progress at intervals, since there may be millions.
fn say(sealed: u64) {
    if sealed.is_multiple_of(10_000) {
        info!("encrypted {sealed} phone numbers");
    }
}

/// Creates SQLite's file for its owner only, or restricts an existing one. SQLite gives the files that it creates
/// beside it the same mode.
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
        warn!("restricted {} to its owner: other users could read it", file.display());
    }
    Ok(())
}

/// Returns the path of a file beside another one: its name with `ending` appended.
pub(crate) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    name.into()
}
