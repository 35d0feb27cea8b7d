//! What a client receives from an upstream and sends to Guiyi: codes, and data that the host app encrypted.

use std::fmt;

use data_encoding::BASE64;
use secrecy::{ExposeSecret, SecretString};

/// The text cannot be a code of any upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an authorization code")]
pub struct BadCode;

/// The longest code that is accepted, in bytes. The longest known codes are `WeCom`'s with 512 bytes; identity providers
/// have longer ones.
const MAX_CODE: usize = 2048;

macro_rules! code {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// Accepts 1 to 2,048 printable ASCII characters.
            pub fn parse(text: &str) -> Result<Self, BadCode> {
                let text = text.trim();
                let fits = (1..=MAX_CODE).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
                if fits { Ok(Self(text.into())) } else { Err(BadCode) }
            }

            /// Returns the code itself, for the one request that spends it.
            #[must_use]
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

code!(
    /// An authorization code (RFC 6749 section 1.3.1): for one use, valid for a few minutes. `Debug` does not print it.
    LoginCode
);
code!(
    /// The code of a phone button, which is not a login code. `Debug` does not print it.
    PhoneCode
);

/// The text does not have the shape of encrypted data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not encrypted data: both parts are base64, and the iv has 16 bytes")]
pub struct BadEncryptedData;

/// Data that a host app encrypted for the server with the key of a login session. `Debug` does not print it.
///
/// Source: "Signature verification and decryption of open data", developers.weixin.qq.com.
#[derive(Clone)]
pub struct EncryptedData {
    /// The ciphertext, in whole blocks of 16 bytes.
    pub data: Vec<u8>,
    /// The initialization vector.
    pub iv: [u8; 16],
}

impl EncryptedData {
    /// The longest ciphertext that is accepted, in bytes.
    pub const MAX_LEN: usize = 16 * 1024;

    /// Parses what the client library returned: both parts in base64.
    pub fn parse(data: &str, iv: &str) -> Result<Self, BadEncryptedData> {
        let read = |text: &str| BASE64.decode(text.trim().as_bytes()).map_err(|_| BadEncryptedData);
        let (data, iv) = (read(data)?, read(iv)?);
        let fits = !data.is_empty() && data.len() <= Self::MAX_LEN && data.len().is_multiple_of(16);
        let iv = iv.try_into().map_err(|_| BadEncryptedData)?;
        if fits { Ok(Self { data, iv }) } else { Err(BadEncryptedData) }
    }
}

impl fmt::Debug for EncryptedData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptedData({} bytes)", self.data.len())
    }
}
