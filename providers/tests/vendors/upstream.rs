//! A scripted upstream with the good answers of each vendor, and a provider that calls it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::login::Proof;
use providers::{
    BegunLogin, Exchange, Http, HttpLimits, IdentityProvider, KeptSecrets, LoginCode, Problem, ProviderError, Settings,
    TokensInMemory, builtin,
};
use url::Url;

pub(crate) const SECRET: &str = "s3cret-of-the-app";
pub(crate) const CODE: &str = "c0de-of-this-login";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const RETURN: &str = "https://shop.example.com/back?from=a b";

/// A vendor: its kind, the names of two settings, and its valid answers by path; the first one answers the code.
pub(crate) struct Vendor {
    pub(crate) kind: &'static str,
    pub(crate) open_id: &'static str,
    names: [&'static str; 2],
    answers: &'static [(&'static str, &'static str)],
}

impl Vendor {
    pub(crate) const FEISHU: Self = Self {
        kind: "feishu",
        open_id: "ou_1",
        names: ["app_id", "app_secret"],
        answers: &[
            (
                "/open-apis/authen/v2/oauth/token",
                r#"{"code":0,"access_token":"t0ken-of-this-login","token_type":"Bearer"}"#,
            ),
            (
                "/open-apis/authen/v1/user_info",
                r#"{"code":0,"msg":"success","data":{"name":"Lan","avatar_url":"https://img.example/lan.png","open_id":"ou_1","union_id":"U-1"}}"#,
            ),
        ],
    };
    pub(crate) const DINGTALK: Self = Self {
        kind: "dingtalk",
        open_id: "o-1",
        names: ["client_id", "client_secret"],
        answers: &[
            ("/v1.0/oauth2/userAccessToken", r#"{"accessToken":"t0ken-of-this-login","expireIn":7200}"#),
            (
                "/v1.0/contact/users/me",
                r#"{"nick":"Lan","avatarUrl":"https://img.example/lan.png","openId":"o-1","unionId":"U-1"}"#,
            ),
        ],
    };
    pub(crate) const QQ: Self = Self {
        kind: "qq",
        open_id: "A1",
        names: ["app_id", "app_key"],
        answers: &[
            ("/oauth2.0/token", r#"{"access_token":"t0ken-of-this-login","expires_in":"7776000"}"#),
            ("/oauth2.0/me", r#"{"client_id":"app-1","openid":"A1","unionid":"U-1"}"#),
            (
                "/user/get_user_info",
                r#"{"ret":0,"msg":"","nickname":"Lan","figureurl_qq_2":"","figureurl_qq_1":"https://img.example/lan.png"}"#,
            ),
        ],
    };
    pub(crate) const WEIBO: Self = Self {
        kind: "weibo",
        open_id: "1404376560",
        names: ["app_key", "app_secret"],
        answers: &[
            ("/oauth2/access_token", r#"{"access_token":"t0ken-of-this-login","expires_in":1234,"uid":"1404376560"}"#),
            (
                "/2/users/show.json",
                r#"{"id":1404376560,"screen_name":"Lan","profile_image_url":"https://img.example/lan.png"}"#,
            ),
        ],
    };
    pub(crate) const BAIDU: Self = Self {
        kind: "baidu",
        open_id: "o-1",
        names: ["api_key", "secret_key"],
        answers: &[
            ("/oauth/2.0/token", r#"{"access_token":"t0ken-of-this-login","expires_in":2592000,"scope":"basic"}"#),
            (
                "/rest/2.0/passport/users/getInfo",
                r#"{"openid":"o-1","unionid":"U-1","userid":"2097322476","username":"Lan","portrait":"e2c1776c"}"#,
            ),
        ],
    };
    pub(crate) const ALL: [&'static Self; 5] = [&Self::FEISHU, &Self::DINGTALK, &Self::QQ, &Self::WEIBO, &Self::BAIDU];

    pub(crate) fn settings(&self) -> toml::Table {
        let [app, secret] = self.names;
        let pairs = [(app, "app-1"), (secret, SECRET), ("union_scope", "hemu")];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
    }

    /// Starts an upstream whose valid answers are changed by `change`, and a provider with changed settings that calls
    /// it.
    pub(crate) async fn serve(
        &self,
        set: impl FnOnce(&mut toml::Table),
        change: impl Fn(String) -> String,
    ) -> (Arc<dyn IdentityProvider>, Arc<Upstream>) {
        let answers = self.answers.iter().map(|(path, good)| (*path, (200, change((*good).to_owned()))));
        let upstream = Arc::new(Upstream { answers: answers.collect(), calls: Mutex::default() });
        self.around(set, upstream).await
    }

    async fn around(
        &self,
        set: impl FnOnce(&mut toml::Table),
        upstream: Arc<Upstream>,
    ) -> (Arc<dyn IdentityProvider>, Arc<Upstream>) {
        let mut table = self.settings();
        table.insert("api_url".into(), upstream.clone().open().await.as_str().into());
        set(&mut table);
        (build(self.kind, table).expect("sound settings"), upstream)
    }
}

/// The answers by path, and the recorded requests.
#[derive(Default)]
pub(crate) struct Upstream {
    answers: Vec<(&'static str, (u16, String))>,
    calls: Mutex<Vec<String>>,
}

impl Upstream {
    /// Starts it on a free port and returns its address.
    pub(crate) async fn open(self: Arc<Self>) -> Url {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}/proxy/", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(self);
        tokio::spawn(async move { axum::serve(listener, router).await });
        address.parse().expect("an address")
    }

    /// Returns the requests as `METHOD /path?query [token] body`.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn answer(
    State(upstream): State<Arc<Upstream>>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let tokens = ["authorization", "x-acs-dingtalk-access-token"].map(|name| headers.get(name));
    let token = tokens.into_iter().flatten().map(|value| value.to_str().expect("text")).collect::<String>();
    let call = format!("{method} {uri} [{token}] {}", String::from_utf8_lossy(&body));
    upstream
        .calls
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(call.replace("/proxy", "").trim_end().to_owned());
    let path = uri.path().trim_start_matches("/proxy");
    let found = upstream.answers.iter().find(|(known, _)| *known == path);
    let (status, body) = found.map_or((404, "{}"), |(_, (status, body))| (*status, body.as_str()));
    (StatusCode::from_u16(status).expect("a status"), body.to_owned()).into_response()
}

pub(crate) fn build(kind: &str, table: toml::Table) -> Result<Arc<dyn IdentityProvider>, Vec<Problem>> {
    let factory = builtin::ALL.iter().find(|factory| factory.kind == kind).expect("the kind");
    (factory.build)(settings(table))
}

pub(crate) fn settings(table: toml::Table) -> Settings {
    let limits = HttpLimits { connect: Duration::from_secs(1), total: Duration::from_secs(5) };
    let http = Http::new(limits).expect("a client");
    Settings { table, http, tokens: Arc::new(TokensInMemory::default()), sandbox: None }
}

pub(crate) fn kept() -> KeptSecrets {
    KeptSecrets { nonce: "n0nce".into(), code_verifier: VERIFIER.into() }
}

/// Exchanges the code of a login that began in a browser.
pub(crate) async fn exchange(provider: &Arc<dyn IdentityProvider>) -> Result<Proof, ProviderError> {
    let code = LoginCode::parse(CODE).expect("a code");
    let begun = BegunLogin { redirect_uri: RETURN.to_owned(), kept: kept() };
    provider.exchange(&Exchange { begun: Some(&begun), ..Exchange::of(&code) }).await
}

/// Returns the error of a login whose code is answered with this status and body.
pub(crate) async fn refusal(vendor: &Vendor, status: u16, body: &str) -> ProviderError {
    let upstream =
        Upstream { answers: vec![(vendor.answers[0].0, (status, body.to_owned()))], calls: Mutex::default() };
    let (provider, _) = vendor.around(|_| (), Arc::new(upstream)).await;
    exchange(&provider).await.expect_err(body)
}
