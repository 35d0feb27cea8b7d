//! Reads one sheet of an Excel workbook (.xlsx) into memory. Formulas count with the value that they had when the workbook was
//! saved.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};

use calamine::{
    DataRef, Reader, Sheet as SheetInfo, SheetType, SheetVisible, Xlsx, XlsxCellFormulaMetadataRecord, XlsxError,
};
use zip::ZipArchive;

use crate::cli::Failure;
use crate::cli::import::cell::Cell;
use crate::cli::import::table::Record;
use crate::text::{Text, text};

/// The largest workbook, in bytes of its unpacked content. Half a million rows of ten columns have as much.
const UNPACKED: u64 = 256 * 1024 * 1024;
/// The most columns; an export has fewer than a hundred.
const COLUMNS: u32 = 1_000;
/// The most rows, as in Excel.
const ROWS: u32 = 1_048_576;
/// The longest text of a cell, in bytes: 32,767 characters, as in Excel.
const LONGEST_CELL: usize = 4 * 32_767;
/// The most memory for the cells of a sheet, in bytes. A small file may repeat a long text or leave wide gaps.
const MEMORY: usize = 512 * 1024 * 1024;
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
    let is_1904 = workbook.has_1904_epoch();
    Ok(Sheet { records: records(&mut workbook, &name, MEMORY)?, name, has_others, is_1904 })
}

/// Returns the name of the sheet to read: the named one, or else the first that is not hidden.
fn choose(sheets: &[SheetInfo], name: Option<&str>) -> Result<String, Failure> {
    let mut tables = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let names: Vec<&str> = tables.clone().map(|sheet| sheet.name.as_str()).collect();
    let chosen = match name {
        Some(name) => tables.find(|sheet| sheet.name.trim() == name.trim()),
        None => tables.find(|sheet| sheet.visible == SheetVisible::Visible),
    };
    let missing = || {
        text!(
            "there is no such sheet to read; the workbook has: {all}",
            "没有这个工作表；此工作簿包含：{all}",
            all = names.join(", ")
        )
    };
    Ok(chosen.map(|sheet| sheet.name.clone()).ok_or_else(missing)?)
}

fn explain(error: XlsxError) -> Failure {
    match error {
        XlsxError::Password => {
            text!("the workbook is protected by a password: save it without one", "工作簿有密码保护：请去除密码后另存")
                .into()
        }
        error => {
            let cause = Text::foreign(error.to_string());
            text!("not a workbook that can be read: ", "无法读取的工作簿：").then(&cause).into()
        }
    }
}

/// Unpacks everything once and counts: what the archive says of its own size need not be true.
fn measure(file: &mut File, limit: u64) -> Result<(), Failure> {
    let unreadable = |error: zip::result::ZipError| {
        text!("not an .xlsx workbook: ", "不是 .xlsx 工作簿：").then(&Text::foreign(error.to_string()))
    };
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(unreadable)?;
    let mut left = limit;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(unreadable)?;
        left = left.saturating_sub(io::copy(&mut entry.take(left + 1), &mut io::sink())?);
        if left == 0 {
            let limit = limit / 1024 / 1024;
            return Err(text!(
                "the workbook has more than {limit} MiB unpacked: save the sheet as CSV",
                "工作簿解压后超过 {limit} MiB：请将工作表另存为 CSV"
            )
            .into());
        }
    }
    Ok(())
}

/// Returns the rows that have cells, in their order. A formula is not read: a shared one names how many others to make room for.
fn records<R: Read + Seek>(workbook: &mut Xlsx<R>, name: &str, memory: usize) -> Result<Vec<Record>, Failure> {
    let is_1904 = workbook.has_1904_epoch();
    let mut cells = workbook.worksheet_cells_reader(name).map_err(explain)?;
    let mut records: Vec<Record> = Vec::new();
    let mut left = memory;
    while let Some(found) = cells.next_cell_with_formula_metadata().map_err(explain)? {
        let (row, column) = found.pos;
        let line = u64::from(row) + 1;
        if length(&found.value) > LONGEST_CELL {
            let said = text!(
                "row {line} has a cell with more than {LONGEST_CELL} bytes, more than Excel allows",
                "第 {line} 行有单元格超过 {LONGEST_CELL} 字节，超出 Excel 的上限"
            );
            return Err(said.into());
        }
        let cell = cell(&found, is_1904);
        if cell == Cell::Empty {
            continue;
        }
        if column >= COLUMNS || row >= ROWS {
            let said = text!(
                "row {line} is beyond {COLUMNS} columns or {ROWS} rows",
                "第 {line} 行超出 {COLUMNS} 列或 {ROWS} 行的范围"
            );
            return Err(said.into());
        }
        match records.last() {
            Some(last) if last.line > line => {
                return Err(text!("the rows of the sheet are not in order", "工作表中的行顺序错乱").into());
            }
            Some(last) if last.line == line => {}
            Some(_) | None => records.push(Record { line, cells: Vec::new(), flaw: None }),
        }
        let Some(record) = records.last_mut() else { continue };
        let column = column as usize;
        let new_cells = (column + 1).saturating_sub(record.cells.len());
        let taken = length(&found.value) + new_cells * size_of::<Cell>() + size_of::<Record>();
        let limit = memory >> 20;
        let too_large = || {
            text!(
                "the sheet needs more than {limit} MiB of memory: save it as CSV",
                "工作表占用内存超过 {limit} MiB：请另存为 CSV"
            )
        };
        left = left.checked_sub(taken).ok_or_else(too_large)?;
        if new_cells > 0 {
            record.cells.resize(column + 1, Cell::Empty);
        }
        record.cells[column] = cell;
    }
    Ok(records)
}

/// Returns the length of a text in bytes.
fn length(value: &DataRef<'_>) -> usize {
    match value {
        DataRef::SharedString(text) => text.len(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.len(),
        DataRef::Empty
        | DataRef::Int(_)
        | DataRef::Float(_)
        | DataRef::Bool(_)
        | DataRef::DateTime(_)
        | DataRef::Error(_) => 0,
    }
}

fn cell(found: &XlsxCellFormulaMetadataRecord<'_>, is_1904: bool) -> Cell {
    match &found.value {
        DataRef::Empty if found.formula.is_some() => {
            Cell::Broken(text!("a formula that was not calculated", "未计算的公式"))
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
        DataRef::Error(error) => Cell::Broken(text!("{error}", "{error}")),
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
        let expected = [
            Cell::Text("茶".to_owned()),
            Cell::Number(13_800_138_000.0),
            Cell::Date(46_023.5),
            Cell::Empty,
            Cell::Broken(Text::new("#REF!", "#REF!")),
            Cell::Number(2.0),
            Cell::Broken(text!("a formula that was not calculated", "未计算的公式")),
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
        // A cell in the last corner of the sheet: a table of all cells would need gigabytes.
        let corner = Workbook::new().row(1, &[Value::At("XFD1048576", "1")]).bytes();
        assert!(error(&corner, None).contains("beyond 1000 columns"));
    }

    #[test]
    fn a_small_workbook_takes_little_memory() {
        // A shared formula whose index asks for room for a billion others. The text closes the cell early, so that a
        // complete cell with such a formula comes first.
        let shared = |index: u64| format!("A1\"><f t=\"shared\" ref=\"A1\" si=\"{index}\">1</f><v>1</v></c><c r=\"B1");
        let (billion, most) = (shared(1_000_000_000), shared(u64::MAX));
        let many = Workbook::new().row(1, &[Value::At(&billion, "1"), Value::At(&most, "1")]).bytes();
        let sheet = read(&mut file(&many), None).expect("a sheet");
        assert_eq!(sheet.records[0].cells, [Cell::Number(1.0), Cell::Number(1.0)]);
        // Rows whose only cell is far to the right.
        let add = |workbook: Workbook, row: u32| workbook.row(row, &[Value::At(&format!("ALL{row}"), "1")]);
        let mut sparse = file(&(1..=100).fold(Workbook::new(), add).bytes());
        let mut sparse = Xlsx::new(BufReader::new(&mut sparse)).expect("a workbook");
        let refused = records(&mut sparse, "Sheet1", 2 << 20).expect_err("an error").to_string();
        assert!(refused.contains("more than 2 MiB"), "{refused}");
        assert!(records(&mut sparse, "Sheet1", MEMORY).is_ok());
        let long = "x".repeat(LONGEST_CELL + 1);
        let refused = error(&Workbook::new().row(1, &[Value::Text(&long)]).bytes(), None);
        assert!(refused.contains("more than Excel allows"), "{refused}");
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
