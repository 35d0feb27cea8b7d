//! What a client brings from an upstream: codes, and data that the host app encrypted.
//! What they are worth is the upstream's to say: see `provider`.

use std::fmt;

use data_encoding::BASE64;
use secrecy::{ExposeSecret, SecretString};

/// Text that no upstream issues as a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an authorization code")]
pub struct BadCode;

/// The longest code an upstream is known to issue (`WeCom`'s has 512 bytes; ID providers go higher), in bytes.
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

            /// The code itself, for the one request that spends it.
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
    /// An authorization code (RFC 6749 section 1.3.1): one use, a few minutes. Does not print.
    LoginCode
);
code!(
    /// The code of a phone button, which is not a login code. Does not print.
    PhoneCode
);

/// Data that does not have the shape of encrypted data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not encrypted data: both parts are base64, and the iv has 16 bytes")]
pub struct BadEncryptedData;

/// What a host app encrypted for the server with the key of a login session. Does not print.
///
/// Source: "Signature verification and decryption of open data", developers.weixin.qq.com.
#[derive(Clone)]
pub struct EncryptedData {
    /// The cipher text, whole blocks of 16 bytes.
    pub data: Vec<u8>,
    /// The first vector of the chain.
    pub iv: [u8; 16],
}

impl EncryptedData {
    /// The largest cipher text that is read, in bytes.
    pub const MAX_LEN: usize = 16 * 1024;

    /// Reads what the client library gave: both in base64.
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
