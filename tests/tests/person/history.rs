//! The journal, as a person and an operator read it: why keys belong to one account.

use acceptance::{Client, Company, Server, on_every_database};
use api::usecase::import::UserText;
use chrono::TimeDelta;
use domain::ServiceScope;
use serde_json::{Value, json};

on_every_database!(
    a_person_reads_why_the_keys_are_theirs_also_those_that_a_join_brought,
    a_person_is_not_shown_who_else_was_concerned_or_what_they_proved,
    a_history_comes_in_pages,
    only_the_person_and_an_operator_read_a_history,
    an_operator_finds_an_account_by_an_old_id_too,
);

const LAN: &str = "+8613800000001";
const HISTORY: &str = "linkHistory { nodes { rule actor otherUserId undoneAt
    evidence { app openId unionScope unionId maskedPhone externalId decision reason } } }";

/// Logs in through the shop and proves the phone of a company account.
async fn joined(company: &Company) -> (Client, Value) {
    let text = UserText {
        external_id: "C-1001".to_owned(),
        phone: Some(LAN.to_owned()),
        nickname: None,
        created_at: None,
        last_proof_at: Some(company.clock.now().minus(TimeDelta::days(1))),
        ..UserText::default()
    };
    let user = api::usecase::import::read_user(company.app.service(), &text).expect("an account");
    api::usecase::import::import_users(company.app.service(), &[user]).await.expect("the database answers");
    company.clock.advance(TimeDelta::seconds(1));
    let mut lan = company.sign_in("shop", "lan").await;
    let old_id = lan.ask("{ me { id } }").await.data()["me"]["id"].clone();
    company.clock.advance(TimeDelta::seconds(1));
    lan.send_code(LAN).await.data();
    let bound = lan.bind(LAN, &company.sms(LAN).await).await;
    lan.carry(&bound.data()["bindPhone"]["session"]);
    (lan, old_id)
}

fn evidence(some: &Value) -> Value {
    let mut all = json!({
        "app": null, "openId": null, "unionScope": null, "unionId": null, "maskedPhone": null, "externalId": null,
        "decision": null, "reason": null,
    });
    for (name, value) in some.as_object().expect("an object") {
        all[name] = value.clone();
    }
    all
}

async fn a_person_reads_why_the_keys_are_theirs_also_those_that_a_join_brought(server: Server) {
    let company = Company::open(server).await;
    let (lan, old_id) = joined(&company).await;

    let told = lan.ask(&format!("{{ me {{ {HISTORY} }} }}")).await;

    let phone = "+86*******0001";
    let login = json!({
        "app": "shop", "openId": company.sandbox.open_id("shop", "lan"), "unionScope": "hemu",
        "unionId": company.sandbox.union_id("shop", "lan"),
    });
    let entry = |rule: &str, actor: &str, other: &Value, some: &Value| json!({ "rule": rule, "actor": actor, "otherUserId": other, "undoneAt": null, "evidence": evidence(some) });
    let expected = json!([
        entry("R4c", "PERSON", &old_id, &json!({ "maskedPhone": phone })),
        entry("R3", "PERSON", &Value::Null, &login),
        entry("IMPORT", "IMPORT", &Value::Null, &json!({ "maskedPhone": phone, "externalId": "C-1001" })),
    ]);
    assert_eq!(told.data()["me"]["linkHistory"]["nodes"], expected);
}

async fn a_person_is_not_shown_who_else_was_concerned_or_what_they_proved(server: Server) {
    let company = Company::open(server).await;
    // Lan without her unionId, and a second account that has it. Neither is a shell.
    let mut lan = company.client();
    lan.carry(&lan.log_in(&company.code_for("shop", "lan", "snsapi_base").await, "shop").await.data()["wechatLogin"]);
    let other = company.sign_in("club", "lan").await;
    for (client, phone) in [(&lan, LAN), (&other, "+8613800000002")] {
        client.send_code(phone).await.data();
        client.bind(phone, &company.sms(phone).await).await.data();
    }
    company.clock.advance(TimeDelta::seconds(1));
    let lan = company.sign_in("shop", "lan").await;
    let query = "{ me { id linkHistory(first: 1) { nodes { rule otherUserId evidence { openId unionId } } } } }";

    let [mine, theirs] = [lan.ask(query).await, other.ask(query).await].map(|answer| answer.data()["me"].clone());

    let (open_id, union_id) = (company.sandbox.open_id("shop", "lan"), company.sandbox.union_id("shop", "lan"));
    let own = json!({ "openId": open_id, "unionId": union_id });
    let nothing = json!({ "openId": null, "unionId": null });
    let entry = |evidence: &Value| json!([{ "rule": "R1c", "otherUserId": null, "evidence": evidence }]);
    assert_eq!(mine["linkHistory"]["nodes"], entry(&own));
    assert_eq!(theirs["linkHistory"]["nodes"], entry(&nothing));
    let operator = company.system(&[ServiceScope::UsersRead]).await;
    let query =
        "query ($id: ID!) { user(id: $id) { linkHistory(first: 1) { nodes { otherUserId evidence { openId } } } } }";
    let seen = operator.send(query, json!({ "id": theirs["id"] })).await;
    let expected = json!([{ "otherUserId": mine["id"], "evidence": { "openId": open_id } }]);
    assert_eq!(seen.data()["user"]["linkHistory"]["nodes"], expected);
}

async fn a_history_comes_in_pages(server: Server) {
    let company = Company::open(server).await;
    let (lan, _) = joined(&company).await;
    let query = "query ($after: String) { me { linkHistory(first: 2, after: $after) {
        edges { cursor node { rule } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }";

    let first = lan.send(query, json!({ "after": null })).await;
    let first = &first.data()["me"]["linkHistory"];
    let second = lan.send(query, json!({ "after": first["pageInfo"]["endCursor"] })).await;
    let second = &second.data()["me"]["linkHistory"];

    let rules = |page: &Value| {
        let edges = page["edges"].as_array().expect("edges").iter();
        edges.map(|edge| edge["node"]["rule"].clone()).collect::<Vec<_>>()
    };
    let more = |page: &Value| (page["pageInfo"]["hasPreviousPage"].clone(), page["pageInfo"]["hasNextPage"].clone());
    assert_eq!((rules(first), more(first)), (vec![json!("R4c"), json!("R3")], (json!(false), json!(true))));
    assert_eq!((rules(second), more(second)), (vec![json!("IMPORT")], (json!(true), json!(false))));
    let bad = lan.ask("{ me { linkHistory(after: \"x\") { nodes { id } } } }").await;
    assert_eq!(bad.code(), "INVALID_CURSOR");
    assert_eq!(lan.ask("{ me { linkHistory(first: 101) { nodes { id } } } }").await.code(), "INVALID_PAGE");
}

async fn only_the_person_and_an_operator_read_a_history(server: Server) {
    let company = Company::open(server).await;
    let (lan, _) = joined(&company).await;
    let id = lan.ask("{ me { id } }").await.data()["me"]["id"].clone();
    let query = "query ($id: ID!) { user(id: $id) { linkHistory { nodes { id } } } }";
    let ask = async |client: Client| client.send(query, json!({ "id": id })).await;

    assert_eq!(ask(company.client()).await.code(), "UNAUTHENTICATED");
    assert_eq!(ask(lan).await.code(), "FORBIDDEN");
    assert_eq!(ask(company.system(&[ServiceScope::ConflictsRead]).await).await.code(), "FORBIDDEN");
    let seen = ask(company.system(&[ServiceScope::UsersRead]).await).await;
    assert_eq!(seen.data()["user"]["linkHistory"]["nodes"].as_array().map(Vec::len), Some(3));
}

async fn an_operator_finds_an_account_by_an_old_id_too(server: Server) {
    let company = Company::open(server).await;
    let (lan, old_id) = joined(&company).await;
    let id = lan.ask("{ me { id } }").await.data()["me"]["id"].clone();
    let operator = company.system(&[ServiceScope::UsersRead]).await;
    let query = "query ($id: ID!) { user(id: $id) { id externalId } }";

    let by_old_id = operator.send(query, json!({ "id": old_id })).await;
    let nobody = operator.send(query, json!({ "id": "usr_00000000000000000000000000000000" })).await;

    assert_eq!(by_old_id.data()["user"], json!({ "id": id, "externalId": "C-1001" }));
    assert_eq!(nobody.data()["user"], Value::Null);
}
