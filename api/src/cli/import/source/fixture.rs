//! Writes small workbooks, cell by cell, for tests. No production code uses it.

use std::fmt::Write as _;
use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A cell. Numbers are written as they stand.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Nothing,
    Text(&'a str),
    Number(&'a str),
    Date(&'a str),
    Error(&'a str),
    Formula(&'a str, Option<&'a str>),
    Truth,
    /// A number with the position that it claims.
    At(&'a str, &'a str),
}

/// A workbook with one sheet.
#[derive(Debug, Default)]
pub(crate) struct Workbook {
    rows: String,
    is_1904: bool,
}

impl Workbook {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn counting_from_1904(self) -> Self {
        Self { is_1904: true, ..self }
    }

    /// Adds a row with its number.
    pub(crate) fn row(mut self, number: u32, cells: &[Value<'_>]) -> Self {
        let cells: String =
            (b'A'..).zip(cells).map(|(column, value)| cell(char::from(column), number, *value)).collect();
        write!(self.rows, "<row r=\"{number}\">{cells}</row>").expect("memory");
        self
    }

    /// Packs the workbook.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in self.parts() {
            zip.start_file(name, SimpleFileOptions::default()).expect("memory");
            zip.write_all(content.as_bytes()).expect("memory");
        }
        zip.finish().expect("memory").into_inner()
    }

    fn parts(&self) -> [(&'static str, String); 6] {
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        let of_document = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let of_package = "http://schemas.openxmlformats.org/package/2006/relationships";
        let types = "application/vnd.openxmlformats-officedocument.spreadsheetml";
        let relation = |id: u32, kind: &str, target: &str| {
            format!("<Relationship Id=\"rId{id}\" Type=\"{of_document}/{kind}\" Target=\"{target}\"/>")
        };
        let relations =
            |all: &[String]| format!("<Relationships xmlns=\"{of_package}\">{}</Relationships>", all.concat());
        let date = if self.is_1904 { " date1904=\"1\"" } else { "" };
        [
            (
                "[Content_Types].xml",
                format!(
                    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
                     <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
                     <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                     <Override PartName=\"/xl/workbook.xml\" ContentType=\"{types}.sheet.main+xml\"/>\
                     <Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"{types}.worksheet+xml\"/>\
                     <Override PartName=\"/xl/styles.xml\" ContentType=\"{types}.styles+xml\"/></Types>"
                ),
            ),
            ("_rels/.rels", relations(&[relation(1, "officeDocument", "xl/workbook.xml")])),
            (
                "xl/workbook.xml",
                format!(
                    "<workbook xmlns=\"{main}\" xmlns:r=\"{of_document}\"><workbookPr{date}/>\
                     <sheets><sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                relations(&[relation(1, "worksheet", "worksheets/sheet1.xml"), relation(2, "styles", "styles.xml")]),
            ),
            (
                "xl/styles.xml",
                format!(
                    "<styleSheet xmlns=\"{main}\"><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"22\"/></cellXfs></styleSheet>"
                ),
            ),
            (
                "xl/worksheets/sheet1.xml",
                format!("<worksheet xmlns=\"{main}\"><sheetData>{}</sheetData></worksheet>", self.rows),
            ),
        ]
    }
}

fn cell(column: char, row: u32, value: Value<'_>) -> String {
    let at = format!("r=\"{column}{row}\"");
    match value {
        Value::Nothing => String::new(),
        Value::Text(text) => {
            format!("<c {at} t=\"inlineStr\"><is><t>{}</t></is></c>", text.replace('&', "&amp;").replace('<', "&lt;"))
        }
        Value::Number(number) => format!("<c {at}><v>{number}</v></c>"),
        Value::Date(days) => format!("<c {at} s=\"1\"><v>{days}</v></c>"),
        Value::Error(error) => format!("<c {at} t=\"e\"><v>{error}</v></c>"),
        Value::Formula(formula, Some(value)) => format!("<c {at}><f>{formula}</f><v>{value}</v></c>"),
        Value::Formula(formula, None) => format!("<c {at}><f>{formula}</f></c>"),
        Value::Truth => format!("<c {at} t=\"b\"><v>1</v></c>"),
        Value::At(position, number) => format!("<c r=\"{position}\"><v>{number}</v></c>"),
    }
}
