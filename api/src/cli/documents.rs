//! `guiyi documents`: manages the list of allowed documents, for `graphql.documents = "listed"`.

use std::path::{Path, PathBuf};

use async_graphql::Request;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Subcommand;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use domain::AppId;

use super::Failure;
use super::words::{say, tell};
use crate::app::App;
use crate::graphql::guard;
use crate::service::{Parts, Service};
use crate::text::{Text, text};
use crate::usecase;

/// The longest document, in bytes: the limit of a column in all databases.
const LONGEST: usize = 65_535;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Adds documents: each file holds one, and the hash is of its exact bytes.
    Add {
        /// Files to add.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Only for people logged in through this app; by default for every app.
        #[arg(long)]
        app: Option<String>,
    },
    /// Prints the list: hash, app, when it was added, and the first line.
    List {
        /// Only documents of this app.
        #[arg(long)]
        app: Option<String>,
    },
    /// Removes documents from the list; they are refused from then on.
    Remove {
        /// Their hashes, as `add` and `list` print them.
        #[arg(required = true, value_name = "HASH")]
        hashes: Vec<String>,
        /// The app they are listed for; by default those listed for every app.
        #[arg(long)]
        app: Option<String>,
    },
}

pub(super) async fn run(parts: Parts, command: Command) -> Result<(), Failure> {
    let app = App::start(parts).await?;
    let service = app.service();
    match command {
        Command::Add { files, app } => add(service, &files, app.as_deref()).await,
        Command::List { app } => list(service, app.as_deref()).await,
        Command::Remove { hashes, app } => remove(service, &hashes, app.as_deref()).await,
    }
}

fn app_id(service: &Service, name: Option<&str>) -> Result<Option<AppId>, Failure> {
    let known = name.map(|name| {
        usecase::app::id_of(service, name).map_err(|_| text!("there is no app `{name}`", "没有名为 `{name}` 的应用"))
    });
    Ok(known.transpose()?)
}

/// Reads all files before adding the first.
async fn add(service: &Service, files: &[PathBuf], app: Option<&str>) -> Result<(), Failure> {
    let app = app_id(service, app)?;
    let texts = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
    for (file, text) in files.iter().zip(texts) {
        let (hash, is_new) = usecase::document::add(service, &text, app.clone()).await?;
        let (hash, file) = (HEXLOWER.encode(&hash), file.display());
        if is_new {
            println!("{hash}  {file}");
        } else {
            say!("{hash}  {file} (already listed)", "{hash}  {file}（已在列表中）");
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, Failure> {
    let of = |said: &Text| text!("{file}: ", "{file}：", file = file.display()).then(said);
    let text = std::fs::read_to_string(file).map_err(|error| of(&Text::foreign(error.to_string())))?;
    if text.len() > LONGEST {
        let said = text!("a document has at most {LONGEST} bytes", "文档最长 {LONGEST} 字节");
        return Err(of(&said).into());
    }
    guard(&mut Request::new(&text)).map_err(|error| of(&Text::foreign(error.message)))?;
    Ok(text)
}

async fn list(service: &Service, app: Option<&str>) -> Result<(), Failure> {
    let listed = usecase::document::list(service, app_id(service, app)?.as_ref()).await?;
    if listed.is_empty() {
        tell!("no documents are listed", "列表中没有文档");
    }
    for document in listed {
        let app = document.app.as_ref().map_or("*", |app| usecase::app::name_of(service, app));
        let added: DateTime<Utc> = document.added_at.into();
        let added = added.to_rfc3339_opts(SecondsFormat::Secs, true);
        let first = document.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        println!("{}  {app}  {added}  {first}", HEXLOWER.encode(&document.hash));
    }
    Ok(())
}

async fn remove(service: &Service, hashes: &[String], app: Option<&str>) -> Result<(), Failure> {
    let app = app_id(service, app)?;
    let read = |text: &String| -> Result<[u8; 32], Text> {
        let hash = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
        let said =
            || text!("`{text}` is not a hash: it has 64 hex digits", "`{text}` 不是哈希：应为 64 位十六进制字符");
        hash.and_then(|hash| hash.try_into().ok()).ok_or_else(said)
    };
    let hashes = hashes.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    for hash in hashes {
        let removed = usecase::document::remove(service, &hash, app.clone()).await?;
        let hash = HEXLOWER.encode(&hash);
        if removed {
            say!("{hash}  removed", "{hash}  已移除");
        } else {
            say!("{hash}  was not listed", "{hash}  不在列表中");
        }
    }
    Ok(())
}
