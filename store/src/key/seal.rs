//! Authenticated encryption of secrets, bound to the place where they are stored.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

use crate::random;

/// The length of a key id in bytes.
pub(crate) const KEY_ID: usize = 8;
const NONCE: usize = 24;

/// The id of a key, prefixed to everything that the key sealed.
pub type KeyId = [u8; KEY_ID];

/// Why a sealed value cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was sealed with a key that is no longer configured, or by another deployment.
    #[error("it was sealed with a key that is not configured")]
    UnknownKey,
    /// It was changed or moved to another place.
    #[error("it is damaged or stored in the wrong place")]
    Damaged,
}

/// Seals and opens with XChaCha20-Poly1305. The first key seals; all keys open.
///
/// A sealed value is the key id (8 bytes), a random nonce (24 bytes) and the ciphertext with its tag (16 bytes). The
/// nonce is long enough to be random for any number of secrets.
#[derive(Clone)]
pub struct Sealer {
    keys: Vec<(KeyId, XChaCha20Poly1305)>,
}

impl Sealer {
    /// Creates a sealer with these keys, each with a distinct id. Requires at least one key.
    #[must_use]
    pub fn new(keys: impl Iterator<Item = (KeyId, [u8; 32])>) -> Self {
        Self { keys: keys.map(|(id, key)| (id, XChaCha20Poly1305::new(&Key::from(key)))).collect() }
    }

    /// Seals a secret for one place, such as the key of its row. It cannot be opened for another place.
    #[must_use]
    pub fn seal(&self, place: &str, secret: &[u8]) -> Vec<u8> {
        let (id, cipher) = &self.keys[0];
        let nonce = random::bytes::<NONCE>();
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: place.as_bytes() })
            .expect("the secret is shorter than 256 GiB");
        [id.as_slice(), &nonce, &sealed].concat()
    }

    /// Opens a value that was sealed for this place.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (id, rest) = sealed.split_first_chunk::<KEY_ID>().ok_or(OpenError::Damaged)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(OpenError::Damaged)?;
        let (_, cipher) = self.keys.iter().find(|(known, _)| known == id).ok_or(OpenError::UnknownKey)?;
        cipher
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: place.as_bytes() })
            .map_err(|_| OpenError::Damaged)
    }

    #[cfg(test)]
    pub(crate) fn of_tests() -> Self {
        Self::new(std::iter::once(([1; KEY_ID], [1; 32])))
    }

    /// Returns whether the value was sealed with the current key.
    pub(crate) fn is_current(&self, sealed: &[u8]) -> bool {
        sealed.starts_with(&self.keys[0].0)
    }

    /// Returns the index of the key that sealed the value; 0 is the current key.
    pub(crate) fn which(&self, sealed: &[u8]) -> Option<usize> {
        self.keys.iter().position(|(id, _)| sealed.starts_with(id))
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({})", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{OpenError, Sealer};

    fn sealer(keys: &[u8]) -> Sealer {
        Sealer::new(keys.iter().map(|key| ([*key; 8], [*key; 32])))
    }

    #[test]
    fn what_is_sealed_opens_in_its_own_place_only() {
        let sealer = sealer(&[1]);

        let closed = sealer.seal("a", b"planted");

        assert_eq!(sealer.open("a", &closed), Ok(b"planted".to_vec()));
        assert_eq!(sealer.open("b", &closed), Err(OpenError::Damaged));
        assert!(!closed.windows(7).any(|window| window == b"planted"));
    }

    #[test]
    fn no_two_seals_are_alike() {
        let sealer = sealer(&[1]);

        assert_ne!(sealer.seal("a", b"planted"), sealer.seal("a", b"planted"));
    }

    #[test]
    fn the_first_key_seals_and_all_open() {
        let (old, new, both) = (sealer(&[1]), sealer(&[2]), sealer(&[2, 1]));

        assert_eq!(both.open("a", &old.seal("a", b"planted")), Ok(b"planted".to_vec()));
        assert_eq!(new.open("a", &both.seal("a", b"planted")), Ok(b"planted".to_vec()));
        assert_eq!(old.open("a", &both.seal("a", b"planted")), Err(OpenError::UnknownKey));
        assert_eq!([&old, &new, &both].map(|by| both.which(&by.seal("a", b"planted"))), [Some(1), Some(0), Some(0)]);
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        let sealer = sealer(&[1]);
        let closed = sealer.seal("a", b"planted");

        for at in 0..closed.len() {
            let mut changed = closed.clone();
            changed[at] ^= 1;
            assert!(sealer.open("a", &changed).is_err(), "byte {at}");
            assert!(sealer.open("a", &closed[..at]).is_err(), "cut at {at}");
        }
    }
}
