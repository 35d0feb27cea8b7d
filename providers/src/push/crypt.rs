//! The encryption of pushes: AES-256-CBC under an `EncodingAESKey`, padded to a multiple of 32 bytes.

use std::str::FromStr;

use aes::Aes256;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use data_encoding::{BASE64, BASE64_NOPAD};
use subtle::ConstantTimeEq;

/// Random bytes before the length of the message.
const SALT: usize = 16;
/// The largest padding: WeChat pads to 32 bytes, twice the block of AES.
const MOST_PADDING: usize = 32;

/// An `EncodingAESKey`. Does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodingAesKey([u8; 32]);

impl EncodingAesKey {
    /// Returns the 43 characters of the key.
    #[must_use]
    pub fn expose(&self) -> String {
        BASE64_NOPAD.encode(&self.0)
    }

    /// Encrypts a message as [`decrypt`](Self::decrypt) reads it.
    pub(super) fn encrypt(&self, salt: [u8; SALT], message: &str, receiver: &str) -> String {
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
        let mut plain = [&salt, length.as_slice(), message.as_bytes(), receiver.as_bytes()].concat();
        // As PKCS#7; a text that needs no padding gets a whole block.
        let padding = MOST_PADDING - plain.len() % MOST_PADDING;
        plain.resize(plain.len() + padding, u8::try_from(padding).unwrap_or_default());
        let cipher = cbc::Encryptor::<Aes256>::new(&self.0.into(), &self.iv().into());
        BASE64.encode(&cipher.encrypt_padded_vec::<NoPadding>(&plain))
    }

    /// WeChat uses the first half of the key as the initialization vector.
    fn iv(&self) -> [u8; 16] {
        let (iv, _) = self.0.split_at(16);
        iv.try_into().expect("half of 32 bytes")
    }

    /// Decrypts the base64 that WeChat calls `Encrypt`. Returns `None` if it was not encrypted with this key, or for another
    /// receiver than the given one.
    pub(super) fn decrypt(&self, encrypted: &str, receiver: Option<&str>) -> Option<Vec<u8>> {
        let bytes = BASE64.decode(encrypted.as_bytes()).ok()?;
        let cipher = cbc::Decryptor::<Aes256>::new(&self.0.into(), &self.iv().into());
        let plain = cipher.decrypt_padded_vec::<NoPadding>(&bytes).ok()?;
        let plain = unpadded(&plain)?;
        let (head, rest) = plain.split_at_checked(SALT + 4)?;
        let length = u32::from_be_bytes(head.get(SALT..)?.try_into().ok()?);
        let (message, written_receiver) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        let is_ours = receiver.is_none_or(|receiver| bool::from(written_receiver.ct_eq(receiver.as_bytes())));
        is_ours.then(|| message.to_owned())
    }
}

/// Removes the padding: as many bytes as the last one says.
fn unpadded(plain: &[u8]) -> Option<&[u8]> {
    let padding = usize::from(*plain.last()?);
    if !(1..=MOST_PADDING).contains(&padding) {
        return None;
    }
    plain.get(..plain.len().checked_sub(padding)?)
}

impl FromStr for EncodingAesKey {
    type Err = NotAnAesKey;

    /// Parses 43 characters of base64. WeChat generates keys whose last character has unused bits; they are ignored.
    fn from_str(text: &str) -> Result<Self, NotAnAesKey> {
        let mut lenient = BASE64_NOPAD.specification();
        lenient.check_trailing_bits = false;
        let base64 = lenient.encoding().map_err(|_| NotAnAesKey)?;
        base64.decode(text.as_bytes()).ok().and_then(|key| key.try_into().ok()).map(Self).ok_or(NotAnAesKey)
    }
}

impl std::fmt::Debug for EncodingAesKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EncodingAesKey(…)")
    }
}

/// The text cannot be an `EncodingAESKey`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an EncodingAESKey: 43 characters of base64")]
pub struct NotAnAesKey;
