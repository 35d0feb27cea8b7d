//! Every number and word that a vendor documents for a refused code, and its kind.

use providers::ErrorKind::{
    self, CodeRejected, CodeUsed, ConsentRequired, Misconfigured, PersonBlocked, RateLimited, Unavailable,
    UnexpectedAnswer,
};

use crate::upstream::{Vendor, exchange, refusal};

async fn are_of_their_kinds(
    vendor: &Vendor,
    kinds: &[(ErrorKind, &[i64])],
    (status, answer): (u16, fn(i64) -> String),
) {
    for (kind, numbers) in kinds {
        for number in *numbers {
            let error = refusal(vendor, status, &answer(*number)).await;

            assert_eq!((error.kind, error.code_is_unspent()), (*kind, false), "{} {number}: {error}", vendor.kind);
            assert!(error.detail.contains(&format!(" answered {number}: words of it")), "{error}");
        }
    }
}

#[tokio::test]
async fn every_number_of_feishu_has_its_kind() {
    let kinds: [(ErrorKind, &[i64]); 7] = [
        (CodeRejected, &[20003, 20004, 20005, 20024, 20049, 99_991_668]),
        (CodeUsed, &[20065]),
        (PersonBlocked, &[20008, 20010, 20021, 20022, 20023, 20066]),
        (RateLimited, &[99_991_400]),
        (Unavailable, &[20050, 20072]),
        (Misconfigured, &[20001, 20002, 20009, 20036, 20048, 20063, 20067, 20068, 20069, 20070, 20071]),
        (UnexpectedAnswer, &[1, -1, 20006, 99_991_401]),
    ];
    let answer = |number| format!(r#"{{"code":{number},"error":"invalid","error_description":"words of it"}}"#);

    are_of_their_kinds(&Vendor::FEISHU, &kinds, (400, answer)).await;
    are_of_their_kinds(&Vendor::FEISHU, &kinds, (200, |number| format!(r#"{{"code":{number},"msg":"words of it"}}"#)))
        .await;
}

#[tokio::test]
async fn every_number_of_qq_has_its_kind() {
    let kinds: [(ErrorKind, &[i64]); 5] = [
        (CodeRejected, &[100_005, 100_013, 100_014, 100_015, 100_016, 100_018, 100_019]),
        (CodeUsed, &[100_020]),
        (ConsentRequired, &[100_030]),
        (Misconfigured, &[100_001, 100_002, 100_004, 100_008, 100_009, 100_010, 100_011, 100_017, 100_031, 100_048]),
        (UnexpectedAnswer, &[1, -1, 100_000, 100_021, 100_029]),
    ];

    let answer = |number| format!(r#"callback( {{"error":{number},"error_description":"words of it"}} );"#);
    are_of_their_kinds(&Vendor::QQ, &kinds, (200, answer)).await;
}

#[tokio::test]
async fn every_number_of_weibo_has_its_kind() {
    let kinds: [(ErrorKind, &[i64]); 7] = [
        (CodeRejected, &[21325, 21327, 21332]),
        (ConsentRequired, &[21330]),
        (PersonBlocked, &[10013]),
        (RateLimited, &[10022, 10023, 10024]),
        (Unavailable, &[10001, 10002, 10003, 10009, 10010, 10011, 21331]),
        (Misconfigured, &[10004, 10005, 10006, 10014, 21321, 21322, 21323, 21324, 21326, 21328, 21329]),
        (UnexpectedAnswer, &[1, -1, 10007, 20101, 21301]),
    ];

    let answer =
        |number| format!(r#"{{"error":"words of it","error_code":{number},"request":"/oauth2/access_token"}}"#);
    are_of_their_kinds(&Vendor::WEIBO, &kinds, (400, answer)).await;
}

#[tokio::test]
async fn only_the_refusal_of_a_blocked_person_to_the_profile_fails_a_login() {
    for (number, kind) in [(10013, Some(PersonBlocked)), (21327, None), (10023, None), (1, None)] {
        let said = format!(r#"{{"error":"words of it","error_code":{number}}}"#);
        let refused = move |good: String| if good.contains("screen_name") { said.clone() } else { good };
        let (provider, _) = Vendor::WEIBO.serve(|_| (), refused).await;
        let proof = exchange(&provider).await;

        assert_eq!(
            proof.as_ref().err().map(|error| (error.kind, error.code_is_unspent())),
            kind.map(|kind| (kind, false))
        );
        assert_eq!(proof.ok().and_then(|proof| proof.profile.nickname), None);
    }
}

#[tokio::test]
async fn every_word_of_dingtalk_has_its_kind() {
    for (kind, status, word) in [
        (CodeRejected, 400, "invalidParameter.authCode.notFound"),
        (CodeRejected, 401, "InvalidAuthentication"),
        (Misconfigured, 400, "invalidClientIdOrSecret"),
        (Misconfigured, 403, "Forbidden.AccessDenied.AccessTokenPermissionDenied"),
        (Misconfigured, 403, "Forbidden.AccessDenied.IpNotInWhiteList"),
        (Misconfigured, 404, "InvalidAction.NotFound"),
        (RateLimited, 403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"),
        (RateLimited, 403, "Forbidden.AccessDenied.QpsLimitForApi"),
        (RateLimited, 403, "Forbidden.AccessDenied.ApiCountLimitForOrg"),
        (Unavailable, 503, "ServiceUnavailable"),
        (UnexpectedAnswer, 403, "Forbidden.AccessDenied"),
        (UnexpectedAnswer, 400, "invalidParameter"),
    ] {
        let error =
            refusal(&Vendor::DINGTALK, status, &format!(r#"{{"code":"{word}","message":"words of it"}}"#)).await;

        assert_eq!(error.kind, kind, "{word}");
        assert_eq!(error.detail, format!("DingTalk answered {word}: words of it"));
    }
}
