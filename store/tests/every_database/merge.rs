//! Merges: everything moves, and orders stay with their openIds.

use domain::login::{Act, Decision};
use domain::merge::Plan;
use domain::{Rule, UserId};
use store::history::{Change, Moved};
use store::merge::Grounds;
use store::{Actor, Store, StoreError};

use crate::phone_change::prove;
use crate::world::{
    NOW, decide, import, key, member, minutes, number, orders_of, proof, record, report, sign_in, union,
};

crate::on_every_database!(
    r1c_a_shell_goes_into_the_account_with_something_to_lose,
    a_merge_moves_everything_and_rewrites_no_order,
    the_journal_of_a_merge_tells_what_moved,
    an_old_id_leads_to_the_one_that_stayed_for_ever,
    a_merge_that_would_break_a_limit_is_taken,
    nothing_can_be_done_to_an_account_that_was_merged,
    r1c_a_shell_that_got_a_phone_since_the_decision_is_taken,
);

async fn merge(store: &Store, from: UserId, into: UserId) -> Result<(), StoreError> {
    let [gone, kept] = store::merge::sides(&store.view(), [from, into]).await?.ok_or(StoreError::changed("users"))?;
    let tx = store.begin().await?;
    store::merge::merge_users(&tx, &Plan::join(&gone, &kept), &Grounds::Person, minutes(9)).await?;
    tx.commit().await
}

async fn r1c_a_shell_goes_into_the_account_with_something_to_lose(store: Store) {
    let shell = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let full = sign_in(&store, &proof("club", "oLan2", Some("uLan")), minutes(1)).await.user;
    record(&store, &[report("club", "B-1", "oLan2")]).await;

    let linked = sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(2)).await;

    assert_eq!((linked.user, linked.is_new_user), (full, false));
    assert_eq!(store::user::open_ids(&store.view(), full).await.unwrap().len(), 2);
    assert_eq!(store::user::find(&store.view(), shell).await.unwrap().map(|user| user.id), Some(full));
    assert_eq!(store::user::account(&store.view(), shell).await.unwrap(), None);
}

async fn a_merge_moves_everything_and_rewrites_no_order(store: Store) {
    let store::import::Imported::Created(from) = import(&store, &member("M-1", "13800000001")).await else {
        panic!("a new member")
    };
    let mut through_club = proof("club", "oWei", Some("uWei"));
    through_club.profile.avatar_url = Some("https://example.com/wei.png".to_owned());
    let club = sign_in(&store, &through_club, NOW).await.user;
    let into = sign_in(&store, &proof("shop", "oLan", None), minutes(1)).await.user;
    record(&store, &[report("club", "B-1", "oWei"), report("shop", "A-1", "oLan")]).await;
    let (of_club, of_into) = (orders_of(&store, club).await, orders_of(&store, into).await);

    merge(&store, club, into).await.unwrap();
    merge(&store, from, into).await.unwrap();

    let kept = store::user::find(&store.view(), into).await.unwrap().expect("the one that stayed");
    assert_eq!(kept.nickname.as_deref(), Some("Wei"));
    assert_eq!(kept.avatar_url.as_deref(), Some("https://example.com/wei.png"));
    assert_eq!(kept.phone, Some(number("13800000001")));
    assert_eq!(kept.external_id, Some("M-1".parse().unwrap()));
    let keys: Vec<_> =
        store::user::open_ids(&store.view(), into).await.unwrap().into_iter().map(|link| link.key).collect();
    assert_eq!(keys, [key("club", "oWei"), key("shop", "oLan")]);
    assert_eq!(store::user::union_ids(&store.view(), into).await.unwrap(), [union("uWei")]);
    let mut expected = [of_club, of_into].concat();
    expected.sort_by_key(|order| std::cmp::Reverse((order.placed_at, order.id)));
    assert_eq!(orders_of(&store, into).await, expected);
    assert_eq!(orders_of(&store, club).await, []);
}

async fn the_journal_of_a_merge_tells_what_moved(store: Store) {
    let from = sign_in(&store, &proof("club", "oWei", Some("uWei")), NOW).await.user;
    let into = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let link = store::user::open_ids(&store.view(), from).await.unwrap()[0].id;

    merge(&store, from, into).await.unwrap();

    let event = store::history::events(&store.view(), from).await.unwrap().pop().expect("an entry");
    assert_eq!((event.rule, event.user, event.other, event.at), (Rule::R8, into, Some(from), minutes(9)));
    assert_eq!(event.actor, Actor::Person);
    let Change::Merged(record) = event.change else { panic!("{event:?}") };
    let moved = Moved { links: vec![link], unions: vec![union("uWei")], phone: None, ended: None, cases: Vec::new() };
    assert_eq!(record.moved, moved);
    assert_eq!([record.from.id, record.into.id, record.survivor.id], [from, into, into]);
}

async fn an_old_id_leads_to_the_one_that_stayed_for_ever(store: Store) {
    let mut users = Vec::new();
    for app in ["a1", "a2", "a3", "a4"] {
        users.push(sign_in(&store, &proof(app, "oLan", None), NOW).await.user);
    }

    for pair in users.windows(2) {
        merge(&store, pair[0], pair[1]).await.unwrap();
    }

    let last = users[3];
    for user in users {
        assert_eq!(store::user::find(&store.view(), user).await.unwrap().map(|user| user.id), Some(last));
    }
}

async fn a_merge_that_would_break_a_limit_is_taken(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;

    let refused = merge(&store, lan, wei).await;

    assert!(matches!(refused, Err(StoreError::Contended(_))), "{refused:?}");
    assert_eq!(store::user::find(&store.view(), lan).await.unwrap().map(|user| user.id), Some(lan));
}

async fn nothing_can_be_done_to_an_account_that_was_merged(store: Store) {
    let from = sign_in(&store, &proof("club", "oLan2", None), NOW).await.user;
    let into = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    merge(&store, from, into).await.unwrap();
    let third = proof("news", "oLan3", Some("uLan"));

    for act in
        [Act::AttachOpenId(from), Act::AttachUnionId(from), Act::SignIn(from), Act::Merge { from: into, into: from }]
    {
        let decision = Decision { rule: Rule::R2, act, conflict: None, offer: None };
        let refused = store::login::apply(&store.begin().await.unwrap(), &decision, &third, NOW).await;
        assert!(matches!(refused, Err(StoreError::Contended(_))), "{decision:?}: {refused:?}");
    }
}

/// The merge was decided before both accounts had a phone.
async fn r1c_a_shell_that_got_a_phone_since_the_decision_is_taken(store: Store) {
    let shell = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let full = sign_in(&store, &proof("club", "oLan2", Some("uLan")), minutes(1)).await.user;
    prove(&store, full, "13800000001", minutes(1)).await;
    let late_union = proof("shop", "oLan", Some("uLan"));
    let decision = decide(&store::login::known(&store.view(), &late_union).await.unwrap(), &late_union);
    assert_eq!(decision.act, Act::Merge { from: shell, into: full });

    prove(&store, shell, "13800000002", minutes(2)).await;
    let refused = store::login::apply(&store.begin().await.unwrap(), &decision, &late_union, minutes(3)).await;

    assert!(matches!(refused, Err(StoreError::Contended(_))), "{refused:?}");
    let phone = async |user| store::user::find(&store.view(), user).await.unwrap().and_then(|user| user.phone);
    assert_eq!([phone(shell).await, phone(full).await], ["13800000002", "13800000001"].map(|text| Some(number(text))));
}
