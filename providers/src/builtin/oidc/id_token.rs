//! The ID token: who the person is, and whether to believe it.
//! How the token came here stands in the provider; which keys may have signed it is for `issuer` to say.
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

/// What an ID token may be signed with. With a shared secret (HS256 and the like) whoever knows it could name anybody.
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

/// The claims of the ID token, all of it verified; a key that we do not know is looked for once.
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
        // An issuer of one key need not name it, so that a new key shows only as a signature that is wrong.
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
    // A public client's verifier knows no shared secret, which is right for us even if there is one.
    let verifier =
        CoreIdTokenVerifier::new_public_client(client_id, issuer, metadata.jwks().clone()).set_allowed_algs(ALGORITHMS);
    token.claims(&verifier, nonce).cloned()
}

/// The subject as an open id, to the letter: two that differ in a blank are two people.
pub(super) fn open_id(claims: &CoreIdTokenClaims) -> Result<OpenId, ProviderError> {
    let subject = claims.subject().as_str();
    let open_id: Option<OpenId> = subject.parse().ok();
    open_id
        .filter(|open_id| open_id.as_str() == subject)
        .ok_or_else(|| unexpected("the ID token's sub is not 1 to 255 printable ASCII characters that name somebody"))
}

/// Which rule of section 3.1.3.7 an ID token breaks.
fn refusal(error: &ClaimsVerificationError) -> ProviderError {
    let detail = match error {
        ClaimsVerificationError::Expired(_) => "the ID token has expired; does our clock go right?",
        ClaimsVerificationError::InvalidAudience(_) => "the ID token is not for this client alone",
        ClaimsVerificationError::InvalidIssuer(_) => "the ID token is of another issuer",
        ClaimsVerificationError::InvalidNonce(_) => "the ID token is of another login: its nonce is wrong",
        ClaimsVerificationError::SignatureVerification(error) => match error {
            SignatureVerificationError::NoMatchingKey => {
                "the ID token is signed with a key that the issuer does not show"
            }
            SignatureVerificationError::NoSignature => "the ID token is not signed",
            SignatureVerificationError::DisallowedAlg(_) | SignatureVerificationError::UnsupportedAlg(_) => {
                "the ID token is signed with an algorithm that is not accepted: it takes RS, PS, ES256, ES384 or EdDSA"
            }
            _ => "the ID token's signature is wrong",
        },
        // Encrypted, nested, of another `typ`, and whatever a later version of the crate tells apart.
        _ => "the ID token cannot be verified",
    };
    ProviderError::new(ErrorKind::UnexpectedAnswer, detail)
}
