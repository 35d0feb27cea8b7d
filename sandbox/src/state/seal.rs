//! Sealed tokens that contain their own data, so that a million of them use no memory.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::dice;

/// WeChat's tokens start with a number and an underscore.
const START: &str = "86_";

/// Seals and opens tokens with a key that exists only in this process.
pub(crate) struct Seal {
    key: [u8; 32],
}

impl Default for Seal {
    fn default() -> Self {
        Self { key: dice::bytes() }
    }
}

impl Seal {
    pub(crate) fn close<const N: usize>(&self, content: [u8; N]) -> String {
        // The tag goes first: tokens with the same beginning would look like one token in a log.
        let mut bytes = self.mac(&content).finalize().into_bytes().to_vec();
        bytes.extend(content);
        format!("{START}{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// Returns the content, if this seal sealed it.
    pub(crate) fn open<const N: usize>(&self, token: &str) -> Option<[u8; N]> {
        let bytes = BASE64URL_NOPAD.decode(token.strip_prefix(START)?.as_bytes()).ok()?;
        let (tag, content) = bytes.split_at_checked(bytes.len().checked_sub(N)?)?;
        self.mac(content).verify_slice(tag).ok()?;
        content.try_into().ok()
    }

    fn mac(&self, content: &[u8]) -> Hmac<Sha256> {
        Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length").chain_update(content)
    }
}

/// Returns the bytes of a content from a position.
pub(super) fn part<const N: usize>(content: &[u8], at: usize) -> [u8; N] {
    std::array::from_fn(|offset| content[at + offset])
}
