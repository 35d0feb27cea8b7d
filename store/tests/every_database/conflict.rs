//! Open cases follow the accounts that they reference.

use domain::login::{Act, Decision};
use domain::{Conflict, ConflictKind, Rule, UserId};
use store::Store;
use store::merge::Grounds;

use crate::merge_choices::{merge, two};
use crate::world::{NOW, minutes, proof, record, report, sign_in, union};

crate::on_every_database!(
    r8_a_merge_closes_the_case_between_the_two,
    r8_a_merge_hands_other_cases_to_the_survivor,
    r8_cases_that_a_merge_makes_alike_are_one_case,
    r8_an_undo_gives_open_cases_back,
);

/// Opens a case, as a login of `user` does.
async fn open(store: &Store, user: UserId, other: Option<UserId>, kind: ConflictKind) {
    let through = store::user::open_ids(&store.view(), user).await.unwrap().remove(0).key;
    let conflict = Some(Conflict { kind, other, union: Some(union("uAny")) });
    let decision = Decision { rule: Rule::R1c, act: Act::SignIn(user), conflict, offer: None };
    let tx = store.begin().await.unwrap();
    let proof = proof(through.app.as_str(), through.open_id.as_str(), None);
    store::login::apply(&tx, &decision, &proof, minutes(4)).await.expect("a login");
    tx.commit().await.unwrap();
}

async fn open_cases(store: &Store) -> Vec<(ConflictKind, UserId, Option<UserId>)> {
    let cases = store::conflict::open_cases(&store.view()).await.unwrap();
    cases.into_iter().map(|case| (case.kind, case.user, case.other)).collect()
}

async fn r8_a_merge_closes_the_case_between_the_two(store: Store) {
    let mine = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let other = sign_in(&store, &proof("club", "oLan2", Some("uLan")), NOW).await.user;
    record(&store, &[report("shop", "A-1", "oLan"), report("club", "B-1", "oLan2")]).await;
    sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(1)).await;
    assert_eq!(open_cases(&store).await, [(ConflictKind::TwoAccounts, mine, Some(other))]);

    merge(&store, mine, other, &[]).await;

    assert_eq!(open_cases(&store).await, []);
    assert_eq!(sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(20)).await.user, other);
    assert_eq!(open_cases(&store).await, []);
}

async fn r8_a_merge_hands_other_cases_to_the_survivor(store: Store) {
    let [member, wechat] = two(&store).await;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;
    open(&store, wechat, Some(wei), ConflictKind::TwoAccounts).await;
    open(&store, wei, Some(wechat), ConflictKind::LimitBroken).await;
    open(&store, wechat, None, ConflictKind::UnionIdChanged).await;

    merge(&store, wechat, member, &[]).await;

    let mut cases = open_cases(&store).await;
    cases.sort_by_key(|case| case.0);
    let expected = [
        (ConflictKind::TwoAccounts, member, Some(wei)),
        (ConflictKind::UnionIdChanged, member, None),
        (ConflictKind::LimitBroken, wei, Some(member)),
    ];
    assert_eq!(cases, expected);
    open(&store, wei, Some(member), ConflictKind::LimitBroken).await;
    assert_eq!(open_cases(&store).await.len(), 3);
}

async fn r8_cases_that_a_merge_makes_alike_are_one_case(store: Store) {
    let [member, wechat] = two(&store).await;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;
    for user in [member, wechat] {
        open(&store, wei, Some(user), ConflictKind::TwoAccounts).await;
    }

    merge(&store, wechat, member, &[]).await;

    assert_eq!(open_cases(&store).await, [(ConflictKind::TwoAccounts, wei, Some(member))]);
}

async fn r8_an_undo_gives_open_cases_back(store: Store) {
    let [member, wechat] = two(&store).await;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;
    open(&store, wechat, Some(wei), ConflictKind::TwoAccounts).await;
    let merged = merge(&store, wechat, member, &[]).await;
    open(&store, wei, Some(member), ConflictKind::LimitBroken).await;

    let tx = store.begin().await.unwrap();
    store::merge::undo(&tx, merged.merge, &Grounds::Person, minutes(20)).await.unwrap().expect("a merge");
    tx.commit().await.unwrap();

    let mut cases = open_cases(&store).await;
    cases.sort_by_key(|case| case.0);
    let expected = [(ConflictKind::TwoAccounts, wechat, Some(wei)), (ConflictKind::LimitBroken, wei, Some(member))];
    assert_eq!(cases, expected);
}
