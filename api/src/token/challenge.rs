//! The S256 challenge of RFC 7636 (PKCE), which shows that the client that ends a login also began it.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::random;

/// Text that is no valid verifier (RFC 7636 section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code verifier has 43 to 128 characters of A-Z, a-z, 0-9, `-`, `.`, `_` and `~`")]
pub struct BadCodeVerifier;

/// Text that is no valid challenge (RFC 7636 section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code challenge is the SHA-256 hash of the verifier in 43 characters of base64url")]
pub struct BadCodeChallenge;

/// A secret that a client generates for one login and keeps until the login ends. Does not print.
#[derive(Clone)]
pub struct CodeVerifier(SecretString);

impl CodeVerifier {
    /// Parses a verifier.
    pub fn parse(text: &str) -> Result<Self, BadCodeVerifier> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let fits = (43..=128).contains(&text.len()) && text.bytes().all(unreserved);
        if fits { Ok(Self(text.into())) } else { Err(BadCodeVerifier) }
    }

    /// Generates a verifier of 43 characters, for a browser's cookie.
    #[must_use]
    pub(crate) fn random() -> Self {
        Self(random::token().into())
    }

    /// Returns the challenge of this verifier.
    #[must_use]
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge(Sha256::digest(self.0.expose_secret()).into())
    }

    /// Returns the secret, for deriving other values.
    #[must_use]
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier(…)")
    }
}

/// The SHA-256 hash of a verifier. Compared in constant time.
#[derive(Debug, Clone, Copy)]
pub struct CodeChallenge(pub [u8; 32]);

impl CodeChallenge {
    /// Parses a challenge: base64url without padding.
    pub fn parse(text: &str) -> Result<Self, BadCodeChallenge> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| BadCodeChallenge)?;
        bytes.try_into().map(Self).map_err(|_| BadCodeChallenge)
    }
}

impl PartialEq for CodeChallenge {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_fits() {
        // RFC 7636, appendix B.
        let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").expect("a verifier");

        let challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").expect("a challenge");

        assert_eq!(verifier.challenge(), challenge);
    }

    #[test]
    fn what_no_client_makes_is_refused() {
        let (short, long, strange) = ("a".repeat(42), "a".repeat(129), format!("{}+", "a".repeat(42)));

        for text in ["", &short, &long, &strange, "é".repeat(43).as_str()] {
            assert_eq!(CodeVerifier::parse(text).err(), Some(BadCodeVerifier), "{text}");
        }
        for text in ["", &short, &"a".repeat(44), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"] {
            assert_eq!(CodeChallenge::parse(text).err(), Some(BadCodeChallenge), "{text}");
        }
    }

    #[test]
    fn a_verifier_does_not_print() {
        let verifier = CodeVerifier::parse(&"s".repeat(43)).expect("a verifier");

        assert_eq!(format!("{verifier:?}"), "CodeVerifier(…)");
    }
}
