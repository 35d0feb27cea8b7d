//! Tests of the `OpenID` Connect provider against a scripted issuer. See `tests/oidc` for tests against a real one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use domain::login::Proof;
use domain::{Profile, UnionKey};
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreHmacKey, CoreJsonWebKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use providers::{
    AuthorizeRequest, BegunLogin, ErrorKind, Exchange, Http, HttpLimits, IdentityProvider, KeptSecrets, LoginCode,
    LoginScope, Problem, ProviderError, Settings, TokensInMemory, UnionIds, builtin,
};
use serde_json::{Value, json};

const SECRET: &str = "s3cret-of-the-client";
const CODE: &str = "c0de-of-this-login";
const NONCE: &str = "n0nce-of-this-login";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const TOKEN: &str = "t0ken-of-this-login";

/// Public example keys, for tests only: of RFC 8037 (appendix A.1), and the second of RFC 8032 (section 7.1).
const KEYS: [&str; 2] = [
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g",
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7",
];

/// The issuer's answers.
struct Script {
    /// Overrides for its discovery document.
    discovery: Value,
    discovery_status: StatusCode,
    keys_status: StatusCode,
    /// The key that it signs with, and its key id.
    signs: (usize, &'static str),
    /// The key that it publishes, and its key id.
    shows: (usize, &'static str),
    /// Overrides for the claims of its ID token.
    claims: Value,
    /// The ID token, unless it is a signed one.
    id_token: Option<fn(&Value) -> Value>,
    /// Overrides for its token response.
    token: Value,
    /// The status and body with which its token endpoint refuses.
    refuses: Option<(u16, String)>,
    userinfo: Value,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            discovery: json!({}),
            discovery_status: StatusCode::OK,
            keys_status: StatusCode::OK,
            signs: (0, "first"),
            shows: (0, "first"),
            claims: json!({}),
            id_token: None,
            token: json!({}),
            refuses: None,
            userinfo: json!({}),
        }
    }
}

/// A request that the issuer received.
struct Asked {
    path: String,
    authorization: Option<String>,
    body: String,
}

struct Issuer {
    url: String,
    script: Mutex<Script>,
    asked: Mutex<Vec<Asked>>,
}

impl Issuer {
    async fn new(script: Script) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let issuer = Arc::new(Self { url, script: Mutex::new(script), asked: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn paths(&self) -> Vec<String> {
        self.asked().iter().map(|asked| asked.path.clone()).collect()
    }

    /// Returns a confidential client of the issuer.
    fn client(&self) -> Arc<dyn IdentityProvider> {
        self.client_with(toml::toml! { client_secret = "s3cret-of-the-client" })
    }

    fn client_with(&self, more: toml::Table) -> Arc<dyn IdentityProvider> {
        let mut table = toml::toml! { client_id = "guiyi" };
        table.insert("issuer".into(), self.url.clone().into());
        table.extend(more);
        build(table).expect("sound settings")
    }

    fn said(&self, path: &str) -> Response {
        let script = self.script();
        let base = &self.url;
        match path {
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
                (script.discovery_status, axum::Json(merged(document, &script.discovery))).into_response()
            }
            "/jwks" => {
                let keys = json!({ "keys": [key(script.shows).as_verification_key()] });
                (script.keys_status, axum::Json(keys)).into_response()
            }
            "/token" => match &script.refuses {
                Some((status, body)) => {
                    let status = StatusCode::from_u16(*status).expect("a status");
                    (status, [("content-type", "application/json"), ("retry-after", "7")], body.clone()).into_response()
                }
                None => axum::Json(script.tokens(base)).into_response(),
            },
            "/me" => axum::Json(script.userinfo.clone()).into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

impl Script {
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
        let claims = merged(claims, &self.claims);
        let header = json!({ "alg": "EdDSA", "kid": self.signs.1 });
        let id_token = match self.id_token {
            Some(make) => make(&claims),
            None => signed(&header, &claims, (&key(self.signs), CoreJwsSigningAlgorithm::EdDsa)),
        };
        merged(json!({ "access_token": TOKEN, "token_type": "Bearer", "id_token": id_token }), &self.token)
    }
}

async fn answer(State(issuer): State<Arc<Issuer>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let authorization = headers.get("authorization").map(|value| value.to_str().expect("text").to_owned());
    let body = String::from_utf8(body.to_vec()).expect("text");
    issuer.asked().push(Asked { path: uri.path().to_owned(), authorization, body });
    issuer.said(uri.path())
}

fn key((which, name): (usize, &str)) -> CoreEdDsaPrivateSigningKey {
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", KEYS[which]);
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(name.to_owned()))).expect("a key")
}

type Signer<'a, K> = (&'a K, CoreJwsSigningAlgorithm);

fn signed<K: PrivateSigningKey<VerificationKey = CoreJsonWebKey>>(
    header: &Value,
    claims: &Value,
    (key, algorithm): Signer<'_, K>,
) -> Value {
    let message = [header, claims].map(|part| BASE64URL_NOPAD.encode(part.to_string().as_bytes())).join(".");
    let signature = key.sign(&algorithm, message.as_bytes()).expect("the key is for the algorithm");
    json!(format!("{message}.{}", BASE64URL_NOPAD.encode(&signature)))
}

fn unsigned(claims: &Value) -> Value {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    json!(format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims)))
}

#[expect(clippy::disallowed_methods, reason = "the issuer is another machine, with a clock of its own")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is after 1970").as_secs()
}

fn merged(mut into: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().expect("an object") {
        into[key] = value.clone();
    }
    into
}

fn build(table: toml::Table) -> Result<Arc<dyn IdentityProvider>, Vec<Problem>> {
    let limits = HttpLimits { connect: Duration::from_secs(1), total: Duration::from_secs(2) };
    let http = Http::new(limits).expect("a client");
    let factory = builtin::ALL.iter().find(|factory| factory.kind == "oidc").expect("the kind");
    (factory.build)(Settings { table, http, tokens: Arc::new(TokensInMemory::default()), sandbox: None })
}

fn begun() -> BegunLogin {
    let kept = KeptSecrets { nonce: NONCE.into(), code_verifier: VERIFIER.into() };
    BegunLogin { redirect_uri: "https://shop.example.com/back?a=1".to_owned(), kept }
}

async fn exchange(client: &Arc<dyn IdentityProvider>) -> Result<Proof, ProviderError> {
    let code = LoginCode::parse(CODE).expect("a code");
    client.exchange(&Exchange { begun: Some(&begun()), ..Exchange::of(&code) }).await
}

async fn authorize_url(client: &Arc<dyn IdentityProvider>, scope: LoginScope) -> Result<String, ProviderError> {
    let begun = begun();
    let request = AuthorizeRequest { redirect_uri: &begun.redirect_uri, state: "St4te", scope, kept: &begun.kept };
    client.authorize_url(&request).await
}

#[tokio::test]
async fn the_authorize_url_asks_for_a_code_with_state_nonce_and_challenge() {
    let issuer = Issuer::new(Script::default()).await;

    let url = authorize_url(&issuer.client(), LoginScope::UserInfo).await.expect("a browser login");

    assert_eq!(
        url.replace(&issuer.url, "https://id.example.com"),
        "https://id.example.com/auth?response_type=code&client_id=guiyi\
         &redirect_uri=https%3A%2F%2Fshop.example.com%2Fback%3Fa%3D1&scope=openid+profile&state=St4te\
         &nonce=n0nce-of-this-login&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
         &code_challenge_method=S256"
    );
}

#[tokio::test]
async fn the_base_scope_asks_for_an_open_id_alone() {
    let issuer = Issuer::new(Script::default()).await;
    let client = issuer.client_with(toml::toml! {
        public = true
        scopes = ["openid", "profile", "email"]
    });

    let base = authorize_url(&client, LoginScope::Base).await.expect("a browser login");
    let full = authorize_url(&client, LoginScope::UserInfo).await.expect("a browser login");

    assert!(base.contains("&scope=openid&"), "{base}");
    assert!(full.contains("&scope=openid+profile+email&"), "{full}");
}

#[tokio::test]
async fn a_good_code_names_the_person() {
    let issuer = Issuer::new(Script::default()).await;
    let client = issuer.client_with(toml::toml! {
        client_secret = "s3cret-of-the-client"
        app_id = "hemu-id"
        union_scope = "hemu"
    });

    let proof = exchange(&client).await.expect("a proof");

    assert_eq!(client.abilities().union_ids, UnionIds::Always);
    insta::assert_debug_snapshot!(proof, @r#"
    Proof {
        key: OpenKey {
            app: AppId(
                "hemu-id",
            ),
            open_id: OpenId(
                "Lan-0042",
            ),
        },
        union: Some(
            UnionKey {
                scope: UnionScope(
                    "hemu",
                ),
                union_id: UnionId(
                    "Lan-0042",
                ),
            },
        ),
        profile: Profile {
            nickname: Some(
                "兰心",
            ),
            avatar_url: Some(
                "https://id.example.com/lan.png",
            ),
        },
    }
    "#);
}

#[tokio::test]
async fn without_a_union_scope_there_is_no_union_id() {
    let issuer = Issuer::new(Script::default()).await;
    let client = issuer.client();

    let proof = exchange(&client).await.expect("a proof");

    assert_eq!((client.abilities().union_ids, proof.union), (UnionIds::Never, None::<UnionKey>));
}

#[tokio::test]
async fn the_code_is_redeemed_with_the_secret_the_verifier_and_the_same_address() {
    let issuer = Issuer::new(Script::default()).await;

    exchange(&issuer.client()).await.expect("a proof");

    let asked = issuer.asked();
    let token = asked.iter().find(|asked| asked.path == "/token").expect("a token request");
    assert_eq!(
        token.body,
        format!(
            "grant_type=authorization_code&code={CODE}&code_verifier={VERIFIER}\
             &redirect_uri=https%3A%2F%2Fshop.example.com%2Fback%3Fa%3D1"
        )
    );
    assert_eq!(token.authorization, Some(format!("Basic {}", BASE64.encode(format!("guiyi:{SECRET}").as_bytes()))));
}

#[tokio::test]
async fn a_public_client_names_itself_and_has_the_verifier_alone() {
    let issuer = Issuer::new(Script::default()).await;

    exchange(&issuer.client_with(toml::toml! { public = true })).await.expect("a proof");

    let asked = issuer.asked();
    let token = asked.iter().find(|asked| asked.path == "/token").expect("a token request");
    assert!(token.body.contains(&format!("&code_verifier={VERIFIER}&client_id=guiyi&")), "{}", token.body);
    assert!(!token.body.contains("secret"), "{}", token.body);
    assert_eq!(token.authorization, None);
}

#[tokio::test]
async fn an_issuer_that_wants_the_secret_in_the_body_gets_it_there() {
    let methods = json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] });
    let issuer = Issuer::new(Script { discovery: methods, ..Script::default() }).await;

    exchange(&issuer.client()).await.expect("a proof");

    let asked = issuer.asked();
    let token = asked.iter().find(|asked| asked.path == "/token").expect("a token request");
    assert!(token.body.contains(&format!("&client_id=guiyi&client_secret={SECRET}&")), "{}", token.body);
    assert_eq!(token.authorization, None);
}

#[tokio::test]
async fn a_name_is_taken_from_the_userinfo_endpoint_where_the_id_token_has_none() {
    let userinfo = json!({ "sub": "Lan-0042", "preferred_username": "lan", "email": "lan@example.com" });
    let claims = json!({ "name": null, "picture": null });
    let issuer = Issuer::new(Script { claims, userinfo, ..Script::default() }).await;

    let proof = exchange(&issuer.client()).await.expect("a proof");

    assert_eq!(proof.profile, Profile::new("lan", ""));
    let asked = issuer.asked();
    let last = asked.last().expect("requests");
    assert_eq!((last.path.as_str(), last.authorization.clone()), ("/me", Some(format!("Bearer {TOKEN}"))));
}

#[tokio::test]
async fn who_granted_the_open_id_alone_is_not_asked_about() {
    let claims = json!({ "name": null, "picture": null });
    let token = json!({ "scope": "openid" });
    let issuer = Issuer::new(Script { claims, token, ..Script::default() }).await;

    let proof = exchange(&issuer.client()).await.expect("a proof");

    assert_eq!(proof.profile, Profile::default());
    assert!(!issuer.paths().contains(&"/me".to_owned()));
}

#[tokio::test]
async fn another_persons_userinfo_is_refused() {
    let userinfo = json!({ "sub": "Wei-0007", "name": "阿伟" });
    let claims = json!({ "name": null, "picture": null });
    let issuer = Issuer::new(Script { claims, userinfo, ..Script::default() }).await;

    let error = exchange(&issuer.client()).await.expect_err("a refusal");

    assert_eq!(
        (error.kind, error.detail.as_str()),
        (ErrorKind::UnexpectedAnswer, "the userinfo endpoint and the ID token name different subjects")
    );
}

#[tokio::test]
async fn what_issuers_write_in_their_own_ways_is_understood() {
    // Auth0 sends times as strings, Apple booleans.
    let claims =
        json!({ "updated_at": "2026-01-02T03:04:05.678Z", "email": "a@example.com", "email_verified": "true" });
    let issuer = Issuer::new(Script { claims, ..Script::default() }).await;

    let proof = exchange(&issuer.client()).await.expect("a proof");

    assert_eq!(proof.key.open_id.as_str(), "Lan-0042");
}

#[tokio::test]
async fn every_claim_that_is_wrong_makes_an_unexpected_answer() {
    let another_nonce = "the ID token belongs to another login: its nonce is wrong";
    let nobody = "the ID token's sub is not a usable open id of 1 to 255 printable ASCII characters";
    for (claims, detail) in [
        (json!({ "nonce": "of-another-login" }), another_nonce),
        (json!({ "nonce": null }), another_nonce),
        (json!({ "aud": "somebody-else" }), "the ID token is not for this client alone"),
        (json!({ "aud": ["guiyi", "somebody-else"] }), "the ID token is not for this client alone"),
        (json!({ "iss": "https://evil.example.com" }), "the ID token has another issuer"),
        (json!({ "exp": now() - 1 }), "the ID token has expired; check the system clock"),
        (json!({ "sub": "" }), nobody),
        (json!({ "sub": " Lan-0042" }), nobody),
        (json!({ "sub": "x".repeat(256) }), nobody),
        (json!({ "sub": "undefined" }), nobody),
    ] {
        let issuer = Issuer::new(Script { claims: claims.clone(), ..Script::default() }).await;

        let error = exchange(&issuer.client()).await.expect_err("a refusal");

        assert_eq!((error.kind, error.detail.as_str()), (ErrorKind::UnexpectedAnswer, detail), "{claims}");
    }
}

#[tokio::test]
async fn every_signature_that_is_wrong_makes_an_unexpected_answer() {
    let shared = |claims: &Value| {
        let signer = (&CoreHmacKey::new(SECRET), CoreJwsSigningAlgorithm::HmacSha256);
        signed(&json!({ "alg": "HS256" }), claims, signer)
    };
    let algorithm =
        "the ID token is signed with an algorithm that is not accepted: it takes RS, PS, ES256, ES384 or EdDSA";
    for (script, detail) in [
        (Script { signs: (1, "first"), ..Script::default() }, "the ID token's signature is wrong"),
        (
            Script { signs: (1, "second"), ..Script::default() },
            "the ID token is signed with a key that the issuer does not publish",
        ),
        (Script { id_token: Some(shared), ..Script::default() }, algorithm),
        (Script { id_token: Some(unsigned), ..Script::default() }, "the ID token is not signed"),
        (Script { id_token: Some(|_| Value::Null), ..Script::default() }, "the issuer answered without an ID token"),
        (
            Script { id_token: Some(|_| json!("not.a.token")), ..Script::default() },
            "the answer of the token endpoint is not as section 3.1.3.3 requires",
        ),
    ] {
        let issuer = Issuer::new(script).await;

        let error = exchange(&issuer.client()).await.expect_err("a refusal");

        assert_eq!((error.kind, error.detail.as_str()), (ErrorKind::UnexpectedAnswer, detail));
    }
}

#[tokio::test]
async fn every_refusal_has_its_kind() {
    for (status, body, kind) in [
        (400, r#"{"error":"invalid_grant"}"#, ErrorKind::CodeRejected),
        (401, r#"{"error":"invalid_client"}"#, ErrorKind::Misconfigured),
        (400, r#"{"error":"unauthorized_client"}"#, ErrorKind::Misconfigured),
        (400, r#"{"error":"unsupported_grant_type"}"#, ErrorKind::Misconfigured),
        (400, r#"{"error":"invalid_request"}"#, ErrorKind::Misconfigured),
        (400, r#"{"error":"invalid_scope"}"#, ErrorKind::Misconfigured),
        (400, r#"{"error":"temporarily_unavailable"}"#, ErrorKind::Unavailable),
        (400, r#"{"error":"server_error"}"#, ErrorKind::Unavailable),
        (503, r#"{"error":"invalid_grant"}"#, ErrorKind::Unavailable),
        (502, "<html>", ErrorKind::Unavailable),
        (429, "", ErrorKind::RateLimited),
        (400, r#"{"error":"slow_down"}"#, ErrorKind::RateLimited),
        (400, r#"{"error":"who_knows"}"#, ErrorKind::UnexpectedAnswer),
        (400, "", ErrorKind::UnexpectedAnswer),
        (200, "<html>", ErrorKind::UnexpectedAnswer),
        (200, "{}", ErrorKind::UnexpectedAnswer),
        (200, "[]", ErrorKind::UnexpectedAnswer),
    ] {
        let issuer = Issuer::new(Script { refuses: Some((status, body.to_owned())), ..Script::default() }).await;

        let error = exchange(&issuer.client()).await.expect_err(body);

        assert_eq!((error.kind, error.code_is_unspent()), (kind, false), "{status} {body}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_busy_says_how_long() {
    let issuer = Issuer::new(Script { refuses: Some((429, String::new())), ..Script::default() }).await;

    let error = exchange(&issuer.client()).await.expect_err("a refusal");

    assert_eq!(error.retry_after, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn no_error_repeats_what_is_secret() {
    let echo = format!("{CODE} {SECRET} {NONCE} {VERIFIER} {TOKEN} and redirect_uri did not match");
    let words = json!({ "error": "invalid_grant", "error_description": echo }).to_string();
    for script in [
        Script { refuses: Some((400, words)), ..Script::default() },
        Script { refuses: Some((200, echo)), ..Script::default() },
        Script { id_token: Some(|_| json!(TOKEN)), ..Script::default() },
    ] {
        let issuer = Issuer::new(script).await;

        let error = exchange(&issuer.client()).await.expect_err("a refusal");

        let text = format!("{error} {error:?}");
        for secret in [CODE, SECRET, NONCE, VERIFIER, TOKEN] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[tokio::test]
async fn a_code_without_its_login_is_rejected_before_any_call() {
    let issuer = Issuer::new(Script::default()).await;

    let code = LoginCode::parse(CODE).expect("a code");
    let error = issuer.client().exchange(&Exchange::of(&code)).await.expect_err("a refusal");

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::CodeRejected, true));
    assert!(issuer.paths().is_empty());
}

#[tokio::test]
async fn many_first_logins_ask_the_issuer_about_itself_once() {
    let issuer = Issuer::new(Script::default()).await;
    let client = issuer.client();

    let logins: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { exchange(&client).await.map(|_| ()) })
        })
        .collect();
    for login in logins {
        login.await.expect("no panic").expect("a proof");
    }

    let about_itself = |path: &&String| *path != "/token";
    assert_eq!(
        issuer.paths().iter().filter(about_itself).collect::<Vec<_>>(),
        ["/.well-known/openid-configuration", "/jwks"]
    );
}

#[tokio::test]
async fn the_issuer_is_asked_about_itself_again_after_an_hour() {
    let issuer = Issuer::new(Script::default()).await;
    let client = issuer.client();
    let asked = || issuer.paths().iter().filter(|path| path.starts_with("/.well-known")).count();

    exchange(&client).await.expect("a proof");
    pass(Duration::from_mins(59)).await;
    exchange(&client).await.expect("a proof");
    let before = asked();
    pass(Duration::from_mins(2)).await;
    exchange(&client).await.expect("a proof");

    assert_eq!((before, asked()), (1, 2));
}

#[tokio::test]
async fn a_new_key_is_found_and_not_looked_for_again_within_a_minute() {
    let issuer = Issuer::new(Script::default()).await;
    let client = issuer.client();
    let searches = || issuer.paths().iter().filter(|path| *path == "/jwks").count();
    exchange(&client).await.expect("a proof with the first key");

    issuer.script().signs = (1, "second");
    issuer.script().shows = (1, "second");
    exchange(&client).await.expect("a proof with the second key");
    assert_eq!(searches(), 2);

    issuer.script().signs = (0, "third");
    issuer.script().shows = (0, "third");
    exchange(&client).await.expect_err("a third key so soon");
    assert_eq!(searches(), 2);

    pass(Duration::from_secs(61)).await;
    exchange(&client).await.expect("a proof with the third key");
    assert_eq!(searches(), 3);
}

/// Advances the clock while no network call is pending.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn an_issuer_that_was_down_is_asked_again_and_the_code_is_still_good() {
    let issuer = Issuer::new(Script { discovery_status: StatusCode::BAD_GATEWAY, ..Script::default() }).await;
    let client = issuer.client();

    let error = exchange(&client).await.expect_err("a failure");
    issuer.script().discovery_status = StatusCode::OK;
    let proof = exchange(&client).await;

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::Unavailable, true));
    assert!(proof.is_ok());
}

#[tokio::test]
async fn many_logins_that_wait_for_an_issuer_that_is_down_hear_of_one_failure() {
    let issuer = Issuer::new(Script { discovery_status: StatusCode::BAD_GATEWAY, ..Script::default() }).await;
    let client = issuer.client();

    let (first, second, third) = tokio::join!(exchange(&client), exchange(&client), exchange(&client));

    for failed in [first, second, third] {
        let error = failed.expect_err("a failure");
        assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::Unavailable, true));
    }
    assert_eq!(issuer.paths(), ["/.well-known/openid-configuration"]);
}

#[tokio::test]
async fn an_issuer_that_nobody_reaches_is_unavailable_and_the_code_is_still_good() {
    let nobody = build(toml::toml! {
        issuer = "http://127.0.0.1:9"
        client_id = "guiyi"
        public = true
    });

    let error = exchange(&nobody.expect("sound settings")).await.expect_err("a failure");

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::Unavailable, true));
}

#[tokio::test]
async fn a_token_endpoint_that_nobody_reaches_leaves_the_code_good() {
    let elsewhere = json!({ "token_endpoint": "http://127.0.0.1:9/token" });
    let issuer = Issuer::new(Script { discovery: elsewhere, ..Script::default() }).await;

    let error = exchange(&issuer.client()).await.expect_err("a failure");

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::Unavailable, true));
}

#[tokio::test]
async fn a_userinfo_endpoint_that_nobody_reaches_comes_too_late_for_the_code() {
    let elsewhere = json!({ "userinfo_endpoint": "http://127.0.0.1:9/me" });
    let claims = json!({ "name": null, "picture": null });
    let issuer = Issuer::new(Script { discovery: elsewhere, claims, ..Script::default() }).await;

    let error = exchange(&issuer.client()).await.expect_err("a failure");

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::Unavailable, false));
}

#[tokio::test]
async fn keys_that_nobody_reaches_come_too_late_for_the_code() {
    let issuer = Issuer::new(Script::default()).await;
    let client = issuer.client();
    exchange(&client).await.expect("a proof with the first key");

    issuer.script().signs = (1, "second");
    issuer.script().keys_status = StatusCode::BAD_GATEWAY;
    let error = exchange(&client).await.expect_err("a failure");

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::Unavailable, false));
}

#[tokio::test]
async fn a_discovery_document_that_is_wrong_is_refused() {
    let of_another = "the discovery document's issuer is not exactly the configured `issuer`";
    let in_the_open = "the discovery document names an address that is not https";
    for (discovery, kind, detail) in [
        (json!({ "issuer": "https://evil.example.com" }), ErrorKind::Misconfigured, of_another),
        (json!({ "token_endpoint": "http://id.example.com/token" }), ErrorKind::Misconfigured, in_the_open),
        (json!({ "userinfo_endpoint": "http://id.example.com/me" }), ErrorKind::Misconfigured, in_the_open),
        (json!({ "authorization_endpoint": "http://id.example.com/" }), ErrorKind::Misconfigured, in_the_open),
        (json!({ "token_endpoint": null }), ErrorKind::Misconfigured, "the issuer has no token endpoint"),
        (json!({ "jwks_uri": 5 }), ErrorKind::UnexpectedAnswer, "the issuer's metadata cannot be parsed"),
    ] {
        let issuer = Issuer::new(Script { discovery, ..Script::default() }).await;

        let error = exchange(&issuer.client()).await.expect_err(detail);

        assert_eq!((error.kind, error.detail.as_str(), error.code_is_unspent()), (kind, detail, true));
    }
}

#[test]
fn every_mistake_in_the_settings_is_named_at_once() {
    let problems = build(toml::toml! {
        issuer = "http://id.example.com"
        client_secret = " "
        scopes = ["profile", "two words"]
        union_scope = "no blanks here"
    })
    .expect_err("mistakes");

    let named: Vec<_> = problems.iter().map(|problem| format!("{}: {}", problem.path, problem.reason)).collect();
    assert_eq!(
        named,
        [
            "issuer: must be https; plain http is possible only to this machine",
            "client_id: is missing",
            "client_secret: is missing",
            "scopes: contains an invalid scope",
            "scopes: must contain openid, or there is no ID token",
            "union_scope: the union scope contains a character that is not allowed",
        ]
    );
}

#[test]
fn a_public_client_has_no_secret() {
    let problems = build(toml::toml! {
        issuer = "https://id.example.com"
        client_id = "guiyi"
        client_secret = "s3cret-of-the-client"
        public = true
    });

    assert_eq!(problems.expect_err("a mistake"), [Problem::new("client_secret", "must be absent for a public client")]);
}

#[test]
fn the_app_id_names_issuer_and_client() {
    for (issuer, app_id) in [
        ("https://id.example.com", "id.example.com#guiyi"),
        ("https://ID.example.com/realms/hemu/", "id.example.com/realms/hemu#guiyi"),
        ("https://id.example.com:8443", "id.example.com:8443#guiyi"),
    ] {
        let mut table = toml::toml! {
            client_id = "guiyi"
            public = true
        };
        table.insert("issuer".into(), issuer.into());

        assert_eq!(build(table).expect("sound settings").app_id().as_str(), app_id);
    }
}

#[test]
fn an_app_id_that_would_be_too_long_has_to_be_set() {
    let table = |app_id: Option<&str>| {
        let mut table = toml::toml! {
            issuer = "https://id.example.com"
            public = true
        };
        table.insert("client_id".into(), "c".repeat(120).into());
        table.extend(app_id.map(|id| ("app_id".to_owned(), id.into())));
        table
    };

    let problems = build(table(None)).expect_err("a mistake");
    let provider = build(table(Some("hemu-id"))).expect("sound settings");

    assert_eq!(
        problems,
        [Problem::new("app_id", "the app id is longer than 128 characters; the default is ISSUER#CLIENT_ID")]
    );
    assert_eq!(provider.app_id().as_str(), "hemu-id");
}
