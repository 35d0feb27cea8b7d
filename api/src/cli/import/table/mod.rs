//! The rows of a table: of a text file or of a sheet. See `header` for the row that names the columns.

mod delimiter;
pub(super) mod header;
mod text;

use std::io;

use super::cell::Cell;
use super::source::Text;
use crate::cli::Failure;

pub(super) use self::delimiter::{DELIMITERS, find as find_delimiter};
use self::text::TextRecords;

/// One row of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    /// The line of the file, or the row of the sheet, in which it begins; from 1.
    pub(super) line: u64,
    pub(super) cells: Vec<Cell>,
    /// Why the cells cannot be trusted.
    pub(super) flaw: Option<crate::text::Text>,
}

impl Record {
    /// Returns whether a reader sees nothing in the row.
    pub(super) fn is_blank(&self) -> bool {
        self.flaw.is_none() && self.cells.iter().all(Cell::is_blank)
    }
}

/// The rows of a table that are not blank, in their order.
pub(super) enum Records {
    Text(Box<TextRecords<Text>>),
    Sheet(std::vec::IntoIter<Record>),
}

impl Records {
    pub(super) fn of_text(text: Text, delimiter: u8) -> Self {
        Self::Text(Box::new(TextRecords::new(text, delimiter)))
    }

    /// Returns the next row.
    pub(super) fn next(&mut self) -> Result<Option<Record>, Failure> {
        loop {
            let record = match self {
                Self::Text(records) => records.next()?,
                Self::Sheet(records) => records.next(),
            };
            match record {
                Some(record) if record.is_blank() => {}
                record => return Ok(record),
            }
        }
    }

    /// Returns whether rows have all their cells. A sheet leaves out the empty ones at the end of a row.
    pub(super) const fn is_complete(&self) -> bool {
        matches!(self, Self::Text(_))
    }
}

/// Reads at most `limit` bytes, for a look at the beginning of a text.
pub(super) fn beginning(text: &mut Text, limit: u64) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(text, limit), &mut start)?;
    Ok(start)
}
