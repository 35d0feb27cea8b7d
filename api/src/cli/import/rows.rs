//! Rows of an import file, one at a time, each with its line.
//! What a row must hold is checked where it is turned into a domain value.

use std::io::{BufRead, BufReader, ErrorKind, Lines, Read};
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use domain::order::Report;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Format;
use crate::service::Service;
use crate::usecase::{ImportError, ItemText, ReportText, UserText};

/// A row as it stands in the file.
pub(super) trait Row: DeserializeOwned {}

/// An account of the company's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UserRow {
    external_id: String,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    nickname: Option<String>,
    #[serde(default)]
    created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    last_proof_at: Option<DateTime<Utc>>,
}

impl Row for UserRow {}

impl From<UserRow> for UserText {
    fn from(row: UserRow) -> Self {
        Self {
            external_id: row.external_id,
            phone: row.phone,
            nickname: row.nickname,
            created_at: row.created_at.map(Into::into),
            last_proof_at: row.last_proof_at.map(Into::into),
        }
    }
}

/// An order of the company's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OrderRow {
    app: String,
    order_no: String,
    open_id: String,
    status: String,
    amount: String,
    currency: String,
    placed_at: DateTime<Utc>,
    #[serde(default)]
    items: Items,
}

/// A list in JSON Lines; the same list as JSON text in a CSV column.
#[derive(Deserialize)]
#[serde(untagged)]
enum Items {
    List(Vec<ItemRow>),
    Text(String),
}

impl Default for Items {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ItemRow {
    #[serde(default)]
    sku: Option<String>,
    title: String,
    quantity: u32,
    unit_price: String,
}

impl Row for OrderRow {}

impl OrderRow {
    /// The order as the service takes it.
    pub(super) fn read(self, service: &Service) -> Result<Report, ImportError> {
        let items = match self.items {
            Items::List(items) => items,
            Items::Text(text) if text.trim().is_empty() => Vec::new(),
            Items::Text(text) => serde_json::from_str(&text).map_err(|e| ImportError(format!("items: {e}")))?,
        };
        let item = |row: ItemRow| ItemText {
            sku: row.sku,
            title: row.title,
            quantity: row.quantity,
            unit_price: row.unit_price,
        };
        let report = ReportText {
            app: self.app,
            order_no: self.order_no,
            open_id: self.open_id,
            status: self.status.parse().map_err(|e: domain::UnknownWord| ImportError(format!("status: {e}")))?,
            amount: self.amount,
            currency: self.currency,
            placed_at: self.placed_at.into(),
            items: items.into_iter().map(item).collect(),
        };
        service.read_report(report).map_err(|e| ImportError(format!("{} {}", e.code(), e.detail()).trim().to_owned()))
    }
}

/// The rows of a file.
pub(super) enum Rows<T, R: Read> {
    Csv(csv::DeserializeRecordsIntoIter<R, T>),
    JsonLines { lines: Option<Lines<BufReader<R>>>, line: u64, row: PhantomData<T> },
}

impl<T: Row, R: Read> Rows<T, R> {
    pub(super) fn new(format: Format, reader: R) -> Self {
        match format {
            Format::Csv => Self::Csv(csv::Reader::from_reader(reader).into_deserialize()),
            Format::JsonLines => {
                Self::JsonLines { lines: Some(BufReader::new(reader).lines()), line: 0, row: PhantomData }
            }
        }
    }

    /// The next row with its line; blank lines are passed over.
    pub(super) fn next(&mut self) -> Option<(u64, Result<T, ImportError>)> {
        match self {
            Self::Csv(records) => {
                let line = records.reader().position().line();
                let row = records.next()?;
                let line = row.as_ref().err().and_then(csv::Error::position).map_or(line, csv::Position::line);
                Some((line, row.map_err(|e| ImportError(csv_reason(&e)))))
            }
            Self::JsonLines { lines, line, .. } => loop {
                *line += 1;
                let text = match lines.as_mut()?.next()? {
                    Ok(text) => text,
                    Err(e) => {
                        // Bad text is one bad line; a file that cannot be read would fail for ever.
                        if e.kind() != ErrorKind::InvalidData {
                            *lines = None;
                        }
                        return Some((*line, Err(ImportError(e.to_string()))));
                    }
                };
                if !text.trim().is_empty() {
                    return Some((*line, serde_json::from_str(&text).map_err(|e| ImportError(e.to_string()))));
                }
            },
        }
    }
}

/// What is wrong with a record, without its place, which is told apart.
fn csv_reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => match err.field() {
            Some(field) => format!("column {}: {}", field + 1, err.kind()),
            None => err.kind().to_string(),
        },
        _ => error.to_string(),
    }
}
