//! Random bytes from the operating system, for keys and nonces.

/// Returns `N` random bytes.
///
/// # Panics
/// Panics if the operating system provides no randomness.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place of the store that draws randomness")]
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system provides randomness");
    bytes
}
