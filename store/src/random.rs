//! Randomness from the operating system, for keys and nonces.
//! Tokens, states and codes are drawn in `api`.

/// `N` random bytes.
///
/// # Panics
/// When the operating system has no randomness: nothing safe can be done then.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place of the store that draws randomness")]
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}
