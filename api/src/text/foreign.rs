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
    use std::fs::{read_dir, read_to_string};
    use std::path::{Path, PathBuf};

    use super::*;

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    /// Returns every string of a source file, without comments and tests, each with the code before it.
    fn strings(source: &str) -> Vec<(String, String)> {
        let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let lines = code.lines().map(|line| line.split("// ").next().unwrap_or_default().replace("'\"'", ""));
        let code = lines.collect::<Vec<_>>().join("\n");
        let (mut found, mut before, mut chars) = (Vec::new(), String::new(), code.chars().peekable());
        while let Some(c) = chars.next() {
            if c != '"' {
                before.push(c);
                continue;
            }
            let mut text = String::new();
            while let Some(c) = chars.next_if(|c| *c != '"') {
                match c {
                    '\\' if chars.peek() == Some(&'\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                    '\\' => text.extend(chars.next()),
                    c => text.push(c),
                }
            }
            chars.next();
            found.push((before.trim_end().to_owned(), text));
        }
        found
    }

    /// Returns the messages about settings in a provider's source: those that are noted, and those that parsers of
    /// settings return.
    fn problems(source: &str) -> Vec<String> {
        let is_problem = |(before, text): &(String, String)| {
            let call = before.strip_suffix("format!(").unwrap_or(before).trim_end();
            let noted = call.rsplit_once("note").is_some_and(|(_, rest)| rest.contains('(') && !rest.contains(';'));
            text.contains(' ')
                && (before.ends_with("problem =") || before.ends_with("Err(") || (noted && call.ends_with(',')))
        };
        strings(source).into_iter().filter(is_problem).map(|(_, text)| text.replace("{error}", "is empty")).collect()
    }

    #[test]
    fn a_text_about_a_setting_is_found() {
        let source = r#"
            checks.note("app_cert", "is of another key"); // "a comment"
            let problem = "is long; \
                           and goes on";
            noted(checks, "key", problem)
            return Err("is neither \"a\" nor \"b\"");
            found.note("id", format!("{error}; the default"));
            answer.wrong("expires_in", "is zero")
            #[cfg(test)]
mod tests { checks.note("a", "is of a test"); }
        "#;

        let expected =
            ["is of another key", "is long; and goes on", "is neither \"a\" nor \"b\"", "is empty; the default"];
        assert_eq!(problems(source), expected);
    }

    #[test]
    fn all_that_the_providers_say_about_settings_is_chinese_too() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../providers/src");
        let texts = files(&folder).into_iter().map(|path| read_to_string(path).expect("a source is text"));
        let said: Vec<_> = texts.flat_map(|text| problems(&text)).collect();

        let english: Vec<_> = said.iter().filter(|text| chinese(text).is_none()).collect();

        assert!(english.is_empty(), "add the Chinese to text/foreign_words.rs: {english:#?}");
        let certificates = said.iter().filter(|text| text.contains("certificate")).count();
        assert!(said.len() > 25 && certificates >= 5, "{said:#?}");
    }

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
