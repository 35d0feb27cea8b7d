//! Finds the header among the first rows of a table, below the lines that a shop writes as a title. See `columns` for what it
//! means.

use super::{Record, Records};
use crate::cli::Failure;

/// How many rows may be read to find the header.
pub(in crate::cli::import) const FIRST: usize = 20;

/// What was found at the beginning of a table.
#[derive(Debug)]
pub(in crate::cli::import) enum Found {
    Header(Record),
    /// None of these rows is a header.
    Nothing(Vec<Record>),
}

/// Reads up to the first row that is a header.
pub(in crate::cli::import) fn find(
    records: &mut Records,
    is_header: impl Fn(&Record) -> bool,
) -> Result<Found, Failure> {
    let mut seen = Vec::new();
    while seen.len() < FIRST {
        match records.next()? {
            Some(record) if is_header(&record) => return Ok(Found::Header(record)),
            Some(record) => seen.push(record),
            None => break,
        }
    }
    Ok(Found::Nothing(seen))
}
