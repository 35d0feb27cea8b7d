//! The deployment secrets: the configured ones, or one in a file beside a SQLite database. See `token::keys` for the
//! keys derived from them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use tracing::warn;

use crate::config::{Config, Mistake};
use crate::text::{Text, text};
use crate::{database, private_file, random};

/// The deployment secrets of a process.
#[derive(Debug)]
pub(crate) struct Secrets {
    /// The first one creates new keys; all of them verify and decrypt.
    pub(crate) all: Vec<SecretString>,
    /// Path for a secret that was generated for this start, to be kept for the next one.
    unwritten: Option<PathBuf>,
}

impl Secrets {
    /// Returns the configured secrets. Without any, development uses the one in the file beside its SQLite database, or
    /// generates one. Writes nothing.
    pub(crate) fn of(config: &Config) -> Result<Self, Box<Mistake>> {
        let configured = &config.tokens.secret_keys;
        if !configured.is_empty() {
            return Ok(Self { all: configured.clone(), unwritten: None });
        }
        let Some(file) = key_file(config) else { return Ok(Self::made()) };
        match read(&file) {
            Ok(Some(secret)) => Ok(Self { all: vec![secret], unwritten: None }),
            Ok(None) => Ok(Self { unwritten: Some(file), ..Self::made() }),
            Err(error) => {
                let said = text!("{file} cannot be read: ", "无法读取 {file}：", file = file.display());
                Err(Mistake::new("tokens.secret_keys", said.then(&Text::foreign(error.to_string()))).into())
            }
        }
    }

    /// Returns a generated secret that is kept nowhere.
    pub(crate) fn made() -> Self {
        Self { all: vec![random::token().into()], unwritten: None }
    }

    /// Writes a newly generated secret to its file.
    pub(crate) fn keep(&self) -> io::Result<()> {
        let Some(file) = &self.unwritten else { return Ok(()) };
        let mut written = private_file::create_new(file)?;
        for secret in &self.all {
            writeln!(written, "{}", secret.expose_secret())?;
        }
        written.sync_all()?;
        warn!(
            "tokens.secret_keys is empty: generated {}; without it no phone number of the database can be read",
            file.display()
        );
        Ok(())
    }

    /// Returns the file that the secret was to be written to.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.unwritten.as_deref()
    }
}

/// Returns the key file's path: beside the database, under its name.
fn key_file(config: &Config) -> Option<PathBuf> {
    store::sqlite_file(config.database.url.expose_secret()).map(|file| database::beside(&file, ".key"))
}

fn read(file: &Path) -> io::Result<Option<SecretString>> {
    match std::fs::read_to_string(file) {
        Ok(text) if text.trim().is_empty() => Err(io::Error::new(io::ErrorKind::InvalidData, "it is empty")),
        Ok(text) => Ok(Some(text.trim().to_owned().into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
