//! WeCom in the browser: what a WeCom app may ask for inside WeCom, and its login page with a QR code.
//! The pages themselves, and the phone that scans, are those of WeChat: see `authorize` and `qrconnect`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::company::{App, AppKind, Scope};
use crate::state::World;

use super::asking::{Asking, PageError, response_type, state};
use super::html::language;
use super::{Params, Shared, qrconnect, returning};

const AGENT: PageError = PageError {
    number: "agentid",
    text: "无效的agentid参数",
    meaning: "agentid is missing, or is no app of this corp",
};
const SCOPE: PageError = PageError {
    number: "scope",
    text: "Scope 参数错误或没有 Scope 权限",
    meaning: "the scope of a WeCom app is snsapi_base or snsapi_privateinfo",
};
pub(super) const UNTRUSTED: PageError = PageError {
    number: "50001",
    text: "redirect_url未登记可信域名",
    meaning: "the host of redirect_uri is not a trusted domain of the app, or its scheme is missing",
};
const LOGIN_TYPE: PageError = PageError {
    number: "login_type",
    text: "该链接无法访问",
    meaning: "login_type must be `CorpApp`: the logins of service providers are not imitated",
};
const LOGIN_REDIRECT: PageError = PageError {
    number: "redirect_uri",
    text: "该链接无法访问",
    meaning: "redirect_uri is no absolute address on a trusted domain of the app",
};

/// `GET /wwlogin/sso/login`: the login page of today.
pub(crate) async fn page(State(world): Shared, headers: HeaderMap, params: Params) -> Response {
    let asking = match params.get("login_type") {
        Some("CorpApp") => of_a_login(&world, &params),
        Some(_) | None => Err(LOGIN_TYPE),
    };
    qrconnect::shown(&world, language(&headers, &params), &params, asking)
}

/// `GET /wwopen/sso/qrConnect`: the login page as it was before, and still is there.
pub(crate) async fn page_of_old(State(world): Shared, headers: HeaderMap, params: Params) -> Response {
    qrconnect::shown(&world, language(&headers, &params), &params, of_a_login(&world, &params))
}

/// Reads what a page inside WeCom asks for at `/connect/oauth2/authorize`.
pub(super) fn of_a_page(world: &World, params: &Params) -> Result<Asking, PageError> {
    let apps = apps(world, params)?;
    let redirect_uri = params.filled("redirect_uri").ok_or(PageError::NO_REDIRECT)?;
    let scope = Scope::from_name(params.filled("scope").ok_or(PageError::NO_SCOPE)?);
    let scope = scope.filter(|scope| AppKind::WeCom.scopes().contains(scope)).ok_or(SCOPE)?;
    if scope == Scope::PrivateInfo && params.filled("agentid").is_none() {
        return Err(AGENT);
    }
    response_type(params)?;
    let state = state(params)?;
    let trusting = apps.into_iter().find(|app| returning::allowed(app, redirect_uri));
    let app = trusting.ok_or(UNTRUSTED)?;
    Ok(Asking { app, redirect_uri: redirect_uri.to_owned(), scope, state })
}

/// Reads what a login page is asked for. It names its app, and has neither a scope nor a response type.
fn of_a_login(world: &World, params: &Params) -> Result<Asking, PageError> {
    let apps = apps(world, params)?;
    params.filled("agentid").ok_or(AGENT)?;
    let redirect_uri = params.filled("redirect_uri").ok_or(LOGIN_REDIRECT)?;
    let trusting = apps.into_iter().find(|app| returning::allowed(app, redirect_uri));
    let app = trusting.ok_or(LOGIN_REDIRECT)?;
    Ok(Asking { app, redirect_uri: redirect_uri.to_owned(), scope: Scope::Base, state: state(params)? })
}

/// The apps a request can mean: the one it names, or, without an agentid, all of the corp.
fn apps(world: &World, params: &Params) -> Result<Vec<Arc<App>>, PageError> {
    let corp_id = params.filled("appid").ok_or(PageError::UNKNOWN_APPID)?;
    let mut apps = world.company.apps_of_corp(corp_id);
    if apps.is_empty() {
        return Err(PageError::UNKNOWN_APPID);
    }
    if let Some(agent_id) = params.filled("agentid") {
        let agent_id = agent_id.parse().ok();
        apps.retain(|app| agent_id.is_some() && app.agent_id == agent_id);
    }
    if apps.is_empty() { Err(AGENT) } else { Ok(apps) }
}
