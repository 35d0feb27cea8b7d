//! Tests of the providers whose token needs a ticket that the upstream pushes: third-party apps of `WeCom`, and
//! official accounts and mini programs of a third-party platform of WeChat. Also tests of customers, who are looked up
//! after the code.

use std::sync::Arc;

use domain::login::Proof;
use providers::{
    AuthorizeRequest, ErrorKind, Exchange, IdentityProvider, KeptSecrets, LoginCode, LoginScope, PhoneCode,
    ProviderError, PushedSecret, ShownPhone, Start, TokensInMemory,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::upstream::{self, SECRET, Script, Upstream};

const CODE: &str = "091eXm0w3pLeC0deQtt0w3ABCD62eXm0";
const COMPONENT: &str = "wx0123456789abcdef";
const SUITE: &str = "ww0123456789abcdef";

fn suite() -> toml::Table {
    toml::toml! {
        suite_id = SUITE
        suite_secret = SECRET
        union_scope = "suites"
    }
}

fn platform() -> toml::Table {
    toml::toml! {
        app_id = "wxabcdef0123456789"
        component_app_id = COMPONENT
        component_app_secret = SECRET
        union_scope = "hemu"
    }
}

/// A provider with an upstream, and the token keepers of both.
struct Set {
    provider: Arc<dyn IdentityProvider>,
    upstream: Arc<Upstream>,
    tokens: Arc<TokensInMemory>,
}

impl Set {
    async fn new(kind: &str, table: toml::Table, script: Script) -> Self {
        let tokens = Arc::new(TokensInMemory::default());
        let (address, upstream) = upstream::open(script).await;
        let provider = upstream::build_with(kind, table, Some(&address), tokens.clone()).expect("sound settings");
        Self { provider, upstream, tokens }
    }

    async fn receive_suite_ticket(&self, ticket: &str) {
        let pushed = PushedSecret::suite_ticket(self.tokens.clone(), SUITE);
        pushed.put(ticket.into()).await.expect("stored");
    }

    async fn receive_verify_ticket(&self, ticket: &str) {
        let pushed = PushedSecret::component_verify_ticket(self.tokens.clone(), COMPONENT);
        pushed.put(ticket.into()).await.expect("stored");
    }

    async fn exchange(&self) -> Result<Proof, ProviderError> {
        self.provider.exchange(&Exchange::of(&LoginCode::parse(CODE).expect("a code"))).await
    }
}

async fn url(kind: &str, table: toml::Table, scope: LoginScope) -> (Start, String) {
    let provider = upstream::build_with(kind, table, None, Arc::default()).expect("sound settings");
    let kept = KeptSecrets { nonce: "n0nce".into(), code_verifier: "v3rifier".repeat(6).into() };
    let request =
        AuthorizeRequest { redirect_uri: "https://shop.example.com/back?a=1", state: "S1", scope, kept: &kept };
    (provider.start(), provider.authorize_url(&request).await.expect("a browser login"))
}

fn of_suite(path: &str, before: usize) -> Value {
    match (path, before) {
        ("/cgi-bin/service/get_suite_token", _) => {
            json!({ "errcode": 0, "suite_access_token": format!("suite-token-{before}"), "expires_in": 7200 })
        }
        ("/cgi-bin/service/auth/getuserinfo3rd", 0) => {
            json!({ "errcode": 40082, "errmsg": "invalid suite_acccess_token or provider_access_token" })
        }
        _ => json!({ "errcode": 0, "corpid": "wp1", "userid": "woLan", "open_userid": "wwLan" }),
    }
}

#[tokio::test]
async fn without_a_ticket_no_call_is_made_and_the_error_names_it() {
    let suite = Set::new("wecom-third-party", suite(), of_suite).await;
    let mini = Set::new("wechat-platform-mini-program", platform(), of_platform).await;
    let account = Set::new("wechat-platform-official-account", platform(), of_platform).await;

    for (set, name) in [
        (suite, "suite_ticket of ww0123456789abcdef, which WeCom"),
        (mini, "component_verify_ticket of wx0123456789abcdef, which WeChat"),
        (account, "component_verify_ticket of wx0123456789abcdef, which WeChat"),
    ] {
        let error = set.exchange().await.expect_err("no ticket");

        assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::Misconfigured, true));
        assert_eq!(
            error.detail,
            format!("there is no {name} pushes every ten minutes: none has been received, or the last one has expired")
        );
        assert_eq!(set.upstream.paths(), [""; 0]);
    }
}

#[tokio::test]
async fn a_suite_token_is_fetched_with_the_newest_ticket_and_again_if_it_is_refused() {
    let set = Set::new("wecom-third-party", suite(), of_suite).await;
    set.receive_suite_ticket("first-t1cket").await;
    set.receive_suite_ticket("second-t1cket").await;

    let proof = set.exchange().await.expect("a proof");
    set.exchange().await.expect("a proof");

    assert_eq!((proof.key.app.as_str(), proof.key.open_id.as_str()), (SUITE, "wwLan"));
    assert_eq!(proof.union.expect("a union id").union_id.as_str(), "wwLan");
    let [token, info] = ["/cgi-bin/service/get_suite_token", "/cgi-bin/service/auth/getuserinfo3rd"];
    assert_eq!(set.upstream.paths(), [token, info, token, info, info]);
    let calls = set.upstream.calls();
    assert!(calls[0].contains(r#""suite_ticket":"second-t1cket""#), "{}", calls[0]);
    assert!(calls[3].contains("suite-token-1") && calls[4].contains("suite-token-1"), "{calls:?}");
}

#[tokio::test]
async fn a_member_without_the_id_that_is_the_same_in_all_companies_is_no_person() {
    let script: Script = |path, _| match path {
        "/cgi-bin/service/get_suite_token" => json!({ "errcode": 0, "suite_access_token": "t", "expires_in": 7200 }),
        _ => json!({ "errcode": 0, "corpid": "wp1", "userid": "woLan", "openid": "oLan" }),
    };
    let set = Set::new("wecom-third-party", suite(), script).await;
    set.receive_suite_ticket("t1cket").await;

    let error = set.exchange().await.expect_err("a refusal");

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::UnexpectedAnswer, false));
    assert!(error.detail.ends_with("`open_userid` is missing or not usable"), "{error}");
}

#[tokio::test]
async fn the_pages_of_a_third_party_app_are_those_of_the_documents() {
    let web = "https://login.work.weixin.qq.com/wwlogin/sso/login?login_type=ServiceApp&appid=ww0123456789abcdef\
               &redirect_uri=https%3A%2F%2Fshop.example.com%2Fback%3Fa%3D1&state=S1";
    assert_eq!(url("wecom-third-party", suite(), LoginScope::Base).await, (Start::QrPage, web.to_owned()));

    for (scope, name) in [(LoginScope::Base, "snsapi_base"), (LoginScope::UserInfo, "snsapi_privateinfo")] {
        let mut table = suite();
        table.insert("login".into(), "in_app".into());
        let page = format!(
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=ww0123456789abcdef\
             &redirect_uri=https%3A%2F%2Fshop.example.com%2Fback%3Fa%3D1&response_type=code&scope={name}&state=S1\
             #wechat_redirect"
        );
        assert_eq!(url("wecom-third-party", table, scope).await, (Start::Redirect, page));
    }
}

#[tokio::test]
async fn a_platform_is_named_in_the_page_after_the_state() {
    let page = "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxabcdef0123456789\
                &redirect_uri=https%3A%2F%2Fshop.example.com%2Fback%3Fa%3D1&response_type=code&scope=snsapi_userinfo\
                &state=S1&component_appid=wx0123456789abcdef#wechat_redirect";

    let found = url("wechat-platform-official-account", platform(), LoginScope::UserInfo).await;

    assert_eq!(found, (Start::Redirect, page.to_owned()));
}

fn of_platform(path: &str, before: usize) -> Value {
    match path {
        "/cgi-bin/component/api_component_token" => {
            json!({ "component_access_token": format!("component-token-{before}"), "expires_in": 7200 })
        }
        "/cgi-bin/component/api_get_authorizer_info" => json!({
            "authorizer_info": { "nick_name": "禾木" },
            "authorization_info": { "authorizer_appid": "wxabcdef0123456789", "authorizer_refresh_token": "refreshtoken@@@1" },
        }),
        "/cgi-bin/component/api_authorizer_token" => json!({ "authorizer_access_token": "authorizer-token",
            "expires_in": 7200, "authorizer_refresh_token": "refreshtoken@@@1" }),
        "/cgi-bin/ticket/getticket" => json!({ "errcode": 0, "ticket": "js-t1cket", "expires_in": 7200 }),
        "/wxa/business/getuserphonenumber" => json!({ "errcode": 0, "phone_info": {
            "phoneNumber": "13800000001", "purePhoneNumber": "13800000001", "countryCode": "86",
            "watermark": { "timestamp": 1_760_000_000, "appid": "wxabcdef0123456789" } } }),
        _ => json!({ "openid": "oLan", "unionid": "oULan", "access_token": "86_t", "scope": "snsapi_base" }),
    }
}

#[tokio::test]
async fn the_open_ids_of_an_account_are_its_own_whoever_calls_wechat() {
    let exchanges = [
        ("wechat-platform-official-account", "/sns/oauth2/component/access_token", "code"),
        ("wechat-platform-mini-program", "/sns/component/jscode2session", "js_code"),
    ];
    for (kind, path, code) in exchanges {
        let set = Set::new(kind, platform(), of_platform).await;
        set.receive_verify_ticket("t1cket").await;

        let proof = set.exchange().await.expect("a proof");

        assert_eq!((proof.key.app.as_str(), proof.key.open_id.as_str()), ("wxabcdef0123456789", "oLan"));
        assert_eq!(set.upstream.paths(), ["/cgi-bin/component/api_component_token", path]);
        let expected = json!({ "appid": "wxabcdef0123456789", code: CODE, "grant_type": "authorization_code",
            "component_appid": COMPONENT, "component_access_token": "component-token-0" });
        assert_eq!(set.upstream.calls()[1], format!("GET {path} {expected}"));
    }
}

#[tokio::test]
async fn tickets_and_phone_numbers_come_with_the_token_of_the_account() {
    let account = Set::new("wechat-platform-official-account", platform(), of_platform).await;
    account.receive_verify_ticket("t1cket").await;
    let ticket = account.provider.js_ticket().await.expect("a ticket");
    account.provider.js_ticket().await.expect("a ticket");

    assert_eq!(ticket.expose_secret(), "js-t1cket");
    let names = ["component_token", "get_authorizer_info", "authorizer_token"];
    let tokens = names.map(|name| format!("/cgi-bin/component/api_{name}"));
    assert_eq!(account.upstream.paths()[..3], tokens);
    assert_eq!(account.upstream.paths()[3..], ["/cgi-bin/ticket/getticket"]);

    let mini = Set::new("wechat-platform-mini-program", platform(), of_platform).await;
    mini.receive_verify_ticket("t1cket").await;
    let code = PhoneCode::parse(&"0a1b2c3d".repeat(8)).expect("a code");
    let number = mini.provider.phone_number(&ShownPhone::Code(code)).await.expect("a number");

    assert_eq!(number.e164(), "+8613800000001");
    assert!(mini.upstream.calls()[3].contains("authorizer-token"), "{:?}", mini.upstream.calls());
}

#[tokio::test]
async fn a_person_who_is_a_customer_no_more_signs_in_without_a_union_id() {
    let script: Script = |path, _| match path {
        "/cgi-bin/gettoken" => json!({ "errcode": 0, "access_token": "corp-token", "expires_in": 7200 }),
        "/cgi-bin/externalcontact/get" => json!({ "errcode": 84061, "errmsg": "not external contact" }),
        _ => json!({ "errcode": 0, "openid": "oLan", "external_userid": "woLan" }),
    };
    let (provider, upstream) = upstream::provider("wecom-customer", customers(), script).await;

    let proof = provider.exchange(&Exchange::of(&LoginCode::parse(CODE).expect("a code"))).await.expect("a proof");

    assert_eq!((proof.key.open_id.as_str(), proof.union), ("oLan", None));
    assert_eq!(upstream.paths().last().map(String::as_str), Some("/cgi-bin/externalcontact/get"));
}

#[tokio::test]
async fn a_member_among_the_customers_has_no_union_id_and_is_not_looked_up() {
    let script: Script = |path, _| match path {
        "/cgi-bin/gettoken" => json!({ "errcode": 0, "access_token": "corp-token", "expires_in": 7200 }),
        _ => json!({ "errcode": 0, "userid": "Lan.Xin" }),
    };
    let (provider, upstream) = upstream::provider("wecom-customer", customers(), script).await;

    let proof = provider.exchange(&Exchange::of(&LoginCode::parse(CODE).expect("a code"))).await.expect("a proof");

    assert_eq!((proof.key.open_id.as_str(), proof.union), ("Lan.Xin", None));
    assert_eq!(upstream.paths(), ["/cgi-bin/gettoken", "/cgi-bin/auth/getuserinfo"]);
}

#[test]
fn customers_need_a_union_scope() {
    let mut table = customers();
    table.remove("union_scope");

    let problems = upstream::build("wecom-customer", table, None).expect_err("a mistake");

    assert_eq!(problems.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(), ["union_scope"]);
}

fn customers() -> toml::Table {
    toml::toml! {
        corp_id = "ww0123456789abcdef"
        agent_id = 1_000_002
        union_scope = "hemu"
        login = "in_app"
    }
}
