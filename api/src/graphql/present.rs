//! Converts errors into answers: the code, a message and advice in the reader's language, and an error id. Logs the
//! chain of causes once.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};
use chrono::{DateTime, SecondsFormat, Utc};

use crate::error::{ApiError, ErrorCode, Language, MergeOffer, RecentErrors, chain};
use crate::random;

/// The maximum number of errors in an answer.
const MAX_ERRORS: usize = 20;
/// The maximum length of a detail in characters: it may quote the client's input.
const MAX_DETAIL: usize = 300;

/// Converts every error of an answer, and counts it. Errors beyond the limit are dropped; the last remaining one has their number.
#[must_use]
pub fn present(mut response: Response, language: Language, seen: &RecentErrors) -> Response {
    let more = response.errors.len().saturating_sub(MAX_ERRORS);
    response.errors.truncate(MAX_ERRORS);
    for error in &mut response.errors {
        seen.count(code(error));
        *error = present_one(error, language);
    }
    if let Some(extensions) = response.errors.last_mut().filter(|_| more > 0).and_then(|last| last.extensions.as_mut())
    {
        extensions.set("moreErrors", more);
    }
    response
}

/// Creates an answer with one error, which [`present`] has to convert.
#[must_use]
pub fn failure(error: ApiError) -> Response {
    Response::from_errors(vec![server_error(error)])
}

pub(super) fn server_error(error: ApiError) -> ServerError {
    let mut error = async_graphql::Error::new_with_source(error).into_server_error(async_graphql::Pos::default());
    // The error has no location in the document.
    error.locations.clear();
    error
}

fn present_one(error: &ServerError, language: Language) -> ServerError {
    let ours = ours(error);
    let code = code(error);
    // Messages of the parser and the validator quote only the client's input.
    let detail = ours.map_or(error.message.as_str(), ApiError::detail);
    let detail = shortened(detail);
    let words = code.words(language);
    let error_id = random::hex();
    log(code, &error_id, ours);
    metrics::counter!("guiyi_errors_total", "code" => code.as_str()).increment(1);
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", Value::Enum(async_graphql::Name::new(code.as_str())));
    extensions.set("advice", words.advice);
    extensions.set("errorId", error_id);
    if !detail.is_empty() {
        extensions.set("detail", detail);
    }
    if let Some(wait) = ours.and_then(ApiError::retry_after) {
        extensions.set("retryAfter", seconds(wait));
    }
    if let Some(offer) = ours.and_then(ApiError::merge_offer) {
        set_offer(&mut extensions, offer);
    }
    ServerError {
        message: words.message.to_owned(),
        source: None,
        locations: error.locations.clone(),
        path: error.path.clone(),
        extensions: Some(extensions),
    }
}

/// Returns our error; none for one of the GraphQL library.
fn ours(error: &ServerError) -> Option<&ApiError> {
    let shared = error.source::<Arc<ApiError>>().map(AsRef::as_ref);
    error.source::<ApiError>().or(shared)
}

fn code(error: &ServerError) -> ErrorCode {
    ours(error).map_or_else(|| code_of(error), ApiError::code)
}

/// Returns whether the operator has to act on an error, and not the client.
pub(super) fn is_fault(error: &ServerError) -> bool {
    is_of_operator(code(error))
}

const fn is_of_operator(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Internal | ErrorCode::ServiceUnavailable)
}

/// Counts an error that is a part of the data, and returns its detail.
pub(super) fn detail_in_data(code: ErrorCode, detail: &str) -> String {
    metrics::counter!("guiyi_errors_total", "code" => code.as_str()).increment(1);
    shortened(detail).to_owned()
}

/// Counts and logs a refusal that is a part of the data, and returns its detail.
pub(super) fn refusal_in_data(error: &ApiError) -> String {
    log(error.code(), &random::hex(), Some(error));
    detail_in_data(error.code(), error.detail())
}

/// Returns a wait in seconds, rounded up, so that a client that waits this long is not refused again.
pub(super) fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

fn shortened(detail: &str) -> &str {
    detail.char_indices().nth(MAX_DETAIL).map_or(detail, |(end, _)| &detail[..end])
}

/// Adds a merge offer: its token, and masked data of the other account.
fn set_offer(extensions: &mut ErrorExtensionValues, offer: &MergeOffer) {
    let expires_at: DateTime<Utc> = offer.expires_at.into();
    extensions.set("mergeToken", offer.token.as_str());
    extensions.set("mergeTokenExpiresAt", expires_at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    extensions.set("maskedPhone", offer.hint.phone.clone());
    extensions.set("maskedNickname", offer.hint.nickname.clone());
}

/// Returns the code of an error from the GraphQL library.
fn code_of(error: &ServerError) -> ErrorCode {
    let limits = ["Query is nested too deep.", "too deep"];
    if limits.iter().any(|words| error.message.contains(words)) {
        ErrorCode::QueryTooComplex
    } else {
        ErrorCode::InvalidQuery
    }
}

/// Logs errors that the operator has to fix at level `error`, and client errors at level `debug`.
fn log(code: ErrorCode, error_id: &str, error: Option<&ApiError>) {
    let cause = error.map(|error| chain(error)).unwrap_or_default();
    if is_of_operator(code) {
        tracing::error!(%code, error_id, cause, "a request failed");
    } else {
        tracing::debug!(%code, error_id, cause, "a request was refused");
    }
}
