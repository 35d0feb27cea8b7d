//! R13: a logged-in person links a further login. See `store` for the effect on the tables.

use acceptance::{CHALLENGE, Client, Company, Server, VERIFIER, on_every_database, weakened};
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    r13_a_login_without_an_account_is_added,
    r13_a_login_of_another_account_offers_a_merge_and_moves_nothing,
    r9_a_second_login_of_one_app_is_refused,
    r13_adding_a_login_needs_a_login_of_just_now_and_spends_no_code_before,
    r13_a_browsers_login_is_added_only_where_it_began,
    r13_a_code_that_added_a_login_signs_no_one_in,
    r13_of_ten_who_add_one_code_at_once_one_does,
);

/// Logs in through an openId only, so that nothing identifies the person yet.
async fn base(company: &Company, person: &str) -> Client {
    let mut client = company.client();
    let login = client.log_in(&company.code_for("shop", person, "snsapi_base").await, "shop").await;
    client.carry(&login.data()["wechatLogin"]);
    client
}

async fn mini(company: &Company, person: &str) -> Value {
    json!({ "app": "mini", "code": company.code("mini", person).await })
}

async fn r13_a_login_without_an_account_is_added(server: Server) {
    let company = Company::open(server).await;
    let lan = base(&company, "lan").await;
    let elsewhere = base(&company, "lan").await;
    company.clock.advance(TimeDelta::seconds(1));

    let added = lan.link(&mini(&company, "lan").await).await.data()["linkOpenId"].clone();
    let again = lan.link(&mini(&company, "lan").await).await.data()["linkOpenId"].clone();

    let user = json!({
        "id": lan.id().await, "openIds": [{ "app": "shop" }, { "app": "mini" }],
        "unionIds": [{ "unionId": company.sandbox.union_id("mini", "lan") }],
    });
    assert_eq!(added, json!({ "added": true, "user": user }));
    assert_eq!(again, json!({ "added": false, "user": user }));
    assert_eq!(elsewhere.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
    assert_eq!(company.sign_in("mini", "lan").await.id().await, lan.id().await);
}

async fn r13_a_login_of_another_account_offers_a_merge_and_moves_nothing(server: Server) {
    let company = Company::open(server).await;
    let other = company.sign_in("mini", "lan").await;
    company.clock.advance(TimeDelta::seconds(1));
    let mut lan = base(&company, "lan").await;

    let refused = lan.link(&mini(&company, "lan").await).await;

    assert_eq!(refused.code(), "OPEN_ID_OWNED_BY_ANOTHER");
    assert_eq!(lan.ask("{ me { openIds { app } } }").await.data()["me"]["openIds"], json!([{ "app": "shop" }]));
    let (survivor, gone) = (other.id().await, lan.id().await);
    let merged = lan.merge_keeping_own(&refused.merge_token()).await.data()["mergeUsers"].clone();
    assert_eq!(merged["user"]["id"], survivor);
    lan.carry(&merged["session"]);
    assert_eq!(lan.node(&gone).await, survivor);
    let undone = lan.undo(&merged["mergeId"], None).await.data()["undoMerge"].clone();
    assert_eq!(undone["user"]["id"], gone);
}

async fn r9_a_second_login_of_one_app_is_refused(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("mini", "lan").await;

    let refused = lan.link(&mini(&company, "wei").await).await;

    assert_eq!((refused.code(), &refused.0["errors"][0]["extensions"]["mergeToken"]), ("LIMIT_BROKEN", &Value::Null));
    assert_eq!(lan.ask("{ me { openIds { app } } }").await.data()["me"]["openIds"], json!([{ "app": "mini" }]));
}

async fn r13_adding_a_login_needs_a_login_of_just_now_and_spends_no_code_before(server: Server) {
    let company = Company::open(server).await;
    let lan = base(&company, "lan").await;
    let input = mini(&company, "lan").await;
    assert_eq!(company.client().link(&input).await.code(), "UNAUTHENTICATED");
    company.clock.advance(TimeDelta::minutes(6));

    assert_eq!(lan.link(&input).await.code(), "FRESH_LOGIN_REQUIRED");

    base(&company, "lan").await.link(&input).await.data();
}

async fn r13_a_browsers_login_is_added_only_where_it_began(server: Server) {
    let company = Company::open_with(server, weakened("optional")).await;
    let lan = company.sign_in("mini", "lan").await;
    let query = "mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { state } }";
    let to = format!("{}/playground", company.url);
    let mut states = Vec::new();
    for challenge in [None, Some(CHALLENGE)] {
        let input = json!({ "app": "site", "returnTo": to, "codeChallenge": challenge });
        let begun = company.client().send(query, json!({ "input": input })).await;
        states.push(begun.data()["beginLogin"]["state"].clone());
    }
    let code = company.code("site", "lan").await;
    let input = |state: &Value, verifier: Option<&str>| json!({ "app": "site", "code": code, "state": state, "codeVerifier": verifier });

    assert_eq!(lan.link(&input(&Value::Null, None)).await.code(), "CHALLENGE_REQUIRED");
    assert_eq!(lan.link(&input(&states[0], None)).await.code(), "CHALLENGE_REQUIRED");
    assert_eq!(lan.link(&input(&states[1], None)).await.code(), "INVALID_STATE");

    assert_eq!(lan.link(&input(&states[1], Some(VERIFIER))).await.data()["linkOpenId"]["added"], true);
}

async fn r13_a_code_that_added_a_login_signs_no_one_in(server: Server) {
    let company = Company::open(server).await;
    let lan = base(&company, "lan").await;
    let mut input = mini(&company, "lan").await;
    input["codeVerifier"] = json!(VERIFIER);
    lan.link(&input).await.data();

    assert_eq!(company.client().log_in_with(&input).await.code(), "CODE_USED");
    assert_eq!(base(&company, "wei").await.link(&input).await.code(), "CODE_USED");
}

async fn r13_of_ten_who_add_one_code_at_once_one_does(server: Server) {
    let company = Company::open(server).await;
    let lan = base(&company, "lan").await;
    let input = mini(&company, "lan").await;

    let answers = join_all((0..10).map(|_| lan.link(&input))).await;

    let (added, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.0.get("errors").is_none());
    assert!(!added.is_empty(), "{answers:?}");
    assert!(added.iter().all(|answer| answer.data() == added[0].data()), "the same request has the same answer");
    assert!(refused.iter().all(|answer| answer.code() == "CODE_USED"), "{refused:?}");
}
