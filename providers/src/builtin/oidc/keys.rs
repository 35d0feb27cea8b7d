//! The public keys of an issuer (RFC 7517), and the signatures that they verify (RFC 7518, RFC 8037).

use data_encoding::BASE64URL_NOPAD;
use ring::digest::{self, digest};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

use crate::JsonAnswer;

/// The accepted signature algorithms. With a shared secret (HS256 and the like) any holder of it could name any person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    const NAMED: [(&'static str, Self); 9] = [
        ("RS256", Self::Rs256),
        ("RS384", Self::Rs384),
        ("RS512", Self::Rs512),
        ("PS256", Self::Ps256),
        ("PS384", Self::Ps384),
        ("PS512", Self::Ps512),
        ("ES256", Self::Es256),
        ("ES384", Self::Es384),
        ("EdDSA", Self::EdDsa),
    ];

    /// Returns the algorithm with exactly this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, algorithm)| algorithm)
    }

    /// Returns the `at_hash` of an access token: the left half of its hash (`OpenID` Connect Core, section 3.1.3.6). For
    /// Ed25519, which names no hash function, issuers use the one inside of it.
    pub(super) fn half_hash(self, access_token: &str) -> String {
        let function = match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => &digest::SHA256,
            Self::Rs384 | Self::Ps384 | Self::Es384 => &digest::SHA384,
            Self::Rs512 | Self::Ps512 | Self::EdDsa => &digest::SHA512,
        };
        let hash = digest(function, access_token.as_bytes());
        BASE64URL_NOPAD.encode(&hash.as_ref()[..hash.as_ref().len() / 2])
    }
}

/// A public key that can verify ID tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    id: Option<String>,
    /// The only algorithm that the issuer uses the key with, if it says so.
    algorithm: Option<Algorithm>,
    /// The issuer in whose name the key signs, if the document is of several: Microsoft publishes one.
    issuer: Option<String>,
    material: Material,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// An uncompressed point, as `ring` reads it.
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Key {
    /// Reads a JSON Web Key; `None` if it is for another use, algorithm or kind of key, or malformed.
    pub(super) fn read(key: &JsonAnswer) -> Option<Self> {
        if key.text("use").is_some_and(|told| told != "sig") {
            return None;
        }
        let algorithm = match key.text("alg") {
            Some(name) => Some(Algorithm::named(&name)?),
            None => None,
        };
        let [kind, curve] = ["kty", "crv"].map(|name| key.text(name).unwrap_or_default());
        let material = match (kind.as_str(), curve.as_str()) {
            ("RSA", _) => Material::Rsa { n: integer(key, "n")?, e: integer(key, "e")? },
            ("EC", "P-256") => Material::P256(point(key, 32)?),
            ("EC", "P-384") => Material::P384(point(key, 48)?),
            ("OKP", "Ed25519") => Material::Ed25519(bytes(key, "x")?),
            _ => return None,
        };
        Some(Self { id: key.text("kid"), algorithm, issuer: key.text("issuer"), material })
    }

    /// The issuer in whose name the key signs, if the key set says so.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Returns whether the issuer may have signed with this key, by the header of an ID token. A key without an id may have
    /// any, and so may a token.
    pub(super) fn may_have_signed(&self, algorithm: Algorithm, key_id: Option<&str>) -> bool {
        let is_named = self.id.as_deref().zip(key_id).is_none_or(|(own, named)| own == named);
        is_named && self.algorithm.is_none_or(|own| own == algorithm) && self.fits(algorithm)
    }

    /// Returns whether the signature is this key's, with the algorithm that the kind of key allows.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let rsa = |parameters: &'static RsaParameters| match &self.material {
            Material::Rsa { n, e } => RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok(),
            Material::P256(_) | Material::P384(_) | Material::Ed25519(_) => false,
        };
        let other = |public: &[u8], function: &'static dyn VerificationAlgorithm| {
            UnparsedPublicKey::new(function, public).verify(message, signature).is_ok()
        };
        match (algorithm, &self.material) {
            (Algorithm::Rs256, _) => rsa(&RSA_PKCS1_2048_8192_SHA256),
            (Algorithm::Rs384, _) => rsa(&RSA_PKCS1_2048_8192_SHA384),
            (Algorithm::Rs512, _) => rsa(&RSA_PKCS1_2048_8192_SHA512),
            (Algorithm::Ps256, _) => rsa(&RSA_PSS_2048_8192_SHA256),
            (Algorithm::Ps384, _) => rsa(&RSA_PSS_2048_8192_SHA384),
            (Algorithm::Ps512, _) => rsa(&RSA_PSS_2048_8192_SHA512),
            (Algorithm::Es256, Material::P256(public)) => other(public, &ECDSA_P256_SHA256_FIXED),
            (Algorithm::Es384, Material::P384(public)) => other(public, &ECDSA_P384_SHA384_FIXED),
            (Algorithm::EdDsa, Material::Ed25519(public)) => other(public, &ED25519),
            (Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa, _) => false,
        }
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        match algorithm {
            Algorithm::Es256 => matches!(self.material, Material::P256(_)),
            Algorithm::Es384 => matches!(self.material, Material::P384(_)),
            Algorithm::EdDsa => matches!(self.material, Material::Ed25519(_)),
            Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256
            | Algorithm::Ps384
            | Algorithm::Ps512 => {
                matches!(self.material, Material::Rsa { .. })
            }
        }
    }
}

fn bytes(key: &JsonAnswer, name: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(key.text(name)?.trim_end_matches('=').as_bytes()).ok()
}

/// Reads an integer without the leading zeros that some issuers write, because their library has signed integers.
fn integer(key: &JsonAnswer, name: &str) -> Option<Vec<u8>> {
    let bytes = bytes(key, name)?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some(bytes[first..].to_vec())
}

/// Reads a point of a curve; coordinates are written with or without leading zeros.
fn point(key: &JsonAnswer, length: usize) -> Option<Vec<u8>> {
    let mut point = vec![4];
    for name in ["x", "y"] {
        let coordinate = integer(key, name)?;
        point.extend(std::iter::repeat_n(0, length.checked_sub(coordinate.len())?));
        point.extend(coordinate);
    }
    Some(point)
}
