//! Randomness from the operating system, in the forms that tokens, states and codes need.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

/// Returns `N` random bytes.
///
/// # Panics
///
/// When the operating system provides no randomness: no safe fallback exists.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that draws randomness")]
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

/// Returns a token: 256 random bits in base64url.
#[must_use]
pub(crate) fn token() -> String {
    BASE64URL_NOPAD.encode(&bytes::<32>())
}

/// Returns 128 random bits in hexadecimal, for a `state` in WeChat's alphabet or an error id.
#[must_use]
pub(crate) fn hex() -> String {
    HEXLOWER.encode(&bytes::<16>())
}

/// Returns six random digits, uniformly distributed.
#[must_use]
pub(crate) fn six_digits() -> String {
    const CODES: u32 = 1_000_000;
    // The largest multiple of a million below 2^32; draws above it would favour the low codes.
    const FAIR: u32 = u32::MAX - u32::MAX % CODES;
    loop {
        let draw = u32::from_be_bytes(bytes());
        if draw < FAIR {
            return format!("{:06}", draw % CODES);
        }
    }
}
