//! The rows of an import file, one at a time, each with its line and with its cells by field. See `user` and `order` for
//! their values.

use std::collections::HashMap;
use std::io::{BufRead, Read};
use std::sync::Arc;

use serde::Deserializer;
use serde::de::{MapAccess, Visitor};

use super::bad;
use super::cell::{Cell, shorten};
use super::columns::{Columns, Header, Use, without_controls};
use super::field::{Field, Name};
use super::source::{Source, Text};
use super::table::header::{FIRST, Found, find};
use super::table::{Record, Records, beginning, find_delimiter};
use super::value::key;
use crate::cli::Failure;
use crate::text::{Text as Message, text};
use crate::usecase::import::ImportError;

/// How much of a text is looked at to find its delimiter, in bytes.
const BEGINNING: u64 = 256 * 1024;
/// The longest line of JSON, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// A row: its cells, each with its field and with the header in the file.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Row(Vec<(Field, Arc<str>, Cell)>);

impl Row {
    /// Returns the cell of a field. A blank cell is no cell.
    pub(super) fn cell(&self, name: Name) -> Option<&Cell> {
        self.cells(name).map(|(_, cell)| cell).next()
    }

    /// Returns the cells of a field that has several places.
    pub(super) fn cells(&self, name: Name) -> impl Iterator<Item = (&Field, &Cell)> {
        let of_name = self.0.iter().filter(move |(field, ..)| field.name == name);
        of_name.filter(|(.., cell)| !cell.is_blank()).map(|(field, _, cell)| (field, cell))
    }

    /// Returns the company's own id of the row.
    pub(super) fn name(&self) -> String {
        let id = self.cell(Name::ExternalId).or_else(|| self.cell(Name::OrderNo));
        id.map(|cell| key::read(cell).ok().flatten().unwrap_or_else(|| shorten(&cell.text()))).unwrap_or_default()
    }

    /// Returns the header of a field in the file, if it differs from the field's name.
    pub(super) fn header(&self, field: &str) -> Option<&str> {
        let (_, header, _) = self.0.iter().find(|(known, ..)| known.to_string() == field)?;
        (**header != *field).then_some(header)
    }

    /// Refuses a row with a character that the encoding does not have, or that was lost before.
    fn whole(self) -> Result<Self, (Self, ImportError)> {
        let is_damaged = |(_, _, cell): &&(Field, Arc<str>, Cell)| cell.text().contains('\u{FFFD}');
        match self.0.iter().find(is_damaged) {
            Some((field, _, cell)) => {
                let reason = text!(
                    "a character is damaged, or the file is in another encoding (--encoding)",
                    "含有损坏的字符，或文件是另一种编码（--encoding）"
                );
                let error = bad(field, cell, reason);
                Err((self, error))
            }
            None => Ok(self),
        }
    }
}

/// What was read of a line: a row, or the reason why there is none, with what is known of it.
pub(super) type ReadRow = Result<Row, (Row, ImportError)>;

/// The rows of a file.
pub(super) enum Rows {
    Table { records: Records, header: Header },
    JsonLines(JsonLines),
}

impl Rows {
    /// Finds the columns of a file. A mistake of its header is an error here, before any row.
    pub(super) fn new(source: Source, columns: Columns, delimiter: Option<u8>) -> Result<Self, Failure> {
        let mut records = match source {
            Source::JsonLines(text) => return Ok(Self::JsonLines(JsonLines::new(text, columns))),
            Source::Sheet(sheet) => Records::Sheet(sheet.records.into_iter()),
            Source::Csv(mut text) => {
                let start = beginning(&mut text, BEGINNING)?;
                let delimiter =
                    delimiter.unwrap_or_else(|| find_delimiter(&start, FIRST, |record| columns.fit(record)));
                Records::of_text(Box::new(std::io::Cursor::new(start).chain(text)), delimiter)
            }
        };
        let header = match find(&mut records, |record| columns.is_header(record))? {
            Found::Header(record) => columns.header(&record)?,
            // A file without rows is another mistake, which the caller reports.
            Found::Nothing(seen) if seen.is_empty() => Header { columns: Vec::new(), width: 0, note: None },
            Found::Nothing(seen) => return Err(columns.no_header(&seen)),
        };
        Ok(Self::Table { records, header })
    }

    /// Says how the columns of a table are read, if it is not obvious.
    pub(super) fn note(&self) -> Option<&Message> {
        match self {
            Self::Table { header, .. } => header.note.as_ref(),
            Self::JsonLines(_) => None,
        }
    }

    /// Returns the next row with its line; skips blank lines.
    pub(super) fn next(&mut self) -> Result<Option<(u64, ReadRow)>, Failure> {
        match self {
            Self::Table { records, header } => {
                let is_complete = records.is_complete();
                Ok(records.next()?.map(|record| (record.line, header.row(record, is_complete))))
            }
            Self::JsonLines(lines) => lines.next(),
        }
    }
}

impl Header {
    fn row(&self, record: Record, is_complete: bool) -> ReadRow {
        let count = record.cells.len();
        let has_more = record.cells.iter().skip(self.columns.len()).any(|cell| !cell.is_blank());
        let has_less = is_complete && count < self.width;
        let cells = record.cells.into_iter().chain(std::iter::repeat(Cell::Empty));
        let cells = self.columns.iter().zip(cells).flat_map(|(fields, cell)| {
            fields.iter().map(move |(field, header)| (field.clone(), Arc::clone(header), cell.clone()))
        });
        let row = Row(cells.collect());
        let flaw = match record.flaw {
            Some(flaw) => flaw,
            None if has_more || has_less => text!(
                "the row has {count} cells, and the header {width}: is a delimiter or a quotation mark in a value?",
                "此行有 {count} 列，表头有 {width} 列：值中是否含有分隔符或引号？",
                width = self.width
            ),
            None => return row.whole(),
        };
        Err((row, ImportError::of_row(flaw)))
    }
}

/// Objects, one on each line.
pub(super) struct JsonLines {
    text: Text,
    line: u64,
    columns: Columns,
    /// What each key is used for, which is the same in every line.
    uses: HashMap<String, Use>,
}

impl JsonLines {
    fn new(text: Text, columns: Columns) -> Self {
        Self { text, line: 0, columns, uses: HashMap::new() }
    }

    fn next(&mut self) -> Result<Option<(u64, ReadRow)>, Failure> {
        loop {
            self.line += 1;
            let mut line = Vec::new();
            let length = (&mut self.text).take(LONGEST).read_until(b'\n', &mut line)?;
            if length == 0 {
                return Ok(None);
            }
            if length as u64 == LONGEST {
                return Err(text!(
                    "line {line}: longer than a mebibyte; the lines from there on were not read",
                    "第 {line} 行：超过 1 MiB；此行及之后的内容未读取",
                    line = self.line
                )
                .into());
            }
            let text = String::from_utf8_lossy(&line);
            let text = if self.line == 1 { text.trim_start_matches('\u{FEFF}') } else { &text };
            if !text.trim().is_empty() {
                return Ok(Some((self.line, self.row(text))));
            }
        }
    }

    fn row(&mut self, text: &str) -> ReadRow {
        let object = read_object(text).map_err(|reason| (Row::default(), ImportError::of_row(reason)))?;
        let mut row = Row::default();
        let mut mistake = None;
        for (key, cell) in object {
            let is_new = self.uses.len() < 1_000;
            let found = match self.uses.get(&key) {
                Some(known) => known.clone(),
                None => self.columns.use_of(&key),
            };
            let problem = match &found {
                Use::Fields(fields) => {
                    let twice = fields.iter().find(|field| row.0.iter().any(|(known, ..)| known == *field));
                    let twice = twice.map(|field| text!("the column {field} appears twice", "列 {field} 重复出现"));
                    let header: Arc<str> = without_controls(&key).into();
                    row.0.extend(fields.iter().map(|field| (field.clone(), Arc::clone(&header), cell.clone())));
                    twice
                }
                Use::Skipped => None,
                Use::Unknown => Some(text!(
                    "there is no column {key:?}: --map \"{key}=…\" says what it is, or \"{key}=-\" skips it",
                    "无法识别的列 {key:?}：用 --map \"{key}=…\" 指定其含义，或用 \"{key}=-\" 忽略"
                )),
                Use::Wrong(reason) => Some(reason.clone()),
            };
            mistake = mistake.or(problem);
            if is_new {
                self.uses.insert(key, found);
            }
        }
        let lacks = |name: &Name| !row.0.iter().any(|(field, ..)| field.name == *name);
        let lacking = self.columns.required().find(lacks);
        let lacking = lacking.map(|name| {
            text!("the column {name} is missing; expected ", "缺少列 {name}；应为", name = name.text())
                .then(&name.expected())
        });
        match mistake.or(lacking) {
            Some(reason) => Err((row, ImportError::of_row(reason))),
            None => row.whole(),
        }
    }
}

/// Reads an object with its keys in their order, and with those that appear twice.
fn read_object(text: &str) -> Result<Vec<(String, Cell)>, Message> {
    struct Keys;

    impl<'de> Visitor<'de> for Keys {
        type Value = Vec<(String, Cell)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object such as {\"externalId\": \"C-1001\"}")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut cells = Vec::new();
            while let Some((key, value)) = map.next_entry::<String, serde_json::Value>()? {
                cells.push((key, cell(value)));
            }
            Ok(cells)
        }
    }

    let mut reader = serde_json::Deserializer::from_str(text);
    let object = reader.deserialize_map(Keys).and_then(|object| reader.end().map(|()| object));
    object.map_err(|error| text!("not a JSON object: ", "不是 JSON 对象：").then(&Message::foreign(error.to_string())))
}

fn cell(value: serde_json::Value) -> Cell {
    use serde_json::Value;
    match value {
        Value::Null => Cell::Empty,
        Value::String(text) => Cell::Text(text),
        // A whole number is exact, whatever its length; any other is like that of a workbook.
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => Cell::Number(float),
            Some(_) | None => Cell::Text(number.to_string()),
        },
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Cell::Json(value),
    }
}

#[cfg(test)]
mod tests;
