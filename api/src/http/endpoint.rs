//! `/graphql`, as "GraphQL over HTTP" describes it: POST for everything, GET for queries.
//! <https://graphql.github.io/graphql-over-http/draft/>

use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, Variables};
use axum::body::{Body, to_bytes};
use axum::extract::{Query, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::Deserialize;

use super::address::Asking;
use super::{Shared, carriage, language};
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{UserAgent, failure, guard_document, guard_text, present};

/// The media type whose answers carry a status of their own.
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

/// The parameters of a GET.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameters {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
}

/// GET: queries only, since an address may be followed by anybody.
pub(super) async fn query(
    State(shared): State<Shared>,
    asking: Asking,
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
) -> impl IntoResponse {
    let request = parameters
        .map_err(|_| invalid("the parameters cannot be read"))
        .and_then(|Query(parameters)| read_parameters(parameters))
        .and_then(guarded)
        .and_then(only_query);
    answer(&shared, &asking, request).await
}

/// POST: one operation as JSON.
pub(super) async fn execute(State(shared): State<Shared>, asking: Asking, body: Body) -> impl IntoResponse {
    let limit = shared.service.config().http.body_limit_kib as usize * 1024;
    let patience = time_limit(&shared);
    let request = tokio::time::timeout(patience, read_body(&asking.headers, body, limit)).await;
    let request = request.unwrap_or_else(|_| Err(ApiError::refused(ErrorCode::Timeout))).and_then(guarded);
    answer(&shared, &asking, request).await
}

fn invalid(detail: &'static str) -> ApiError {
    ApiError::detailed(ErrorCode::InvalidQuery, detail)
}

fn read_parameters(parameters: Parameters) -> Result<Request, ApiError> {
    let query = parameters.query.ok_or_else(|| invalid("there is no `query`"))?;
    let variables = match parameters.variables.as_deref() {
        None | Some("") => serde_json::Value::Null,
        Some(text) => serde_json::from_str(text).map_err(|_| invalid("`variables` is not JSON"))?,
    };
    let mut request = Request::new(query).variables(Variables::from_json(variables));
    request.operation_name = parameters.operation_name.filter(|name| !name.is_empty());
    Ok(request)
}

fn only_query(mut request: Request) -> Result<Request, ApiError> {
    let name = request.operation_name.clone();
    // A document that cannot be parsed gets the parser's own words when it is executed.
    let Ok(document) = request.parsed_query() else { return Ok(request) };
    let chosen = |operation: Option<&str>| name.is_none() || operation == name.as_deref();
    let changes = document.operations.iter().any(|(operation, found)| {
        chosen(operation.map(async_graphql::Name::as_str)) && found.node.ty != OperationType::Query
    });
    if changes { Err(invalid("a mutation needs POST")) } else { Ok(request) }
}

/// A document that cannot be parsed gets the parser's own words when it is executed.
fn guarded(mut request: Request) -> Result<Request, ApiError> {
    guard_text(&request.query)?;
    if let Ok(document) = request.parsed_query() {
        guard_document(document)?;
    }
    Ok(request)
}

async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Request, ApiError> {
    let is_json = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    });
    if !is_json {
        return Err(invalid("the content type must be application/json"));
    }
    let bytes = to_bytes(body, limit)
        .await
        .map_err(|_| ApiError::detailed(ErrorCode::BodyTooLarge, format!("the body must be at most {limit} bytes")))?;
    serde_json::from_slice(&bytes).map_err(|_| invalid("the body is not one GraphQL request in JSON"))
}

async fn answer(shared: &Shared, asking: &Asking, request: Result<Request, ApiError>) -> impl IntoResponse + use<> {
    let language = language(&asking.headers);
    let mut response = match run(shared, asking, request).await {
        Ok(response) => present(response, language),
        Err(error) => failure(error, language),
    };
    let wants_status = asking
        .headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains(GRAPHQL_RESPONSE));
    let (status, kind) =
        if wants_status { (status(&response), GRAPHQL_RESPONSE) } else { (StatusCode::OK, "application/json") };
    let body = serde_json::to_vec(&response).unwrap_or_default();
    // Answers carry tokens and personal data.
    let headers = std::mem::take(&mut response.http_headers);
    (status, headers, [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], body)
}

async fn run(shared: &Shared, asking: &Asking, request: Result<Request, ApiError>) -> Result<Response, ApiError> {
    let request = request?;
    let work = async {
        let caller = shared.service.caller(bearer(&asking.headers), asking.address).await?;
        let carriage = carriage::read(&asking.headers, shared.service.config())?;
        let request = request.data(caller).data(asking.address).data(carriage).data(user_agent(&asking.headers));
        Ok(shared.schema.execute(request).await)
    };
    // Dropping the work gives up waiting; the database may still finish a statement that it has begun.
    tokio::time::timeout(time_limit(shared), work).await.unwrap_or_else(|_| Err(ApiError::refused(ErrorCode::Timeout)))
}

fn user_agent(headers: &HeaderMap) -> UserAgent {
    let text = headers.get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    UserAgent(text.unwrap_or_default().into_owned())
}

fn time_limit(shared: &Shared) -> Duration {
    Duration::from_secs(shared.service.config().http.request_timeout_seconds.into())
}

/// The token of `Authorization: Bearer …` (RFC 6750 section 2.1); a header of another scheme is nobody's.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// A request that was never executed has no data, and is the client's mistake or our trouble.
fn status(response: &Response) -> StatusCode {
    let executed = response.errors.is_empty() || response.errors.iter().any(|error| !error.path.is_empty());
    if executed {
        return StatusCode::OK;
    }
    let code = response.errors[0].extensions.as_ref().and_then(|extensions| extensions.get("code"));
    match code.map(ToString::to_string).as_deref() {
        Some("BODY_TOO_LARGE") => StatusCode::PAYLOAD_TOO_LARGE,
        Some("TIMEOUT") => StatusCode::GATEWAY_TIMEOUT,
        Some("SERVICE_UNAVAILABLE") => StatusCode::SERVICE_UNAVAILABLE,
        Some("INTERNAL") => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}
