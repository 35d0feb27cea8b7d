//! Tests specific to the WeChat providers, against a scripted upstream. See `contract` for the promises of all providers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use domain::login::Proof;
use providers::{
    AuthorizeRequest, ErrorKind, Exchange, Http, HttpLimits, IdentityProvider, KeptSecrets, LoginCode, LoginScope,
    ProviderError, Settings, TokensInMemory, builtin,
};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const CODE: &str = "091eXm0w3pLeC0deQtt0w3ABCD62eXm0";

/// The upstream's answers to `/sns/userinfo`, and to everything else.
#[derive(Clone)]
struct Upstream {
    first: &'static str,
    userinfo: &'static str,
}

async fn answer(State(upstream): State<Arc<Upstream>>, uri: Uri) -> &'static str {
    if uri.path() == "/sns/userinfo" { upstream.userinfo } else { upstream.first }
}

async fn provider(kind: &str, upstream: Upstream) -> Arc<dyn IdentityProvider> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let sandbox = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("an address");
    let router = Router::new().fallback(answer).with_state(Arc::new(upstream));
    tokio::spawn(async move { axum::serve(listener, router).await });
    build(kind, Some(sandbox))
}

fn build(kind: &str, sandbox: Option<url::Url>) -> Arc<dyn IdentityProvider> {
    let table = toml::toml! {
        app_id = "wxabcdef0123456789"
        union_scope = "hemu"
    };
    let mut table = table;
    table.insert("app_secret".into(), SECRET.into());
    let limits = HttpLimits { connect: Duration::from_secs(1), total: Duration::from_millis(500) };
    let http = Http::new(limits).expect("a client");
    let factory = builtin::ALL.iter().find(|factory| factory.kind == kind).expect("a kind");
    (factory.build)(settings(table, http, sandbox)).expect("sound settings")
}

fn settings(table: toml::Table, http: Http, sandbox: Option<url::Url>) -> Settings {
    Settings { table, http, tokens: Arc::new(TokensInMemory::default()), sandbox }
}

fn kept() -> KeptSecrets {
    KeptSecrets { nonce: "n0nce".into(), code_verifier: "v3rifier".repeat(6).into() }
}

async fn exchange(kind: &str, first: &'static str, userinfo: &'static str) -> Result<Proof, ProviderError> {
    let provider = provider(kind, Upstream { first, userinfo }).await;
    provider.exchange(&Exchange::of(&LoginCode::parse(CODE).expect("a code"))).await
}

const TOKEN: &str = r#"{"access_token":"86_t","expires_in":7200,"refresh_token":"86_r","openid":"oLan","scope":"snsapi_userinfo","unionid":"oULan"}"#;
const INFO: &str = r#"{"openid":"oLan","nickname":"兰心🌿","sex":0,"headimgurl":"https://thirdwx.qlogo.cn/x/132","privilege":[],"unionid":"oULan"}"#;

#[tokio::test]
async fn an_official_accounts_authorize_url_is_wechats_to_the_letter() {
    let request = AuthorizeRequest {
        redirect_uri: "https://shop.example.com/back?a=1&b=é",
        state: "S1",
        scope: LoginScope::UserInfo,
        kept: &kept(),
    };

    let url = build("wechat-official-account", None).authorize_url(&request).await.expect("a browser login");

    assert_eq!(
        url,
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxabcdef0123456789\
         &redirect_uri=https%3A%2F%2Fshop.example.com%2Fback%3Fa%3D1%26b%3D%C3%A9\
         &response_type=code&scope=snsapi_userinfo&state=S1#wechat_redirect"
    );
}

#[tokio::test]
async fn the_base_scope_is_asked_for_by_its_name_and_a_website_has_only_one_scope() {
    let (redirect_uri, kept) = ("https://shop.example.com/", kept());
    let request = AuthorizeRequest { redirect_uri, state: "S1", scope: LoginScope::Base, kept: &kept };
    let url = async |kind| build(kind, None).authorize_url(&request).await.expect("a browser login");

    assert!(url("wechat-official-account").await.contains("&scope=snsapi_base&state=S1#wechat_redirect"));
    assert_eq!(
        url("wechat-website").await,
        "https://open.weixin.qq.com/connect/qrconnect?appid=wxabcdef0123456789\
         &redirect_uri=https%3A%2F%2Fshop.example.com%2F\
         &response_type=code&scope=snsapi_login&state=S1#wechat_redirect"
    );
}

#[tokio::test]
async fn a_full_login_tells_both_keys_and_the_profile() {
    for kind in ["wechat-official-account", "wechat-website", "wechat-mobile"] {
        let proof = exchange(kind, TOKEN, INFO).await.expect(kind);

        insta::allow_duplicates! { insta::assert_debug_snapshot!(proof, @r#"
        Proof {
            key: OpenKey {
                app: AppId(
                    "wxabcdef0123456789",
                ),
                open_id: OpenId(
                    "oLan",
                ),
            },
            union: Some(
                UnionKey {
                    scope: UnionScope(
                        "hemu",
                    ),
                    union_id: UnionId(
                        "oULan",
                    ),
                },
            ),
            profile: Profile {
                nickname: Some(
                    "兰心🌿",
                ),
                avatar_url: Some(
                    "https://thirdwx.qlogo.cn/x/132",
                ),
            },
        }
        "#) }
    }
}

#[tokio::test]
async fn a_base_login_tells_the_open_id_only_and_asks_for_no_profile() {
    let base =
        r#"{"access_token":"86_t","expires_in":7200,"refresh_token":"86_r","openid":"oLan","scope":"snsapi_base"}"#;

    let proof = exchange("wechat-official-account", base, r#"{"errcode":48001}"#).await.expect("a proof");

    assert_eq!((proof.key.open_id.as_str(), proof.union, proof.profile), ("oLan", None, domain::Profile::default()));
}

#[tokio::test]
async fn a_broken_profile_signs_in_without_a_name() {
    for info in [
        r#"{"openid":"oLan","nickname":"\ud83c","headimgurl":"","unionid":"oULan"}"#,
        r#"{"openid":"oLan","nickname":null,"headimgurl":null}"#,
        r#"{"openid":5,"nickname":{},"headimgurl":[],"sex":"?","privilege":null,"unread":1e999}"#,
        r#"{"errcode":"0","errmsg":5,"nickname":true}"#,
        "{}",
        "[]",
        "null",
        "<html>",
        r#"{"nickname":"阿"#,
    ] {
        let proof = exchange("wechat-official-account", TOKEN, info).await.expect(info);

        let union_id = proof.union.as_ref().map(|union| union.union_id.as_str());
        assert_eq!((proof.key.open_id.as_str(), union_id), ("oLan", Some("oULan")), "{info}");
        assert_eq!(proof.profile, domain::Profile::default(), "{info}");
    }
    let cut = r#"{"nickname":"兰心\ud83c","headimgurl":5}"#;
    let proof = exchange("wechat-website", TOKEN, cut).await.expect("a proof");
    assert_eq!(proof.profile, domain::Profile::new("兰心", ""));
}

#[tokio::test]
async fn a_profile_that_cannot_be_had_signs_in_without_a_name_unless_the_failure_is_about_the_person() {
    for refused in [r#"{"errcode":-1}"#, r#"{"errcode":45011}"#, r#"{"errcode":40125}"#, r#"{"errcode":99999}"#, ""] {
        let proof = exchange("wechat-website", TOKEN, refused).await.expect(refused);

        assert_eq!((proof.union.is_some(), proof.profile), (true, domain::Profile::default()), "{refused}");
    }
    for (refused, kind) in [
        (r#"{"errcode":48001}"#, ErrorKind::ConsentRequired),
        (r#"{"errcode":50002}"#, ErrorKind::PersonBlocked),
        (r#"{"errcode":40014}"#, ErrorKind::CodeRejected),
    ] {
        let error = exchange("wechat-official-account", TOKEN, refused).await.expect_err(refused);

        assert_eq!((error.kind, error.code_is_unspent()), (kind, false), "{refused}");
    }
}

#[tokio::test]
async fn an_app_that_always_has_union_ids_signs_no_person_in_without_one() {
    let token = r#"{"access_token":"86_t","openid":"oLan","scope":"snsapi_login"}"#;

    for info in [r#"{"openid":"oLan","nickname":"兰心"}"#, r#"{"unionid":""}"#, r#"{"unionid":null}"#] {
        for kind in ["wechat-website", "wechat-mobile"] {
            let error = exchange(kind, token, info).await.expect_err(info);

            assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::UnexpectedAnswer, false));
            assert_eq!(
                error.detail,
                "the answer of /sns/oauth2/access_token: `unionid` is missing or empty, also in the profile"
            );
        }
        let proof = exchange("wechat-official-account", token, info).await.expect(info);
        assert_eq!(proof.union, None, "an official account may be bound to no Open Platform account");
    }
}

#[tokio::test]
async fn a_union_id_that_only_the_unreadable_profile_has_is_needed() {
    let token = r#"{"access_token":"86_t","openid":"oLan","scope":"snsapi_userinfo"}"#;

    let error = exchange("wechat-official-account", token, "<html>").await.expect_err("a failure");
    let proof = exchange("wechat-official-account", token, INFO).await.expect("a proof");

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::UnexpectedAnswer, false));
    assert_eq!(error.detail, "the answer of /sns/userinfo is not a JSON object");
    assert_eq!(proof.union.map(|union| union.union_id.as_str().to_owned()).as_deref(), Some("oULan"));
}

#[tokio::test]
async fn what_a_login_needs_and_is_wrong_is_named() {
    for (first, detail) in [
        (r#"{"access_token":"86_t","openid":5}"#, "`openid` is a number, not a text"),
        (r#"{"access_token":"86_t","openid":null}"#, "`openid` is missing or empty"),
        (r#"{"access_token":"86_t"}"#, "`openid` is missing or empty"),
        (
            r#"{"access_token":"86_t","openid":"o\ud83cLan"}"#,
            "`openid` is not usable: the open id contains a character that is not allowed",
        ),
        (r#"{"openid":"oLan","access_token":{}}"#, "`access_token` is an object, not a text"),
        (r#"{"openid":"oLan","access_token":"86_t","unionid":5}"#, "`unionid` is a number, not a text"),
        (r#"{"openid":"oLan","openid":"oWei","access_token":"86_t"}"#, "`openid` occurs twice, with different values"),
        (
            r#"{"openid":"oLan","access_token":"86_t","is_snapshotuser":[]}"#,
            "`is_snapshotuser` is a list, not a number",
        ),
        (r#"{"openid":"oLan","access_token":"86_t","errcode":{}}"#, "`errcode` is an object, not a number"),
    ] {
        let error = exchange("wechat-official-account", first, INFO).await.expect_err(first);

        assert_eq!(error.kind, ErrorKind::UnexpectedAnswer, "{first}");
        assert_eq!(error.detail, format!("the answer of /sns/oauth2/access_token: {detail}"));
    }
}

#[tokio::test]
async fn what_a_login_does_not_need_may_be_anything() {
    for first in [
        r#"{"access_token":"86_t","expires_in":"7200","refresh_token":null,"openid":"oLan","scope":[],"unionid":"oULan"}"#,
        r#"{"access_token":"86_t","expires_in":7200.5,"openid":"oLan","errcode":"0","errmsg":null,"unionid":"oULan"}"#,
        r#"{"access_token":"86_t","openid":"oLan","unionid":"oULan","is_snapshotuser":0,"unread":{"a":[1e999,"\udf3f"]}}"#,
        r#"{"access_token":"86_t","openid":"oLan","unionid":"oULan","is_snapshotuser":null,"openid":"oLan"}"#,
        "\u{feff}{\"access_token\":\"86_t\",\"openid\":\"oLan\",\"unionid\":\"oULan\",\"is_snapshotuser\":\"0\"}",
    ] {
        let proof = exchange("wechat-official-account", first, INFO).await.expect(first);

        assert_eq!((proof.key.open_id.as_str(), proof.union.is_some()), ("oLan", true), "{first}");
        assert_eq!(proof.profile.nickname.as_deref(), Some("兰心🌿"), "{first}");
    }
}

#[tokio::test]
async fn an_empty_or_blank_union_id_is_absent() {
    for session in
        [r#"{"openid":"oMini","unionid":""}"#, r#"{"openid":"oMini","unionid":"  "}"#, r#"{"openid":"oMini"}"#]
    {
        let proof = exchange("wechat-mini-program", session, "").await.expect("a proof");

        assert_eq!(proof.union, None, "{session}");
    }
}

#[tokio::test]
async fn r0_a_snapshot_user_is_refused() {
    let snapshot =
        r#"{"access_token":"86_t","openid":"oFake","scope":"snsapi_userinfo","unionid":"oUFake","is_snapshotuser":1}"#;

    let error = exchange("wechat-official-account", snapshot, INFO).await.expect_err("a refusal");

    assert_eq!(error.kind, ErrorKind::Snapshot);
    for mark in [r#""1""#, "1.0", "true", "2"] {
        let marked = snapshot.replace(":1}", &format!(":{mark}}}")).leak();
        let error = exchange("wechat-official-account", marked, INFO).await.expect_err("a refusal");
        assert_eq!(error.kind, ErrorKind::Snapshot, "{mark}");
    }
}

#[tokio::test]
async fn every_answer_of_wechats_has_its_kind() {
    for (body, kind) in [
        (r#"{"errcode":40029,"errmsg":"invalid code, rid: 1"}"#, ErrorKind::CodeRejected),
        (r#"{"errcode":"40029","errmsg":"invalid code"}"#, ErrorKind::CodeRejected),
        (r#"{"errcode":40163,"errmsg":"code been used, rid: 1"}"#, ErrorKind::CodeUsed),
        (r#"{"errcode":40226,"errmsg":"code blocked"}"#, ErrorKind::PersonBlocked),
        (r#"{"errcode":45011,"errmsg":"api minute-quota reach limit"}"#, ErrorKind::RateLimited),
        (r#"{"errcode":40125,"errmsg":"invalid appsecret"}"#, ErrorKind::Misconfigured),
        (r#"{"errcode":-1,"errmsg":"system error"}"#, ErrorKind::Unavailable),
        (r#"{"errcode":99999,"errmsg":"who knows"}"#, ErrorKind::UnexpectedAnswer),
        ("", ErrorKind::Unavailable),
        (r#"{"access_token":"86_t","openid":"undefined","scope":"snsapi_base"}"#, ErrorKind::UnexpectedAnswer),
    ] {
        let error = exchange("wechat-official-account", body, INFO).await.expect_err(body);

        assert_eq!(error.kind, kind, "{body}");
    }
}

#[test]
fn every_mistake_in_the_settings_is_named_at_once() {
    let table = toml::toml! {
        app_id = 5
        union_scop = "hemu"
        api_url = "http://api.weixin.qq.com"
    };
    let http = Http::new(HttpLimits::default()).expect("a client");

    for factory in builtin::ALL.iter().filter(|factory| factory.kind.starts_with("wechat-")) {
        let problems = (factory.build)(settings(table.clone(), http.clone(), None)).expect_err("mistakes");

        let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["app_id", "union_scop"], "{}", factory.kind);
    }
}

#[test]
fn plain_http_is_possible_only_to_this_machine() {
    let table = toml::toml! {
        app_id = "wxabcdef0123456789"
        app_secret = "s"
        api_url = "http://api.weixin.qq.com"
    };
    let http = Http::new(HttpLimits::default()).expect("a client");

    let problems = (builtin::ALL[0].build)(settings(table, http, None)).expect_err("a mistake");

    assert_eq!(problems[0].path, "api_url");
}
