//! R8: an offered merge is confirmed once, by the person to whom it was offered, while nothing has changed.

use domain::merge::{OFFER, Plan};
use domain::phone::{Offer, Purpose};
use domain::{ConflictKind, Rule, Timestamp, UserId};
use store::import::Imported;
use store::merge::Grounds;
use store::merge::{NewOffer, OfferedMerge};
use store::{Store, StoreError};

use crate::concurrency::at_once;
use crate::merge_choices::{NEW, merge_at, two};
use crate::world::{NOW, import, member, minutes, proof, record, report, sign_in};

crate::on_every_database!(
    r8_an_offer_is_taken_once,
    r8_looking_at_an_offer_does_not_take_it,
    r8_an_offer_is_for_the_person_and_for_fifteen_minutes,
    r8_an_offer_is_void_once_either_account_has_changed,
    r8_an_offer_outlives_logins_that_change_nothing,
    r8_an_offer_that_was_taken_in_vain_can_be_taken_again,
    r8_no_merge_is_offered_with_an_account_that_is_gone,
    r8_of_twenty_who_take_an_offer_at_once_one_gets_it,
    r8_of_an_offer_taken_and_a_phone_bound_at_once_neither_is_lost,
    r8_expired_offers_are_purged,
    r1c_a_case_is_opened_only_between_accounts_that_are_not_aliases,
);

const HASH: [u8; 32] = [7; 32];

async fn offer(store: &Store, user: UserId, other: UserId) -> Option<Timestamp> {
    let tx = store.begin().await.unwrap();
    let offer = Offer { other, needs_login: false };
    let expires_at =
        store::merge::add_offer(&tx, &NewOffer { hash: HASH, user, rule: Rule::R4b, offer }, minutes(5)).await.unwrap();
    tx.commit().await.unwrap();
    expires_at
}

/// Takes the offer and merges; returns whether that succeeded.
async fn confirm(store: &Store, user: UserId, now: Timestamp) -> Result<bool, StoreError> {
    let tx = store.begin().await?;
    let Some(taken) = store::merge::take_offer(&tx, &HASH, user, now).await? else { return Ok(false) };
    let plan = Plan { from: taken.user, into: taken.other, taken: vec![] };
    store::merge::merge_users(&tx, &plan, &Grounds::Offer(taken.rule), now).await?;
    tx.commit().await?;
    Ok(true)
}

async fn r8_an_offer_is_taken_once(store: Store) {
    let [member, wechat] = two(&store).await;
    offer(&store, wechat, member).await;

    assert!(confirm(&store, wechat, minutes(6)).await.unwrap());

    assert!(!confirm(&store, wechat, minutes(6)).await.unwrap());
    assert_eq!(store::user::find(&store.view(), wechat).await.unwrap().map(|user| user.id), Some(member));
}

async fn r8_looking_at_an_offer_does_not_take_it(store: Store) {
    let [member, wechat] = two(&store).await;
    let expires_at = offer(&store, wechat, member).await.expect("an offer");

    for _ in 0..2 {
        let known = store::merge::find_offer(&store.view(), &HASH, wechat, minutes(6)).await.unwrap();
        let expected = OfferedMerge { user: wechat, other: member, rule: Rule::R4b, needs_login: false, expires_at };
        assert_eq!(known, Some(expected));
    }

    assert!(confirm(&store, wechat, minutes(6)).await.unwrap());
    assert_eq!(store::merge::find_offer(&store.view(), &HASH, wechat, minutes(6)).await.unwrap(), None);
}

async fn r8_an_offer_is_for_the_person_and_for_fifteen_minutes(store: Store) {
    let [member, wechat] = two(&store).await;
    offer(&store, wechat, member).await;

    assert!(!confirm(&store, member, minutes(6)).await.unwrap());
    assert!(!confirm(&store, wechat, minutes(5).plus(OFFER)).await.unwrap());
    assert_eq!(store::merge::find_offer(&store.view(), &HASH, member, minutes(6)).await.unwrap(), None);
    assert_eq!(store::merge::find_offer(&store.view(), &[8; 32], wechat, minutes(6)).await.unwrap(), None);
}

async fn r8_an_offer_is_void_once_either_account_has_changed(store: Store) {
    let [member, wechat] = two(&store).await;
    offer(&store, wechat, member).await;
    sign_in(&store, &proof("club", "oLan2", Some("uLan")), minutes(6)).await;

    assert_eq!(store::merge::find_offer(&store.view(), &HASH, wechat, minutes(7)).await.unwrap(), None);
    assert!(!confirm(&store, wechat, minutes(7)).await.unwrap());

    assert_eq!(store::user::find(&store.view(), wechat).await.unwrap().map(|user| user.id), Some(wechat));
    let third = sign_in(&store, &proof("site", "oWei", None), NOW).await.user;
    let tx = store.begin().await.unwrap();
    let new =
        NewOffer { hash: [9; 32], user: third, rule: Rule::R13, offer: Offer { other: member, needs_login: true } };
    store::merge::add_offer(&tx, &new, minutes(7)).await.unwrap();
    tx.commit().await.unwrap();
    merge_at(&store, (wechat, member), &[], 8).await;
    assert_eq!(store::merge::find_offer(&store.view(), &[9; 32], third, minutes(9)).await.unwrap(), None);
}

async fn r8_an_offer_outlives_logins_that_change_nothing(store: Store) {
    let [member, wechat] = two(&store).await;
    offer(&store, wechat, member).await;

    sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(6)).await;

    assert!(confirm(&store, wechat, minutes(7)).await.unwrap());
}

async fn r8_an_offer_that_was_taken_in_vain_can_be_taken_again(store: Store) {
    let [member, wechat] = two(&store).await;
    offer(&store, wechat, member).await;
    let tx = store.begin().await.unwrap();
    assert!(store::merge::take_offer(&tx, &HASH, wechat, minutes(6)).await.unwrap().is_some());

    drop(tx);

    assert!(confirm(&store, wechat, minutes(7)).await.unwrap());
}

async fn r8_no_merge_is_offered_with_an_account_that_is_gone(store: Store) {
    let [member, wechat] = two(&store).await;
    merge_at(&store, (member, wechat), &[], 4).await;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;

    assert_eq!(offer(&store, wei, member).await, None);
}

async fn r8_of_twenty_who_take_an_offer_at_once_one_gets_it(store: Store) {
    let [member, wechat] = two(&store).await;
    offer(&store, wechat, member).await;

    let taken = at_once(20, |_| {
        let store = store.clone();
        async move {
            for _ in 0..8 {
                match confirm(&store, wechat, minutes(6)).await {
                    Err(StoreError::Contended(_)) => {}
                    other => return other.expect("an answer"),
                }
            }
            panic!("conflicting concurrent updates in all eight attempts");
        }
    })
    .await;

    assert_eq!(taken.iter().filter(|taken| **taken).count(), 1);
    let merges = store::merge::list(&store.view(), member, NOW).await.unwrap();
    assert_eq!(merges.len(), 1);
}

async fn r8_of_an_offer_taken_and_a_phone_bound_at_once_neither_is_lost(store: Store) {
    for round in 0..5_u8 {
        let phone = format!("1390000000{round}");
        let Imported::Created(kept) =
            import(&store, &store::import::ImportedUser { phone: None, ..member(&format!("M-{round}"), NEW) }).await
        else {
            panic!("a new member")
        };
        let user = sign_in(&store, &proof("shop", &format!("o{round}"), None), NOW).await.user;
        let hash = [round; 32];
        let tx = store.begin().await.unwrap();
        let new = NewOffer { hash, user, rule: Rule::R4b, offer: Offer { other: kept, needs_login: false } };
        store::merge::add_offer(&tx, &new, minutes(5)).await.unwrap();
        tx.commit().await.unwrap();

        let (ours, theirs) = (store.clone(), store.clone());
        let merge = tokio::spawn(async move {
            for _ in 0..8 {
                let tx = ours.begin().await.unwrap();
                let Some(taken) = store::merge::take_offer(&tx, &hash, user, minutes(6)).await.unwrap() else {
                    return false;
                };
                let plan = Plan { from: taken.user, into: taken.other, taken: vec![] };
                match store::merge::merge_users(&tx, &plan, &Grounds::Offer(taken.rule), minutes(6)).await {
                    Err(StoreError::Contended(_)) => {}
                    done => {
                        done.unwrap();
                        tx.commit().await.unwrap();
                        return true;
                    }
                }
            }
            panic!("conflicting concurrent updates in all eight attempts");
        });
        let number = phone.clone();
        let bound = tokio::spawn(async move {
            // A binding that comes too late finds an alias.
            let active = store::user::account(&theirs.view(), user).await.unwrap().is_some();
            if active { try_to_bind(&theirs, user, &number).await } else { false }
        });
        let (merged, bound) = (merge.await.unwrap(), bound.await.unwrap());

        // The second one sees the first: the offer counts the journal's events, the binding sees the alias.
        assert!(merged != bound, "round {round}: merged {merged}, bound {bound}");
        let user = store::user::find(&store.view(), user).await.unwrap().expect("an account");
        assert_eq!((user.id == kept, user.phone.is_some()), (merged, bound));
    }
}

async fn try_to_bind(store: &Store, user: UserId, phone: &str) -> bool {
    use domain::phone::{Claim, NumberProof, Policy, Request, decide};
    for _ in 0..8 {
        let view = store.view();
        let Some(caller) = store::user::account(&view, user).await.unwrap() else { return false };
        let number = crate::world::number(phone);
        let request = Request {
            caller,
            standing: crate::world::standing(store, user, minutes(6)).await,
            proof: NumberProof::SmsCode,
            purpose: Purpose::Bind,
            claim: Claim::None,
            owner: store::phone::owner(&view, &number, minutes(6)).await.unwrap(),
            number,
        };
        let tx = store.begin().await.unwrap();
        match store::phone::bind(&tx, &decide(&request, &Policy::default()), &request, minutes(6)).await {
            Err(StoreError::Contended(_)) => {}
            done => {
                done.unwrap();
                tx.commit().await.unwrap();
                return true;
            }
        }
    }
    panic!("conflicting concurrent updates in all eight attempts");
}

async fn r8_expired_offers_are_purged(store: Store) {
    let [member, wechat] = two(&store).await;
    let expires_at = offer(&store, wechat, member).await.expect("an offer");

    for (now, dropped) in [(minutes(6), 0), (expires_at, 1)] {
        let tx = store.begin().await.unwrap();
        assert_eq!(store::purge_expired(&tx, now).await.unwrap(), dropped);
        tx.commit().await.unwrap();
    }
}

async fn r1c_a_case_is_opened_only_between_accounts_that_are_not_aliases(store: Store) {
    let mine = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let other = sign_in(&store, &proof("club", "oLan2", Some("uLan")), NOW).await.user;
    record(&store, &[report("shop", "A-1", "oLan"), report("club", "B-1", "oLan2")]).await;
    let full = proof("shop", "oLan", Some("uLan"));
    let stale = crate::world::decide(&store::login::known(&store.view(), &full).await.unwrap(), &full);
    assert_eq!(stale.conflict.as_ref().map(|case| case.kind), Some(ConflictKind::TwoAccounts));
    let third = sign_in(&store, &proof("news", "oLan3", None), NOW).await.user;
    merge_at(&store, (other, third), &[], 4).await;

    let refused = store::login::apply(&store.begin().await.unwrap(), &stale, &full, minutes(5)).await;

    assert!(matches!(refused, Err(StoreError::Contended(_))), "{refused:?}");
    sign_in(&store, &full, minutes(6)).await;
    let cases = store::conflict::open_cases(&store.view()).await.unwrap();
    assert_eq!(cases.iter().map(|case| (case.user, case.other)).collect::<Vec<_>>(), [(mine, Some(third))]);
}
