//! Chinese for texts that other crates write in English: serde, toml, url, clap's value parsers, `domain` and the providers.
//! See `foreign_words` for the table.

use super::foreign_words::{PATTERNS, TERMS};

/// Returns the Chinese version of an English text, if the table has it.
pub(super) fn chinese(english: &str) -> Option<String> {
    if let Some((_, term)) = TERMS.iter().find(|(text, _)| *text == english) {
        return Some((*term).to_owned());
    }
    PATTERNS.iter().find_map(|(pattern, chinese)| Some(filled(chinese, &holes(pattern, english)?)))
}

/// Returns what stands in the text in the place of each `{}` of the pattern; `None` if the text does not match.
fn holes<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut pieces = pattern.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut found = Vec::new();
    let pieces: Vec<&str> = pieces.collect();
    for (nth, piece) in pieces.iter().enumerate() {
        let is_last = nth + 1 == pieces.len();
        let end = if is_last { rest.len().checked_sub(piece.len())? } else { rest.find(piece)? };
        if !rest.is_char_boundary(end) || !rest[end..].starts_with(piece) || end == 0 {
            return None;
        }
        found.push(&rest[..end]);
        rest = &rest[end + piece.len()..];
    }
    rest.is_empty().then_some(found)
}

/// Puts the values into the places `{0}`, `{1}`, …, in Chinese where the table has them.
fn filled(chinese: &str, values: &[&str]) -> String {
    let put = |text: String, (nth, value): (usize, &&str)| {
        let value = self::chinese(value).unwrap_or_else(|| (*value).to_owned());
        text.replace(&format!("{{{nth}}}"), &value)
    };
    values.iter().enumerate().fold(chinese.to_owned(), put)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_whole_text_and_returns_what_stands_in_its_holes() {
        assert_eq!(holes("invalid type: {}, expected {}", "invalid type: map, expected u32"), Some(vec!["map", "u32"]));
        assert_eq!(holes("must be {} to {}", "must be 1 to 99"), Some(vec!["1", "99"]));
        assert_eq!(holes("is empty", "is empty"), Some(vec![]));
        for (pattern, text) in [
            ("is empty", "is empty, too"),
            ("must be {}", "must be "),
            ("the {} is empty", "the is empty"),
            ("{}x", "é"),
        ] {
            assert_eq!(holes(pattern, text), None, "{pattern}");
        }
    }

    #[test]
    fn every_place_of_a_chinese_pattern_has_a_hole_and_the_other_way_round() {
        for (pattern, chinese) in PATTERNS {
            let holes = pattern.matches("{}").count();
            assert!((0..holes).all(|nth| chinese.contains(&format!("{{{nth}}}"))), "{pattern}");
            assert!(!chinese.contains(&format!("{{{holes}}}")), "{pattern}");
        }
    }

    #[test]
    fn what_stands_in_a_hole_is_chinese_too() {
        assert_eq!(chinese("the app name is empty").as_deref(), Some("应用名称为空"));
        assert_eq!(chinese("invalid type: integer, expected a string").as_deref(), Some("类型应为文本，实际为整数"));
    }
}
