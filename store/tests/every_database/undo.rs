//! R8: a merge is undone, and each account gets back what the journal records.

use domain::merge::Field;
use domain::phone::Purpose;
use domain::{LinkEventId, Rule, UserId};
use store::history::{Change, Evidence};
use store::import::Imported;
use store::merge::{Grounds, UndoError, UndoRefusal, Undone};
use store::order::Order;
use store::user::User;
use store::{Store, StoreError};

use crate::concurrency::at_once;
use crate::merge_choices::{NEW, OLD, bind, merge, merge_at, two};
use crate::world::{NOW, app, import, key, member, minutes, number, orders_of, proof, record, report, sign_in, union};

crate::on_every_database!(
    r8_an_undo_gives_both_accounts_back_as_they_were,
    r8_an_undo_gives_back_what_the_survivor_gave_up,
    r8_what_was_made_after_the_merge_stays_with_the_survivor,
    r8_a_merge_is_undone_once,
    r8_of_twenty_undos_at_once_one_succeeds,
    r8_merges_in_a_row_are_undone_from_the_last_to_the_first,
    r8_a_merge_whose_key_is_gone_is_not_undone,
    r8_a_number_that_another_account_has_now_prevents_an_undo,
    r8_an_undo_is_journaled,
    r8_what_is_no_merge_is_not_undone,
    r1c_a_shell_that_went_into_an_account_can_come_back,
    r4c_a_join_with_the_phones_account_can_be_undone,
    r8_orders_are_never_rewritten_by_a_merge_or_an_undo,
    r8_an_import_finds_each_account_again_after_an_undo,
);

async fn try_to_undo(store: &Store, merge: LinkEventId) -> Result<Undone, UndoError> {
    for _ in 0..8 {
        let attempt = async {
            let tx = store.begin().await?;
            let undone = store::merge::undo(&tx, merge, &Grounds::Person, minutes(30)).await?.expect("a merge");
            tx.commit().await?;
            Ok(undone)
        };
        match attempt.await {
            Err(UndoError::Store(StoreError::Contended(_))) => {}
            other => return other,
        }
    }
    panic!("conflicting concurrent updates in all eight attempts");
}

pub(crate) async fn undo(store: &Store, merge: LinkEventId) -> Undone {
    try_to_undo(store, merge).await.expect("an undo")
}

fn refusal(refused: Result<Undone, UndoError>) -> UndoRefusal {
    match refused {
        Err(UndoError::Refused(refusal)) => refusal,
        other => panic!("{other:?} is no refusal"),
    }
}

/// Everything that a person can see of an account, and the owner of each of its orders.
async fn picture(
    store: &Store,
    user: UserId,
) -> (Option<User>, Vec<domain::OpenKey>, Vec<domain::UnionKey>, Vec<Order>) {
    let view = store.view();
    let keys = store::user::open_ids(&view, user).await.unwrap().into_iter().map(|link| link.key).collect();
    (
        store::user::find(&view, user).await.unwrap(),
        keys,
        store::user::union_ids(&view, user).await.unwrap(),
        orders_of(store, user).await,
    )
}

async fn r8_an_undo_gives_both_accounts_back_as_they_were(store: Store) {
    for taken in [vec![], vec![Field::Phone, Field::Nickname]] {
        let [member, wechat] = if taken.is_empty() {
            two(&store).await
        } else {
            let users = store::user::of_union_id(&store.view(), &"uLan".parse().unwrap()).await.unwrap();
            let Imported::Unchanged(member) = import(&store, &member("M-1", OLD)).await else { panic!("the member") };
            [member, users[0]]
        };
        let before = (picture(&store, member).await, picture(&store, wechat).await);
        let merged = merge(&store, wechat, member, &taken).await;

        let undone = undo(&store, merged.merge).await;

        assert_eq!(undone, Undone { restored: wechat, survivor: member, apps: vec![app("shop")] });
        assert_eq!((picture(&store, member).await, picture(&store, wechat).await), before);
    }
}

async fn r8_an_undo_gives_back_what_the_survivor_gave_up(store: Store) {
    let [member, wechat] = two(&store).await;
    let before = (picture(&store, member).await, picture(&store, wechat).await);

    let merged = merge(&store, member, wechat, &[Field::Phone, Field::Nickname]).await;
    let kept = store::user::find(&store.view(), wechat).await.unwrap().expect("the survivor");
    assert_eq!((kept.phone, kept.external_id), (Some(number(OLD)), Some("M-1".parse().unwrap())));
    undo(&store, merged.merge).await;

    assert_eq!((picture(&store, member).await, picture(&store, wechat).await), before);
}

async fn r8_what_was_made_after_the_merge_stays_with_the_survivor(store: Store) {
    let [member, wechat] = two(&store).await;
    let merged = merge(&store, wechat, member, &[]).await;
    let mut later = proof("club", "oLan2", Some("uLan"));
    later.profile = domain::Profile::new("Orchid", "");
    sign_in(&store, &later, minutes(12)).await;

    undo(&store, merged.merge).await;

    let survivor = picture(&store, member).await;
    assert_eq!(survivor.0.as_ref().and_then(|user| user.nickname.as_deref()), Some("Orchid"));
    assert_eq!((survivor.1, survivor.2), (vec![key("club", "oLan2")], vec![]));
    let restored = picture(&store, wechat).await;
    assert_eq!((restored.1, restored.2), (vec![key("shop", "oLan")], vec![union("uLan")]));
}

async fn r8_a_merge_is_undone_once(store: Store) {
    let [member, wechat] = two(&store).await;
    let first = merge(&store, wechat, member, &[]).await.merge;
    undo(&store, first).await;

    assert_eq!(refusal(try_to_undo(&store, first).await), UndoRefusal::UndoneBefore);

    let second = merge_at(&store, (wechat, member), &[], 40).await.merge;
    assert_eq!(refusal(try_to_undo(&store, first).await), UndoRefusal::UndoneBefore);
    let standing: Vec<_> =
        store::merge::list(&store.view(), member, NOW).await.unwrap().iter().map(|merge| merge.id).collect();
    assert_eq!(standing, [second]);
}

async fn r8_of_twenty_undos_at_once_one_succeeds(store: Store) {
    let [member, wechat] = two(&store).await;
    let merged = merge(&store, wechat, member, &[]).await;

    let outcomes = at_once(20, |_| {
        let store = store.clone();
        async move { try_to_undo(&store, merged.merge).await }
    })
    .await;

    let (done, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 1);
    for refused in refused {
        assert_eq!(refusal(refused), UndoRefusal::UndoneBefore);
    }
}

async fn r8_merges_in_a_row_are_undone_from_the_last_to_the_first(store: Store) {
    let mut users = Vec::new();
    for name in ["a1", "a2", "a3", "a4"] {
        users.push(sign_in(&store, &proof(name, "oLan", None), NOW).await.user);
    }
    let mut merges = Vec::new();
    for (at, pair) in users.windows(2).enumerate() {
        let minute = 10 + i64::try_from(at).unwrap();
        merges.push(merge_at(&store, (pair[0], pair[1]), &[], minute).await.merge);
    }

    for at in (0..3).rev() {
        for early in 0..at {
            assert_eq!(refusal(try_to_undo(&store, merges[early]).await), UndoRefusal::LaterMerge(merges[early + 1]));
        }
        undo(&store, merges[at]).await;
        for (index, user) in users.iter().enumerate() {
            let leads_to = if index <= at { users[at] } else { users[index] };
            assert_eq!(store::user::find(&store.view(), *user).await.unwrap().map(|user| user.id), Some(leads_to));
        }
    }

    for user in users {
        assert_eq!(store::user::open_ids(&store.view(), user).await.unwrap().len(), 1);
    }
}

async fn r8_a_merge_whose_key_is_gone_is_not_undone(store: Store) {
    let [member, wechat] = two(&store).await;
    let merged = merge(&store, wechat, member, &[Field::Phone]).await;
    bind(&store, member, "13800000003", Purpose::Change).await;
    let before = picture(&store, member).await;

    assert_eq!(refusal(try_to_undo(&store, merged.merge).await), UndoRefusal::PartGone);

    assert_eq!(picture(&store, member).await, before);
    assert_eq!(store::user::account(&store.view(), wechat).await.unwrap(), None);
}

async fn r8_a_number_that_another_account_has_now_prevents_an_undo(store: Store) {
    let [member, wechat] = two(&store).await;
    let merged = merge(&store, wechat, member, &[]).await;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;
    bind(&store, wei, NEW, Purpose::Bind).await;

    assert_eq!(refusal(try_to_undo(&store, merged.merge).await), UndoRefusal::NumberInUse);

    assert_eq!(store::user::find(&store.view(), wei).await.unwrap().and_then(|user| user.phone), Some(number(NEW)));
}

async fn r8_an_undo_is_journaled(store: Store) {
    let [member, wechat] = two(&store).await;
    let merged = merge(&store, wechat, member, &[]).await;

    undo(&store, merged.merge).await;

    let event = store::history::events(&store.view(), wechat).await.unwrap().pop().expect("an entry");
    assert_eq!((event.rule, event.user, event.other, event.at), (Rule::R8, member, Some(wechat), minutes(30)));
    assert_eq!(event.evidence, Evidence { undoes: Some(merged.merge), ..Evidence::default() });
    let Change::MergeUndone(record) = event.change else { panic!("{event:?}") };
    assert_eq!((record.restored.id, record.returned.unions), (wechat, vec![union("uLan")]));
}

async fn r8_what_is_no_merge_is_not_undone(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let login = store::history::events(&store.view(), lan).await.unwrap()[0].id;

    for id in [login, LinkEventId::new(NOW)] {
        let tx = store.begin().await.unwrap();
        assert!(store::merge::undo(&tx, id, &Grounds::Person, minutes(1)).await.unwrap().is_none());
        assert_eq!(store::merge::find(&store.view(), id).await.unwrap(), None);
    }
}

async fn r1c_a_shell_that_went_into_an_account_can_come_back(store: Store) {
    let shell = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let full = sign_in(&store, &proof("club", "oLan2", Some("uLan")), minutes(1)).await.user;
    record(&store, &[report("club", "B-1", "oLan2")]).await;
    sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(2)).await;
    let merges = store::merge::list(&store.view(), full, NOW).await.unwrap();

    let undone = undo(&store, merges[0].id).await;

    assert_eq!(undone, Undone { restored: shell, survivor: full, apps: vec![app("shop")] });
    assert_eq!(sign_in(&store, &proof("shop", "oLan", None), minutes(31)).await.user, shell);
}

async fn r4c_a_join_with_the_phones_account_can_be_undone(store: Store) {
    let Imported::Created(member) = import(&store, &member("M-1", OLD)).await else { panic!("a new member") };
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;
    record(&store, &[report("shop", "A-1", "oLan")]).await;
    let before = (picture(&store, member).await, picture(&store, lan).await);
    assert_eq!(bind(&store, lan, OLD, Purpose::Bind).await, member);

    undo(&store, store::merge::list(&store.view(), member, NOW).await.unwrap()[0].id).await;

    assert_eq!((picture(&store, member).await, picture(&store, lan).await), before);
}

async fn r8_orders_are_never_rewritten_by_a_merge_or_an_undo(store: Store) {
    let mut users = Vec::new();
    for (at, name) in ["a1", "a2", "a3"].into_iter().enumerate() {
        users.push(sign_in(&store, &proof(name, "oLan", None), NOW).await.user);
        let reports: Vec<_> = (0..=at).map(|n| report(name, &format!("{name}-{n}"), "oLan")).collect();
        record(&store, &reports).await;
    }
    let sum = async |store: &Store| {
        let mut orders = Vec::new();
        for user in &users {
            if store::user::account(&store.view(), *user).await.unwrap().is_some() {
                orders.extend(orders_of(store, *user).await);
            }
        }
        orders.sort_by_key(|order| order.id);
        orders
    };
    let all = sum(&store).await;

    let first = merge_at(&store, (users[0], users[1]), &[], 10).await.merge;
    assert_eq!(sum(&store).await, all);
    let second = merge_at(&store, (users[1], users[2]), &[], 11).await.merge;
    assert_eq!(sum(&store).await, all);
    for merge in [second, first] {
        undo(&store, merge).await;
        assert_eq!(sum(&store).await, all);
    }
    assert_eq!(all.len(), 6);
}

async fn r8_an_import_finds_each_account_again_after_an_undo(store: Store) {
    let Imported::Created(one) = import(&store, &member("M-1", OLD)).await else { panic!("a new member") };
    let Imported::Created(other) = import(&store, &member("M-2", NEW)).await else { panic!("a new member") };
    let merged = merge(&store, one, other, &[Field::ExternalId, Field::Phone]).await;

    undo(&store, merged.merge).await;

    assert_eq!(import(&store, &member("M-1", OLD)).await, Imported::Unchanged(one));
    assert_eq!(import(&store, &member("M-2", NEW)).await, Imported::Unchanged(other));
}
