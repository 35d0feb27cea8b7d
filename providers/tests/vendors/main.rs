//! Tests of the vendors' providers against a scripted upstream: the requests that they send, and how they handle odd
//! answers. The contract covers what all have in common.

mod alipay;
mod baidu;
mod kinds;
mod requests;
mod upstream;

use domain::Profile;
use providers::ErrorKind;
use upstream::{Vendor, exchange, refusal};

#[tokio::test]
async fn an_app_without_a_union_scope_reads_no_union_id() {
    for vendor in Vendor::ALL {
        let (provider, upstream) = vendor.serve(|table| drop(table.remove("union_scope")), |good| good).await;

        let proof = exchange(&provider).await.expect("a proof");

        assert_eq!((proof.key.open_id.as_str(), proof.union), (vendor.open_id, None), "{}", vendor.kind);
        assert!(upstream.calls().iter().all(|call| !call.contains("unionid=1")), "{}", vendor.kind);
    }
}

#[tokio::test]
async fn an_empty_union_id_is_named_where_an_app_needs_one() {
    for (vendor, field) in [
        (&Vendor::FEISHU, "union_id"),
        (&Vendor::DINGTALK, "unionId"),
        (&Vendor::QQ, "unionid"),
        (&Vendor::BAIDU, "unionid"),
    ] {
        let emptied = |good: String| good.replace(&format!("\"{field}\":\"U-1\""), &format!("\"{field}\":\"\""));
        let (provider, _) = vendor.serve(|_| (), emptied).await;

        let error = exchange(&provider).await.expect_err("no union id");

        assert_eq!(error.kind, ErrorKind::UnexpectedAnswer);
        assert!(error.detail.ends_with(&format!("`{field}` is missing or empty")), "{error}");
    }
}

#[tokio::test]
async fn a_number_may_come_as_text_or_with_a_fraction() {
    for (vendor, status, body, kind) in [
        (&Vendor::FEISHU, 400, r#"{"code":"20065","error":"invalid_grant"}"#, ErrorKind::CodeUsed),
        (&Vendor::FEISHU, 200, r#"{"code":20004.0}"#, ErrorKind::CodeRejected),
        (&Vendor::QQ, 200, r#"{"error":"100020","error_description":"code is reused error"}"#, ErrorKind::CodeUsed),
        (&Vendor::WEIBO, 400, r#"{"error":"invalid_grant","error_code":"21325"}"#, ErrorKind::CodeRejected),
        (
            &Vendor::WEIBO,
            403,
            r#"{"error":"User requests out of rate limit!","error_code":10023}"#,
            ErrorKind::RateLimited,
        ),
    ] {
        assert_eq!(refusal(vendor, status, body).await.kind, kind, "{} {body}", vendor.kind);
    }
}

#[tokio::test]
async fn a_status_of_trouble_decides_and_the_words_are_logged() {
    for (vendor, body) in [
        (&Vendor::FEISHU, r#"{"code":20003,"error_description":"The authorization code is not found."}"#),
        (&Vendor::DINGTALK, r#"{"code":"invalidParameter.authCode.notFound","message":"words"}"#),
        (&Vendor::QQ, r#"{"error":100019,"error_description":"words"}"#),
        (&Vendor::WEIBO, r#"{"error":"invalid_grant","error_code":21325}"#),
        (&Vendor::BAIDU, r#"{"error":"invalid_grant","error_description":"words"}"#),
    ] {
        for (status, kind) in [(503, ErrorKind::Unavailable), (429, ErrorKind::RateLimited)] {
            let error = refusal(vendor, status, body).await;

            assert_eq!((error.kind, error.code_is_unspent()), (kind, false), "{} {status}", vendor.kind);
            assert!(error.detail.contains(" answered ") && !error.detail.contains("answered 503"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_status_without_words_is_no_rejected_code() {
    for vendor in Vendor::ALL {
        for body in ["{}", "", "<html>", "[]", r#"{"code":[],"error":{},"error_code":true}"#] {
            assert_eq!(refusal(vendor, 400, body).await.kind, ErrorKind::UnexpectedAnswer, "{} {body}", vendor.kind);
        }
    }
}

#[tokio::test]
async fn a_profile_with_nothing_in_it_is_none() {
    for vendor in Vendor::ALL {
        let pictures = ["\"https://img.example/lan.png\"", "\"e2c1776c\""];
        let odd =
            |good: String| pictures.iter().fold(good.replace("\"Lan\"", "7"), |text, name| text.replace(name, "[]"));
        let (provider, _) = vendor.serve(|_| (), odd).await;

        let proof = exchange(&provider).await.expect("a proof");

        assert_eq!(
            (proof.key.open_id.as_str(), proof.profile),
            (vendor.open_id, Profile::default()),
            "{}",
            vendor.kind
        );
    }
}

#[tokio::test]
async fn qq_may_put_every_answer_into_a_callback() {
    let wrapped = |good: String| format!("callback( {good} );\n");
    let (provider, _) = Vendor::QQ.serve(|_| (), wrapped).await;

    let proof = exchange(&provider).await.expect("a proof");

    assert_eq!(proof.key.open_id.as_str(), Vendor::QQ.open_id);
    assert_eq!(proof.union.expect("a union id").union_id.as_str(), "U-1");
    assert_eq!(proof.profile.nickname.as_deref(), Some("Lan"));
    let refused =
        refusal(&Vendor::QQ, 200, "callback( {\"error\":100048,\"error_description\":\"companyid not set\"} );");
    let error = refused.await;
    assert_eq!(error.kind, ErrorKind::Misconfigured);
    assert_eq!(error.detail, "QQ answered 100048: companyid not set");
}

#[tokio::test]
async fn weibo_repeats_the_code_and_the_error_does_not() {
    let body = format!(
        r#"{{"error":"invalid_grant","error_code":21325,"request":"/oauth2/access_token","error_description":"invalid authorization code:{}"}}"#,
        upstream::CODE
    );

    let error = refusal(&Vendor::WEIBO, 400, &body).await;

    assert_eq!(error.detail, "Weibo answered 21325: invalid_grant invalid authorization code:…");
}
