//! Verification of ID tokens. See `keys` for their signatures, and `issuer` for the keys that may sign them.
//!
//! Own code and not that of a library, because libraries give the standard claims types, and refuse a whole ID token for
//! an `address` that nothing reads: see ADR 0051.
//!
//! <https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use domain::OpenId;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::config::OpenIdApp;
use super::dialect::Dialect;
use super::discovery::Metadata;
use super::keys::{Algorithm, Key};
use super::time::now;
use crate::{ErrorKind, JsonAnswer, ProviderError};

/// How far the issuer's clock may be ahead of ours, in seconds.
const AHEAD: u64 = 300;

/// A verified ID token.
pub(super) struct IdToken {
    pub(super) open_id: OpenId,
    pub(super) claims: JsonAnswer,
    algorithm: Algorithm,
}

impl IdToken {
    /// Returns whether the access token beside the ID token is the one that it was issued with, as far as the ID token says
    /// so (section 3.1.3.8).
    pub(super) fn belongs_with(&self, access_token: &str) -> bool {
        let told = self.claims.text("at_hash");
        told.is_none_or(|told| is_same(&told, &self.algorithm.half_hash(access_token)))
    }
}

/// Verifies an ID token. An unknown key causes one refresh of the issuer's keys.
pub(super) async fn verified(
    app: &OpenIdApp,
    metadata: &Arc<Metadata>,
    token: &str,
    nonce: &SecretString,
) -> Result<IdToken, ProviderError> {
    let signed = Signed::parse(token)?;
    let first = signed.verify(&metadata.keys, &app.dialect);
    // An issuer with a single key need not name it, so a new key shows only as a wrong signature.
    if first.is_err() {
        match app.issuer.renewed(metadata).await? {
            Some(renewed) => signed.verify(&renewed.keys, &app.dialect)?,
            None => first?,
        }
    }
    check(&signed.claims, app, nonce)?;
    Ok(IdToken { open_id: subject(&signed.claims)?, claims: signed.claims, algorithm: signed.algorithm })
}

/// The parts of a JSON Web Signature (RFC 7515). Nothing in it is verified yet.
struct Signed<'a> {
    message: &'a str,
    signature: Vec<u8>,
    algorithm: Algorithm,
    key_id: Option<String>,
    claims: JsonAnswer,
}

impl<'a> Signed<'a> {
    fn parse(token: &'a str) -> Result<Self, ProviderError> {
        let broken = || unexpected("the answer of the token endpoint: `id_token` is not a signed JWT");
        let part = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| broken());
        let (message, signature) = token.rsplit_once('.').ok_or_else(broken)?;
        let (header, claims) = message.split_once('.').ok_or_else(broken)?;
        let header = JsonAnswer::read("the ID token's header", &part(header)?).map_err(|_| broken())?;
        let algorithm = algorithm(&header)?;
        let claims = JsonAnswer::read("the ID token", &part(claims)?).map_err(|_| broken())?;
        Ok(Self { message, signature: part(signature)?, algorithm, key_id: header.text("kid"), claims })
    }

    /// Looks for the key that has signed it. Keys with the same id are tried one after the other: all are the issuer's.
    fn verify(&self, keys: &[Key], dialect: &Dialect) -> Result<(), ProviderError> {
        let candidates = keys.iter().filter(|key| {
            key.may_have_signed(self.algorithm, self.key_id.as_deref()) && dialect.may_sign(key.issuer(), &self.claims)
        });
        let mut candidates = candidates.peekable();
        if candidates.peek().is_none() {
            return Err(unexpected("the ID token's header: `kid` is a key that the issuer does not publish"));
        }
        if candidates.any(|key| key.verifies(self.algorithm, self.message.as_bytes(), &self.signature)) {
            return Ok(());
        }
        Err(unexpected("the ID token's signature is wrong"))
    }
}

/// Returns the algorithm of a header that says nothing which is not understood.
fn algorithm(header: &JsonAnswer) -> Result<Algorithm, ProviderError> {
    let name = header.needed_text("alg")?;
    if name == "none" {
        return Err(header.wrong("alg", "is none: the ID token is not signed"));
    }
    if header.has("enc") {
        return Err(header.wrong("enc", "is there: encrypted ID tokens are not supported"));
    }
    let algorithm = Algorithm::named(&name).ok_or_else(|| {
        header.wrong("alg", "is an algorithm that is not accepted: it takes RS, PS, ES256, ES384 or EdDSA")
    })?;
    // RFC 7515 section 4.1.11: a recipient that does not understand an extension must refuse the token.
    if header.has("crit") {
        return Err(header.wrong("crit", "names extensions, of which none is supported"));
    }
    // RFC 8725 section 3.11: a token of another type, such as an access token of the same issuer, proves nothing here.
    if let Some(kind) = header.maybe_text("typ")? {
        let kind = kind.to_ascii_lowercase();
        if kind.strip_prefix("application/").unwrap_or(&kind) != "jwt" {
            return Err(header.wrong("typ", "is not JWT"));
        }
    }
    if header.has("cty") {
        return Err(header.wrong("cty", "is there: nested tokens are not supported"));
    }
    Ok(algorithm)
}

/// Checks the claims by which the ID token is of this issuer, for this client, for now and for this login.
fn check(claims: &JsonAnswer, app: &OpenIdApp, nonce: &SecretString) -> Result<(), ProviderError> {
    app.dialect.check_issuer(claims, app.issuer.id())?;
    audience(claims, &app.client_id)?;
    let now = now();
    if claims.needed_seconds("exp")? <= now {
        return Err(claims.wrong("exp", "is over; check the system clock"));
    }
    // No login needs these two: what is not a time says nothing.
    for name in ["nbf", "iat"] {
        if claims.seconds(name).ok().flatten().is_some_and(|time| time > now.saturating_add(AHEAD)) {
            return Err(claims.wrong(name, "is in the future; check the system clock"));
        }
    }
    if !is_same(&claims.needed_text("nonce")?, nonce.expose_secret()) {
        return Err(claims.wrong("nonce", "is of another login"));
    }
    Ok(())
}

/// Checks that the ID token is for this client alone: another audience could present it as its own login.
fn audience(claims: &JsonAnswer, client_id: &str) -> Result<(), ProviderError> {
    let audiences = match claims.known("aud")? {
        Some(Value::Array(audiences)) => audiences,
        Some(one @ Value::String(_)) => vec![one],
        Some(_) => return Err(claims.wrong("aud", "is neither a text nor a list")),
        None => return Err(claims.wrong("aud", "is missing or empty")),
    };
    if audiences.is_empty() || audiences.iter().any(|audience| audience != client_id) {
        return Err(claims.wrong("aud", "is not this client alone"));
    }
    match claims.maybe_text("azp")? {
        Some(party) if party != client_id => Err(claims.wrong("azp", "is another client")),
        _ => Ok(()),
    }
}

/// Returns the subject as an open id, unchanged: two subjects that differ in a blank are two people.
fn subject(claims: &JsonAnswer) -> Result<OpenId, ProviderError> {
    let subject = claims.needed_text("sub")?;
    let open_id: OpenId = claims.needed("sub")?;
    if open_id.as_str() == subject { Ok(open_id) } else { Err(claims.wrong("sub", "begins or ends with a blank")) }
}

/// Compares in a time that does not depend on where the texts differ.
fn is_same(told: &str, expected: &str) -> bool {
    told.as_bytes().ct_eq(expected.as_bytes()).into()
}

fn unexpected(detail: &'static str) -> ProviderError {
    ProviderError::new(ErrorKind::UnexpectedAnswer, detail)
}
