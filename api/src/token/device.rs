//! The device token: identifies a device. Issued at the device's first login and sent with later ones.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};

use super::{CodeVerifier, Keys};
use crate::random;

/// 256 bits in base64url. Only its hash is stored, so that it survives key rotation. Does not print.
#[derive(Clone)]
pub struct DeviceToken(SecretString);

impl DeviceToken {
    /// Parses a device token. Malformed text yields `None`, which is treated like an unknown device.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let is_token = BASE64URL_NOPAD.decode(text.as_bytes()).is_ok_and(|bytes| bytes.len() == 32);
        is_token.then(|| Self(text.into()))
    }

    /// Generates a device token.
    pub(crate) fn random() -> Self {
        Self(random::token().into())
    }

    /// Returns the hash that is stored.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        super::hash(self.0.expose_secret())
    }

    /// Returns the token, to send it to its client.
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
    /// Derives the token of a new device from a login with a verifier, so that a retry of the login returns the same
    /// token.
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
