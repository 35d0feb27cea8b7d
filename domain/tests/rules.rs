//! The identity rules, row by row.
//! How they behave on real databases and under concurrency is tested with the whole service.

use chrono::TimeDelta;
use domain::binding::{self, Binding, Owner, Policy, Refusal, Request};
use domain::linking::{Act, Decision, Known, Link, Proof, decide};
use domain::{
    Account, AppId, Conflict, ConflictKind, LinkId, OpenKey, PhoneNumber, Profile, Rule, Timestamp, UnionKey, UserId,
};

const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

fn app(id: &str) -> AppId {
    id.parse().expect("an app id")
}

fn union(id: &str) -> UnionKey {
    UnionKey { scope: "hemu".parse().expect("a scope"), union_id: id.parse().expect("a union id") }
}

fn proof(union_id: Option<&str>) -> Proof {
    Proof {
        key: OpenKey { app: app("shop"), open_id: "oLan".parse().expect("an open id") },
        union: union_id.map(union),
        profile: Profile::default(),
    }
}

/// A shell: one open id and nothing else.
fn account(age_in_days: i64, app_id: &str) -> Account {
    let created_at = NOW.minus(TimeDelta::days(age_in_days));
    Account {
        id: UserId::new(created_at),
        created_at,
        apps: vec![app(app_id)],
        unions: vec![],
        phone: None,
        external_id: None,
        has_orders: false,
    }
}

fn with_orders(account: Account) -> Account {
    Account { has_orders: true, ..account }
}

fn with_union(account: Account, id: &str) -> Account {
    Account { unions: vec![union(id)], ..account }
}

fn plain(rule: Rule, act: Act) -> Decision {
    Decision { rule, act, conflict: None }
}

#[test]
fn r1_a_known_open_id_without_a_union_id_is_recognised() {
    let lan = account(1, "shop");

    let decision = decide(&Known { link: Link::Owned(lan.clone()), union_owner: None }, &proof(None));

    assert_eq!(decision, plain(Rule::R1, Act::SignIn(lan.id)));
}

#[test]
fn r1_a_known_open_id_with_its_known_union_id_is_recognised() {
    let lan = with_union(account(1, "shop"), "oU1");

    let known = Known { link: Link::Owned(lan.clone()), union_owner: Some(lan.clone()) };

    assert_eq!(decide(&known, &proof(Some("oU1"))), plain(Rule::R1, Act::SignIn(lan.id)));
}

#[test]
fn r1b_a_late_union_id_is_attached() {
    let lan = account(1, "shop");

    let decision = decide(&Known { link: Link::Owned(lan.clone()), union_owner: None }, &proof(Some("oU1")));

    assert_eq!(decision, plain(Rule::R1b, Act::AttachUnionId(lan.id)));
}

#[test]
fn r1c_a_shell_goes_into_the_account_with_something_to_lose() {
    let shell = account(9, "shop");
    let full = with_orders(with_union(account(1, "club"), "oU1"));

    let known = Known { link: Link::Owned(shell.clone()), union_owner: Some(full.clone()) };

    let merge = Act::Merge { from: shell.id, into: full.id };
    assert_eq!(decide(&known, &proof(Some("oU1"))), plain(Rule::R1c, merge));
}

#[test]
fn r1c_the_shell_may_be_the_owner_of_the_union_id() {
    let full = with_orders(account(1, "shop"));
    let shell = with_union(account(9, "club"), "oU1");

    let known = Known { link: Link::Owned(full.clone()), union_owner: Some(shell.clone()) };

    let merge = Act::Merge { from: shell.id, into: full.id };
    assert_eq!(decide(&known, &proof(Some("oU1"))), plain(Rule::R1c, merge));
}

#[test]
fn r1c_of_two_shells_the_older_stays() {
    let young = account(1, "shop");
    let old = with_union(account(9, "club"), "oU1");

    let known = Known { link: Link::Owned(young.clone()), union_owner: Some(old.clone()) };

    let merge = Act::Merge { from: young.id, into: old.id };
    assert_eq!(decide(&known, &proof(Some("oU1"))), plain(Rule::R1c, merge));
}

#[test]
fn r1c_two_accounts_with_something_to_lose_are_a_conflict_and_nothing_moves() {
    let mine = with_orders(account(1, "shop"));
    let other = with_orders(with_union(account(9, "club"), "oU1"));

    let known = Known { link: Link::Owned(mine.clone()), union_owner: Some(other.clone()) };

    let conflict = Conflict { kind: ConflictKind::TwoAccounts, other: Some(other.id), union: Some(union("oU1")) };
    let expected = Decision { rule: Rule::R1c, act: Act::SignIn(mine.id), conflict: Some(conflict) };
    assert_eq!(decide(&known, &proof(Some("oU1"))), expected);
}

#[test]
fn r2_a_new_open_id_of_a_known_union_id_is_attached() {
    let lan = with_union(account(1, "club"), "oU1");

    for link in [Link::New, Link::Unclaimed(LinkId::new(NOW))] {
        let known = Known { link, union_owner: Some(lan.clone()) };

        assert_eq!(decide(&known, &proof(Some("oU1"))), plain(Rule::R2, Act::AttachOpenId(lan.id)));
    }
}

#[test]
fn r3_two_new_keys_are_a_new_user() {
    for link in [Link::New, Link::Unclaimed(LinkId::new(NOW))] {
        let known = Known { link, union_owner: None };

        assert_eq!(decide(&known, &proof(Some("oU1"))), plain(Rule::R3, Act::Create { with_union: true }));
        assert_eq!(decide(&known, &proof(None)), plain(Rule::R3, Act::Create { with_union: false }));
    }
}

#[test]
fn r5_a_changed_union_id_never_moves_anything() {
    let lan = with_union(account(1, "shop"), "oU1");
    let other = with_union(account(9, "club"), "oU2");

    for union_owner in [None, Some(other)] {
        let known = Known { link: Link::Owned(lan.clone()), union_owner: union_owner.clone() };
        let conflict = Conflict {
            kind: ConflictKind::UnionIdChanged,
            other: union_owner.map(|other| other.id),
            union: Some(union("oU2")),
        };

        let expected = Decision { rule: Rule::R5, act: Act::SignIn(lan.id), conflict: Some(conflict) };
        assert_eq!(decide(&known, &proof(Some("oU2"))), expected);
    }
}

#[test]
fn r9_a_second_open_id_in_one_app_is_a_user_of_its_own_and_a_conflict() {
    let lan = with_union(account(1, "shop"), "oU1");

    let decision = decide(&Known { link: Link::New, union_owner: Some(lan.clone()) }, &proof(Some("oU1")));

    let conflict = Conflict { kind: ConflictKind::LimitBroken, other: Some(lan.id), union: Some(union("oU1")) };
    let expected = Decision { rule: Rule::R9, act: Act::Create { with_union: false }, conflict: Some(conflict) };
    assert_eq!(decision, expected);
}

fn number(last: u8) -> PhoneNumber {
    PhoneNumber::parse(&format!("1380000000{last}")).expect("a number")
}

/// The company's account of before: a phone and an external id, no open id.
fn company_account() -> Account {
    Account {
        apps: vec![],
        phone: Some(number(1)),
        external_id: Some("C-1001".parse().expect("an external id")),
        ..account(900, "unused")
    }
}

fn request(caller: Account, owner: Option<Account>) -> Request {
    Request {
        caller,
        signed_in_at: NOW.minus(TimeDelta::minutes(1)),
        number: number(1),
        owner: owner.map(|account| Owner { account, last_proof_at: Some(NOW.minus(TimeDelta::days(10))) }),
        now: NOW,
    }
}

fn bind(request: &Request) -> Binding {
    binding::decide(request, &Policy::default())
}

fn refused(rule: Rule, refusal: Refusal) -> Binding {
    Binding::Refuse { rule, refusal, conflict: None }
}

#[test]
fn r4a_a_free_number_is_bound() {
    assert_eq!(bind(&request(account(1, "shop"), None)), Binding::Bind);
}

#[test]
fn r4a_binding_ones_own_number_again_only_renews_the_proof() {
    let caller = Account { phone: Some(number(1)), ..account(1, "shop") };

    assert_eq!(bind(&request(caller.clone(), Some(caller))), Binding::Renew);
}

#[test]
fn r4c_two_halves_of_one_person_are_joined_and_the_phones_account_survives() {
    let caller = with_orders(with_union(account(1, "shop"), "oU1"));
    let company = company_account();

    let expected = Binding::Join { from: caller.id, into: company.id };
    assert_eq!(bind(&request(caller, Some(company))), expected);
}

#[test]
fn r4c_an_old_login_joins_nothing() {
    let mut request = request(account(1, "shop"), Some(company_account()));
    request.signed_in_at = NOW.minus(TimeDelta::minutes(6));

    assert_eq!(bind(&request), refused(Rule::R4c, Refusal::StaleLogin));
}

#[test]
fn r4b_two_company_accounts_are_not_joined_without_a_choice() {
    let caller = Account { external_id: Some("C-2".parse().expect("an external id")), ..account(1, "shop") };
    let company = company_account();

    let conflict = Conflict { kind: ConflictKind::PhoneOwned, other: Some(company.id), union: None };
    let expected = Binding::Refuse { rule: Rule::R4b, refusal: Refusal::OwnedByAnother, conflict: Some(conflict) };
    assert_eq!(bind(&request(caller, Some(company))), expected);
}

#[test]
fn r9_another_open_id_in_one_of_the_callers_apps_means_two_people() {
    let caller = account(1, "shop");
    let company = Account { apps: vec![app("shop")], ..company_account() };

    let conflict = Conflict { kind: ConflictKind::LimitBroken, other: Some(company.id), union: None };
    let expected = Binding::Refuse { rule: Rule::R9, refusal: Refusal::OwnedByAnother, conflict: Some(conflict) };
    assert_eq!(bind(&request(caller, Some(company))), expected);
}

#[test]
fn r9_another_union_id_in_one_of_the_callers_scopes_means_two_people() {
    let caller = with_union(account(1, "shop"), "oU1");
    let company = with_union(company_account(), "oU2");

    assert!(matches!(bind(&request(caller, Some(company))), Binding::Refuse { rule: Rule::R9, .. }));
}

#[test]
fn r4d_a_second_number_is_a_change_not_a_bind() {
    let caller = Account { phone: Some(number(2)), ..account(1, "shop") };

    assert_eq!(bind(&request(caller, None)), refused(Rule::R4d, Refusal::HasAnotherPhone));
}

#[test]
fn r6_a_number_proved_more_than_ninety_days_ago_opens_nothing() {
    let mut request = request(account(1, "shop"), Some(company_account()));
    let proved = |days| Some(NOW.minus(TimeDelta::days(days)));

    for (last_proof_at, stale) in [(proved(91), true), (proved(90), false), (None, false)] {
        request.owner.as_mut().expect("an owner").last_proof_at = last_proof_at;

        assert_eq!(bind(&request) == refused(Rule::R6, Refusal::StaleNumber), stale, "{last_proof_at:?}");
    }
}

#[test]
fn r6_policy_may_distrust_an_unknown_last_proof() {
    let mut request = request(account(1, "shop"), Some(company_account()));
    request.owner.as_mut().expect("an owner").last_proof_at = None;

    let strict = Policy { trust_unknown_proof: false, ..Policy::default() };

    assert_eq!(binding::decide(&request, &strict), refused(Rule::R6, Refusal::StaleNumber));
}
