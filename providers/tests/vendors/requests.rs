//! The requests to the vendors, and the settings that determine them.

use providers::{AuthorizeRequest, ErrorKind, Exchange, LoginCode, LoginScope};

use crate::upstream::{CODE, RETURN, Vendor, build, exchange, kept};

#[tokio::test]
async fn a_login_asks_what_the_vendors_document() {
    let back = "https%3A%2F%2Fshop.example.com%2Fback%3Ffrom%3Da+b";
    let query = format!(
        "grant_type=authorization_code&client_id=app-1&client_secret=s3cret-of-the-app&code={CODE}&redirect_uri={back}&fmt=json"
    );
    let form = format!(
        "client_id=app-1&client_secret=s3cret-of-the-app&grant_type=authorization_code&code={CODE}&redirect_uri={back}"
    );
    for (vendor, expected) in [
        (
            &Vendor::FEISHU,
            vec![
                r#"POST /open-apis/authen/v2/oauth/token [] {"client_id":"app-1","client_secret":"s3cret-of-the-app","code":"c0de-of-this-login","code_verifier":"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk","grant_type":"authorization_code","redirect_uri":"https://shop.example.com/back?from=a b"}"#.to_owned(),
                "GET /open-apis/authen/v1/user_info [Bearer t0ken-of-this-login]".to_owned(),
            ],
        ),
        (
            &Vendor::DINGTALK,
            vec![
                r#"POST /v1.0/oauth2/userAccessToken [] {"clientId":"app-1","clientSecret":"s3cret-of-the-app","code":"c0de-of-this-login","grantType":"authorization_code"}"#.to_owned(),
                "GET /v1.0/contact/users/me [t0ken-of-this-login]".to_owned(),
            ],
        ),
        (
            &Vendor::QQ,
            vec![
                format!("GET /oauth2.0/token?{query} []"),
                "GET /oauth2.0/me?access_token=t0ken-of-this-login&fmt=json&unionid=1 []".to_owned(),
                "GET /user/get_user_info?access_token=t0ken-of-this-login&oauth_consumer_key=app-1&openid=A1 []".to_owned(),
            ],
        ),
        (
            &Vendor::WEIBO,
            vec![
                format!("POST /oauth2/access_token [] {form}"),
                "GET /2/users/show.json?access_token=t0ken-of-this-login&uid=1404376560 []".to_owned(),
            ],
        ),
    ] {
        let (provider, upstream) = vendor.serve(|_| (), |good| good).await;

        let proof = exchange(&provider).await.expect("a proof");

        assert_eq!(upstream.calls(), expected);
        assert_eq!(proof.profile, domain::Profile::new("Lan", "https://img.example/lan.png"), "{}", vendor.kind);
    }
}

#[tokio::test]
async fn a_login_begins_at_the_page_of_the_vendor() {
    let kept = kept();
    let back = "https%3A%2F%2Fshop.example.com%2Fback%3Ffrom%3Da+b";
    for (vendor, page) in [
        (
            &Vendor::FEISHU,
            "https://accounts.feishu.cn/open-apis/authen/v1/authorize?client_id=app-1&response_type=code&redirect_uri=BACK&state=s1&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
        ),
        (
            &Vendor::DINGTALK,
            "https://login.dingtalk.com/oauth2/auth?client_id=app-1&response_type=code&scope=openid&prompt=consent&redirect_uri=BACK&state=s1",
        ),
        (
            &Vendor::QQ,
            "https://graph.qq.com/oauth2.0/authorize?response_type=code&client_id=app-1&redirect_uri=BACK&state=s1&scope=get_user_info",
        ),
        (
            &Vendor::WEIBO,
            "https://api.weibo.com/oauth2/authorize?client_id=app-1&response_type=code&redirect_uri=BACK&state=s1",
        ),
        (
            &Vendor::BAIDU,
            "https://openapi.baidu.com/oauth/2.0/authorize?response_type=code&client_id=app-1&redirect_uri=BACK&scope=basic&state=s1",
        ),
    ] {
        let provider = build(vendor.kind, vendor.settings()).expect("sound settings");
        let request = AuthorizeRequest { redirect_uri: RETURN, state: "s1", scope: LoginScope::UserInfo, kept: &kept };

        let address = provider.authorize_url(&request).await.expect("an address");

        assert_eq!(address, page.replace("BACK", back));
    }
}

#[tokio::test]
async fn a_code_without_its_state_is_sent_only_where_the_address_is_not_needed() {
    let code = LoginCode::parse(CODE).expect("a code");
    for (vendor, is_sent) in [
        (&Vendor::FEISHU, true),
        (&Vendor::DINGTALK, true),
        (&Vendor::QQ, false),
        (&Vendor::WEIBO, false),
        (&Vendor::BAIDU, false),
    ] {
        let (provider, upstream) = vendor.serve(|_| (), |good| good).await;

        let outcome = provider.exchange(&Exchange::of(&code)).await;

        assert_eq!((outcome.is_ok(), upstream.calls().is_empty()), (is_sent, !is_sent), "{}", vendor.kind);
        if let Err(error) = outcome {
            assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::CodeRejected, true), "{error}");
        }
        assert!(upstream.calls().iter().all(|call| !call.contains("code_verifier")), "{}", vendor.kind);
    }
}

#[test]
fn lark_is_another_domain() {
    let upstream = |domain: &str| {
        let mut table = Vendor::FEISHU.settings();
        table.insert("domain".into(), domain.into());
        build("feishu", table).map(|provider| provider.upstream().to_owned())
    };

    assert_eq!(upstream("feishu").as_deref(), Ok("open.feishu.cn"));
    assert_eq!(upstream("lark").as_deref(), Ok("open.larksuite.com"));
    let problems = upstream("larksuite.com").expect_err("an unknown domain");
    assert_eq!(problems, [providers::Problem::new("domain", "is neither \"feishu\" nor \"lark\"")]);
}

#[test]
fn every_mistake_in_the_settings_is_named_at_once() {
    for (vendor, names) in [
        (&Vendor::FEISHU, ["app_id", "app_secret"]),
        (&Vendor::DINGTALK, ["client_id", "client_secret"]),
        (&Vendor::QQ, ["app_id", "app_key"]),
        (&Vendor::WEIBO, ["app_key", "app_secret"]),
        (&Vendor::BAIDU, ["api_key", "secret_key"]),
    ] {
        let problems = build(
            vendor.kind,
            toml::toml! {
                union_scope = "no blanks here"
                login_url = "http://vendor.example.com"
                api_url = "https://vendor.example.com?a=b"
            },
        )
        .expect_err("mistakes");

        let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, [names[0], names[1], "union_scope", "login_url", "api_url"], "{}", vendor.kind);
    }
}
