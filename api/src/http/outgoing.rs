//! Writes a GraphQL answer to HTTP: media type, status, headers.
//!
//! `async-graphql-axum` writes answers that were executed. This module adds what it lacks: it always names one media
//! type, always answers with status 200, and writes `data: null` where nothing was executed.

use std::borrow::Cow;

use async_graphql::Value;
use async_graphql_axum::GraphQLResponse;
use axum::Json;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use headers_accept::Accept;
use headers_core::Header;
use mediatype::names::{APPLICATION, JSON, Q};
use mediatype::{MediaType, MediaTypeBuf, Name, ReadParams};
use serde_json::json;

use super::retry_after::retry_after;
use crate::error::ErrorCode;

/// The media types of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: status 200 for every answer to a GraphQL request, as older clients expect.
    Json,
    /// `application/graphql-response+json`: the status tells whether the request was executed.
    GraphqlResponse,
}

const GRAPHQL_RESPONSE: Name<'static> = Name::new_unchecked("graphql-response");

/// The offered types, the default first.
static OFFERED: [MediaType<'static>; 2] = [
    MediaType::from_parts(APPLICATION, JSON, None, &[]),
    MediaType::from_parts(APPLICATION, GRAPHQL_RESPONSE, Some(JSON), &[]),
];

/// The longest `Accept` that is read, in bytes, all its lines together: sorting its media ranges takes time that grows faster than
/// its length. Browsers send some two hundred.
const MAX_ACCEPT: usize = 1_024;

/// What a client is told that accepts none of it.
pub(super) const OFFER: &str = "an answer is application/json or application/graphql-response+json";

impl Media {
    /// What the client prefers of what there is; `None` when it accepts neither. A header that cannot be read, or is too long to
    /// be read, says nothing.
    pub(super) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let mut lines = headers.get_all(ACCEPT).iter().peekable();
        if lines.peek().is_none() {
            return Some(Self::Json);
        }
        if headers.get_all(ACCEPT).iter().map(HeaderValue::len).sum::<usize>() > MAX_ACCEPT {
            return Some(Self::Json);
        }
        let Ok(accepted) = Accept::decode(&mut lines) else { return Some(Self::Json) };
        let accepted: Accept = accepted.media_types().map(without_charset).collect();
        let chosen = accepted.negotiate(&OFFERED)?;
        Some(if *chosen == OFFERED[1] { Self::GraphqlResponse } else { Self::Json })
    }

    fn name(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json",
            Self::GraphqlResponse => "application/graphql-response+json",
        })
    }
}

/// JSON is always UTF-8, so a charset does not matter.
fn without_charset(range: &MediaTypeBuf) -> MediaType<'_> {
    let quality: Vec<_> = range.params().filter(|(name, _)| *name == Q).collect();
    MediaType { ty: range.ty(), subty: range.subty(), suffix: range.suffix(), params: Cow::Owned(quality) }
}

/// Writes an answer. Without a status, the answer and its media type determine it.
pub(super) fn write(answer: async_graphql::Response, media: Media, status: Option<StatusCode>) -> Response {
    let refused = refusal(&answer);
    let wait = retry_after(&answer);
    let status = status.unwrap_or(match media {
        Media::Json => StatusCode::OK,
        Media::GraphqlResponse => refused.unwrap_or(StatusCode::OK),
    });
    let mut response = match refused {
        // A request that was not executed has no `data`, not even null.
        Some(_) => Json(json!({ "errors": answer.errors })).into_response(),
        None => GraphQLResponse::from(answer).into_response(),
    };
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, media.name());
    // Answers contain tokens and personal data.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = wait {
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

/// Returns the status of a request that was not executed, by its first error; `None` when it was. Errors of execution
/// have a path.
fn refusal(answer: &async_graphql::Response) -> Option<StatusCode> {
    let first = answer.errors.first().filter(|_| answer.data == Value::Null)?;
    if answer.errors.iter().any(|error| !error.path.is_empty()) {
        return None;
    }
    let code = match first.extensions.as_ref().and_then(|extensions| extensions.get("code")) {
        Some(Value::Enum(name)) => ErrorCode::named(name),
        _ => None,
    };
    Some(match code {
        Some(ErrorCode::Timeout) => StatusCode::GATEWAY_TIMEOUT,
        Some(ErrorCode::ServiceUnavailable) => StatusCode::SERVICE_UNAVAILABLE,
        Some(ErrorCode::Internal) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiate(lines: &[&str]) -> Option<Media> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT, HeaderValue::from_bytes(line.as_bytes()).expect("a header"));
        }
        Media::negotiate(&headers)
    }

    #[test]
    fn what_the_client_prefers_is_what_it_gets() {
        for line in [
            "application/graphql-response+json",
            "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
            "application/json;q=0.5, APPLICATION/GRAPHQL-RESPONSE+JSON;q=0.9",
            "application/json;q=0, */*",
            "text/html, application/graphql-response+json;q=0.1",
        ] {
            assert_eq!(negotiate(&[line]), Some(Media::GraphqlResponse), "{line}");
        }
        assert_eq!(
            negotiate(&["application/json;q=0.1", "application/graphql-response+json"]),
            Some(Media::GraphqlResponse)
        );
    }

    #[test]
    fn json_is_what_a_client_gets_that_does_not_mind() {
        for line in [
            "application/json",
            "application/json, application/graphql-response+json;q=0.9",
            "application/*",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/graphql-response+json;q=0, application/*;q=0.1",
            "é",
        ] {
            assert_eq!(negotiate(&[line]), Some(Media::Json), "{line}");
        }
        assert_eq!(negotiate(&[]), Some(Media::Json));
    }

    #[test]
    fn a_header_that_is_too_long_is_not_read() {
        let ranges = vec!["text/html"; 100].join(",");
        let parameters = format!("text/html{}", ";a=b".repeat(300));
        let lines = vec!["text/html"; 200];

        assert_eq!(negotiate(&[&ranges]), None, "{} bytes are read", ranges.len());
        assert_eq!(negotiate(&[&ranges, "text/html, application/json;q=0"]), Some(Media::Json));
        assert_eq!(negotiate(&[&parameters]), Some(Media::Json));
        assert_eq!(negotiate(&lines), Some(Media::Json));
    }

    #[test]
    fn a_client_that_accepts_neither_gets_neither() {
        for line in ["text/html", "application/xml, image/*", "application/json;q=0", "*/*;q=0"] {
            assert_eq!(negotiate(&[line]), None, "{line}");
        }
    }
}
