//! Ed25519 (RFC 8032), the only algorithm of access tokens, as a crypto provider for `jsonwebtoken`.
//! The providers that come with that library also accept RSA, other curves and HMAC.

use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};

/// Installs Ed25519 as the process's algorithm, unless an embedding program has installed another.
pub(super) fn install() {
    // An error means that a provider is already installed, usually by this function.
    let _ = PROVIDER.install_default();
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Signing::new(*algorithm, key)?)),
    verifier_factory: |algorithm, key| Ok(Box::new(Verifying::new(*algorithm, key)?)),
    // Only used to derive a public key from a private one, which this crate does itself.
    key_utils: KeyUtils::new_unimplemented(),
};

struct Signing(SigningKey);

impl Signing {
    fn new(algorithm: Algorithm, key: &EncodingKey) -> Result<Self> {
        insist_on_ed25519(algorithm, key.family())?;
        let key = SigningKey::from_pkcs8_der(key.as_bytes()).map_err(|_| ErrorKind::InvalidEddsaKey)?;
        Ok(Self(key))
    }
}

impl Signer<Vec<u8>> for Signing {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        let signature = ed25519_dalek::Signer::try_sign(&self.0, message).map_err(|_| Error::new())?;
        Ok(signature.to_bytes().to_vec())
    }
}

impl JwtSigner for Signing {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Verifying(VerifyingKey);

impl Verifying {
    fn new(algorithm: Algorithm, key: &DecodingKey) -> Result<Self> {
        insist_on_ed25519(algorithm, key.family())?;
        let bytes: &[u8; 32] = key.try_get_as_bytes()?.try_into().map_err(|_| ErrorKind::InvalidEddsaKey)?;
        Ok(Self(VerifyingKey::from_bytes(bytes).map_err(|_| ErrorKind::InvalidEddsaKey)?))
    }
}

impl Verifier<Vec<u8>> for Verifying {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let signature = Signature::from_slice(signature).map_err(|_| Error::new())?;
        ed25519_dalek::Verifier::verify(&self.0, message, &signature).map_err(|_| Error::new())
    }
}

impl JwtVerifier for Verifying {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

fn insist_on_ed25519(algorithm: Algorithm, family: AlgorithmFamily) -> Result<()> {
    let fits = algorithm == Algorithm::EdDSA && family == AlgorithmFamily::Ed;
    if fits { Ok(()) } else { Err(ErrorKind::InvalidAlgorithm.into()) }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::crypto::{sign, verify};

    use super::*;

    #[test]
    fn nothing_is_signed_or_verified_by_another_algorithm() {
        install();
        let (signing, verifying) = (EncodingKey::from_secret(b"secret"), DecodingKey::from_secret(b"secret"));

        for algorithm in [Algorithm::HS256, Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
            assert!(sign(b"message", &signing, algorithm).is_err(), "{algorithm:?}");
            assert!(verify("", b"message", &verifying, algorithm).is_err(), "{algorithm:?}");
        }
    }

    #[test]
    fn a_key_of_another_length_is_no_key() {
        install();

        for length in [0, 31, 33, 64] {
            let key = DecodingKey::from_ed_der(&vec![0; length]);
            assert!(verify("", b"message", &key, Algorithm::EdDSA).is_err(), "{length}");
        }
    }
}
