//! A scripted issuer, and a client of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::login::Proof;
use providers::{
    AuthorizeRequest, BegunLogin, Exchange, Http, HttpLimits, IdentityProvider, KeptSecrets, LoginCode, LoginScope,
    Problem, ProviderError, Settings, TokensInMemory, builtin,
};
use serde_json::{Value, json};

use crate::keys::{public, signed};

pub(crate) const SECRET: &str = "s3cret-of-the-client";
pub(crate) const CODE: &str = "c0de-of-this-login";
pub(crate) const NONCE: &str = "n0nce-of-this-login";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const TOKEN: &str = "t0ken-of-this-login";

/// The issuer's answers.
pub(crate) struct Script {
    /// Overrides for its discovery document.
    pub(crate) discovery: Value,
    pub(crate) discovery_status: StatusCode,
    pub(crate) keys_status: StatusCode,
    /// The key that it signs with, and its key id.
    pub(crate) signs: (usize, &'static str),
    /// The key that it publishes, and its key id.
    pub(crate) shows: (usize, &'static str),
    /// Its keys, instead of the one that it publishes.
    pub(crate) keys: Option<Value>,
    /// Overrides for the header of its ID token.
    pub(crate) header: Value,
    /// Overrides for the claims of its ID token.
    pub(crate) claims: Value,
    /// The ID token, if it is not the usual signed one.
    pub(crate) id_token: Option<fn(&Value) -> Value>,
    /// Overrides for its token response.
    pub(crate) token: Value,
    /// The status and body with which its token endpoint refuses.
    pub(crate) refuses: Option<(u16, String)>,
    pub(crate) userinfo: Value,
    pub(crate) userinfo_status: StatusCode,
    /// The discovery document, the claims and the token response of a known product, instead of the usual ones.
    pub(crate) whole: Option<[Value; 3]>,
    /// The bytes with which it answers a request for a path, instead of JSON.
    pub(crate) raw: Option<(&'static str, Vec<u8>)>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            discovery: json!({}),
            discovery_status: StatusCode::OK,
            keys_status: StatusCode::OK,
            signs: (0, "first"),
            shows: (0, "first"),
            keys: None,
            header: json!({}),
            claims: json!({}),
            id_token: None,
            token: json!({}),
            refuses: None,
            userinfo: json!({}),
            userinfo_status: StatusCode::OK,
            whole: None,
            raw: None,
        }
    }
}

/// A request that the issuer received.
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: String,
}

pub(crate) struct Issuer {
    pub(crate) url: String,
    script: Mutex<Script>,
    asked: Mutex<Vec<Asked>>,
}

impl Issuer {
    pub(crate) async fn new(script: Script) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let issuer = Arc::new(Self { url, script: Mutex::new(script), asked: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked().iter().map(|asked| asked.path.clone()).collect()
    }

    /// Returns a confidential client of the issuer.
    pub(crate) fn client(&self) -> Arc<dyn IdentityProvider> {
        self.client_with(toml::toml! { client_secret = "s3cret-of-the-client" })
    }

    pub(crate) fn client_with(&self, more: toml::Table) -> Arc<dyn IdentityProvider> {
        let mut table = toml::toml! { client_id = "guiyi" };
        table.insert("issuer".into(), self.url.clone().into());
        table.extend(more);
        build(table).expect("sound settings")
    }

    pub(crate) fn said(&self, path: &str) -> Response {
        let script = self.script();
        let base = &self.url;
        if let Some((_, body)) = script.raw.as_ref().filter(|(of, _)| *of == path) {
            return ([("content-type", "text/plain")], body.clone()).into_response();
        }
        match plain(path) {
            "/.well-known/openid-configuration" => {
                let document = json!({
                    "issuer": base,
                    "authorization_endpoint": format!("{base}/auth"),
                    "token_endpoint": format!("{base}/token"),
                    "userinfo_endpoint": format!("{base}/me"),
                    "jwks_uri": format!("{base}/jwks"),
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["EdDSA"],
                });
                let document = script.whole.as_ref().map_or(document, |[discovery, ..]| discovery.clone());
                (script.discovery_status, axum::Json(merged(document, &script.discovery))).into_response()
            }
            "/jwks" => {
                let keys = script.keys.clone().unwrap_or_else(|| json!({ "keys": [public(script.shows)] }));
                (script.keys_status, axum::Json(keys)).into_response()
            }
            "/token" => match &script.refuses {
                Some((status, body)) => {
                    let status = StatusCode::from_u16(*status).expect("a status");
                    (status, [("content-type", "application/json"), ("retry-after", "7")], body.clone()).into_response()
                }
                None => axum::Json(script.tokens(base)).into_response(),
            },
            "/me" => (script.userinfo_status, axum::Json(script.userinfo.clone())).into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

/// Returns the path of the scripted issuer for one of Microsoft or Apple.
fn plain(path: &str) -> &str {
    match path {
        "/auth/token" => "/token",
        "/auth/keys" => "/jwks",
        _ => path.rsplit_once("/v2.0").map_or(path, |(_, below)| below),
    }
}

impl Script {
    /// Answers in the shape of a known product. Nothing is added from the issuer's own document.
    pub(crate) fn whole(&mut self, shape: &Value) {
        self.whole = Some(["discovery", "claims", "token"].map(|name| shape[name].clone()));
    }

    fn tokens(&self, issuer: &str) -> Value {
        let claims = json!({
            "iss": issuer,
            "aud": "guiyi",
            "sub": "Lan-0042",
            "iat": now(),
            "exp": now() + 600,
            "nonce": NONCE,
            "name": "兰心",
            "picture": "https://id.example.com/lan.png",
        });
        let usual = json!({ "access_token": TOKEN, "token_type": "Bearer" });
        let (claims, usual) = match &self.whole {
            Some([_, claims, token]) => (claims.clone(), token.clone()),
            None => (claims, usual),
        };
        let claims = merged(claims, &self.claims);
        let id_token = match self.id_token {
            Some(make) => make(&claims),
            None => signed(self.signs, &self.header, &claims),
        };
        merged(merged(usual, &json!({ "id_token": id_token })), &self.token)
    }
}

async fn answer(State(issuer): State<Arc<Issuer>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let authorization = headers.get("authorization").map(|value| value.to_str().expect("text").to_owned());
    let body = String::from_utf8(body.to_vec()).expect("text");
    issuer.asked().push(Asked { path: uri.path().to_owned(), authorization, body });
    issuer.said(uri.path())
}

#[expect(clippy::disallowed_methods, reason = "the issuer is another machine, with a clock of its own")]
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is after 1970").as_secs()
}

pub(crate) fn merged(mut into: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().expect("an object") {
        into[key] = value.clone();
    }
    into
}

pub(crate) fn build(table: toml::Table) -> Result<Arc<dyn IdentityProvider>, Vec<Problem>> {
    build_kind("oidc", table)
}

pub(crate) fn build_kind(kind: &str, table: toml::Table) -> Result<Arc<dyn IdentityProvider>, Vec<Problem>> {
    let limits = HttpLimits { connect: Duration::from_secs(1), total: Duration::from_secs(2) };
    let http = Http::new(limits).expect("a client");
    let factory = builtin::ALL.iter().find(|factory| factory.kind == kind).expect("the kind");
    (factory.build)(Settings { table, http, tokens: Arc::new(TokensInMemory::default()), sandbox: None })
}

pub(crate) fn begun() -> BegunLogin {
    let kept = KeptSecrets { nonce: NONCE.into(), code_verifier: VERIFIER.into() };
    BegunLogin { redirect_uri: "https://shop.example.com/back?a=1".to_owned(), kept }
}

pub(crate) async fn exchange(client: &Arc<dyn IdentityProvider>) -> Result<Proof, ProviderError> {
    let code = LoginCode::parse(CODE).expect("a code");
    client.exchange(&Exchange { begun: Some(&begun()), ..Exchange::of(&code) }).await
}

pub(crate) async fn authorize_url(
    client: &Arc<dyn IdentityProvider>,
    scope: LoginScope,
) -> Result<String, ProviderError> {
    let begun = begun();
    let request = AuthorizeRequest { redirect_uri: &begun.redirect_uri, state: "St4te", scope, kept: &begun.kept };
    client.authorize_url(&request).await
}
