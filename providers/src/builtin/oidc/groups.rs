//! The groups of a person, from the ID token or from the userinfo endpoint. They decide what an operator may do, so what is wrong with
//! them fails the login.

use serde_json::Value;

use super::config::OpenIdApp;
use super::discovery::Metadata;
use super::id_token::IdToken;
use super::userinfo;
use crate::{JsonAnswer, ProviderError};

/// Returns the groups that the ID token names, or, if it has no such claim, those of the userinfo endpoint. A person of whom neither has
/// the claim is in no group.
///
/// # Errors
///
/// If the claim is not a list of texts, if the userinfo endpoint does not answer, or if it is about another person.
pub(super) async fn told(
    app: &OpenIdApp,
    metadata: &Metadata,
    (tokens, id_token): (&JsonAnswer, &IdToken),
) -> Result<Vec<String>, ProviderError> {
    let Some(claim) = &app.groups_claim else { return Ok(Vec::new()) };
    if let Some(groups) = read(&id_token.claims, claim)? {
        return Ok(groups);
    }
    // Microsoft names no groups of a person who is in more than 200, and says so here.
    if let Some(Value::Object(elsewhere)) = id_token.claims.value("_claim_names")
        && elsewhere.contains_key(claim)
    {
        let wrong =
            "is not there, because the person is in too many groups: send only those that are assigned to the app";
        return Err(id_token.claims.wrong(claim, wrong));
    }
    let Some(info) = userinfo::needed(app, metadata, (tokens, id_token)).await? else { return Ok(Vec::new()) };
    Ok(read(&info, claim)?.unwrap_or_default())
}

/// Reads the claim: a list of texts, or one text for one group. `None` if it is absent.
fn read(claims: &JsonAnswer, claim: &str) -> Result<Option<Vec<String>>, ProviderError> {
    let wrong = || claims.wrong(claim, "is not a list of texts");
    match claims.known(claim)? {
        None => Ok(None),
        Some(Value::String(group)) => Ok(Some(vec![group])),
        Some(Value::Array(groups)) => {
            let text = |group: Value| match group {
                Value::String(group) => Ok(group),
                _ => Err(wrong()),
            };
            groups.into_iter().map(text).collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(wrong()),
    }
}
