//! Determines whether a client carries its secrets in cookies, and reads those it sent.

use axum::http::header::{COOKIE, HOST, HeaderName, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};
use url::Url;

use crate::config::Config;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{Carriage, Cookies, LOGIN_COOKIE, OPERATOR_COOKIE, REFRESH_COOKIE};

/// With the value `cookie`, refresh tokens and the binding of a login travel in cookies; with the value `operator`, the cookie of
/// an operator authenticates the request. Without it cookies are ignored, so that other pages cannot use them: a form, an image or
/// a link cannot send the header, and a script of another origin needs CORS.
pub(super) const SESSION: HeaderName = HeaderName::from_static("guiyi-session");

/// What the browser says about the page that sends a request (Fetch Metadata).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request is one of an operator.
pub(super) enum OfOperator {
    /// It does not say so: the cookie is ignored.
    No,
    /// It is, with the cookie if there is one.
    Yes(Option<String>),
}

/// Reads the headers of a request.
pub(super) fn read(headers: &HeaderMap, config: &Config) -> Result<Carriage, ApiError> {
    match headers.get(SESSION) {
        None => Ok(Carriage::Json),
        Some(wanted) if wanted == "operator" => Ok(Carriage::Json),
        Some(wanted) if wanted != "cookie" => Err(ApiError::detailed(
            ErrorCode::InvalidInput,
            "the header guiyi-session has two values: cookie, and operator",
        )),
        Some(_) if is_of_our_pages(headers, config) => Ok(Carriage::Cookie(Cookies {
            refresh: cookie(headers, REFRESH_COOKIE),
            login: cookie(headers, LOGIN_COOKIE),
        })),
        Some(_) => Err(ApiError::detailed(ErrorCode::Forbidden, "pages of this origin may not use cookies")),
    }
}

/// Returns whether the request is one of an operator, with the operator's cookie.
///
/// Only pages of the service's own origin may use that cookie: pages of `http.allowed_origins` are the company's, but not the
/// console.
pub(super) fn operator(headers: &HeaderMap, config: &Config) -> Result<OfOperator, ApiError> {
    if headers.get(SESSION).is_none_or(|wanted| wanted != "operator") {
        return Ok(OfOperator::No);
    }
    if is_of_own_page(headers, config) {
        return Ok(OfOperator::Yes(cookie(headers, OPERATOR_COOKIE)));
    }
    Err(ApiError::detailed(ErrorCode::Forbidden, "pages of this origin may not use the cookie of an operator"))
}

/// Returns whether the page has the service's own origin. Browsers send the page's origin, with every request that is not a plain
/// GET; other clients do not, and have only their own cookies.
pub(super) fn is_of_own_page(headers: &HeaderMap, config: &Config) -> bool {
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    sites.all(|site| site == "same-origin") && has_origin(headers, config, &[])
}

/// Returns whether the page has the service's origin or an allowed one.
pub(super) fn is_of_our_pages(headers: &HeaderMap, config: &Config) -> bool {
    has_origin(headers, config, &config.http.allowed_origins)
}

fn has_origin(headers: &HeaderMap, config: &Config, allowed: &[String]) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    let Some(text) = origin.to_str().ok().filter(|_| origins.next().is_none()) else { return false };
    let same_host = |url: &Url| {
        let authority = url.as_str().trim_end_matches('/').split_once("://").map(|(_, authority)| authority);
        authority.is_some() && authority == headers.get(HOST).and_then(|host| host.to_str().ok())
    };
    let ours = Url::parse(&config.public_url()).map(|url| url.origin().ascii_serialization());
    allowed.iter().any(|allowed| allowed == text)
        || ours.is_ok_and(|ours| ours == text)
        || Url::parse(text).is_ok_and(|url| same_host(&url))
}

/// Returns the request's cookie of that name. Two of them count as none, since one may have been planted.
pub(super) fn cookie(headers: &HeaderMap, wanted: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line: &HeaderValue| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned());
    found.next().filter(|_| found.next().is_none())
}
