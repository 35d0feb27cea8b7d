//! What others call people and apps: opaque, validated text, one type each.
//! Whether a key belongs to somebody is decided in `linking`.

use std::fmt;
use std::str::FromStr;

/// Text that cannot name anybody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Nothing but white space.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// A word that client libraries send when they have nothing: `null`, `undefined`, zeros.
    #[error("the {0} is a placeholder that names nobody")]
    Placeholder(&'static str),
    /// Longer than any upstream issues.
    #[error("the {what} is longer than {limit} characters")]
    TooLong {
        /// Which key.
        what: &'static str,
        /// The most characters it may have.
        limit: usize,
    },
    /// A character that no upstream issues.
    #[error("the {0} contains a character that is not allowed")]
    Character(&'static str),
}

/// Trims, then refuses what identity rule R9 calls nobody's identity.
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
    let names_nobody = ["null", "undefined", "none", "nil"].iter().any(|word| text.eq_ignore_ascii_case(word))
        || text.bytes().all(|b| b == b'0' || b == b'-');
    if names_nobody {
        return Err(BadKey::Placeholder(what));
    }
    Ok(text.to_owned())
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
            /// The most characters this key may have.
            pub const MAX_LEN: usize = $limit;

            /// The text inside.
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
    /// What clients call an app: letters, digits, `-`, `_` and `.`, at most 64.
    AppName, "app name", 64, name
);
key!(
    /// What the upstream calls an app (a WeChat `appid`), at most 128 characters. Open ids are unique within it.
    AppId, "app id", 128, opaque
);
key!(
    /// What an app calls a person, at most 255 characters (OpenID Connect's limit for `sub`; WeChat uses 28).
    OpenId, "open id", 255, opaque
);
key!(
    /// The operator's name for an issuer that several apps are bound to, at most 64 characters.
    UnionScope, "union scope", 64, name
);
key!(
    /// What a union scope calls a person, at most 255 characters (WeChat uses 28).
    UnionId, "union id", 255, opaque
);
key!(
    /// The company's own id of a person, at most 128 characters.
    ExternalId, "external id", 128, opaque
);

/// The first of an identity's two keys: an open id means something only together with its app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpenKey {
    /// The app that issued the open id.
    pub app: AppId,
    /// What the app calls the person.
    pub open_id: OpenId,
}

/// The second of an identity's two keys: a union id means something only within its scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnionKey {
    /// The issuer.
    pub scope: UnionScope,
    /// What the issuer calls the person.
    pub union_id: UnionId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r9_placeholders_and_absurd_lengths_are_nobodys_identity() {
        for text in ["", " ", "null", "NULL", "undefined", "0", "00000000-0000-0000", "a b", "é"] {
            assert!(text.parse::<OpenId>().is_err(), "{text}");
        }
        assert!("x".repeat(256).parse::<OpenId>().is_err());
        assert!("x".repeat(255).parse::<OpenId>().is_ok());
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
