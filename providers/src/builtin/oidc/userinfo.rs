//! A person's name and picture, from the ID token or from the userinfo endpoint. A broken profile is no profile, and never
//! breaks the login.
//!
//! <https://openid.net/specs/openid-connect-core-1_0.html#UserInfo>

use domain::Profile;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{Request, StatusCode};
use serde_json::Value;

use super::config::OpenIdApp;
use super::discovery::Metadata;
use super::id_token::IdToken;
use crate::{JsonAnswer, ProviderError, bad_status};

/// Returns name and picture from the ID token, or from the userinfo endpoint if the person granted access to it.
pub(super) async fn profile(
    app: &OpenIdApp,
    metadata: &Metadata,
    (tokens, id_token): (&JsonAnswer, &IdToken),
) -> Result<Profile, ProviderError> {
    let told = portrait(&id_token.claims);
    let Some(endpoint) = &metadata.userinfo_endpoint else { return Ok(told) };
    let Some(token) = tokens.text("access_token") else { return Ok(told) };
    if told != Profile::default() || !is_granted(app, tokens) {
        return Ok(told);
    }
    if !id_token.belongs_with(&token) {
        tracing::warn!("the ID token: `at_hash` is of another access token, which is not used to read the profile");
        return Ok(told);
    }
    let request = Request::get(endpoint.as_str())
        .header(ACCEPT, "application/json")
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .body(Vec::new());
    let Ok(request) = request else { return Ok(without(&tokens.wrong("access_token", "is malformed"))) };
    let answer = app.http.execute(request).await?;
    let status = answer.status();
    if !status.is_success() {
        let error = bad_status(endpoint.path(), &answer);
        // A later login may get it. A refusal will be the same then.
        let is_passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        return if is_passing { Err(error) } else { Ok(without(&error)) };
    }
    match JsonAnswer::read("the answer of the userinfo endpoint", answer.body()) {
        Ok(info) if is_about(&info, id_token)? => Ok(portrait(&info)),
        Ok(info) => Ok(without(&info.wrong("sub", "is missing or empty"))),
        // Among these are the signed answers that some clients are registered for.
        Err(error) => Ok(without(&error)),
    }
}

fn portrait(claims: &JsonAnswer) -> Profile {
    let name = ["name", "nickname", "preferred_username"].into_iter().find_map(|name| claims.text(name));
    Profile::new(&name.unwrap_or_default(), &claims.text("picture").unwrap_or_default())
}

/// An answer without a scope grants all that was requested (RFC 6749 section 5.1). Google answers with names of its own, such
/// as `https://www.googleapis.com/auth/userinfo.profile`.
fn is_granted(app: &OpenIdApp, tokens: &JsonAnswer) -> bool {
    match tokens.text("scope") {
        Some(scopes) => scopes.split_ascii_whitespace().any(|scope| scope.rsplit(['.', '/']).next() == Some("profile")),
        None => app.scopes.iter().any(|scope| scope == "profile"),
    }
}

/// Returns whether the answer says that it is about the person of the ID token. Section 5.3.2: the `sub` "MUST be verified
/// to exactly match"; if not, "the `UserInfo` Response values MUST NOT be used".
///
/// # Errors
///
/// If it says that it is about another person: then no part of the login is to be trusted.
fn is_about(info: &JsonAnswer, id_token: &IdToken) -> Result<bool, ProviderError> {
    let subject = match info.known("sub")? {
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => info.maybe_text("sub")?,
    };
    match subject {
        None => Ok(false),
        Some(subject) if subject == id_token.open_id.as_str() => Ok(true),
        Some(_) => Err(info.wrong("sub", "is another person than the ID token's")),
    }
}

fn without(error: &ProviderError) -> Profile {
    tracing::warn!("signs a person in without a profile: {error}");
    Profile::default()
}
