//! What separates the columns of a text file: what its header is made of.

use super::Record;
use super::text::TextRecords;

/// The delimiters, the most usual one first.
pub(in crate::cli::import) const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Returns the delimiter that makes the best header of one of the first rows, by a function that counts what a row has of one.
/// Without any header it is the one that makes the most columns.
pub(in crate::cli::import) fn find(start: &[u8], rows: usize, fit: impl Fn(&Record) -> usize) -> u8 {
    let start = String::from_utf8_lossy(start);
    let best = |delimiter: &u8| {
        let first = first(&start, *delimiter, rows);
        let fits = first.iter().map(&fit).max().unwrap_or_default();
        (fits, first.iter().map(|record| record.cells.len()).max().unwrap_or_default())
    };
    // The last of equal ones would win.
    DELIMITERS.into_iter().rev().max_by_key(best).unwrap_or(DELIMITERS[0])
}

fn first(start: &str, delimiter: u8, rows: usize) -> Vec<Record> {
    let mut records = TextRecords::new(start.as_bytes(), delimiter);
    let mut first = Vec::new();
    while first.len() < rows {
        match records.next() {
            Ok(Some(record)) if record.is_blank() => {}
            Ok(Some(record)) => first.push(record),
            Ok(None) | Err(_) => break,
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::import::cell::Cell;

    fn found(text: &str) -> char {
        let known = ["externalId", "phone", "nickname"];
        let is_known = |cell: &&Cell| known.contains(&cell.text().as_str());
        char::from(find(text.as_bytes(), 20, |record| record.cells.iter().filter(is_known).count()))
    }

    #[test]
    fn the_delimiter_is_the_one_of_the_header() {
        assert_eq!(found("externalId,phone\nC-1;2;3;4,5\n"), ',');
        assert_eq!(found("externalId;phone\nC-1,1;2\n"), ';');
        assert_eq!(found("Members, June; all, sorted, by name\nexternalId\tphone\nC-1\t1\n"), '\t');
        assert_eq!(found("externalId|phone\n"), '|');
        assert_eq!(found("externalId\nC-1\n"), ',');
        assert_eq!(found("a;b;c\n1;2;3\n"), ';');
        assert_eq!(found(""), ',');
    }
}
