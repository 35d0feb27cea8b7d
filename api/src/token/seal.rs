//! Seals what is secret and has to be read again, for the database: encrypted, and bound to the place where it stands.
//! What is never read again is kept as a hash instead: see `token`.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

use crate::random;

const KEY_ID: usize = 8;
const NONCE: usize = 24;

/// Why something sealed cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was sealed with a key that was taken out of the configuration, or belongs to another deployment.
    #[error("it was sealed with a key that is not configured")]
    UnknownKey,
    /// Somebody changed it, or moved it to another place.
    #[error("it is damaged or stands in the wrong place")]
    Damaged,
}

/// Seals and opens with XChaCha20-Poly1305: the first key seals, all of them open.
///
/// Sealed is: 8 bytes that name the key, a random nonce of 24 bytes, the ciphertext with its tag of 16 bytes. The nonce
/// is long enough to be drawn for any number of secrets.
pub struct Sealer {
    keys: Vec<([u8; KEY_ID], XChaCha20Poly1305)>,
}

impl Sealer {
    /// A sealer with these keys, each under a name of its own; there is at least one.
    pub(super) fn new(keys: impl Iterator<Item = ([u8; KEY_ID], [u8; 32])>) -> Self {
        Self { keys: keys.map(|(id, key)| (id, XChaCha20Poly1305::new(&Key::from(key)))).collect() }
    }

    /// Seals a secret for one place, such as the key of its row: elsewhere it does not open.
    #[must_use]
    pub fn seal(&self, place: &str, secret: &[u8]) -> Vec<u8> {
        let (id, cipher) = &self.keys[0];
        let nonce = random::bytes::<NONCE>();
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: place.as_bytes() })
            .expect("only 256 GiB are too long to be sealed");
        [id.as_slice(), &nonce, &sealed].concat()
    }

    /// Opens what was sealed for this place.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (id, rest) = sealed.split_first_chunk::<KEY_ID>().ok_or(OpenError::Damaged)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(OpenError::Damaged)?;
        let (_, cipher) = self.keys.iter().find(|(known, _)| known == id).ok_or(OpenError::UnknownKey)?;
        cipher
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: place.as_bytes() })
            .map_err(|_| OpenError::Damaged)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({})", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::OpenError;
    use crate::token::Keys;

    fn keys(secrets: &[&str]) -> Keys {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).to_owned().into()).collect();
        Keys::derive(&secrets)
    }

    #[test]
    fn what_is_sealed_opens_in_its_own_place_and_for_its_own_purpose_only() {
        let keys = keys(&["one"]);
        let sealer = keys.sealer("tokens");

        let closed = sealer.seal("a", b"planted");

        assert_eq!(sealer.open("a", &closed), Ok(b"planted".to_vec()));
        assert_eq!(sealer.open("b", &closed), Err(OpenError::Damaged));
        assert_eq!(keys.sealer("phones").open("a", &closed), Err(OpenError::UnknownKey));
        assert!(!closed.windows(7).any(|window| window == b"planted"));
    }

    #[test]
    fn no_two_seals_are_alike() {
        let sealer = keys(&["one"]).sealer("tokens");

        assert_ne!(sealer.seal("a", b"planted"), sealer.seal("a", b"planted"));
    }

    #[test]
    fn the_first_secret_seals_and_all_open() {
        let (old, new) = (keys(&["old"]).sealer("tokens"), keys(&["new"]).sealer("tokens"));
        let both = keys(&["new", "old"]).sealer("tokens");

        assert_eq!(both.open("a", &old.seal("a", b"planted")), Ok(b"planted".to_vec()));
        assert_eq!(new.open("a", &both.seal("a", b"planted")), Ok(b"planted".to_vec()));
        assert_eq!(old.open("a", &both.seal("a", b"planted")), Err(OpenError::UnknownKey));
    }

    #[test]
    fn without_a_secret_nobody_else_opens() {
        let (one, other) = (keys(&[]).sealer("tokens"), keys(&[]).sealer("tokens"));

        assert_eq!(other.open("a", &one.seal("a", b"planted")), Err(OpenError::UnknownKey));
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        let sealer = keys(&["one"]).sealer("tokens");
        let closed = sealer.seal("a", b"planted");

        for at in 0..closed.len() {
            let mut changed = closed.clone();
            changed[at] ^= 1;
            assert!(sealer.open("a", &changed).is_err(), "byte {at}");
            assert!(sealer.open("a", &closed[..at]).is_err(), "cut at {at}");
        }
    }
}
