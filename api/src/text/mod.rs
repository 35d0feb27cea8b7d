//! Texts for operators, in English and Chinese: messages of the command line and mistakes in the configuration. Logs are
//! English. See `error::words` for the texts of the API's errors.

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

/// Formats a text in English and Chinese. Both versions use the same values, so none can be forgotten in one of them.
macro_rules! text {
    ($en:literal, $zh:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::text::Text::new(
            format_args!($en $(, $name = $value)*).to_string(),
            format_args!($zh $(, $name = $value)*).to_string(),
        )
    };
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
    fn a_foreign_text_that_is_not_known_stays_english() {
        let text = Text::foreign("an error of the operating system");

        assert_eq!(text.in_language(Language::ZhCn), "an error of the operating system");
    }
}
