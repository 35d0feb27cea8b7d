//! The feed: exactly once by cursor, also during concurrent writes.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use acceptance::{Company, Server, on_every_database};
use chrono::TimeDelta;
use domain::ServiceScope;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::{deliver, order, read_feed, settings, system};

on_every_database!(
    a_reader_beside_concurrent_writers_finds_every_event_once_and_in_order_per_person,
    the_feed_needs_its_scope_and_its_setting,
    old_events_are_deleted_and_a_cursor_before_them_is_refused,
    imports_tell_nothing,
    a_change_that_is_rolled_back_tells_nothing,
);

async fn with_feed(server: Server) -> Company {
    Box::pin(Company::open_with(server, settings(vec![]))).await
}

async fn a_reader_beside_concurrent_writers_finds_every_event_once_and_in_order_per_person(server: Server) {
    const ROUNDS: usize = 6;
    let company = with_feed(server).await;
    let another = company.app_with(|_| {}).await;
    let system = system(&company).await;
    let people = ["lan", "wei", "mei", "jun"];
    let is_over = Arc::new(AtomicBool::new(false));
    let sequencers = [company.app.service().clone(), another.service().clone()].map(|service| {
        let is_over = is_over.clone();
        tokio::spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                api::usecase::event::order(&service).await.expect("the database answers");
                tokio::task::yield_now().await;
            }
        })
    });
    let reader = {
        let (is_over, system) = (is_over.clone(), system.clone());
        tokio::spawn(async move {
            let (mut read, mut after) = (Vec::new(), None);
            while !is_over.load(Ordering::Relaxed) {
                read.extend(read_feed(&system, 3, &mut after).await);
            }
            (read, after)
        })
    };

    let writers = people.map(async |who| {
        for _ in 0..ROUNDS {
            company.sign_in("shop", who).await;
        }
    });
    let orders = async {
        for number in 0..ROUNDS {
            order(&system, &company, &format!("F-{number}"), "PAID").await;
        }
    };
    tokio::join!(join_all(writers), orders);
    is_over.store(true, Ordering::Relaxed);
    for sequencer in join_all(sequencers).await {
        sequencer.expect("no panic");
    }
    api::usecase::event::order(company.app.service()).await.expect("the database answers");

    let (mut read, mut after) = reader.await.expect("no panic");
    read.extend(read_feed(&system, 3, &mut after).await);
    let whole = read_feed(&system, 100, &mut None).await;
    assert_eq!(read, whole);
    assert_eq!(read.len(), people.len() * (ROUNDS + 1) + ROUNDS);
    let mut logins: HashMap<&str, Vec<&str>> = HashMap::new();
    for event in read.iter().filter(|event| event["type"] != "order.recorded") {
        let person = event["data"]["personId"].as_str().expect("an id");
        logins.entry(person).or_default().push(event["type"].as_str().expect("a type"));
    }
    for kinds in logins.into_values() {
        assert_eq!((kinds[0], kinds.len()), ("person.created", ROUNDS + 1), "{kinds:?}");
    }
    let mut orders = read.iter().filter(|event| event["type"] == "order.recorded");
    assert!((0..ROUNDS).all(|at| orders.next().is_some_and(|event| event["data"]["orderNo"] == format!("F-{at}"))));
}

async fn the_feed_needs_its_scope_and_its_setting(server: Server) {
    let company = with_feed(server).await;
    let of_orders = company.system(&[ServiceScope::OrdersRead]).await;
    let reader = company.system(&[ServiceScope::EventsRead]).await;
    let without_feed = company.replica_with(|config| config.events.feed = false).await;
    let query = "{ events { nodes { id } } }";

    assert_eq!(of_orders.ask(query).await.code(), "FORBIDDEN");
    assert_eq!(company.client().ask(query).await.code(), "UNAUTHENTICATED");
    assert_eq!(reader.ask(query).await.data()["events"]["nodes"], json!([]));
    let mut off = without_feed;
    off.bearer.clone_from(&reader.bearer);
    assert_eq!(off.ask(query).await.code(), "INVALID_INPUT");
    for bad in ["", "1", "AAAAAAAAAAA", "AAAAAAAAAAE", "!"] {
        let answer =
            reader.send("query ($after: String) { events(after: $after) { nodes { id } } }", json!({ "after": bad }));
        assert_eq!(answer.await.code(), "INVALID_CURSOR", "{bad}");
    }
}

async fn old_events_are_deleted_and_a_cursor_before_them_is_refused(server: Server) {
    let company = with_feed(server).await;
    let system = system(&company).await;
    company.sign_in("shop", "lan").await;
    deliver(&company).await;
    let mut after = None;
    let first = system.ask("{ events(first: 1) { pageInfo { endCursor } } }").await;
    let early = first.data()["events"]["pageInfo"]["endCursor"].clone();
    assert_eq!(read_feed(&system, 10, &mut after).await.len(), 2);
    company.clock.advance(TimeDelta::days(29));
    let system = self::system(&company).await;
    company.sign_in("shop", "lan").await;
    deliver(&company).await;
    company.clock.advance(TimeDelta::days(2));

    let deleted = api::usecase::event::purge(company.app.service()).await.expect("the database answers");

    assert_eq!(deleted, 2);
    assert_eq!(read_feed(&system, 10, &mut after).await.len(), 1, "a reader that kept up continues");
    assert_eq!(read_feed(&system, 10, &mut None).await.len(), 1);
    let query = "query ($after: String) { events(after: $after) { nodes { id } } }";
    assert_eq!(system.send(query, json!({ "after": early })).await.code(), "INVALID_CURSOR");
}

async fn imports_tell_nothing(server: Server) {
    let company = with_feed(server).await;

    company.member("C-1001", "+8613800000001", 10).await;
    deliver(&company).await;

    assert_eq!(read_feed(&system(&company).await, 10, &mut None).await, [Value::Null; 0]);
}

async fn a_change_that_is_rolled_back_tells_nothing(server: Server) {
    let company = with_feed(server).await;
    let lan = company.sign_in("shop", "lan").await;

    assert_eq!(lan.unbind().await.code(), "NOT_FOUND");
    assert_eq!(lan.unlink("shop").await.code(), "LAST_CREDENTIAL");
    deliver(&company).await;

    let kinds: Vec<Value> =
        read_feed(&system(&company).await, 10, &mut None).await.iter().map(|event| event["type"].clone()).collect();
    assert_eq!(kinds, ["person.created", "person.signed_in"]);
}
