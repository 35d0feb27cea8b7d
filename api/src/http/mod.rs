//! The HTTP layer: routes and middleware.

mod address;
mod body;
mod bundle;
mod carriage;
mod console;
mod docs;
mod documents;
mod domain_files;
mod endpoint;
mod export;
mod health;
mod incoming;
mod metrics;
mod outgoing;
mod pages;
mod pictures;
mod playground;
mod push;
mod qr_login;
mod qr_page;
mod retry_after;
mod server;
#[cfg(feature = "sandbox")]
mod shop;
mod socket;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONNECTION, CONTENT_TYPE, COOKIE, HeaderName, HeaderValue};
use axum::http::{Method, Request, StatusCode};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::{Level, Span, info_span};

use crate::config::Config;
use crate::error::Language;
use crate::graphql::Schema;
use crate::service::Service;
use documents::Documents;

pub(crate) use metrics::router as metrics_router;
#[cfg(feature = "sandbox")]
pub(crate) use playground::is_served as has_playground;
pub(crate) use server::{Limits, serve};
#[cfg(feature = "sandbox")]
pub(crate) use shop::{is_served as has_shop, router as shop_router};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long a browser may keep the answer to a preflight: as long as Chromium does at most. Without it, that is five seconds, and
/// later requests wait for two round trips. An origin that is no longer allowed is refused by the answer to the request.
const PREFLIGHT: Duration = Duration::from_hours(2);

/// The longest request id that is accepted from a client, in characters.
const MAX_REQUEST_ID: usize = 128;

/// The state of all handlers.
#[derive(Clone)]
struct Shared {
    service: Arc<Service>,
    schema: Schema,
    documents: Arc<Documents>,
}

/// Returns the router of the API.
pub(crate) fn router(service: Arc<Service>, schema: Schema) -> Router {
    let config = service.config().clone();
    let stopping = service.clone();
    let documents = Arc::new(Documents::new(&config.graphql));
    let no_sniff = SetResponseHeaderLayer::if_not_present(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    let around = ServiceBuilder::new()
        .map_request(without_odd_request_id)
        .layer(SetRequestIdLayer::new(X_REQUEST_ID, MakeRequestUuid))
        .layer(SetSensitiveRequestHeadersLayer::new([AUTHORIZATION, COOKIE]))
        .layer(TraceLayer::new_for_http().make_span_with(span).on_response(DefaultOnResponse::new().level(Level::INFO)))
        .layer(PropagateRequestIdLayer::new(X_REQUEST_ID))
        .layer(CatchPanicLayer::new())
        .layer(no_sniff)
        .layer(cors(&config));
    let pages = Router::new()
        .route("/", get(pages::landing))
        .route("/graphql", get(endpoint::query).post(endpoint::execute).fallback(endpoint::other))
        .route("/push/{app}", get(push::check).post(push::receive))
        .route("/qr/open/{scene}", get(qr_page::open))
        .route("/qr/back", get(qr_page::back))
        .route("/qr/{page}", get(qr_login::ask).post(qr_login::decide))
        .route("/export", get(export::mine))
        .route("/export/{user}", get(export::of_user))
        .route("/pictures", post(pictures::upload))
        .route("/pictures/{id}", get(pictures::show))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/.well-known/jwks.json", get(health::jwks))
        .route("/.well-known/oauth-authorization-server", get(health::metadata))
        .merge(playground::routes(&config))
        .merge(docs::routes(&config))
        .merge(console::routes(&config))
        .layer(around)
        .with_state(Shared { service, schema, documents });
    // No middleware for the files; paths that match none of them fall through to the pages.
    let all = domain_files::routes(&config).merge(pages);
    all.layer(map_response(move |response| std::future::ready(closing(&stopping, response))))
}

/// While the process drains, a client or proxy must not keep a connection for its next request.
fn closing(service: &Service, mut response: Response) -> Response {
    if service.is_draining() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The id is logged and returned to the client: a malformed or repeated one is replaced.
fn without_odd_request_id<B>(mut request: Request<B>) -> Request<B> {
    let headers = request.headers_mut();
    let is_sound = |id: &HeaderValue| {
        let is_safe = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        (1..=MAX_REQUEST_ID).contains(&id.len()) && id.as_bytes().iter().all(is_safe)
    };
    let mut ids = headers.get_all(X_REQUEST_ID).iter();
    if !(ids.next().is_some_and(is_sound) && ids.next().is_none()) {
        headers.remove(X_REQUEST_ID);
    }
    request
}

/// Only the path: a query string may contain a code. The paths of logins by a QR code are secrets of their people.
fn span<B>(request: &Request<B>) -> Span {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok()).unwrap_or_default();
    info_span!("request", id, method = %request.method(), path = shown(request.uri().path()))
}

fn shown(path: &str) -> &str {
    if path.starts_with("/qr/") { "/qr/…" } else { path }
}

fn cors(config: &Config) -> CorsLayer {
    let origins: Vec<HeaderValue> =
        config.http.allowed_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    // With credentials, for the cookie: hence a list of origins and no wildcard.
    CorsLayer::new()
        .allow_origin(origins)
        .allow_credentials(true)
        .max_age(PREFLIGHT)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, ACCEPT_LANGUAGE, carriage::SESSION, endpoint::IDEMPOTENCY_KEY])
}

fn language(headers: &axum::http::HeaderMap) -> Language {
    Language::negotiate(headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()))
}
