//! What an upstream reports about followers between logins, on every database and concurrently with logins.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::follower::Outcome;
use domain::follower::change::Change;
use domain::{Rule, RunId, UserId};
use store::follower::{FollowerReport, Follows, NewRun, RunKind, RunLease, Taken};
use store::{Actor, Store, Tx};

use crate::concurrency::at_once;
use crate::world::{NOW, app, key, minutes, open_id, orders_of, proof, record, report, sign_in, union};

crate::on_every_database!(
    r1b_a_batch_attaches_union_ids_and_says_so_in_the_journal,
    r1b_the_same_batch_again_changes_nothing,
    r1c_a_shell_is_merged_and_two_accounts_with_orders_are_a_case_once,
    r2_orders_without_an_account_go_to_the_account_of_the_union_id,
    r3_a_follower_whom_nothing_is_known_about_leaves_no_row,
    r5_another_union_id_is_a_case,
    r10_the_last_news_about_following_counts,
    two_people_of_one_batch_with_one_union_id_are_one_account,
    a_closed_account_is_left_alone,
    a_batch_against_logins_of_the_same_people_makes_one_account_of_each,
    r16_the_new_openid_is_linked_and_old_orders_stay,
    r16_orders_of_both_openids_find_each_other_or_wait,
    r16_a_shell_is_merged_and_a_second_account_is_a_case,
    r16_conversions_against_first_logins_make_one_account_of_each,
    r16_an_undo_takes_back_what_was_not_used_since,
);

fn told(app_id: &str, id: &str, union_id: Option<&str>) -> FollowerReport {
    FollowerReport { proof: proof(app_id, id, union_id), follows: None }
}

async fn backfill(store: &Store, batch: &[FollowerReport]) -> Vec<Outcome> {
    let run = Some(RunId::from_uuid(uuid::Uuid::from_u128(7)));
    let write = |tx: Arc<Tx>| async move { store::follower::record(&tx, batch, run, minutes(60)).await };
    store.write("backfill", write).await.expect("a batch")
}

async fn union_of(store: &Store, user: UserId) -> Vec<String> {
    let unions = store::user::union_ids(&store.view(), user).await.unwrap();
    unions.into_iter().map(|key| key.union_id.to_string()).collect()
}

async fn r1b_a_batch_attaches_union_ids_and_says_so_in_the_journal(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let wei = sign_in(&store, &proof("shop", "oWei", Some("uWei")), NOW).await.user;

    let batch = [told("shop", "oLan", Some("uLan")), told("shop", "oWei", Some("uWei")), told("shop", "oWei2", None)];
    let outcomes = backfill(&store, &batch).await;

    assert_eq!(outcomes, [Outcome::Attached, Outcome::Unchanged, Outcome::Unknown]);
    assert_eq!([union_of(&store, lan).await, union_of(&store, wei).await], [["uLan"], ["uWei"]]);
    let event = store::history::events(&store.view(), lan).await.unwrap().pop().expect("an entry");
    assert_eq!((event.rule, event.actor, event.session), (Rule::R1b, Actor::Upstream, None));
    assert_eq!((event.evidence.union, event.evidence.open_id), (Some(union("uLan")), Some(open_id("oLan"))));
    assert!(event.evidence.run.is_some());
    // It does not count as a login.
    let link = store::user::open_ids(&store.view(), lan).await.unwrap().remove(0);
    assert_eq!(link.last_login_at, Some(NOW));
}

async fn r1b_the_same_batch_again_changes_nothing(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let batch = [told("shop", "oLan", Some("uLan"))];

    let first = backfill(&store, &batch).await;
    let events = store::history::events(&store.view(), lan).await.unwrap().len();
    let second = backfill(&store, &batch).await;

    assert_eq!((first, second), (vec![Outcome::Attached], vec![Outcome::Unchanged]));
    assert_eq!(store::history::events(&store.view(), lan).await.unwrap().len(), events);
}

async fn r1c_a_shell_is_merged_and_two_accounts_with_orders_are_a_case_once(store: Store) {
    let shell = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let lan = sign_in(&store, &proof("club", "oLan2", Some("uLan")), minutes(1)).await.user;
    record(&store, &[report("shop", "A-1", "oWei"), report("club", "A-2", "oWei2"), report("club", "A-3", "oLan2")])
        .await;
    let wei = sign_in(&store, &proof("shop", "oWei", None), minutes(1)).await.user;
    let other = sign_in(&store, &proof("club", "oWei2", Some("uWei")), minutes(1)).await.user;
    let batch = [told("shop", "oLan", Some("uLan")), told("shop", "oWei", Some("uWei"))];

    let first = backfill(&store, &batch).await;
    let second = backfill(&store, &batch).await;

    assert_eq!(first, [Outcome::Joined, Outcome::Case]);
    assert_eq!(second, [Outcome::Unchanged, Outcome::Unchanged]);
    assert_eq!(store::user::find(&store.view(), shell).await.unwrap().map(|user| user.id), Some(lan));
    let cases = store::conflict::open_cases(&store.view()).await.unwrap();
    assert_eq!(cases.iter().map(|case| (case.user, case.other)).collect::<Vec<_>>(), [(wei, Some(other))]);
    let event = store::history::events(&store.view(), lan).await.unwrap().pop().expect("an entry");
    assert_eq!((event.rule, event.actor, event.other), (Rule::R1c, Actor::Upstream, Some(shell)));
}

async fn r2_orders_without_an_account_go_to_the_account_of_the_union_id(store: Store) {
    let lan = sign_in(&store, &proof("club", "oLan2", Some("uLan")), NOW).await.user;
    record(&store, &[report("shop", "A-1", "oLan")]).await;

    let batch = [told("shop", "oLan", Some("uLan")), told("outlet", "oLan3", Some("uLan"))];
    let outcomes = [backfill(&store, &batch[..1]).await, backfill(&store, &batch[1..]).await];

    assert_eq!(outcomes, [[Outcome::Linked], [Outcome::Linked]]);
    assert_eq!(orders_of(&store, lan).await.len(), 1);
    let links = store::user::open_ids(&store.view(), lan).await.unwrap();
    let logins: Vec<_> = links.iter().map(|link| link.last_login_at).collect();
    assert_eq!(logins, [Some(NOW), None, None]);
}

async fn r3_a_follower_whom_nothing_is_known_about_leaves_no_row(store: Store) {
    let outcomes = backfill(&store, &[told("shop", "oLan", Some("uLan"))]).await;

    let first = sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(90)).await;
    assert_eq!((outcomes, first.is_new_user), (vec![Outcome::Unknown], true));
    let event = store::history::events(&store.view(), first.user).await.unwrap().remove(0);
    assert_eq!(
        event.change,
        store::history::Change::Linked {
            link: Some(store::history::Link { claimed: false }),
            union: Some(union("uLan")),
        }
    );
}

async fn r5_another_union_id_is_a_case(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;

    let outcomes = backfill(&store, &[told("shop", "oLan", Some("uOther"))]).await;

    assert_eq!((outcomes, union_of(&store, lan).await), (vec![Outcome::Case], vec!["uLan".to_owned()]));
    let case = store::conflict::open_cases(&store.view()).await.unwrap().remove(0);
    assert_eq!((case.user, case.union), (lan, Some(union("uOther"))));
}

async fn r10_the_last_news_about_following_counts(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;
    sign_in(&store, &proof("shop", "oWei", Some("uWei")), NOW).await;
    let news = |id: &str, union_id: &str, follows: bool, at: i64| FollowerReport {
        follows: Some(Follows { follows, at: minutes(at) }),
        ..told("shop", id, Some(union_id))
    };
    let follows = async || store::user::open_ids(&store.view(), lan).await.unwrap().remove(0).follows;

    backfill(&store, &[news("oLan", "uLan", true, -100), news("oWei", "uWei", false, -50)]).await;
    let first = follows().await;
    backfill(&store, &[news("oLan", "uLan", false, -10), news("oWei", "uWei", true, 5)]).await;
    let second = follows().await;
    backfill(&store, &[news("oLan", "uLan", true, -100)]).await;

    assert_eq!([first, second, follows().await], [Some(true), Some(false), Some(false)]);
}

async fn two_people_of_one_batch_with_one_union_id_are_one_account(store: Store) {
    let older = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    record(&store, &[report("shop", "A-1", "oLan2")]).await;
    let twin = sign_in(&store, &proof("club", "oTwin", None), minutes(1)).await.user;

    // Two openIds of one app cannot have the same unionId: the second one opens a case.
    let outcomes = backfill(&store, &[told("shop", "oLan", Some("uLan")), told("shop", "oLan2", Some("uLan"))]).await;
    let other = backfill(&store, &[told("club", "oTwin", Some("uLan"))]).await;

    assert_eq!((outcomes, other), (vec![Outcome::Attached, Outcome::Unknown], vec![Outcome::Joined]));
    let survivor = store::user::find(&store.view(), twin).await.unwrap().map(|user| user.id);
    assert_eq!(survivor, Some(older));
}

async fn a_closed_account_is_left_alone(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;
    crate::disabling::order(&store, lan, true).await.unwrap();

    let outcomes = backfill(&store, &[told("shop", "oLan", Some("uLan")), told("shop", "oWei", Some("uWei"))]).await;

    assert_eq!(outcomes, [Outcome::Closed, Outcome::Attached]);
    assert_eq!([union_of(&store, lan).await, union_of(&store, wei).await], [vec![], vec!["uWei".to_owned()]]);
}

/// Ten people have a shell in the shop. Their batch runs concurrently with their logins through another app, with the
/// unionId.
async fn a_batch_against_logins_of_the_same_people_makes_one_account_of_each(store: Store) {
    const PEOPLE: usize = 10;
    for n in 0..PEOPLE {
        sign_in(&store, &proof("shop", &format!("oShop{n}"), None), NOW).await;
    }
    let batch: Vec<_> = (0..PEOPLE).map(|n| told("shop", &format!("oShop{n}"), Some(&format!("u{n}")))).collect();
    let batch = Arc::new(batch);

    at_once(4 + 2 * PEOPLE, |task| {
        let (store, batch) = (store.clone(), batch.clone());
        async move {
            if task < 4 {
                backfill(&store, &batch).await;
            } else {
                let (n, app_id) = ((task - 4) / 2, ["club", "shop"][task % 2]);
                let id = if app_id == "club" { format!("oClub{n}") } else { format!("oShop{n}") };
                sign_in(&store, &proof(app_id, &id, Some(&format!("u{n}"))), minutes(1)).await;
            }
        }
    })
    .await;

    let mut users = BTreeSet::new();
    for n in 0..PEOPLE {
        let shop = sign_in(&store, &proof("shop", &format!("oShop{n}"), Some(&format!("u{n}"))), minutes(70)).await;
        let club = sign_in(&store, &proof("club", &format!("oClub{n}"), Some(&format!("u{n}"))), minutes(71)).await;
        assert_eq!((shop.user, club.is_new_user), (club.user, false), "{n}");
        assert_eq!(union_of(&store, shop.user).await, [format!("u{n}")]);
        users.insert(shop.user);
    }
    assert_eq!(users.len(), PEOPLE);
    assert!(store::conflict::open_cases(&store.view()).await.unwrap().is_empty());
}

async fn open_run(store: &Store) -> RunId {
    let wanted = &NewRun { kind: RunKind::OpenIds, app: app("new"), from: Some(app("old")), asks_all: false };
    let take = |tx: Arc<Tx>| async move {
        store::follower::take(&tx, wanted, RunLease([1; 16]), (minutes(60), minutes(61))).await
    };
    match store.write("take", take).await.expect("a run") {
        Taken::Run(run) => run.id,
        Taken::Busy { .. } => panic!("busy"),
    }
}

async fn change(store: &Store, run: RunId, pairs: &[(&str, &str)]) -> Vec<Outcome> {
    let batch: Vec<_> = pairs.iter().map(|(old, new)| Change { old: key("old", old), new: key("new", new) }).collect();
    let batch = &batch;
    let write = |tx: Arc<Tx>| async move { store::follower::change_open_ids(&tx, batch, Some(run), minutes(60)).await };
    store.write("change", write).await.expect("a batch")
}

async fn r16_the_new_openid_is_linked_and_old_orders_stay(store: Store) {
    record(&store, &[report("old", "A-1", "oLan"), report("new", "A-2", "nLan")]).await;
    let lan = sign_in(&store, &proof("old", "oLan", None), NOW).await.user;
    let wei = sign_in(&store, &proof("old", "oWei", None), NOW).await.user;
    let run = open_run(&store).await;

    let first = change(&store, run, &[("oLan", "nLan"), ("oWei", "nWei"), ("oGone", "nGone")]).await;
    let second = change(&store, run, &[("oLan", "nLan"), ("oWei", "nWei")]).await;

    assert_eq!(first, [Outcome::Linked, Outcome::Linked, Outcome::Unknown]);
    assert_eq!(second, [Outcome::Unchanged, Outcome::Unchanged]);
    assert_eq!(orders_of(&store, lan).await.len(), 2);
    let again = sign_in(&store, &proof("new", "nWei", None), minutes(70)).await;
    assert_eq!((again.user, again.is_new_user), (wei, false));
    let event = store::history::events(&store.view(), lan).await.unwrap().pop().expect("an entry");
    assert_eq!((event.rule, event.actor), (Rule::R16, Actor::Upstream));
    assert_eq!(
        (event.evidence.changed_from, event.evidence.open_id),
        (Some(key("old", "oLan")), Some(open_id("nLan")))
    );
    let links = store::follower::old_links(&store.view(), (&app("old"), &app("new")), (None, 10)).await.unwrap();
    assert_eq!(
        links.iter().map(|link| link.new.clone()).collect::<Vec<_>>(),
        [Some(open_id("nLan")), Some(open_id("nWei"))]
    );
}

async fn r16_orders_of_both_openids_find_each_other_or_wait(store: Store) {
    record(&store, &[report("old", "A-1", "oLan"), report("old", "A-2", "oWei")]).await;
    let lan = sign_in(&store, &proof("new", "nLan", None), NOW).await.user;
    let run = open_run(&store).await;

    let first = change(&store, run, &[("oLan", "nLan"), ("oWei", "nWei")]).await;
    let wei = sign_in(&store, &proof("new", "nWei", None), minutes(70)).await.user;
    let second = change(&store, run, &[("oLan", "nLan"), ("oWei", "nWei")]).await;

    assert_eq!(first, [Outcome::Linked, Outcome::Waiting]);
    assert_eq!(second, [Outcome::Unchanged, Outcome::Linked]);
    assert_eq!([orders_of(&store, lan).await.len(), orders_of(&store, wei).await.len()], [1, 1]);
}

async fn r16_a_shell_is_merged_and_a_second_account_is_a_case(store: Store) {
    record(&store, &[report("old", "A-1", "oLan"), report("old", "A-2", "oWei"), report("new", "A-3", "nWei")]).await;
    let lan = sign_in(&store, &proof("old", "oLan", None), NOW).await.user;
    let shell = sign_in(&store, &proof("new", "nLan", None), NOW).await.user;
    let wei = sign_in(&store, &proof("old", "oWei", None), NOW).await.user;
    let other = sign_in(&store, &proof("new", "nWei", None), NOW).await.user;
    let run = open_run(&store).await;

    let first = change(&store, run, &[("oLan", "nLan"), ("oWei", "nWei")]).await;
    let second = change(&store, run, &[("oLan", "nLan"), ("oWei", "nWei")]).await;

    assert_eq!(first, [Outcome::Joined, Outcome::Case]);
    assert_eq!(second, [Outcome::Unchanged, Outcome::Unchanged]);
    assert_eq!(store::user::find(&store.view(), shell).await.unwrap().map(|user| user.id), Some(lan));
    let cases = store::conflict::open_cases(&store.view()).await.unwrap();
    assert_eq!(cases.iter().map(|case| (case.user, case.other)).collect::<Vec<_>>(), [(wei, Some(other))]);
}

async fn r16_conversions_against_first_logins_make_one_account_of_each(store: Store) {
    const PEOPLE: usize = 10;
    let reports: Vec<_> = (0..PEOPLE).map(|n| report("old", &format!("A-{n}"), &format!("oOld{n}"))).collect();
    record(&store, &reports).await;
    for n in 0..PEOPLE {
        sign_in(&store, &proof("old", &format!("oOld{n}"), None), NOW).await;
    }
    let run = open_run(&store).await;
    let pairs: Vec<_> = (0..PEOPLE).map(|n| (format!("oOld{n}"), format!("nNew{n}"))).collect();
    let pairs = Arc::new(pairs);

    at_once(2 + PEOPLE, |task| {
        let (store, pairs) = (store.clone(), pairs.clone());
        async move {
            if task < 2 {
                let pairs: Vec<_> = pairs.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
                change(&store, run, &pairs).await;
            } else {
                sign_in(&store, &proof("new", &format!("nNew{}", task - 2), None), minutes(1)).await;
            }
        }
    })
    .await;

    for (n, (old, new)) in pairs.iter().enumerate() {
        let old = sign_in(&store, &proof("old", old, None), minutes(70)).await.user;
        let new = sign_in(&store, &proof("new", new, None), minutes(70)).await;
        assert_eq!((old, new.is_new_user), (new.user, false), "{n}");
        assert_eq!(orders_of(&store, old).await.len(), 1);
    }
}

async fn r16_an_undo_takes_back_what_was_not_used_since(store: Store) {
    for id in ["oLan", "oWei", "oMei"] {
        sign_in(&store, &proof("old", id, None), NOW).await;
    }
    let run = open_run(&store).await;
    change(&store, run, &[("oLan", "nLan"), ("oWei", "nWei"), ("oMei", "nMei")]).await;
    let wei = sign_in(&store, &proof("new", "nWei", None), minutes(70)).await;
    let tx = store.begin().await.unwrap();
    store::order::record(&tx, &[report("new", "A-1", "nMei")], minutes(70)).await.unwrap();
    tx.commit().await.unwrap();

    let undo = |after| {
        let write = move |tx: Arc<Tx>| async move { store::follower::undo(&tx, run, (after, 100), minutes(80)).await };
        store.write("undo", write)
    };
    let (counts, last) = undo(None).await.expect("an undo");
    let (none, end) = undo(last).await.expect("an undo");

    assert_eq!((counts.undone, counts.used, counts.others), (1, 2, 0));
    assert_eq!((none.undone, end), (0, None));
    assert!(!wei.is_new_user);
    let lan = sign_in(&store, &proof("new", "nLan", None), minutes(90)).await;
    assert!(lan.is_new_user);
    // Another run links it again.
    let old = sign_in(&store, &proof("old", "oLan", None), minutes(90)).await.user;
    let event = store::history::events(&store.view(), old).await.unwrap().pop().expect("an entry");
    assert_eq!((event.rule, event.actor), (Rule::R16, Actor::Command));
}
