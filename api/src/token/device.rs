//! The token by which a device is known again: given at its first login, sent along with later ones.
//! What a known device is trusted with is decided in `usecase`.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};

use super::{CodeVerifier, Keys};
use crate::random;

/// 256 bits in base64url. Only its hash is kept, so that it outlives every rotation of keys. Does not print.
#[derive(Clone)]
pub struct DeviceToken(SecretString);

impl DeviceToken {
    /// Reads what a client sent. What cannot be one of ours names no device, like one that we do not know.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let is_token = BASE64URL_NOPAD.decode(text.as_bytes()).is_ok_and(|bytes| bytes.len() == 32);
        is_token.then(|| Self(text.into()))
    }

    /// A new one.
    pub(crate) fn random() -> Self {
        Self(random::token().into())
    }

    /// How it stands in the database.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        super::hash(self.0.expose_secret())
    }

    /// The token itself, for the client that it is given to.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(…)")
    }
}

impl Keys {
    /// The token of a new device, given by a login with a verifier. Derived rather than drawn, so that a repeat of the
    /// login gets the same.
    #[must_use]
    pub fn first_device_token(&self, code_hash: &[u8; 32], verifier: &CodeVerifier) -> DeviceToken {
        let parts: [&[u8]; 2] = [code_hash, verifier.expose().as_bytes()];
        DeviceToken(BASE64URL_NOPAD.encode(&self.mac("first-device-token", &parts)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_again_and_does_not_print() {
        let token = DeviceToken::random();

        let read = DeviceToken::read(token.expose()).expect("a token");

        assert_eq!(read.hash(), token.hash());
        assert_eq!(format!("{token:?}"), "DeviceToken(…)");
    }

    #[test]
    fn what_we_never_give_names_no_device() {
        let (short, long) = ("A".repeat(42), "A".repeat(44));

        for text in ["", "null", &short, &long, &"é".repeat(43), &format!("{short}+")] {
            assert!(DeviceToken::read(text).is_none(), "{text}");
        }
    }
}
