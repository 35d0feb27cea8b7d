//! `guiyi keys`: lists and rotates the keys that encrypt phone numbers. See `usecase::key` for the rotation.

use std::io::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use store::key::DataKey;

use super::{Failure, logs};
use crate::app::App;
use crate::service::Parts;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists the data keys, how many numbers each encrypts, and whether it can be decrypted.
    Status,
    /// Creates a new key and re-encrypts all phone numbers with it, while the service runs. Run it again if
    /// interrupted.
    Rotate,
}

pub(super) async fn run(parts: Parts, command: &Command) -> Result<(), Failure> {
    logs::start(&parts.config.log)?;
    match command {
        Command::Status => status(&parts).await,
        Command::Rotate => rotate(parts).await,
    }
}

/// Works without a usable key, since then the status is needed most.
async fn status(parts: &Parts) -> Result<(), Failure> {
    let (locked, wrapping) = parts.opening(parts.config.database.options(), false).locked().await?;
    let keys = locked.keys(&wrapping).await?;
    locked.close().await;
    if keys.is_empty() {
        println!("the database has no keys yet: the first start creates them");
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    for key in &keys {
        writeln!(out, "{}", line(key))?;
    }
    match keys.iter().filter(|key| key.secret.is_none()).count() {
        0 => Ok(()),
        closed => Err(format!("{closed} key(s) cannot be decrypted: no secret in tokens.secret_keys fits").into()),
    }
}

fn line(key: &DataKey) -> String {
    let made = DateTime::<Utc>::from(key.created_at).to_rfc3339_opts(SecondsFormat::Secs, true);
    let what = match (key.seals, key.is_newest) {
        (false, _) => "lookup only".to_owned(),
        (true, true) => format!("encrypts, {} number(s) so far", key.numbers),
        (true, false) => format!("still encrypts {} number(s)", key.numbers),
    };
    let secret = match key.secret {
        Some(at) => format!("decrypted by tokens.secret_keys[{at}]"),
        None => "CANNOT BE DECRYPTED".to_owned(),
    };
    format!("{}  {made}  {what}  {secret}", key.id)
}

async fn rotate(parts: Parts) -> Result<(), Failure> {
    let app = App::start(parts).await?;
    let style = ProgressStyle::with_template("{bar:32} {percent:>3}%  {pos}/{len} numbers  {per_sec}  {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let progress = ProgressBar::new(0).with_style(style);
    let rotated = crate::usecase::key::rotate(app.service(), |seen, all| {
        progress.set_length(all);
        progress.set_position(seen);
    })
    .await;
    progress.finish_and_clear();
    let rotated = rotated?;
    if !rotated.is_new {
        println!("completed an earlier rotation; run the command again for another key");
    }
    println!("re-encrypted {} number(s) with the newest key", rotated.resealed);
    Ok(())
}
