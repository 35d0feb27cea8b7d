//! A person logs in through the company's apps and is recognised across them. The tests of `domain` cover the rules;
//! these tests run the real components.

use acceptance::{Company, Server, on_every_database};
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    one_person_through_three_official_accounts_is_one_user,
    every_kind_of_app_finds_the_same_person,
    a_base_login_is_known_by_its_open_id_and_gets_its_union_id_later,
    r1c_a_base_login_that_became_a_user_of_its_own_is_joined_once_the_union_id_shows,
    r0_a_snapshot_user_writes_nothing,
    signing_in_twice_changes_nothing,
    twenty_concurrent_first_logins_of_one_person_give_one_user,
    a_person_of_another_union_id_stays_another_user,
    a_nickname_with_emoji_survives,
);

const ME: &str =
    "{ me { id nickname phone phoneBound externalId unionIds { scope unionId } openIds { app openId unionId } } }";

async fn one_person_through_three_official_accounts_is_one_user(server: Server) {
    let company = Company::open(server).await;

    let mut ids = Vec::new();
    for app in ["shop", "club", "outlet"] {
        let client = company.sign_in(app, "lan").await;
        company.clock.advance(TimeDelta::seconds(1));
        ids.push(client.ask("{ me { id } }").await.data()["me"]["id"].clone());
    }

    ids.dedup();
    assert_eq!(ids.len(), 1);
    let me = company.sign_in("shop", "lan").await.ask(ME).await;
    let union_id = company.sandbox.union_id("shop", "lan").expect("a unionId");
    let open_id = |app: &str| json!({ "app": app, "openId": company.sandbox.open_id(app, "lan"), "unionId": union_id });
    let expected = json!({
        "id": ids[0], "nickname": "兰心🌿", "phone": null, "phoneBound": false, "externalId": null,
        "unionIds": [{ "scope": "hemu", "unionId": union_id }],
        "openIds": [open_id("shop"), open_id("club"), open_id("outlet")],
    });
    assert_eq!(me.data()["me"], expected);
}

async fn every_kind_of_app_finds_the_same_person(server: Server) {
    let company = Company::open(server).await;

    let mut users = Vec::new();
    for app in ["mini", "app", "site", "shop"] {
        let login = company.client().log_in(&company.code(app, "wei").await, app).await;
        let login = &login.data()["wechatLogin"];
        assert_eq!(login["openId"].as_str().map(str::to_owned), company.sandbox.open_id(app, "wei"));
        users.push((login["user"]["id"].clone(), login["isNewUser"].clone()));
    }

    let first = users[0].0.clone();
    let expected: Vec<(Value, Value)> = (0..4).map(|at| (first.clone(), json!(at == 0))).collect();
    assert_eq!(users, expected);
}

async fn a_base_login_is_known_by_its_open_id_and_gets_its_union_id_later(server: Server) {
    let company = Company::open(server).await;

    let base = company.client().log_in(&company.code_for("shop", "mei", "snsapi_base").await, "shop").await;
    let full = company.client().log_in(&company.code("shop", "mei").await, "shop").await;

    let (base, full) = (&base.data()["wechatLogin"], &full.data()["wechatLogin"]);
    assert_eq!((&base["unionId"], &base["user"]["nickname"]), (&Value::Null, &Value::Null));
    assert_eq!(full["unionId"].as_str().map(str::to_owned), company.sandbox.union_id("shop", "mei"));
    assert_eq!((&full["isNewUser"], &full["user"]["id"]), (&json!(false), &base["user"]["id"]));
}

async fn r1c_a_base_login_that_became_a_user_of_its_own_is_joined_once_the_union_id_shows(server: Server) {
    let company = Company::open(server).await;
    let elder = company.client().log_in(&company.code("club", "mei").await, "club").await;
    company.clock.advance(TimeDelta::seconds(1));
    let shell = company.client().log_in(&company.code_for("shop", "mei", "snsapi_base").await, "shop").await;

    let joined = company.client().log_in(&company.code("shop", "mei").await, "shop").await;

    let id = |login: &acceptance::Answer| login.data()["wechatLogin"]["user"]["id"].clone();
    assert_ne!(id(&elder), id(&shell));
    assert_eq!(id(&joined), id(&elder));
    let mut client = company.client();
    client.carry(&joined.data()["wechatLogin"]);
    let alias = client.send("query ($id: ID!) { node(id: $id) { id } }", json!({ "id": id(&shell) })).await;
    assert_eq!(alias.data()["node"]["id"], id(&elder));
    for ended in [&shell, &elder] {
        client.carry(&ended.data()["wechatLogin"]);
        assert_eq!(client.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
    }
}

async fn r0_a_snapshot_user_writes_nothing(server: Server) {
    const OF_A_PERSON: [&str; 8] =
        ["users", "open_ids", "union_ids", "phones", "sessions", "devices", "link_events", "conflicts"];
    let company = Company::open(server).await;
    company.sign_in("shop", "lan").await;
    let count = async || {
        let mut rows = Vec::new();
        for table in OF_A_PERSON {
            rows.push((table, company.database.count(table).await));
        }
        rows
    };
    let before = count().await;

    let answer = company.client().log_in(&company.code("shop", "ghost").await, "shop").await;

    assert_eq!(answer.code(), "SNAPSHOT_USER");
    assert_eq!(answer.0["data"], Value::Null);
    assert_eq!(count().await, before);
}

async fn signing_in_twice_changes_nothing(server: Server) {
    let company = Company::open(server).await;

    let first = company.sign_in("shop", "jun").await.ask(ME).await;
    let second = company.sign_in("shop", "jun").await.ask(ME).await;

    assert_eq!(first.data(), second.data());
}

async fn twenty_concurrent_first_logins_of_one_person_give_one_user(server: Server) {
    let company = Company::open(server).await;
    let apps = ["shop", "club", "outlet", "site", "app", "mini"];
    let mut codes = Vec::new();
    for app in apps.iter().cycle().take(20) {
        codes.push((company.code(app, "xue").await, *app));
    }

    let client = company.client();
    let logins = join_all(codes.iter().map(|(code, app)| client.log_in(code, app))).await;

    let login = |answer: &acceptance::Answer| answer.data()["wechatLogin"].clone();
    let mut ids: Vec<String> = logins.iter().map(|answer| login(answer)["user"]["id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let new = logins.iter().filter(|answer| login(answer)["isNewUser"] == json!(true)).count();
    assert_eq!(new, 1);
    let me = company.sign_in("shop", "xue").await.ask("{ me { openIds { app } unionIds { unionId } } }").await;
    assert_eq!(me.data()["me"]["openIds"].as_array().map(Vec::len), Some(6));
    assert_eq!(me.data()["me"]["unionIds"].as_array().map(Vec::len), Some(1));
}

async fn a_person_of_another_union_id_stays_another_user(server: Server) {
    let company = Company::open(server).await;

    let lan = company.sign_in("shop", "lan").await.ask("{ me { id } }").await;
    let wei = company.sign_in("shop", "wei").await.ask("{ me { id } }").await;

    assert_ne!(lan.data(), wei.data());
}

async fn a_nickname_with_emoji_survives(server: Server) {
    let company = Company::open(server).await;

    let me = company.sign_in("shop", "lan").await.ask("{ me { nickname avatarUrl } }").await;

    assert_eq!(me.data()["me"]["nickname"], "兰心🌿");
}

#[tokio::test]
async fn the_apps_say_what_their_logins_tell() {
    let company = Company::open(Server::Sqlite).await;

    let apps = company.client().ask("{ apps { name unionIds profile } }").await;

    let app =
        |name: &str, union_ids: &str, profile: bool| json!({ "name": name, "unionIds": union_ids, "profile": profile });
    let expected = json!([
        app("shop", "SOMETIMES", true),
        app("club", "SOMETIMES", true),
        app("outlet", "SOMETIMES", true),
        app("site", "ALWAYS", true),
        app("app", "ALWAYS", true),
        app("mini", "SOMETIMES", true),
    ]);
    assert_eq!(apps.data()["apps"], expected);
    let rest = company.client().ask("{ apps { phone jsSdk } }").await;
    assert_eq!(rest.data()["apps"].as_array().map(Vec::len), Some(6));
}
