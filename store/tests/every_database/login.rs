//! Every act of the login rules, written and read back.

use domain::login::{Act, Decision};
use domain::{Account, ConflictKind, Profile, Rule, UserId};
use store::user::{LinkedOpenId, User};
use store::{Store, StoreError};

use crate::world::{NOW, app, decide, key, minutes, proof, record, report, sign_in, union};

crate::on_every_database!(
    r3_a_first_login_makes_a_person,
    r3_an_unclaimed_open_id_is_claimed_with_its_orders,
    r1_a_second_login_changes_the_time_of_the_login_and_nothing_else,
    r1_a_profile_overwrites_and_no_profile_does_not,
    r1b_a_late_union_id_is_attached,
    r2_another_app_of_the_scope_leads_to_the_same_person,
    r1c_two_full_accounts_are_one_open_case_however_often_they_sign_in,
    r5_a_changed_union_id_is_a_case_and_changes_nothing,
    r9_a_second_open_id_in_the_app_becomes_another_person,
    a_decision_that_is_out_of_date_is_taken,
    what_is_not_committed_was_never_there,
);

async fn r3_a_first_login_makes_a_person(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await;

    let view = store.view();
    let expected = User {
        id: lan.user,
        nickname: None,
        avatar_url: None,
        phone: None,
        external_id: None,
        created_at: NOW,
        is_disabled: false,
    };
    assert!(lan.is_new_user);
    assert_eq!(store::user::find(&view, lan.user).await.unwrap(), Some(expected));
    let links = store::user::open_ids(&view, lan.user).await.unwrap();
    let expected = LinkedOpenId {
        id: links[0].id,
        key: key("shop", "oLan"),
        nickname: None,
        avatar_url: None,
        linked_at: NOW,
        last_login_at: Some(NOW),
        follows: None,
        cancelled_at: None,
    };
    assert_eq!(links, [expected]);
    assert_eq!(store::user::union_ids(&view, lan.user).await.unwrap(), [union("uLan")]);
    let expected = Account {
        id: lan.user,
        created_at: NOW,
        apps: vec![app("shop")],
        cancelled: vec![],
        unions: vec![union("uLan")],
        phone: None,
        external_id: None,
        has_orders: false,
    };
    assert_eq!(store::user::account(&view, lan.user).await.unwrap(), Some(expected));
    assert_eq!(store::history::events(&view, lan.user).await.unwrap()[0].rule, Rule::R3);
}

async fn r3_an_unclaimed_open_id_is_claimed_with_its_orders(store: Store) {
    let order = record(&store, &[report("shop", "A-1", "oLan")]).await[0].id;
    assert_eq!(store::order::find(&store.view(), order, Some(UserId::new(NOW))).await.unwrap(), None);

    let lan = sign_in(&store, &proof("shop", "oLan", None), minutes(1)).await;

    assert!(lan.is_new_user);
    assert!(store::order::find(&store.view(), order, Some(lan.user)).await.unwrap().is_some());
    assert_eq!(store::user::open_ids(&store.view(), lan.user).await.unwrap()[0].linked_at, minutes(1));
    assert!(store::user::account(&store.view(), lan.user).await.unwrap().expect("an account").has_orders);
}

async fn r1_a_second_login_changes_the_time_of_the_login_and_nothing_else(store: Store) {
    let lan = proof("shop", "oLan", Some("uLan"));
    let first = sign_in(&store, &lan, NOW).await;

    let second = sign_in(&store, &lan, minutes(1)).await;

    assert_eq!((second.user, second.is_new_user), (first.user, false));
    let links = store::user::open_ids(&store.view(), first.user).await.unwrap();
    assert_eq!((links[0].linked_at, links[0].last_login_at), (NOW, Some(minutes(1))));
    assert_eq!(store::history::events(&store.view(), first.user).await.unwrap().len(), 1);
}

async fn r1_a_profile_overwrites_and_no_profile_does_not(store: Store) {
    let mut lan = proof("shop", "oLan", None);
    lan.profile = Profile::new("Lan", "https://example.com/1.png");
    let user = sign_in(&store, &lan, NOW).await.user;

    lan.profile = Profile::default();
    sign_in(&store, &lan, minutes(1)).await;
    lan.profile = Profile::new("Orchid", "");
    sign_in(&store, &lan, minutes(2)).await;

    let known = store::user::find(&store.view(), user).await.unwrap().expect("Lan");
    assert_eq!(known.nickname.as_deref(), Some("Orchid"));
    assert_eq!(known.avatar_url.as_deref(), Some("https://example.com/1.png"));
    assert_eq!(store::user::open_ids(&store.view(), user).await.unwrap()[0].nickname.as_deref(), Some("Orchid"));
}

async fn r1b_a_late_union_id_is_attached(store: Store) {
    let first = sign_in(&store, &proof("shop", "oLan", None), NOW).await;

    let second = sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(1)).await;

    assert_eq!(second.user, first.user);
    assert_eq!(store::user::union_ids(&store.view(), first.user).await.unwrap(), [union("uLan")]);
    assert_eq!(store::history::events(&store.view(), first.user).await.unwrap()[1].rule, Rule::R1b);
}

async fn r2_another_app_of_the_scope_leads_to_the_same_person(store: Store) {
    let first = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await;

    let second = sign_in(&store, &proof("club", "oLan2", Some("uLan")), minutes(1)).await;

    assert_eq!((second.user, second.is_new_user), (first.user, false));
    let links = store::user::open_ids(&store.view(), first.user).await.unwrap();
    assert_eq!(links.into_iter().map(|link| link.key).collect::<Vec<_>>(), [key("shop", "oLan"), key("club", "oLan2")]);
    assert_eq!(store::history::events(&store.view(), first.user).await.unwrap()[1].rule, Rule::R2);
}

async fn r1c_two_full_accounts_are_one_open_case_however_often_they_sign_in(store: Store) {
    let mine = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let other = sign_in(&store, &proof("club", "oLan2", Some("uLan")), NOW).await.user;
    record(&store, &[report("shop", "A-1", "oLan"), report("club", "B-1", "oLan2")]).await;

    for minute in 1..4 {
        let linked = sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(minute)).await;
        assert_eq!(linked.user, mine);
    }

    let cases = store::conflict::open_cases(&store.view()).await.unwrap();
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].kind, ConflictKind::TwoAccounts);
    assert_eq!((cases[0].user, cases[0].other), (mine, Some(other)));
    assert_eq!((&cases[0].union, cases[0].opened_at), (&Some(union("uLan")), minutes(1)));
    let rules: Vec<_> =
        store::history::events(&store.view(), mine).await.unwrap().iter().map(|event| event.rule).collect();
    assert_eq!(rules, [Rule::R3, Rule::R1c]);
}

async fn r5_a_changed_union_id_is_a_case_and_changes_nothing(store: Store) {
    let user = sign_in(&store, &proof("shop", "oLan", Some("u1")), NOW).await.user;

    let again = sign_in(&store, &proof("shop", "oLan", Some("u2")), minutes(1)).await.user;

    assert_eq!(again, user);
    assert_eq!(store::user::union_ids(&store.view(), user).await.unwrap(), [union("u1")]);
    assert_eq!(store::conflict::open_cases(&store.view()).await.unwrap()[0].kind, ConflictKind::UnionIdChanged);
}

async fn r9_a_second_open_id_in_the_app_becomes_another_person(store: Store) {
    let first = sign_in(&store, &proof("shop", "o1", Some("u1")), NOW).await.user;

    let second = sign_in(&store, &proof("shop", "o2", Some("u1")), minutes(1)).await;

    assert!(second.is_new_user);
    assert_eq!(store::user::union_ids(&store.view(), second.user).await.unwrap(), []);
    let case = store::conflict::open_cases(&store.view()).await.unwrap().remove(0);
    assert_eq!((case.kind, case.user, case.other), (ConflictKind::LimitBroken, second.user, Some(first)));
}

async fn a_decision_that_is_out_of_date_is_taken(store: Store) {
    let first = proof("shop", "oLan", Some("uLan"));
    let late_union = proof("club", "oLan2", Some("uLan"));
    let stale_create = decide(&store::login::known(&store.view(), &first).await.unwrap(), &first);
    let stale_union = decide(&store::login::known(&store.view(), &late_union).await.unwrap(), &late_union);
    let user = sign_in(&store, &first, NOW).await.user;
    let other = sign_in(&store, &proof("news", "oWei", Some("uWei")), NOW).await.user;
    let decisions = [
        (stale_create, &first),
        (stale_union, &late_union),
        // Another account's openId, a second one in the app, a second unionId, an unknown account.
        (plain(Act::SignIn(other)), &first),
        (plain(Act::AttachOpenId(user)), &proof("shop", "oLan3", None)),
        (plain(Act::AttachUnionId(other)), &proof("news", "oWei", Some("u3"))),
        (plain(Act::SignIn(domain::UserId::new(NOW))), &first),
    ];

    for (decision, proof) in decisions {
        let tx = store.begin().await.unwrap();
        let refused = match store::login::apply(&tx, &decision, proof, minutes(1)).await {
            Ok(_) => tx.commit().await,
            Err(error) => Err(error),
        };
        assert!(matches!(refused, Err(StoreError::Contended(_))), "{decision:?}: {refused:?}");
    }

    assert_eq!(store::user::open_ids(&store.view(), user).await.unwrap().len(), 1);
    assert_eq!(store::user::open_ids(&store.view(), other).await.unwrap().len(), 1);
}

async fn what_is_not_committed_was_never_there(store: Store) {
    let lan = proof("shop", "oLan", None);
    let tx = store.begin().await.unwrap();
    let known = store::login::known(&tx.look(), &lan).await.unwrap();
    let user = store::login::apply(&tx, &decide(&known, &lan), &lan, NOW).await.unwrap().user;
    assert!(store::user::find(&tx.look(), user).await.unwrap().is_some());

    drop(tx);

    assert_eq!(store::user::find(&store.view(), user).await.unwrap(), None);
    assert!(sign_in(&store, &lan, NOW).await.is_new_user);
}

fn plain(act: Act) -> Decision {
    Decision { rule: Rule::R1, act, conflict: None, offer: None }
}
