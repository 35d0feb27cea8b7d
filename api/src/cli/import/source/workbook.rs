//! Reads one sheet of an Excel workbook (.xlsx) into memory. Formulas count with the value that they had when the workbook was
//! saved.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};

use calamine::{Cell as Found, DataRef, Reader, Sheet as SheetInfo, SheetType, SheetVisible, Xlsx, XlsxError};
use zip::ZipArchive;

use crate::cli::Failure;
use crate::cli::import::cell::Cell;
use crate::cli::import::table::Record;

/// The largest workbook, in bytes of its unpacked content. Half a million rows of ten columns have as much.
const UNPACKED: u64 = 256 * 1024 * 1024;
/// The most columns; an export has fewer than a hundred.
const COLUMNS: u32 = 1_000;
/// The days between the two calendars of workbooks.
const FROM_1900_TO_1904: f64 = 1_462.0;

/// A sheet of a workbook.
#[derive(Debug)]
pub(in crate::cli::import) struct Sheet {
    pub(in crate::cli::import) name: String,
    /// Whether the workbook has other sheets.
    pub(in crate::cli::import) has_others: bool,
    pub(in crate::cli::import) records: Vec<Record>,
    /// Whether days are counted from 1904, as old versions for the Macintosh do.
    pub(in crate::cli::import) is_1904: bool,
}

/// Reads the named sheet, or the first one.
pub(super) fn read(file: &mut File, name: Option<&str>) -> Result<Sheet, Failure> {
    measure(file, UNPACKED)?;
    file.rewind()?;
    let mut workbook = Xlsx::new(BufReader::new(file)).map_err(explain)?;
    let name = choose(workbook.sheets_metadata(), name)?;
    let has_others = workbook.sheets_metadata().len() > 1;
    let formulas = formulas(&mut workbook, &name)?;
    let is_1904 = workbook.has_1904_epoch();
    Ok(Sheet { records: records(&mut workbook, &name, &formulas)?, name, has_others, is_1904 })
}

/// Returns the name of the sheet to read: the named one, or else the first that is not hidden.
fn choose(sheets: &[SheetInfo], name: Option<&str>) -> Result<String, Failure> {
    let mut tables = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let names: Vec<&str> = tables.clone().map(|sheet| sheet.name.as_str()).collect();
    let chosen = match name {
        Some(name) => tables.find(|sheet| sheet.name.trim() == name.trim()),
        None => tables.find(|sheet| sheet.visible == SheetVisible::Visible),
    };
    let missing = || format!("there is no such sheet to read; the workbook has: {}", names.join(", "));
    Ok(chosen.map(|sheet| sheet.name.clone()).ok_or_else(missing)?)
}

fn explain(error: XlsxError) -> Failure {
    match error {
        XlsxError::Password => "the workbook is protected by a password: save it without one".into(),
        error => format!("not a workbook that can be read: {error}").into(),
    }
}

/// Unpacks everything once and counts: what the archive says of its own size need not be true.
fn measure(file: &mut File, limit: u64) -> Result<(), Failure> {
    let unreadable = |error: zip::result::ZipError| format!("not an .xlsx workbook: {error}");
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(unreadable)?;
    let mut left = limit;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(unreadable)?;
        left = left.saturating_sub(io::copy(&mut entry.take(left + 1), &mut io::sink())?);
        if left == 0 {
            let limit = limit / 1024 / 1024;
            return Err(format!("the workbook has more than {limit} MiB unpacked: save the sheet as CSV").into());
        }
    }
    Ok(())
}

/// Returns the cells that have a formula.
fn formulas<R: Read + Seek>(workbook: &mut Xlsx<R>, name: &str) -> Result<BTreeSet<(u32, u32)>, Failure> {
    let mut cells = workbook.worksheet_cells_reader(name).map_err(explain)?;
    let mut found = BTreeSet::new();
    while let Some(cell) = cells.next_formula().map_err(explain)? {
        if !cell.get_value().is_empty() {
            found.insert(cell.get_position());
        }
    }
    Ok(found)
}

/// Returns the rows that have cells, in their order.
fn records<R: Read + Seek>(
    workbook: &mut Xlsx<R>,
    name: &str,
    formulas: &BTreeSet<(u32, u32)>,
) -> Result<Vec<Record>, Failure> {
    let is_1904 = workbook.has_1904_epoch();
    let mut cells = workbook.worksheet_cells_reader(name).map_err(explain)?;
    let mut records: Vec<Record> = Vec::new();
    while let Some(found) = cells.next_cell().map_err(explain)? {
        let (row, column) = found.get_position();
        let cell = cell(&found, (formulas, is_1904));
        if cell == Cell::Empty {
            continue;
        }
        if column >= COLUMNS {
            return Err(format!("row {} has more than {COLUMNS} columns", row + 1).into());
        }
        let line = u64::from(row) + 1;
        match records.last() {
            Some(last) if last.line > line => return Err("the rows of the sheet are not in order".into()),
            Some(last) if last.line == line => {}
            Some(_) | None => records.push(Record { line, cells: Vec::new(), flaw: None }),
        }
        let Some(record) = records.last_mut() else { continue };
        let column = column as usize;
        if record.cells.len() <= column {
            record.cells.resize(column + 1, Cell::Empty);
        }
        record.cells[column] = cell;
    }
    Ok(records)
}

fn cell(found: &Found<DataRef<'_>>, (formulas, is_1904): (&BTreeSet<(u32, u32)>, bool)) -> Cell {
    match found.get_value() {
        DataRef::Empty if formulas.contains(&found.get_position()) => {
            Cell::Broken("a formula that was not calculated".to_owned())
        }
        DataRef::Empty => Cell::Empty,
        #[expect(clippy::cast_precision_loss, reason = "a workbook keeps 15 digits of a number")]
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::SharedString(text) => Cell::Text((*text).to_owned()),
        DataRef::Bool(truth) => Cell::Text(truth.to_string().to_uppercase()),
        DataRef::DateTime(date) if is_1904 => Cell::Date(date.as_f64() + FROM_1900_TO_1904),
        DataRef::DateTime(date) => Cell::Date(date.as_f64()),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::Text(text.clone()),
        DataRef::Error(error) => Cell::Broken(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::fixture::{Value, Workbook};
    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("a file");
        file.rewind().expect("a file");
        file
    }

    fn error(bytes: &[u8], sheet: Option<&str>) -> String {
        read(&mut file(bytes), sheet).expect_err("an error").to_string()
    }

    #[test]
    fn each_kind_of_cell_is_what_it_is() {
        let row = [
            Value::Text("茶"),
            Value::Number("13800138000"),
            Value::Date("46023.5"),
            Value::Nothing,
            Value::Error("#REF!"),
            Value::Formula("1+1", Some("2")),
            Value::Formula("A9", None),
            Value::Truth,
        ];
        let workbook = Workbook::new().row(1, &[Value::Text("会员名单")]).row(4, &row);

        let sheet = read(&mut file(&workbook.bytes()), None).expect("a sheet");

        assert!(!sheet.is_1904 && !sheet.has_others && sheet.name == "Sheet1");
        assert_eq!(sheet.records.iter().map(|record| record.line).collect::<Vec<_>>(), [1, 4]);
        let without = "a formula that was not calculated";
        let expected = [
            Cell::Text("茶".to_owned()),
            Cell::Number(13_800_138_000.0),
            Cell::Date(46_023.5),
            Cell::Empty,
            Cell::Broken("#REF!".to_owned()),
            Cell::Number(2.0),
            Cell::Broken(without.to_owned()),
            Cell::Text("TRUE".to_owned()),
        ];
        assert_eq!(sheet.records[1].cells, expected);
    }

    #[test]
    fn a_workbook_of_the_macintosh_counts_from_1904() {
        let workbook = Workbook::new().row(1, &[Value::Date("44561")]);

        let sheet = read(&mut file(&workbook.counting_from_1904().bytes()), None).expect("a sheet");

        assert!(sheet.is_1904);
        assert_eq!(sheet.records[0].cells, [Cell::Date(46_023.0)]);
    }

    #[test]
    fn a_sheet_that_is_not_there_is_an_error_which_names_the_others() {
        let bytes = Workbook::new().row(1, &[Value::Text("a")]).bytes();

        assert!(read(&mut file(&bytes), Some(" Sheet1 ")).is_ok());
        assert!(error(&bytes, Some("会员")).ends_with("the workbook has: Sheet1"));
    }

    #[test]
    fn what_is_no_workbook_or_too_large_is_refused() {
        let bytes = Workbook::new().row(1, &[Value::Text("a")]).bytes();

        assert!(error(b"PK\x03\x04 and nothing else", None).contains("not an .xlsx workbook"));
        assert!(measure(&mut file(&bytes), 200).expect_err("an error").to_string().contains("unpacked"));
        // A cell in the last corner of the sheet, for which a table of all cells would need gigabytes.
        let corner = Workbook::new().row(1, &[Value::At("XFD1048576", "1")]).bytes();
        assert!(error(&corner, None).contains("more than 1000 columns"));
    }

    proptest::proptest! {
        #[test]
        fn a_damaged_workbook_is_an_error_or_a_sheet(at in 0_usize..2_000, byte in proptest::prelude::any::<u8>()) {
            let row = [Value::Text("a"), Value::Date("46023"), Value::Formula("1+1", None)];
            let mut bytes = Workbook::new().row(1, &row).bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = read(&mut file(&bytes), None);
        }
    }
}
