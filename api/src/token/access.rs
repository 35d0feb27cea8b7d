//! Access tokens: JWTs (RFC 9068) that anyone can verify with the public keys. See `usecase::caller` for the lookup of
//! the session.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use data_encoding::BASE64URL_NOPAD;
use domain::{SessionId, Timestamp, UserId};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, OctetKeyPairParameters,
    OctetKeyPairType, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use lru::LruCache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The type that separates access tokens from every other kind of JWT (RFC 9068 section 2.1).
const TYPE: &str = "at+jwt";
/// The longest text that is parsed, in bytes. Tokens have about 500; the public URL and the audience make it vary.
const MAX_LENGTH: usize = 4_096;
/// How many seconds before its time a token is accepted: the clocks of two replicas are never the same (RFC 7519 section 4.1.5).
const LEEWAY: i64 = 60;
/// The number of verified tokens that are remembered: about one megabyte.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

/// The claims of an access token. Other members are ignored and not checked, not even for UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessClaims {
    /// Issuer: the public URL.
    pub iss: String,
    /// Audience.
    pub aud: String,
    /// User: `usr_…`.
    pub sub: String,
    /// Session: `ses_…`.
    pub sid: String,
    /// Time of issue, in seconds since 1970.
    pub iat: i64,
    /// Start of validity.
    pub nbf: i64,
    /// End of validity.
    pub exp: i64,
    /// Unique id of the token.
    pub jti: String,
}

/// The subject of a valid access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The session.
    pub session: SessionId,
    /// The account that the session belonged to at the time of issue.
    pub user: UserId,
}

/// What a signature has proved, and when it is valid, in seconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Proved {
    subject: Verified,
    nbf: i64,
    exp: i64,
}

impl Proved {
    /// Compared here and not by the library, to use the injected clock. A token of another replica may be from the near future.
    fn at(self, now: Timestamp) -> Option<(Verified, Timestamp)> {
        let seconds = now.millis() / 1_000;
        let until = Timestamp::from_millis(self.exp.saturating_mul(1_000));
        (self.nbf <= seconds.saturating_add(LEEWAY) && seconds < self.exp).then_some((self.subject, until))
    }
}

/// Issues and verifies access tokens. A page sends the same token many times: the signature of a valid one is verified
/// once, and remembered by the token's hash.
#[derive(Debug)]
pub struct AccessTokens {
    issuer: String,
    audience: String,
    life: TimeDelta,
    header: Header,
    signing: EncodingKey,
    verifying: HashMap<String, DecodingKey>,
    validation: Validation,
    jwks: JwkSet,
    proved: Mutex<LruCache<[u8; 32], Proved>>,
}

impl AccessTokens {
    /// Creates tokens of `issuer` for `audience`, signed with the first key.
    #[must_use]
    pub fn new(keys: &[SigningKey], (issuer, audience): (String, String), life: TimeDelta) -> Self {
        super::ed25519::install();
        let ids: Vec<String> = keys.iter().map(key_id).collect();
        let der = keys[0].to_pkcs8_der().expect("an Ed25519 key has a PKCS #8 form");
        let jwks = JwkSet { keys: keys.iter().map(public_key).collect() };
        let verifying = ids
            .iter()
            .zip(&jwks.keys)
            .map(|(id, key)| (id.clone(), DecodingKey::from_jwk(key).expect("own public key")));
        Self {
            header: Header { typ: Some(TYPE.to_owned()), kid: Some(ids[0].clone()), ..Header::new(Algorithm::EdDSA) },
            signing: EncodingKey::from_ed_der(der.as_bytes()),
            verifying: verifying.collect(),
            validation: validation(&issuer, &audience),
            jwks,
            proved: Mutex::new(LruCache::new(REMEMBERED)),
            issuer,
            audience,
            life,
        }
    }

    /// Issues a token for a user's session. Returns it with the end of its validity.
    #[must_use]
    pub fn issue(&self, user: UserId, session: SessionId, now: Timestamp) -> (String, Timestamp) {
        let expires = now.plus(self.life);
        let claims = AccessClaims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: user.to_string(),
            sid: session.to_string(),
            iat: now.millis() / 1_000,
            nbf: now.millis() / 1_000,
            exp: expires.millis() / 1_000,
            jti: crate::random::hex(),
        };
        let token = jsonwebtoken::encode(&self.header, &claims, &self.signing).expect("claims are JSON");
        (token, expires)
    }

    /// Verifies a token. Returns `None` when it was not issued here, is not an access token, or is outside its
    /// validity.
    #[must_use]
    pub fn verify(&self, token: &str, now: Timestamp) -> Option<Verified> {
        self.verify_until(token, now).map(|(verified, _)| verified)
    }

    /// Verifies a token, and also returns the end of its validity.
    #[must_use]
    pub fn verify_until(&self, token: &str, now: Timestamp) -> Option<(Verified, Timestamp)> {
        if token.len() > MAX_LENGTH {
            return None;
        }
        let hash: [u8; 32] = Sha256::digest(token).into();
        let remembered = self.remembered().get(&hash).copied();
        if let Some(proved) = remembered {
            return proved.at(now);
        }
        let proved = self.prove(token)?;
        let verified = proved.at(now)?;
        self.remembered().put(hash, proved);
        Some(verified)
    }

    fn remembered(&self) -> MutexGuard<'_, LruCache<[u8; 32], Proved>> {
        // The map is whole after every call, so a panic elsewhere does not spoil it.
        self.proved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Verifies the signature and everything else that does not depend on the time.
    fn prove(&self, token: &str) -> Option<Proved> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let key = self.verifying.get(header.kid.as_deref()?)?;
        // Only the exact header of an issued token: one algorithm, one type, no `crit`, no embedded key and no key URL.
        if header != (Header { kid: header.kid.clone(), ..self.header.clone() }) {
            return None;
        }
        let claims = jsonwebtoken::decode::<AccessClaims>(token, key, &self.validation).ok()?.claims;
        let subject = Verified { session: claims.sid.parse().ok()?, user: claims.sub.parse().ok()? };
        Some(Proved { subject, nbf: claims.nbf, exp: claims.exp })
    }

    /// Returns the id of the signing key.
    #[must_use]
    pub fn key_id(&self) -> &str {
        self.header.kid.as_deref().unwrap_or_default()
    }

    /// Returns the public keys, as a JSON Web Key Set (RFC 7517).
    #[must_use]
    pub fn jwks(&self) -> &JwkSet {
        &self.jwks
    }
}

fn validation(issuer: &str, audience: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.validate_exp = false;
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    validation
}

/// Returns the public key as a JWK (RFC 8037).
fn public_key(key: &SigningKey) -> Jwk {
    Jwk {
        common: CommonParameters {
            public_key_use: Some(PublicKeyUse::Signature),
            key_algorithm: Some(KeyAlgorithm::EdDSA),
            key_id: Some(key_id(key)),
            ..CommonParameters::default()
        },
        algorithm: AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters {
            key_type: OctetKeyPairType::OctetKeyPair,
            curve: EllipticCurve::Ed25519,
            x: BASE64URL_NOPAD.encode(key.verifying_key().as_bytes()),
        }),
    }
}

/// Returns a short id derived from the public key.
fn key_id(key: &SigningKey) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(key.verifying_key().as_bytes())[..9])
}

#[cfg(test)]
mod tests;
