//! `/pictures`: takes a picture of a signed-in person, and serves pictures to everyone who has their address.
//!
//! A picture comes as the body itself, or as the file of a form, which is all that `wx.uploadFile` can send.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::address::Asking;
use super::body::Reading;
use super::incoming::RefusedRequest;
use super::outgoing::{self, Media};
use super::{Shared, endpoint, language};
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{failure, present};
use crate::usecase::{self, Caller};

/// How much longer than its file a form may be, in bytes.
const FORM: usize = 8 * 1024;

/// A picture never changes, so that caches keep it as long as they can.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// One that is not there may come to be there: the address is answered before its upload has ended.
const BRIEFLY: HeaderValue = HeaderValue::from_static("public, max-age=60");
/// A browser that opens the address runs, loads and embeds nothing.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
/// Pages of other origins show pictures.
const CROSS_ORIGIN: (HeaderName, HeaderValue) =
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));

/// Takes a picture, and answers its address.
pub(super) async fn upload(State(shared): State<Shared>, asking: Asking, body: Body) -> Response {
    match taken(&shared, &asking, body).await {
        Ok(address) => created(&address),
        Err(RefusedRequest { response, status }) => {
            let code = response.errors.first().and_then(|error| error.source::<ApiError>()).map(ApiError::code);
            let status = status.or_else(|| code.map(status_of));
            let answer = present(*response, language(&asking.headers), &shared.service.errors);
            let mut answer = outgoing::write(answer, Media::Json, status);
            if status == Some(StatusCode::UNAUTHORIZED) {
                answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            answer
        }
    }
}

fn created(address: &str) -> Response {
    let mut answer = (StatusCode::CREATED, Json(json!({ "data": { "avatarUrl": address } }))).into_response();
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(location) = HeaderValue::try_from(address) {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
}

/// The caller is identified, and admitted, before the file is read.
async fn taken(shared: &Shared, asking: &Asking, body: Body) -> Result<String, RefusedRequest> {
    let caller = endpoint::identify(shared, asking, false).await?;
    usecase::picture::admit(&shared.service, caller.person()?)?;
    let limit = shared.service.config().pictures.limit_kib as usize * 1024;
    let boundary = boundary(&asking.headers)?;
    let mut reading = Reading::of(body);
    if !reading.ends_within(if boundary.is_some() { limit + FORM } else { limit }).await? {
        return Err(too_large(limit));
    }
    let file = match boundary {
        Some(boundary) => file_of_form(reading.into_bytes(), boundary).await?,
        None => reading.into_bytes(),
    };
    if file.len() > limit {
        return Err(too_large(limit));
    }
    run(shared, caller, file).await
}

/// An upload runs to completion in its own task: a disconnect does not leave a picture half stored.
async fn run(shared: &Shared, caller: Caller, file: Vec<u8>) -> Result<String, RefusedRequest> {
    let service = shared.service.clone();
    let work = shared.service.detached(async move {
        let caller = caller.person()?;
        usecase::picture::upload(&service, caller, file).await
    });
    let done = tokio::time::timeout(endpoint::time_limit(shared), work).await;
    Ok(done.unwrap_or_else(|_| Err(ApiError::refused(ErrorCode::Timeout)))?)
}

/// Returns the boundary of a form; `None` if the body is the file itself, whatever its media type is: the content decides.
fn boundary(headers: &HeaderMap) -> Result<Option<String>, RefusedRequest> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/") {
        return Ok(None);
    }
    multer::parse_boundary(kind).map(Some).map_err(|_| bad_form())
}

/// Returns the one file of a form; what else is in it is not read.
async fn file_of_form(body: Vec<u8>, boundary: String) -> Result<Vec<u8>, RefusedRequest> {
    let mut form = multer::Multipart::new(Body::from(body).into_data_stream(), boundary);
    while let Some(field) = form.next_field().await.map_err(|_| bad_form())? {
        if field.file_name().is_some() {
            return Ok(field.bytes().await.map_err(|_| bad_form())?.to_vec());
        }
    }
    Err(bad_form())
}

fn bad_form() -> RefusedRequest {
    let error = ApiError::detailed(ErrorCode::InvalidInput, "the form cannot be read, or has no file");
    RefusedRequest::http(StatusCode::BAD_REQUEST, error)
}

fn too_large(limit: usize) -> RefusedRequest {
    RefusedRequest::too_large(format!("a picture must have at most {limit} bytes"))
}

/// The status of a refusal, for clients that read no code.
fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden | ErrorCode::AccountClosed | ErrorCode::BoundLoginRequired => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// Serves a picture.
pub(super) async fn show(State(shared): State<Shared>, asking: Asking, Path(id): Path<String>) -> Response {
    let found = tokio::time::timeout(endpoint::time_limit(&shared), usecase::picture::find(&shared.service, &id)).await;
    let found = found.unwrap_or_else(|_| Err(ApiError::refused(ErrorCode::Timeout)));
    let (status, kind, caching, content) = match found {
        Ok(found) => match found.and_then(|content| Some((kind_of(&content)?, content))) {
            Some((kind, content)) => (StatusCode::OK, kind, FOR_EVER, content),
            None => (StatusCode::NOT_FOUND, "text/plain", BRIEFLY, b"there is no such picture\n".to_vec()),
        },
        Err(error) => {
            let status = status_of(error.code());
            let answer = present(failure(error), language(&asking.headers), &shared.service.errors);
            return outgoing::write(answer, Media::Json, Some(status));
        }
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, caching),
        (CONTENT_SECURITY_POLICY, NOTHING),
        (CONTENT_DISPOSITION, HeaderValue::from_static("inline")),
        CROSS_ORIGIN,
    ];
    (status, headers, content).into_response()
}

/// Returns the media type of what this service has drawn. A store that was changed from outside serves nothing else.
fn kind_of(content: &[u8]) -> Option<&'static str> {
    match content {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        _ => None,
    }
}
