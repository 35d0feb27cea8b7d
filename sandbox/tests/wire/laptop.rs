//! A sandbox for tests, whose clock is stopped.

use axum::Router;
use axum::body::Body;
use axum::http::response::Parts;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use data_encoding::HEXUPPER;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::BodyExt;
use sandbox::{AppSummary, DEMO, Sandbox};
use serde_json::{Value, json};
use sha2::Sha256;
use tower::ServiceExt;

/// The time at which the clock is stopped.
pub(crate) const NOON: i64 = 1_760_000_000;

/// All paths, some of them with an invalid end.
pub(crate) const PATHS: &[&str] = &[
    "/connect/oauth2/authorize",
    "/connect/qrconnect",
    "/connect/qrcode/x",
    "/connect/qrcode/%FF%FE",
    "/connect/l/qrconnect",
    "/connect/confirm",
    "/q/x",
    "/connect/zh_CN/htmledition/js/wxLogin.js",
    "/wwlogin/sso/login",
    "/wwopen/sso/qrConnect",
    "/sns/oauth2/access_token",
    "/sns/oauth2/refresh_token",
    "/sns/userinfo",
    "/sns/auth",
    "/sns/jscode2session",
    "/cgi-bin/token",
    "/cgi-bin/stable_token",
    "/cgi-bin/clear_quota",
    "/cgi-bin/user/info",
    "/cgi-bin/user/info/batchget",
    "/cgi-bin/user/get",
    "/cgi-bin/changeopenid",
    "/cgi-bin/qrcode/create",
    "/cgi-bin/getcallbackip",
    "/cgi-bin/changeopenid",
    "/cgi-bin/ticket/getticket",
    "/cgi-bin/gettoken",
    "/cgi-bin/auth/getuserinfo",
    "/cgi-bin/auth/getuserdetail",
    "/cgi-bin/user/getuserinfo",
    "/cgi-bin/get_jsapi_ticket",
    "/cgi-bin/ticket/get",
    "/cgi-bin/miniprogram/jscode2session",
    "/wxa/business/getuserphonenumber",
    "/wxa/checksession",
    "/wxa/resetusersessionkey",
    "/_sandbox/",
    "/_sandbox/apps",
    "/_sandbox/apps/shop",
    "/_sandbox/people",
    "/_sandbox/people/lan",
    "/_sandbox/codes",
    "/_sandbox/phone-codes",
    "/_sandbox/encrypted-data",
    "/_sandbox/push",
    "/_sandbox/migrations",
    "/_sandbox/quotas",
    "/_sandbox/push/verify",
    "/_sandbox/js-signature",
    "/_sandbox/calls/clear",
    "/_sandbox/faults/clear",
    "/_sandbox/issued",
    "/_sandbox/calls",
    "/_sandbox/sms",
    "/_sandbox/clock",
    "/_sandbox/faults",
    "/_sandbox/avatars/%FF",
    "/_sandbox/avatars/lan.x/132",
    "/_sandbox/assets/..%2Fdemo.toml",
];

/// The content type of a form.
pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Returns the demo's seed without followers: each test defines its own.
pub(crate) fn without_followers() -> String {
    DEMO.lines().filter(|line| !line.starts_with("follows")).fold(String::new(), |seed, line| seed + line + "\n")
}

pub(crate) struct Laptop {
    pub(crate) sandbox: Sandbox,
    router: Router,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are plain text"))
    }

    pub(crate) fn location(&self) -> &str {
        self.header(header::LOCATION)
    }

    /// Returns a failure's number and text, without the random half of the request id.
    pub(crate) fn failure(&self) -> (i64, String) {
        let json = self.json();
        let words = json["errmsg"].as_str().expect("a failure has words");
        let (words, rid) = words.split_once("rid: ").unwrap_or((words, ""));
        assert_eq!(rid.split('-').map(str::len).collect::<Vec<_>>(), [8, 8, 8], "{}", self.body);
        (json["errcode"].as_i64().expect("a failure has a number"), words.to_owned())
    }

    pub(crate) fn code(&self) -> String {
        let (_, rest) = self.location().split_once("code=").expect("the way back carries a code");
        rest.split(['&', '#']).next().unwrap_or_default().to_owned()
    }

    /// Returns the id of a QR page.
    pub(crate) fn uuid(&self) -> &str {
        let (_, rest) = self.body.split_once("/connect/qrcode/").unwrap_or_else(|| panic!("no QR code: {}", self.body));
        &rest[..16]
    }
}

impl Laptop {
    /// Creates the demo company, without followers.
    pub(crate) async fn new() -> Self {
        Self::with(&without_followers()).await
    }

    pub(crate) async fn with(seed: &str) -> Self {
        let sandbox = Sandbox::from_toml(seed).expect("the seed is good");
        let laptop = Self { router: sandbox.router(), sandbox };
        laptop.post_json("/_sandbox/clock", &json!({ "stop_at": NOON })).await;
        laptop
    }

    /// Creates the demo with a line added for one app or person, below the given line.
    pub(crate) async fn demo_with(entry: &str, line: &str) -> Self {
        Self::with(&without_followers().replacen(entry, &format!("{entry}\n{line}"), 1)).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, bytes) = self.answer_to(request).await;
        let body = String::from_utf8(bytes).expect("bodies are UTF-8");
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Returns the bytes of an answer, which need not be UTF-8.
    pub(crate) async fn get_bytes(&self, path: &str) -> Vec<u8> {
        self.answer_to(request(Method::GET, path, &[], Body::empty())).await.1
    }

    async fn answer_to(&self, request: Request<Body>) -> (Parts, Vec<u8>) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("bodies are whole").to_bytes();
        (parts, bytes.to_vec())
    }

    /// Returns only the status, whatever the body is.
    pub(crate) async fn status(&self, request: Request<Body>) -> u16 {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        response.into_body().collect().await.expect("bodies are whole");
        status
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request(Method::GET, path, headers, Body::empty())).await
    }

    pub(crate) async fn post_form(&self, path: &str, form: &str) -> Answer {
        self.send(request(Method::POST, path, &[FORM], Body::from(form.to_owned()))).await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(request(Method::POST, path, &[], Body::from(body.to_owned()))).await
    }

    pub(crate) async fn post_json(&self, path: &str, json: &Value) -> Answer {
        self.post(path, &json.to_string()).await
    }

    pub(crate) async fn patch(&self, path: &str, json: &Value) -> Answer {
        self.send(request(Method::PATCH, path, &[], Body::from(json.to_string()))).await
    }

    /// Adds a fault.
    pub(crate) async fn order_fault(&self, order: &Value) {
        let answer = self.post_json("/_sandbox/faults", order).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }

    /// Returns the number of pending faults.
    pub(crate) async fn waiting(&self) -> usize {
        self.get("/_sandbox/faults").await.json().as_array().map_or(0, Vec::len)
    }

    pub(crate) async fn wait(&self, seconds: i64) {
        let answer = self.post_json("/_sandbox/clock", &json!({ "advance_seconds": seconds })).await;
        assert_eq!(answer.status, StatusCode::OK);
    }

    pub(crate) fn app(&self, name: &str) -> AppSummary {
        self.sandbox.apps().into_iter().find(|app| app.name == name).expect("the demo has this app")
    }

    pub(crate) async fn code(&self, app: &str, person: &str) -> String {
        self.order_code(&json!({ "app": app, "person": person })).await
    }

    pub(crate) async fn base_code(&self, app: &str, person: &str) -> String {
        self.order_code(&json!({ "app": app, "person": person, "scope": "snsapi_base" })).await
    }

    /// Requests the code of a tap on the phone number button of the mini program.
    pub(crate) async fn phone_code(&self, person: &str) -> String {
        let order = json!({ "app": "mini", "person": person });
        text(&self.post_json("/_sandbox/phone-codes", &order).await.json(), "code")
    }

    async fn order_code(&self, order: &Value) -> String {
        let answer = self.post_json("/_sandbox/codes", order).await;
        answer.json()["code"].as_str().unwrap_or_else(|| panic!("no code: {}", answer.body)).to_owned()
    }

    /// Sends `GET /sns/oauth2/access_token` as this app.
    pub(crate) async fn exchange(&self, app: &str, code: &str) -> Answer {
        let AppSummary { app_id, secret, .. } = self.app(app);
        let query = format!("appid={app_id}&secret={secret}&code={code}&grant_type=authorization_code");
        self.get(&format!("/sns/oauth2/access_token?{query}")).await
    }

    /// Logs in; returns the tokens.
    pub(crate) async fn tokens(&self, app: &str, person: &str) -> Value {
        let code = self.code(app, person).await;
        self.exchange(app, &code).await.json()
    }

    pub(crate) async fn jscode2session(&self, app: &str, code: &str) -> Answer {
        let AppSummary { app_id, secret, .. } = self.app(app);
        let query = format!("appid={app_id}&secret={secret}&js_code={code}&grant_type=authorization_code");
        self.get(&format!("/sns/jscode2session?{query}")).await
    }

    pub(crate) async fn global_token(&self, app: &str) -> String {
        let AppSummary { app_id, secret, .. } = self.app(app);
        let query = format!("grant_type=client_credential&appid={app_id}&secret={secret}");
        text(&self.get(&format!("/cgi-bin/token?{query}")).await.json(), "access_token")
    }

    /// Sends `POST /cgi-bin/stable_token` as this app.
    pub(crate) async fn stable_token(&self, app: &str, force: bool) -> Answer {
        let AppSummary { app_id, secret, .. } = self.app(app);
        let grant_type = "client_credential";
        let body = json!({ "grant_type": grant_type, "appid": app_id, "secret": secret, "force_refresh": force });
        self.post_json("/cgi-bin/stable_token", &body).await
    }
}

/// Returns the signature for a session, in upper case as some SDKs send it.
pub(crate) fn signature(session_key: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(session_key.as_bytes()).expect("HMAC takes a key of any length");
    HEXUPPER.encode(&mac.finalize().into_bytes())
}

/// Returns a string field of an answer.
pub(crate) fn text(json: &Value, field: &str) -> String {
    json[field].as_str().unwrap_or_else(|| panic!("no {field}: {json}")).to_owned()
}

pub(crate) fn request(method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:18080");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(body).expect("tests write requests that can be sent")
}
