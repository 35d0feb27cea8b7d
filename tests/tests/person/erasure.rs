//! A person requests erasure and cancels it, is erased, and gets a copy of all data.

use acceptance::merging::LAN;
use acceptance::{Company, Server, on_every_database};
use api::usecase::erasure::erase_due;
use chrono::TimeDelta;
use domain::{AuditAction, ServiceScope};
use serde_json::{Value, json};

on_every_database!(
    a_person_who_asks_is_erased_after_the_cooling_time,
    a_person_who_thinks_better_of_it_stays,
    an_erasure_needs_a_fresh_login_and_no_cooling_off,
    an_operator_erases_at_once_and_the_token_of_the_person_is_refused,
    r12_a_cancelled_account_is_erased_by_policy,
    r7_a_cancelled_open_id_is_no_credential,
    a_person_gets_everything_that_is_kept_and_nothing_of_others,
    an_export_needs_a_fresh_login_or_the_scope,
    a_long_history_of_orders_is_exported_whole,
);

const ASK: &str = "mutation { eraseMe { erasure { cause askedAt dueAt } } }";
const CANCEL: &str = "mutation { cancelErasure { cancelled } }";
const PLAN: &str = "{ me { erasure { cause dueAt } } }";

async fn a_person_who_asks_is_erased_after_the_cooling_time(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let id = lan.id().await;

    let asked = lan.ask(ASK).await;
    let due = asked.data()["eraseMe"]["erasure"]["dueAt"].clone();
    assert_eq!(asked.data()["eraseMe"]["erasure"]["cause"], "PERSON");
    assert_eq!(company.audited(AuditAction::ErasureAsked).await.len(), 1);

    // A login does not cancel the request, and reports it.
    company.clock.advance(TimeDelta::days(6));
    let again = company.sign_in("shop", "lan").await;
    assert_eq!(again.ask(PLAN).await.data()["me"]["erasure"], json!({ "cause": "PERSON", "dueAt": due }));
    assert_eq!(erase_due(company.app.service()).await.expect("the database answers"), 0);
    company.clock.advance(TimeDelta::days(1));
    let last = company.sign_in("shop", "lan").await;
    assert_eq!(erase_due(company.app.service()).await.expect("the database answers"), 1);

    assert_eq!(last.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
    assert_ne!(company.sign_in("shop", "lan").await.id().await, id);
    let erased = company.audited(AuditAction::UserErased).await;
    assert_eq!(erased.len(), 1);
}

async fn a_person_who_thinks_better_of_it_stays(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    lan.ask(ASK).await.data();
    company.clock.advance(TimeDelta::days(1));

    let lan = company.sign_in("shop", "lan").await;
    let cancelled = [lan.ask(CANCEL).await, lan.ask(CANCEL).await];

    assert_eq!(
        cancelled.map(|answer| answer.data()["cancelErasure"]["cancelled"].clone()),
        [json!(true), json!(false)]
    );
    assert_eq!(lan.ask(PLAN).await.data()["me"]["erasure"], Value::Null);
    company.clock.advance(TimeDelta::days(30));
    assert_eq!(erase_due(company.app.service()).await.expect("the database answers"), 0);
}

async fn an_erasure_needs_a_fresh_login_and_no_cooling_off(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    assert_eq!(company.client().ask(ASK).await.code(), "UNAUTHENTICATED");
    let system = company.system(ServiceScope::ALL).await;
    assert_eq!(system.ask(ASK).await.code(), "FORBIDDEN");

    company.clock.advance(TimeDelta::minutes(6));

    assert_eq!(lan.ask(ASK).await.code(), "FRESH_LOGIN_REQUIRED");
    assert_eq!(lan.ask(CANCEL).await.data()["cancelErasure"]["cancelled"], false);
}

async fn erase(client: &acceptance::Client, id: &str, reason: &str) -> acceptance::Answer {
    let query = "mutation ($id: ID!, $reason: String!) { eraseUser(id: $id, reason: $reason) { userId changed } }";
    client.send(query, json!({ "id": id, "reason": reason })).await
}

async fn an_operator_erases_at_once_and_the_token_of_the_person_is_refused(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let id = lan.id().await.as_str().expect("an id").to_owned();
    let operator = company.system(&[ServiceScope::UsersErase]).await;
    let powerless = company.system(&[ServiceScope::UsersWrite, ServiceScope::UsersDisable]).await;
    assert_eq!(erase(&powerless, &id, "ticket 7").await.code(), "FORBIDDEN");
    assert_eq!(erase(&lan, &id, "ticket 7").await.code(), "FORBIDDEN");
    assert_eq!(erase(&operator, &id, " ").await.code(), "INVALID_INPUT");
    assert_eq!(erase(&operator, "usr_1", "ticket 7").await.code(), "NOT_FOUND");

    let erased = erase(&operator, &id, "ticket 7").await;

    assert_eq!(erased.data()["eraseUser"], json!({ "userId": id, "changed": true }));
    assert_eq!(lan.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
    assert_eq!(lan.ask(CANCEL).await.code(), "UNAUTHENTICATED");
    assert_eq!(erase(&operator, &id, "ticket 8").await.data()["eraseUser"]["changed"], false);
    assert_eq!(company.audited(AuditAction::UserErased).await.len(), 1);
}

async fn r12_a_cancelled_account_is_erased_by_policy(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let id = lan.id().await;
    cancel_at_wechat(&company, "shop").await;

    company.clock.advance(TimeDelta::days(29));
    assert_eq!(erase_due(company.app.service()).await.expect("the database answers"), 0);
    company.clock.advance(TimeDelta::days(2));
    assert_eq!(erase_due(company.app.service()).await.expect("the database answers"), 1);

    let operator = company.system(&[ServiceScope::UsersRead]).await;
    let found = operator.send("query ($id: ID!) { user(id: $id) { id } }", json!({ "id": id })).await;
    assert_eq!(found.data()["user"], Value::Null);
}

async fn cancel_at_wechat(company: &Company, app: &str) {
    let system = company.system(&[ServiceScope::UsersWrite]).await;
    let at = chrono::DateTime::<chrono::Utc>::from(company.clock.now()).to_rfc3339();
    let open_id = company.sandbox.open_id(app, "lan").expect("an openId");
    let input = json!({ "app": app, "openId": open_id, "kind": "CANCELLED", "at": at });
    company.clock.advance(TimeDelta::seconds(1));
    let query = "mutation ($input: PersonEventInput!) { recordPersonEvent(input: $input) { changed } }";
    assert_eq!(system.send(query, json!({ "input": input })).await.data()["recordPersonEvent"]["changed"], true);
}

async fn r7_a_cancelled_open_id_is_no_credential(server: Server) {
    let company = Company::open(server).await;
    company.sign_in("shop", "lan").await;
    cancel_at_wechat(&company, "shop").await;
    let lan = company.sign_in("club", "lan").await;

    assert_eq!(lan.unlink("club").await.code(), "LAST_CREDENTIAL");
    lan.unlink("shop").await.data();
}

/// The document of an export, which is checked against its schema.
fn read(body: &str) -> Value {
    let document: Value = serde_json::from_str(body).expect("one JSON document");
    let schema: Value = serde_json::from_str(include_str!("../../../docs/export.schema.json")).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    let faults: Vec<String> = validator.iter_errors(&document).map(|fault| fault.to_string()).collect();
    assert_eq!(faults, Vec::<String>::new());
    document
}

async fn a_person_gets_everything_that_is_kept_and_nothing_of_others(server: Server) {
    let company = Company::open(server).await;
    let (lan, _) = company.offered().await;
    let wei = company.sign_in("shop", "wei").await;
    let wei_open_id = company.sandbox.open_id("shop", "wei").expect("an openId");
    let open_id = company.sandbox.open_id("shop", "lan").expect("an openId");
    company
        .system(&[ServiceScope::OrdersWrite])
        .await
        .record(json!([order("T-1", &open_id), order("T-2", &open_id), order("W-1", &wei_open_id)]))
        .await;

    let (status, headers, body) = lan.get("/export").await;

    assert_eq!(status, 200, "{body}");
    assert_eq!(headers["content-disposition"], "attachment; filename=\"guiyi-export.json\"");
    assert_eq!(headers["cache-control"], "no-store");
    let document = read(&body);
    assert_eq!(document["account"]["id"], lan.id().await);
    assert_eq!(document["openIds"][0]["openId"], json!(open_id));
    let numbers: Vec<_> =
        document["orders"].as_array().expect("a list").iter().map(|order| order["orderNo"].clone()).collect();
    assert!(numbers.contains(&json!("T-1")) && numbers.contains(&json!("T-2")), "{numbers:?}");
    for part in ["unionIds", "sessions", "devices", "messages", "cases", "history", "phones"] {
        assert_ne!(document[part], json!([]), "{part}");
    }
    for other in [&wei_open_id, "W-1", wei.id().await.as_str().expect("an id"), LAN] {
        assert!(!body.contains(other), "{other} is in {body}");
    }
    assert_eq!(company.audited(AuditAction::UserExported).await.len(), 1);
}

fn order(order_no: &str, open_id: &str) -> Value {
    json!({ "app": "shop", "orderNo": order_no, "openId": open_id, "status": "PAID",
        "total": { "amount": "2.00", "currency": "CNY" }, "placedAt": "2025-01-01T00:00:00Z",
        "items": [{ "title": "Cup", "quantity": 2, "unitPrice": "1.00" }] })
}

async fn an_export_needs_a_fresh_login_or_the_scope(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let id = lan.id().await.as_str().expect("an id").to_owned();
    let of_lan = format!("/export/{id}");
    let [operator, powerless] =
        [company.system(&[ServiceScope::UsersExport]).await, company.system(&[ServiceScope::UsersRead]).await];

    for (client, path, status) in [
        (&company.client(), "/export", 401),
        (&operator, "/export", 403),
        (&company.client(), &of_lan, 401),
        (&powerless, &of_lan, 403),
        (&lan, &of_lan, 403),
        (&operator, "/export/usr_1", 404),
        (&operator, &of_lan, 200),
    ] {
        let (answered, _, body) = client.get(path).await;
        assert_eq!(answered, status, "{path}: {body}");
    }
    company.clock.advance(TimeDelta::minutes(6));
    let (status, _, body) = lan.get("/export").await;
    assert_eq!(status, 403);
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(body["errors"][0]["extensions"]["code"], "FRESH_LOGIN_REQUIRED");
}

async fn a_long_history_of_orders_is_exported_whole(server: Server) {
    let company = Company::open(server).await;
    let open_id = company.sandbox.open_id("shop", "lan").expect("an openId");
    let writer = company.system(&[ServiceScope::OrdersWrite]).await;
    for batch in 0..3 {
        let orders: Vec<Value> = (0..90).map(|n| order(&format!("B-{batch}-{n}"), &open_id)).collect();
        writer.record(json!(orders)).await;
    }
    let lan = company.sign_in("shop", "lan").await;

    let (status, _, body) = lan.get("/export").await;

    assert_eq!(status, 200);
    let orders = read(&body)["orders"].as_array().expect("orders").clone();
    let numbers: std::collections::BTreeSet<_> =
        orders.iter().map(|order| order["orderNo"].to_string()).filter(|number| number.contains("B-")).collect();
    assert_eq!(numbers.len(), 270);
}
