//! R8: two accounts are merged by their owner's choices.

use domain::merge::{Choices, Field, Plan, plan};
use domain::phone::{Binding, Claim, NumberProof, Policy, Purpose, Request, decide};
use domain::{Rule, UserId};
use store::history::{Change, Evidence};
use store::import::{Imported, ImportedUser};
use store::merge::{Grounds, MergedUsers};
use store::{Actor, Store, StoreError};

use crate::world::{NOW, import, member, minutes, number, orders_of, proof, record, report, sign_in, standing};

crate::on_every_database!(
    r8_the_survivor_has_what_was_chosen,
    r8_what_was_not_chosen_stays_where_it_can_be_found,
    r8_a_phone_that_was_not_chosen_ends_and_its_number_is_free,
    r8_a_merge_journals_on_what_grounds,
    r14_a_merge_by_an_operator_says_who_and_why,
    r9_a_plan_that_would_break_a_limit_by_now_is_taken,
    r4d_a_number_that_is_kept_is_kept_for_the_survivor,
    r6_a_merge_does_not_end_the_cooling_off_of_an_account,
);

pub(crate) const OLD: &str = "13800000001";
pub(crate) const NEW: &str = "13800000002";

/// A member of the company with a phone, and a WeChat user with another phone, a name and an order.
pub(crate) async fn two(store: &Store) -> [UserId; 2] {
    let Imported::Created(member) = import(store, &member("M-1", OLD)).await else { panic!("a new member") };
    let mut lan = proof("shop", "oLan", Some("uLan"));
    lan.profile = domain::Profile::new("Lan", "https://example.com/lan.png");
    let wechat = sign_in(store, &lan, NOW).await.user;
    record(store, &[report("shop", "A-1", "oLan")]).await;
    bind(store, wechat, NEW, Purpose::Bind).await;
    [member, wechat]
}

/// Proves a number with a code, three minutes in.
pub(crate) async fn bind(store: &Store, user: UserId, phone: &str, purpose: Purpose) -> UserId {
    let at = minutes(3);
    let request = Request {
        caller: store::user::account(&store.view(), user).await.unwrap().expect("the caller"),
        standing: standing(store, user, at).await,
        number: number(phone),
        proof: NumberProof::SmsCode,
        purpose,
        claim: Claim::NewToMe,
        owner: store::phone::owner(&store.view(), &number(phone), at).await.unwrap(),
    };
    let binding = decide(&request, &Policy::default());
    assert!(!matches!(binding, Binding::Refuse { .. }), "{binding:?}");
    let tx = store.begin().await.unwrap();
    let user = store::phone::bind(&tx, &binding, &request, at).await.expect("a binding");
    tx.commit().await.unwrap();
    user
}

/// Merges `from` into `into`, ten minutes in. For each conflicting field it keeps the value of `into`, except for those
/// in `taken`.
pub(crate) async fn merge(store: &Store, from: UserId, into: UserId, taken: &[Field]) -> MergedUsers {
    merge_at(store, (from, into), taken, 10).await
}

pub(crate) async fn merge_at(
    store: &Store,
    (from, into): (UserId, UserId),
    taken: &[Field],
    minute: i64,
) -> MergedUsers {
    let [a, b] = store::merge::sides(&store.view(), [from, into]).await.unwrap().expect("two active accounts");
    let clashes = domain::merge::preview(&a, &b).clashes;
    let keep = clashes.into_iter().map(|field| (field, if taken.contains(&field) { from } else { into })).collect();
    let plan = plan(&a, &b, &Choices { survivor: Some(into), keep }).expect("a plan");
    let tx = store.begin().await.unwrap();
    let merged =
        store::merge::merge_users(&tx, &plan, &Grounds::Offer(Rule::R4b), minutes(minute)).await.expect("a merge");
    tx.commit().await.unwrap();
    merged
}

async fn r8_the_survivor_has_what_was_chosen(store: Store) {
    let [member, wechat] = two(&store).await;
    let orders = orders_of(&store, wechat).await;

    let merged = merge(&store, wechat, member, &[Field::Phone, Field::Nickname]).await;

    let kept = store::user::find(&store.view(), member).await.unwrap().expect("the survivor");
    assert_eq!(merged.survivor, member);
    assert_eq!((kept.phone, kept.nickname.as_deref()), (Some(number(NEW)), Some("Lan")));
    assert_eq!(kept.avatar_url.as_deref(), Some("https://example.com/lan.png"));
    assert_eq!(kept.external_id, Some("M-1".parse().unwrap()));
    assert_eq!(orders_of(&store, member).await, orders);
    assert_eq!(store::user::find(&store.view(), wechat).await.unwrap().map(|user| user.id), Some(member));
}

async fn r8_what_was_not_chosen_stays_where_it_can_be_found(store: Store) {
    for (taken, kept, alias) in [(vec![], "M-2", "M-1"), (vec![Field::ExternalId], "M-3", "M-4")] {
        let without_phone = |id: &str| ImportedUser { phone: None, ..member(id, OLD) };
        let (from, into) = if taken.is_empty() { (alias, kept) } else { (kept, alias) };
        let Imported::Created(from) = import(&store, &without_phone(from)).await else { panic!("a new member") };
        let Imported::Created(into) = import(&store, &without_phone(into)).await else { panic!("a new member") };

        merge(&store, from, into, &taken).await;

        let survivor = store::user::find(&store.view(), into).await.unwrap().expect("the survivor");
        assert_eq!(survivor.external_id, Some(kept.parse().unwrap()));
        for id in [kept, alias] {
            assert_eq!(
                import(&store, &without_phone(id)).await,
                Imported::Unchanged(survivor_row(&store, into, id).await)
            );
        }
    }
}

/// The row that has the external id. An import returns it when nothing is new.
async fn survivor_row(store: &Store, survivor: UserId, id: &str) -> UserId {
    let Imported::Unchanged(row) = import(store, &ImportedUser { phone: None, ..member(id, OLD) }).await else {
        panic!("a known member")
    };
    assert_eq!(store::user::find(&store.view(), row).await.unwrap().map(|user| user.id), Some(survivor), "{id}");
    row
}

async fn r8_a_phone_that_was_not_chosen_ends_and_its_number_is_free(store: Store) {
    let [member, wechat] = two(&store).await;

    merge(&store, wechat, member, &[]).await;

    let kept = store::user::find(&store.view(), member).await.unwrap().expect("the survivor");
    assert_eq!(kept.phone, Some(number(OLD)));
    assert_eq!(store::phone::owner(&store.view(), &number(NEW), minutes(11)).await.unwrap(), None);
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;
    assert_eq!(bind(&store, wei, NEW, Purpose::Bind).await, wei);
}

async fn r8_a_merge_journals_on_what_grounds(store: Store) {
    let [member, wechat] = two(&store).await;
    let link = store::user::open_ids(&store.view(), wechat).await.unwrap()[0].id;

    let merged = merge(&store, wechat, member, &[]).await;

    let event = store::history::events(&store.view(), member).await.unwrap().pop().expect("an entry");
    assert_eq!((event.id, event.rule, event.user, event.other), (merged.merge, Rule::R8, member, Some(wechat)));
    assert!(!format!("{:?}", event.change).contains("8000"));
    let offered = Evidence { offer: Some(Rule::R4b), ..Evidence::default() };
    assert_eq!((event.evidence, event.actor), (offered, Actor::Person));
    let Change::Merged(record) = event.change else { panic!("{:?}", event.change) };
    assert_eq!((record.moved.links, record.from.nickname.as_deref()), (vec![link], Some("Lan")));
}

async fn r14_a_merge_by_an_operator_says_who_and_why(store: Store) {
    let [member, wechat] = two(&store).await;
    let token = domain::ServiceTokenId::new(NOW);
    let grounds = Grounds::Operator { by: token.into(), reason: "they came to the shop".to_owned() };
    let plan = Plan { from: wechat, into: member, taken: vec![] };

    let tx = store.begin().await.unwrap();
    store::merge::merge_users(&tx, &plan, &grounds, minutes(10)).await.unwrap();
    tx.commit().await.unwrap();

    let event = store::history::events(&store.view(), member).await.unwrap().pop().expect("an entry");
    assert_eq!((event.rule, event.actor), (Rule::R14, Actor::Operator(token.into())));
    let reason = Some("they came to the shop".to_owned());
    assert_eq!(event.evidence, Evidence { reason, ..Evidence::default() });
}

async fn r9_a_plan_that_would_break_a_limit_by_now_is_taken(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;
    let plan = Plan { from: lan, into: wei, taken: vec![] };

    let refused = store::merge::merge_users(&store.begin().await.unwrap(), &plan, &Grounds::Person, NOW).await;

    assert!(matches!(refused, Err(StoreError::Contended(_))), "{refused:?}");
}

async fn r4d_a_number_that_is_kept_is_kept_for_the_survivor(store: Store) {
    let [member, wechat] = two(&store).await;
    bind(&store, wechat, "13800000003", Purpose::Change).await;

    merge(&store, wechat, member, &[]).await;

    let owner = store::phone::owner(&store.view(), &number(NEW), minutes(11)).await.unwrap();
    assert_eq!(owner.map(|owner| owner.account.id), Some(member));
}

async fn r6_a_merge_does_not_end_the_cooling_off_of_an_account(store: Store) {
    let stale = ImportedUser { last_proof_at: Some(minutes(-200_000)), ..member("M-1", OLD) };
    import(&store, &stale).await;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;
    assert_eq!(bind(&store, wei, OLD, Purpose::Bind).await, wei);
    let until = store::merge::cooling_until(&store.view(), &[wei]).await.unwrap();
    let other = sign_in(&store, &proof("club", "oWei2", None), NOW).await.user;

    merge(&store, wei, other, &[]).await;

    assert!(until.is_some());
    assert_eq!(store::merge::cooling_until(&store.view(), &[other]).await.unwrap(), until);
}
