//! The encryption of pushes: AES-256-CBC under the `EncodingAESKey` of an app.

use std::fmt;
use std::str::FromStr;

use aes::Aes256;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use data_encoding::{BASE64, BASE64_NOPAD};

/// WeChat pads to a multiple of 32 bytes, twice the block of AES.
const PADDED_TO: usize = 32;

/// The `EncodingAESKey` of an app.
#[derive(Clone, PartialEq, Eq)]
pub struct AesKey([u8; 32]);

impl AesKey {
    /// Encrypts a message for an app and returns the base64 that WeChat calls `Encrypt`.
    ///
    /// `salt` makes two pushes of the same message different; it should be random.
    #[must_use]
    pub fn encrypt(&self, salt: [u8; 16], message: &str, app_id: &str) -> String {
        let length = u32::try_from(message.len()).expect("a message is shorter than 4 GB");
        let plaintext = [&salt, length.to_be_bytes().as_slice(), message.as_bytes(), app_id.as_bytes()].concat();
        BASE64.encode(&self.cipher().encrypt_padded_vec::<NoPadding>(&padded(plaintext)))
    }

    /// Decrypts the base64 of an answer and returns its message, without the receiver.
    pub(super) fn decrypt(&self, encrypted: &str) -> Option<String> {
        let (iv, _) = self.0.split_at(16);
        let cipher = cbc::Decryptor::<Aes256>::new_from_slices(&self.0, iv).ok()?;
        let plain = cipher.decrypt_padded_vec::<NoPadding>(&BASE64.decode(encrypted.as_bytes()).ok()?).ok()?;
        let (head, rest) = plain.split_at_checked(20)?;
        let length = u32::from_be_bytes(head.get(16..)?.try_into().ok()?);
        String::from_utf8(rest.get(..usize::try_from(length).ok()?)?.to_vec()).ok()
    }

    /// WeChat uses the first half of the key as the initialization vector.
    fn cipher(&self) -> cbc::Encryptor<Aes256> {
        let (iv, _) = self.0.split_at(16);
        cbc::Encryptor::new_from_slices(&self.0, iv).expect("the key has 32 bytes, and its first half 16")
    }
}

impl From<[u8; 32]> for AesKey {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl FromStr for AesKey {
    type Err = NotAnAesKey;

    /// Parses 43 characters of base64. The last one may have unused bits: WeChat generates such keys.
    fn from_str(text: &str) -> Result<Self, NotAnAesKey> {
        let mut lenient = BASE64_NOPAD.specification();
        lenient.check_trailing_bits = false;
        let base64 = lenient.encoding().expect("the specification is one of the library's, less strict");
        base64.decode(text.as_bytes()).ok().and_then(|key| key.try_into().ok()).map(Self).ok_or(NotAnAesKey)
    }
}

impl fmt::Debug for AesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AesKey").finish_non_exhaustive()
    }
}

/// The text cannot be an `EncodingAESKey`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an EncodingAESKey has 43 characters of base64")]
pub struct NotAnAesKey;

/// Pads as PKCS#7; a text that needs no padding gets a whole block.
fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = PADDED_TO - bytes.len() % PADDED_TO;
    let pad = u8::try_from(length).expect("a padding is at most 32 bytes");
    bytes.resize(bytes.len() + length, pad);
    bytes
}

#[cfg(test)]
mod tests {
    use super::{AesKey, NotAnAesKey, padded};
    use crate::signature;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const APP_ID: &str = "wxabcdef0123456789";
    const MESSAGE: &str = concat!(
        "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>",
        "<FromUserName><![CDATA[oEx4mple5Qm7hV2cYtR9kLwPz0aB]]></FromUserName>",
        "<CreateTime>1760000000</CreateTime><MsgType><![CDATA[event]]></MsgType>",
        "<Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[]]></EventKey></xml>",
    );
    const ENCRYPT: &str = concat!(
        "4j/AuRx71kQlxVlzbpsMWP+wB4Li5lbNGiO5sMl+3pCU2MjS8wlLGkz2PTqG9P+z3nDKikbrJc6h7dYjqhSO+1URsUj/WHxzk4DPBpIZN/F",
        "eztZe+T8vLHLG7ydgn2TwxwHO1yES68gP8S26FtY0K3dbMmUSXRRua77hI00pc9X1/lnLkwChbA937t1R72Z4hk9fPzkuSE1xcxgZD6UN22",
        "JpMy70kR1lmc8KmtgKUTzf7L3yDJ8bb0e+GXGgHtgrzFCNzFl+WkwzuQu0R+XcBIdjLcrMinQiidMY/D/cnH8HAn0ZiTNfAScGc+S2aTy30",
        "sptJcQlglivVROoosYqeiiHjhfNTR2Y6qZcD+TBTciFpRSt0zH6+qOHlQW1cPcRDjjHvL/VmAUVRV7oRsElx3NKXqrJ+LvvEzyaDNbSgQ4=",
    );

    #[test]
    fn a_message_is_encrypted_as_wechat_does() {
        let key: AesKey = KEY.parse().unwrap();

        let encrypt = key.encrypt(*b"0123456789abcdef", MESSAGE, APP_ID);

        assert_eq!(encrypt, ENCRYPT);
    }

    #[test]
    fn an_encrypted_message_is_signed_as_wechat_does() {
        let signature = signature::push_message("sandbox_token_01", "1760000000", "904417236", ENCRYPT);

        assert_eq!(signature, "6521bc4513b945f48e8209c3f53e132c01af0857");
    }

    #[test]
    fn bits_behind_the_end_of_a_key_mean_nothing() {
        let keys = ["8", "9", "+", "/"].map(|last| format!("{}{last}", &KEY[..42]).parse::<AesKey>());

        assert_eq!(keys, [const { KEY }; 4].map(str::parse));
    }

    #[test]
    fn a_key_has_43_characters_of_base64() {
        let texts = ["", &KEY[..42], &format!("{KEY}="), &format!("{KEY}A"), &format!("{}-", &KEY[..42])];

        assert_eq!(texts.map(str::parse::<AesKey>), [const { Err(NotAnAesKey) }; 5]);
    }

    #[test]
    fn a_key_does_not_print() {
        assert_eq!(format!("{:?}", KEY.parse::<AesKey>().unwrap()), "AesKey(..)");
    }

    #[test]
    fn padding_is_never_empty_and_ends_at_32() {
        let lengths = [0, 1, 31, 32, 33].map(|length| padded(vec![0; length]));

        assert_eq!(lengths.each_ref().map(Vec::len), [32, 32, 32, 64, 64]);
        assert_eq!(lengths.map(|bytes| bytes.last().copied()), [32, 31, 1, 32, 31].map(Some));
    }
}
