//! R5 in bulk: the accounts of a scope get other unionIds.

use domain::union_scope::{Renaming, Step};
use domain::{ConflictKind, Resolution, Rule, UnionKey};
use store::conflict::CaseFilter;
use store::history::Change;
use store::{Actor, Front, Store};

use crate::world::{NOW, minutes, proof, record, report, sign_in, union};

crate::on_every_database!(
    r5_a_scope_moves_and_the_next_login_recognises_everyone,
    r5_done_again_it_changes_nothing,
    r5_a_union_id_of_another_account_is_a_case_and_nothing_moves,
    r5_the_case_of_a_login_that_came_first_is_closed,
    r5_who_came_first_under_the_new_scope_loses_only_the_old_union_id,
);

fn elsewhere(id: &str) -> UnionKey {
    UnionKey { scope: "other".parse().expect("a scope"), ..union(id) }
}

async fn renumber(store: &Store, batch: &[Renaming]) -> Vec<Step> {
    let tx = store.begin().await.unwrap();
    let steps = store::union_scope::migrate(&tx, batch, minutes(9)).await.unwrap();
    tx.commit().await.unwrap();
    steps
}

fn to_elsewhere(old: &str, new: &str) -> Renaming {
    Renaming { old: union(old), new: elsewhere(new) }
}

async fn r5_a_scope_moves_and_the_next_login_recognises_everyone(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("u1")), NOW).await.user;
    let wei = sign_in(&store, &proof("shop", "oWei", Some("u2")), NOW).await.user;

    let batch = [to_elsewhere("u1", "v1"), to_elsewhere("u2", "v2"), to_elsewhere("u3", "v3")];
    let steps = renumber(&store, &batch).await;

    assert_eq!(steps, [Step::Replace(lan), Step::Replace(wei), Step::Unknown]);
    let mut through_club = proof("club", "oLan2", None);
    through_club.union = Some(elsewhere("v1"));
    assert_eq!(sign_in(&store, &through_club, minutes(10)).await.user, lan);
    let event = &store::history::events(&store.view(), lan).await.unwrap()[1];
    assert_eq!((event.rule, event.actor), (Rule::R5, Actor::Command));
    assert_eq!(event.change, Change::UnionIdReplaced { old: Some(union("u1")), new: elsewhere("v1") });
}

async fn r5_done_again_it_changes_nothing(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("u1")), NOW).await.user;
    let within = [Renaming { old: union("u1"), new: union("v1") }];
    assert_eq!(renumber(&store, &within).await, [Step::Replace(lan)]);

    assert_eq!(renumber(&store, &within).await, [Step::Done]);

    assert_eq!(store::user::union_ids(&store.view(), lan).await.unwrap(), [union("v1")]);
    assert_eq!(store::history::events(&store.view(), lan).await.unwrap().len(), 2);
}

async fn r5_a_union_id_of_another_account_is_a_case_and_nothing_moves(store: Store) {
    let holder = sign_in(&store, &proof("shop", "oLan", Some("u1")), NOW).await.user;
    let mut through_club = proof("club", "oLan2", None);
    through_club.union = Some(elsewhere("v1"));
    let owner = sign_in(&store, &through_club, NOW).await.user;
    record(&store, &[report("shop", "A-1", "oLan"), report("club", "B-1", "oLan2")]).await;

    for _ in 0..2 {
        let steps = renumber(&store, &[to_elsewhere("u1", "v1")]).await;
        assert_eq!(steps, [Step::OwnedByAnother { holder, owner }]);
    }

    assert_eq!(store::user::union_ids(&store.view(), holder).await.unwrap(), [union("u1")]);
    let cases = store::conflict::open_cases(&store.view()).await.unwrap();
    let case = (cases[0].kind, cases[0].user, cases[0].other, cases[0].union.clone());
    assert_eq!((cases.len(), case), (1, (ConflictKind::TwoAccounts, holder, Some(owner), Some(elsewhere("v1")))));
}

async fn r5_the_case_of_a_login_that_came_first_is_closed(store: Store) {
    sign_in(&store, &proof("shop", "oLan", Some("u1")), NOW).await;
    sign_in(&store, &proof("shop", "oLan", Some("v1")), minutes(1)).await;
    sign_in(&store, &proof("shop", "oWei", Some("u2")), NOW).await;
    sign_in(&store, &proof("shop", "oWei", Some("strange")), minutes(2)).await;

    let within = |old: &str, new: &str| Renaming { old: union(old), new: union(new) };
    renumber(&store, &[within("u1", "v1"), within("u2", "v2")]).await;

    let all =
        store::conflict::list(&store.view(), &CaseFilter::default(), &Front { after: None, limit: 9 }).await.unwrap();
    let closed: Vec<_> = all.iter().map(|case| case.closed.as_ref().map(|closed| closed.resolution)).collect();
    assert_eq!(closed, [Some(Resolution::AcceptUnionId), None]);
}

async fn r5_who_came_first_under_the_new_scope_loses_only_the_old_union_id(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("u1")), NOW).await.user;
    let mut moved = proof("shop", "oLan", None);
    moved.union = Some(elsewhere("v1"));
    sign_in(&store, &moved, minutes(1)).await;

    assert_eq!(renumber(&store, &[to_elsewhere("u1", "v1")]).await, [Step::Drop(lan)]);

    assert_eq!(store::user::union_ids(&store.view(), lan).await.unwrap(), [elsewhere("v1")]);
}
