//! R13: a logged-in person adds another login.

use domain::link::add::{Addition, Request, decide};
use domain::login::Proof;
use domain::phone::Policy;
use domain::{Boundness, ConflictKind, Rule, UserId};
use store::{Store, StoreError};

use crate::world::{NOW, key, minutes, proof, record, report, sign_in, standing, union};

crate::on_every_database!(
    r13_a_free_open_id_is_added_with_its_union_id,
    r13_an_open_id_that_an_order_knows_is_added_with_its_orders,
    r13_what_is_the_accounts_already_changes_nothing,
    r13_another_accounts_open_id_is_a_case_and_is_not_moved,
    r13_an_open_id_that_another_account_got_meanwhile_is_taken,
);

async fn add(store: &Store, user: UserId, proof: &Proof) -> (Addition, bool) {
    let account = store::user::account(&store.view(), user).await.unwrap().expect("the caller");
    let request =
        Request { caller: account, standing: standing(store, user, minutes(5)).await, added: Boundness::Bound };
    let addition =
        decide(&request, &store::login::known(&store.view(), proof).await.unwrap(), proof, &Policy::default());
    let tx = store.begin().await.unwrap();
    let is_new = store::link::add(&tx, &addition, user, proof, minutes(5)).await.expect("an answer");
    tx.commit().await.unwrap();
    (addition, is_new)
}

async fn r13_a_free_open_id_is_added_with_its_union_id(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;

    let (_, is_new) = add(&store, lan, &proof("site", "oLan2", Some("uLan"))).await;

    assert!(is_new);
    let keys: Vec<_> =
        store::user::open_ids(&store.view(), lan).await.unwrap().into_iter().map(|link| link.key).collect();
    assert_eq!(keys, [key("shop", "oLan"), key("site", "oLan2")]);
    assert_eq!(store::user::union_ids(&store.view(), lan).await.unwrap(), [union("uLan")]);
    let rules: Vec<_> =
        store::history::events(&store.view(), lan).await.unwrap().iter().map(|event| event.rule).collect();
    assert_eq!(rules, [Rule::R3, Rule::R13]);
    assert_eq!(sign_in(&store, &proof("site", "oLan2", None), minutes(6)).await.user, lan);
}

async fn r13_an_open_id_that_an_order_knows_is_added_with_its_orders(store: Store) {
    let order = record(&store, &[report("site", "A-1", "oLan2")]).await[0].id;
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;

    add(&store, lan, &proof("site", "oLan2", None)).await;

    assert!(store::order::find(&store.view(), order, Some(lan)).await.unwrap().is_some());
}

async fn r13_what_is_the_accounts_already_changes_nothing(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;

    let (_, is_new) = add(&store, lan, &proof("shop", "oLan", Some("uLan"))).await;

    assert!(!is_new);
    assert_eq!(store::history::events(&store.view(), lan).await.unwrap().len(), 1);
}

async fn r13_another_accounts_open_id_is_a_case_and_is_not_moved(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let other = sign_in(&store, &proof("site", "oLan2", None), NOW).await.user;

    let (addition, is_new) = add(&store, lan, &proof("site", "oLan2", None)).await;

    assert!(matches!(addition, Addition::Refuse { offer: Some(_), .. }) && !is_new, "{addition:?}");
    let case = store::conflict::open_cases(&store.view()).await.unwrap().remove(0);
    assert_eq!((case.kind, case.user, case.other), (ConflictKind::TwoAccounts, lan, Some(other)));
    assert_eq!(store::user::open_ids(&store.view(), other).await.unwrap().len(), 1);
}

async fn r13_an_open_id_that_another_account_got_meanwhile_is_taken(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let free = proof("site", "oLan2", None);
    sign_in(&store, &free, NOW).await;

    let stale = Addition::Attach { with_union: false };
    let tx = store.begin().await.unwrap();
    let refused = match store::link::add(&tx, &stale, lan, &free, minutes(5)).await {
        Ok(_) => tx.commit().await,
        Err(error) => Err(error),
    };

    assert!(matches!(refused, Err(StoreError::Contended(_))), "{refused:?}");
}
