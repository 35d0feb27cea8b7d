//! A back office reports events that WeChat sent about people (R10, R11, R12). See the store's tests for the effect on
//! the tables.

use acceptance::{Answer, Client, Company, Server, on_every_database};
use domain::ServiceScope;
use serde_json::{Value, json};

on_every_database!(
    r10_who_follows_an_app_is_told_and_no_identity_changes,
    r11_what_the_person_withdrew_is_gone_and_the_person_stays,
    r12_a_person_who_closed_the_wechat_account_is_signed_out_of_that_app_only,
    an_event_needs_a_scope_an_app_a_person_and_a_past,
);

const ME: &str =
    "{ me { id nickname avatarUrl unionIds { unionId } openIds { app openId nickname follows cancelledAt } } }";

fn event(company: &Company, kind: &str, at: i64) -> Value {
    let open_id = company.sandbox.open_id("shop", "lan");
    let at = chrono::DateTime::<chrono::Utc>::from(company.clock.now().plus(chrono::TimeDelta::seconds(at)));
    json!({ "app": "shop", "openId": open_id, "kind": kind, "at": at.to_rfc3339() })
}

async fn tell(client: &Client, event: &Value) -> Answer {
    let query = "mutation ($input: PersonEventInput!) { recordPersonEvent(input: $input) { changed } }";
    client.send(query, json!({ "input": event })).await
}

async fn me(client: &Client) -> Value {
    client.ask(ME).await.data()["me"].clone()
}

async fn r10_who_follows_an_app_is_told_and_no_identity_changes(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let back_office = company.system(&[ServiceScope::UsersWrite]).await;
    let mut expected = me(&lan).await;

    let followed = tell(&back_office, &event(&company, "FOLLOWED", 0)).await;
    let older = tell(&back_office, &event(&company, "UNFOLLOWED", -60)).await;

    assert_eq!(followed.data()["recordPersonEvent"]["changed"], true);
    assert_eq!(older.data()["recordPersonEvent"]["changed"], false);
    expected["openIds"][0]["follows"] = json!(true);
    assert_eq!(me(&lan).await, expected);
}

async fn r11_what_the_person_withdrew_is_gone_and_the_person_stays(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let back_office = company.system(&[ServiceScope::UsersWrite]).await;
    let mut expected = me(&lan).await;
    let mut revoked = event(&company, "REVOKED", 0);
    revoked["fields"] = json!(["NICKNAME"]);
    company.clock.advance(chrono::TimeDelta::seconds(1));

    tell(&back_office, &revoked).await.data();

    (expected["nickname"], expected["openIds"][0]["nickname"]) = (Value::Null, Value::Null);
    assert_eq!(me(&lan).await, expected);
    let history = lan.ask("{ me { linkHistory(first: 1) { nodes { rule actor evidence { app } } } } }").await;
    let entry = json!([{ "rule": "R11", "actor": "UPSTREAM", "evidence": { "app": "shop" } }]);
    assert_eq!(history.data()["me"]["linkHistory"]["nodes"], entry);
}

async fn r12_a_person_who_closed_the_wechat_account_is_signed_out_of_that_app_only(server: Server) {
    let company = Company::open(server).await;
    let through_shop = company.sign_in("shop", "lan").await;
    let through_club = company.sign_in("club", "lan").await;
    let back_office = company.system(&[ServiceScope::UsersWrite]).await;

    tell(&back_office, &event(&company, "CANCELLED", 1)).await.data();

    assert_eq!(through_shop.ask(ME).await.code(), "UNAUTHENTICATED");
    let lan = me(&through_club).await;
    let shop = lan["openIds"].as_array().expect("a list").iter().find(|link| link["app"] == "shop").expect("the shop");
    assert_eq!((&shop["nickname"], shop["cancelledAt"].is_string()), (&Value::Null, true));
    let again = company.sign_in("shop", "lan").await;
    assert_eq!(me(&again).await["id"], lan["id"]);
}

async fn an_event_needs_a_scope_an_app_a_person_and_a_past(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let back_office = company.system(&[ServiceScope::UsersWrite]).await;
    let reader = company.system(&[ServiceScope::UsersRead]).await;
    let good = event(&company, "FOLLOWED", 0);
    let with = |name: &str, value: Value| {
        let mut event = good.clone();
        event[name] = value;
        event
    };

    // A follow creates the openId. Any other event about an unknown openId concerns no account.
    let mut unfollowed_by_unknown = event(&company, "UNFOLLOWED", 0);
    unfollowed_by_unknown["openId"] = json!("oNobody");

    assert_eq!(tell(&lan, &good).await.code(), "FORBIDDEN");
    assert_eq!(tell(&reader, &good).await.code(), "FORBIDDEN");
    for (bad, code) in [
        (with("app", json!("nowhere")), "UNKNOWN_APP"),
        (unfollowed_by_unknown, "NOT_FOUND"),
        (with("openId", json!("")), "INVALID_INPUT"),
        (with("at", json!("2999-01-01T00:00:00Z")), "INVALID_INPUT"),
        (with("fields", json!(["NICKNAME"])), "INVALID_INPUT"),
        (with("kind", json!("REVOKED")), "INVALID_INPUT"),
    ] {
        assert_eq!(tell(&back_office, &bad).await.code(), code, "{bad}");
    }
}
