//! Errors of an issuer's token endpoint. Errors of the protocol library may quote bodies and tokens, so only the issuer's
//! own words are repeated.

use openidconnect::RequestTokenError;
use openidconnect::core::{CoreErrorResponseType, CoreRequestTokenError};

use super::super::oauth;
use crate::{ErrorKind, ProviderError};

/// Maps a failed token request to an error that repeats none of `sent`.
pub(super) fn of_token<'a>(
    error: CoreRequestTokenError<ProviderError>,
    sent: impl IntoIterator<Item = &'a str>,
) -> ProviderError {
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(answer) => {
            let said = oauth::words(&answer.to_string(), sent);
            ProviderError::new(kind_of(answer.error()), format!("the issuer answered {said}"))
        }
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            let detail = "the answer of the token endpoint is not as section 3.1.3.3 requires";
            ProviderError::new(ErrorKind::UnexpectedAnswer, detail)
        }
    }
}

/// Maps an error of the token endpoint to its kind, with the words of RFC 6749 section 5.2 beside it.
fn kind_of(error: &CoreErrorResponseType) -> ErrorKind {
    match error {
        // The provided authorization grant (e.g., authorization code, …) … is invalid, expired, revoked, does not match
        // the redirection URI used in the authorization request, or was issued to another client.
        CoreErrorResponseType::InvalidGrant => ErrorKind::CodeRejected,
        // Client authentication failed (e.g., unknown client, no client authentication included, or unsupported
        // authentication method).
        CoreErrorResponseType::InvalidClient
        // The authenticated client is not authorized to use this authorization grant type.
        | CoreErrorResponseType::UnauthorizedClient
        // The authorization grant type is not supported by the authorization server.
        | CoreErrorResponseType::UnsupportedGrantType
        // The request is missing a required parameter, includes an unsupported parameter value …, or is otherwise
        // malformed.
        | CoreErrorResponseType::InvalidRequest
        // The requested scope is invalid, unknown, malformed, or exceeds the scope granted by the resource owner.
        | CoreErrorResponseType::InvalidScope => ErrorKind::Misconfigured,
        CoreErrorResponseType::Extension(word) => match word.as_str() {
            // Section 4.1.2.1: the authorization server is currently unable to handle the request due to a temporary
            // overloading or maintenance of the server.
            "temporarily_unavailable"
            // Section 4.1.2.1: the authorization server encountered an unexpected condition that prevented it from
            // fulfilling the request.
            | "server_error" => ErrorKind::Unavailable,
            // RFC 8628 section 3.5: … polling should continue, but the interval MUST be increased …
            "slow_down" => ErrorKind::RateLimited,
            _ => ErrorKind::UnexpectedAnswer,
        },
    }
}
