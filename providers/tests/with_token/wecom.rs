//! Tests of `WeCom`: its settings, its two login pages, and the exchange of a code.

use providers::{
    Abilities, AuthorizeRequest, ErrorKind, Exchange, IdentityProvider, KeptSecrets, LoginCode, LoginScope, Start,
    UnionIds,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::upstream::{self, SECRET, Script, Upstream};

const CODE: &str = "CAFEc0de-091eXm0w3pLeC0de_QttABCD";

fn table() -> toml::Table {
    toml::toml! {
        corp_id = "ww0123456789abcdef"
        agent_id = 1_000_002
        union_scope = "staff"
    }
}

async fn provider(script: Script) -> (std::sync::Arc<dyn IdentityProvider>, std::sync::Arc<Upstream>) {
    upstream::provider("wecom", table(), script).await
}

fn token(number: usize) -> Value {
    json!({ "errcode": 0, "errmsg": "ok", "access_token": format!("corp-token-{number}"), "expires_in": 7200 })
}

fn member() -> Value {
    json!({ "errcode": 0, "errmsg": "ok", "userid": "Lan.Xin", "user_ticket": "t1cket" })
}

fn code() -> LoginCode {
    LoginCode::parse(CODE).expect("a code")
}

async fn url(login: Option<&str>, scope: LoginScope) -> (Start, String) {
    let mut table = table();
    table.extend(login.map(|login| ("login".to_owned(), login.into())));
    let provider = upstream::build("wecom", table, None).expect("sound settings");
    let kept = KeptSecrets { nonce: "n0nce".into(), code_verifier: "v3rifier".repeat(6).into() };
    let redirect_uri = "https://shop.example.com/back?a=1";
    let request = AuthorizeRequest { redirect_uri, state: "S1", scope, kept: &kept };
    (provider.start(), provider.authorize_url(&request).await.expect("a browser login"))
}

#[tokio::test]
async fn a_website_shows_the_qr_page_of_the_app() {
    let expected = "https://login.work.weixin.qq.com/wwlogin/sso/login?login_type=CorpApp&appid=ww0123456789abcdef\
                    &agentid=1000002&redirect_uri=https%3A%2F%2Fshop.example.com%2Fback%3Fa%3D1&state=S1";

    for (login, scope) in [(None, LoginScope::UserInfo), (Some("web"), LoginScope::Base)] {
        assert_eq!(url(login, scope).await, (Start::QrPage, expected.to_owned()));
    }
}

#[tokio::test]
async fn a_page_inside_wecom_asks_for_the_scope_by_its_name() {
    for (scope, name) in [(LoginScope::Base, "snsapi_base"), (LoginScope::UserInfo, "snsapi_privateinfo")] {
        let expected = format!(
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=ww0123456789abcdef\
             &redirect_uri=https%3A%2F%2Fshop.example.com%2Fback%3Fa%3D1&response_type=code&scope={name}\
             &state=S1&agentid=1000002#wechat_redirect"
        );

        assert_eq!(url(Some("in_app"), scope).await, (Start::Redirect, expected));
    }
}

#[test]
fn every_mistake_in_the_settings_is_named_at_once() {
    let wrong = toml::toml! {
        corp_id = "ww:1"
        app_secret = " "
        login = "app"
        api_url = "http://qyapi.weixin.qq.com"
    };

    let problems = upstream::build("wecom", wrong, None).expect_err("mistakes");

    let told: Vec<_> = problems.iter().map(|problem| format!("{}: {}", problem.path, problem.reason)).collect();
    assert_eq!(
        told,
        [
            "corp_id: is not a corp id: letters and digits, at most 64",
            "agent_id: is missing",
            "app_secret: is missing",
            "login: is neither \"web\" nor \"in_app\"",
            "api_url: must be https; plain http is possible only to this machine",
        ]
    );
}

#[test]
fn an_app_is_its_company_and_its_agent_and_tells_members_apart_only_within_a_scope() {
    let with = upstream::build("wecom", table(), None).expect("sound settings");
    let mut table = table();
    table.remove("union_scope");
    let without = upstream::build("wecom", table, None).expect("sound settings");

    let abilities = Abilities { union_ids: UnionIds::Sometimes, phone: &[], profile: false, js_sdk: true };
    assert_eq!((with.app_id().as_str(), with.upstream()), ("ww0123456789abcdef:1000002", "qyapi.weixin.qq.com"));
    assert_eq!(with.abilities(), abilities);
    assert_eq!(without.abilities(), Abilities { union_ids: UnionIds::Never, ..abilities });
}

#[tokio::test]
async fn a_member_is_known_by_the_user_id_in_every_app_of_the_company() {
    let (provider, upstream) = provider(|path, before| match path {
        "/cgi-bin/gettoken" => token(before),
        _ => member(),
    })
    .await;

    let proof = provider.exchange(&Exchange::of(&code())).await.expect("a proof");
    let again = provider.exchange(&Exchange::of(&code())).await.expect("a proof");

    insta::assert_debug_snapshot!(proof, @r#"
    Proof {
        key: OpenKey {
            app: AppId(
                "ww0123456789abcdef:1000002",
            ),
            open_id: OpenId(
                "Lan.Xin",
            ),
        },
        union: Some(
            UnionKey {
                scope: UnionScope(
                    "staff",
                ),
                union_id: UnionId(
                    "Lan.Xin",
                ),
            },
        ),
        profile: Profile {
            nickname: None,
            avatar_url: None,
        },
    }
    "#);
    let who =
        r#"GET /cgi-bin/auth/getuserinfo {"access_token":"corp-token-0","code":"CAFEc0de-091eXm0w3pLeC0de_QttABCD"}"#;
    assert_eq!(
        upstream.calls(),
        [
            r#"GET /cgi-bin/gettoken {"corpid":"ww0123456789abcdef","corpsecret":"0123456789abcdef0123456789abcdef"}"#,
            who,
            who,
        ]
    );
    assert_eq!(again, proof);
}

#[tokio::test]
async fn an_outsider_has_an_open_id_and_no_union_id() {
    let (provider, _) = provider(|path, before| match path {
        "/cgi-bin/gettoken" => token(before),
        _ => json!({ "errcode": 0, "errmsg": "ok", "openid": "oOutsider", "external_userid": "wmExample" }),
    })
    .await;

    let proof = provider.exchange(&Exchange::of(&code())).await.expect("a proof");

    assert_eq!((proof.key.open_id.as_str(), proof.union), ("oOutsider", None));
}

#[tokio::test]
async fn an_answer_that_names_no_person_is_unexpected() {
    for script in [
        (|path, before| if path == "/cgi-bin/gettoken" { token(before) } else { json!({ "errcode": 0 }) }) as Script,
        |path, before| if path == "/cgi-bin/gettoken" { token(before) } else { json!({ "userid": "", "openid": " " }) },
    ] {
        let (provider, _) = provider(script).await;

        let error = provider.exchange(&Exchange::of(&code())).await.expect_err("a refusal");

        assert_eq!(error.kind, ErrorKind::UnexpectedAnswer);
    }
}

#[tokio::test]
async fn a_wrong_user_id_is_named_and_never_an_outsider() {
    let (provider, _) = provider(|path, before| match path {
        "/cgi-bin/gettoken" => token(before),
        _ => json!({ "errcode": "0", "errmsg": null, "userid": 42, "openid": "oOutsider" }),
    })
    .await;

    let error = provider.exchange(&Exchange::of(&code())).await.expect_err("a refusal");

    assert_eq!(error.kind, ErrorKind::UnexpectedAnswer);
    assert_eq!(error.detail, "the answer of /cgi-bin/auth/getuserinfo: `userid` is a number, not a text");
}

#[tokio::test]
async fn what_a_login_does_not_need_may_be_anything() {
    let (provider, _) = provider(|path, _| match path {
        "/cgi-bin/gettoken" => json!({ "errcode": "0", "access_token": "corp-token", "expires_in": "7200" }),
        _ => json!({ "errcode": 0.0, "errmsg": [], "userid": "Lan.Xin", "openid": {}, "user_ticket": 5 }),
    })
    .await;

    let proof = provider.exchange(&Exchange::of(&code())).await.expect("a proof");

    assert_eq!(proof.key.open_id.as_str(), "Lan.Xin");
}

#[tokio::test]
async fn a_token_that_is_over_is_fetched_anew_and_the_code_sent_once_more() {
    let (provider, upstream) = provider(|path, before| match (path, before) {
        ("/cgi-bin/gettoken", before) => token(before),
        (_, 0) => json!({ "errcode": 42001, "errmsg": "access_token expired" }),
        (_, _) => member(),
    })
    .await;

    let proof = provider.exchange(&Exchange::of(&code())).await.expect("a proof");

    assert_eq!(proof.key.open_id.as_str(), "Lan.Xin");
    let (token, who) = ("/cgi-bin/gettoken", "/cgi-bin/auth/getuserinfo");
    assert_eq!(upstream.paths(), [token, who, token, who]);
}

#[tokio::test]
async fn a_wrong_secret_spends_no_code() {
    let (provider, upstream) = provider(|_, _| json!({ "errcode": 40001, "errmsg": "invalid credential" })).await;

    let error = provider.exchange(&Exchange::of(&code())).await.expect_err("a refusal");

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::Misconfigured, true));
    assert_eq!(upstream.paths(), ["/cgi-bin/gettoken"]);
}

#[tokio::test]
async fn a_refused_code_is_not_sent_again_and_no_secret_is_repeated() {
    let (provider, upstream) = provider(|path, before| match path {
        "/cgi-bin/gettoken" => token(before),
        _ => json!({ "errcode": 40029, "errmsg": format!("invalid code {CODE} of {SECRET} and corp-token-0, hint: [1]") }),
    })
    .await;

    let error = provider.exchange(&Exchange::of(&code())).await.expect_err("a refusal");

    assert_eq!(error.detail, "WeCom answered 40029: invalid code … of … and …, hint: [1]");
    assert_eq!((error.kind, error.code_is_unspent(), upstream.paths().len()), (ErrorKind::CodeRejected, false, 2));
    assert!(!format!("{provider:?}").contains(SECRET));
}

#[tokio::test]
async fn a_ticket_is_fetched_once_and_then_kept() {
    let (provider, upstream) = provider(|path, before| match path {
        "/cgi-bin/gettoken" => token(before),
        _ => json!({ "errcode": 0, "errmsg": "ok", "ticket": format!("ticket-{before}"), "expires_in": 7200 }),
    })
    .await;

    let first = provider.js_ticket().await.expect("a ticket");
    let second = provider.js_ticket().await.expect("a ticket");

    assert_eq!([first.expose_secret(), second.expose_secret()], ["ticket-0", "ticket-0"]);
    assert_eq!(upstream.calls()[1..], [r#"GET /cgi-bin/get_jsapi_ticket {"access_token":"corp-token-0"}"#]);
}
