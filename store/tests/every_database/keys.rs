//! Keys and names are read as they were written.

use domain::{Profile, UnionKey};
use store::Store;

use crate::world::{NOW, app, minutes, open_id, proof, record, report, sign_in, union};

crate::on_every_database!(
    open_ids_differ_by_case,
    union_ids_differ_by_case,
    order_numbers_differ_by_case,
    an_emoji_nickname_survives,
    one_look_tells_whose_an_open_id_is,
    a_union_id_may_be_another_accounts_in_another_scope,
    the_longest_keys_fit,
);

async fn open_ids_differ_by_case(store: Store) {
    let upper = sign_in(&store, &proof("shop", "oLAN", None), NOW).await;
    let lower = sign_in(&store, &proof("shop", "olan", None), NOW).await;

    assert!(upper.is_new_user && lower.is_new_user);
    assert_ne!(upper.user, lower.user);
}

async fn union_ids_differ_by_case(store: Store) {
    let upper = sign_in(&store, &proof("shop", "o1", Some("uLAN")), NOW).await;
    let lower = sign_in(&store, &proof("club", "o2", Some("ulan")), NOW).await;

    assert_ne!(upper.user, lower.user);
    assert_eq!(store::user::of_union_id(&store.view(), &union("ulan").union_id).await.unwrap(), [lower.user]);
}

async fn order_numbers_differ_by_case(store: Store) {
    let recorded = record(&store, &[report("shop", "A-1", "oLan"), report("shop", "a-1", "oLan")]).await;

    assert_ne!(recorded[0].id, recorded[1].id);
}

async fn an_emoji_nickname_survives(store: Store) {
    let mut lan = proof("shop", "oLan", None);
    lan.profile = Profile::new("兰心🌿👩‍👧", "https://example.com/lan.png");

    let user = sign_in(&store, &lan, NOW).await.user;

    let known = store::user::find(&store.view(), user).await.unwrap().expect("Lan");
    assert_eq!(known.nickname.as_deref(), Some("兰心🌿👩‍👧"));
    assert_eq!(known.avatar_url.as_deref(), Some("https://example.com/lan.png"));
    assert_eq!(store::user::open_ids(&store.view(), user).await.unwrap()[0].nickname.as_deref(), Some("兰心🌿👩‍👧"));
}

async fn one_look_tells_whose_an_open_id_is(store: Store) {
    record(&store, &[report("shop", "A-1", "oWei")]).await;
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;
    let tx = store.begin().await.unwrap();
    let known = async |open_id, union_id| {
        let found = store::login::find_known(&tx, &proof("shop", open_id, union_id), None).await.unwrap();
        found.map(|known| (known.recognised.user, known.recognised.union_id))
    };

    assert_eq!(known("oNobody", Some("uLan")).await, None);
    assert_eq!(known("oWei", None).await, None);
    assert_eq!(known("oLan", Some("uWei")).await, None);
    assert_eq!(known("oLan", Some("uLan")).await, Some((lan, Some(union("uLan").union_id))));
    assert_eq!(known("oLan", None).await, Some((lan, None)));
}

async fn a_union_id_may_be_another_accounts_in_another_scope(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("u1")), NOW).await.user;
    let mut of_another_scope = proof("club", "oWei", None);
    of_another_scope.union = Some(UnionKey { scope: "other".parse().unwrap(), ..union("u1") });

    let wei = sign_in(&store, &of_another_scope, minutes(1)).await.user;

    assert_ne!(lan, wei);
    assert_eq!(store::user::of_union_id(&store.view(), &union("u1").union_id).await.unwrap(), [lan, wei]);
}

async fn the_longest_keys_fit(store: Store) {
    let long = |length: usize| "k".repeat(length);
    let mut longest = proof(&long(128), &long(255), None);
    longest.union = Some(UnionKey { scope: long(64).parse().unwrap(), ..union(&long(255)) });

    let user = sign_in(&store, &longest, NOW).await.user;

    let account = store::user::account(&store.view(), user).await.unwrap().expect("an account");
    assert_eq!(account.apps, [app(&long(128))]);
    assert_eq!(account.unions, [longest.union.unwrap()]);
    assert_eq!(store::user::open_ids(&store.view(), user).await.unwrap()[0].key.open_id, open_id(&long(255)));
}
