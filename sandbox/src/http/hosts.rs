//! Routing by host: all of WeChat's hosts share one port, and each has its own paths.

use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Shared;
use crate::paths::wecom;

use super::errcode::Errcode;
use super::manner::Manner;

/// Passes a request on if its path exists at the host that it names: as the first segment of the path, which is removed,
/// or in the header `Host`. A request that names no host of WeChat may use any path.
///
/// This must wrap the whole router instead of being a layer in it, because a router matches the path before its layers
/// run.
pub(super) async fn route(State(world): Shared, mut request: Request, next: Next) -> Response {
    let host = match prefixed(request.uri()) {
        Some((host, uri)) => {
            *request.uri_mut() = uri;
            Some(host)
        }
        None => named(request.headers()),
    };
    let path = request.uri().path();
    match host {
        Some(host) if !host.has(path) => match host {
            // As observed by a developer: no body, and none of WeCom's numbers.
            Host::WorkApi => StatusCode::NOT_FOUND.into_response(),
            Host::Api => Manner::of_wechat(path).failure(Errcode::INVALID_URL, world.clock.now()),
            Host::Open | Host::Poll | Host::Static | Host::WorkLogin | Host::WorkOpen => nothing_here(),
        },
        Some(_) | None => next.run(request).await,
    }
}

/// Returns a path without the leading host.
pub(super) fn path_at_any_host(path: &str) -> &str {
    let named = path.strip_prefix('/').and_then(|rest| rest.split_once('/'));
    named.filter(|(host, _)| is_wechats(host)).map_or(path, |(host, _)| &path[1 + host.len()..])
}

/// Returns whether a name is one of WeChat's hosts.
pub(super) fn is_wechats(name: &str) -> bool {
    Host::from_name(name).is_some()
}

/// The hosts of WeChat and WeCom that are involved in a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host {
    /// Pages for browsers.
    Open,
    /// The poll of the page with the QR code.
    Poll,
    /// Scripts.
    Static,
    /// Server calls.
    Api,
    /// Server calls of WeCom.
    WorkApi,
    /// WeCom's login page.
    WorkLogin,
    /// WeCom's older login page.
    WorkOpen,
}

impl Host {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "open.weixin.qq.com" => Self::Open,
            "lp.open.weixin.qq.com" | "long.open.weixin.qq.com" => Self::Poll,
            "res.wx.qq.com" => Self::Static,
            "api.weixin.qq.com" => Self::Api,
            "qyapi.weixin.qq.com" => Self::WorkApi,
            "login.work.weixin.qq.com" => Self::WorkLogin,
            "open.work.weixin.qq.com" => Self::WorkOpen,
            _ => return None,
        })
    }

    /// Returns whether this host has the path. The control API exists at every host.
    fn has(self, path: &str) -> bool {
        let below = |parent: &str| path.strip_prefix(parent).is_some_and(|rest| rest.starts_with('/'));
        if path == "/_sandbox" || below("/_sandbox") {
            return true;
        }
        match self {
            // WeChat's page polls lp.open.weixin.qq.com. The sandbox's page polls its own host, which may be the only one
            // that resolves to the sandbox, so both have the poll.
            Self::Open => below("/connect"),
            Self::Poll => path == "/connect/l/qrconnect",
            Self::Static => path == "/connect/zh_CN/htmledition/js/wxLogin.js",
            Self::Api => below("/sns") || below("/wxa") || (below("/cgi-bin") && !wecom::ALL.contains(&path)),
            Self::WorkApi => wecom::ALL.contains(&path),
            Self::WorkLogin => below("/wwlogin") || belongs_to_a_qr_code(path),
            Self::WorkOpen => below("/wwopen") || belongs_to_a_qr_code(path),
        }
    }
}

/// Returns whether the path belongs to a QR page. WeCom has its own paths for these; here both use WeChat's.
fn belongs_to_a_qr_code(path: &str) -> bool {
    path.starts_with("/connect/qrcode/") || matches!(path, "/connect/l/qrconnect" | "/connect/confirm")
}

/// Returns the host at the start of the path, and the address without it.
fn prefixed(uri: &Uri) -> Option<(Host, Uri)> {
    let name = uri.path().strip_prefix('/')?.split('/').next()?;
    let host = Host::from_name(name)?;
    let rest = uri.path_and_query()?.as_str().get(1 + name.len()..)?;
    let rest: PathAndQuery = if rest.starts_with('/') { rest.parse() } else { format!("/{rest}").parse() }.ok()?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rest);
    Some((host, Uri::from_parts(parts).ok()?))
}

/// Returns the host in the header, regardless of its port.
fn named(headers: &HeaderMap) -> Option<Host> {
    let value = headers.get(header::HOST)?.to_str().ok()?;
    Host::from_name(value.split(':').next()?)
}

fn nothing_here() -> Response {
    let text = "this host of WeChat has no such path; see /_sandbox/\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::Host;

    const HOSTS: [&str; 8] = [
        "open.weixin.qq.com",
        "lp.open.weixin.qq.com",
        "long.open.weixin.qq.com",
        "res.wx.qq.com",
        "api.weixin.qq.com",
        "qyapi.weixin.qq.com",
        "login.work.weixin.qq.com",
        "open.work.weixin.qq.com",
    ];

    #[test]
    fn every_path_lives_at_its_own_hosts() {
        let open = vec!["open.weixin.qq.com"];
        let api = vec!["api.weixin.qq.com"];
        let work_api = vec!["qyapi.weixin.qq.com"];
        let pages = vec!["open.weixin.qq.com", "login.work.weixin.qq.com", "open.work.weixin.qq.com"];
        let cases = [
            ("/connect/oauth2/authorize", open.clone()),
            ("/connect/qrconnect", open.clone()),
            ("/connect/l/qrconnect", [&HOSTS[..3], &HOSTS[6..]].concat()),
            ("/connect/qrcode/x", pages.clone()),
            ("/connect/confirm", pages),
            ("/connect/zh_CN/htmledition/js/wxLogin.js", vec!["open.weixin.qq.com", "res.wx.qq.com"]),
            ("/sns/userinfo", api.clone()),
            ("/wxa/checksession", api.clone()),
            ("/cgi-bin/token", api.clone()),
            ("/cgi-bin/ticket/getticket", api),
            ("/cgi-bin/gettoken", work_api.clone()),
            ("/cgi-bin/auth/getuserinfo", work_api.clone()),
            ("/cgi-bin/auth/getuserdetail", work_api.clone()),
            ("/cgi-bin/user/getuserinfo", work_api.clone()),
            ("/cgi-bin/get_jsapi_ticket", work_api.clone()),
            ("/cgi-bin/ticket/get", work_api.clone()),
            ("/cgi-bin/miniprogram/jscode2session", work_api),
            ("/wwlogin/sso/login", vec!["login.work.weixin.qq.com"]),
            ("/wwopen/sso/qrConnect", vec!["open.work.weixin.qq.com"]),
            ("/_sandbox", HOSTS.to_vec()),
            ("/_sandbox/codes", HOSTS.to_vec()),
            ("/_sandboxes", vec![]),
            ("/connected", vec![]),
            ("/", vec![]),
        ];

        for (path, hosts) in cases {
            let found: Vec<_> =
                HOSTS.into_iter().filter(|name| Host::from_name(name).expect("a host").has(path)).collect();

            assert_eq!(found, hosts, "{path}");
        }
    }
}
