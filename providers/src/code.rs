//! The authorization code that a client brings from an upstream.
//! What it is worth is the upstream's to say: see `provider`.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// Text that no upstream issues as a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an authorization code")]
pub struct BadLoginCode;

/// An authorization code (RFC 6749 section 1.3.1): one use, a few minutes. Does not print.
#[derive(Clone)]
pub struct LoginCode(SecretString);

impl LoginCode {
    /// The longest code an upstream is known to issue (`WeCom`), in bytes.
    pub const MAX_LEN: usize = 512;

    /// Accepts 1 to 512 printable ASCII characters.
    pub fn parse(text: &str) -> Result<Self, BadLoginCode> {
        let text = text.trim();
        let fits = (1..=Self::MAX_LEN).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text.into())) } else { Err(BadLoginCode) }
    }

    /// The code itself, for the one request that spends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for LoginCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginCode(…)")
    }
}
