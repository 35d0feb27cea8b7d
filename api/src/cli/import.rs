//! `guiyi import`: reads the file of a shop or a spreadsheet row by row and imports it in batches. Text needs constant memory.
//! See `usecase::import` for the effect of a row.

mod arguments;
mod cell;
mod columns;
mod field;
mod header_words;
mod mapping;
mod order;
mod rows;
mod source;
mod table;
mod tally;
mod user;
mod value;

use clap::ValueEnum;
use domain::Timestamp;
use domain::order::Report;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Read;
use std::path::Path;
use store::import::ImportedUser;

pub(super) use self::arguments::Arguments;
use self::cell::Cell;
use self::field::{Field, Name};
use self::order::Orders;
use self::rows::{Row, Rows};
pub(super) use self::tally::Tally;
use self::tally::{Bad, Line};
use self::value::time::Clock;
use super::words::said;
use super::{Failure, logs};
use crate::app::App;
use crate::error::ApiError;
use crate::service::{Parts, Service};
use crate::text::{Text, text};
use crate::usecase;
use crate::usecase::import::{ImportError, Outcome};

/// Rows of one transaction.
const BATCH: usize = 500;

/// What the rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Accounts: externalId, phone, nickname, createdAt, lastProofAt, `openId:<app>`, `unionId:<scope>`.
    Users,
    /// Orders: app, orderNo, openId, status, amount, currency, placedAt, shopUpdatedAt, items, refunds.
    Orders,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Orders => "orders",
        }
    }
}

/// The format of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Text with a delimiter.
    Csv,
    JsonLines,
    Workbook,
}

/// The progress bar.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    /// Shows how much of a file is read.
    fn of_file(&mut self, file: impl Read + Send + 'static, bytes: u64) -> impl Read + Send + 'static {
        let template = Text::new(
            "{bar:32} {percent:>3}%  {pos}/{len} B  {bytes_per_sec}  {eta} left  {msg}",
            "{bar:32} {percent:>3}%  {pos}/{len} B  {bytes_per_sec}  剩余 {eta}  {msg}",
        );
        let style = ProgressStyle::with_template(said(&template)).unwrap_or_else(|_| ProgressStyle::default_bar());
        self.0 = ProgressBar::new(bytes).with_style(style);
        self.0.wrap_read(file)
    }
}

/// An opened file, and how its values are read.
pub(super) struct Import {
    rows: Rows,
    clock: Clock,
    of: Of,
    /// What the operator should know before the rows are read.
    notes: Vec<Text>,
}

/// What holds for all rows of a file.
enum Of {
    Users { by_phone: bool },
    Orders(Orders),
}

pub(super) async fn run(parts: Parts, arguments: Arguments) -> Result<(), Failure> {
    logs::start(&parts.config.log)?;
    let mut progress = Progress::hidden();
    // Everything that concerns the file as a whole is checked before the database is opened.
    let import = arguments.open(&parts.apps, &mut progress)?;
    if arguments.report.as_ref().is_some_and(|report| is_same(report, &arguments.file)) {
        return Err(text!("the report would overwrite the file that is imported", "结果文件会覆盖要导入的文件").into());
    }
    for note in &import.notes {
        eprintln!("{}", said(note));
    }
    let app = App::start_for_command(parts).await?;
    let mut tally = match &arguments.report {
        Some(file) => Tally::reporting(file)?,
        None => Tally::default(),
    };
    let done = import.run(app.service(), arguments.dry_run, (&mut progress, &mut tally)).await;
    progress.0.finish_and_clear();
    // Prints the known outcomes even if the database failed half-way.
    tally.tell()?;
    println!("{}", said(&tally.summary(arguments.dry_run)));
    done?;
    if tally.rows() == 0 {
        let path = arguments.file.display();
        return Err(text!("{path} has no rows: nothing was imported", "{path} 中没有数据行，未导入任何内容").into());
    }
    match tally.left_out() {
        0 => Ok(()),
        count => Err(text!("{count} row(s) were not imported", "{count} 行未导入").into()),
    }
}

fn is_same(report: &Path, file: &Path) -> bool {
    let paths = [report, file].map(Path::canonicalize);
    matches!(paths, [Ok(report), Ok(file)] if report == file)
}

impl Import {
    /// Imports text of this program, whose columns have their own names.
    #[cfg(feature = "sandbox")]
    pub(super) fn built_in(
        kind: Kind,
        (format, text): (Format, &'static str),
        apps: &crate::apps::Apps,
    ) -> Result<Self, Failure> {
        let columns = columns::Columns::new(kind, std::sync::Arc::default(), apps)?;
        Self::new(source::built_in(format, text), columns)
    }

    /// Imports all rows in batches. On a failure, the tally has the rows imported before.
    pub(super) async fn run(
        self,
        service: &Service,
        dry_run: bool,
        (progress, tally): (&mut Progress, &mut Tally),
    ) -> Result<(), Failure> {
        let Self { rows, clock, of, notes: _ } = self;
        let done = match &of {
            Of::Users { by_phone } => {
                let forecast = if dry_run { Some(usecase::import::forecast(service).await?) } else { None };
                let write = async |users: Vec<ImportedUser>| match &forecast {
                    Some(forecast) => usecase::import::predict_users(service, forecast, &users).await,
                    None => usecase::import::import_users(service, &users).await,
                };
                let read = |row: &Row| user::read(row, service, &clock, *by_phone);
                batches(rows, (progress, &mut *tally), write, read).await
            }
            Of::Orders(orders) => {
                let write = async |orders: Vec<Report>| usecase::import::import_orders(service, &orders, dry_run).await;
                let read = |row: &Row| orders.read(row, service, &clock);
                batches(rows, (progress, &mut *tally), write, read).await
            }
        };
        let repeats = match &of {
            Of::Users { .. } => None,
            Of::Orders(orders) => orders.note(),
        };
        tally.note(clock.note().into_iter().chain(repeats).collect());
        done
    }
}

/// Imports rows in batches. The next batch is read while the database writes one.
async fn batches<T>(
    mut rows: Rows,
    (progress, tally): (&mut Progress, &mut Tally),
    write: impl AsyncFn(Vec<T>) -> Result<Vec<Outcome>, ApiError>,
    read: impl Fn(&Row) -> Result<T, ImportError>,
) -> Result<(), Failure> {
    let mut next = read_batch(&mut rows, &read).await;
    loop {
        let Batch { mut lines, names, values, end } = next;
        let write = async { if values.is_empty() { Ok(Vec::new()) } else { write(values).await } };
        let go_on = async { if end.is_none() { Some(read_batch(&mut rows, &read).await) } else { None } };
        let (written, following) = tokio::join!(write, go_on);
        if let Ok(outcomes) = &written {
            let good = names.into_iter().zip(outcomes.iter().cloned());
            lines.extend(good.map(|((number, name), outcome)| Line { number, name, outcome: Ok(outcome) }));
        }
        tally.count(lines)?;
        written?;
        progress.0.set_message(said(&text!("{rows} rows", "{rows} 行", rows = tally.rows())).to_owned());
        let Some(following) = following else { return end.unwrap_or(Ok(())) };
        next = following;
    }
}

/// Rows to be written, and those that cannot be read.
struct Batch<T> {
    lines: Vec<Line>,
    /// The numbers and names of the rows of `values`.
    names: Vec<(u64, String)>,
    values: Vec<T>,
    /// How the file ended, if it did.
    end: Option<Result<(), Failure>>,
}

async fn read_batch<T>(rows: &mut Rows, read: &impl Fn(&Row) -> Result<T, ImportError>) -> Batch<T> {
    let mut batch = Batch { lines: Vec::new(), names: Vec::new(), values: Vec::new(), end: None };
    while batch.values.len() + batch.lines.len() < BATCH {
        let (number, row) = match rows.next() {
            Ok(Some(next)) => next,
            // What was read before an error of the file is still imported.
            ended => {
                batch.end = Some(ended.map(|_| ()));
                break;
            }
        };
        let value = row.and_then(|row| read(&row).map(|value| (row.name(), value)).map_err(|error| (row, error)));
        match value {
            Ok((name, value)) => {
                batch.names.push((number, name));
                batch.values.push(value);
            }
            Err((row, error)) => {
                batch.lines.push(Line { number, name: row.name(), outcome: Err(describe(error, &row)) });
            }
        }
        // The batch before goes on as soon as the database has answered.
        tokio::task::yield_now().await;
    }
    batch
}

/// Makes the message of a bad row: the column as the file calls it, the value, what is wrong, and what was expected.
fn describe(error: ImportError, row: &Row) -> Bad {
    let ImportError { column, value, reason } = error;
    let Some(column) = column else { return Bad { column: String::new(), reason } };
    let field = column
        .split(':')
        .next()
        .and_then(|name| [Kind::Users, Kind::Orders].iter().find_map(|kind| Field::parse(*kind, name)));
    let mut text = match row.header(&column) {
        Some(header) => text!("{header} ({column}): ", "{header}（{column}）："),
        None => text!("{column}: ", "{column}："),
    };
    if let Some(value) = value {
        text = text.then(&text!("{value:?}: ", "{value:?}："));
    }
    text = text.then(&reason);
    if let Some(field) = field {
        text = text.then(&text!("; expected ", "；应为")).then(&field.name.expected());
    }
    Bad { column, reason: text }
}

/// Makes the reason why a cell cannot be read.
fn bad(field: &Field, cell: &Cell, reason: impl Into<Text>) -> ImportError {
    let shown = if field.name == Name::Phone { usecase::import::masked(&cell.text()) } else { cell.shown() };
    ImportError::new(field.to_string(), Some(shown), reason)
}

fn empty(name: Name) -> ImportError {
    ImportError::new(name.text(), None, text!("empty", "为空"))
}

/// Reads a time that is not in the future, if the cell has one.
fn time(row: &Row, name: Name, (service, clock): (&Service, &Clock)) -> Result<Option<Timestamp>, ImportError> {
    let Some(cell) = row.cell(name) else { return Ok(None) };
    match clock.read(cell) {
        Ok(Some(time)) if usecase::import::is_future(service, time) => {
            Err(bad(&Field::of(name), cell, text!("in the future", "晚于当前时间")))
        }
        read => read.map_err(|reason| bad(&Field::of(name), cell, reason)),
    }
}
