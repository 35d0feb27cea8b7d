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

pub(super) use arguments::parse;
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
    use super::*;

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
