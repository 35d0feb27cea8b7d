//! Access to the control API: the host names under which it answers, and the origins that it accepts. WeChat's own paths
//! have no such check, as in WeChat.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::{Host, Url};

use super::origin::Origin;
use super::{Shared, hosts};

/// Refuses requests to a name that anyone could own and from other origins; answers preflights, and adds CORS headers
/// for accepted origins.
pub(super) async fn admit(State(world): Shared, Origin(own): Origin, request: Request, next: Next) -> Response {
    if !is_our_own(&own, &world.company.hosts) {
        let why = "this name could belong to anyone: add it to `hosts` of the seed to use the control API under it\n";
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else { return next.run(request).await };
    if !is_welcome(&origin, &own) {
        return (StatusCode::FORBIDDEN, "the control API accepts only pages on loopback\n").into_response();
    }
    let preflight = request.method() == Method::OPTIONS;
    let response = if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    marked(response, origin)
}

fn is_welcome(origin: &HeaderValue, own: &str) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    let loopback = Url::parse(origin).is_ok_and(|url| {
        let of_the_web = matches!(url.scheme(), "http" | "https") && url.path() == "/";
        of_the_web && matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
    });
    loopback || origin == own
}

/// The owner of a name can point it at this machine after their page was loaded, and the page is then on the sandbox's own
/// origin (DNS rebinding). Not possible for an address, a name without a dot, a name that only local networks have, a
/// name of WeChat, or a name that the seed lists.
fn is_our_own(own: &str, named: &[String]) -> bool {
    const LOCAL: [&str; 6] = [".localhost", ".local", ".internal", ".lan", ".test", ".home.arpa"];
    Url::parse(own).is_ok_and(|url| match url.host() {
        Some(Host::Domain(name)) => {
            let local = !name.contains('.') || LOCAL.iter().any(|end| name.ends_with(end));
            local || hosts::is_wechats(name) || named.iter().any(|known| known == name)
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    })
}

fn marked(mut response: Response, origin: HeaderValue) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PATCH, DELETE, OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}
