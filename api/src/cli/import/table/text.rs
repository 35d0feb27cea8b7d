//! Reads delimited text row by row, with the line in which each begins. Quotation marks are those of RFC 4180; lines end in any
//! of the usual ways.

use std::io::BufRead;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::Record;
use crate::cli::Failure;
use crate::cli::import::cell::Cell;
use crate::text::{Text, text};

/// The longest row, in bytes. A quotation mark that is not closed makes one row of the rest of the file.
const LONGEST: usize = 1024 * 1024;
/// The most columns.
const COLUMNS: usize = 1_000;
/// Put behind the end of the file: if it becomes part of a value, a quotation mark is open there.
const END: &[u8] = b"\n\0end of file\0\n";

fn unquoted() -> Text {
    text!(
        "a quotation mark is not closed, or one within a value is not doubled: the lines up to the next mark are part of this row, and \
         were not imported",
        "引号没有闭合，或值中的引号没有写成两个：直到下一个引号的各行都被当作本行的一部分，未导入"
    )
}

fn unclosed() -> Text {
    text!(
        "a quotation mark is not closed: the rest of the file is part of this row, and was not imported",
        "引号没有闭合：文件其余部分都被当作本行的一部分，未导入"
    )
}

pub(in crate::cli::import) struct TextRecords<R> {
    text: R,
    parser: Reader,
    lines: Lines,
    marks: Marks,
    /// The fields of the row, one after the other, and where each ends.
    fields: Vec<u8>,
    ends: Vec<usize>,
    /// What is left of `END`, once the file is read.
    rest: Option<&'static [u8]>,
    is_over: bool,
}

/// Counts the ends of lines: `\n`, `\r\n` and `\r`.
struct Lines {
    line: u64,
    was_return: bool,
}

impl Lines {
    fn pass(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\r' || (*byte == b'\n' && !self.was_return) {
                self.line += 1;
            }
            self.was_return = *byte == b'\r';
        }
    }
}

/// Where the reader of a row is. RFC 4180, section 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the start of a value.
    Start,
    /// In a value without quotation marks.
    Bare,
    /// In a value with them.
    Quoted,
    /// Behind a mark in such a value, which closes it or is the first of two.
    Closed,
}

/// Finds a value that goes on behind its closing mark. The parser takes it, with all rows that stand between two marks.
#[derive(Debug)]
struct Marks {
    delimiter: u8,
    place: Place,
    is_flawed: bool,
}

impl Marks {
    fn pass(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let ends = *byte == self.delimiter || matches!(byte, b'\r' | b'\n');
            self.place = match (self.place, byte) {
                (Place::Quoted, b'"') => Place::Closed,
                (Place::Start | Place::Closed, b'"') | (Place::Quoted, _) => Place::Quoted,
                (Place::Start | Place::Bare | Place::Closed, _) if ends => Place::Start,
                (Place::Closed, _) => {
                    self.is_flawed = true;
                    Place::Bare
                }
                (Place::Start | Place::Bare, _) => Place::Bare,
            };
        }
    }

    /// Begins a row, and returns whether the one before had a flaw.
    fn restart(&mut self) -> bool {
        self.place = Place::Start;
        std::mem::take(&mut self.is_flawed)
    }
}

impl<R: BufRead> TextRecords<R> {
    pub(super) fn new(text: R, delimiter: u8) -> Self {
        Self {
            text,
            parser: ReaderBuilder::new().delimiter(delimiter).build(),
            lines: Lines { line: 1, was_return: false },
            marks: Marks { delimiter, place: Place::Start, is_flawed: false },
            fields: vec![0; 4 * 1024],
            ends: vec![0; 64],
            rest: None,
            is_over: false,
        }
    }

    /// Returns the next row that is not an empty line.
    pub(super) fn next(&mut self) -> Result<Option<Record>, Failure> {
        if self.is_over {
            return Ok(None);
        }
        self.skip_empty_lines()?;
        let line = self.lines.line;
        let (mut length, mut count) = (0, 0);
        loop {
            let input = match self.rest {
                Some(rest) => rest,
                None => self.text.fill_buf()?,
            };
            if input.is_empty() && self.rest.is_none() {
                self.rest = Some(END);
                continue;
            }
            let (result, read, written, ended) =
                self.parser.read_record(input, &mut self.fields[length..], &mut self.ends[count..]);
            self.lines.pass(&input[..read]);
            self.marks.pass(&input[..read]);
            match &mut self.rest {
                Some(rest) => *rest = &rest[read..],
                None => self.text.consume(read),
            }
            (length, count) = (length + written, count + ended);
            match result {
                ReadRecordResult::Record => return Ok(self.record(line, count)),
                ReadRecordResult::End => {
                    self.is_over = true;
                    return Ok(None);
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.fields.len() < LONGEST => {
                    self.fields.resize(self.fields.len() * 2, 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < COLUMNS => {
                    self.ends.resize(self.ends.len() * 2, 0);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => return Err(too_long(line)),
            }
        }
    }

    /// Passes the ends of lines before a row, so that the row's line is the one in which it begins.
    fn skip_empty_lines(&mut self) -> Result<(), Failure> {
        while self.rest.is_none() {
            let input = self.text.fill_buf()?;
            let ends = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if ends == 0 {
                break;
            }
            self.lines.pass(&input[..ends]);
            self.text.consume(ends);
        }
        Ok(())
    }

    fn record(&mut self, line: u64, count: usize) -> Option<Record> {
        let is_flawed = self.marks.restart();
        let starts = std::iter::once(0).chain(self.ends[..count].iter().copied());
        let fields = starts.zip(&self.ends[..count]).map(|(start, end)| &self.fields[start..*end]);
        let cells: Vec<Cell> = fields.map(|field| Cell::Text(String::from_utf8_lossy(field).into_owned())).collect();
        let end = str::from_utf8(END).unwrap_or_default();
        let Some(Cell::Text(last)) = cells.last() else { return Some(Record { line, cells, flaw: None }) };
        if self.rest.is_some() && count == 1 && last == end.trim_matches('\n') {
            self.is_over = true;
            return None;
        }
        let is_open = self.rest.is_some() && last.contains(end.trim_matches('\n'));
        let flaw = match (is_open, is_flawed) {
            (true, _) => Some(unclosed()),
            (false, true) => Some(unquoted()),
            (false, false) => None,
        };
        let cells = if flaw.is_some() { Vec::new() } else { cells };
        Some(Record { line, cells, flaw })
    }
}

fn too_long(line: u64) -> Failure {
    text!(
        "line {line}: a row with more than a mebibyte or a thousand columns: probably a quotation mark is not closed; \
         the rows from there on were not read",
        "第 {line} 行：一行超过 1 MiB 或 1000 列，可能是引号没有闭合；此行及之后的内容未读取"
    )
    .into()
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn read(text: &str, piece: usize) -> Vec<(u64, Vec<String>, bool)> {
        let mut records = TextRecords::new(BufReader::with_capacity(piece, text.as_bytes()), b',');
        let mut read = Vec::new();
        while let Some(record) = records.next().expect("text in memory") {
            let cells = record.cells.iter().map(|cell| match cell {
                Cell::Text(text) => text.clone(),
                other => format!("{other:?}"),
            });
            read.push((record.line, cells.collect(), record.flaw.is_some()));
        }
        read
    }

    fn lines(text: &str) -> Vec<u64> {
        read(text, 3).into_iter().map(|(line, ..)| line).collect()
    }

    #[test]
    fn a_row_has_the_line_in_which_it_begins_however_lines_end() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "1,\"x", "y\"", "", "", "2,z"].join(end);
            assert_eq!(lines(&text), [1, 3, 7], "{end:?}");
            assert_eq!(lines(&(text + end)), [1, 3, 7], "{end:?}");
        }
        assert_eq!(lines(""), [0_u64; 0]);
        assert_eq!(lines("\n\n"), [0_u64; 0]);
    }

    #[test]
    fn quoted_values_keep_delimiters_marks_and_lines() {
        let rows = read("a,\"b,\"\"c\"\"\nd\",\"\"\n", 2);

        assert_eq!(rows, [(1, vec!["a".to_owned(), "b,\"c\"\nd".to_owned(), String::new()], false)]);
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_is_found() {
        for text in ["a,b\nc,\"d\ne,f\n", "a,b\nc,\"d", "a,b\n\""] {
            let rows = read(text, 4);
            assert_eq!(
                rows.iter().map(|(line, _, flaw)| (*line, *flaw)).collect::<Vec<_>>(),
                [(1, false), (2, true)],
                "{text:?}"
            );
        }
        assert!(read("a,\"b\"", 4).iter().all(|(_, _, flaw)| !flaw));
    }

    #[test]
    fn a_value_that_goes_on_behind_its_closing_mark_is_found() {
        let rows = read("i,n\nC-1,\"x\nC-2,y\nC-3,\"z\"\nC-4,\"a\"\"b\"\nC-5,5\" x\n", 4);

        let seen: Vec<_> = rows.iter().map(|(line, _, flaw)| (*line, *flaw)).collect();
        assert_eq!(seen, [(1, false), (2, true), (5, false), (6, false)]);
        assert_eq!(rows[3].1, ["C-5", "5\" x"]);
    }

    #[test]
    fn a_row_that_looks_like_the_end_is_a_row() {
        assert_eq!(lines("a\n\0end of file\0\nb\n"), [1, 2, 3]);
    }

    #[test]
    fn a_row_without_an_end_is_not_read_into_memory() {
        let text = format!("a,b\n\"{}", "x,y\n".repeat(1_000_000));
        let mut records = TextRecords::new(text.as_bytes(), b',');

        assert!(records.next().is_ok_and(|record| record.is_some()));
        let error = records.next().expect_err("a row of four megabytes").to_string();

        assert!(error.starts_with("line 2: "), "{error}");
        assert!(records.fields.len() <= LONGEST);
    }

    proptest! {
        #[test]
        fn what_is_written_as_csv_reads_back(
            rows in prop::collection::vec(prop::collection::vec("[a茶,\"\r\n ]{0,5}", 2..4), 0..6),
            piece in 1_usize..20,
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).expect("memory");
            }
            let text = String::from_utf8(writer.into_inner().expect("memory")).expect("UTF-8");

            let read: Vec<Vec<String>> = read(&text, piece).into_iter().map(|(_, cells, _)| cells).collect();

            prop_assert_eq!(read, rows);
        }

        #[test]
        fn any_text_comes_to_an_end(text in any::<String>(), piece in 1_usize..20) {
            let rows = read(&text, piece);
            prop_assert!(rows.len() <= text.len());
            prop_assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0), "{:?}", rows);
        }
    }
}
