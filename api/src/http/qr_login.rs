//! The page on the phone that asks whether a login by a QR code goes on. Its address is sent only to the person who scanned
//! the code.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use store::login::QrStatus;
use tracing::error;

use super::Shared;
use crate::error::{ApiError, Language};
use crate::usecase::qr_login::{self, Asked};

/// The answer on the page.
#[derive(Deserialize)]
pub(super) struct Decision {
    decision: String,
}

/// Chooses the text of the reader's language.
pub(super) type Say<'a> = &'a dyn Fn(&'static str, &'static str) -> &'static str;

/// Shows who asks, and two buttons.
pub(super) async fn ask(State(shared): State<Shared>, Path(page): Path<String>, headers: HeaderMap) -> Response {
    let language = super::language(&headers);
    match qr_login::asked(&shared.service, &page).await {
        Ok(Some(asked)) => shown(language, StatusCode::OK, |say| asking(&asked, say)),
        Ok(None) => over(language),
        Err(failure) => failed(language, &failure),
    }
}

/// Records the answer.
pub(super) async fn decide(
    State(shared): State<Shared>,
    Path(page): Path<String>,
    headers: HeaderMap,
    decision: Result<Form<Decision>, FormRejection>,
) -> Response {
    let language = super::language(&headers);
    let confirms = match decision.as_ref().map(|Form(decision)| decision.decision.as_str()) {
        Ok("confirm") => true,
        Ok("refuse") => false,
        Ok(_) | Err(_) => return over(language),
    };
    match qr_login::decide(&shared.service, &page, confirms).await {
        Ok(true) => shown(language, StatusCode::OK, |say| done(confirms, say)),
        Ok(false) => over(language),
        Err(failure) => failed(language, &failure),
    }
}

fn asking(asked: &Asked, say: Say<'_>) -> String {
    match asked.status {
        QrStatus::Confirmed => return done(true, say),
        QrStatus::Refused => return done(false, say),
        QrStatus::Waiting | QrStatus::Scanned => {}
    }
    let row = |name: &str, value: &str| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escaped(value));
    let unknown = say("unknown", "未知");
    let [device, block] = [&asked.device, &asked.address_block].map(|known| known.as_deref().unwrap_or(unknown));
    format!(
        "<h1>{title}</h1><dl>{app}{number}{device}{block}</dl><p>{warning}</p><form method=\"post\">\
         <button name=\"decision\" value=\"confirm\">{confirm}</button>\
         <button name=\"decision\" value=\"refuse\" class=\"plain\">{refuse}</button></form>",
        title = say("Sign in on a computer?", "确认在电脑上登录？"),
        app = row(say("Account for", "登录到"), &asked.app),
        number = row(say("Number beside the QR code", "二维码旁的数字"), &asked.check_number),
        device = row(say("Browser", "浏览器"), device),
        block = row(say("Network", "网络"), block),
        warning = say(
            "Confirm only if you see this number on your own screen. If another person sent you this QR code, they would be signed in as you.",
            "请仅在自己的屏幕上看到同一个数字时确认；如果二维码是别人发来的，确认后对方将以您的身份登录。"
        ),
        confirm = say("Confirm", "确认登录"),
        refuse = say("This is not me", "不是我"),
    )
}

fn done(confirmed: bool, say: Say<'_>) -> String {
    let (title, text) = if confirmed {
        (
            say("Signed in", "已确认"),
            say("The browser goes on by itself. You can close this page.", "浏览器将自动完成登录，可以关闭此页。"),
        )
    } else {
        (
            say("Refused", "已拒绝"),
            say("No one was signed in. You can close this page.", "没有任何人登录，可以关闭此页。"),
        )
    };
    format!("<h1>{title}</h1><p>{text}</p>")
}

pub(super) fn over(language: Language) -> Response {
    shown(language, StatusCode::NOT_FOUND, |say| {
        format!(
            "<h1>{}</h1><p>{}</p>",
            say("This code is no longer valid", "二维码已失效"),
            say("Reload the page on the computer and scan the new code.", "请在电脑上刷新页面，重新扫描二维码。")
        )
    })
}

pub(super) fn failed(language: Language, failure: &ApiError) -> Response {
    error!("the page of a QR login failed: {failure}");
    shown(language, StatusCode::SERVICE_UNAVAILABLE, |say| {
        let (title, text) = (say("Please try again", "请重试"), say("The service is busy.", "服务繁忙。"));
        format!("<h1>{title}</h1><p>{text}</p>")
    })
}

pub(super) fn shown(language: Language, status: StatusCode, content: impl FnOnce(Say<'_>) -> String) -> Response {
    let is_chinese = language == Language::ZhCn;
    let say = move |en: &'static str, zh: &'static str| if is_chinese { zh } else { en };
    let page = include_str!("qr_login.html")
        .replace("{{lang}}", say("en", "zh-CN"))
        .replace("{{title}}", say("Sign in", "登录确认"))
        .replace("{{content}}", &content(&say));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";
    let headers = [
        (CONTENT_SECURITY_POLICY, policy),
        (VARY, "Accept-Language"),
        (CACHE_CONTROL, "no-store"),
        // The address is a secret of the person.
        (REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, Html(page)).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
