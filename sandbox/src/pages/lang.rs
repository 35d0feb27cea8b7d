//! The two languages of the pages.

/// Chinese or English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lang {
    Zh,
    En,
}

impl Lang {
    /// Returns the browser's preferred language, by its `Accept-Language`. Chinese by default, as in WeChat.
    ///
    /// The crate `accept-language` is not used: it accepts a language with weight 0, and its sort panics on weights of NaN.
    pub(crate) fn accepted(header: &str) -> Self {
        let wishes = header.split(',').filter_map(|wish| {
            let (tag, weight) = wish.split_once(';').unwrap_or((wish, "q=1"));
            let lang = Self::of_tag(tag.trim())?;
            Some((lang, weight.trim().strip_prefix("q=")?.trim().parse::<f32>().ok()?))
        });
        // The first of equals wins, hence no `max_by`.
        let best = wishes.fold((Self::Zh, 0.0), |best, wish| if wish.1 > best.1 { wish } else { best });
        best.0
    }

    fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        match language.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    pub(crate) const fn own_name(self) -> &'static str {
        match self {
            Self::Zh => "中文",
            Self::En => "English",
        }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// Returns the text in this language.
    pub(crate) const fn say(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lang;

    #[test]
    fn the_browser_says_which_language() {
        let headers = [
            "",
            "fr",
            "en-GB,en;q=0.9",
            "zh-CN,zh;q=0.9,en;q=0.8",
            "en;q=0.5,zh;q=0.7",
            "zh; q=0.5, en; q=0.7",
            "en;q=0,en;q=NaN",
            "*;q=nonsense,en;q=",
        ];

        let languages = headers.map(Lang::accepted);

        assert_eq!(languages, [Lang::Zh, Lang::Zh, Lang::En, Lang::Zh, Lang::Zh, Lang::En, Lang::Zh, Lang::Zh]);
    }
}
