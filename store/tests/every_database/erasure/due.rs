//! When an account is erased: at its person's request, by the policy on cancelled accounts (R12), or never.

use chrono::TimeDelta;
use domain::order::{Delivery, Report};
use domain::{ErasureCause, Profile, ServiceTokenId, Timestamp, UserId};
use store::Store;
use store::erasure::{Erasure, Outcome};
use store::person_event::{PersonEvent, Telling};

use super::plan_of;
use crate::concurrency::at_once;
use crate::merge_choices::{bind, merge_at};
use crate::world::{NOW, key, minutes, proof, record, report, sign_in};

crate::on_every_database!(
    a_wish_is_carried_out_when_its_time_has_come,
    a_wish_is_called_off_until_then,
    a_second_wish_keeps_the_time_of_the_first,
    r12_a_cancelled_account_is_erased_after_its_time,
    r12_a_login_since_then_keeps_the_account,
    r12_an_account_with_a_phone_is_kept,
    r12_an_open_id_without_an_account_is_erased_too,
    a_disabled_account_waits,
    an_account_that_went_into_another_one_is_kept,
    of_ten_workers_one_erases,
    the_tables_are_looked_through_a_second_time,
);

const DAY: TimeDelta = TimeDelta::days(1);

pub(super) async fn lan(store: &Store) -> UserId {
    let mut lan = proof("shop", "oLan", Some("uLan"));
    lan.profile = Profile::new("Lan", "https://example.com/lan.png");
    sign_in(store, &lan, NOW).await.user
}

async fn wish(store: &Store, user: UserId, now: Timestamp) -> Erasure {
    let tx = store.begin().await.unwrap();
    let due = now.plus(DAY);
    let erasure = store::erasure::schedule(&tx, user, (ErasureCause::Person, due), now).await.unwrap();
    tx.commit().await.unwrap();
    erasure
}

/// What a worker does: schedules, claims and performs erasures, with a policy of seven days.
pub(super) async fn work(store: &Store, now: Timestamp) -> Vec<(UserId, Outcome)> {
    let before = now.minus(TimeDelta::days(7));
    let tx = store.begin().await.unwrap();
    store::erasure::schedule_cancelled(&tx, (before, 10), now).await.unwrap();
    store::erasure::erase_unowned(&tx, before, 10).await.unwrap();
    tx.commit().await.unwrap();
    let tx = store.begin().await.unwrap();
    let claimed = store::erasure::claim(&tx, 10, (now, now.plus(TimeDelta::minutes(2)))).await.unwrap();
    tx.commit().await.unwrap();
    let mut done = Vec::new();
    for user in claimed {
        let tx = store.begin().await.unwrap();
        done.push((user, store::erasure::carry_out(&tx, user, now).await.unwrap()));
        tx.commit().await.unwrap();
    }
    done
}

async fn cancel(store: &Store, open_id: &str, at: Timestamp) {
    let telling = Telling { by: Some(ServiceTokenId::new(NOW).into()), at };
    let tx = store.begin().await.unwrap();
    let event = (PersonEvent::Cancelled, telling);
    store::person_event::record(&tx, &key("shop", open_id), event, at).await.unwrap().expect("a known openId");
    tx.commit().await.unwrap();
}

async fn exists(store: &Store, user: UserId) -> bool {
    store::user::find(&store.view(), user).await.unwrap().is_some()
}

async fn a_wish_is_carried_out_when_its_time_has_come(store: Store) {
    let lan = lan(&store).await;

    let planned = wish(&store, lan, NOW).await;

    let expected =
        Erasure { user: lan, cause: ErasureCause::Person, asked_at: NOW, due_at: NOW.plus(DAY), erased_at: None };
    assert_eq!(planned, expected);
    assert_eq!(work(&store, NOW.plus(DAY).minus(TimeDelta::milliseconds(1))).await, []);
    assert!(exists(&store, lan).await);
    assert_eq!(work(&store, NOW.plus(DAY)).await, [(lan, Outcome::Erased)]);
    assert!(!exists(&store, lan).await);
    let erased_at = Some(NOW.plus(DAY));
    assert_eq!(plan_of(&store, lan).await, Some(Erasure { erased_at, ..expected }));
}

async fn a_wish_is_called_off_until_then(store: Store) {
    let lan = lan(&store).await;
    wish(&store, lan, NOW).await;
    let call_off = async || {
        let tx = store.begin().await.unwrap();
        let was_there = store::erasure::call_off(&tx, lan).await.unwrap();
        tx.commit().await.unwrap();
        was_there
    };

    assert_eq!((call_off().await, call_off().await), (true, false));

    assert_eq!(work(&store, NOW.plus(DAY)).await, []);
    assert!(exists(&store, lan).await);
}

async fn a_second_wish_keeps_the_time_of_the_first(store: Store) {
    let lan = lan(&store).await;
    let first = wish(&store, lan, NOW).await;

    assert_eq!(wish(&store, lan, minutes(5)).await, first);
}

async fn r12_a_cancelled_account_is_erased_after_its_time(store: Store) {
    let lan = lan(&store).await;
    cancel(&store, "oLan", minutes(1)).await;
    let week = TimeDelta::days(7);

    assert_eq!(work(&store, NOW.plus(week)).await, []);
    assert_eq!(work(&store, minutes(1).plus(week)).await, [(lan, Outcome::Erased)]);

    assert!(!exists(&store, lan).await);
    assert_eq!(plan_of(&store, lan).await.map(|plan| plan.cause), Some(ErasureCause::Cancelled));
}

async fn r12_a_login_since_then_keeps_the_account(store: Store) {
    let lan = lan(&store).await;
    cancel(&store, "oLan", minutes(1)).await;
    let due = minutes(1).plus(TimeDelta::days(7));
    let tx = store.begin().await.unwrap();
    assert_eq!(store::erasure::schedule_cancelled(&tx, (minutes(1), 10), due).await.unwrap(), 1);
    tx.commit().await.unwrap();

    // Between finding the account and erasing it.
    assert_eq!(sign_in(&store, &proof("shop", "oLan", Some("uLan")), due).await.user, lan);

    assert_eq!(work(&store, due).await, [(lan, Outcome::Kept)]);
    assert!(exists(&store, lan).await);
    assert_eq!(plan_of(&store, lan).await, None);
}

async fn r12_an_account_with_a_phone_is_kept(store: Store) {
    let lan = lan(&store).await;
    bind(&store, lan, "13800000001", domain::phone::Purpose::Bind).await;
    cancel(&store, "oLan", minutes(5)).await;

    assert_eq!(work(&store, minutes(5).plus(TimeDelta::days(30))).await, []);

    assert!(exists(&store, lan).await);
}

async fn r12_an_open_id_without_an_account_is_erased_too(store: Store) {
    let deliveries = Some(vec![Delivery::parse("SF", "SF1000001", None).unwrap()]);
    let id = record(&store, &[Report { deliveries, ..report("shop", "A-1", "oLan") }]).await[0].id;
    assert_eq!(store::order::deliveries(&store.view(), &[id]).await.unwrap().len(), 1);
    cancel(&store, "oLan", minutes(1)).await;

    assert_eq!(work(&store, minutes(1).plus(TimeDelta::days(7))).await, []);

    assert_eq!(store::order::deliveries(&store.view(), &[id]).await.unwrap().len(), 0);
    let lan = sign_in(&store, &proof("shop", "oLan", None), minutes(20_000)).await;
    assert!(lan.is_new_user);
    assert_eq!(crate::world::orders_of(&store, lan.user).await, []);
}

async fn a_disabled_account_waits(store: Store) {
    let lan = lan(&store).await;
    wish(&store, lan, NOW).await;
    let order = async |disable| {
        let tx = store.begin().await.unwrap();
        let reason = "a dispute".to_owned();
        let change = store::user::StatusChange { disable, by: store::Actor::Command, reason };
        store::user::set_status(&tx, lan, &change, NOW).await.unwrap();
        tx.commit().await.unwrap();
    };
    order(true).await;

    assert_eq!(work(&store, NOW.plus(DAY)).await, [(lan, Outcome::Waiting)]);
    order(false).await;

    let later = NOW.plus(DAY).plus(TimeDelta::minutes(3));
    assert_eq!(work(&store, later).await, [(lan, Outcome::Erased)]);
}

async fn an_account_that_went_into_another_one_is_kept(store: Store) {
    let lan = lan(&store).await;
    let other = sign_in(&store, &proof("club", "oClub", None), NOW).await.user;
    wish(&store, lan, NOW).await;

    merge_at(&store, (lan, other), &[], 2).await;

    assert_eq!(work(&store, NOW.plus(DAY)).await, [(lan, Outcome::Kept)]);
    assert_eq!(store::user::find(&store.view(), lan).await.unwrap().map(|user| user.id), Some(other));
}

async fn of_ten_workers_one_erases(store: Store) {
    let lan = lan(&store).await;
    wish(&store, lan, NOW).await;

    let done = at_once(10, |_| {
        let store = store.clone();
        async move {
            for _ in 0..8 {
                let now = NOW.plus(DAY);
                let attempt = async {
                    let tx = store.begin().await?;
                    let claimed = store::erasure::claim(&tx, 10, (now, now.plus(TimeDelta::minutes(2)))).await?;
                    tx.commit().await?;
                    let mut done = Vec::new();
                    for user in claimed {
                        let tx = store.begin().await?;
                        done.push(store::erasure::carry_out(&tx, user, now).await?);
                        tx.commit().await?;
                    }
                    Ok::<_, store::StoreError>(done)
                };
                match attempt.await {
                    Err(store::StoreError::Contended(_)) => {}
                    done => return done.unwrap(),
                }
            }
            panic!("another worker claimed the erasure in all eight attempts");
        }
    })
    .await;

    assert_eq!(done.concat(), [Outcome::Erased]);
    assert!(!exists(&store, lan).await);
}

/// A request that began before the erasure may write after it.
async fn the_tables_are_looked_through_a_second_time(store: Store) {
    let lan = lan(&store).await;
    wish(&store, lan, NOW).await;
    work(&store, NOW.plus(DAY)).await;
    let late = store::outbox::NewMessage {
        user: lan,
        phone: None,
        number_hash: None,
        kind: "phone_changed",
        payload: "{}".to_owned(),
    };
    let tx = store.begin().await.unwrap();
    store::outbox::post(&tx, vec![late], NOW).await.unwrap();
    tx.commit().await.unwrap();
    let waiting = async || store::outbox::backlog(&store.view()).await.unwrap().pending;
    assert_eq!((waiting().await, work(&store, NOW.plus(DAY)).await), (1, vec![]));

    let later = NOW.plus(DAY).plus(TimeDelta::minutes(10));
    assert_eq!(work(&store, later).await, [(lan, Outcome::Settled)]);

    assert_eq!(waiting().await, 0);
    assert_eq!(work(&store, later.plus(DAY)).await, []);
}
