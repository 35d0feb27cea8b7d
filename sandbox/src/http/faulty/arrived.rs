//! A buffered request, inspected for its app and person before it is executed.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::http::request::Parts;
use axum::http::uri::{PathAndQuery, Uri};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::company::{App, AppIndex, PersonIndex};
use crate::net::Peer;
use crate::state::World;
use crate::state::codes::Issued;
use crate::state::faults::Call;
use crate::state::qr::{QrPage, Uuid};
use crate::state::web_tokens::Login;

use super::super::Params;
use super::super::authorize::remembered;

/// A request with its whole body.
pub(super) struct Arrived {
    pub(super) call: Call,
    /// The QR page that it refers to.
    pub(super) page: Option<QrPage>,
    /// The global token in it, and that token's app.
    pub(super) global_token: Option<(AppIndex, String)>,
    parts: Parts,
    body: Bytes,
}

impl Arrived {
    /// Reads a request; an oversized one is answered as without a fault.
    pub(super) async fn read(world: &World, request: Request) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let body = Bytes::from_request(whole, &()).await.map_err(IntoResponse::into_response)?;
        let params = Params::from_request(Request::from_parts(parts.clone(), Body::from(body.clone())), &()).await?;
        let hints = Hints::of(world, &params);
        let call = Call {
            path: parts.uri.path().to_owned(),
            app_id: app_id(&params, &body).or_else(|| hints.app(world).map(|app| app.id.clone())),
            person: hints.person(world, &params).or_else(|| Some(remembered(world, &parts.headers)?.index)),
        };
        Ok(Self { call, page: hints.page, global_token: hints.global_token, parts, body })
    }

    /// Returns the caller.
    pub(super) fn peer(&self) -> Peer {
        Peer::of(&self.parts.extensions)
    }

    /// Returns the original request.
    pub(super) fn request(&self) -> Request {
        Request::from_parts(self.parts.clone(), Body::from(self.body.clone()))
    }

    /// Returns the request with `forceSnapShot=true` added.
    pub(super) fn request_for_a_snapshot(&self) -> Request {
        let with_snapshot = |encoded: &str| Params::parse(encoded).query_with("forceSnapShot", "true");
        let (mut parts, body) = (self.parts.clone(), self.body.clone());
        if let Some(query) = parts.uri.query() {
            // A query that exceeds the length of an address after encoding stays unchanged.
            parts.uri = with_query(&parts.uri, &with_snapshot(query)).unwrap_or(parts.uri);
            return Request::from_parts(parts, Body::from(body));
        }
        parts.headers.remove(header::CONTENT_LENGTH);
        Request::from_parts(parts, Body::from(with_snapshot(&String::from_utf8_lossy(&body))))
    }
}

/// The values in a request that identify an app or a person.
struct Hints {
    login: Option<Login>,
    global_token: Option<(AppIndex, String)>,
    issued: Option<Issued>,
    page: Option<QrPage>,
}

impl Hints {
    fn of(world: &World, params: &Params) -> Self {
        let now = world.clock.now();
        let token = params.filled("access_token");
        let code = params.filled("code").or(params.filled("js_code"));
        let uuid = params.get("uuid").and_then(Uuid::parse);
        let renewed = params.filled("refresh_token").and_then(|token| {
            let app = world.company.app_by_id(params.filled("appid")?)?;
            world.web_tokens.refreshable(token, app.refresh_days, now).ok()
        });
        Self {
            login: token.and_then(|token| world.web_tokens.access(token, now).ok()).or(renewed),
            global_token: token.and_then(|token| {
                let at_wechat = world.global_tokens.owner(token, now);
                let app = at_wechat.or_else(|_| world.wecom.owner(token, now)).ok()?;
                Some((app, token.to_owned()))
            }),
            issued: code.and_then(|code| world.look_at_code(code)),
            page: uuid.and_then(|uuid| world.qr_pages.page(uuid, now)),
        }
    }

    fn app(&self, world: &World) -> Option<Arc<App>> {
        let login = self.login.as_ref().map(|login| login.app);
        let issued = self.issued.as_ref().map(|issued| issued.app);
        let index = login
            .or(self.global_token.as_ref().map(|(app, _)| *app))
            .or(issued)
            .or(self.page.as_ref().map(|page| page.app))?;
        world.company.app_at(index)
    }

    /// Returns the person of the token or code, the one chosen on a page, or the one with the openId.
    fn person(&self, world: &World, params: &Params) -> Option<PersonIndex> {
        let brought = self.login.as_ref().map(|login| login.person);
        let brought = brought.or(self.issued.as_ref().map(|issued| issued.person));
        let chosen = || world.company.person(params.filled("person")?);
        let asked_about = || world.company.person_by_open_id(&*self.app(world)?, params.filled("openid")?);
        brought.or_else(|| chosen().or_else(asked_about).map(|person| person.index))
    }
}

/// Returns the appid in a parameter or in a JSON body.
fn app_id(params: &Params, body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        appid: String,
    }
    let parameter = params.filled("appid").or(params.filled("corpid")).map(str::to_owned);
    parameter.or_else(|| serde_json::from_slice(body).ok().map(|Named { appid }| appid))
}

fn with_query(uri: &Uri, query: &str) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{}?{query}", uri.path())).ok()?);
    Uri::from_parts(parts).ok()
}
