//! Alipay's requests, each with the app's signature and the serial numbers of its certificates; and the meaning of its
//! answers for a login with the base scope, including answers signed by another key.

use std::collections::BTreeMap;
use std::sync::Arc;

use data_encoding::BASE64;
use providers::builtin::{TAPES, VARIANTS};
use providers::contract::tools::heard;
use providers::contract::{self, Answer, Call, Reply, Scene, Tape};
use providers::{ErrorKind, Exchange, LoginCode};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::upstream::{CODE, RETURN, Upstream, exchange, kept, settings};

/// The public part of the key that the tape's app has.
const APP_PUBLIC: &str = "\
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAhPLT3FexAhlZh5l2cLoh4fViERFUbgPCwi6qXwfO+oLe4tS3Y6VqfQQhzu3ui4OiBg\
    nMAwkB5zlynfi08BcWZNb3/EkkDVtKCPPNcI2ZDl5RyQIuo5eBR/upJMJVrWr6jUuycZazRaZxIqtJTGFZMPpIaBO38Zt9FQKr83zCVwLpYDBR\
    h9fq5JDfZWnjDPTdeWwCRcOO5jk+B5Tw6iamweXSxoxJzaHBIdmwb1/uDB6KcThJt6O3U5rqyerJohTJ8dgp39Rp9IgK8A8YROnX7bIPZxuwvY\
    iHMQZee40iznjN13YGbGvOgD6dQJnaphvawTDHsnvZ3SFn76eWfJF1TwIDAQAB";

/// The length of the header around the RSA key in `APP_PUBLIC`, which gives the kind of key.
const HEAD: usize = 24;

fn tape() -> Tape {
    *TAPES.iter().find(|tape| tape.factory.kind == "alipay").expect("the tape")
}

/// Logs in with a valid code at an upstream whose answers are changed, and returns the outcome with the log.
fn log_in(
    tape: Tape,
    change: fn(&Call, Answer) -> Answer,
) -> (Result<domain::login::Proof, providers::ProviderError>, String) {
    let script = move |call: &Call, _, upstream: &Url| {
        let scene = Scene { call, upstream, redirect_uri: RETURN, kept: &kept() };
        Reply::Whole(change(call, (tape.good_code)(&scene)))
    };
    let upstream = contract::Upstream::open(Box::new(script));
    let provider = (tape.factory.build)(settings((tape.settings)(upstream.url()))).expect("sound settings");
    let code = LoginCode::parse(contract::CODE).expect("a code");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    heard(|| runtime.block_on(provider.exchange(&Exchange::of(&code))))
}

fn reads_profile(call: &Call) -> bool {
    call.value("method").as_deref() == Some("alipay.user.info.share")
}

#[test]
fn a_login_with_the_base_scope_has_no_profile_and_no_warning() {
    let base = |call: &Call, good: Answer| {
        let refused = json!({ "code": "20001", "msg": "Insufficient Token Permissions",
            "sub_code": "aop.invalid-auth-token", "sub_msg": "无效的访问令牌" });
        if reads_profile(call) { Answer::json(&json!({ "error_response": refused })) } else { good }
    };
    let fails = |call: &Call, good: Answer| {
        let refused =
            json!({ "code": "20000", "msg": "Service Currently Unavailable", "sub_code": "isp.unknow-error" });
        if reads_profile(call) { Answer::json(&json!({ "error_response": refused })) } else { good }
    };

    for (change, warns) in [(base as fn(&Call, Answer) -> Answer, false), (fails, true)] {
        let (proof, said) = log_in(tape(), change);

        let proof = proof.expect("a proof");
        assert_eq!(proof.profile, domain::Profile::default());
        assert_eq!(said.contains("\"level\":\"WARN\""), warns, "{said}");
    }
}

#[test]
fn the_log_says_that_alipay_has_another_certificate() {
    let other = |_: &Call, good: Answer| {
        let mut told: Value = serde_json::from_slice(&good.body).expect("JSON");
        told["sign"] = "AA==".into();
        told["alipay_cert_sn"] = "0123456789abcdef0123456789abcdef".into();
        Answer { body: told.to_string().into_bytes(), ..good }
    };

    let (outcome, _) = log_in(VARIANTS[0].1, other);

    let error = outcome.expect_err("a wrong signature");
    assert_eq!(error.kind, ErrorKind::UnexpectedAnswer);
    assert!(error.detail.ends_with("it names another certificate: download alipay_cert again"), "{error}");
}

#[tokio::test]
async fn a_signature_covers_every_parameter_in_the_order_of_their_names() {
    let tape = tape();
    let upstream = Arc::new(Upstream::default());
    let address = upstream.clone().open().await;
    let provider = (tape.factory.build)(settings((tape.settings)(&address))).expect("sound settings");

    exchange(&provider).await.expect_err("an answer with nothing in it");

    let calls = upstream.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    let (head, form) = calls[0].split_once(" [] ").expect("a form");
    assert_eq!(head, "POST /gateway.do");
    let mut parameters: BTreeMap<String, String> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let signature = parameters.remove("sign").expect("a signature");
    let names: Vec<_> = parameters.keys().map(String::as_str).collect();
    let expected = ["app_id", "charset", "code", "format", "grant_type", "method", "sign_type", "timestamp", "version"];
    assert_eq!((names.as_slice(), parameters["code"].as_str()), (expected.as_slice(), CODE));
    let message: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let key = BASE64.decode(APP_PUBLIC.as_bytes()).expect("base64");
    let signature = BASE64.decode(signature.as_bytes()).expect("base64");
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &key[HEAD..])
        .verify(message.join("&").as_bytes(), &signature)
        .expect("the app's signature");
}
