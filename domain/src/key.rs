//! Identifiers from elsewhere: opaque, validated text, one type each.

use std::fmt;
use std::str::FromStr;

use crate::text::{is_damaged_number, is_guarded, is_null_mark};

/// Text that is not a usable key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// The text is empty or white space.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// A mark that programs write for no value (`null`, `undefined`, zeros, `\N`, `#N/A`).
    #[error("the {0} is a placeholder for no value")]
    Placeholder(&'static str),
    /// A number that a spreadsheet has rounded or formatted (`1.23457E+17`, `1001.0`, `1,001`).
    #[error("the {0} is a number that a spreadsheet has rounded or formatted; export the column as text")]
    Damaged(&'static str),
    /// A sign that keeps an id text in a spreadsheet (`="A-1"`, `'A-1`, `` `A-1 ``).
    #[error("the {0} begins with a quotation mark, which spreadsheets need and the id does not have")]
    Guarded(&'static str),
    /// The text is longer than any upstream issues.
    #[error("the {what} is longer than {limit} characters")]
    TooLong {
        /// The kind of key.
        what: &'static str,
        /// The limit, in characters.
        limit: usize,
    },
    /// The text has a character that no upstream issues.
    #[error("the {0} contains a character that is not allowed")]
    Character(&'static str),
}

/// Trims the text, and refuses what identifies no person (R9).
fn opaque(what: &'static str, limit: usize, text: &str) -> Result<String, BadKey> {
    let text = text.trim();
    if text.is_empty() {
        return Err(BadKey::Empty(what));
    }
    if text.len() > limit {
        return Err(BadKey::TooLong { what, limit });
    }
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(BadKey::Character(what));
    }
    refuse_unusable(what, text)?;
    Ok(text.to_owned())
}

/// Refuses what identifies no person and no order (R9). Many rows of a file hold the same mark or the same rounded number: as a key, it would make
/// one account of all their people.
pub(crate) fn refuse_unusable(what: &'static str, text: &str) -> Result<(), BadKey> {
    if is_guarded(text) && !is_null_mark(text) {
        return Err(BadKey::Guarded(what));
    }
    // As R writes no value; `Na` is a name.
    if is_null_mark(text) || text == "NA" || !text.chars().any(|c| c.is_alphanumeric() && c != '0') {
        return Err(BadKey::Placeholder(what));
    }
    if is_damaged_number(text) { Err(BadKey::Damaged(what)) } else { Ok(()) }
}

fn name(what: &'static str, limit: usize, text: &str) -> Result<String, BadKey> {
    let text = opaque(what, limit, text)?;
    if text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
        Ok(text)
    } else {
        Err(BadKey::Character(what))
    }
}

macro_rules! key {
    ($(#[$meta:meta])* $name:ident, $what:literal, $limit:literal, $check:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveValueType))]
        pub struct $name(String);

        impl $name {
            /// The maximum length of this key, in characters.
            pub const MAX_LEN: usize = $limit;

            /// Restores a key that was stored. It was validated then, perhaps by the rules of an older version.
            #[must_use]
            pub const fn from_stored(text: String) -> Self {
                Self(text)
            }

            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadKey;

            fn from_str(text: &str) -> Result<Self, BadKey> {
                $check($what, $limit, text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> Self {
                key.0
            }
        }
    };
}

key!(
    /// The name by which clients call an app: letters, digits, `-`, `_` and `.`, at most 64 characters.
    AppName, "app name", 64, name
);
key!(
    /// The upstream's id of an app (a WeChat `appid`), at most 128 characters. An openId is unique within it.
    AppId, "app id", 128, opaque
);
key!(
    /// A person's id in one app, at most 255 characters (the limit of OpenID Connect for `sub`; WeChat uses 28).
    OpenId, "open id", 255, opaque
);
key!(
    /// The operator's name of an issuer that several apps share, at most 64 characters.
    UnionScope, "union scope", 64, name
);
key!(
    /// A person's id in a union scope, at most 255 characters (WeChat uses 28).
    UnionId, "union id", 255, opaque
);
key!(
    /// The company's own id of a person, at most 128 characters.
    ExternalId, "external id", 128, opaque
);

impl OpenId {
    /// Returns what stands in place of an erased openId. It has a space, so no upstream's openId is ever equal to it:
    /// each is validated.
    #[must_use]
    pub fn erased(random: [u8; 16]) -> Self {
        Self(format!("erased {:032x}", u128::from_be_bytes(random)))
    }

    /// Returns whether the openId was erased.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.0.starts_with("erased ")
    }
}

/// The first key of an identity. An openId is unique only together with its app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpenKey {
    /// The app that issued the openId.
    pub app: AppId,
    /// The person's openId in the app.
    pub open_id: OpenId,
}

/// The second key of an identity. A unionId is unique only within its scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnionKey {
    /// The issuer.
    pub scope: UnionScope,
    /// The person's unionId in the scope.
    pub union_id: UnionId,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::OrderNo;

    #[test]
    fn r9_placeholders_and_absurd_lengths_are_no_identity() {
        for text in ["", " ", "null", "NULL", "undefined", "0", "00000000-0000-0000", "a b", "é"] {
            assert!(text.parse::<OpenId>().is_err(), "{text}");
        }
        assert!("x".repeat(256).parse::<OpenId>().is_err());
        assert!("x".repeat(255).parse::<OpenId>().is_ok());
    }

    #[test]
    fn r9_null_marks_are_no_identity() {
        let marks = "\\N \\n (null) [NULL] <null> <nil> \"null\" 'NULL' N/A n/a #N/A #NULL! #REF! #VALUE! #DIV/0! #NAME? NA NaN nan \
            None - -- _ . ? / *** ###### {} [] \"\" '' 0.0 0/0";
        for text in marks.split_whitespace() {
            assert_eq!(text.parse::<OpenId>(), Err(BadKey::Placeholder("open id")), "{text}");
            assert_eq!(text.parse::<UnionId>(), Err(BadKey::Placeholder("union id")), "{text}");
            assert_eq!(text.parse::<ExternalId>(), Err(BadKey::Placeholder("external id")), "{text}");
            assert_eq!(OrderNo::parse(text), Err(BadKey::Placeholder("order number")), "{text}");
        }
    }

    #[test]
    fn r9_a_number_that_a_spreadsheet_has_damaged_is_no_identity() {
        let numbers =
            "1.23457E+17 4.00E+17 4.00E17 4.0e-05 1,23457E+17 1e+09 12E+3 1001.0 1001.00 1,001 1,234,567 1,001.50";
        for text in numbers.split_whitespace() {
            assert_eq!(text.parse::<OpenId>(), Err(BadKey::Damaged("open id")), "{text}");
            assert_eq!(text.parse::<ExternalId>(), Err(BadKey::Damaged("external id")), "{text}");
            assert_eq!(OrderNo::parse(text), Err(BadKey::Damaged("order number")), "{text}");
        }
    }

    #[test]
    fn the_guard_of_a_spreadsheet_is_no_part_of_a_key() {
        for text in ["=\"B-20\"", "'B-21", "`B-22`", "\"B-23\""] {
            assert_eq!(text.parse::<OpenId>(), Err(BadKey::Guarded("open id")), "{text}");
            assert_eq!(OrderNo::parse(text), Err(BadKey::Guarded("order number")), "{text}");
        }
    }

    #[test]
    fn two_order_numbers_that_look_alike_are_not_both_order_numbers() {
        for text in ["A\u{200B}1", "A\u{200D}1", "A1\u{FE0F}", "A\u{202E}1", "A\u{E0041}1"] {
            assert_eq!(OrderNo::parse(text), Err(BadKey::Character("order number")), "{}", text.escape_unicode());
        }
    }

    #[test]
    fn an_unusual_key_is_a_key() {
        let keys = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M -oA- Nan na N nanA nullah C-0001 1E5 1000e17 a+b E+5 1.5 1001.01 10.0.0.1 1,01 \
            auth0|5f7c8ec7c33c6c004bbafe82 https://id.example.com/u/1 =A a=\"b\" 400000000000000001 #A1";
        for text in keys.split_whitespace() {
            assert_eq!(text.parse::<OpenId>().map(String::from).as_deref(), Ok(text));
            assert_eq!(OrderNo::parse(text).map(|number| number.as_str().to_owned()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_leading_space_is_not_part_of_a_union_id() {
        let id: UnionId = " oUnion ".parse().expect("a union id");

        assert_eq!(id.as_str(), "oUnion");
    }

    #[test]
    fn an_app_name_is_plain_text() {
        assert!("shop-1".parse::<AppName>().is_ok());
        assert!("shop/1".parse::<AppName>().is_err());
    }
}
