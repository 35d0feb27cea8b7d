//! The addresses of an operator's login: where it begins, and where the provider returns the browser.

use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Deserialize;

use super::super::address::Asking;
use super::super::{Shared, carriage, language};
use super::page;
use crate::config::Config;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::OPERATOR_COOKIE;
use crate::token::CodeVerifier;
use crate::usecase::operator::{self, Cookie, Ended};

/// The cookie of a login that has begun. The provider returns the browser from another site: hence `Lax`, unlike the session's.
const LOGIN_COOKIE: &str = "__Host-guiyi-operator-login";
const LOGIN_ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Lax";
/// The lifetime of that cookie in seconds: that of a state.
const LOGIN_SECONDS: u32 = 600;
/// The attributes of the session's cookie: only the console's own requests need it.
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";
/// Where an operator who has signed in comes to.
const CONSOLE: &str = "/console/";

#[derive(Deserialize)]
pub(super) struct Beginning {
    app: Option<String>,
}

/// What a provider returns (RFC 6749 sections 4.1.2 and 4.1.2.1).
#[derive(Deserialize)]
pub(super) struct Returned {
    code: Option<String>,
    state: Option<String>,
}

/// Sends the browser to the provider of an app, or shows the ways in.
pub(super) async fn begin(
    State(shared): State<Shared>,
    Query(beginning): Query<Beginning>,
    asking: Asking,
) -> Response {
    let config = shared.service.config();
    let Some(app) = beginning.app.or_else(|| only_app(config)) else {
        return page::ways(&shared.service, language(&asking.headers));
    };
    let verifier = verifier(&asking.headers);
    let begun = async {
        let app = app.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
        operator::begin(&shared.service, &app, verifier, asking.address).await
    };
    match begun.await {
        Ok(begun) => {
            let value = begun.verifier.expose();
            let cookie = format!("{LOGIN_COOKIE}={value}; Max-Age={LOGIN_SECONDS}; {LOGIN_ATTRIBUTES}");
            redirect(&begun.authorize_url, &[cookie])
        }
        Err(error) => page::refused(&error, language(&asking.headers)),
    }
}

/// The app, if there is only one way in.
fn only_app(config: &Config) -> Option<String> {
    match config.console.apps.as_slice() {
        [app] if !config.has_demo_operators() => Some(app.clone()),
        _ => None,
    }
}

/// Completes a login. It runs in its own task: a client that disconnects does not interrupt it.
pub(super) async fn complete(
    State(shared): State<Shared>,
    Query(returned): Query<Returned>,
    asking: Asking,
) -> Response {
    let verifier = verifier(&asking.headers);
    let (service, address) = (shared.service.clone(), asking.address);
    let ended = shared.service.detached(async move {
        let Some(state) = returned.state else { return Err(ApiError::refused(ErrorCode::InvalidState)) };
        operator::complete(&service, (returned.code.as_deref(), &state), verifier, address).await
    });
    let language = language(&asking.headers);
    match ended.await {
        Ok(Ended::SignedIn(cookie)) => signed_in(&cookie),
        Ok(Ended::Stranger(stranger)) => page::stranger(&stranger, language),
        Err(error) => page::refused(&error, language),
    }
}

#[cfg(feature = "sandbox")]
#[derive(Deserialize)]
pub(super) struct Chosen {
    operator: String,
}

/// Signs an operator of the demo company in.
#[cfg(feature = "sandbox")]
pub(super) async fn demo(
    State(shared): State<Shared>,
    asking: Asking,
    chosen: Result<axum::Form<Chosen>, axum::extract::rejection::FormRejection>,
) -> Response {
    let signed_in = async {
        if !carriage::is_of_own_page(&asking.headers, shared.service.config()) {
            return Err(ApiError::refused(ErrorCode::Forbidden));
        }
        let axum::Form(chosen) = chosen.map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
        operator::sign_in_demo(&shared.service, &chosen.operator).await
    };
    match signed_in.await {
        Ok(cookie) => self::signed_in(&cookie),
        Err(error) => page::refused(&error, language(&asking.headers)),
    }
}

/// The verifier of this browser.
fn verifier(headers: &HeaderMap) -> Option<CodeVerifier> {
    carriage::cookie(headers, LOGIN_COOKIE).and_then(|text| CodeVerifier::parse(&text).ok())
}

fn signed_in(cookie: &Cookie) -> Response {
    let session = format!("{OPERATOR_COOKIE}={}; Max-Age={}; {ATTRIBUTES}", cookie.text, cookie.life.num_seconds());
    let login = format!("{LOGIN_COOKIE}=; Max-Age=0; {LOGIN_ATTRIBUTES}");
    redirect(CONSOLE, &[session, login])
}

fn redirect(to: &str, cookies: &[String]) -> Response {
    let cookies = cookies.iter().map(|cookie| (SET_COOKIE, cookie.clone()));
    let headers = [(LOCATION, to), (CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")];
    (StatusCode::SEE_OTHER, headers, AppendHeaders(cookies.collect::<Vec<_>>())).into_response()
}
