//! A cell of an import file, before its column says what it should be.

use super::value::time::date_text;
use crate::cli::words::said;
use crate::text::Text;

/// How many characters of a value a message shows.
const SHOWN: usize = 40;

/// The content of a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    /// A number of a workbook, which keeps 15 digits, or a decimal number of JSON.
    Number(f64),
    /// A number that the workbook shows as a date: days of the calendar from 1900.
    Date(f64),
    /// A cell without a value, and why: `#REF!`.
    Broken(Text),
    /// A list or an object of JSON.
    Json(serde_json::Value),
}

impl Cell {
    /// Returns whether a reader sees nothing in the cell.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.trim_matches(is_blank).is_empty(),
            Self::Number(_) | Self::Date(_) | Self::Broken(_) | Self::Json(_) => false,
        }
    }

    /// Returns the cell as text: numbers with at most 15 digits, as spreadsheets show them.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.trim_matches(is_blank).to_owned(),
            Self::Number(number) => decimal(*number),
            Self::Date(days) => date_text(*days).unwrap_or_else(|| decimal(*days)),
            Self::Broken(why) => why.to_string(),
            Self::Json(value) => value.to_string(),
        }
    }

    /// Returns the beginning of the text, for a message.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Broken(why) => shorten(said(why)),
            Self::Empty | Self::Text(_) | Self::Number(_) | Self::Date(_) | Self::Json(_) => shorten(&self.text()),
        }
    }
}

/// White space, and the characters without width that other systems put around a value.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}' | '\u{FEFF}')
}

/// Cuts a text to what a message shows of a value.
pub(super) fn shorten(text: &str) -> String {
    shorten_to(text, SHOWN)
}

/// Cuts a text to a number of characters.
pub(super) fn shorten_to(text: &str, limit: usize) -> String {
    let mut short: String = text.chars().take(limit).collect();
    if text.chars().nth(limit).is_some() {
        short.push('…');
    }
    short
}

/// Writes a number in full, with the 15 digits that a spreadsheet keeps: `0.1 + 0.2` is 0.3 there.
fn decimal(number: f64) -> String {
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    format!("{rounded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_a_spreadsheet_shows_it() {
        for (number, text) in
            [(1001.0, "1001"), (0.1 + 0.2, "0.3"), (128.5, "128.5"), (-2.0, "-2"), (13_800_138_000.0, "13800138000")]
        {
            assert_eq!(Cell::Number(number).text(), text);
        }
    }

    #[test]
    fn what_shows_nothing_is_blank() {
        for text in ["", " ", "\u{3000}", "\t\r\n", "\u{200B}", "\u{FEFF} "] {
            assert!(Cell::Text(text.to_owned()).is_blank(), "{text:?}");
        }
        assert!(!Cell::Number(0.0).is_blank());
    }

    #[test]
    fn a_message_shows_the_beginning_of_a_long_value() {
        assert_eq!(Cell::Text("茶".repeat(41)).shown(), format!("{}…", "茶".repeat(40)));
        assert_eq!(Cell::Text("茶".repeat(40)).shown(), "茶".repeat(40));
    }
}
