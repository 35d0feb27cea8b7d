//! Deviations of issuers from the standard: an invalid value that no login needs never fails one, and an error names an
//! invalid value that a login needs.

use axum::http::StatusCode;
use domain::Profile;
use domain::login::Proof;
use providers::{ErrorKind, ProviderError};
use serde_json::{Value, json};

use crate::issuer::{CODE, Issuer, NONCE, SECRET, Script, TOKEN, exchange, now};
use crate::keys::{RSA, sign, text};

async fn outcome(script: Script) -> Result<Proof, ProviderError> {
    let issuer = Issuer::new(script).await;
    exchange(&issuer.client()).await
}

/// Returns the nickname of a person, who must log in as `Lan-0042`.
async fn nickname(script: Script) -> Option<String> {
    let proof = outcome(script).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(proof.key.open_id.as_str(), "Lan-0042");
    proof.profile.nickname
}

/// A script whose ID token has no profile.
fn asks(userinfo: Value) -> Script {
    Script { claims: json!({ "name": null, "picture": null }), userinfo, ..Script::default() }
}

fn portrait() -> Value {
    json!({ "sub": "Lan-0042", "name": "兰心" })
}

/// Makes an ID token of claims.
type Maker = fn(&Value) -> Value;

/// Claims of the standards that the provider does not read.
const UNREAD: [&str; 22] = [
    "acr",
    "address",
    "amr",
    "auth_time",
    "birthdate",
    "c_hash",
    "email",
    "email_verified",
    "events",
    "family_name",
    "gender",
    "given_name",
    "jti",
    "locale",
    "middle_name",
    "phone_number",
    "phone_number_verified",
    "profile",
    "sid",
    "updated_at",
    "website",
    "zoneinfo",
];

fn every_type() -> [Value; 12] {
    [
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(-1.5),
        json!(u64::MAX),
        json!(""),
        json!("pwd"),
        json!("2024-01-01 00:00:00"),
        json!([]),
        json!([["pwd"], {}]),
        json!({ "formatted": ["", null] }),
    ]
}

#[tokio::test]
async fn a_claim_that_is_not_read_never_breaks_a_login() {
    for value in every_type() {
        let claims: Value = UNREAD.iter().map(|claim| ((*claim).to_owned(), value.clone())).collect();

        assert_eq!(nickname(Script { claims, ..Script::default() }).await.as_deref(), Some("兰心"), "{value}");
    }
}

#[tokio::test]
async fn a_claim_that_is_read_if_it_fits_never_breaks_a_login() {
    for value in every_type() {
        let claims: Value = ["iat", "nbf", "at_hash", "picture", "nickname"]
            .iter()
            .map(|claim| ((*claim).to_owned(), value.clone()))
            .collect();
        // A number of seconds far in the future is a time, but an invalid one.
        if value != json!(u64::MAX) {
            assert_eq!(nickname(Script { claims, ..Script::default() }).await.as_deref(), Some("兰心"), "{value}");
        }
        let claims = json!({ "name": value, "nickname": null, "preferred_username": "lan" });
        let expected = value.as_str().filter(|name| !name.is_empty()).unwrap_or("lan");
        assert_eq!(nickname(Script { claims, ..Script::default() }).await.as_deref(), Some(expected), "{value}");
    }
}

#[tokio::test]
async fn a_time_may_be_a_text_or_have_a_fraction() {
    let end = now() + 600;
    for exp in [
        json!(end.to_string()),
        json!(format!("{end}.75")),
        json!(format!("{end}.5").parse::<f64>().expect("a number")),
    ] {
        let claims = json!({ "exp": exp, "iat": now().to_string() });

        assert_eq!(nickname(Script { claims, ..Script::default() }).await.as_deref(), Some("兰心"), "{exp}");
    }
    let error = outcome(Script { claims: json!({ "exp": (now() - 1).to_string() }), ..Script::default() }).await;
    assert_eq!(error.expect_err("a refusal").detail, "the ID token: `exp` is over; check the system clock");
}

#[tokio::test]
async fn texts_and_numbers_that_cannot_be_represented_never_break_a_login() {
    fn broken(claims: &Value) -> Value {
        let claims = claims.to_string();
        let payload = format!(
            "\u{feff}{{\"name\":\"\\ud83c\",\"huge\":-1e999,\"\\udf3f\":{{}},\"picture\":\"\u{1}\",\"a\":1,\"a\":2,{}",
            &claims.replace("\"name\"", "\"names\"").replace("\"picture\"", "\"pictures\"")[1..]
        );
        let message = format!("{}.{}", text(br#"{"alg":"EdDSA","kid":"first"}"#), text(payload.as_bytes()));
        json!(format!("{message}.{}", text(&sign(0, "EdDSA", message.as_bytes()))))
    }

    assert_eq!(nickname(Script { id_token: Some(broken), userinfo: json!([]), ..Script::default() }).await, None);
}

#[tokio::test]
async fn of_two_claims_of_one_name_none_is_believed() {
    fn doubled(claims: &Value, more: &str) -> Value {
        let payload = format!("{{{more},{}", &claims.to_string()[1..]);
        let message = format!("{}.{}", text(br#"{"alg":"EdDSA","kid":"first"}"#), text(payload.as_bytes()));
        json!(format!("{message}.{}", text(&sign(0, "EdDSA", message.as_bytes()))))
    }
    let makers: [(Maker, &str); 6] = [
        (|claims| doubled(claims, r#""sub":"Wei-0007""#), "sub"),
        (|claims| doubled(claims, r#""iss":"https://evil.example.com""#), "iss"),
        (|claims| doubled(claims, r#""aud":"another-client""#), "aud"),
        (|claims| doubled(claims, r#""azp":"guiyi","azp":"another-client""#), "azp"),
        (|claims| doubled(claims, r#""exp":1"#), "exp"),
        (|claims| doubled(claims, r#""nonce":"of-another-login""#), "nonce"),
    ];
    for (make, claim) in makers {
        let error = outcome(Script { id_token: Some(make), ..Script::default() }).await.expect_err("a refusal");

        assert_eq!(error.detail, format!("the ID token: `{claim}` occurs twice, with different values"));
    }
    let twice: Maker = |claims| doubled(claims, r#""sub":"Lan-0042","name":"x","address":1,"address":2"#);
    assert_eq!(nickname(Script { id_token: Some(twice), ..Script::default() }).await.as_deref(), Some("兰心"));
}

#[tokio::test]
async fn of_the_token_answer_only_the_id_token_is_needed() {
    for value in every_type() {
        let token = json!({ "expires_in": value, "token_type": value, "refresh_token": value, "access_token": value,
            "scope": value, "not-before-policy": value });

        let nickname = nickname(Script { token, ..Script::default() }).await;

        assert_eq!(nickname.as_deref(), Some("兰心"), "{value}");
    }
    for lifetime in [json!("3600"), json!(3600.5), json!(-1)] {
        let script = Script { token: json!({ "expires_in": lifetime }), ..asks(portrait()) };
        assert_eq!(nickname(script).await.as_deref(), Some("兰心"), "{lifetime}");
    }
}

#[tokio::test]
async fn without_a_usable_access_token_a_person_signs_in_without_a_profile() {
    for token in [json!(null), json!(5), json!(""), json!([]), json!("兰\n")] {
        let script = Script { token: json!({ "access_token": token }), ..asks(portrait()) };

        assert_eq!(nickname(script).await, None, "{token}");
    }
}

#[tokio::test]
async fn a_broken_userinfo_answer_signs_in_without_a_profile() {
    for body in [
        "",
        "<html>",
        "[]",
        "null",
        "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
        "{}",
        r#"{"name":"兰心"}"#,
        r#"{"sub":null,"name":"兰心"}"#,
        r#"{"sub":"","name":"兰心"}"#,
        r#"{"sub":"Lan-0042","name":"\ud83c"}"#,
        r#"{"sub":"Lan-0042","name":null,"picture":5}"#,
        r#"{"sub":"Lan-0042","name":{"first":"兰心"}}"#,
    ] {
        let script = Script { raw: Some(("/me", body.as_bytes().to_vec())), ..asks(json!({})) };

        assert_eq!(outcome(script).await.expect(body).profile, Profile::default(), "{body}");
    }
    let odd =
        r#"{"sub":"Lan-0042","name":"兰心","email_verified":1,"address":[],"updated_at":"x","locale":{},"a":1e999}"#;
    let script = Script { raw: Some(("/me", odd.as_bytes().to_vec())), ..asks(json!({})) };
    assert_eq!(nickname(script).await.as_deref(), Some("兰心"));
}

#[tokio::test]
async fn a_refused_or_failing_userinfo_request_signs_in_without_a_profile() {
    for status in [400, 401, 403, 404, 302, 429, 500, 503] {
        let userinfo_status = StatusCode::from_u16(status).expect("a status");
        assert_eq!(nickname(Script { userinfo_status, ..asks(portrait()) }).await, None, "{status}");
    }
}

#[tokio::test]
async fn a_subject_of_the_userinfo_answer_may_be_a_number_and_must_be_the_same() {
    let script = |claim: Value, sub: Value| Script {
        claims: json!({ "sub": claim, "name": null, "picture": null }),
        userinfo: json!({ "sub": sub, "name": "兰心" }),
        ..Script::default()
    };

    let same = outcome(script(json!("42"), json!(42))).await.expect("a proof");
    assert_eq!((same.key.open_id.as_str(), same.profile.nickname.as_deref()), ("42", Some("兰心")));
    for sub in [json!(43), json!("43"), json!(true), json!([]), json!({})] {
        let error = outcome(script(json!("42"), sub.clone())).await.expect_err("a refusal");
        assert!(error.detail.starts_with("the answer of the userinfo endpoint: `sub` is "), "{sub}: {error}");
        assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::UnexpectedAnswer, false));
    }
}

#[tokio::test]
async fn an_access_token_of_another_id_token_is_not_used() {
    let half = |digest: &'static ring::digest::Algorithm| {
        let hash = ring::digest::digest(digest, TOKEN.as_bytes());
        text(&hash.as_ref()[..hash.as_ref().len() / 2])
    };
    let (sha256, sha512) = (half(&ring::digest::SHA256), half(&ring::digest::SHA512));
    for (key, at_hash, name) in [
        (0, json!(sha512), Some("兰心")),
        (0, json!(sha256), None),
        (RSA, json!(sha256), Some("兰心")),
        (RSA, json!(sha512), None),
        (RSA, json!("bm9uZQ"), None),
        // A value that is not a string is ignored.
        (RSA, json!(5), Some("兰心")),
        (RSA, json!(""), Some("兰心")),
    ] {
        let signs = (key, "first");
        let claims = json!({ "name": null, "picture": null, "at_hash": at_hash });
        let issuer =
            Issuer::new(Script { claims, signs, shows: signs, userinfo: portrait(), ..Script::default() }).await;

        let proof = exchange(&issuer.client()).await.expect("a proof");

        assert_eq!(proof.profile.nickname.as_deref(), name, "{at_hash}");
        assert_eq!(issuer.paths().contains(&"/me".to_owned()), name.is_some(), "{at_hash}");
    }
}

#[tokio::test]
async fn a_sparse_discovery_document_suffices() {
    let odd = [
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
        "scopes_supported",
        "claims_supported",
        "registration_endpoint",
        "end_session_endpoint",
        "service_documentation",
        "op_policy_uri",
        "token_endpoint_auth_methods_supported",
        "userinfo_endpoint",
        "code_challenge_methods_supported",
        "claims_parameter_supported",
        "mtls_endpoint_aliases",
        "userinfo_signing_alg_values_supported",
    ];
    for value in every_type().into_iter().chain([json!(["unknown", 5, null]), json!("no address")]) {
        let discovery: Value = odd.iter().map(|name| ((*name).to_owned(), value.clone())).collect();

        assert_eq!(nickname(Script { discovery, ..Script::default() }).await.as_deref(), Some("兰心"), "{value}");
    }
}

#[tokio::test]
async fn an_issuer_without_a_userinfo_endpoint_has_no_profiles() {
    for endpoint in [json!(null), json!(""), json!("/me"), json!(5), json!([])] {
        let issuer =
            Issuer::new(Script { discovery: json!({ "userinfo_endpoint": endpoint }), ..asks(portrait()) }).await;

        assert_eq!(exchange(&issuer.client()).await.expect("a proof").profile, Profile::default(), "{endpoint}");
    }
}

#[tokio::test]
async fn every_answer_may_have_a_byte_order_mark_and_be_called_text() {
    for path in ["/.well-known/openid-configuration", "/jwks", "/token", "/me"] {
        let issuer = Issuer::new(asks(portrait())).await;
        let body = axum::body::to_bytes(issuer.said(path).into_body(), 65_536).await.expect("a body");
        issuer.script().raw = Some((path, ["\u{feff}\n".as_bytes(), &body].concat()));

        let proof = exchange(&issuer.client()).await.unwrap_or_else(|error| panic!("{path}: {error}"));

        assert_eq!(proof.profile.nickname.as_deref(), Some("兰心"), "{path}");
    }
}

#[tokio::test]
async fn a_refusal_with_the_status_of_a_success_is_a_refusal() {
    let refuses = Some((200, r#"{"error":"invalid_grant","error_description":5,"id_token_hint":""}"#.to_owned()));

    let error = outcome(Script { refuses, ..Script::default() }).await.expect_err("a refusal");

    assert_eq!((error.kind, error.detail.as_str()), (ErrorKind::CodeRejected, "the issuer answered invalid_grant"));
}

#[tokio::test]
async fn no_wrong_claim_is_repeated() {
    let planted = format!("{CODE} {SECRET} {NONCE} {TOKEN}");
    for claim in ["iss", "aud", "azp", "exp", "nonce", "sub"] {
        for value in [json!(planted), json!([planted]), json!({ "a": planted })] {
            let claims = json!({ claim: value });
            let error = outcome(Script { claims, ..Script::default() }).await.expect_err("a refusal");

            let told = format!("{error} {error:?}");
            assert!(told.contains(&format!("the ID token: `{claim}` ")), "{told}");
            for secret in [CODE, SECRET, NONCE, TOKEN] {
                assert!(!told.contains(secret), "{told}");
            }
        }
    }
}
