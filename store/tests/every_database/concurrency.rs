//! Concurrent requests, decided by the database's constraints.

use std::collections::BTreeSet;

use domain::SessionId;
use domain::order::Effect;
use futures::future::join_all;
use store::order::{RecordError, Recorded};
use store::{Store, StoreError};

use crate::claims;
use crate::tokens::{claim, redeem, remember, send};
use crate::world::{NOW, import, member, minutes, orders_of, proof, report, sign_in};

crate::on_every_database!(
    twenty_first_logins_of_one_person_through_twenty_apps_make_one_user,
    twenty_first_logins_through_one_app_make_one_user,
    twenty_logins_with_a_late_union_id_end_in_one_user,
    two_accounts_that_merge_into_each_other_end_as_one,
    a_state_under_twenty_claims_is_claimed_once,
    a_login_code_under_twenty_claims_is_claimed_once_with_its_state,
    a_code_under_twenty_redeems_is_redeemed_once,
    a_code_under_twenty_tries_is_tried_as_often_as_allowed,
    the_same_batch_from_ten_senders_is_recorded_once,
    an_order_and_the_first_login_of_its_person_find_each_other,
    the_same_member_imported_ten_times_at_once_is_one_member,
);

pub(crate) async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    count: usize,
    one: impl Fn(usize) -> F,
) -> Vec<T> {
    let tasks: Vec<_> = (0..count).map(|n| tokio::spawn(one(n))).collect();
    join_all(tasks).await.into_iter().map(|done| done.expect("a task that ends")).collect()
}

async fn twenty_first_logins_of_one_person_through_twenty_apps_make_one_user(store: Store) {
    let linked = at_once(20, |n| {
        let store = store.clone();
        async move { sign_in(&store, &proof(&format!("app{n}"), "oLan", Some("uLan")), NOW).await }
    })
    .await;

    let users: BTreeSet<_> = linked.iter().map(|linked| linked.user).collect();
    assert_eq!(users.len(), 1);
    assert_eq!(linked.iter().filter(|linked| linked.is_new_user).count(), 1);
    assert_eq!(store::user::open_ids(&store.view(), linked[0].user).await.unwrap().len(), 20);
    assert_eq!(store::history::events(&store.view(), linked[0].user).await.unwrap().len(), 20);
}

async fn twenty_first_logins_through_one_app_make_one_user(store: Store) {
    let linked = at_once(20, |_| {
        let store = store.clone();
        async move { sign_in(&store, &proof("shop", "oLan", None), NOW).await }
    })
    .await;

    let users: BTreeSet<_> = linked.iter().map(|linked| linked.user).collect();
    assert_eq!(users.len(), 1);
    assert_eq!(linked.iter().filter(|linked| linked.is_new_user).count(), 1);
}

async fn twenty_logins_with_a_late_union_id_end_in_one_user(store: Store) {
    for n in 0..10 {
        sign_in(&store, &proof(&format!("app{n}"), "oLan", None), minutes(n)).await;
    }

    at_once(20, |n| {
        let store = store.clone();
        async move { sign_in(&store, &proof(&format!("app{}", n % 10), "oLan", Some("uLan")), minutes(20)).await }
    })
    .await;

    let owners = store::user::of_union_id(&store.view(), &"uLan".parse().unwrap()).await.unwrap();
    let last = sign_in(&store, &proof("app0", "oLan", Some("uLan")), minutes(30)).await.user;
    assert_eq!(owners.len(), 1);
    // Ten shells are merged into one another as they log in, until the survivor is no longer a shell; no openId is
    // lost.
    let mut open_ids = BTreeSet::new();
    for n in 0..10 {
        let user = sign_in(&store, &proof(&format!("app{n}"), "oLan", None), minutes(40)).await.user;
        open_ids.extend(store::user::open_ids(&store.view(), user).await.unwrap().into_iter().map(|link| link.key));
    }
    assert_eq!(open_ids.len(), 10);
    assert_eq!(store::user::find(&store.view(), last).await.unwrap().map(|user| user.id), Some(last));
}

async fn two_accounts_that_merge_into_each_other_end_as_one(store: Store) {
    use domain::merge::Plan;
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let wei = sign_in(&store, &proof("club", "oWei", None), NOW).await.user;

    let done = at_once(2, |n| {
        let store = store.clone();
        async move {
            let (from, into) = if n == 0 { (lan, wei) } else { (wei, lan) };
            let plan = Plan { from, into, taken: Vec::new() };
            let tx = store.begin().await?;
            store::merge::merge_users(&tx, &plan, &store::merge::Grounds::Person, NOW).await?;
            tx.commit().await
        }
    })
    .await;

    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "{done:?}");
    assert_eq!(done.iter().filter(|done| matches!(done, Err(StoreError::Contended(_)))).count(), 1, "{done:?}");
    let of_lan = store::user::find(&store.view(), lan).await.unwrap().map(|user| user.id);
    assert!(of_lan.is_some());
    assert_eq!(of_lan, store::user::find(&store.view(), wei).await.unwrap().map(|user| user.id));
}

async fn a_state_under_twenty_claims_is_claimed_once(store: Store) {
    remember(&store, [1; 32], minutes(10)).await;

    let claims = at_once(20, |_| {
        let store = store.clone();
        async move { claim(&store, [1; 32], minutes(1)).await }
    })
    .await;

    assert_eq!(claims.iter().filter(|claimed| **claimed).count(), 1);
}

async fn a_login_code_under_twenty_claims_is_claimed_once_with_its_state(store: Store) {
    remember(&store, [2; 32], minutes(10)).await;

    let claims = at_once(20, |_| {
        let store = store.clone();
        async move {
            let tx = store.begin().await?;
            store::login::claim(&tx, &claims::new_claim([1; 32])).await?;
            let with_state = store::login::claim_state(&tx, &[2; 32], minutes(1)).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(!with_state.are_none())
        }
    })
    .await;

    assert_eq!(claims.iter().filter(|claimed| matches!(claimed, Ok(true))).count(), 1, "{claims:?}");
    assert_eq!(
        claims.iter().filter(|claimed| matches!(claimed, Err(StoreError::Contended(_)))).count(),
        19,
        "{claims:?}"
    );
}

async fn a_code_under_twenty_redeems_is_redeemed_once(store: Store) {
    let code = send(&store, SessionId::new(NOW), NOW).await;

    let redeems = at_once(20, |_| {
        let store = store.clone();
        async move { redeem(&store, code).await }
    })
    .await;

    assert_eq!(redeems.iter().filter(|redeemed| **redeemed).count(), 1);
}

async fn a_code_under_twenty_tries_is_tried_as_often_as_allowed(store: Store) {
    let code = send(&store, SessionId::new(NOW), NOW).await;

    let tries = at_once(20, |_| {
        let store = store.clone();
        async move {
            let tx = store.begin().await.unwrap();
            let claimed = store::sms::claim_try(&tx, code, 5).await.unwrap();
            tx.commit().await.unwrap();
            claimed
        }
    })
    .await;

    assert_eq!(tries.iter().filter(|claimed| **claimed).count(), 5);
}

/// Records, and retries on a conflict.
async fn record_at_last(store: &Store, numbers: &[&str]) -> Vec<Recorded> {
    let batch: Vec<_> = numbers.iter().map(|number| report("shop", number, &format!("o{number}"))).collect();
    for _ in 0..12 {
        let attempt = async {
            let tx = store.begin().await?;
            let recorded = store::order::record(&tx, &batch, NOW).await?;
            tx.commit().await?;
            Ok::<_, RecordError>(recorded)
        };
        match attempt.await {
            Err(RecordError::Store(StoreError::Contended(_))) => {}
            other => return other.expect("a good batch"),
        }
    }
    panic!("conflicting concurrent updates in all twelve attempts");
}

async fn the_same_batch_from_ten_senders_is_recorded_once(store: Store) {
    let recorded = at_once(10, |n| {
        let store = store.clone();
        async move {
            let mut numbers = ["A", "B", "C", "D"];
            numbers.rotate_left(n % 4);
            record_at_last(&store, &numbers).await
        }
    })
    .await
    .concat();

    let created = recorded.iter().filter(|done| done.effect == Effect::Created).count();
    let ids: BTreeSet<_> = recorded.iter().map(|done| done.id).collect();
    assert_eq!((created, ids.len()), (4, 4));
    let ids: Vec<_> = ids.into_iter().collect();
    assert!(store::order::items(&store.view(), &ids).await.unwrap().values().all(|items| items.len() == 1));
}

async fn an_order_and_the_first_login_of_its_person_find_each_other(store: Store) {
    for number in ["A", "B", "C", "D", "E"] {
        let (ours, theirs) = (store.clone(), store.clone());
        let login = tokio::spawn(async move { sign_in(&ours, &proof("shop", &format!("o{number}"), None), NOW).await });
        let order = tokio::spawn(async move { record_at_last(&theirs, &[number]).await });

        let (user, recorded) = (login.await.expect("a login").user, order.await.expect("an order"));

        let orders = orders_of(&store, user).await;
        assert_eq!(orders.iter().map(|order| order.id).collect::<Vec<_>>(), [recorded[0].id]);
    }
}

async fn the_same_member_imported_ten_times_at_once_is_one_member(store: Store) {
    at_once(10, |_| {
        let store = store.clone();
        async move {
            let tx = store.begin().await?;
            store::import::import_users(&tx, &[member("M-1", "13800000001")], NOW).await?;
            tx.commit().await
        }
    })
    .await
    .into_iter()
    .for_each(|done| assert!(matches!(done, Ok(()) | Err(StoreError::Contended(_))), "{done:?}"));

    let last = import(&store, &member("M-1", "13800000001")).await;
    assert!(matches!(last, store::import::Imported::Unchanged(_)), "{last:?}");
}
