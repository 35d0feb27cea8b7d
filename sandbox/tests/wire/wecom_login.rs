//! Tests of WeCom in the browser: pages inside WeCom, the two login pages, and the seed of a WeCom app.

use sandbox::{Sandbox, SeedError};
use serde_json::json;

use crate::hosts::at;
use crate::laptop::{Answer, Laptop};
use crate::wecom::SEED;

const CORP: &str = "ww0123456789abcdef";
const AUTHORIZE: &str = "/connect/oauth2/authorize";
const LOGIN: &str = "/wwlogin/sso/login";
const LOGIN_OF_OLD: &str = "/wwopen/sso/qrConnect";
const RETURN: &str = "http%3A%2F%2F127.0.0.1%3A3000%2Fcb";

fn query(rest: &str) -> String {
    format!("appid={CORP}&redirect_uri={RETURN}&response_type=code&state=St4te&{rest}")
}

async fn ask_as(laptop: &Laptop, query: &str, person: &str) -> Answer {
    laptop.get_with(&format!("{AUTHORIZE}?{query}"), &[("cookie", &format!("sandbox_person={person}"))]).await
}

#[tokio::test]
async fn a_search_on_a_login_page_stays_there() {
    let seed = (0..9).fold(SEED.to_owned(), |seed, n| seed + &format!("[[people]]\nid = 'p{n}'\nnickname = 'p{n}'\n"));
    let laptop = Laptop::with(&seed).await;
    let logins = [format!("{LOGIN}?login_type=CorpApp&agentid=1000002&"), format!("{LOGIN_OF_OLD}?agentid=1000002&")];

    for login in logins {
        let page = laptop.get(&format!("{login}{}", query(""))).await;

        let (_, search) = page.body.split_once("<form class=\"search\"").expect("the page has a search form");
        let (form, _) = search.split_once('>').expect("a tag has an end");
        // Only a fragment, so that the form requests its own page again.
        assert_eq!(form, r##" id="find" role="search" method="get" action="#find""##);
    }
}

#[tokio::test]
async fn a_base_login_is_silent_for_who_is_remembered() {
    let laptop = Laptop::wecom().await;

    let answer = ask_as(&laptop, &query("scope=snsapi_base&agentid=1000002"), "lan").await;

    let code = answer.code();
    assert_eq!(answer.status.as_u16(), 302);
    assert_eq!(answer.location(), format!("http://127.0.0.1:3000/cb?code={code}&state=St4te"));
    let visitor = laptop.visitor("office", &code).await.json();
    assert_eq!(visitor, json!({ "errcode": 0, "errmsg": "ok", "userid": "lan" }));
}

#[tokio::test]
async fn private_details_are_asked_for_even_from_who_is_remembered() {
    let laptop = Laptop::wecom().await;
    let query = query("scope=snsapi_privateinfo&agentid=1000002");

    let page = ask_as(&laptop, &query, "lan").await;
    let allowed = laptop.post_form(AUTHORIZE, &format!("{query}&person=lan&decision=allow")).await;

    assert_eq!(page.status.as_u16(), 200);
    assert!(page.body.contains("获取你的头像、手机号等敏感信息") && page.body.contains("禾木办公"));
    assert!(page.body.contains(r#"<input type="hidden" name="agentid" value="1000002">"#), "{}", page.body);
    let visitor = laptop.visitor("office", &allowed.code()).await.json();
    assert_eq!((&visitor["userid"], visitor["user_ticket"].is_string()), (&json!("lan"), true));
}

#[tokio::test]
async fn without_an_agentid_the_domain_says_which_app_it_is() {
    let laptop = Laptop::wecom().await;
    let rest = "response_type=code&scope=snsapi_base&state=s";
    let depot = format!("appid={CORP}&redirect_uri=https%3A%2F%2Fdepot.example%2F&{rest}");

    let answer = ask_as(&laptop, &depot, "lan").await;

    assert_eq!(laptop.visitor("depot", &answer.code()).await.json()["userid"], "lan");
}

#[tokio::test]
async fn what_wecom_turns_down_inside_its_pages_is_a_page() {
    let laptop = Laptop::wecom().await;
    let evil = format!("appid={CORP}&redirect_uri=https%3A%2F%2Fevil.example&response_type=code&scope=snsapi_base");
    let cases = [
        (query("scope=snsapi_base&agentid=9"), "agentid", "无效的agentid参数"),
        (query("scope=snsapi_base&agentid=x"), "agentid", "无效的agentid参数"),
        (query("scope=snsapi_privateinfo"), "agentid", "无效的agentid参数"),
        (query("scope=snsapi_base&agentid=1000003"), "50001", "redirect_url未登记可信域名"),
        (evil, "50001", "redirect_url未登记可信域名"),
        (query("scope=snsapi_userinfo&agentid=1000002"), "scope", "Scope 参数错误或没有 Scope 权限"),
        (query("agentid=1000002"), "10010", "scope不能为空"),
        (format!("appid={CORP}&scope=snsapi_base"), "10011", "redirect_uri不能为空"),
        (format!("appid={CORP}&redirect_uri={RETURN}&scope=snsapi_base"), "link", "该链接无法访问"),
        (format!("appid=ww00&redirect_uri={RETURN}&scope=snsapi_base"), "appid", "AppID 参数错误"),
    ];

    for (query, number, text) in cases {
        let answer = ask_as(&laptop, &query, "lan").await;

        assert_eq!((answer.status.as_u16(), answer.header("x-sandbox-error")), (200, number), "{query}");
        assert!(answer.body.contains(text) && answer.location().is_empty(), "{query}");
    }
}

#[tokio::test]
async fn both_login_pages_lead_from_a_scan_back_to_the_site() {
    let laptop = Laptop::wecom().await;
    let rest = format!("appid={CORP}&agentid=1000002&redirect_uri={RETURN}&state=web_login%40gyoss9");

    for path in [format!("{LOGIN}?login_type=CorpApp&{rest}"), format!("{LOGIN_OF_OLD}?{rest}")] {
        let page = laptop.get(&path).await;
        let uuid = page.uuid();
        let phone = laptop.get(&format!("/connect/confirm?uuid={uuid}")).await;
        let form = format!("uuid={uuid}&then=return&decision=allow&person=lan");
        let back = laptop.post_form("/connect/confirm", &form).await;

        assert!(page.body.contains("<h1>企业微信登录</h1>") && page.body.contains("请使用企业微信扫描二维码登录"));
        assert!(phone.body.contains("获取你在企业中的身份"), "{}", phone.body);
        let code = back.code();
        assert_eq!(back.location(), format!("http://127.0.0.1:3000/cb?code={code}&state=web_login%40gyoss9"));
        let visitor = laptop.visitor("office", &code).await.json();
        assert_eq!(visitor, json!({ "errcode": 0, "errmsg": "ok", "userid": "lan" }));
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_login_page_leads_to_lives_at_its_host() {
    let laptop = Laptop::wecom().await;
    let rest = format!("appid={CORP}&agentid=1000002&redirect_uri={RETURN}");
    let pages = [
        ("login.work.weixin.qq.com", format!("{LOGIN}?login_type=CorpApp&{rest}")),
        ("open.work.weixin.qq.com", format!("{LOGIN_OF_OLD}?{rest}")),
    ];

    for (host, path) in pages {
        let uuid = at(&laptop, host, &path).await.uuid().to_owned();
        let picture = at(&laptop, host, &format!("/connect/qrcode/{uuid}")).await;
        let poll = at(&laptop, host, &format!("/connect/l/qrconnect?uuid={uuid}")).await;
        let phone = at(&laptop, host, &format!("/connect/confirm?uuid={uuid}")).await;

        assert!(picture.body.contains("<svg") && phone.body.contains("禾木办公"), "{host}");
        assert_eq!(poll.body, "window.wx_errcode=408;window.wx_code='';", "{host}");
    }
}

#[tokio::test]
async fn what_a_login_page_turns_down_is_a_page() {
    let laptop = Laptop::wecom().await;
    let site = format!("agentid=1000002&redirect_uri={RETURN}");
    let evil = format!("{LOGIN_OF_OLD}?appid={CORP}&agentid=1000002&redirect_uri=https%3A%2F%2Fdepot.example");
    let cases = [
        (format!("{LOGIN}?appid={CORP}&{site}"), "login_type"),
        (format!("{LOGIN}?login_type=ServiceApp&appid={CORP}&{site}"), "login_type"),
        (format!("{LOGIN}?login_type=CorpApp&{site}"), "appid"),
        (format!("{LOGIN_OF_OLD}?appid=ww00&{site}"), "appid"),
        (format!("{LOGIN_OF_OLD}?appid={CORP}&redirect_uri={RETURN}"), "agentid"),
        (format!("{LOGIN_OF_OLD}?appid={CORP}&agentid=1000002"), "redirect_uri"),
        (evil, "redirect_uri"),
    ];

    for (path, number) in cases {
        let answer = laptop.get(&path).await;

        assert_eq!((answer.status.as_u16(), answer.header("x-sandbox-error")), (200, number), "{path}");
    }
}

#[tokio::test]
async fn a_fault_of_a_login_page_is_a_page() {
    let laptop = Laptop::wecom().await;

    for path in [LOGIN, LOGIN_OF_OLD] {
        laptop.order_fault(&json!({ "path": path, "errcode": 10009 })).await;
        let answer = laptop.get(path).await;

        assert_eq!(
            (answer.header("x-sandbox-error"), answer.header("content-type")),
            ("10009", "text/html; charset=utf-8")
        );
    }
}

#[test]
fn a_seed_says_of_an_app_of_wecom_what_belongs_to_it_and_nothing_of_it_elsewhere() {
    let seed = r#"
        [company]
        name = "x"
        [[apps]]
        name = "a"
        title = "A"
        kind = "wecom"
        app_id = "wx0123456789abcdef"
        secret = "0123456789abcdef0123456789abcdef"
        [[apps]]
        name = "b"
        title = "B"
        kind = "wecom"
        app_id = "ww0123456789abcdef"
        agent_id = 0
        secret = "01234567890123456789012345678901234567890+/"
        [[apps]]
        name = "c"
        title = "C"
        kind = "wechat-mobile"
        app_id = "ww0123456789abcdef"
        agent_id = 1000002
        secret = "0123456789abcdef0123456789abcdef"
        [[people]]
        id = "p"
        nickname = "P"
        member = 1
    "#;

    let Err(SeedError::Mistakes(problems)) = Sandbox::from_toml(seed) else { panic!("the seed was taken") };

    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "apps[0].app_id must be ww and 16 lower-case hex digits",
            "apps[0].agent_id is missing",
            "apps[0].secret must be 43 of A-Z, a-z, 0-9, - and _",
            "apps[1].agent_id must be a number from 1 to 4294967295",
            "apps[1].secret must be 43 of A-Z, a-z, 0-9, - and _",
            "apps[2].app_id must be wx and 16 lower-case hex digits",
            "apps[2].agent_id is not a known field",
            "people[0].member must be true or false",
        ]
    );
}

#[test]
fn two_apps_of_a_corp_need_two_agents() {
    let seed = SEED.replace("agent_id = 1000003", "agent_id = 1000002");

    let Err(SeedError::Mistakes(problems)) = Sandbox::from_toml(&seed) else { panic!("the seed was taken") };

    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["apps[1].app_id repeats `ww0123456789abcdef/1000002`"]);
}

#[tokio::test]
async fn another_app_of_the_corp_comes_while_the_sandbox_runs() {
    let laptop = Laptop::wecom().await;
    let mut app = laptop.get("/_sandbox/apps/ww0123456789abcdef%2F1000002").await.json();

    app["name"] = json!("canteen");
    let taken = laptop.post_json("/_sandbox/apps", &app).await;
    app["agent_id"] = json!(1_000_004);
    let added = laptop.post_json("/_sandbox/apps", &app).await;
    let moved = laptop.patch("/_sandbox/apps/canteen", &json!({ "agent_id": 1_000_005 })).await;

    assert_eq!((taken.status.as_u16(), added.json(), moved.status.as_u16()), (409, app, 400));
    assert_eq!(laptop.app("canteen").agent_id, Some(1_000_004));
}
