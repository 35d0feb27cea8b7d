//! Texts for operators, in English and Chinese: messages of the command line and mistakes in the configuration. Logs are
//! English. Errors of `domain` become a text by `From`. See `error::words` for the texts of the API's errors.

mod domain;
mod foreign;
mod foreign_words;

use std::fmt;

use crate::error::Language;

/// One text in both languages. It displays in English; the command line chooses with [`Text::in_language`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    en: String,
    zh: String,
}

impl Text {
    /// Creates a text from its two versions. The macro `text!` formats both.
    #[must_use]
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }

    /// Creates a text from an English one that another crate wrote. The Chinese version is looked up, and is the English
    /// one if there is none.
    #[must_use]
    pub fn foreign(en: impl Into<String>) -> Self {
        let en = en.into();
        Self { zh: foreign::chinese(&en).unwrap_or_else(|| en.clone()), en }
    }

    /// Appends another text.
    #[must_use]
    pub fn then(self, more: &Self) -> Self {
        Self { en: self.en + &more.en, zh: self.zh + &more.zh }
    }

    /// Returns the version in `language`.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::ZhCn => &self.zh,
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

impl std::error::Error for Text {}

/// Formats a text in English and Chinese. Both versions use the same values, so none can be forgotten in one of them. English
/// words that are repeated in place of the Chinese do not compile.
macro_rules! text {
    ($en:literal, $zh:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::text::Translated::text(
            const { $crate::text::Translated::of($en, $zh) },
            format_args!($en $(, $name = $value)*),
            format_args!($zh $(, $name = $value)*),
        )
    };
}

/// A format with its translation, checked when the program is compiled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Translated(());

impl Translated {
    pub(crate) const fn of(en: &str, zh: &str) -> Self {
        assert!(is_translated(en, zh), "the text has no Chinese");
        Self(())
    }

    pub(crate) fn text(self, en: fmt::Arguments<'_>, zh: fmt::Arguments<'_>) -> Text {
        let Self(()) = self;
        Text::new(en.to_string(), zh.to_string())
    }
}

/// Returns whether two formats differ, or have no words outside their values.
const fn is_translated(en: &str, zh: &str) -> bool {
    let (en, zh) = (en.as_bytes(), zh.as_bytes());
    let (mut at, mut is_value, mut has_words, mut differs) = (0, false, false, en.len() != zh.len());
    while at < en.len() {
        is_value = (is_value || en[at] == b'{') && en[at] != b'}';
        has_words |= !is_value && en[at].is_ascii_alphabetic();
        differs |= at < zh.len() && en[at] != zh[at];
        at += 1;
    }
    differs || !has_words
}

pub(crate) use text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_the_same_values_in_both_languages() {
        let count = 2;

        let text = text!("{count} of {all}", "{all} 个中的 {count} 个", all = 3);

        assert_eq!(text.to_string(), "2 of 3");
        assert_eq!(text.in_language(Language::ZhCn), "3 个中的 2 个");
    }

    #[test]
    fn english_in_place_of_chinese_is_not_translated() {
        for (en, zh) in
            [("{path}: ", "{path}："), ("{path}", "{path}"), ("\n  ", "\n  "), ("{a:?} is {b}", "{a:?} 是 {b}")]
        {
            assert!(is_translated(en, zh), "{en}");
        }
        for text in ["the file is empty", "{path} is empty", "{rows} rows"] {
            assert!(!is_translated(text, text), "{text}");
        }
    }

    #[test]
    fn a_foreign_text_that_is_not_known_stays_english() {
        let text = Text::foreign("an error of the operating system");

        assert_eq!(text.in_language(Language::ZhCn), "an error of the operating system");
    }
}
