//! `/graphql`, as "GraphQL over HTTP" describes it: POST for everything, GET for queries.
//! <https://graphql.github.io/graphql-over-http/draft/>
//!
//! See `incoming` for reading requests and `outgoing` for writing answers.

use std::time::Duration;

use async_graphql::{Request, Response};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ALLOW, AUTHORIZATION, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use domain::ServiceScope;

use super::address::Asking;
use super::body::Reading;
use super::carriage::OfOperator;
use super::incoming::{self, RefusedRequest};
use super::outgoing::{self, Media};
use super::socket::{self, Upgrade};
use super::{Shared, carriage, language};
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{UserAgent, is_query, present};
use crate::usecase::receipt::{BadIdempotencyKey, IdempotencyKey};
use crate::usecase::{self, Caller};

/// Names a request that may be retried (draft-ietf-httpapi-idempotency-key-header).
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Handles GET: queries only, since any page can make a browser follow an address. Opens a socket if the request asks for one.
pub(super) async fn query(
    State(shared): State<Shared>,
    asking: Asking,
    Upgrade(upgrade): Upgrade,
    uri: Uri,
) -> axum::response::Response {
    match upgrade {
        Some(Ok(upgrade)) => return socket::open(shared, asking, upgrade),
        Some(Err(refusal)) => return refusal,
        None => {}
    }
    answer(&shared, &asking, (Method::GET, incoming::from_address(&uri).map(Into::into))).await
}

/// Handles POST: one operation as JSON.
pub(super) async fn execute(State(shared): State<Shared>, asking: Asking, body: Body) -> impl IntoResponse {
    let request = tokio::time::timeout(time_limit(&shared), read(&shared, &asking, body)).await;
    let late = || RefusedRequest::http(StatusCode::REQUEST_TIMEOUT, ApiError::refused(ErrorCode::Timeout));
    answer(&shared, &asking, (Method::POST, request.unwrap_or_else(|_| Err(late())))).await
}

/// Reads a body. A batch of orders may be longer than other requests: the caller is identified before more of it is read.
/// Only its variables may be longer, and not its document, which would take long to parse.
async fn read(shared: &Shared, asking: &Asking, body: Body) -> Result<Incoming, RefusedRequest> {
    incoming::expect_json(&asking.headers)?;
    let http = &shared.service.config().http;
    let limit = http.body_limit_kib as usize * 1024;
    let of_orders = limit.max(http.orders_body_limit_kib as usize * 1024);
    let mut reading = Reading::of(body);
    let mut caller = None;
    if !reading.ends_within(limit).await? {
        let known = identify(shared, asking, false).await?;
        if !known.may(ServiceScope::OrdersWrite) || !reading.ends_within(of_orders).await? {
            let and_orders =
                format!("or {of_orders} with a service token that has the scope {}", ServiceScope::OrdersWrite);
            return Err(RefusedRequest::too_large(format!("the body must be at most {limit} bytes, {and_orders}")));
        }
        caller = Some(known);
    }
    let request = incoming::from_body(reading.into_bytes()).await?;
    if request.query.len() > limit {
        return Err(RefusedRequest::too_large(format!("the document must be at most {limit} bytes")));
    }
    Ok(Incoming { request, caller })
}

pub(super) async fn identify(shared: &Shared, asking: &Asking, with_links: bool) -> Result<Caller, ApiError> {
    let bearer = bearer(&asking.headers)?;
    let operator = carriage::operator(&asking.headers, shared.service.config())?;
    // A token that is named wins over the cookie.
    if let (OfOperator::Yes(cookie), None) = (operator, bearer) {
        return usecase::caller::identify_operator(&shared.service, cookie.as_deref()).await;
    }
    usecase::caller::identify(&shared.service, (bearer, with_links), asking.address).await
}

/// Guesses from the text whether a document asks for the caller's openIds, unionIds or orders, so that the keys are read in
/// the query that identifies the caller. A wrong guess costs a query or a join. A mutation changes them, so it reads them later.
fn wants_links(request: &Request) -> bool {
    let has = |word| request.query.contains(word);
    (has("openIds") || has("unionIds") || has("orders")) && !has("mutation")
}

/// Handles every other method.
pub(super) async fn other(State(shared): State<Shared>, asking: Asking, method: Method) -> impl IntoResponse {
    let error = ApiError::detailed(ErrorCode::InvalidQuery, "the method must be GET or POST");
    let refusal = RefusedRequest::http(StatusCode::METHOD_NOT_ALLOWED, error);
    ([(ALLOW, "GET, HEAD, POST")], answer(&shared, &asking, (method, Err(refusal))).await)
}

/// A request that was read.
struct Incoming {
    request: Request,
    /// The caller, if it had to be identified to read the request.
    caller: Option<Caller>,
}

impl From<Request> for Incoming {
    fn from(request: Request) -> Self {
        Self { request, caller: None }
    }
}

/// A request and its method.
type Came = (Method, Result<Incoming, RefusedRequest>);

async fn answer(shared: &Shared, asking: &Asking, (method, request): Came) -> axum::response::Response {
    let media = Media::negotiate(&asking.headers);
    let outcome = match (media, request) {
        (Some(_), Ok(request)) => run(shared, asking, (method, request)).await,
        (None, Ok(_)) => Err(RefusedRequest::invalid(StatusCode::NOT_ACCEPTABLE, outgoing::OFFER)),
        (_, Err(refusal)) => Err(refusal),
    };
    let (response, status) = match outcome {
        Ok(response) => (response, None),
        Err(RefusedRequest { response, status }) => (*response, status),
    };
    outgoing::write(
        present(response, language(&asking.headers), &shared.service.errors),
        media.unwrap_or(Media::Json),
        status,
    )
}

async fn run(shared: &Shared, asking: &Asking, (method, came): (Method, Incoming)) -> Result<Response, RefusedRequest> {
    let work = async {
        let Incoming { request, caller } = came;
        let caller = match caller {
            Some(caller) => caller,
            None => identify(shared, asking, wants_links(&request)).await?,
        };
        let carriage = carriage::read(&asking.headers, shared.service.config())?;
        let request = shared.documents.find(request, (&shared.service, &caller)).await?;
        let request = incoming::admit(request, &method)?;
        let request = request.data(caller).data(asking.address).data(user_agent(&asking.headers)).data(carriage);
        let request = request.data(language(&asking.headers));
        let request = match idempotency_key(&asking.headers)? {
            Some(key) => request.data(key),
            None => request,
        };
        execute_in(shared, request).await
    };
    // Dropping a query only stops waiting; the database may still finish a running statement. A mutation runs to
    // completion.
    let done = tokio::time::timeout(time_limit(shared), work).await;
    done.unwrap_or_else(|_| Err(ApiError::refused(ErrorCode::Timeout).into()))
}

/// A mutation runs in its own task: a disconnect or the time limit neither interrupts it nor skips the work after its
/// commit.
async fn execute_in(shared: &Shared, mut request: Request) -> Result<Response, RefusedRequest> {
    if is_query(&mut request)? {
        return Ok(shared.schema.execute(request).await);
    }
    let schema = shared.schema.clone();
    Ok(shared.service.detached(async move { schema.execute(request).await }).await)
}

pub(super) fn user_agent(headers: &HeaderMap) -> UserAgent {
    let text = headers.get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    UserAgent(text.unwrap_or_default().into_owned())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().ok().and_then(|text| text.parse().ok());
    key.map(Some).ok_or_else(|| ApiError::detailed(ErrorCode::InvalidInput, BadIdempotencyKey.to_string()))
}

pub(super) fn time_limit(shared: &Shared) -> Duration {
    Duration::from_secs(shared.service.config().http.request_timeout_seconds.into())
}

/// Returns the token of `Authorization: Bearer …` (RFC 6750 section 2.1). A header of another scheme is ignored, unless
/// it has a token of ours.
pub(super) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.map_or(Ok(None), bearer_of)
}

/// Returns the token of such a value.
pub(super) fn bearer_of(value: &str) -> Result<Option<&str>, ApiError> {
    let (scheme, token) = value.trim().rsplit_once(' ').unwrap_or_default();
    if scheme.trim().eq_ignore_ascii_case("bearer") {
        return Ok(Some(token));
    }
    let credentials = value.trim().rsplit(' ').next().unwrap_or_default();
    if usecase::caller::is_token(credentials) {
        let detail = "the header Authorization must be `Bearer`, a space and the token";
        return Err(ApiError::detailed(ErrorCode::Unauthenticated, detail));
    }
    Ok(None)
}
