//! Randomness from the operating system, in the shapes that tokens, states and codes have.
//! Ids are made by `domain`, from the clock.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

/// `N` random bytes.
///
/// # Panics
/// When the operating system has no randomness: nothing safe can be done then.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that draws randomness")]
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

/// 256 random bits in base64url: a token.
#[must_use]
pub(crate) fn token() -> String {
    BASE64URL_NOPAD.encode(&bytes::<32>())
}

/// 128 random bits in hexadecimal: a `state` of WeChat's alphabet, an error id.
#[must_use]
pub(crate) fn hex() -> String {
    HEXLOWER.encode(&bytes::<16>())
}

/// Six random digits, each code as likely as the next.
#[must_use]
pub(crate) fn six_digits() -> String {
    const CODES: u32 = 1_000_000;
    // The largest multiple of a million below 2^32; above it the first codes would be likelier.
    const FAIR: u32 = u32::MAX - u32::MAX % CODES;
    loop {
        let draw = u32::from_be_bytes(bytes());
        if draw < FAIR {
            return format!("{:06}", draw % CODES);
        }
    }
}
