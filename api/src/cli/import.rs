//! `guiyi import`: reads CSV or JSON Lines row by row, in batches, with constant memory.
//! What a row changes is decided in `usecase::import`.

mod rows;

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::order::Effect;
use indicatif::{ProgressBar, ProgressStyle};

use self::rows::{OrderRow, Row, Rows, UserRow};
use super::{Failure, logs};
use crate::app::App;
use crate::error::ApiError;
use crate::service::Parts;
use crate::service::Service;
use crate::usecase::ImportError;

/// Rows of one transaction.
const BATCH: usize = 500;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What the rows are.
    kind: Kind,
    /// A .csv file with a header line, or a .jsonl file with one object a line.
    file: PathBuf,
    /// Says what would become of the rows, and keeps none of it. Rows are compared within their batch of 500.
    #[arg(long)]
    dry_run: bool,
}

/// What the rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Accounts: externalId, phone, nickname, createdAt, lastProofAt.
    Users,
    /// Orders: app, orderNo, openId, status, amount, currency, placedAt, items.
    Orders,
}

/// How the rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    JsonLines,
}

/// A row that was not taken over.
#[derive(Debug)]
pub(super) struct BadRow {
    pub(super) line: u64,
    pub(super) reason: String,
}

/// What became of the rows.
#[derive(Debug, Default)]
pub(super) struct Tally {
    created: u64,
    updated: u64,
    unchanged: u64,
    pub(super) bad: Vec<BadRow>,
}

/// Where progress is shown.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    fn of_bytes(bytes: u64) -> Self {
        let style =
            ProgressStyle::with_template("{bar:32} {percent:>3}%  {pos}/{len} B  {bytes_per_sec}  {eta} left  {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(ProgressBar::new(bytes).with_style(style))
    }
}

pub(super) async fn run(parts: Parts, arguments: Arguments) -> Result<(), Failure> {
    logs::start(&parts.config.log)?;
    let format = match arguments.file.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => Format::Csv,
        Some("jsonl" | "ndjson") => Format::JsonLines,
        _ => return Err("the file must end in .csv or .jsonl".into()),
    };
    let open = |e| format!("{} cannot be read: {e}", arguments.file.display());
    let file = File::open(&arguments.file).map_err(open)?;
    let mut progress = Progress::of_bytes(file.metadata().map_err(open)?.len());
    let reader = progress.0.wrap_read(file);
    let app = App::start(parts).await?;
    let what = (arguments.kind, format, arguments.dry_run);
    let tally = import(app.service(), what, reader, &mut progress).await?;
    progress.0.finish_and_clear();
    for bad in &tally.bad {
        eprintln!("line {}: {}", bad.line, bad.reason);
    }
    let verb = if arguments.dry_run { "would be " } else { "" };
    println!(
        "{} {verb}created, {} {verb}updated, {} unchanged, {} bad",
        tally.created,
        tally.updated,
        tally.unchanged,
        tally.bad.len()
    );
    if tally.bad.is_empty() { Ok(()) } else { Err(format!("{} row(s) were not taken over", tally.bad.len()).into()) }
}

/// Imports all rows of `reader`.
pub(super) async fn import(
    service: &Service,
    (kind, format, dry_run): (Kind, Format, bool),
    reader: impl Read + Send,
    progress: &mut Progress,
) -> Result<Tally, Failure> {
    match kind {
        Kind::Users => {
            batches(
                Rows::<UserRow, _>::new(format, reader),
                progress,
                async |users| service.import_users(&users, dry_run).await,
                |row| crate::usecase::read_user(&row.into(), service.now()),
            )
            .await
        }
        Kind::Orders => {
            batches(
                Rows::<OrderRow, _>::new(format, reader),
                progress,
                async |orders| service.import_orders(&orders, dry_run).await,
                |row| row.read(service),
            )
            .await
        }
    }
}

type Outcomes = Result<Vec<Result<Effect, ImportError>>, ApiError>;

async fn batches<R: Row, T>(
    mut rows: Rows<R, impl Read>,
    progress: &mut Progress,
    write: impl AsyncFn(Vec<T>) -> Outcomes,
    read: impl Fn(R) -> Result<T, ImportError>,
) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    loop {
        let (mut lines, mut batch) = (Vec::new(), Vec::new());
        let mut at_end = false;
        while batch.len() < BATCH {
            let Some((line, row)) = rows.next() else {
                at_end = true;
                break;
            };
            match row.and_then(&read) {
                Ok(value) => {
                    lines.push(line);
                    batch.push(value);
                }
                Err(ImportError(reason)) => tally.bad.push(BadRow { line, reason }),
            }
        }
        if !batch.is_empty() {
            let outcomes = write(batch).await?;
            lines.into_iter().zip(outcomes).for_each(|(line, outcome)| tally.count(line, outcome));
        }
        progress.0.set_message(format!("{} rows", tally.rows()));
        if at_end {
            tally.bad.sort_by_key(|bad| bad.line);
            return Ok(tally);
        }
    }
}

impl Tally {
    fn count(&mut self, line: u64, outcome: Result<Effect, ImportError>) {
        match outcome {
            Ok(Effect::Created) => self.created += 1,
            Ok(Effect::Updated) => self.updated += 1,
            Ok(Effect::Unchanged) => self.unchanged += 1,
            Err(ImportError(reason)) => self.bad.push(BadRow { line, reason }),
        }
    }

    fn rows(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.bad.len() as u64
    }
}
