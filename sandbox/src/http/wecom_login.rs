//! WeCom in the browser: its login page with a QR code.
//! What a WeCom app may ask for is in `asking`; the page itself, and the phone that scans, are in `qrconnect`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::pages::PageError;

use super::asking::of_a_wecom_login;
use super::html::language;
use super::{Params, Shared, qrconnect};

/// `GET /wwlogin/sso/login`: the login page of today.
pub(crate) async fn page(State(world): Shared, headers: HeaderMap, params: Params) -> Response {
    let asking = match params.get("login_type") {
        Some("CorpApp") => of_a_wecom_login(&world, &params),
        Some(_) | None => Err(PageError::LOGIN_TYPE),
    };
    qrconnect::shown(&world, language(&headers, &params), &params, asking)
}

/// `GET /wwopen/sso/qrConnect`: the login page as it was before, and still is there.
pub(crate) async fn page_of_old(State(world): Shared, headers: HeaderMap, params: Params) -> Response {
    qrconnect::shown(&world, language(&headers, &params), &params, of_a_wecom_login(&world, &params))
}
