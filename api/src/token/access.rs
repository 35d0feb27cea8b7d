//! Access tokens: JWTs (RFC 9068) that anybody can verify with our public keys.
//! Whether the session behind one is still alive is looked up in `usecase::caller`.

use std::collections::HashMap;

use chrono::TimeDelta;
use data_encoding::BASE64URL_NOPAD;
use domain::{SessionId, Timestamp, UserId};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What tells an access token from every other kind of JWT (RFC 9068 section 2.1).
const TYPE: &str = "at+jwt";

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Who made it: the public URL.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// The user: `usr_…`.
    pub sub: String,
    /// The session: `ses_…`.
    pub sid: String,
    /// When it was made, in seconds after 1970.
    pub iat: i64,
    /// From when it holds.
    pub nbf: i64,
    /// Until when.
    pub exp: i64,
    /// One of a kind.
    pub jti: String,
}

/// Makes and verifies access tokens.
#[derive(Debug)]
pub struct AccessTokens {
    issuer: String,
    audience: String,
    life: TimeDelta,
    header: Header,
    signing: EncodingKey,
    verifying: HashMap<String, DecodingKey>,
    jwks: serde_json::Value,
}

impl AccessTokens {
    /// Tokens of `issuer` for `audience`, signed with the first key.
    #[must_use]
    pub fn new(keys: &[SigningKey], (issuer, audience): (String, String), life: TimeDelta) -> Self {
        let ids: Vec<String> = keys.iter().map(key_id).collect();
        let public: Vec<String> = keys.iter().map(public_key).collect();
        let der = keys[0].to_pkcs8_der().expect("an Ed25519 key has a PKCS #8 form");
        let verifying = ids
            .iter()
            .zip(&public)
            .map(|(id, x)| (id.clone(), DecodingKey::from_ed_components(x).expect("own public key")));
        let jwk = |(id, x): (&String, &String)| serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": id, "x": x });
        Self {
            header: Header { typ: Some(TYPE.to_owned()), kid: Some(ids[0].clone()), ..Header::new(Algorithm::EdDSA) },
            signing: EncodingKey::from_ed_der(der.as_bytes()),
            verifying: verifying.collect(),
            jwks: serde_json::json!({ "keys": ids.iter().zip(&public).map(jwk).collect::<Vec<_>>() }),
            issuer,
            audience,
            life,
        }
    }

    /// A token for a user's session, and until when it holds.
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

    /// The session that a token is for; `None` when it is not ours, not an access token, or out of its time.
    #[must_use]
    pub fn verify(&self, token: &str, now: Timestamp) -> Option<SessionId> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.typ.as_deref() != Some(TYPE) {
            return None;
        }
        let key = self.verifying.get(header.kid.as_deref()?)?;
        let claims = jsonwebtoken::decode::<AccessClaims>(token, key, &self.validation()).ok()?.claims;
        let seconds = now.millis() / 1_000;
        // Times are compared here, against the injected clock.
        let in_time = claims.nbf <= seconds && seconds < claims.exp;
        if in_time { claims.sid.parse().ok() } else { None }
    }

    fn validation(&self) -> Validation {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        validation
    }

    /// The public keys, as a JSON Web Key Set (RFC 7517).
    #[must_use]
    pub fn jwks(&self) -> &serde_json::Value {
        &self.jwks
    }
}

fn public_key(key: &SigningKey) -> String {
    BASE64URL_NOPAD.encode(key.verifying_key().as_bytes())
}

/// A short name that follows from the key itself.
fn key_id(key: &SigningKey) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(key.verifying_key().as_bytes())[..9])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Keys;

    const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

    fn tokens(secret: &str, audience: &str) -> AccessTokens {
        let keys = Keys::derive(&[secret.into()]);
        let names = ("https://id.example.com".to_owned(), audience.to_owned());
        AccessTokens::new(keys.signing(), names, TimeDelta::minutes(15))
    }

    fn token(tokens: &AccessTokens) -> (String, SessionId) {
        let session = SessionId::new(NOW);
        (tokens.issue(UserId::new(NOW), session, NOW).0, session)
    }

    #[test]
    fn a_token_names_its_session_until_it_expires() {
        let tokens = tokens("one", "guiyi");
        let (token, session) = token(&tokens);

        assert_eq!(tokens.verify(&token, NOW.plus(TimeDelta::seconds(899))), Some(session));
        assert_eq!(tokens.verify(&token, NOW.plus(TimeDelta::seconds(900))), None);
        assert_eq!(tokens.verify(&token, NOW.minus(TimeDelta::seconds(1))), None);
    }

    #[test]
    fn a_token_of_another_key_or_audience_is_refused() {
        let ours = tokens("one", "guiyi");

        assert_eq!(ours.verify(&token(&tokens("two", "guiyi")).0, NOW), None);
        assert_eq!(ours.verify(&token(&tokens("one", "other")).0, NOW), None);
    }

    #[test]
    fn an_old_key_still_verifies_when_a_new_one_signs() {
        let (old, session) = token(&tokens("old", "guiyi"));
        let keys = Keys::derive(&["new".into(), "old".into()]);
        let names = ("https://id.example.com".to_owned(), "guiyi".to_owned());

        assert_eq!(AccessTokens::new(keys.signing(), names, TimeDelta::minutes(15)).verify(&old, NOW), Some(session));
    }

    #[test]
    fn a_jwt_of_another_type_or_without_signature_is_refused() {
        let tokens = tokens("one", "guiyi");
        let (good, _) = token(&tokens);
        let claims = good.split('.').nth(1).expect("claims");
        let header = |json: &str| BASE64URL_NOPAD.encode(json.as_bytes());
        let kid = tokens.header.kid.clone().expect("a key id");
        let unsigned = format!("{}.{claims}.", header(&format!(r#"{{"alg":"none","typ":"at+jwt","kid":"{kid}"}}"#)));
        let other_type = Header { typ: Some("JWT".to_owned()), ..tokens.header.clone() };
        let payload: AccessClaims =
            serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes()).expect("base64url")).expect("JSON");
        let other_type = jsonwebtoken::encode(&other_type, &payload, &tokens.signing).expect("a token");

        for token in [unsigned.as_str(), other_type.as_str(), "", "a.b.c"] {
            assert_eq!(tokens.verify(token, NOW), None, "{token}");
        }
    }
}
