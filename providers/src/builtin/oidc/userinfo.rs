//! The userinfo endpoint, and a person's name and picture, from it or from the ID token. A broken profile is no profile, and never
//! breaks the login.
//!
//! <https://openid.net/specs/openid-connect-core-1_0.html#UserInfo>

use domain::Profile;
use serde_json::Value;

use super::config::OpenIdApp;
use super::discovery::Metadata;
use super::id_token::IdToken;
use crate::{JsonAnswer, ProviderError, bad_status, without_profile};

/// The name of the answer in errors.
const ANSWER: &str = "the answer of the userinfo endpoint";

/// Returns name and picture from the ID token, or from the userinfo endpoint if the person granted access to it.
///
/// # Errors
///
/// If the userinfo endpoint says that it is about another person.
pub(super) async fn profile(
    app: &OpenIdApp,
    metadata: &Metadata,
    (tokens, id_token): (&JsonAnswer, &IdToken),
) -> Result<Profile, ProviderError> {
    if !app.dialect.has_profile() {
        return Ok(Profile::default());
    }
    let told = portrait(app, &id_token.claims);
    let Some(endpoint) = &metadata.userinfo_endpoint else { return Ok(told) };
    let Some(token) = tokens.text("access_token") else { return Ok(told) };
    if told != Profile::default() || !is_granted(app, tokens) {
        return Ok(told);
    }
    if !id_token.belongs_with(&token) {
        tracing::warn!("the ID token: `at_hash` is of another access token, which is not used to read the profile");
        return Ok(told);
    }
    let answer = match app.issuer.http().get_with_token(endpoint, &token.into()).await {
        Ok(answer) if answer.status().is_success() => answer,
        Ok(answer) => return Ok(without_profile(&bad_status(endpoint.path(), &answer))),
        Err(error) => return Ok(without_profile(&error)),
    };
    match JsonAnswer::read(ANSWER, answer.body()) {
        Ok(info) if is_about(&info, id_token)? => Ok(portrait(app, &info)),
        Ok(info) => Ok(without_profile(&info.wrong("sub", "is missing or empty"))),
        // Among these are the signed answers that some clients are registered for.
        Err(error) => Ok(without_profile(&error)),
    }
}

/// Returns the answer of the userinfo endpoint for a login that depends on it; `None` if the issuer has no such endpoint, or gave no
/// access to it.
///
/// # Errors
///
/// If the endpoint does not answer, or if it is about another person or about none.
pub(super) async fn needed(
    app: &OpenIdApp,
    metadata: &Metadata,
    (tokens, id_token): (&JsonAnswer, &IdToken),
) -> Result<Option<JsonAnswer>, ProviderError> {
    let Some(endpoint) = &metadata.userinfo_endpoint else { return Ok(None) };
    let Some(token) = tokens.text("access_token") else { return Ok(None) };
    if !id_token.belongs_with(&token) {
        return Err(id_token.claims.wrong("at_hash", "is of another access token"));
    }
    let answer = app.issuer.http().get_with_token(endpoint, &token.into()).await?;
    if !answer.status().is_success() {
        return Err(bad_status(endpoint.path(), &answer));
    }
    let info = JsonAnswer::read(ANSWER, answer.body())?;
    if is_about(&info, id_token)? { Ok(Some(info)) } else { Err(info.wrong("sub", "is missing or empty")) }
}

fn portrait(app: &OpenIdApp, claims: &JsonAnswer) -> Profile {
    let name = ["name", "nickname", "preferred_username"].into_iter().find_map(|name| claims.text(name));
    let picture = claims.text("picture").filter(|_| app.dialect.has_pictures());
    Profile::new(&name.unwrap_or_default(), &picture.unwrap_or_default())
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
