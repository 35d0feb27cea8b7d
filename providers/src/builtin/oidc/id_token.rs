//! Verification of ID tokens. See `issuer` for the keys that may sign them.
//!
//! <https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>

use std::sync::Arc;

use domain::OpenId;
use openidconnect::core::{
    CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    CoreTokenResponse,
};
use openidconnect::{ClaimsVerificationError, Nonce, SignatureVerificationError, TokenResponse};
use secrecy::{ExposeSecret, SecretString};

use super::config::OpenIdApp;
use super::unexpected;
use crate::{ErrorKind, ProviderError};

/// The accepted signature algorithms. With a shared secret (HS256 and the like) any holder of it could name any person.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Returns the verified claims of the ID token. An unknown key causes one refresh of the issuer's keys.
pub(super) async fn verified(
    app: &OpenIdApp,
    metadata: &Arc<CoreProviderMetadata>,
    answer: &CoreTokenResponse,
    nonce: &SecretString,
) -> Result<CoreIdTokenClaims, ProviderError> {
    let token = answer.id_token().ok_or_else(|| unexpected("the issuer answered without an ID token"))?;
    let nonce = Nonce::new(nonce.expose_secret().to_owned());
    let first = claims(app, metadata, (token, &nonce));
    let outcome = match first {
        // An issuer with a single key need not name it, so a new key shows only as a wrong signature.
        Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_),
        )) => match app.issuer.renewed(metadata).await? {
            Some(renewed) => claims(app, &renewed, (token, &nonce)),
            None => first,
        },
        _ => first,
    };
    outcome.map_err(|error| refusal(&error))
}

fn claims(
    app: &OpenIdApp,
    metadata: &CoreProviderMetadata,
    (token, nonce): (&CoreIdToken, &Nonce),
) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
    let (client_id, issuer) = (app.client_id.clone(), app.issuer.url().clone());
    // A public client's verifier accepts no shared secret, which is intended even where a secret exists.
    let verifier =
        CoreIdTokenVerifier::new_public_client(client_id, issuer, metadata.jwks().clone()).set_allowed_algs(ALGORITHMS);
    token.claims(&verifier, nonce).cloned()
}

/// Returns the subject as an open id, unchanged: two subjects that differ in a blank are two people.
pub(super) fn open_id(claims: &CoreIdTokenClaims) -> Result<OpenId, ProviderError> {
    let subject = claims.subject().as_str();
    let open_id: Option<OpenId> = subject.parse().ok();
    open_id
        .filter(|open_id| open_id.as_str() == subject)
        .ok_or_else(|| unexpected("the ID token's sub is not a usable open id of 1 to 255 printable ASCII characters"))
}

/// Maps a verification error to the rule of section 3.1.3.7 that the ID token breaks.
fn refusal(error: &ClaimsVerificationError) -> ProviderError {
    let detail = match error {
        ClaimsVerificationError::Expired(_) => "the ID token has expired; check the system clock",
        ClaimsVerificationError::InvalidAudience(_) => "the ID token is not for this client alone",
        ClaimsVerificationError::InvalidIssuer(_) => "the ID token has another issuer",
        ClaimsVerificationError::InvalidNonce(_) => "the ID token belongs to another login: its nonce is wrong",
        ClaimsVerificationError::SignatureVerification(error) => match error {
            SignatureVerificationError::NoMatchingKey => {
                "the ID token is signed with a key that the issuer does not publish"
            }
            SignatureVerificationError::NoSignature => "the ID token is not signed",
            SignatureVerificationError::DisallowedAlg(_) | SignatureVerificationError::UnsupportedAlg(_) => {
                "the ID token is signed with an algorithm that is not accepted: it takes RS, PS, ES256, ES384 or EdDSA"
            }
            _ => "the ID token's signature is wrong",
        },
        // Encrypted, nested, of another `typ`, and errors that later versions of the crate add.
        _ => "the ID token cannot be verified",
    };
    ProviderError::new(ErrorKind::UnexpectedAnswer, detail)
}
