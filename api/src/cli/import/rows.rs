//! Parses the rows of an import file, one at a time, each with its line number.

use std::fmt;
use std::io::{BufRead, BufReader, ErrorKind, Lines, Read};
use std::marker::PhantomData;

use chrono::{DateTime, Datelike, Utc};
use domain::Timestamp;
use domain::order::Report;
use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use store::import::ImportedUser;

use super::Format;
use crate::service::Service;
use crate::usecase;
use crate::usecase::import::{ImportError, UserText};
use crate::usecase::order::{ItemText, ReportText};

/// A row of the file.
pub(super) trait Row: DeserializeOwned {
    /// Returns the company's own id of the row.
    fn name(&self) -> String;
}

/// An account: its columns by name, since there is one for each app and for each scope.
#[derive(Debug)]
pub(super) struct UserRow(Vec<(String, Option<String>)>);

impl<'de> Deserialize<'de> for UserRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Columns)
    }
}

struct Columns;

impl<'de> Visitor<'de> for Columns {
    type Value = UserRow;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an account with named columns")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UserRow, A::Error> {
        let mut columns: Vec<(String, Option<String>)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Option<String>>()? {
            if columns.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format!("the column {name} appears twice")));
            }
            columns.push((name, value));
        }
        Ok(UserRow(columns))
    }
}

impl Row for UserRow {
    fn name(&self) -> String {
        let column = self.0.iter().find(|(name, _)| name == "externalId");
        column.and_then(|(_, id)| id.clone()).unwrap_or_default()
    }
}

impl UserRow {
    /// Converts the row to the use case's input.
    pub(super) fn read(self, service: &Service) -> Result<ImportedUser, ImportError> {
        let mut text = UserText::default();
        let mut is_named = false;
        for (name, value) in self.0 {
            let value = value.filter(|value| !value.trim().is_empty());
            match name.as_str() {
                "externalId" => {
                    is_named = true;
                    text.external_id = unguarded(&value.unwrap_or_default());
                }
                "phone" => text.phone = value.map(|value| unguarded(&value)),
                "nickname" => text.nickname = value,
                "createdAt" => text.created_at = time("createdAt", value)?,
                "lastProofAt" => text.last_proof_at = time("lastProofAt", value)?,
                other => {
                    let (keys, place) = match other.split_once(':') {
                        Some(("openId", app)) => (&mut text.open_ids, app),
                        Some(("unionId", scope)) => (&mut text.union_ids, scope),
                        Some(_) | None => return Err(ImportError(format!("there is no column {other}"))),
                    };
                    keys.extend(value.map(|value| (place.to_owned(), unguarded(&value))));
                }
            }
        }
        if is_named {
            usecase::import::read_user(service, &text)
        } else {
            Err(ImportError("the column externalId is missing".to_owned()))
        }
    }
}

fn time(column: &str, text: Option<String>) -> Result<Option<Timestamp>, ImportError> {
    let read = |text: String| text.trim().parse::<DateTime<Utc>>().map_err(|e| ImportError(format!("{column}: {e}")));
    Ok(text.map(read).transpose()?.filter(|time| !is_zero(time)).map(Into::into))
}

/// The time that programs write for none: the zero of Go and .NET (year 1), and of Unix.
fn is_zero(time: &DateTime<Utc>) -> bool {
    time.year() <= 1 || *time == DateTime::UNIX_EPOCH
}

/// Removes what spreadsheets and shops put around an id so that it stays text: `="A-1"`, `'A-1`, `` `A-1` ``.
fn unguarded(value: &str) -> String {
    let value = value.trim();
    let formula = value.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    let bare = formula.unwrap_or_else(|| value.strip_prefix(['\'', '`']).unwrap_or(value));
    bare.strip_suffix('`').unwrap_or(bare).trim().to_owned()
}

/// An order.
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
    quantity: NumberOrText,
    unit_price: String,
}

/// A decimal number, as a number of JSON or as text.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a quantity must be a number, or a number as text")]
enum NumberOrText {
    Number(serde_json::Number),
    Text(String),
}

impl From<NumberOrText> for String {
    fn from(value: NumberOrText) -> Self {
        match value {
            NumberOrText::Number(number) => usecase::order::decimal_of(&number),
            NumberOrText::Text(text) => text,
        }
    }
}

impl Row for OrderRow {
    fn name(&self) -> String {
        self.order_no.clone()
    }
}

impl OrderRow {
    /// Converts the row to the use case's input.
    pub(super) fn read(self, service: &Service) -> Result<Report, ImportError> {
        let items = match self.items {
            Items::List(items) => items,
            Items::Text(text) if text.trim().is_empty() => Vec::new(),
            Items::Text(text) => serde_json::from_str(&text).map_err(|e| ImportError(format!("items: {e}")))?,
        };
        let item = |row: ItemRow| ItemText {
            sku: row.sku.map(|sku| unguarded(&sku)),
            title: row.title,
            quantity: row.quantity.into(),
            unit_price: row.unit_price,
        };
        let report = ReportText {
            app: self.app,
            order_no: unguarded(&self.order_no),
            open_id: unguarded(&self.open_id),
            status: self.status.parse().map_err(|e: domain::UnknownWord| ImportError(format!("status: {e}")))?,
            amount: self.amount,
            currency: self.currency,
            placed_at: self.placed_at.into(),
            items: items.into_iter().map(item).collect(),
        };
        usecase::order::read_report(service, report).map_err(|bad| ImportError(format!("{} {bad}", bad.code)))
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

    /// Returns the next row with its line; skips blank lines.
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
                        // Invalid text affects one line; an unreadable file would fail forever.
                        if e.kind() != ErrorKind::InvalidData {
                            *lines = None;
                        }
                        return Some((*line, Err(ImportError(e.to_string()))));
                    }
                };
                // Editors on Windows begin a file with a byte order mark.
                let text = if *line == 1 { text.trim_start_matches('\u{FEFF}') } else { &text };
                if !text.trim().is_empty() {
                    return Some((*line, read_object(text)));
                }
            },
        }
    }
}

/// A struct would also accept an array of its fields in their order, so that any list would be parsed as a row.
fn read_object<R: Row>(text: &str) -> Result<R, ImportError> {
    if text.trim_start().starts_with('[') {
        return Err(ImportError("the line is an array, and not a JSON object".to_owned()));
    }
    serde_json::from_str(text).map_err(|e| ImportError(e.to_string()))
}

/// Returns what is wrong with a record, without its position, which is printed separately.
fn csv_reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => match err.field() {
            Some(field) => format!("column {}: {}", field + 1, err.kind()),
            None => err.kind().to_string(),
        },
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

    use super::*;

    /// Counts the rows of a file, valid or not; fails if there are more than its bytes allow, as in an endless loop.
    fn count<T: Row>(format: Format, bytes: &[u8]) -> usize {
        let mut rows = Rows::<T, _>::new(format, bytes);
        let limit = bytes.len() + 2;
        (0..limit).take_while(|_| rows.next().is_some()).count()
    }

    #[test]
    fn what_spreadsheets_put_around_an_id_is_no_part_of_it() {
        for (guarded, id) in [
            ("=\"B-20\"", "B-20"),
            ("'B-21", "B-21"),
            ("`B-22`", "B-22"),
            ("`B-23", "B-23"),
            ("\tB-24 ", "B-24"),
            ("B-25", "B-25"),
        ] {
            assert_eq!(unguarded(guarded), id, "{guarded}");
        }
        // Half a guard is a part of the id, and no id has quotation marks: it is refused later.
        assert_eq!(unguarded("=\"B-26"), "=\"B-26");
    }

    #[test]
    fn the_zero_of_a_program_is_no_time() {
        let read = |text: &str| time("lastProofAt", Some(text.to_owned())).expect("a time");

        for zero in ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970-01-01T08:00:00+08:00"] {
            assert_eq!(read(zero), None, "{zero}");
        }
        assert!(read("1970-01-01T00:00:01Z").is_some());
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_row() {
        for (format, text) in
            [(Format::JsonLines, "\u{FEFF}{\"externalId\":\"C-1\"}\n"), (Format::Csv, "\u{FEFF}externalId\nC-1\n")]
        {
            let mut rows = Rows::<UserRow, _>::new(format, text.as_bytes());

            assert_eq!(rows.next().expect("a row").1.expect("a sound row").name(), "C-1", "{format:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn a_file_of_any_bytes_comes_to_an_end(
            bytes in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..400),
                "(externalId|phone|openId:shop|,|\"|\r?\n|[{}:\\[\\]]|[a-z0-9])*".prop_map(String::into_bytes),
            ],
        ) {
            let lines = bytes.iter().filter(|byte| **byte == b'\n' || **byte == b'\r').count() + 1;
            for format in [Format::Csv, Format::JsonLines] {
                prop_assert!(count::<UserRow>(format, &bytes) <= lines);
                prop_assert!(count::<OrderRow>(format, &bytes) <= lines);
            }
        }

        #[test]
        fn what_is_written_as_json_lines_reads_back(id in "[!-~]{1,60}", name in any::<String>()) {
            let written = serde_json::json!({ "externalId": id, "nickname": name }).to_string();
            let mut rows = Rows::<UserRow, _>::new(Format::JsonLines, written.as_bytes());

            let (line, row) = rows.next().expect("a row");

            let expected = vec![("externalId".to_owned(), Some(id)), ("nickname".to_owned(), Some(name))];
            prop_assert_eq!((line, row.expect("a sound row").0), (1, expected));
            prop_assert!(rows.next().is_none());
        }
    }
}
