//! Erasures during other changes, and later events about an erased person.

use std::collections::HashMap;

use domain::order::{Delivery, Effect, OrderStatus};
use domain::{Profile, ServiceTokenId, UserId};
use store::import::Imported;
use store::merge::{Grounds, UndoError};
use store::person_event::{PersonEvent, Telling};
use store::{Actor, Store, StoreError};

use super::due::lan;
use super::erase;
use crate::concurrency::at_once;
use crate::merge_choices::{merge_at, two};
use crate::world::{NOW, import, key, member, minutes, orders_of, proof, record, report, sign_in};

crate::on_every_database!(
    who_is_erased_twice_is_erased_once,
    an_unknown_account_is_not_erased,
    the_same_open_id_is_a_new_person_afterwards,
    an_event_about_an_erased_open_id_concerns_no_account,
    an_order_that_changes_afterwards_keeps_its_place_and_names_no_open_id,
    an_import_of_the_same_external_id_makes_a_new_account,
    a_merge_of_erased_accounts_is_not_undone,
    r8_after_an_undo_each_half_is_erased_by_itself,
    logins_during_an_erasure_end_in_the_old_account_or_in_a_new_one,
    orders_during_an_erasure_are_all_there,
    a_merge_and_an_erasure_at_once_end_as_one_of_the_two_in_a_row,
    of_ten_erasures_at_once_one_erases,
    r11_an_undo_brings_no_revoked_name_back,
    r11_a_late_revocation_removes_what_was_told_before_it_alone,
);

async fn try_to_erase(store: &Store, user: UserId) -> bool {
    for _ in 0..20 {
        let attempt = async {
            let tx = store.begin().await?;
            let erased = store::erasure::erase(&tx, user, Actor::Command, minutes(100)).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(erased.is_some_and(|(_, changed)| changed))
        };
        match attempt.await {
            Err(StoreError::Contended(_)) => {}
            done => return done.expect("an erasure"),
        }
    }
    panic!("conflicting concurrent updates in all twenty attempts");
}

async fn who_is_erased_twice_is_erased_once(store: Store) {
    let lan = lan(&store).await;

    assert_eq!(erase(&store, lan).await, Some((lan, true)));
    let events = store::history::events(&store.view(), lan).await.unwrap();

    assert_eq!(erase(&store, lan).await, Some((lan, false)));
    assert_eq!(store::history::events(&store.view(), lan).await.unwrap(), events);
}

async fn an_unknown_account_is_not_erased(store: Store) {
    assert_eq!(erase(&store, UserId::new(NOW)).await, None);
}

async fn the_same_open_id_is_a_new_person_afterwards(store: Store) {
    let lan = lan(&store).await;
    record(&store, &[report("shop", "A-1", "oLan")]).await;
    erase(&store, lan).await;

    let again = sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(101)).await;

    assert!(again.is_new_user && again.user != lan);
    assert_eq!(orders_of(&store, again.user).await, []);
    assert_eq!(store::user::find(&store.view(), lan).await.unwrap(), None);
    let disabled = store::user::StatusChange { disable: false, by: Actor::Command, reason: "back".to_owned() };
    let tx = store.begin().await.unwrap();
    let enabled = store::user::set_status(&tx, lan, &disabled, minutes(102)).await;
    assert!(matches!(enabled, Err(StoreError::Closed)), "{enabled:?}");
}

async fn an_event_about_an_erased_open_id_concerns_no_account(store: Store) {
    let lan = lan(&store).await;
    erase(&store, lan).await;

    let tx = store.begin().await.unwrap();
    let telling = Telling { by: Some(ServiceTokenId::new(NOW).into()), at: minutes(101) };
    let event = (PersonEvent::Cancelled, telling);
    let recorded = store::person_event::record(&tx, &key("shop", "oLan"), event, minutes(101)).await.unwrap();

    assert_eq!(recorded, None);
}

async fn an_order_that_changes_afterwards_keeps_its_place_and_names_no_open_id(store: Store) {
    let lan = lan(&store).await;
    let before = record(&store, &[report("shop", "A-1", "oLan")]).await[0].id;
    erase(&store, lan).await;
    let deliveries = Some(vec![Delivery::parse("SF", "SF1000001", None).unwrap()]);
    let refunded = domain::order::Report { status: OrderStatus::Refunded, deliveries, ..report("shop", "A-1", "oLan") };

    let after = record(&store, &[refunded.clone(), report("shop", "A-2", "oWei")]).await;

    assert_eq!((after[0].id, after[0].effect), (before, Effect::Updated));
    assert_eq!(record(&store, &[refunded]).await[0].effect, Effect::Unchanged);
    // A tracking number identifies the person.
    assert_eq!(store::order::deliveries(&store.view(), &[before]).await.unwrap(), HashMap::new());
    // No link has the openId any more: the next login finds no order.
    let again = sign_in(&store, &proof("shop", "oLan", None), minutes(101)).await;
    assert_eq!(orders_of(&store, again.user).await, []);
    let mut differences = Vec::new();
    store.check_totals(false, |difference| differences.push(difference)).await.unwrap();
    assert_eq!(differences, []);
}

async fn an_import_of_the_same_external_id_makes_a_new_account(store: Store) {
    let Imported::Created(old) = import(&store, &member("M-1", "13800000001")).await else { panic!("a new member") };
    erase(&store, old).await;

    let again = import(&store, &member("M-1", "13800000001")).await;

    let Imported::Created(new) = again else { panic!("{again:?}") };
    assert_ne!(old, new);
}

async fn undo(store: &Store, merge: domain::LinkEventId) -> Result<(), UndoError> {
    let tx = store.begin().await?;
    store::merge::undo(&tx, merge, &Grounds::Person, minutes(110)).await?.expect("a merge");
    Ok(tx.commit().await?)
}

async fn a_merge_of_erased_accounts_is_not_undone(store: Store) {
    let [member, wechat] = two(&store).await;
    let merged = merge_at(&store, (wechat, member), &[], 10).await;

    assert_eq!(erase(&store, wechat).await, Some((member, true)));

    let refused = undo(&store, merged.merge).await;
    assert!(matches!(refused, Err(UndoError::Store(StoreError::Closed))), "{refused:?}");
    assert_eq!(store::user::find(&store.view(), wechat).await.unwrap(), None);
}

async fn r8_after_an_undo_each_half_is_erased_by_itself(store: Store) {
    let [member, wechat] = two(&store).await;
    let merged = merge_at(&store, (wechat, member), &[], 10).await;
    undo(&store, merged.merge).await.unwrap();

    erase(&store, member).await;

    assert_eq!(store::user::find(&store.view(), member).await.unwrap(), None);
    let left = store::user::find(&store.view(), wechat).await.unwrap().expect("the other half");
    assert_eq!(left.nickname.as_deref(), Some("Lan"));
    assert_eq!(orders_of(&store, wechat).await.len(), 1);
    let refused = undo(&store, merged.merge).await;
    assert!(refused.is_err(), "{refused:?}");
}

async fn logins_during_an_erasure_end_in_the_old_account_or_in_a_new_one(store: Store) {
    for round in 0..5 {
        let id = format!("oLan{round}");
        let old = sign_in(&store, &proof("shop", &id, None), NOW).await.user;

        let done = at_once(8, |n| {
            let (store, id) = (store.clone(), id.clone());
            async move {
                if n == 3 {
                    assert!(try_to_erase(&store, old).await);
                    return None;
                }
                Some(sign_in(&store, &proof("shop", &id, None), minutes(100)).await.user)
            }
        })
        .await;

        let last = sign_in(&store, &proof("shop", &id, None), minutes(101)).await;
        assert!(!last.is_new_user || done.iter().flatten().all(|user| *user == old), "{done:?}");
        assert_ne!(last.user, old);
        assert!(done.into_iter().flatten().all(|user| user == old || user == last.user));
    }
}

async fn orders_during_an_erasure_are_all_there(store: Store) {
    let lan = lan(&store).await;
    record(&store, &[report("shop", "A-first", "oLan")]).await;

    at_once(9, |n| {
        let store = store.clone();
        async move {
            if n == 4 {
                assert!(try_to_erase(&store, lan).await);
                return;
            }
            for _ in 0..20 {
                let tx = store.begin().await.unwrap();
                let reports = [report("shop", "A-first", "oLan"), report("shop", &format!("A-{n}"), "oLan")];
                let recorded = store::order::record(&tx, &reports, NOW).await;
                match recorded {
                    Err(store::order::RecordError::Store(StoreError::Contended(_))) => {}
                    recorded => {
                        recorded.expect("a good batch");
                        match tx.commit().await {
                            Err(StoreError::Contended(_)) => {}
                            done => return done.unwrap(),
                        }
                    }
                }
            }
            panic!("conflicting concurrent updates in all twenty attempts");
        }
    })
    .await;

    let mut differences = Vec::new();
    let checked = store.check_totals(false, |difference| differences.push(difference)).await.unwrap();
    assert_eq!((checked > 0, differences), (true, vec![]));
    for n in (0..9).filter(|n| *n != 4) {
        let order_no = domain::order::OrderNo::parse(&format!("A-{n}")).unwrap();
        let found = store::order::find_by_number(&store.view(), (&crate::world::app("shop"), &order_no), None).await;
        assert!(found.unwrap().is_some(), "{n}");
    }
}

async fn a_merge_and_an_erasure_at_once_end_as_one_of_the_two_in_a_row(store: Store) {
    for round in 0..5 {
        let [a, b] = ["shop", "club"].map(|app| (app, format!("o{app}{round}")));
        let one = sign_in(&store, &proof(a.0, &a.1, None), NOW).await.user;
        let other = sign_in(&store, &proof(b.0, &b.1, None), NOW).await.user;

        at_once(2, |n| {
            let store = store.clone();
            async move {
                if n == 0 {
                    try_to_erase(&store, other).await;
                    return;
                }
                let plan = domain::merge::Plan { from: one, into: other, taken: vec![] };
                for _ in 0..20 {
                    let tx = store.begin().await.unwrap();
                    match store::merge::merge_users(&tx, &plan, &Grounds::Person, minutes(99)).await {
                        Ok(_) => match tx.commit().await {
                            Err(StoreError::Contended(_)) => {}
                            done => return done.unwrap(),
                        },
                        // The other account no longer exists, so the merge fails.
                        Err(StoreError::Contended(_)) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
            }
        })
        .await;

        let left = store::user::find(&store.view(), one).await.unwrap().map(|user| user.id);
        let open_ids = store::user::open_ids(&store.view(), one).await.unwrap().len();
        assert_eq!(store::user::find(&store.view(), other).await.unwrap(), None);
        assert!(matches!((left, open_ids), (None, 0) | (Some(_), 1)), "{left:?} {open_ids}");
    }
}

async fn of_ten_erasures_at_once_one_erases(store: Store) {
    let lan = lan(&store).await;

    let done = at_once(10, |_| {
        let store = store.clone();
        async move { try_to_erase(&store, lan).await }
    })
    .await;

    assert_eq!(done.into_iter().filter(|erased| *erased).count(), 1);
}

const NICKNAME: store::person_event::ProfileFields =
    store::person_event::ProfileFields { nickname: true, avatar_url: false };

async fn revoke(store: &Store, open_id: &str, at: i64) -> bool {
    let telling = Telling { by: Some(ServiceTokenId::new(NOW).into()), at: minutes(at) };
    let event = (PersonEvent::Revoked(NICKNAME), telling);
    let tx = store.begin().await.unwrap();
    let recorded = store::person_event::record(&tx, &key("shop", open_id), event, minutes(60)).await.unwrap();
    tx.commit().await.unwrap();
    recorded.expect("a known openId").changed
}

async fn r11_an_undo_brings_no_revoked_name_back(store: Store) {
    let [member, wechat] = two(&store).await;
    let merged = merge_at(&store, (wechat, member), &[domain::merge::Field::Nickname], 10).await;
    let told = format!("{:?}", store::history::events(&store.view(), member).await.unwrap());
    assert!(told.contains("\"Lan\""), "{told}");

    assert!(revoke(&store, "oLan", 20).await);

    let told = format!("{:?}", store::history::events(&store.view(), member).await.unwrap());
    assert!(!told.contains("\"Lan\""), "{told}");
    assert!(told.contains("lan.png") && told.contains("\"Wei\""), "only the named fields are removed: {told}");
    undo(&store, merged.merge).await.unwrap();
    let name = async |user| store::user::find(&store.view(), user).await.unwrap().expect("an account").nickname;
    assert_eq!((name(wechat).await, name(member).await.as_deref()), (None, Some("Wei")));
    let checked = {
        while super::lan::seal(&store).await > 0 {}
        super::lan::check(&store).await
    };
    assert_eq!(checked.faults, []);
}

async fn r11_a_late_revocation_removes_what_was_told_before_it_alone(store: Store) {
    let mut told = proof("shop", "oLan", None);
    told.profile = Profile::new("Lan", "https://example.com/lan.png");
    let lan = sign_in(&store, &told, NOW).await.user;
    sign_in(&store, &told, minutes(5)).await;
    let name = async || store::user::find(&store.view(), lan).await.unwrap().expect("Lan").nickname;

    // The permission was granted again after the revocation; a login without a profile grants nothing.
    assert!(!revoke(&store, "oLan", 4).await);
    assert_eq!(name().await.as_deref(), Some("Lan"));
    sign_in(&store, &proof("shop", "oLan", None), minutes(7)).await;

    assert!(revoke(&store, "oLan", 6).await);
    assert_eq!(name().await, None);
}
