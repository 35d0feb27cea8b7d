//! The language of the command line: Chinese if the locale is Chinese, else English. The help of commands is in `help`, the
//! errors of arguments in `arguments`, those of commands in `failure`. Logs are English.
//!
//! A command prints with `say!` (standard output) and `tell!` (standard error), and fails with a `text!`.

mod arguments;
mod failure;
mod help;

use std::ffi::OsString;
use std::sync::OnceLock;

use crate::error::Language;
use crate::text::Text;

pub(super) use arguments::{command, parse};
pub(super) use failure::{because, chain};

/// The language of this process.
static LANGUAGE: OnceLock<Language> = OnceLock::new();

/// Chooses the language of this process by its environment; only the first call counts.
pub(super) fn choose(environment: &[(String, OsString)]) -> Language {
    *LANGUAGE.get_or_init(|| of_locale(environment))
}

/// Returns the language of this process.
pub(super) fn language() -> Language {
    LANGUAGE.get().copied().unwrap_or_default()
}

/// Returns the text in the language of this process.
pub(super) fn said(text: &Text) -> &str {
    text.in_language(language())
}

/// Returns the language of the messages, as POSIX chooses it: of these variables the first one that is set and not empty.
fn of_locale(environment: &[(String, OsString)]) -> Language {
    let value = |name: &str| {
        let (_, value) = environment.iter().find(|(other, value)| other == name && !value.is_empty())?;
        value.to_str()
    };
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(value).unwrap_or_default();
    let primary = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
    if primary.eq_ignore_ascii_case("zh") { Language::ZhCn } else { Language::En }
}

/// Prints a line to standard output, in the language of this process.
macro_rules! say {
    ($($text:tt)+) => {
        println!("{}", $crate::cli::words::said(&$crate::text::text!($($text)+)))
    };
}

/// Prints a line to standard error, in the language of this process.
macro_rules! tell {
    ($($text:tt)+) => {
        eprintln!("{}", $crate::cli::words::said(&$crate::text::text!($($text)+)))
    };
}

pub(super) use {say, tell};

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    /// Returns the strings of a source file that become an error or are printed, other than by `text!`.
    fn strings(code: &str) -> Vec<&str> {
        let starts = ["Err(", "ok_or(", "ok_or_else(||", "map_err(|", "println!("];
        let after = |start: &&'static str| {
            let closure = *start == "map_err(|";
            code.match_indices(*start).filter_map(move |(at, start)| {
                let rest = &code[at + start.len()..];
                let rest = if closure { rest.split_once('|')?.1 } else { rest };
                Some(rest.trim_start_matches(|c: char| c.is_whitespace() || c == '{'))
            })
        };
        let is_string = |rest: &&str| {
            let has_words = |text: &str| text.starts_with(char::is_alphabetic) && !text.starts_with("guiyi: {}");
            rest.starts_with("format!(") || rest.strip_prefix('"').is_some_and(has_words)
        };
        let found = starts.iter().flat_map(after).filter(is_string);
        found.map(|rest| rest.lines().next().unwrap_or_default()).collect()
    }

    #[test]
    fn a_string_that_becomes_a_failure_is_found() {
        for code in [
            "return Err(\"no file\".into());",
            "Err(\n    format!(\"{e}\"))",
            "read().map_err(|e| format!(\"{e}\"))",
            "ok_or_else(|| {\n \"none\" })",
        ] {
            assert_eq!(strings(code).len(), 1, "{code}");
        }
        assert!(strings("Err(text!(\"no file\", \"没有文件\")); println!(\"{hash}  {file}\")").is_empty());
    }

    /// A failure may be any error, including a string, which has no Chinese.
    #[test]
    fn no_command_fails_with_a_string_that_has_no_chinese() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli");
        let files = files(&folder);
        assert!(files.len() > 30, "{files:?}");
        for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "rs")) {
            let text = std::fs::read_to_string(file).expect("text");
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            assert_eq!(strings(code), [""; 0], "use text!(…) in {}", file.display());
        }
    }

    #[test]
    fn the_locale_chooses_the_language_in_the_order_of_posix() {
        let of = |variables: &[(&str, &str)]| {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), OsString::from(value));
            of_locale(&variables.iter().map(owned).collect::<Vec<_>>())
        };

        for chinese in ["zh", "zh_CN", "zh_CN.UTF-8", "zh_TW.UTF-8", "zh-Hans", "zh-Hans-CN", "ZH_cn", "zh@pinyin"] {
            assert_eq!(of(&[("LANG", chinese)]), Language::ZhCn, "{chinese}");
        }
        for english in ["", "C", "POSIX", "C.UTF-8", "en_US.UTF-8", "zha_CN", "de_DE.UTF-8"] {
            assert_eq!(of(&[("LANG", english)]), Language::En, "{english}");
        }
        assert_eq!(of(&[]), Language::En);
        assert_eq!(of(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")]), Language::En);
        assert_eq!(of(&[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "zh_CN.UTF-8")]), Language::ZhCn);
        assert_eq!(of(&[("LC_MESSAGES", "en_US.UTF-8"), ("LANG", "zh_CN.UTF-8"), ("LC_ALL", "")]), Language::En);
    }
}
