//! The address of a QR code for a login, which a phone opens inside WeChat, and the address that it returns to from its
//! authorization. See `qr_login` for the page that then asks the person.

use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use providers::LoginCode;
use serde::Deserialize;

use super::Shared;
use super::address::Asking;
use super::qr_login::{failed, over, shown};
use crate::config::Config;
use crate::error::{ApiError, ErrorCode, Language};
use crate::token::CodeVerifier;
use crate::usecase::qr_login::page::{self, Opened, Phone};

/// The cookie of a phone. With https its name has the prefix `__Host-`, so that no other host can set it.
const PHONE: &str = "guiyi-phone";
/// Its life in seconds: that of a state.
const LIFE: u32 = 600;

/// What WeChat appends to the address that a phone returns to.
#[derive(Deserialize)]
pub(super) struct Returned {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// Sends a phone to WeChat, to prove who holds it.
pub(super) async fn open(State(shared): State<Shared>, asking: Asking, Path(scene): Path<String>) -> Response {
    let (language, config) = (super::language(&asking.headers), shared.service.config());
    if !is_in_wechat(&asking.headers, config) {
        return outside(language);
    }
    let known = phone_of(&asking.headers, config).map(|phone| phone.verifier);
    let phone = Phone { verifier: known.unwrap_or_else(CodeVerifier::random), scene };
    let opened = page::open(&shared.service, &phone, asking.address).await;
    let cookie = cookie_of(&phone, config);
    answer((language, config), opened, Some(cookie))
}

/// Receives a phone that WeChat sends back.
pub(super) async fn back(
    State(shared): State<Shared>,
    asking: Asking,
    returned: Result<Query<Returned>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let (language, config) = (super::language(&asking.headers), shared.service.config());
    let Ok(Query(Returned { code, state })) = returned else { return over(language) };
    // Without the cookie it is another browser than the one that opened the code.
    let Some(phone) = phone_of(&asking.headers, config) else { return over(language) };
    let Ok(code) = LoginCode::parse(&code) else { return over(language) };
    let opened = page::returned(&shared.service, phone, (code, state), asking.address).await;
    answer((language, config), opened, None)
}

fn answer(
    (language, config): (Language, &Config),
    opened: Result<Opened, ApiError>,
    cookie: Option<String>,
) -> Response {
    match opened {
        Ok(Opened::Authorize(address)) => go(&address, cookie),
        Ok(Opened::Asked(token)) => go(&format!("{}/qr/{token}", config.public_url()), None),
        Ok(Opened::Taken) => taken(language),
        Ok(Opened::Over) => over(language),
        Err(error) => match error.code() {
            ErrorCode::InvalidState | ErrorCode::InvalidCode | ErrorCode::CodeUsed => over(language),
            ErrorCode::RateLimited => busy(language),
            _ => failed(language, &error),
        },
    }
}

/// 303, so that the address with the code is not kept in the history.
fn go(address: &str, cookie: Option<String>) -> Response {
    let headers = [(LOCATION, address), (CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")];
    let mut response = (StatusCode::SEE_OTHER, headers).into_response();
    if let Some(cookie) = cookie.and_then(|cookie| cookie.parse().ok()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

fn outside(language: Language) -> Response {
    shown(language, StatusCode::FORBIDDEN, |say| {
        format!(
            "<h1>{}</h1><p>{}</p>",
            say("Open this in WeChat", "请在微信中打开"),
            say(
                "Scan the QR code with the scanner of WeChat. It cannot be used in other apps.",
                "请使用微信“扫一扫”扫描二维码，其他应用无法使用。"
            )
        )
    })
}

fn taken(language: Language) -> Response {
    shown(language, StatusCode::CONFLICT, |say| {
        format!(
            "<h1>{}</h1><p>{}</p>",
            say("This code is already in use", "二维码已被使用"),
            say(
                "Another phone has scanned it before. Reload the page on the computer and scan the new code.",
                "已有其他手机扫描过。请在电脑上刷新页面，重新扫描二维码。"
            )
        )
    })
}

fn busy(language: Language) -> Response {
    shown(language, StatusCode::TOO_MANY_REQUESTS, |say| {
        let (title, text) = (
            say("Too many attempts", "尝试次数过多"),
            say("Wait a minute, then scan the code again.", "请一分钟后重新扫描二维码。"),
        );
        format!("<h1>{title}</h1><p>{text}</p>")
    })
}

/// Returns whether the page is open inside WeChat. With the sandbox, any browser is the phone.
fn is_in_wechat(headers: &HeaderMap, config: &Config) -> bool {
    let agent = headers.get(USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()));
    config.sandbox.enabled || agent.is_some_and(|agent| agent.contains("MicroMessenger"))
}

fn is_https(config: &Config) -> bool {
    config.public_url().starts_with("https:")
}

fn name(config: &Config) -> String {
    if is_https(config) { format!("__Host-{PHONE}") } else { PHONE.to_owned() }
}

/// `Lax`, because the phone returns from WeChat's site.
fn cookie_of(phone: &Phone, config: &Config) -> String {
    let (name, verifier, scene) = (name(config), phone.verifier.expose(), &phone.scene);
    let secure = if is_https(config) { "; Secure" } else { "" };
    format!("{name}={verifier}.{scene}; Max-Age={LIFE}; Path=/{secure}; HttpOnly; SameSite=Lax")
}

/// Returns what the phone's cookie holds. Two cookies of the name count as none.
fn phone_of(headers: &HeaderMap, config: &Config) -> Option<Phone> {
    let name = name(config);
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(known, _)| *known == name).map(|(_, value)| value);
    let (verifier, scene) = found.next().filter(|_| found.next().is_none())?.split_once('.')?;
    Some(Phone { verifier: CodeVerifier::parse(verifier).ok()?, scene: scene.to_owned() })
}
