//! Reads amounts of money as shops and people write them. A comma separates groups of three digits, and nothing else.

use domain::{Currency, Money};

use super::super::cell::Cell;
use super::super::field::narrow;
use crate::text::{Text, text};

/// Reads a total. A negative one is refused: it is a refund, and no order.
pub(in crate::cli::import) fn read(cell: &Cell, currency: Currency) -> Result<String, Text> {
    let text = match cell {
        Cell::Date(_) => return Err(text!("a date: the spreadsheet has changed it", "是日期：被电子表格改写了")),
        Cell::Broken(_) => return Err(text!("no value", "没有值")),
        Cell::Empty | Cell::Text(_) | Cell::Number(_) | Cell::Json(_) => cell.text(),
    };
    let text: String = text.chars().map(narrow).collect();
    let bare = without_currency(&text, currency)?;
    let decimal = plain(bare).ok_or_else(|| text!("not an amount", "不是金额"))?;
    let money = Money::parse(&decimal, currency).map_err(Text::from)?;
    if money.minor < 0 {
        return Err(text!(
            "negative: a refund is the status REFUNDED of its order",
            "金额为负数：退款请将订单状态设为 REFUNDED"
        ));
    }
    // Minus zero is zero.
    Ok(decimal.trim_start_matches('-').to_owned())
}

/// Removes the sign or the name of the currency, which must be that of the order.
fn without_currency(text: &str, currency: Currency) -> Result<&str, Text> {
    let text = text.trim();
    let number = text.trim_start_matches(|c: char| c.is_alphabetic() || is_sign(c) || c == ' ');
    let before = text[..text.len() - number.len()].trim();
    let bare = number.trim_end_matches(|c: char| c.is_alphabetic() || is_sign(c) || c == ' ');
    let after = number[bare.len()..].trim();
    for mark in [before, after] {
        if !mark.is_empty() && !is_mark_of(mark, currency.code()) {
            return Err(text!("{mark:?} is not {code}", "{mark:?} 不是 {code}", code = currency.code()));
        }
    }
    Ok(bare)
}

const fn is_sign(c: char) -> bool {
    matches!(c, '¥' | '￥' | '$' | '€' | '£' | '₩')
}

/// Returns whether a mark stands for the currency. A dollar sign is that of twenty currencies, and of none here.
fn is_mark_of(mark: &str, code: &str) -> bool {
    let own: &[&str] = match code {
        "CNY" => &["¥", "￥", "元", "圆", "人民币", "RMB"],
        "JPY" => &["¥", "￥", "円", "日元"],
        "EUR" => &["€"],
        "GBP" => &["£"],
        "KRW" => &["₩"],
        "HKD" => &["HK$", "港元", "港币"],
        "TWD" => &["NT$"],
        "USD" => &["US$", "美元"],
        _ => &[],
    };
    let mark = mark.to_uppercase();
    mark == code || own.contains(&mark.as_str())
}

/// Removes the commas between groups of three digits.
fn plain(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix(['-', '−']) {
        Some(digits) => ("-", digits.trim_start()),
        None => ("", text),
    };
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let has_groups = whole.contains(',');
    let is_grouped = groups.all(|group| group.len() == 3 && is_number(group)) && (!has_groups || first.len() <= 3);
    if !is_number(first) || !is_grouped || !fraction.is_none_or(is_number) {
        return None;
    }
    let whole = whole.replace(',', "");
    Some(match fraction {
        Some(fraction) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{whole}"),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, prop_oneof, proptest};

    use super::*;

    fn read_in(code: &str, text: &str) -> Result<String, Text> {
        read(&Cell::Text(text.to_owned()), code.parse().expect("a currency"))
    }

    fn yuan(text: &str) -> Option<String> {
        read_in("CNY", text).ok()
    }

    #[test]
    fn an_amount_is_read_however_it_is_written() {
        for text in [
            "1234.5",
            "1,234.5",
            "¥1,234.5",
            "￥ 1234.5",
            "1234.5元",
            "CNY 1,234.5",
            "1,234.5 cny",
            "１，２３４．５",
            "RMB1234.5",
            "人民币1234.5元",
        ] {
            assert_eq!(yuan(text).as_deref(), Some("1234.5"), "{text}");
        }
        assert_eq!(yuan("1,234,567").as_deref(), Some("1234567"));
        assert_eq!((yuan("0"), yuan("-0.00")), (Some("0".to_owned()), Some("0.00".to_owned())));
        assert_eq!(read(&Cell::Number(128.5), "CNY".parse().expect("a currency")), Ok("128.5".to_owned()));
        assert_eq!(read(&Cell::Number(0.1 + 0.2), "CNY".parse().expect("a currency")), Ok("0.3".to_owned()));
        assert_eq!(read_in("JPY", "¥1,200"), Ok("1200".to_owned()));
        assert_eq!(read_in("HKD", "HK$12.50"), Ok("12.50".to_owned()));
    }

    #[test]
    fn a_comma_is_never_guessed_to_be_a_decimal_one() {
        for text in ["12,50", "1,2", "1234,567", "1,23,456", ",123", "1,", "1,234,5", "1.234,50", "1,2345"] {
            assert_eq!(yuan(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_of_the_currency_is_refused() {
        for text in [
            "",
            "元",
            "¥",
            "free",
            "12.5.0",
            "1e3",
            "--5",
            "$12.50",
            "USD 12.50",
            "€5",
            "12.5万",
            "1 234",
            "12.345",
            "NaN",
            "12.50元起",
        ] {
            assert_eq!(yuan(text), None, "{text}");
        }
        for text in ["-12.50", "¥-12.50", "-¥12.50", "−0.01", "－1"] {
            assert_eq!(yuan(text), None, "{text}");
        }
        assert_eq!(yuan("(12.50)"), None);
        assert!(read(&Cell::Date(46_023.0), "CNY".parse().expect("a currency")).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_an_amount_or_is_not(text in prop_oneof![any::<String>(), "[0-9,.¥元 -]{0,20}"]) {
            if let Some(amount) = yuan(&text) {
                prop_assert!(amount.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
            }
        }

        #[test]
        fn an_amount_with_groups_reads_back(yuan_ in 0_u64..10_000_000_000, fen in 0_u64..100) {
            let digits = yuan_.to_string();
            let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).expect("digits")).collect();
            let text = format!("￥{}.{fen:02}", groups.join(","));
            prop_assert_eq!(yuan(&text), Some(format!("{yuan_}.{fen:02}")));
        }
    }
}
