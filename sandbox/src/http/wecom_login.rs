//! WeCom's login pages with a QR code. See `qrconnect` for the page itself and the phone's page.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::pages::PageError;

use super::asking::of_a_wecom_login;
use super::html::language;
use super::{Params, Shared, qrconnect};

/// `GET /wwlogin/sso/login`: the current login page.
pub(crate) async fn page(State(world): Shared, headers: HeaderMap, params: Params) -> Response {
    let asking = match params.get("login_type") {
        Some("CorpApp") => of_a_wecom_login(&world, &params),
        Some(_) | None => Err(PageError::LOGIN_TYPE),
    };
    qrconnect::shown(&world, language(&headers, &params), &params, asking)
}

/// `GET /wwopen/sso/qrConnect`: the former login page, which still exists.
pub(crate) async fn page_of_old(State(world): Shared, headers: HeaderMap, params: Params) -> Response {
    qrconnect::shown(&world, language(&headers, &params), &params, of_a_wecom_login(&world, &params))
}
