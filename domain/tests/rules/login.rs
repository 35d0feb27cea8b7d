//! R1, R1b, R1c, R2, R3, R5 and R9 at a login.

use domain::login::{Act, Decision, Known, Link, Proof};
use domain::phone::Offer;
use domain::{Boundness, Conflict, ConflictKind, LinkId, Rule};

use crate::{NOW, account, proof, union, with_orders, with_union};

fn decide(known: &Known, proof: &Proof) -> Decision {
    domain::login::decide(known, proof, Boundness::Bound)
}

fn plain(rule: Rule, act: Act) -> Decision {
    Decision { rule, act, conflict: None, offer: None }
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
fn r1c_two_accounts_with_something_to_lose_are_a_conflict_and_an_offer_and_nothing_moves() {
    let mine = with_orders(account(1, "shop"));
    let other = with_orders(with_union(account(9, "club"), "oU1"));

    let known = Known { link: Link::Owned(mine.clone()), union_owner: Some(other.clone()) };

    let conflict = Conflict { kind: ConflictKind::TwoAccounts, other: Some(other.id), union: Some(union("oU1")) };
    let offer = Some(Offer { other: other.id, needs_login: false });
    let expected = Decision { rule: Rule::R1c, act: Act::SignIn(mine.id), conflict: Some(conflict), offer };
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

        let expected = Decision { rule: Rule::R5, act: Act::SignIn(lan.id), conflict: Some(conflict), offer: None };
        assert_eq!(decide(&known, &proof(Some("oU2"))), expected);
    }
}

#[test]
fn r9_a_second_open_id_in_one_app_is_a_user_of_its_own_and_a_conflict() {
    let lan = with_union(account(1, "shop"), "oU1");

    let decision = decide(&Known { link: Link::New, union_owner: Some(lan.clone()) }, &proof(Some("oU1")));

    let conflict = Conflict { kind: ConflictKind::LimitBroken, other: Some(lan.id), union: Some(union("oU1")) };
    let expected =
        Decision { rule: Rule::R9, act: Act::Create { with_union: false }, conflict: Some(conflict), offer: None };
    assert_eq!(decision, expected);
}

#[test]
fn r9_two_people_of_one_app_are_the_same_case_at_every_login_and_offered_nothing() {
    let mine = account(1, "shop");
    let mut other = with_union(account(9, "club"), "oU1");
    other.apps.push(crate::app("shop"));
    let decide = |link| decide(&Known { link, union_owner: Some(other.clone()) }, &proof(Some("oU1")));

    let first = decide(Link::New);
    let later = decide(Link::Owned(mine.clone()));

    let conflict = Conflict { kind: ConflictKind::LimitBroken, other: Some(other.id), union: Some(union("oU1")) };
    let conflict = Some(conflict);
    assert_eq!(first.conflict, conflict);
    assert_eq!(later, Decision { rule: Rule::R9, act: Act::SignIn(mine.id), conflict, offer: None });
}
