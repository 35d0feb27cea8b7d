//! Events: written with their change, numbered after the commit, delivered under a lease, deleted with their person.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::{EventKind, UserId};
use futures::future::join_all;
use store::event::{Event, Marks, Recording};
use store::webhook::{Claimed, Outcome};
use store::{Store, StoreError};

use crate::on_every_database;
use crate::world::{NOW, minutes, proof, record, report, sign_in};

on_every_database!(
    without_a_wish_for_them_no_events_are_written,
    only_wanted_kinds_are_written,
    many_writers_and_many_numberers_leave_no_gap_and_no_event_without_a_number,
    a_batch_of_orders_tells_of_each_that_it_changes_and_of_none_that_it_does_not,
    the_events_of_an_erased_person_are_gone_with_their_deliveries,
    orders_from_before_the_first_login_and_after_the_last_one_are_forgotten_too,
    an_erased_person_is_told_of_once,
    of_many_workers_each_delivery_is_claimed_by_one,
    a_delivery_belongs_to_another_worker_when_the_lease_ends,
    an_endpoint_that_is_down_is_tried_once_at_a_time,
    a_purge_deletes_the_oldest_events_and_remembers_it,
);

fn all() -> BTreeSet<EventKind> {
    EventKind::ALL.iter().copied().collect()
}

fn recording(store: &Store, kinds: BTreeSet<EventKind>) -> Store {
    store.clone().recording(Recording::of(kinds))
}

/// Numbers all events, as a worker does.
async fn number(store: &Store) {
    loop {
        let ordered = store
            .write("order", |tx: std::sync::Arc<store::Tx>| async move { store::event::order(&tx).await })
            .await
            .expect("an order");
        if ordered == 0 {
            return;
        }
    }
}

async fn feed(store: &Store) -> Vec<Event> {
    number(store).await;
    store::event::page(&store.view(), 0, 10_000).await.expect("the feed")
}

fn kinds(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

/// Creates the deliveries to the endpoint `crm`.
async fn fan_out(store: &Store) {
    let tx = store.begin().await.expect("a transaction");
    store::webhook::fan_out(&tx, "crm", &all(), NOW).await.expect("deliveries");
    tx.commit().await.expect("a commit");
}

async fn register(store: &Store) {
    let tx = store.begin().await.expect("a transaction");
    store::webhook::register(&tx, &["crm"]).await.expect("an endpoint");
    tx.commit().await.expect("a commit");
}

async fn claim_at(store: &Store, at: i64) -> Vec<Claimed> {
    let claim = |tx: std::sync::Arc<store::Tx>| async move {
        store::webhook::claim(&tx, ("crm", 100), (minutes(at), minutes(at + 1))).await
    };
    store.write("claim", claim).await.expect("a claim")
}

async fn settle_at(store: &Store, (claimed, outcome): (&Claimed, &Outcome), at: i64) -> bool {
    let tx = store.begin().await.expect("a transaction");
    let settled = store::webhook::settle(&tx, "crm", (claimed, outcome), minutes(at)).await.expect("a settlement");
    tx.commit().await.expect("a commit");
    settled
}

async fn without_a_wish_for_them_no_events_are_written(store: Store) {
    sign_in(&store, &proof("shop", "oLan", None), NOW).await;
    record(&store, &[report("shop", "S-1", "oLan")]).await;

    assert_eq!(feed(&store).await, []);
}

async fn only_wanted_kinds_are_written(store: Store) {
    let store = recording(&store, BTreeSet::from([EventKind::OrderRecorded]));
    sign_in(&store, &proof("shop", "oLan", None), NOW).await;
    record(&store, &[report("shop", "S-1", "oLan")]).await;

    assert_eq!(kinds(&feed(&store).await), ["order.recorded"]);
}

async fn many_writers_and_many_numberers_leave_no_gap_and_no_event_without_a_number(store: Store) {
    let store = recording(&store, all());
    let writers = (0..40).map(|person| {
        let store = store.clone();
        async move {
            sign_in(&store, &proof("shop", &format!("o{person}"), None), NOW).await;
            sign_in(&store, &proof("shop", &format!("o{person}"), Some(&format!("u{person}"))), minutes(1)).await;
        }
    });
    let numberers = (0..4).map(|_| async {
        for _ in 0..20 {
            number(&store).await;
        }
    });

    futures::future::join(join_all(writers), join_all(numberers)).await;

    let events = feed(&store).await;
    assert_eq!(events.len(), 80);
    assert!(events.iter().map(|event| event.seq).eq(1..=80));
    assert_eq!(store::event::marks(&store.view()).await.expect("marks"), Marks { head: 80, purged: 0 });
    let mut people: std::collections::HashMap<String, Vec<EventKind>> = std::collections::HashMap::new();
    for event in &events {
        people.entry(event.data["personId"].to_string()).or_default().push(event.kind);
    }
    assert_eq!(people.len(), 40);
    assert!(people.values().all(|kinds| kinds[..] == [EventKind::PersonCreated, EventKind::UnionIdChanged]));
}

async fn a_batch_of_orders_tells_of_each_that_it_changes_and_of_none_that_it_does_not(store: Store) {
    let store = recording(&store, all());
    let batch: Vec<_> = (0..120).map(|number| report("shop", &format!("S-{number}"), "oLan")).collect();

    record(&store, &batch).await;
    record(&store, &batch).await;

    let events = feed(&store).await;
    assert_eq!(events.len(), 120);
    assert!(events.iter().all(|event| event.data["change"] == "created" && event.data["personId"].is_null()));
}

async fn the_events_of_an_erased_person_are_gone_with_their_deliveries(store: Store) {
    let store = recording(&store, all());
    register(&store).await;
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    sign_in(&store, &proof("shop", "oWei", None), NOW).await;
    number(&store).await;
    fan_out(&store).await;

    let tx = store.begin().await.expect("a transaction");
    let forgotten = store::event::forget(&tx, lan, NOW).await.expect("an erasure");
    tx.commit().await.expect("a commit");

    assert_eq!(forgotten, 1);
    let events = feed(&store).await;
    assert_eq!(kinds(&events), ["person.created", "person.erased"]);
    let of_lan = |event: &Event| event.data["personId"] == lan.to_string();
    assert_eq!(events.iter().map(of_lan).collect::<Vec<_>>(), [false, true]);
    fan_out(&store).await;
    let claimed = claim_at(&store, 0).await;
    assert_eq!(claimed.iter().map(|claimed| claimed.event.kind.as_str()).collect::<Vec<_>>(), kinds(&events));
}

/// Their events are in the lane of the openId, not in that of the account.
async fn orders_from_before_the_first_login_and_after_the_last_one_are_forgotten_too(store: Store) {
    let store = recording(&store, all());
    register(&store).await;
    record(&store, &[report("shop", "S-1", "oLan"), report("club", "C-1", "oLan"), report("shop", "W-1", "oWei")])
        .await;
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;
    sign_in(&store, &proof("club", "oLan", Some("uLan")), NOW).await;
    let tx = store.begin().await.expect("a transaction");
    store::link::unlink_open_id(&tx, lan, (&crate::world::app("club"), None), NOW).await.expect("unlinked");
    tx.commit().await.expect("a commit");
    record(&store, &[report("club", "C-2", "oLan")]).await;
    number(&store).await;
    fan_out(&store).await;

    crate::erasure::erase(&store, lan).await.expect("an account");

    let events = feed(&store).await;
    assert_eq!(kinds(&events), ["order.recorded", "person.erased"]);
    assert_eq!(events[0].data["orderNo"], "W-1");
    fan_out(&store).await;
    let claimed = claim_at(&store, 0).await;
    assert_eq!(claimed.iter().map(|claimed| claimed.event.kind.as_str()).collect::<Vec<_>>(), kinds(&events));
}

/// The tables are checked again some minutes after an erasure.
async fn an_erased_person_is_told_of_once(store: Store) {
    let store = recording(&store, all());
    register(&store).await;
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    crate::erasure::erase(&store, lan).await.expect("an account");
    number(&store).await;
    fan_out(&store).await;
    let told = feed(&store).await;

    // A request in flight, which the second check finds.
    let tx = store.begin().await.expect("a transaction");
    let session = domain::SessionId::new(NOW);
    store::event::signed_in(&tx, (lan, session), (&crate::world::app("shop"), false), NOW).await.expect("an event");
    tx.commit().await.expect("a commit");
    let tx = store.begin().await.expect("a transaction");
    let forgotten = store::event::forget(&tx, lan, minutes(110)).await.expect("a second look");
    tx.commit().await.expect("a commit");

    assert_eq!((forgotten, kinds(&told), feed(&store).await), (1, vec!["person.erased"], told.clone()));
    let claimed = claim_at(&store, 200).await;
    assert_eq!(claimed.iter().map(|claimed| claimed.event.id).collect::<Vec<_>>(), [told[0].id]);
}

/// Twelve people with two events each, all undelivered.
async fn twelve_people(store: &Store) -> Store {
    let store = recording(store, all());
    register(&store).await;
    for person in 0..12 {
        sign_in(&store, &proof("shop", &format!("o{person}"), None), NOW).await;
        sign_in(&store, &proof("shop", &format!("o{person}"), Some(&format!("u{person}"))), NOW).await;
    }
    number(&store).await;
    fan_out(&store).await;
    store
}

async fn of_many_workers_each_delivery_is_claimed_by_one(store: Store) {
    let store = twelve_people(&store).await;

    let claimed: Vec<_> = join_all((0..6).map(|_| claim_at(&store, 0))).await.into_iter().flatten().collect();

    // Only the first event of each person: the second one waits for it.
    let ids: BTreeSet<_> = claimed.iter().map(|claimed| claimed.event.id).collect();
    assert_eq!((claimed.len(), ids.len()), (12, 12));
    assert!(claimed.iter().all(|claimed| claimed.event.kind == EventKind::PersonCreated));
    for claimed in &claimed {
        assert!(settle_at(&store, (claimed, &Outcome::Received), 0).await);
    }
    assert_eq!(claim_at(&store, 0).await.len(), 12);
}

async fn a_delivery_belongs_to_another_worker_when_the_lease_ends(store: Store) {
    let store = twelve_people(&store).await;
    let first = claim_at(&store, 0).await;

    assert_eq!(claim_at(&store, 0).await.len(), 0);
    let second = claim_at(&store, 1).await;

    assert_eq!((second.len(), second[0].attempts, second[0].event.id), (12, 2, first[0].event.id));
    assert!(!settle_at(&store, (&first[0], &Outcome::Received), 1).await, "the settlement came too late");
    assert!(settle_at(&store, (&second[0], &Outcome::Received), 1).await);
}

async fn an_endpoint_that_is_down_is_tried_once_at_a_time(store: Store) {
    let store = twelve_people(&store).await;
    for claimed in &claim_at(&store, 0).await {
        let outcome = Outcome::Retry { at: minutes(60), error: "answered 503".to_owned() };
        settle_at(&store, (claimed, &outcome), 0).await;
    }
    assert_eq!(claim_at(&store, 1).await.len(), 0, "it is paused");

    let probes = join_all((0..4).map(|_| claim_at(&store, 60))).await.into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(probes.len(), 1);
    settle_at(&store, (&probes[0], &Outcome::Received), 60).await;

    let endpoints = store::webhook::endpoints(&store.view(), &["crm", "unheard-of"]).await.expect("the endpoints");
    let [endpoint, unknown] = endpoints.as_slice() else { panic!("two endpoints: {endpoints:?}") };
    assert_eq!(*unknown, store::webhook::Endpoint::default());
    assert_eq!(
        (endpoint.failures, endpoint.backlog.pending, endpoint.last_error.as_deref()),
        (0, 23, Some("answered 503"))
    );
    assert_eq!(claim_at(&store, 60).await.len(), 12, "all that has waited is due");
}

async fn a_purge_deletes_the_oldest_events_and_remembers_it(store: Store) {
    let store = twelve_people(&store).await;
    let person: UserId = sign_in(&store, &proof("shop", "oLate", None), NOW.plus(TimeDelta::days(40))).await.user;
    number(&store).await;

    let purge = async |until| -> Result<_, StoreError> {
        let tx = store.begin().await?;
        let purged = store::event::purge(&tx, until, 20).await?;
        tx.commit().await?;
        Ok((purged.events, purged.undelivered))
    };
    let until = NOW.plus(TimeDelta::days(30));
    let purged = [purge(until).await, purge(until).await, purge(until).await].map(|purged| purged.expect("a purge"));

    assert_eq!(purged, [(20, 20), (4, 4), (0, 0)]);
    let left = feed(&store).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].data["personId"], person.to_string());
    assert_eq!(store::event::marks(&store.view()).await.expect("marks"), Marks { head: 25, purged: 24 });
}
