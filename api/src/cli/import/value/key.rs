//! Reads the text of ids: of people, of orders, of apps. A spreadsheet may have changed one beyond repair.

use domain::{BadKey, ExternalId};

use super::super::cell::Cell;
use crate::text::{Text, text};

/// Numbers from here on have more than the 15 digits that a spreadsheet keeps.
const INEXACT: f64 = 1e15;

/// Reads an id, or says how it was damaged. A blank cell has none.
pub(in crate::cli::import) fn read(cell: &Cell) -> Result<Option<String>, Text> {
    match cell {
        Cell::Number(number) if number.abs() >= INEXACT => Err(text!(
            "a number of more than 15 digits, of which the spreadsheet has lost the last ones: format the column as text",
            "超过 15 位的数字，电子表格已丢失末尾几位：请将该列设为文本格式"
        )),
        Cell::Number(number) if number.fract() != 0.0 || *number < 0.0 => {
            Err(text!("a number with a sign or a fraction", "带正负号或小数的数字"))
        }
        Cell::Date(_) => Err(text!(
            "a date, which the spreadsheet has made of it: format the column as text",
            "被电子表格转换成了日期：请将该列设为文本格式"
        )),
        Cell::Broken(_) => Err(text!("no value", "没有值")),
        Cell::Json(_) => Err(text!("neither text nor a number", "既不是文本也不是数字")),
        Cell::Empty | Cell::Text(_) | Cell::Number(_) => {
            let text = unguarded(&cell.text());
            match text.as_str() {
                "" => Ok(None),
                text if is_rounded(text) => Err(text!(
                    "a number that a spreadsheet has rounded: export it again with the column as text",
                    "被电子表格舍入的数字：请将该列设为文本格式后重新导出"
                )),
                _ => Ok(Some(text)),
            }
        }
    }
}

/// Reads an order number, which may be other text than the ids of people but no mark for none.
pub(in crate::cli::import) fn read_order_no(cell: &Cell) -> Result<Option<String>, Text> {
    let text = read(cell)?;
    let is_mark = |text: &String| matches!(text.parse::<ExternalId>(), Err(BadKey::Placeholder(_)));
    if text.as_ref().is_some_and(is_mark) {
        Err(text!("a mark for no value", "是表示“无值”的标记"))
    } else {
        Ok(text)
    }
}

/// Removes what spreadsheets and shops put around an id so that it stays text: `="A-1"`, `'A-1`, `` `A-1` ``, `A-1` and a tab.
fn unguarded(value: &str) -> String {
    let value = value.trim();
    let formula = value.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    let bare = formula.unwrap_or_else(|| value.strip_prefix(['\'', '`']).unwrap_or(value));
    bare.strip_suffix('`').unwrap_or(bare).trim().to_owned()
}

/// Returns whether a text is a number as spreadsheets and statistics programs show one: `4.00E+17`, `1001.0`.
fn is_rounded(text: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = |text: &str| text.split(['.', ',']).all(is_number);
    let power = text.split_once(['E', 'e']).and_then(|(mantissa, rest)| Some((mantissa, rest.strip_prefix('+')?)));
    let zeros = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte == b'0');
    power.is_some_and(|(number, power)| mantissa(number) && is_number(power))
        || text.split_once('.').is_some_and(|(whole, fraction)| is_number(whole) && zeros(fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn what_spreadsheets_put_around_an_id_is_no_part_of_it() {
        for (guarded, id) in [
            ("=\"B-20\"", "B-20"),
            ("'B-21", "B-21"),
            ("`B-22`", "B-22"),
            ("`B-23", "B-23"),
            ("\tB-24 ", "B-24"),
            ("E20260102000001\t", "E20260102000001"),
            ("B-25", "B-25"),
            // Half a guard is part of the id. It is refused later, because no id has quotation marks.
            ("=\"B-26", "=\"B-26"),
        ] {
            assert_eq!(read(&text(guarded)), Ok(Some(id.to_owned())), "{guarded}");
        }
    }

    #[test]
    fn a_number_of_a_workbook_is_an_id_as_long_as_it_is_exact() {
        assert_eq!(read(&Cell::Number(1_001.0)), Ok(Some("1001".to_owned())));
        assert_eq!(read(&Cell::Number(999_999_999_999_999.0)), Ok(Some("999999999999999".to_owned())));
        for cell in [
            Cell::Number(1e15),
            Cell::Number(4.2e17),
            Cell::Number(1.5),
            Cell::Number(-3.0),
            Cell::Date(46_023.0),
            Cell::Broken(Text::new("#REF!", "#REF!")),
        ] {
            assert!(read(&cell).is_err(), "{cell:?}");
        }
    }

    #[test]
    fn an_id_that_a_spreadsheet_has_rounded_is_refused() {
        for damaged in ["4.00E+17", "1.23457e+17", "1E+09", "1,5E+10", "1001.0", "1001.00"] {
            assert!(read(&text(damaged)).is_err(), "{damaged}");
        }
        for sound in ["1E5", "1001", "A.0", "1.0.0", "2026.01", "E+5", "12E+X"] {
            assert_eq!(read(&text(sound)), Ok(Some(sound.to_owned())), "{sound}");
        }
        assert_eq!(read(&text(" ")), Ok(None));
    }

    #[test]
    fn a_mark_for_none_is_no_order_number() {
        for mark in ["NULL", "\\N", "#N/A", "undefined"] {
            assert!(read_order_no(&text(mark)).is_err(), "{mark}");
        }
        assert_eq!(read_order_no(&text("订单 1")), Ok(Some("订单 1".to_owned())));
    }
}
