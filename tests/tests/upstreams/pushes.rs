//! Pushes of the sandbox reach the service in every mode and format, and take effect: R10, R11, R12.

use acceptance::pushing::{KEY, OLD_KEY, keys, later, open, push, push_settings};
use acceptance::{Client, Company, Server, on_every_database};
use api::App;
use api::usecase::FrontRequest;
use api::usecase::push::{PushState, act_on_due, list, retry};
use domain::AuditAction;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    pushes_in_every_mode_and_format_are_acted_on,
    r10_a_follower_who_has_never_signed_in_is_known_when_they_do,
    r10_events_that_arrive_out_of_order_end_at_the_last_one,
    r11_what_the_person_withdrew_or_wechat_cleared_is_gone,
    r12_an_account_that_was_closed_is_signed_out_of_its_app,
    a_push_is_repeated_when_it_could_not_be_stored_and_acted_on_once,
    of_many_replicas_one_acts_on_each_event_in_the_order_of_its_person,
    an_event_about_an_unknown_person_or_of_an_unknown_kind_changes_nothing,
    an_event_that_cannot_be_read_is_given_up_and_can_be_retried,
    a_forged_old_or_broken_push_is_refused_and_changes_nothing,
    a_push_that_is_lost_repeated_or_late_has_its_effect_once_and_in_the_order_of_the_events,
);

const ME: &str = "{ me { id nickname openIds { app follows nickname cancelledAt } } }";

async fn act(app: &App) -> usize {
    act_on_due(app.service()).await.expect("the database answers")
}

/// Pushes an event and acts on it.
async fn happens(company: &Company, person: &str, event: Value) {
    let attempts = push(company, person, event).await;
    let answers: Vec<_> = attempts.iter().map(|attempt| (&attempt["status"], &attempt["body"])).collect();
    assert_eq!(answers, [(&json!(200), &json!("success"))]);
    assert_eq!(act(&company.app).await, 1);
}

async fn me(client: &Client) -> Value {
    client.ask(ME).await.data()["me"].clone()
}

fn shop(me: &Value) -> &Value {
    me["openIds"].as_array().expect("a list").iter().find(|link| link["app"] == "shop").expect("the shop")
}

async fn pushes_in_every_mode_and_format_are_acted_on(server: Server) {
    let (plain, encrypted) = (open(server, &keys(&[])).await, open(server, &keys(&[OLD_KEY, KEY])).await);
    for (company, mode) in
        [(&plain, "plain"), (&plain, "compatible"), (&encrypted, "compatible"), (&encrypted, "secure")]
    {
        push_settings(company, "shop", mode).await;
        let lan = company.sign_in("shop", "lan").await;
        for (event, follows) in [("subscribe", true), ("unsubscribe", false)] {
            later(company, 1).await;
            happens(company, "lan", json!({ "event": event })).await;
            assert_eq!(shop(&me(&lan).await)["follows"], follows, "{mode} {event}");
        }
        // In JSON.
        push_settings(company, "mini", mode).await;
        let lan = company.sign_in("mini", "lan").await;
        later(company, 1).await;
        happens(company, "lan", json!({ "app": "mini", "event": "user_authorization_cancellation" })).await;
        assert_eq!(lan.ask(ME).await.code(), "UNAUTHENTICATED", "{mode}");
        for app in ["shop", "mini"] {
            let verified = company.sandbox("POST", "/_sandbox/push/verify", Some(&json!({ "app": app }))).await;
            assert_eq!(verified["verified"], true, "{verified}");
        }
    }
    // The configuration and WeChat's console differ: unprotected pushes are refused.
    push_settings(&encrypted, "shop", "plain").await;
    let attempts = push(&encrypted, "lan", json!({ "event": "subscribe" })).await;
    assert_eq!(attempts.iter().map(|attempt| attempt["status"].clone()).collect::<Vec<_>>(), [403, 403, 403]);
    assert_eq!(act(&encrypted.app).await, 0);
}

async fn r10_a_follower_who_has_never_signed_in_is_known_when_they_do(server: Server) {
    let company = open(server, &keys(&[KEY])).await;
    push_settings(&company, "shop", "secure").await;

    happens(&company, "lan", json!({ "event": "subscribe", "scene": "table-7" })).await;

    let lan = company.sign_in("shop", "lan").await;
    assert_eq!(shop(&me(&lan).await)["follows"], true);
    later(&company, 1).await;
    happens(&company, "lan", json!({ "event": "unsubscribe" })).await;
    later(&company, 1).await;
    happens(&company, "lan", json!({ "event": "SCAN", "scene": "table-7" })).await;
    assert_eq!(shop(&me(&lan).await)["follows"], true);
}

async fn r10_events_that_arrive_out_of_order_end_at_the_last_one(server: Server) {
    let company = open(server, &keys(&[KEY])).await;
    push_settings(&company, "shop", "secure").await;
    let lan = company.sign_in("shop", "lan").await;

    // Within one second, the precision of WeChat's times, the order of arrival counts.
    happens(&company, "lan", json!({ "event": "subscribe" })).await;
    happens(&company, "lan", json!({ "event": "unsubscribe" })).await;

    assert_eq!(shop(&me(&lan).await)["follows"], false);
}

async fn r11_what_the_person_withdrew_or_wechat_cleared_is_gone(server: Server) {
    let company = open(server, &keys(&[KEY])).await;
    push_settings(&company, "shop", "secure").await;
    for event in ["user_authorization_revoke", "user_info_modified"] {
        let lan = company.sign_in("shop", "lan").await;
        assert!(shop(&me(&lan).await)["nickname"].is_string());
        later(&company, 1).await;

        happens(&company, "lan", json!({ "event": event })).await;

        let after = me(&lan).await;
        assert_eq!((&after["nickname"], &shop(&after)["nickname"]), (&Value::Null, &Value::Null), "{event}");
    }
    let lan = company.sign_in("shop", "lan").await;
    later(&company, 1).await;
    // A permission other than that for the profile.
    happens(&company, "lan", json!({ "event": "user_authorization_revoke", "revoke_info": 201 })).await;
    assert!(shop(&me(&lan).await)["nickname"].is_string());
}

async fn r12_an_account_that_was_closed_is_signed_out_of_its_app(server: Server) {
    let company = open(server, &keys(&[KEY])).await;
    push_settings(&company, "shop", "secure").await;
    let through_shop = company.sign_in("shop", "lan").await;
    let through_club = company.sign_in("club", "lan").await;
    later(&company, 1).await;

    happens(&company, "lan", json!({ "event": "user_authorization_cancellation" })).await;

    assert_eq!(through_shop.ask(ME).await.code(), "UNAUTHENTICATED");
    assert!(shop(&me(&through_club).await)["cancelledAt"].is_string());
    let audited = company.audited(AuditAction::PersonEventRecorded).await;
    assert_eq!((&audited[0]["actor"], &audited[0]["detail"]["event"]), (&json!("upstream"), &json!("CANCELLED")));
}

async fn a_push_is_repeated_when_it_could_not_be_stored_and_acted_on_once(server: Server) {
    let company = open(server, &keys(&[KEY])).await;
    push_settings(&company, "shop", "secure").await;
    let lan = company.sign_in("shop", "lan").await;

    // Three concurrent deliveries of the same message from the same second.
    let event = json!({ "event": "subscribe" });
    join_all((0..3).map(|_| push(&company, "lan", event.clone()))).await;

    assert_eq!(act(&company.app).await, 1);
    assert_eq!(shop(&me(&lan).await)["follows"], true);
    assert_eq!(company.audited(AuditAction::PersonEventRecorded).await.len(), 1);
}

async fn of_many_replicas_one_acts_on_each_event_in_the_order_of_its_person(server: Server) {
    let company = open(server, &keys(&[KEY])).await;
    push_settings(&company, "shop", "secure").await;
    let (lan, mei) = (company.sign_in("shop", "lan").await, company.sign_in("shop", "mei").await);
    for round in 0..6 {
        later(&company, 1).await;
        let event = if round % 2 == 0 { "subscribe" } else { "unsubscribe" };
        for person in ["lan", "mei"] {
            push(&company, person, json!({ "event": event })).await;
        }
    }
    let mut replicas = Vec::new();
    for _ in 0..3 {
        replicas.push(company.app_with(|_| ()).await);
    }

    let mut acted = 0;
    // A worker leaves a person's next event to the worker that handles the previous one.
    while acted < 12 {
        acted += join_all(replicas.iter().map(act)).await.into_iter().sum::<usize>();
    }

    assert_eq!(acted, 12);
    assert_eq!(company.audited(AuditAction::PersonEventRecorded).await.len(), 12);
    for client in [lan, mei] {
        assert_eq!(shop(&me(&client).await)["follows"], false);
    }
}

async fn an_event_about_an_unknown_person_or_of_an_unknown_kind_changes_nothing(server: Server) {
    let company = open(server, &keys(&[KEY])).await;
    push_settings(&company, "shop", "secure").await;

    happens(&company, "lan", json!({ "event": "user_authorization_cancellation" })).await;

    assert!(company.audited(AuditAction::PersonEventRecorded).await.is_empty());
    let lan = company.sign_in("shop", "lan").await;
    assert_eq!(shop(&me(&lan).await)["cancelledAt"], Value::Null);
}

async fn an_event_that_cannot_be_read_is_given_up_and_can_be_retried(server: Server) {
    let company = open(server, &keys(&[KEY])).await;
    push_settings(&company, "shop", "secure").await;
    company.sign_in("shop", "lan").await;
    push(&company, "lan", json!({ "event": "subscribe" })).await;
    // In a format that a newer version may store.
    company.database.run("UPDATE pushes SET payload = '{\"event\":\"unheard_of\"}'").await;

    let mut attempts = 0;
    for _ in 0..20 {
        attempts += act(&company.app).await;
        later(&company, 24 * 3600).await;
    }

    assert_eq!(attempts, 9);
    let failed = list(company.app.service(), PushState::Failed, FrontRequest { first: Some(10), after: None }).await;
    let failed = failed.expect("a list").items;
    assert_eq!(failed.len(), 1);
    assert_eq!((failed[0].event.as_str(), failed[0].attempts), ("subscribe", 9));
    assert_eq!(failed[0].last_error.as_deref(), Some("this version cannot read the event"));
    company.database.run("UPDATE pushes SET payload = '{\"event\":\"followed\",\"scene\":null}'").await;
    assert_eq!(retry(company.app.service(), Some(failed[0].id)).await.expect("the database"), 1);
    assert_eq!(act(&company.app).await, 1);
    assert_eq!(shop(&me(&company.sign_in("shop", "lan").await).await)["follows"], true);
}

async fn a_forged_old_or_broken_push_is_refused_and_changes_nothing(server: Server) {
    let company = open(server, &keys(&[KEY])).await;
    push_settings(&company, "shop", "secure").await;
    let lan = company.sign_in("shop", "lan").await;
    for kind in ["forged", "stale", "wrong-key", "truncated"] {
        later(&company, 1).await;
        company.fault("push", &json!({ "kind": kind })).await;

        let attempts = push(&company, "lan", json!({ "event": "subscribe" })).await;

        let answers: Vec<_> = attempts.iter().map(|attempt| (&attempt["status"], &attempt["body"])).collect();
        assert_eq!(answers, [(&json!(403), &json!("")); 3], "{kind}");
        assert_eq!((act(&company.app).await, &shop(&me(&lan).await)["follows"]), (0, &Value::Null), "{kind}");
    }
    later(&company, 1).await;
    happens(&company, "lan", json!({ "event": "subscribe" })).await;
    assert_eq!(shop(&me(&lan).await)["follows"], true);
}

async fn a_push_that_is_lost_repeated_or_late_has_its_effect_once_and_in_the_order_of_the_events(server: Server) {
    let company = open(server, &keys(&[KEY])).await;
    push_settings(&company, "shop", "secure").await;
    let lan = company.sign_in("shop", "lan").await;
    for (kind, event, follows, acted) in [
        ("answer-lost", "subscribe", json!(true), 1),
        ("twice", "unsubscribe", json!(false), 1),
        ("lost", "subscribe", json!(false), 0),
    ] {
        later(&company, 1).await;
        company.fault("push", &json!({ "kind": kind })).await;
        push(&company, "lan", json!({ "event": event })).await;
        assert_eq!((act(&company.app).await, &shop(&me(&lan).await)["follows"]), (acted, &follows), "{kind}");
    }

    // An event from the second before the newest one arrives after it.
    later(&company, 1).await;
    company.fault("push", &json!({ "delay_ms": 700 })).await;
    let late = push(&company, "lan", json!({ "event": "subscribe" }));
    let newest = async {
        // Waits until the late event has happened.
        while company.sandbox("GET", "/_sandbox/faults", None).await != json!([]) {
            tokio::task::yield_now().await;
        }
        later(&company, 1).await;
        push(&company, "lan", json!({ "event": "unsubscribe" })).await;
        act(&company.app).await
    };
    let (attempts, acted) = tokio::join!(late, newest);
    assert_eq!((attempts.len(), acted, act(&company.app).await), (1, 1, 1));
    assert_eq!(shop(&me(&lan).await)["follows"], false);
}
