//! R14: an operator closes a case. The decision is carried out, and the same case is not opened again.

use domain::conflict::decide;
use domain::phone::{self, Claim, NumberProof, Policy, Purpose, Request};
use domain::{Conflict, ConflictKind, Resolution, Rule, ServiceTokenId, UserId};
use store::conflict::{Case, CaseFilter, Verdict};
use store::history::{Change, Evidence};
use store::import::Imported;
use store::{Front, Place, Store, StoreError};

use crate::world::{NOW, import, member, minutes, number, proof, record, report, sign_in, standing, union};

crate::on_every_database!(
    r1c_a_case_that_is_kept_apart_is_not_opened_by_the_next_login,
    r5_an_accepted_union_id_is_known_at_the_next_login,
    r5_a_union_id_that_another_account_got_meanwhile_is_taken,
    r9_two_people_of_one_app_are_one_case_however_often_they_sign_in,
    r6_a_number_that_was_claimed_is_given_and_kept_numbers_stay_kept,
    r6_a_number_that_left_its_account_meanwhile_cannot_be_given,
    r4b_a_number_that_is_proved_again_after_a_decision_is_a_new_case,
    r14_a_case_is_closed_once,
    r14_cases_come_in_pages_and_by_what_they_are_about,
);

const PHONE: &str = "13800000001";

fn verdict(resolution: Resolution) -> Verdict {
    Verdict { resolution, by: ServiceTokenId::new(NOW).into(), reason: "seen both papers".to_owned() }
}

const FROM_THE_START: Front = Front { after: None, limit: 100 };

async fn cases(store: &Store, filter: &CaseFilter) -> Vec<Case> {
    store::conflict::list(&store.view(), filter, &FROM_THE_START).await.unwrap()
}

async fn open_cases(store: &Store) -> Vec<Case> {
    cases(store, &CaseFilter { open: Some(true), ..CaseFilter::default() }).await
}

/// Reads, decides and writes, as the service does.
async fn close(store: &Store, case: &Case, resolution: Resolution) {
    let verdict = verdict(resolution);
    let tx = store.begin().await.unwrap();
    let held = store::conflict::hold(&tx, case.id).await.unwrap().expect("the case");
    let closing = decide(resolution, &held.facts).expect("a decision that fits");
    store::conflict::close(&tx, &held.case, &verdict, minutes(9)).await.unwrap();
    store::conflict::decide(&tx, (&held, &closing), &verdict, minutes(9)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn r1c_a_case_that_is_kept_apart_is_not_opened_by_the_next_login(store: Store) {
    let mine = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    sign_in(&store, &proof("club", "oLan2", Some("uLan")), NOW).await;
    record(&store, &[report("shop", "A-1", "oLan"), report("club", "B-1", "oLan2")]).await;
    sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(1)).await;
    let case = open_cases(&store).await.remove(0);

    close(&store, &case, Resolution::KeepApart).await;
    let again = sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(10)).await.user;

    assert_eq!(again, mine);
    assert_eq!(open_cases(&store).await, []);
    let closed =
        store::conflict::find(&store.view(), case.id).await.unwrap().expect("the case").closed.expect("it is closed");
    assert_eq!((closed.at, closed.resolution), (minutes(9), Resolution::KeepApart));
    assert!(closed.by.starts_with("operator:svc_"), "{closed:?}");
    assert_eq!(closed.reason.as_deref(), Some("seen both papers"));
    let rules: Vec<_> =
        store::history::events(&store.view(), mine).await.unwrap().iter().map(|event| event.rule).collect();
    assert_eq!(rules, [Rule::R3, Rule::R1c, Rule::R14]);
}

async fn r5_an_accepted_union_id_is_known_at_the_next_login(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("u1")), NOW).await.user;
    sign_in(&store, &proof("shop", "oLan", Some("u2")), minutes(1)).await;
    let case = open_cases(&store).await.remove(0);

    close(&store, &case, Resolution::AcceptUnionId).await;

    assert_eq!(store::user::union_ids(&store.view(), lan).await.unwrap(), [union("u2")]);
    assert_eq!(sign_in(&store, &proof("club", "oLan2", Some("u2")), minutes(10)).await.user, lan);
    assert_eq!(open_cases(&store).await, []);
    let events = store::history::events(&store.view(), lan).await.unwrap();
    let event = events.iter().find(|event| event.rule == Rule::R14).expect("an entry");
    assert_eq!(event.change, Change::UnionIdReplaced { old: Some(union("u1")), new: union("u2") });
    let evidence = Evidence {
        union: Some(union("u2")),
        case: Some(case.id),
        decision: Some(Resolution::AcceptUnionId),
        reason: Some("seen both papers".to_owned()),
        ..Evidence::default()
    };
    assert_eq!(event.evidence, evidence);
}

async fn r5_a_union_id_that_another_account_got_meanwhile_is_taken(store: Store) {
    sign_in(&store, &proof("shop", "oLan", Some("u1")), NOW).await;
    sign_in(&store, &proof("shop", "oLan", Some("u2")), minutes(1)).await;
    let case = open_cases(&store).await.remove(0);
    let stale = store::conflict::hold(&store.begin().await.unwrap(), case.id).await.unwrap().expect("the case");
    sign_in(&store, &proof("club", "oWei", Some("u2")), minutes(2)).await;

    let closing = decide(Resolution::AcceptUnionId, &stale.facts).expect("the decision fitted");
    let tx = store.begin().await.unwrap();
    let refused =
        store::conflict::decide(&tx, (&stale, &closing), &verdict(Resolution::AcceptUnionId), minutes(3)).await;

    assert!(matches!(refused, Err(StoreError::Contended(_))), "{refused:?}");
    drop(tx);
    let held = store::conflict::hold(&store.begin().await.unwrap(), case.id).await.unwrap().expect("the case");
    assert_eq!(decide(Resolution::AcceptUnionId, &held.facts), Err(domain::conflict::Misfit::UnionIdOwned));
}

async fn r9_two_people_of_one_app_are_one_case_however_often_they_sign_in(store: Store) {
    sign_in(&store, &proof("shop", "o1", Some("u1")), NOW).await;

    for minute in 1..4 {
        sign_in(&store, &proof("shop", "o2", Some("u1")), minutes(minute)).await;
    }

    let kinds = |cases: Vec<Case>| cases.iter().map(|case| case.kind).collect::<Vec<_>>();
    let open = open_cases(&store).await;
    assert_eq!(kinds(open.clone()), [ConflictKind::LimitBroken]);
    close(&store, &open[0], Resolution::KeepApart).await;
    sign_in(&store, &proof("shop", "o2", Some("u1")), minutes(10)).await;
    assert_eq!(open_cases(&store).await, []);
}

/// Proves a number, as the service does, and returns the decision.
async fn prove(store: &Store, caller: UserId, claim: Claim) -> phone::Binding {
    let view = store.view();
    let request = Request {
        caller: store::user::account(&view, caller).await.unwrap().expect("the caller"),
        standing: standing(store, caller, minutes(1)).await,
        number: number(PHONE),
        proof: NumberProof::SmsCode,
        purpose: Purpose::Change,
        claim,
        owner: store::phone::owner(&view, &number(PHONE), minutes(1)).await.unwrap(),
    };
    // Every number is old, so the person has to claim it.
    let policy = Policy { fresh_number: chrono::TimeDelta::zero(), ..Policy::default() };
    let binding = phone::decide(&request, &policy);
    let tx = store.begin().await.unwrap();
    store::phone::bind(&tx, &binding, &request, minutes(1)).await.unwrap();
    tx.commit().await.unwrap();
    binding
}

async fn new_member(store: &Store, id: &str, phone: &str) -> UserId {
    let Imported::Created(user) = import(store, &member(id, phone)).await else { panic!("a new member") };
    user
}

async fn r6_a_number_that_was_claimed_is_given_and_kept_numbers_stay_kept(store: Store) {
    let owner = new_member(&store, "M-1", PHONE).await;
    let caller = new_member(&store, "M-2", "13800000002").await;
    prove(&store, caller, Claim::Mine).await;
    let case = open_cases(&store).await.remove(0);
    assert_eq!((case.kind, case.number.as_ref()), (ConflictKind::PhoneStale, Some(&number(PHONE))));

    close(&store, &case, Resolution::GivePhone).await;

    let phone = async |user| store::user::find(&store.view(), user).await.unwrap().expect("a user").phone;
    assert_eq!((phone(owner).await, phone(caller).await), (None, Some(number(PHONE))));
    let given = store::phone::owner(&store.view(), &number(PHONE), minutes(9)).await.unwrap().expect("an owner");
    assert_eq!((given.account.id, given.last_proof_at), (caller, Some(minutes(1))));
    let kept =
        store::phone::owner(&store.view(), &number("13800000002"), minutes(9)).await.unwrap().expect("it is kept");
    assert_eq!(kept.account.id, caller);
    let event = store::history::events(&store.view(), owner).await.unwrap().pop().expect("an entry");
    assert_eq!((event.rule, event.user, event.other), (Rule::R14, caller, Some(owner)));
    assert!(!format!("{event:?}").contains("8000"), "{event:?}");
}

async fn r6_a_number_that_left_its_account_meanwhile_cannot_be_given(store: Store) {
    new_member(&store, "M-1", PHONE).await;
    let [first, second] =
        [new_member(&store, "M-2", "13800000002").await, new_member(&store, "M-3", "13800000003").await];
    prove(&store, first, Claim::Mine).await;
    let case = open_cases(&store).await.remove(0);

    prove(&store, second, Claim::NewToMe).await;

    let held = store::conflict::hold(&store.begin().await.unwrap(), case.id).await.unwrap().expect("the case");
    assert_eq!(decide(Resolution::GivePhone, &held.facts), Err(domain::conflict::Misfit::PhoneGone));
}

async fn r4b_a_number_that_is_proved_again_after_a_decision_is_a_new_case(store: Store) {
    new_member(&store, "M-1", PHONE).await;
    let caller = new_member(&store, "M-2", "13800000002").await;
    prove(&store, caller, Claim::Mine).await;
    let first = open_cases(&store).await.remove(0);
    close(&store, &first, Resolution::KeepApart).await;

    prove(&store, caller, Claim::Mine).await;

    let second = open_cases(&store).await.remove(0);
    assert_ne!(first.id, second.id);
}

async fn r14_a_case_is_closed_once(store: Store) {
    sign_in(&store, &proof("shop", "oLan", Some("u1")), NOW).await;
    sign_in(&store, &proof("shop", "oLan", Some("u2")), minutes(1)).await;
    let case = open_cases(&store).await.remove(0);
    close(&store, &case, Resolution::KeepApart).await;

    let tx = store.begin().await.unwrap();
    let again = store::conflict::close(&tx, &case, &verdict(Resolution::AcceptUnionId), minutes(10)).await;

    assert!(matches!(again, Err(StoreError::Contended(_))), "{again:?}");
}

async fn r14_cases_come_in_pages_and_by_what_they_are_about(store: Store) {
    let mut users = Vec::new();
    for at in 0..5_u8 {
        let (open_id, app) = (format!("o{at}"), if at % 2 == 0 { "shop" } else { "club" });
        users.push(sign_in(&store, &proof(app, &open_id, Some(&format!("u{at}"))), NOW).await.user);
        // Two closings at the same moment.
        sign_in(&store, &proof(app, &open_id, Some(&format!("v{at}"))), minutes(i64::from(at / 2))).await;
    }
    let all = cases(&store, &CaseFilter::default()).await;
    close(&store, &all[4], Resolution::KeepApart).await;

    let mut paged = Vec::new();
    let mut after = None;
    loop {
        let page =
            store::conflict::list(&store.view(), &CaseFilter::default(), &Front { after, limit: 2 }).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(Place { at: last.opened_at, id: last.id.uuid() });
        paged.extend(page);
    }

    let ids = |cases: &[Case]| cases.iter().map(|case| case.id).collect::<Vec<_>>();
    assert_eq!((all.len(), ids(&paged)), (5, ids(&all)));
    let with = async |filter| ids(&cases(&store, &filter).await);
    assert_eq!(with(CaseFilter { open: Some(true), ..CaseFilter::default() }).await, ids(&all)[..4]);
    assert_eq!(with(CaseFilter { open: Some(false), ..CaseFilter::default() }).await, ids(&all)[4..]);
    assert_eq!(with(CaseFilter { users: Some(vec![users[4]]), ..CaseFilter::default() }).await, ids(&all)[4..]);
    assert_eq!(with(CaseFilter { since: Some(minutes(2)), ..CaseFilter::default() }).await, ids(&all)[4..]);
    let kinds = Some(vec![ConflictKind::TwoAccounts]);
    assert_eq!(with(CaseFilter { kinds, ..CaseFilter::default() }).await, []);
    // Whether a case stays settled is decided by its state when it was opened.
    assert!(Conflict { kind: all[0].kind, other: all[0].other, union: all[0].union.clone() }.stays_settled());
}
