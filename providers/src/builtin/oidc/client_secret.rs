//! Client secrets that the client signs itself, as Apple asks. See `apple` for the settings.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::time::now;
use crate::{Checks, ErrorKind, ProviderError};

/// The names that Apple has as an issuer; the first is the audience of client secrets.
pub(super) const ISSUERS: [&str; 2] = ["https://appleid.apple.com", "https://account.apple.com"];

/// How long a client secret is valid, in seconds: for one request, with clocks that differ.
const LIFE: u64 = 300;

/// The private key of a team, with the ids that Apple finds it by.
pub(super) struct SigningKey {
    team_id: String,
    key_id: String,
    pair: EcdsaKeyPair,
}

impl SigningKey {
    pub(super) const fn new(team_id: String, key_id: String, pair: EcdsaKeyPair) -> Self {
        Self { team_id, key_id, pair }
    }

    /// Signs a client secret. <https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret>
    pub(super) fn secret(&self, client_id: &str) -> Result<SecretString, ProviderError> {
        let now = now();
        let header = json!({ "alg": "ES256", "kid": self.key_id });
        let claims = json!({ "iss": self.team_id, "iat": now, "exp": now + LIFE, "aud": ISSUERS[0], "sub": client_id });
        let message = [header, claims].map(|part| BASE64URL_NOPAD.encode(part.to_string().as_bytes())).join(".");
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).map_err(|_| {
            ProviderError::new(ErrorKind::Unavailable, "the client secret for Apple could not be signed")
        })?;
        Ok(format!("{message}.{}", BASE64URL_NOPAD.encode(signature.as_ref())).into())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Reads the content of a file `AuthKey_….p8`.
pub(super) fn key_pair(checks: &mut Checks, private_key: &SecretString) -> Option<EcdsaKeyPair> {
    let der = PrivatePkcs8KeyDer::from_pem_slice(private_key.expose_secret().as_bytes()).ok();
    let pair = der.and_then(|der| {
        let der = der.secret_pkcs8_der();
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &SystemRandom::new()).ok()
    });
    if pair.is_none() {
        checks.note("private_key", "is not the content of a .p8 file, a PEM \"PRIVATE KEY\" for ES256");
    }
    pair
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Problem;
    use crate::builtin::oidc::tape::apple::PRIVATE_KEY;

    #[test]
    fn a_key_is_not_printed() {
        let mut checks = Checks::default();
        let pair = key_pair(&mut checks, &PRIVATE_KEY.into()).expect("a key");
        let key = SigningKey::new("TEAM000001".into(), "KEY0000001".into(), pair);

        assert_eq!(format!("{key:?}"), "SigningKey { key_id: \"KEY0000001\", .. }");
    }

    #[test]
    fn what_is_not_a_key_is_refused_and_not_repeated() {
        for text in [
            "s3cret-text",
            "-----BEGIN PRIVATE KEY-----\nczNjcmV0LXRleHQ=\n-----END PRIVATE KEY-----",
            "-----BEGIN PUBLIC KEY-----\nczNjcmV0LXRleHQ=\n-----END PUBLIC KEY-----",
        ] {
            let mut checks = Checks::default();

            assert!(key_pair(&mut checks, &text.into()).is_none());
            let problems = checks.finish(None::<()>).expect_err("a mistake");
            assert_eq!(
                problems,
                [Problem::new("private_key", "is not the content of a .p8 file, a PEM \"PRIVATE KEY\" for ES256")]
            );
        }
    }
}
