//! All keys of a deployment, derived from the deployment secrets by HKDF (RFC 5869).

use std::fmt;

use ed25519_dalek::SigningKey;
use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::{AuditKeys, Sealer};
use crate::signing::hmac_sha256;

/// The derived keys. The first secret's keys sign and encrypt; all keys verify access tokens and decrypt.
pub struct Keys {
    signing: Vec<SigningKey>,
    sealing: Vec<[u8; 32]>,
    chain: AuditKeys,
    roots: Vec<[u8; 32]>,
}

impl Keys {
    /// Derives the keys. Without any secret they are random and last as long as the process.
    #[must_use]
    pub fn derive(secrets: &[SecretString]) -> Self {
        let random: SecretString = crate::random::token().into();
        let secrets = if secrets.is_empty() { std::slice::from_ref(&random) } else { secrets };
        let derive = |purpose| secrets.iter().map(move |secret| expand(secret.expose_secret().as_bytes(), purpose));
        Self {
            signing: derive("access-token").map(|key| SigningKey::from_bytes(&key)).collect(),
            sealing: derive("sealing").collect(),
            chain: AuditKeys::new(secrets.iter().map(|secret| {
                let secret = secret.expose_secret().as_bytes();
                (expand(secret, "audit-chain/key-id"), expand(secret, "audit-chain/key"))
            })),
            roots: derive("keyed-hashes").collect(),
        }
    }

    /// Returns the keys that verify access tokens. The first one signs.
    #[must_use]
    pub fn signing(&self) -> &[SigningKey] {
        &self.signing
    }

    /// Returns the keys of the audit chain.
    #[must_use]
    pub fn chain(&self) -> &AuditKeys {
        &self.chain
    }

    /// Returns the cipher for one purpose, with its own keys.
    #[must_use]
    pub fn sealer(&self, purpose: &str) -> Sealer {
        Sealer::new(
            self.sealing
                .iter()
                .map(|key| (expand(key, &format!("{purpose}/key-id")), expand(key, &format!("{purpose}/key")))),
        )
    }

    /// Returns a keyed hash (HMAC-SHA256) for one purpose. Parts are length-prefixed, so that no two lists collide.
    #[must_use]
    pub fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        keyed_hash(&self.roots[0], purpose, parts)
    }

    /// Returns the hash under every key, for values from before a rotation. The first is that of [`Self::mac`].
    pub(super) fn macs<'a>(&'a self, purpose: &'a str, parts: &'a [&[u8]]) -> impl Iterator<Item = [u8; 32]> + 'a {
        self.roots.iter().map(move |root| keyed_hash(root, purpose, parts))
    }
}

fn keyed_hash(root: &[u8; 32], purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut message = Vec::new();
    for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
        message.extend((part.len() as u64).to_be_bytes());
        message.extend(part);
    }
    hmac_sha256(root, &message)
}

fn expand<const N: usize>(secret: &[u8], purpose: &str) -> [u8; N] {
    let mut key = [0; N];
    Hkdf::<Sha256>::new(Some(b"guiyi"), secret)
        .expand(purpose.as_bytes(), &mut key)
        .expect("a key is within HKDF's limit of 8160 bytes");
    key
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.signing.len())
    }
}

#[cfg(test)]
mod tests {
    use store::key::OpenError;

    use super::*;

    fn keys(secrets: &[&str]) -> Keys {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).to_owned().into()).collect();
        Keys::derive(&secrets)
    }

    #[test]
    fn what_is_sealed_opens_for_its_own_purpose_only() {
        let keys = keys(&["one"]);

        let closed = keys.sealer("tokens").seal("a", b"planted");

        assert_eq!(keys.sealer("tokens").open("a", &closed), Ok(b"planted".to_vec()));
        assert_eq!(keys.sealer("phones").open("a", &closed), Err(OpenError::UnknownKey));
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
    fn without_a_secret_no_other_process_opens() {
        let (one, other) = (keys(&[]).sealer("tokens"), keys(&[]).sealer("tokens"));

        assert_eq!(other.open("a", &one.seal("a", b"planted")), Err(OpenError::UnknownKey));
    }
}
