//! The languages that people are answered in, and which one a client wants.
//! What is said in them stands in `words`.

use serde::Deserialize;

/// A language that people are answered in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    En,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    ZhCn,
}

impl Language {
    /// The best match for an `Accept-Language` header (RFC 4647 look-up); English when there is none.
    #[must_use]
    pub fn negotiate(header: Option<&str>) -> Self {
        let Some(header) = header else { return Self::En };
        // Anything Chinese is answered in the Chinese we have.
        let wanted = accept_language::parse(header);
        let first = wanted.iter().find(|tag| tag.starts_with("zh") || tag.starts_with("en") || tag.as_str() == "*");
        if first.is_some_and(|tag| tag.starts_with("zh")) { Self::ZhCn } else { Self::En }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_we_have_wins() {
        for (header, language) in [
            (None, Language::En),
            (Some("zh-CN,zh;q=0.9,en;q=0.8"), Language::ZhCn),
            (Some("en-US,zh;q=0.5"), Language::En),
            (Some("fr-FR,zh-TW;q=0.5"), Language::ZhCn),
            (Some("fr"), Language::En),
            (Some(";;;q=x"), Language::En),
        ] {
            assert_eq!(Language::negotiate(header), language, "{header:?}");
        }
    }
}
