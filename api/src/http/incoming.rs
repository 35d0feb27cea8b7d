//! Reads a GraphQL request from HTTP, and refuses malformed and unsupported ones. `body` limits the length.
//!
//! `async-graphql-axum` parses the body. This module adds what it lacks: it accepts any content type and none for JSON,
//! reads batches, uploads and positional arrays, reads `operation_name` instead of `operationName` in an address, and
//! executes mutations by GET.

use async_graphql::{Request, Response, ServerError};
use async_graphql_axum::GraphQLRequest;
use async_graphql_axum::rejection::GraphQLRejection;
use axum::extract::{FromRequest, Query};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use mediatype::{MediaType, ReadParams, names};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{ApiError, ErrorCode};
use crate::graphql::{failure, guard, guard_address, is_query, is_subscription};

/// A request that is not executed: the answer, and its HTTP status if it has one. Without a status, the error and the
/// media type of the answer determine it.
#[derive(Debug)]
pub(super) struct RefusedRequest {
    pub(super) response: Box<Response>,
    pub(super) status: Option<StatusCode>,
}

impl RefusedRequest {
    /// Refuses what is not a GraphQL request.
    pub(super) fn http(status: StatusCode, error: ApiError) -> Self {
        Self { response: Box::new(failure(error)), status: Some(status) }
    }

    pub(super) fn malformed(detail: &'static str) -> Self {
        Self::invalid(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn too_large(detail: String) -> Self {
        Self::http(StatusCode::PAYLOAD_TOO_LARGE, ApiError::detailed(ErrorCode::BodyTooLarge, detail))
    }

    pub(super) fn invalid(status: StatusCode, detail: &'static str) -> Self {
        Self::http(status, ApiError::detailed(ErrorCode::InvalidQuery, detail))
    }
}

impl From<ApiError> for RefusedRequest {
    fn from(error: ApiError) -> Self {
        Self { response: Box::new(failure(error)), status: None }
    }
}

impl From<ServerError> for RefusedRequest {
    fn from(error: ServerError) -> Self {
        Self { response: Box::new(Response::from_errors(vec![error])), status: None }
    }
}

/// The parameters of a GET.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    #[serde(default)]
    query: String,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

/// Reads the parameters of an address.
pub(super) fn from_address(uri: &Uri) -> Result<Request, RefusedRequest> {
    let parameters = Query::<Parameters>::try_from_uri(uri);
    let Query(parameters) = parameters.map_err(|_| RefusedRequest::malformed("the parameters cannot be read"))?;
    let mut request = Request::new(parameters.query);
    request.operation_name = parameters.operation_name.filter(|name| !name.is_empty());
    request.variables = json(parameters.variables, "`variables` is not a JSON object")?;
    request.extensions = json(parameters.extensions, "`extensions` is not a JSON object")?;
    Ok(request)
}

fn json<T: DeserializeOwned + Default>(text: Option<String>, otherwise: &'static str) -> Result<T, RefusedRequest> {
    match text.filter(|text| !text.is_empty()) {
        Some(text) => serde_json::from_str(&text).map_err(|_| RefusedRequest::malformed(otherwise)),
        None => Ok(T::default()),
    }
}

/// Refuses a body that is not JSON, before it is read.
pub(super) fn expect_json(headers: &HeaderMap) -> Result<(), RefusedRequest> {
    let refusal =
        || RefusedRequest::invalid(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the content type must be application/json");
    if is_json(headers) { Ok(()) } else { Err(refusal()) }
}

/// Reads a body.
pub(super) async fn from_body(bytes: Vec<u8>) -> Result<Request, RefusedRequest> {
    // The library would read an array as a batch, and an array of strings as the fields of a request in their order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(RefusedRequest::malformed("the body is not a JSON object"));
    }
    let mut request = axum::extract::Request::new(bytes.into());
    *request.method_mut() = Method::POST;
    let read = GraphQLRequest::<GraphQLRejection>::from_request(request, &()).await;
    read.map(GraphQLRequest::into_inner)
        .map_err(|_| RefusedRequest::malformed("the body is not one GraphQL request in JSON"))
}

/// RFC 8259 allows JSON in UTF-8 only.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(text)) = headers.get(CONTENT_TYPE).map(|value| value.to_str()) else { return false };
    MediaType::parse(text).is_ok_and(|kind| {
        let charset = kind.get_param(names::CHARSET);
        kind.ty == names::APPLICATION
            && kind.subty == names::JSON
            && kind.suffix.is_none()
            && charset.is_none_or(|charset| charset.unquoted_str().eq_ignore_ascii_case("utf-8"))
    })
}

/// Admits a request whose document was found. Parses it, once.
pub(super) fn admit(request: Request, method: &Method) -> Result<Request, RefusedRequest> {
    let mut request = parse(request)?;
    if is_subscription(&mut request)? {
        let detail = "a subscription needs a WebSocket with the protocol graphql-transport-ws";
        return Err(ApiError::detailed(ErrorCode::InvalidQuery, detail).into());
    }
    if method != Method::POST {
        if !is_query(&mut request)? {
            return Err(RefusedRequest::invalid(StatusCode::METHOD_NOT_ALLOWED, "a mutation needs POST"));
        }
        guard_address(&mut request)?;
    }
    Ok(request)
}

/// Admits a request of a socket likewise.
pub(super) fn admit_to_socket(request: Request) -> Result<Request, RefusedRequest> {
    let mut request = parse(request)?;
    if is_subscription(&mut request)? {
        return Ok(request);
    }
    let detail = "a socket takes subscriptions only: send queries and mutations by POST";
    Err(ApiError::detailed(ErrorCode::InvalidQuery, detail).into())
}

fn parse(mut request: Request) -> Result<Request, RefusedRequest> {
    if request.query.trim_ascii().is_empty() {
        return Err(RefusedRequest::malformed("there is no `query`"));
    }
    guard(&mut request)?;
    Ok(request)
}
