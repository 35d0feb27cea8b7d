//! The login: its requests, the profile, refusals, and what is discovered and when.

use std::time::Duration;

use axum::http::StatusCode;
use data_encoding::BASE64;
use domain::{Profile, UnionKey};
use providers::{ErrorKind, Exchange, LoginCode, LoginScope, Problem, UnionIds};
use serde_json::{Value, json};

use crate::issuer::{CODE, Issuer, NONCE, SECRET, Script, TOKEN, VERIFIER, authorize_url, build, exchange, now};
use crate::keys::{shared, unsigned};

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
        (
            ErrorKind::UnexpectedAnswer,
            "the answer of the userinfo endpoint: `sub` is another person than the ID token's"
        )
    );
}

#[tokio::test]
async fn what_issuers_write_in_their_own_ways_is_understood() {
    // Auth0 sends times as strings, Apple sends booleans as strings.
    let claims =
        json!({ "updated_at": "2026-01-02T03:04:05.678Z", "email": "a@example.com", "email_verified": "true" });
    let issuer = Issuer::new(Script { claims, ..Script::default() }).await;

    let proof = exchange(&issuer.client()).await.expect("a proof");

    assert_eq!(proof.key.open_id.as_str(), "Lan-0042");
}

#[tokio::test]
async fn every_claim_that_is_wrong_makes_an_unexpected_answer() {
    let missing = |claim: &str| format!("the ID token: `{claim}` is missing or empty");
    let not_usable = "the ID token: `sub` is not usable: the open id";
    for (claims, detail) in [
        (json!({ "nonce": "of-another-login" }), "the ID token: `nonce` is of another login".to_owned()),
        (json!({ "nonce": null }), missing("nonce")),
        (json!({ "nonce": 5 }), "the ID token: `nonce` is a number, not a text".to_owned()),
        (json!({ "aud": "another-client" }), "the ID token: `aud` is not this client alone".to_owned()),
        (json!({ "aud": ["guiyi", "another-client"] }), "the ID token: `aud` is not this client alone".to_owned()),
        (json!({ "aud": ["guiyi", 5] }), "the ID token: `aud` is not this client alone".to_owned()),
        (json!({ "aud": [] }), "the ID token: `aud` is not this client alone".to_owned()),
        (json!({ "aud": null }), missing("aud")),
        (json!({ "aud": 5 }), "the ID token: `aud` is neither a text nor a list".to_owned()),
        (json!({ "azp": "another-client" }), "the ID token: `azp` is another client".to_owned()),
        (json!({ "azp": ["guiyi"] }), "the ID token: `azp` is a list, not a text".to_owned()),
        (json!({ "iss": "https://evil.example.com" }), "the ID token: `iss` is another issuer".to_owned()),
        (json!({ "iss": null }), missing("iss")),
        (json!({ "iss": [] }), "the ID token: `iss` is a list, not a text".to_owned()),
        (json!({ "exp": now() - 1 }), "the ID token: `exp` is over; check the system clock".to_owned()),
        (json!({ "exp": null }), missing("exp")),
        (json!({ "exp": true }), "the ID token: `exp` is a boolean, not a number".to_owned()),
        (json!({ "iat": now() + 400 }), "the ID token: `iat` is in the future; check the system clock".to_owned()),
        (json!({ "nbf": now() + 400 }), "the ID token: `nbf` is in the future; check the system clock".to_owned()),
        (json!({ "sub": "" }), missing("sub")),
        (json!({ "sub": null }), missing("sub")),
        (json!({ "sub": 42 }), "the ID token: `sub` is a number, not a text".to_owned()),
        (json!({ "sub": " Lan-0042" }), "the ID token: `sub` begins or ends with a blank".to_owned()),
        (json!({ "sub": "x".repeat(256) }), format!("{not_usable} is longer than 255 characters")),
        (json!({ "sub": "undefined" }), format!("{not_usable} is a placeholder for no value")),
    ] {
        let issuer = Issuer::new(Script { claims: claims.clone(), ..Script::default() }).await;

        let error = exchange(&issuer.client()).await.expect_err("a refusal");

        assert_eq!((error.kind, error.detail), (ErrorKind::UnexpectedAnswer, detail), "{claims}");
    }
}

#[tokio::test]
async fn every_signature_that_is_wrong_makes_an_unexpected_answer() {
    let algorithm = "the ID token's header: `alg` is an algorithm that is not accepted: \
                     it takes RS, PS, ES256, ES384 or EdDSA";
    let no_jwt = "the answer of the token endpoint: `id_token` is not a signed JWT";
    for (script, detail) in [
        (Script { signs: (1, "first"), ..Script::default() }, "the ID token's signature is wrong"),
        (
            Script { signs: (1, "second"), ..Script::default() },
            "the ID token's header: `kid` is a key that the issuer does not publish",
        ),
        (Script { id_token: Some(shared), ..Script::default() }, algorithm),
        (
            Script { id_token: Some(unsigned), ..Script::default() },
            "the ID token's header: `alg` is none: the ID token is not signed",
        ),
        (
            Script { id_token: Some(|_| Value::Null), ..Script::default() },
            "the answer of the token endpoint: `id_token` is missing or empty",
        ),
        (
            Script { id_token: Some(|_| json!(5)), ..Script::default() },
            "the answer of the token endpoint: `id_token` is a number, not a text",
        ),
        (Script { id_token: Some(|_| json!("not.a.token")), ..Script::default() }, no_jwt),
        (Script { id_token: Some(|_| json!("e30.e30")), ..Script::default() }, no_jwt),
        (
            Script { id_token: Some(|_| json!("e30.e30.e30.e30.e30")), ..Script::default() },
            "the ID token's header: `alg` is missing or empty",
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
async fn an_unreachable_issuer_is_unavailable_and_the_code_is_still_good() {
    let nobody = build(toml::toml! {
        issuer = "http://127.0.0.1:9"
        client_id = "guiyi"
        public = true
    });

    let error = exchange(&nobody.expect("sound settings")).await.expect_err("a failure");

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::Unavailable, true));
}

#[tokio::test]
async fn an_unreachable_token_endpoint_leaves_the_code_good() {
    let elsewhere = json!({ "token_endpoint": "http://127.0.0.1:9/token" });
    let issuer = Issuer::new(Script { discovery: elsewhere, ..Script::default() }).await;

    let error = exchange(&issuer.client()).await.expect_err("a failure");

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::Unavailable, true));
}

#[tokio::test]
async fn a_userinfo_endpoint_that_cannot_be_reached_signs_in_without_a_profile() {
    let elsewhere = json!({ "userinfo_endpoint": "http://127.0.0.1:9/me" });
    let claims = json!({ "name": null, "picture": null });
    let issuer = Issuer::new(Script { discovery: elsewhere, claims, ..Script::default() }).await;

    let proof = exchange(&issuer.client()).await.expect("a proof");

    assert_eq!((proof.key.open_id.as_str(), proof.profile), ("Lan-0042", Profile::default()));
}

#[tokio::test]
async fn unreachable_keys_come_too_late_for_the_code() {
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
    let of_another = "the discovery document: `issuer` is not exactly the configured one";
    let in_the_open = |name: &str| format!("the discovery document: `{name}` is an address that is not https");
    for (discovery, kind, detail) in [
        (json!({ "issuer": "https://evil.example.com" }), ErrorKind::Misconfigured, of_another.to_owned()),
        (
            json!({ "token_endpoint": "http://id.example.com/token" }),
            ErrorKind::Misconfigured,
            in_the_open("token_endpoint"),
        ),
        (
            json!({ "userinfo_endpoint": "http://id.example.com/me" }),
            ErrorKind::Misconfigured,
            in_the_open("userinfo_endpoint"),
        ),
        (
            json!({ "authorization_endpoint": "http://id.example.com/" }),
            ErrorKind::Misconfigured,
            in_the_open("authorization_endpoint"),
        ),
        (json!({ "jwks_uri": "http://id.example.com/" }), ErrorKind::Misconfigured, in_the_open("jwks_uri")),
        (
            json!({ "token_endpoint": null }),
            ErrorKind::UnexpectedAnswer,
            "the discovery document: `token_endpoint` is missing or empty".to_owned(),
        ),
        (
            json!({ "jwks_uri": 5 }),
            ErrorKind::UnexpectedAnswer,
            "the discovery document: `jwks_uri` is a number, not a text".to_owned(),
        ),
        (
            json!({ "authorization_endpoint": "/auth" }),
            ErrorKind::UnexpectedAnswer,
            "the discovery document: `authorization_endpoint` is not usable: relative URL without a base".to_owned(),
        ),
    ] {
        let issuer = Issuer::new(Script { discovery, ..Script::default() }).await;

        let error = exchange(&issuer.client()).await.expect_err(&detail);

        assert_eq!((error.kind, error.detail.clone(), error.code_is_unspent()), (kind, detail, true));
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
