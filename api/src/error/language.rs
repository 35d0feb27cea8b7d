//! The languages of error texts and their negotiation. See `words` for the texts.

use serde::Deserialize;

/// A language of error texts.
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
    /// Returns the supported language that an `Accept-Language` header (RFC 9110 section 12.5.4) ranks highest, or
    /// English if it ranks none. Of equal ranks the first one wins.
    ///
    /// The crate `accept-language` is not used: it accepts a weight of 0, and its sort panics on NaN weights.
    #[must_use]
    pub fn negotiate(header: Option<&str>) -> Self {
        let ranked = header.unwrap_or_default().split(',').filter_map(|wish| {
            let (range, weight) = wish.split_once(';').unwrap_or((wish, "q=1"));
            Some((Self::of_range(range.trim())?, quality(weight)?))
        });
        ranked.fold((Self::En, 0.0), |best, wish| if wish.1 > best.1 { wish } else { best }).0
    }

    /// Returns the language of a language range. Every Chinese range gets simplified Chinese.
    fn of_range(range: &str) -> Option<Self> {
        let primary = range.split('-').next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::ZhCn),
            "en" | "*" => Some(Self::En),
            _ => None,
        }
    }
}

/// Returns a quality weight if it is above 0, which means "not acceptable", and at most 1.
fn quality(weight: &str) -> Option<f32> {
    let (name, value) = weight.split_once('=')?;
    let value: f32 = value.trim().parse().ok()?;
    (name.trim().eq_ignore_ascii_case("q") && value > 0.0 && value <= 1.0).then_some(value)
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
            (Some("en; q=0.5, ZH-Hant; q=0.7"), Language::ZhCn),
            (Some("zh;q=0.5,*"), Language::En),
            (Some("en;q=0,zh;q=0.1"), Language::ZhCn),
            (Some("zh;q=NaN,zh;q=2,zh;q=inf,zh;q=,zh;level=1"), Language::En),
        ] {
            assert_eq!(Language::negotiate(header), language, "{header:?}");
        }
    }

    /// NaN weights have no total order, so sorting a long list of them may panic.
    #[test]
    fn weights_that_are_no_numbers_break_nothing() {
        let wishes: Vec<_> = (0..100).map(|at| format!("a{at};q={}", ["nan", "0.3", "-inf"][at % 3])).collect();

        assert_eq!(Language::negotiate(Some(&format!("{},zh;q=0.2", wishes.join(",")))), Language::ZhCn);
    }
}
