//! The token endpoint: the request that spends the code, and its refusals.
//!
//! <https://openid.net/specs/openid-connect-core-1_0.html#TokenEndpoint>

use data_encoding::BASE64;
use http::Request;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use secrecy::ExposeSecret;
use url::form_urlencoded;

use super::super::oauth;
use super::config::OpenIdApp;
use super::discovery::Metadata;
use crate::{BegunLogin, ErrorKind, JsonAnswer, LoginCode, ProviderError, bad_status};

/// The name of the answer in errors.
const ANSWER: &str = "the answer of the token endpoint";

/// Exchanges the code for tokens. This is the one request that spends the code.
///
/// Of the answer only `id_token` is needed: the type and the lifetime of the access token matter to nothing.
pub(super) async fn redeem(
    app: &OpenIdApp,
    metadata: &Metadata,
    code: &LoginCode,
    begun: &BegunLogin,
) -> Result<JsonAnswer, ProviderError> {
    let secret = app.credential.secret(&app.client_id).map_err(ProviderError::unspent)?;
    let secret = secret.as_ref().map(ExposeSecret::expose_secret);
    let request = request(app, (metadata, secret), code, begun).map_err(|e| {
        ProviderError::new(ErrorKind::Misconfigured, "the request for a token cannot be made").caused_by(e).unspent()
    })?;
    let answer = app.issuer.http().execute(request).await?;
    let status = answer.status();
    if status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS {
        return Err(bad_status(metadata.token_endpoint.path(), &answer));
    }
    match JsonAnswer::read(ANSWER, answer.body()) {
        Ok(tokens) if status.is_success() && tokens.has("id_token") => Ok(tokens),
        Ok(refusal) if refusal.text("error").is_some() => {
            let kept = [&begun.kept.code_verifier, &begun.kept.nonce].map(ExposeSecret::expose_secret);
            Err(refused(&refusal, kept.into_iter().chain([code.expose()]).chain(secret)))
        }
        Ok(tokens) if status.is_success() => Ok(tokens),
        Err(error) if status.is_success() => Err(error),
        _ => Err(bad_status(metadata.token_endpoint.path(), &answer)),
    }
}

fn request(
    app: &OpenIdApp,
    (metadata, secret): (&Metadata, Option<&str>),
    code: &LoginCode,
    begun: &BegunLogin,
) -> http::Result<Request<Vec<u8>>> {
    let mut form = vec![("grant_type", "authorization_code"), ("code", code.expose())];
    if app.dialect.has_pkce() {
        form.push(("code_verifier", begun.kept.code_verifier.expose_secret()));
    }
    let mut request = Request::post(metadata.token_endpoint.as_str())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    match secret {
        Some(secret) if !metadata.takes_secret_in_body => {
            request = request.header(AUTHORIZATION, basic(&app.client_id, secret));
        }
        secret => {
            form.push(("client_id", &app.client_id));
            form.extend(secret.map(|secret| ("client_secret", secret)));
        }
    }
    form.push(("redirect_uri", &begun.redirect_uri));
    request.body(form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish().into_bytes())
}

/// Returns the header of HTTP Basic; RFC 6749 section 2.3.1 encodes both parts first.
fn basic(client_id: &str, secret: &str) -> String {
    let [user, password] = [client_id, secret].map(|part| form_urlencoded::byte_serialize(part.as_bytes()).collect());
    let [user, password]: [String; 2] = [user, password];
    format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()))
}

/// Maps a refusal to an error that repeats none of `sent`.
fn refused<'a>(refusal: &JsonAnswer, sent: impl IntoIterator<Item = &'a str>) -> ProviderError {
    let [error, description, page] =
        ["error", "error_description", "error_uri"].map(|name| refusal.text(name).unwrap_or_default());
    let mut said = error.clone();
    if !description.is_empty() {
        said = format!("{said}: {description}");
    }
    if !page.is_empty() {
        said = format!("{said} (see {page})");
    }
    ProviderError::new(kind_of(&error), format!("the issuer answered {}", oauth::words(&said, sent)))
}

/// Maps an error of the token endpoint to its kind, with the words of RFC 6749 section 5.2 beside it.
fn kind_of(error: &str) -> ErrorKind {
    match error {
        // The provided authorization grant (e.g., authorization code, …) … is invalid, expired, revoked, does not match
        // the redirection URI used in the authorization request, or was issued to another client.
        "invalid_grant"
        // Microsoft: Nonstandard … the request requires user interaction. For example, an additional authentication step
        // is required. Retry the request.
        | "interaction_required" => ErrorKind::CodeRejected,
        // Microsoft: The request requires user consent.
        "consent_required" => ErrorKind::ConsentRequired,
        // Client authentication failed (e.g., unknown client, no client authentication included, or unsupported
        // authentication method).
        "invalid_client"
        // The authenticated client is not authorized to use this authorization grant type.
        | "unauthorized_client"
        // The authorization grant type is not supported by the authorization server.
        | "unsupported_grant_type"
        // The request is missing a required parameter, includes an unsupported parameter value …, or is otherwise
        // malformed.
        | "invalid_request"
        // The requested scope is invalid, unknown, malformed, or exceeds the scope granted by the resource owner.
        | "invalid_scope"
        // Google: the redirect URI passed in the request does not match an authorized redirect URI for the OAuth client ID.
        | "redirect_uri_mismatch"
        // Google: The OAuth client was deleted.
        | "deleted_client"
        // Microsoft: The target resource is invalid because it doesn't exist, Microsoft Entra ID can't find it, or it's not
        // correctly configured.
        | "invalid_resource" => ErrorKind::Misconfigured,
        // Section 4.1.2.1: the authorization server is currently unable to handle the request due to a temporary
        // overloading or maintenance of the server.
        "temporarily_unavailable"
        // Section 4.1.2.1: the authorization server encountered an unexpected condition that prevented it from
        // fulfilling the request.
        | "server_error" => ErrorKind::Unavailable,
        // RFC 8628 section 3.5: … polling should continue, but the interval MUST be increased …
        "slow_down" => ErrorKind::RateLimited,
        _ => ErrorKind::UnexpectedAnswer,
    }
}
