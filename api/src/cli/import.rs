//! `guiyi import`: reads CSV or JSON Lines row by row and imports it in batches, with constant memory.
//! See `usecase::import` for the effect of a row.

mod rows;
mod tally;

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::order::Report;
use indicatif::{ProgressBar, ProgressStyle};
use store::import::ImportedUser;

use self::rows::{OrderRow, Row, Rows, UserRow};
use self::tally::Line;
use super::{Failure, logs};
use crate::app::App;
use crate::error::ApiError;
use crate::service::{Parts, Service};
use crate::usecase;
use crate::usecase::import::{ImportError, Outcome};

pub(super) use self::tally::Tally;

/// Rows of one transaction.
const BATCH: usize = 500;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What the rows are.
    kind: Kind,
    /// A .csv file with a header line, or a .jsonl file with one object a line.
    file: PathBuf,
    /// Prints what each row would change, without changing it.
    #[arg(long)]
    dry_run: bool,
    /// Writes the outcome of every row to this CSV file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// What the rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Accounts: externalId, phone, nickname, createdAt, lastProofAt, `openId:<app>`, `unionId:<scope>`.
    Users,
    /// Orders: app, orderNo, openId, status, amount, currency, placedAt, items.
    Orders,
}

/// The format of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    JsonLines,
}

/// The progress bar.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    #[cfg(feature = "sandbox")]
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
    let ending = arguments.file.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    let format = match ending.as_deref() {
        Some("csv") => Format::Csv,
        Some("jsonl" | "ndjson") => Format::JsonLines,
        _ => return Err("the file must end in .csv or .jsonl".into()),
    };
    let open = |e| format!("{} cannot be read: {e}", arguments.file.display());
    let file = File::open(&arguments.file).map_err(open)?;
    let mut progress = Progress::of_bytes(file.metadata().map_err(open)?.len());
    let reader = progress.0.wrap_read(file);
    let app = App::start_for_command(parts).await?;
    let mut tally = match &arguments.report {
        Some(file) => Tally::reporting(file)?,
        None => Tally::default(),
    };
    let what = (arguments.kind, format, arguments.dry_run);
    let done = import(app.service(), what, reader, (&mut progress, &mut tally)).await;
    progress.0.finish_and_clear();
    // Prints the known outcomes even if the database failed half-way.
    tally.tell()?;
    println!("{}", tally.summary(arguments.dry_run));
    done?;
    if tally.rows() == 0 {
        return Err(format!("{} has no rows: nothing was imported", arguments.file.display()).into());
    }
    match tally.left_out() {
        0 => Ok(()),
        count => Err(format!("{count} row(s) were not imported").into()),
    }
}

/// Imports all rows of `reader` in batches. On a failure, the tally has the rows imported before.
pub(super) async fn import(
    service: &Service,
    (kind, format, dry_run): (Kind, Format, bool),
    reader: impl Read + Send,
    seen: (&mut Progress, &mut Tally),
) -> Result<(), Failure> {
    match kind {
        Kind::Users => {
            let forecast = if dry_run { Some(usecase::import::forecast(service).await?) } else { None };
            let write = async |users: Vec<ImportedUser>| match &forecast {
                Some(forecast) => usecase::import::predict_users(service, forecast, &users).await,
                None => usecase::import::import_users(service, &users).await,
            };
            let rows = Rows::<UserRow, _>::new(format, reader);
            batches(rows, seen, write, |row| row.read(service)).await
        }
        Kind::Orders => {
            let write = async |orders: Vec<Report>| usecase::import::import_orders(service, &orders, dry_run).await;
            let rows = Rows::<OrderRow, _>::new(format, reader);
            batches(rows, seen, write, |row| row.read(service)).await
        }
    }
}

async fn batches<R: Row, T>(
    mut rows: Rows<R, impl Read>,
    (progress, tally): (&mut Progress, &mut Tally),
    write: impl AsyncFn(Vec<T>) -> Result<Vec<Outcome>, ApiError>,
    read: impl Fn(R) -> Result<T, ImportError>,
) -> Result<(), Failure> {
    loop {
        let (mut lines, mut names, mut batch) = (Vec::new(), Vec::new(), Vec::new());
        let mut at_end = false;
        while batch.len() + lines.len() < BATCH {
            let Some((number, row)) = rows.next() else {
                at_end = true;
                break;
            };
            let name = row.as_ref().map(Row::name).unwrap_or_default();
            match row.and_then(&read) {
                Ok(value) => {
                    names.push((number, name));
                    batch.push(value);
                }
                Err(bad) => lines.push(Line { number, name, outcome: Err(bad) }),
            }
        }
        let written = if batch.is_empty() { Ok(Vec::new()) } else { write(batch).await };
        if let Ok(outcomes) = &written {
            let good = names.into_iter().zip(outcomes.iter().cloned());
            lines.extend(good.map(|((number, name), outcome)| Line { number, name, outcome: Ok(outcome) }));
        }
        tally.count(lines)?;
        written?;
        progress.0.set_message(format!("{} rows", tally.rows()));
        if at_end {
            return Ok(());
        }
    }
}
