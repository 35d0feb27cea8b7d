//! Validation of login requests from a site's redirect, as WeChat does it. See `pages::page_error` for the errors.

use std::sync::Arc;

use crate::company::{AccountStanding, App, AppKind, Scope};
use crate::pages::PageError;
use crate::state::World;

use super::{Params, returning};

/// WeChat's limit for `state`, in bytes.
const STATE_LIMIT: usize = 128;

/// A valid login request.
pub(crate) struct Asking {
    pub(crate) app: Arc<App>,
    pub(crate) redirect_uri: String,
    pub(crate) scope: Scope,
    pub(crate) state: Option<String>,
}

/// Validates the request of an official account, or of a WeCom app, which shares the page.
pub(super) fn of_an_account(world: &World, params: &Params) -> Result<Asking, PageError> {
    let app_id = params.filled("appid").ok_or(PageError::NO_APPID)?;
    if app_id.starts_with("ww") {
        return of_a_wecom_page(world, params);
    }
    let app = world.company.app_by_id(app_id).ok_or(PageError::UNKNOWN_APPID)?;
    if app.kind != AppKind::OfficialAccount {
        return Err(PageError::NOT_AN_ACCOUNT);
    }
    match app.standing {
        AccountStanding::Banned => return Err(PageError::BANNED),
        AccountStanding::Uncertified => return Err(PageError::SCOPE),
        AccountStanding::Good | AccountStanding::Test => (),
    }
    if params.filled("component_appid").is_some() {
        return Err(PageError::NO_PLATFORM);
    }
    let redirect_uri = params.filled("redirect_uri").ok_or(PageError::NO_REDIRECT)?;
    let scope = params.filled("scope").ok_or(PageError::NO_SCOPE)?;
    let scope = app.kind.scope(scope).ok_or(PageError::SCOPE)?;
    if params.get("state") == Some("") {
        return Err(PageError::NO_STATE);
    }
    response_type(params)?;
    let state = state(params)?;
    if !returning::allowed(&app, redirect_uri) {
        return Err(PageError::DOMAIN);
    }
    if !params.begin_with(&["appid", "redirect_uri", "response_type", "scope", "state"]) {
        // The documents say that the order is checked; widely used products violate it and are accepted.
        tracing::warn!(app = app.name, "the parameters of authorize are not in the documented order");
        if app.strict {
            return Err(PageError::ORDER);
        }
    }
    Ok(Asking { app, redirect_uri: redirect_uri.to_owned(), scope, state })
}

/// Validates the request of a website.
pub(super) fn of_a_website(world: &World, params: &Params) -> Result<Asking, PageError> {
    let app_id = params.filled("appid").ok_or(PageError::UNKNOWN_APPID)?;
    let app = world.company.app_by_id(app_id).ok_or(PageError::UNKNOWN_APPID)?;
    let scope = params.filled("scope").filter(|_| app.kind == AppKind::Website);
    let scope = scope.and_then(|scope| app.kind.scope(scope)).ok_or(PageError::SITE_SCOPE)?;
    let redirect_uri = params.filled("redirect_uri").filter(|address| returning::allowed(&app, address));
    let redirect_uri = redirect_uri.ok_or(PageError::SITE_REDIRECT)?.to_owned();
    response_type(params)?;
    // The limit of 128 bytes is that of official accounts: no website is known to be refused a longer one.
    let state = params.get("state").map(str::to_owned);
    Ok(Asking { app, redirect_uri, scope, state })
}

/// Validates the request of a page inside WeCom at `/connect/oauth2/authorize`.
fn of_a_wecom_page(world: &World, params: &Params) -> Result<Asking, PageError> {
    let apps = apps_meant(world, params)?;
    let redirect_uri = params.filled("redirect_uri").ok_or(PageError::NO_REDIRECT)?;
    let scope = params.filled("scope").ok_or(PageError::NO_SCOPE)?;
    let scope = AppKind::WeCom.scope(scope).ok_or(PageError::WECOM_SCOPE)?;
    if scope == Scope::PrivateInfo && params.filled("agentid").is_none() {
        return Err(PageError::AGENT);
    }
    response_type(params)?;
    let state = state(params)?;
    let trusting = apps.into_iter().find(|app| returning::allowed(app, redirect_uri));
    let app = trusting.ok_or(PageError::UNTRUSTED)?;
    Ok(Asking { app, redirect_uri: redirect_uri.to_owned(), scope, state })
}

/// Validates the request of a WeCom login page. It names its app, and has neither a scope nor a response type.
pub(super) fn of_a_wecom_login(world: &World, params: &Params) -> Result<Asking, PageError> {
    let apps = apps_meant(world, params)?;
    params.filled("agentid").ok_or(PageError::AGENT)?;
    let redirect_uri = params.filled("redirect_uri").ok_or(PageError::LOGIN_REDIRECT)?;
    let trusting = apps.into_iter().find(|app| returning::allowed(app, redirect_uri));
    let app = trusting.ok_or(PageError::LOGIN_REDIRECT)?;
    Ok(Asking { app, redirect_uri: redirect_uri.to_owned(), scope: Scope::Base, state: state(params)? })
}

/// Returns the apps that a request can mean: the one that it names or, without an agentid, all of the corp.
fn apps_meant(world: &World, params: &Params) -> Result<Vec<Arc<App>>, PageError> {
    let corp_id = params.filled("appid").ok_or(PageError::UNKNOWN_APPID)?;
    let mut apps = world.company.apps_of_corp(corp_id);
    if apps.is_empty() {
        return Err(PageError::UNKNOWN_APPID);
    }
    if let Some(agent_id) = params.filled("agentid") {
        let agent_id = agent_id.parse().ok();
        apps.retain(|app| agent_id.is_some() && app.agent_id == agent_id);
    }
    if apps.is_empty() { Err(PageError::AGENT) } else { Ok(apps) }
}

/// Requires the only valid response type.
fn response_type(params: &Params) -> Result<(), PageError> {
    if params.get("response_type") == Some("code") { Ok(()) } else { Err(PageError::RESPONSE_TYPE) }
}

/// Returns the state, if it is valid.
fn state(params: &Params) -> Result<Option<String>, PageError> {
    let state = params.get("state").unwrap_or_default();
    if state.len() > STATE_LIMIT {
        return Err(PageError::LONG_STATE);
    }
    if !state.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        tracing::warn!("a state should be letters and digits only, as WeChat documents it");
    }
    Ok(params.get("state").map(str::to_owned))
}
