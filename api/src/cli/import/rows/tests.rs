//! Tests of reading the rows of a file.

use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::super::mapping::Mapping;
use super::super::source::of_bytes;
use super::super::{Format, Kind};
use super::*;

const FORMATS: [Format; 2] = [Format::Csv, Format::JsonLines];

fn open(kind: Kind, format: Format, bytes: &[u8]) -> Result<Rows, Failure> {
    let mut mapping = Mapping::default();
    mapping.app = Some("shop".to_owned());
    mapping.currency = Some("CNY".to_owned());
    Rows::new(of_bytes(format, bytes.to_vec()), Columns::of_test(kind, mapping), None)
}

/// Returns the rows of a file, valid or not. Fails if there are more than its bytes allow, as in an endless loop.
fn all(kind: Kind, format: Format, bytes: &[u8]) -> Vec<(u64, ReadRow)> {
    let Ok(mut rows) = open(kind, format, bytes) else { return Vec::new() };
    let limit = bytes.len() + 2;
    (0..limit).map_while(|_| rows.next().expect("a file in memory")).collect()
}

fn users(format: Format, text: &str) -> Vec<(u64, ReadRow)> {
    all(Kind::Users, format, text.as_bytes())
}

/// Formats rows by their ids, and mistakes by their reasons.
fn shown(rows: Vec<(u64, ReadRow)>) -> String {
    let show = |(line, row): (u64, ReadRow)| match row {
        Ok(row) => format!("{line} {}\n", row.name()),
        Err((row, error)) => format!("{line} {}: {:?} {}\n", row.name(), error.column, error.reason),
    };
    rows.into_iter().map(show).collect()
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_row() {
    assert_eq!(shown(users(Format::JsonLines, "\u{FEFF}{\"externalId\":\"C-1\"}\n")), "1 C-1\n");
    assert_eq!(shown(users(Format::Csv, "\u{FEFF}externalId\nC-1\n")), "2 C-1\n");
}

#[test]
fn titles_above_the_header_and_rows_of_commas_are_skipped() {
    let text = "会员名单;;\r\n导出时间;2026/1/2;\r\n\r\n会员号;昵称;\r\nC-1;小兰;\r\n;;\r\n ; ;\r\nC-2;\"小;伟\";\r\n";

    assert_eq!(shown(users(Format::Csv, text)), "5 C-1\n8 C-2\n");
}

#[test]
fn a_row_with_more_or_fewer_cells_than_the_header_is_bad() {
    let rows = users(Format::Csv, "externalId,nickname,\nC-1,a,,\nC-2,a,,x\nC-3\nC-4,a\nC-5,\"a\n");

    insta::assert_snapshot!(shown(rows), @r"
    2 C-1
    3 C-2: None the row has 4 cells, and the header 2: is a delimiter or a quotation mark in a value?
    4 C-3: None the row has 1 cells, and the header 2: is a delimiter or a quotation mark in a value?
    5 C-4
    6 : None a quotation mark is not closed: the rest of the file is part of this row, and was not imported
    ");
}

#[test]
fn a_damaged_character_makes_a_bad_row_and_never_a_name() {
    let rows = all(Kind::Users, Format::Csv, b"externalId,nickname\nC-1,\xE6\x9D\xFF\nC-2,a\n");

    assert_eq!(
        shown(rows),
        "2 C-1: Some(\"nickname\") a character is damaged, or the file is in another encoding (--encoding)\n3 C-2\n"
    );
}

#[test]
fn an_object_with_odd_keys_is_bad_and_the_next_one_is_read() {
    let rows = users(
        Format::JsonLines,
        "{\"externalId\":\"C-1\",\"email\":\"x\"}\n{\"phone\":\"1\"}\n{\"externalId\":\"C-3\",\"会员号\":\"C-4\"}\n[]\n{\n\n\
         {\"External ID\":1005,\"nickname\":null}\n",
    );

    insta::assert_snapshot!(shown(rows), @r#"
    1 C-1: None there is no column "email": --map "email=…" says what it is, or "email=-" skips it
    2 : None the column externalId is missing; expected your id of the person, such as C-1001
    3 C-3: None the column externalId appears twice
    4 : None not a JSON object: invalid type: sequence, expected an object such as {"externalId": "C-1001"} at line 1 column 0
    5 : None not a JSON object: EOF while parsing an object at line 2 column 0
    7 1005
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_file_of_any_bytes_comes_to_an_end(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..400),
            "(externalId|订单号|openId:shop|,|;|\t|\"|\r?\n|[{}:\\[\\]]|[a-z0-9])*".prop_map(String::into_bytes),
        ],
    ) {
        let lines = bytes.iter().filter(|byte| **byte == b'\n' || **byte == b'\r').count() + 1;
        for format in FORMATS {
            prop_assert!(all(Kind::Users, format, &bytes).len() <= lines);
            prop_assert!(all(Kind::Orders, format, &bytes).len() <= lines);
        }
    }

    #[test]
    fn every_row_of_a_file_has_its_outcome(
        rows in prop::collection::vec(("[!-~]{1,20}", "[a茶,;\t\"\r\n|=' ]{0,8}"), 0..20),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        title in any::<bool>(),
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new());
        if title {
            writer.write_record(["名单, 一月; 全部"]).expect("memory");
        }
        writer.write_record(["会员号", "昵称"]).expect("memory");
        for (id, name) in &rows {
            writer.write_record([id, name]).expect("memory");
        }
        let bytes = writer.into_inner().expect("memory");

        let read = all(Kind::Users, Format::Csv, &bytes);

        prop_assert_eq!(read.len(), rows.len(), "{}", String::from_utf8_lossy(&bytes));
        let nickname = |row: &Row| row.cell(Name::Nickname).map(Cell::text).unwrap_or_default();
        for ((_, row), (_, name)) in read.iter().zip(&rows) {
            prop_assert_eq!(nickname(row.as_ref().expect("a sound row")), Cell::Text(name.clone()).text());
        }
    }

    #[test]
    fn what_is_written_as_json_lines_reads_back(id in "[!-~]{1,60}", name in any::<String>()) {
        let name = name.replace('\u{FFFD}', "");
        let written = serde_json::json!({ "externalId": id, "nickname": name }).to_string();

        let rows = users(Format::JsonLines, &written);

        let (line, row) = rows.into_iter().next().expect("a row");
        let row = row.expect("a sound row");
        prop_assert_eq!((line, row.0.len()), (1, 2));
        prop_assert_eq!(&row.0[0].2, &Cell::Text(id));
        prop_assert_eq!(&row.0[1].2, &Cell::Text(name));
    }
}
