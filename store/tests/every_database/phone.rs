//! The effects of a proven phone, written and read back.

use domain::phone::{Binding, Claim, NumberProof, Policy, Purpose, Request, decide};
use domain::{ConflictKind, Rule, Timestamp, UserId};
use store::import::Imported;
use store::{Store, StoreError};

use crate::world::{NOW, import, member, minutes, number, orders_of, proof, record, report, sign_in, standing};

crate::on_every_database!(
    r4a_a_free_number_is_bound,
    r4a_the_same_number_again_only_renews_its_proof,
    r4c_a_wechat_account_goes_into_the_phones_account,
    r4b_two_members_are_a_case_and_nothing_is_bound,
    a_number_that_was_bound_meanwhile_is_taken,
    the_journal_does_not_know_the_number,
);

const PHONE: &str = "13800000001";

async fn request(store: &Store, caller: UserId, now: Timestamp) -> Request {
    let view = store.view();
    Request {
        caller: store::user::account(&view, caller).await.unwrap().expect("the caller"),
        standing: standing(store, caller, now).await,
        number: number(PHONE),
        proof: NumberProof::SmsCode,
        purpose: Purpose::Bind,
        claim: Claim::None,
        owner: store::phone::owner(&view, &number(PHONE), now).await.unwrap(),
    }
}

async fn bind(store: &Store, caller: UserId, now: Timestamp) -> UserId {
    let request = request(store, caller, now).await;
    let tx = store.begin().await.unwrap();
    let user = store::phone::bind(&tx, &decide(&request, &Policy::default()), &request, now).await.expect("a binding");
    tx.commit().await.unwrap();
    user
}

async fn r4a_a_free_number_is_bound(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;

    assert_eq!(bind(&store, lan, minutes(1)).await, lan);

    assert_eq!(store::user::find(&store.view(), lan).await.unwrap().expect("Lan").phone, Some(number(PHONE)));
    let owner = store::phone::owner(&store.view(), &number(PHONE), NOW).await.unwrap().expect("an owner");
    assert_eq!((owner.account.id, owner.last_proof_at), (lan, Some(minutes(1))));
    assert_eq!(store::history::events(&store.view(), lan).await.unwrap()[1].rule, Rule::R4a);
}

async fn r4a_the_same_number_again_only_renews_its_proof(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    bind(&store, lan, NOW).await;

    bind(&store, lan, minutes(5)).await;

    let owner = store::phone::owner(&store.view(), &number(PHONE), NOW).await.unwrap().expect("an owner");
    assert_eq!(owner.last_proof_at, Some(minutes(5)));
    assert_eq!(store::history::events(&store.view(), lan).await.unwrap().len(), 2);
}

async fn r4c_a_wechat_account_goes_into_the_phones_account(store: Store) {
    let Imported::Created(member) = import(&store, &member("M-1", PHONE)).await else { panic!("a new member") };
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;
    record(&store, &[report("shop", "A-1", "oLan")]).await;
    let orders = orders_of(&store, lan).await;

    let user = bind(&store, lan, minutes(1)).await;

    assert_eq!(user, member);
    assert_eq!(store::user::find(&store.view(), lan).await.unwrap().map(|user| user.id), Some(member));
    assert_eq!(orders_of(&store, member).await, orders);
    let owner = store::phone::owner(&store.view(), &number(PHONE), NOW).await.unwrap().expect("an owner");
    assert_eq!((owner.account.id, owner.last_proof_at), (member, Some(minutes(1))));
    let event = store::history::events(&store.view(), lan).await.unwrap().pop().expect("an entry");
    assert_eq!((event.rule, event.user, event.other), (Rule::R4c, member, Some(lan)));
    assert_eq!(sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user, member);
}

async fn r4b_two_members_are_a_case_and_nothing_is_bound(store: Store) {
    let Imported::Created(owner) = import(&store, &member("M-1", PHONE)).await else { panic!("a new member") };
    let mut without_phone = member("M-2", PHONE);
    without_phone.phone = None;
    let Imported::Created(caller) = import(&store, &without_phone).await else { panic!("a new member") };

    for _ in 0..2 {
        assert_eq!(bind(&store, caller, NOW).await, caller);
    }

    assert_eq!(store::user::find(&store.view(), caller).await.unwrap().expect("the caller").phone, None);
    let cases = store::conflict::open_cases(&store.view()).await.unwrap();
    assert_eq!(cases.len(), 1);
    assert_eq!((cases[0].kind, cases[0].user, cases[0].other), (ConflictKind::PhoneOwned, caller, Some(owner)));
}

async fn a_number_that_was_bound_meanwhile_is_taken(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;
    let stale = request(&store, wei, NOW).await;
    let also_stale = request(&store, lan, NOW).await;
    bind(&store, lan, NOW).await;

    for (binding, request) in
        [(Binding::Bind, &stale), (Binding::Bind, &also_stale), (Binding::Renew { counts: true }, &stale)]
    {
        let refused = store::phone::bind(&store.begin().await.unwrap(), &binding, request, NOW).await;
        assert!(matches!(refused, Err(StoreError::Contended(_))), "{binding:?}: {refused:?}");
    }
}

async fn the_journal_does_not_know_the_number(store: Store) {
    import(&store, &member("M-1", PHONE)).await;
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let user = bind(&store, lan, NOW).await;

    let journal = format!("{:?}", store::history::events(&store.view(), user).await.unwrap());

    assert!(journal.contains("+86*******0001"), "{journal}");
    assert!(!journal.contains("8000"), "{journal}");
}
