//! Whether the current rules would allow an earlier merge.

use acceptance::{Client, Company, Server, on_every_database};
use chrono::TimeDelta;
use domain::ServiceScope;
use serde_json::{Value, json};

on_every_database!(
    a_merge_of_a_shell_is_doubtful_once_an_earlier_order_of_both_is_known,
    a_merge_that_an_operator_decided_is_not_doubtful_and_one_that_was_undone_is_not_listed,
);

const VERDICT: &str = "query ($id: ID!) { wouldMergeToday(mergeId: $id) {
    rule survivorId formerId undoneAt wouldMerge obstacles { kind } clashes needsConsent } }";

async fn verdict(client: &Client, merge: &Value) -> Value {
    client.send(VERDICT, json!({ "id": merge })).await.data()["wouldMergeToday"].clone()
}

/// Returns the doubtful merges, and the number of pages of this size.
async fn doubtful(client: &Client, first: u32) -> (Vec<Value>, usize) {
    let query = "query ($first: Int!, $after: String) { doubtfulMerges(first: $first, after: $after) {
        edges { cursor node { mergeId } } nodes { mergeId } pageInfo { hasNextPage endCursor } } }";
    let (mut found, mut after, mut pages) = (Vec::new(), Value::Null, 0);
    loop {
        let page = client.send(query, json!({ "first": first, "after": after })).await;
        let page = page.data()["doubtfulMerges"].clone();
        found.extend(page["nodes"].as_array().expect("merges").iter().map(|merge| merge["mergeId"].clone()));
        pages += 1;
        if page["pageInfo"]["hasNextPage"] == false {
            return (found, pages);
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// The account of the club, from a login without a unionId, and that of the shop: a later login joins them (R1c).
async fn joined(company: &Company, person: &str) -> Value {
    let mut club = company.client();
    let code = company.code_for("club", person, "snsapi_base").await;
    club.carry(&club.log_in(&code, "club").await.data()["wechatLogin"]);
    company.clock.advance(TimeDelta::minutes(1));
    let shop = company.sign_in("shop", person).await;
    company.clock.advance(TimeDelta::minutes(1));
    company.sign_in("club", person).await;
    let merges = "{ me { id merges { id } } }";
    let again = company.sign_in("shop", person).await.ask(merges).await;
    assert_eq!(shop.ask("{ me { id } }").await.code(), "UNAUTHENTICATED", "a merge ends all sessions");
    again.data()["me"]["merges"][0]["id"].clone()
}

async fn order(writer: &Client, company: &Company, (app, person): (&str, &str), placed_at: &str) {
    let open_id = company.sandbox.open_id(app, person);
    let order = json!([{ "app": app, "orderNo": format!("{app}-{person}-{placed_at}"), "openId": open_id, "status": "PAID",
        "total": { "amount": "2.00", "currency": "CNY" }, "placedAt": placed_at }]);
    writer.record(order).await;
}

async fn a_merge_of_a_shell_is_doubtful_once_an_earlier_order_of_both_is_known(server: Server) {
    let company = Company::open(server).await;
    let agent = company.system(&[ServiceScope::UsersRead]).await;
    let writer = company.system(&[ServiceScope::OrdersWrite]).await;
    let of_lan = joined(&company, "lan").await;
    let of_wei = joined(&company, "wei").await;

    let before = verdict(&agent, &of_lan).await;
    assert_eq!(
        (&before["rule"], &before["wouldMerge"], &before["undoneAt"]),
        (&json!("R1c"), &json!(true), &Value::Null)
    );
    assert_eq!(doubtful(&agent, 20).await, (vec![], 1));
    // Orders after the merge have no effect, and neither has an order of one side only.
    order(&writer, &company, ("shop", "lan"), "2025-10-09T09:00:00Z").await;
    order(&writer, &company, ("club", "lan"), "2025-10-09T09:00:00Z").await;
    order(&writer, &company, ("shop", "lan"), "2025-01-01T00:00:00Z").await;
    assert_eq!(verdict(&agent, &of_lan).await, before);

    // The shop system reports an old order late, so neither account was a shell.
    order(&writer, &company, ("club", "lan"), "2025-01-01T00:00:00Z").await;

    let after = verdict(&agent, &of_lan).await;
    let expected = json!({ "wouldMerge": false, "obstacles": [], "clashes": [], "needsConsent": true });
    for (field, value) in expected.as_object().expect("fields") {
        assert_eq!(&after[field], value, "{field}");
    }
    assert_eq!((&after["survivorId"], &after["formerId"]), (&before["survivorId"], &before["formerId"]));
    assert_eq!(verdict(&agent, &of_wei).await["wouldMerge"], true);
    assert_eq!(doubtful(&agent, 20).await, (vec![of_lan.clone()], 1));
    // The first page checks Wei's merge, which is not doubtful.
    assert_eq!(doubtful(&agent, 1).await, (vec![of_lan], 2));
    company.clock.advance(TimeDelta::days(31));
    assert_eq!(doubtful(&agent, 20).await, (vec![], 1));
}

async fn a_merge_that_an_operator_decided_is_not_doubtful_and_one_that_was_undone_is_not_listed(server: Server) {
    let company = Company::open(server).await;
    let agent = company.system(ServiceScope::ALL).await;
    let of_lan = joined(&company, "lan").await;
    order(&agent, &company, ("club", "lan"), "2025-01-01T00:00:00Z").await;
    order(&agent, &company, ("shop", "lan"), "2025-01-01T00:00:00Z").await;
    assert_eq!(doubtful(&agent, 20).await.0, std::slice::from_ref(&of_lan));

    let undo = "mutation ($id: ID!) { undoMerge(id: $id, reason: \"a mistake\") { survivorId restoredId } }";
    let undone = agent.send(undo, json!({ "id": of_lan })).await.data()["undoMerge"].clone();

    let told = verdict(&agent, &of_lan).await;
    assert!(told["undoneAt"].is_string(), "{told}");
    assert_eq!((&told["wouldMerge"], &told["formerId"]), (&json!(false), &undone["restoredId"]));
    assert_eq!(doubtful(&agent, 20).await.0, [Value::Null; 0]);
    let merge = "mutation ($one: ID!, $other: ID!) { mergePeople(user: $one, other: $other, reason: \"asked her\") { mergeId } }";
    let both = json!({ "one": undone["survivorId"], "other": undone["restoredId"] });
    let merged = agent.send(merge, both).await.data()["mergePeople"]["mergeId"].clone();
    let told = verdict(&agent, &merged).await;
    assert_eq!((&told["rule"], &told["wouldMerge"]), (&json!("R14"), &json!(true)));
    assert_eq!(verdict(&agent, &json!("evt_00000000000000000000000000000000")).await, Value::Null);
    assert_eq!(company.client().send(VERDICT, json!({ "id": merged })).await.code(), "UNAUTHENTICATED");
}
