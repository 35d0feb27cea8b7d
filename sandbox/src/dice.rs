//! The only source of randomness. Ids that must be the same in every run are in `ids`.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Returns an array of random bytes.
#[expect(clippy::disallowed_methods, reason = "this is the one place where chance comes from")]
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has randomness to give");
    bytes
}

/// Returns random letters and digits.
pub(crate) fn alphanumeric<const N: usize>() -> [u8; N] {
    bytes().map(|byte| ALPHANUMERIC[usize::from(byte) % ALPHANUMERIC.len()])
}

/// Returns a login code in WeChat's format: 32 characters, `0`, two digits, then letters and digits.
pub(crate) fn login_code() -> [u8; 32] {
    let mut code = alphanumeric::<32>();
    let [tens, ones] = bytes::<2>();
    code[0] = b'0';
    code[1] = b'0' + tens % 10;
    code[2] = b'0' + ones % 10;
    code
}

/// Returns `true` with this probability, which is at most 1.
pub(crate) fn chance(likelihood: f64) -> bool {
    f64::from(u32::from_be_bytes(bytes())) / (f64::from(u32::MAX) + 1.0) < likelihood
}

/// Returns random lower-case hex, two digits for each byte.
pub(crate) fn hex<const N: usize>() -> String {
    HEXLOWER.encode(&bytes::<N>())
}

/// Returns random base64url, four characters for three bytes.
pub(crate) fn base64url<const N: usize>() -> String {
    BASE64URL_NOPAD.encode(&bytes::<N>())
}

/// Returns a session key in WeChat's format: 16 bytes in base64.
pub(crate) fn session_key() -> String {
    BASE64.encode(&bytes::<16>())
}
