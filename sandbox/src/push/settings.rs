//! The push settings of an app (服务器配置): address, mode, token and key.

use std::fmt;

use serde::Serialize;
use url::Url;

use crate::company::words;

use super::{AesKey, Format};

/// Unvalidated push settings.
#[derive(Clone, Serialize)]
pub struct Form {
    /// The destination of pushes. Unlike WeChat, the sandbox accepts any port.
    pub url: String,
    /// The token that signs pushes: 3 to 32 letters, digits, - and _.
    pub token: String,
    /// The `EncodingAESKey`: 43 characters. Optional in plain mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aes_key: Option<String>,
    /// Whether messages are encrypted.
    pub mode: Mode,
    /// The format of messages.
    pub format: Format,
    /// Renders authorization events as WeChat's documents print them, see [`super::Push::text`].
    pub ugly_keys: bool,
}

words! {
    /// Whether messages are encrypted.
    pub enum Mode {
        /// 明文模式: not encrypted.
        Plain = "plain",
        /// 兼容模式: one body contains both the plain and the encrypted message.
        Compatible = "compatible",
        /// 安全模式: encrypted only.
        Secure = "secure",
    }
}

/// Valid push settings, serialized as the form.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct Settings {
    pub(super) form: Form,
    #[serde(skip)]
    pub(super) url: Url,
    #[serde(skip)]
    pub(super) secrecy: Secrecy,
}

/// A mode with the key that it needs.
#[derive(Clone)]
pub(super) enum Secrecy {
    Plain,
    Compatible(AesKey),
    Secure(AesKey),
}

impl Settings {
    /// Validates a form.
    ///
    /// # Errors
    ///
    /// Every mistake in the form.
    pub fn new(form: Form) -> Result<Self, Vec<Mistake>> {
        let url = Url::parse(&form.url).ok().filter(|url| matches!(url.scheme(), "http" | "https")).ok_or(Mistake::Url);
        let token = if is_token(&form.token) { Ok(()) } else { Err(Mistake::Token) };
        match (url, token, Secrecy::new(form.mode, form.aes_key.as_deref())) {
            (Ok(url), Ok(()), Ok(secrecy)) => Ok(Self { form, url, secrecy }),
            (url, token, secrecy) => Err([url.err(), token.err(), secrecy.err()].into_iter().flatten().collect()),
        }
    }
}

impl Secrecy {
    fn new(mode: Mode, key: Option<&str>) -> Result<Self, Mistake> {
        let key = key.map(str::parse::<AesKey>).transpose().map_err(|_| Mistake::AesKey)?;
        match (mode, key) {
            (Mode::Plain, _) => Ok(Self::Plain),
            (Mode::Compatible, Some(key)) => Ok(Self::Compatible(key)),
            (Mode::Secure, Some(key)) => Ok(Self::Secure(key)),
            (Mode::Compatible | Mode::Secure, None) => Err(Mistake::NoAesKey),
        }
    }
}

/// A mistake in a [`Form`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// The address cannot be called.
    Url,
    /// The token is not valid in WeChat.
    Token,
    /// The key is not an `EncodingAESKey`.
    AesKey,
    /// The mode requires encryption, and there is no key.
    NoAesKey,
}

impl Mistake {
    /// Returns the field that is wrong.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Token => "token",
            Self::AesKey | Self::NoAesKey => "aes_key",
        }
    }

    /// Returns what the field must be.
    #[must_use]
    pub const fn problem(self) -> &'static str {
        match self {
            Self::Url => "must be an http or https address",
            Self::Token => "must be 3 to 32 letters, digits, - and _",
            Self::AesKey => "must be 43 characters of base64",
            Self::NoAesKey => "is required except in plain mode",
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field(), self.problem())
    }
}

impl std::error::Error for Mistake {}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form")
            .field("url", &self.url)
            .field("mode", &self.mode)
            .field("format", &self.format)
            .field("ugly_keys", &self.ugly_keys)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("url", &self.url.as_str())
            .field("format", &self.form.format)
            .finish_non_exhaustive()
    }
}

fn is_token(text: &str) -> bool {
    (3..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
