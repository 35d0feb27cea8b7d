//! Phones that are changed, taken over and removed, and openIds that are unlinked.

use chrono::TimeDelta;
use domain::import::Clash;
use domain::phone::{BindRefusal, Binding, Claim, Line, NumberProof, Policy, Purpose, Request, decide};
use domain::{PhoneNumber, Rule, SessionId, Timestamp, UserId};
use futures::future::join;
use store::history::{Change, Evidence, LinkEvent};
use store::import::Imported;
use store::{Store, StoreError};

use crate::concurrency::at_once;
use crate::sessions::open;
use crate::world::{
    NOW, app, import, key, member, minutes, number, orders_of, proof, record, report, sign_in, standing, union,
};

crate::on_every_database!(
    r4d_a_change_keeps_the_old_number_for_three_days,
    r4d_the_owner_may_change_back,
    r4d_the_account_that_goes_on_after_a_merge_may_change_back,
    r4d_after_three_days_a_kept_number_is_free,
    r4d_a_kept_number_is_swept_out_when_its_time_is_over,
    r4b_a_kept_number_of_another_account_is_owned,
    r4a_a_quick_code_leaves_no_proof_behind,
    r6_the_number_leaves_its_account_and_nothing_else_does,
    r6_a_kept_number_is_taken_over_even_after_a_merge,
    r6_a_number_that_was_proved_meanwhile_is_not_taken_over,
    r6_of_a_take_over_a_change_and_a_join_at_once_each_sees_what_the_others_did,
    r4d_of_two_changes_at_once_each_sees_what_the_other_did,
    r4a_of_two_people_who_bind_one_number_at_once_one_gets_it,
    r7_an_unbound_number_is_free,
    r7_an_unlinked_open_id_keeps_its_orders_for_its_next_login,
    r7_with_another_app_of_the_scope_the_next_login_comes_back,
    r7_of_two_removals_at_once_the_second_sees_the_first,
    r7_a_session_that_ended_holds_nothing,
    a_code_that_was_handed_back_is_good_for_an_answer_alone,
    of_fifty_answers_at_once_one_redeems_the_code,
    r4c_a_caller_that_got_a_phone_since_the_decision_is_taken,
);

const OLD: &str = "13800000001";
const NEW: &str = "13800000002";
const HOURS_72: i64 = 72 * 60;

async fn request(store: &Store, caller: UserId, wanted: &str, now: Timestamp) -> Request {
    let view = store.view();
    Request {
        caller: store::user::account(&view, caller).await.unwrap().expect("the caller"),
        standing: standing(store, caller, now).await,
        number: number(wanted),
        proof: NumberProof::SmsCode,
        purpose: Purpose::Change,
        claim: Claim::None,
        owner: store::phone::owner(&view, &number(wanted), now).await.unwrap(),
    }
}

async fn apply(store: &Store, request: &Request) -> Result<Binding, StoreError> {
    let binding = decide(request, &Policy::default());
    let tx = store.begin().await?;
    store::phone::bind(&tx, &binding, request, request.standing.now).await?;
    tx.commit().await?;
    Ok(binding)
}

/// Reads, decides and writes, and retries on a conflict, as the service does.
pub(crate) async fn prove(store: &Store, caller: UserId, wanted: &str, now: Timestamp) -> Binding {
    for _ in 0..8 {
        match apply(store, &request(store, caller, wanted, now).await).await {
            Err(StoreError::Contended(_)) => {}
            done => return done.expect("a binding"),
        }
    }
    panic!("conflicting concurrent updates in all eight attempts");
}

async fn person(store: &Store, app_id: &str, id: &str) -> UserId {
    sign_in(store, &proof(app_id, id, None), NOW).await.user
}

async fn phone_of(store: &Store, user: UserId) -> Option<PhoneNumber> {
    store::user::find(&store.view(), user).await.unwrap().expect("the person").phone
}

/// The account of the number, and whether the number is only kept.
async fn owner(store: &Store, wanted: &str, now: Timestamp) -> Option<(UserId, bool)> {
    let owner = store::phone::owner(&store.view(), &number(wanted), now).await.unwrap();
    owner.map(|owner| (owner.account.id, owner.is_kept))
}

/// Lan, who has replaced one number with another.
async fn changed(store: &Store) -> UserId {
    let lan = person(store, "shop", "oLan").await;
    prove(store, lan, OLD, NOW).await;
    assert_eq!(prove(store, lan, NEW, minutes(1)).await, Binding::Change);
    lan
}

/// The journal's evidence of a proven number.
fn phone_evidence(text: &str) -> Evidence {
    Evidence { phone: Some((&number(text)).into()), ..Evidence::default() }
}

async fn r4d_a_change_keeps_the_old_number_for_three_days(store: Store) {
    let lan = changed(&store).await;

    assert_eq!(phone_of(&store, lan).await, Some(number(NEW)));
    assert_eq!(owner(&store, NEW, minutes(2)).await, Some((lan, false)));
    assert_eq!(owner(&store, OLD, minutes(HOURS_72)).await, Some((lan, true)));
    assert_eq!(owner(&store, OLD, minutes(HOURS_72 + 1)).await, None);
    let event = store::history::events(&store.view(), lan).await.unwrap().pop().expect("an entry");
    assert_eq!((event.rule, event.evidence), (Rule::R4d, phone_evidence(NEW)));
    let Change::PhoneBound { old: Some(old), taken: None, new } = event.change else { panic!("{:?}", event.change) };
    assert_ne!(old, new);
}

async fn r4d_the_owner_may_change_back(store: Store) {
    let lan = changed(&store).await;

    let back = prove(&store, lan, OLD, minutes(2)).await;

    assert_eq!(back, Binding::Change);
    assert_eq!(phone_of(&store, lan).await, Some(number(OLD)));
    assert_eq!(owner(&store, OLD, minutes(3)).await, Some((lan, false)));
    assert_eq!(owner(&store, NEW, minutes(3)).await, Some((lan, true)));
}

async fn r4c_a_caller_that_got_a_phone_since_the_decision_is_taken(store: Store) {
    let (lan, member) = (person(&store, "shop", "oLan").await, person(&store, "club", "oLan2").await);
    prove(&store, member, OLD, minutes(1)).await;
    let stale = request(&store, lan, OLD, minutes(3)).await;
    let join = decide(&stale, &Policy::default());
    assert_eq!(join, Binding::Join { from: lan, into: member });

    prove(&store, lan, NEW, minutes(2)).await;
    let refused = store::phone::bind(&store.begin().await.unwrap(), &join, &stale, minutes(3)).await;

    assert!(matches!(refused, Err(StoreError::Contended(_))), "{refused:?}");
    assert_eq!(store::user::find(&store.view(), lan).await.unwrap().map(|user| user.id), Some(lan));
}

async fn r4d_the_account_that_goes_on_after_a_merge_may_change_back(store: Store) {
    let lan = changed(&store).await;
    let survivor = person(&store, "club", "oLan2").await;
    crate::merge_choices::merge_at(&store, (lan, survivor), &[], 2).await;

    assert_eq!(owner(&store, OLD, minutes(3)).await, Some((survivor, true)));
    assert_eq!(prove(&store, survivor, OLD, minutes(3)).await, Binding::Change);
    assert_eq!(phone_of(&store, survivor).await, Some(number(OLD)));
}

async fn r4d_after_three_days_a_kept_number_is_free(store: Store) {
    changed(&store).await;
    let wei = person(&store, "shop", "oWei").await;

    let bound = prove(&store, wei, OLD, minutes(HOURS_72 + 1)).await;

    assert_eq!(bound, Binding::Bind);
    assert_eq!(phone_of(&store, wei).await, Some(number(OLD)));
}

async fn r4d_a_kept_number_is_swept_out_when_its_time_is_over(store: Store) {
    changed(&store).await;
    let purge = async |now| {
        let tx = store.begin().await.unwrap();
        let gone = store::purge_expired(&tx, now).await.unwrap();
        tx.commit().await.unwrap();
        gone
    };

    assert_eq!(purge(minutes(HOURS_72)).await, 0);
    assert!(matches!(import(&store, &member("M-1", OLD)).await, Imported::Refused { clash: Clash::PhoneOwned, .. }));
    assert_eq!(purge(minutes(HOURS_72 + 1)).await, 1);
    assert!(matches!(import(&store, &member("M-1", OLD)).await, Imported::Created(_)));
}

async fn r4b_a_kept_number_of_another_account_is_owned(store: Store) {
    let lan = changed(&store).await;
    let wei = person(&store, "club", "oWei").await;

    let refused = prove(&store, wei, OLD, minutes(2)).await;

    let Binding::Refuse { rule: Rule::R4b, refusal, offer: None, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(refusal, BindRefusal::OwnedByAnother);
    assert_eq!((phone_of(&store, wei).await, phone_of(&store, lan).await), (None, Some(number(NEW))));
}

async fn r4a_a_quick_code_leaves_no_proof_behind(store: Store) {
    let lan = person(&store, "mini", "oLan").await;
    let quick = Request { proof: NumberProof::WechatQuick, ..request(&store, lan, OLD, NOW).await };

    assert_eq!(apply(&store, &quick).await.unwrap(), Binding::Bind);

    let owner = store::phone::owner(&store.view(), &number(OLD), NOW).await.unwrap().expect("an owner");
    assert_eq!((owner.account.id, owner.is_weak, owner.last_proof_at), (lan, true, None));
    prove(&store, lan, OLD, minutes(1)).await;
    let owner = store::phone::owner(&store.view(), &number(OLD), NOW).await.unwrap().expect("an owner");
    assert_eq!((owner.is_weak, owner.last_proof_at), (false, Some(minutes(1))));
}

const DAYS_91: i64 = 91 * 24 * 60;

/// A request to take over a number whose last proof is more than ninety days old.
async fn taking_over(store: &Store, caller: UserId) -> Request {
    Request { claim: Claim::NewToMe, ..request(store, caller, OLD, minutes(DAYS_91)).await }
}

async fn r6_the_number_leaves_its_account_and_nothing_else_does(store: Store) {
    let lan = person(&store, "shop", "oLan").await;
    prove(&store, lan, OLD, NOW).await;
    record(&store, &[report("shop", "A-1", "oLan")]).await;
    let orders = orders_of(&store, lan).await;
    let wei = person(&store, "shop", "oWei").await;
    let session = open(&store, wei, [1; 32]).await;

    let taken = apply(&store, &taking_over(&store, wei).await).await.unwrap();

    assert_eq!(taken, Binding::TakeOver { from: lan });
    assert_eq!((phone_of(&store, lan).await, phone_of(&store, wei).await), (None, Some(number(OLD))));
    assert_eq!(orders_of(&store, lan).await, orders);
    assert_eq!(sign_in(&store, &proof("shop", "oLan", None), minutes(DAYS_91)).await.user, lan);
    let event = store::history::events(&store.view(), lan).await.unwrap().pop().expect("an entry");
    assert_eq!((event.rule, event.user, event.other), (Rule::R6, wei, Some(lan)));
    let evidence = Evidence { line: Some(Line::Unknown), last_proof_at: Some(NOW), ..phone_evidence(OLD) };
    assert_eq!(event.evidence, evidence);
    assert!(matches!(event.change, Change::PhoneBound { old: None, taken: Some(_), .. }), "{:?}", event.change);
    let held = store::link::hold(&store.begin().await.unwrap(), session.id, NOW).await.unwrap().expect("Wei's account");
    assert_eq!(held.standing.cooling_until, Some(minutes(DAYS_91).plus(TimeDelta::hours(24))));
}

async fn r6_a_kept_number_is_taken_over_even_after_a_merge(store: Store) {
    let lan = changed(&store).await;
    let into = person(&store, "club", "oLan2").await;
    crate::merge_choices::merge_at(&store, (lan, into), &[], 2).await;
    let wei = person(&store, "shop", "oWei").await;
    let mut request = Request { claim: Claim::NewToMe, ..request(&store, wei, OLD, minutes(3)).await };
    request.owner.as_mut().expect("an owner").line = domain::phone::Line::Recycled;

    let taken = apply(&store, &request).await.unwrap();

    assert_eq!(taken, Binding::TakeOver { from: into });
    assert_eq!((phone_of(&store, into).await, phone_of(&store, wei).await), (Some(number(NEW)), Some(number(OLD))));
}

async fn r6_a_number_that_was_proved_meanwhile_is_not_taken_over(store: Store) {
    let lan = person(&store, "shop", "oLan").await;
    prove(&store, lan, OLD, NOW).await;
    let wei = person(&store, "shop", "oWei").await;
    let decided = taking_over(&store, wei).await;
    prove(&store, lan, OLD, minutes(DAYS_91)).await;

    let late = apply(&store, &decided).await;

    assert!(matches!(late, Err(StoreError::Contended(_))), "{late:?}");
    assert_eq!((phone_of(&store, lan).await, phone_of(&store, wei).await), (Some(number(OLD)), None));
}

/// Reads, decides and writes with the given inputs, and retries on a conflict.
async fn prove_knowing(store: &Store, caller: UserId, wanted: &str, add: impl Fn(&mut Request)) -> Binding {
    for _ in 0..8 {
        let mut request = request(store, caller, wanted, minutes(DAYS_91)).await;
        add(&mut request);
        match apply(store, &request).await {
            Err(StoreError::Contended(_)) => {}
            done => return done.expect("a binding"),
        }
    }
    panic!("conflicting concurrent updates in all eight attempts");
}

/// Lan has an old number. Concurrently, Lan changes to a new one, Wei takes the old one over, and Mei joins Lan's
/// account through it, because her carrier says that the line is the same. In every order, Wei has the number unless
/// Mei has renewed it.
async fn r6_of_a_take_over_a_change_and_a_join_at_once_each_sees_what_the_others_did(store: Store) {
    for round in 0..8 {
        let (old, new) = (format!("1380000{round}001"), format!("1380000{round}002"));
        let lan = person(&store, "shop", &format!("oLan{round}")).await;
        let wei = person(&store, "shop", &format!("oWei{round}")).await;
        let mei = person(&store, "club", &format!("oMei{round}")).await;
        prove(&store, lan, &old, NOW).await;

        let done = at_once(3, |n| {
            let (store, old, new) = (store.clone(), old.clone(), new.clone());
            async move {
                match (n + round) % 3 {
                    0 => (0, prove_knowing(&store, lan, &new, |_| ()).await),
                    1 => (1, prove_knowing(&store, wei, &old, |request| request.claim = Claim::NewToMe).await),
                    _ => {
                        let same = |request: &mut Request| {
                            request.owner.iter_mut().for_each(|owner| owner.line = domain::phone::Line::Same);
                        };
                        (2, prove_knowing(&store, mei, &old, same).await)
                    }
                }
            }
        })
        .await;

        let of = |who: usize| &done.iter().find(|(actor, _)| *actor == who).expect("every caller gets an outcome").1;
        let has_taken = *of(1) == Binding::TakeOver { from: lan };
        let has_joined = *of(2) == Binding::Join { from: mei, into: lan };
        assert!(has_taken != has_joined, "round {round}: {done:?}");
        assert!(matches!(of(0), Binding::Change | Binding::Bind), "round {round}: {done:?}");
        assert_eq!(phone_of(&store, lan).await, Some(number(&new)), "round {round}: {done:?}");
        let expected = if has_taken { (wei, false) } else { (lan, true) };
        assert_eq!(owner(&store, &old, minutes(DAYS_91 + 1)).await, Some(expected), "round {round}: {done:?}");
        let of_mei = store::user::find(&store.view(), mei).await.unwrap().map(|user| user.id);
        assert_eq!(of_mei, Some(if has_joined { lan } else { mei }), "round {round}: {done:?}");
    }
}

async fn r4d_of_two_changes_at_once_each_sees_what_the_other_did(store: Store) {
    let lan = person(&store, "shop", "oLan").await;
    prove(&store, lan, OLD, NOW).await;

    let (one, other) = join(async { prove(&store, lan, NEW, minutes(1)).await }, async {
        prove(&store, lan, "13800000003", minutes(1)).await
    })
    .await;

    assert_eq!((one, other), (Binding::Change, Binding::Change));
    let current = phone_of(&store, lan).await.expect("a phone");
    for wanted in [OLD, NEW, "13800000003"] {
        let is_kept = number(wanted) != current;
        assert_eq!(owner(&store, wanted, minutes(2)).await, Some((lan, is_kept)), "{wanted}");
    }
    let events = store::history::events(&store.view(), lan).await.unwrap();
    let [.., one, other] = events.as_slice() else { panic!("{events:?}") };
    // Both happened in the same millisecond, so the journal does not record which came first.
    let phones = |event: &LinkEvent| match event.change {
        Change::PhoneBound { old, taken: None, new } => (old, Some(new)),
        ref other => panic!("{other:?}"),
    };
    let follows = |first, second| phones(first).1 == phones(second).0;
    assert!(follows(one, other) != follows(other, one), "{events:?}");
}

async fn r4a_of_two_people_who_bind_one_number_at_once_one_gets_it(store: Store) {
    let people = [person(&store, "shop", "oLan").await, person(&store, "shop", "oWei").await];

    let (one, other) = join(prove(&store, people[0], OLD, minutes(1)), prove(&store, people[1], OLD, minutes(1))).await;

    let bound = [&one, &other].map(|binding| usize::from(*binding == Binding::Bind));
    assert_eq!(bound[0] + bound[1], 1, "{one:?} {other:?}");
    let winner = people[usize::from(bound[1] == 1)];
    assert_eq!(owner(&store, OLD, minutes(2)).await, Some((winner, false)));
}

async fn r7_an_unbound_number_is_free(store: Store) {
    let lan = person(&store, "shop", "oLan").await;
    prove(&store, lan, OLD, NOW).await;
    let session = open(&store, lan, [1; 32]).await;

    let tx = store.begin().await.unwrap();
    let held = store::link::hold(&tx, session.id, NOW).await.unwrap().expect("Lan's account");
    store::link::unbind_phone(&tx, &held.account, minutes(1)).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!((phone_of(&store, lan).await, owner(&store, OLD, minutes(2)).await), (None, None));
    let event = store::history::events(&store.view(), lan).await.unwrap().pop().expect("an entry");
    assert_eq!((event.rule, event.evidence), (Rule::R7, phone_evidence(OLD)));
    assert!(matches!(event.change, Change::PhoneRemoved { .. }), "{:?}", event.change);
}

/// Unlinks an app; returns whether it was linked.
async fn unlink(store: &Store, session: SessionId, id: &str, with_union: bool) -> Result<bool, StoreError> {
    let tx = store.begin().await?;
    let Some(held) = store::link::hold(&tx, session, NOW).await? else { return Ok(false) };
    if held.account.apps.len() < 2 || !held.account.apps.contains(&app(id)) {
        return Ok(false);
    }
    let union = with_union.then(|| union("uLan"));
    store::link::unlink_open_id(&tx, held.account.id, (&app(id), union.as_ref()), minutes(5)).await?;
    tx.commit().await?;
    Ok(true)
}

async fn r7_an_unlinked_open_id_keeps_its_orders_for_its_next_login(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;
    sign_in(&store, &proof("club", "oLan2", Some("uLan")), minutes(1)).await;
    record(&store, &[report("shop", "A-1", "oLan"), report("club", "B-1", "oLan2")]).await;
    let (link, orders) = (store::user::open_ids(&store.view(), lan).await.unwrap()[0].id, orders_of(&store, lan).await);
    let session = open(&store, lan, [1; 32]).await;

    assert!(unlink(&store, session.id, "shop", true).await.unwrap());

    let links: Vec<_> =
        store::user::open_ids(&store.view(), lan).await.unwrap().into_iter().map(|link| link.key).collect();
    assert_eq!(
        (links, store::user::union_ids(&store.view(), lan).await.unwrap()),
        (vec![key("club", "oLan2")], vec![])
    );
    let event = store::history::events(&store.view(), lan).await.unwrap().pop().expect("an entry");
    let removed = Change::OpenIdRemoved { link, linked_at: Some(NOW), union: Some(union("uLan")) };
    assert_eq!((event.rule, event.change), (Rule::R7, removed));
    let left = orders_of(&store, lan).await;
    let back = sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(6)).await;
    assert!(back.is_new_user);
    let mut everything = [left, orders_of(&store, back.user).await].concat();
    everything.sort_by_key(|order| std::cmp::Reverse((order.placed_at, order.id)));
    assert_eq!(everything, orders);
    assert_eq!(store::user::open_ids(&store.view(), back.user).await.unwrap()[0].id, link);
}

async fn r7_with_another_app_of_the_scope_the_next_login_comes_back(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;
    sign_in(&store, &proof("club", "oLan2", Some("uLan")), NOW).await;
    record(&store, &[report("shop", "A-1", "oLan")]).await;
    let session = open(&store, lan, [1; 32]).await;
    let orders = orders_of(&store, lan).await;

    assert!(unlink(&store, session.id, "shop", false).await.unwrap());

    assert_eq!(orders_of(&store, lan).await, []);
    let back = sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(6)).await;
    assert_eq!((back.user, back.is_new_user), (lan, false));
    assert_eq!(orders_of(&store, lan).await, orders);
}

async fn r7_of_two_removals_at_once_the_second_sees_the_first(store: Store) {
    for round in 0..5 {
        let union = format!("u{round}");
        let lan = sign_in(&store, &proof("shop", &format!("o{round}"), Some(&union)), NOW).await.user;
        sign_in(&store, &proof("club", &format!("c{round}"), Some(&union)), NOW).await;
        let session = open(&store, lan, [u8::try_from(round).unwrap(); 32]).await.id;

        let (one, other) = join(unlink(&store, session, "shop", false), unlink(&store, session, "club", false)).await;

        let done = [one, other].into_iter().filter(|done| matches!(done, Ok(true))).count();
        assert_eq!((done, store::user::open_ids(&store.view(), lan).await.unwrap().len()), (1, 1));
    }
}

async fn r7_a_session_that_ended_holds_nothing(store: Store) {
    let lan = person(&store, "shop", "oLan").await;
    let session = open(&store, lan, [1; 32]).await;
    let tx = store.begin().await.unwrap();
    store::session::end(&tx, session.id, minutes(1)).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(store::link::hold(&store.begin().await.unwrap(), session.id, NOW).await.unwrap(), None);
}

async fn a_code_that_was_handed_back_is_good_for_an_answer_alone(store: Store) {
    let code = crate::tokens::send(&store, SessionId::new(NOW), NOW).await;
    let tx = store.begin().await.unwrap();
    assert!(store::sms::claim_try(&tx, code, 5).await.unwrap());
    assert!(store::sms::redeem(&tx, code, false, minutes(1)).await.unwrap());
    store::sms::ask_again(&tx, code, minutes(1)).await.unwrap();
    tx.commit().await.unwrap();

    let tx = store.begin().await.unwrap();
    assert!(!store::sms::redeem(&tx, code, false, minutes(2)).await.unwrap());
    assert!(store::sms::claim_try(&tx, code, 5).await.unwrap());
    assert!(store::sms::redeem(&tx, code, true, minutes(2)).await.unwrap());
    assert!(!store::sms::redeem(&tx, code, true, minutes(2)).await.unwrap());
    let twice = store::sms::ask_again(&tx, code, minutes(2)).await;
    assert!(matches!(twice, Err(StoreError::Contended(_))), "{twice:?}");
    assert_eq!(store::sms::wrong_tries(&tx, &number(OLD), None, NOW).await.unwrap().in_all, 0);
}

async fn of_fifty_answers_at_once_one_redeems_the_code(store: Store) {
    let code = crate::tokens::send(&store, SessionId::new(NOW), NOW).await;
    let tx = store.begin().await.unwrap();
    store::sms::redeem(&tx, code, false, minutes(1)).await.unwrap();
    store::sms::ask_again(&tx, code, minutes(1)).await.unwrap();
    tx.commit().await.unwrap();

    let redeemed = futures::future::join_all((0..50).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let tx = store.begin().await.unwrap();
            let redeemed = store::sms::redeem(&tx, code, true, minutes(2)).await.unwrap();
            tx.commit().await.unwrap();
            redeemed
        })
    }))
    .await;

    assert_eq!(redeemed.into_iter().filter(|redeemed| matches!(redeemed, Ok(true))).count(), 1);
}
