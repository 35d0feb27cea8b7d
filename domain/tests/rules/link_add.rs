//! R13: a logged-in person adds another login.

use domain::link::add::{AddRefusal, Addition, Request, decide};
use domain::login::{Known, Link, Proof};
use domain::phone::{Offer, Policy};
use domain::session::NotNow;
use domain::{Account, Boundness, Conflict, ConflictKind, LinkId, OpenKey, Rule};

use crate::{NOW, STANDING, account, app, proof, signed_in, union, with_union};

/// A proof of another app of the same scope.
fn club(union_id: Option<&str>) -> Proof {
    let proof = proof(union_id);
    Proof { key: OpenKey { app: app("club"), ..proof.key }, ..proof }
}

fn add(caller: &Account, link: Link, union_owner: Option<&Account>, proof: &Proof) -> Addition {
    let request = Request { caller: caller.clone(), standing: STANDING, added: Boundness::Bound };
    decide(&request, &Known { link, union_owner: union_owner.cloned() }, proof, &Policy::default())
}

fn refused(rule: Rule, refusal: AddRefusal) -> Addition {
    Addition::Refuse { rule, refusal, conflict: None, offer: None }
}

#[test]
fn r13_a_new_open_id_is_attached_with_its_union_id() {
    let lan = account(1, "shop");

    for link in [Link::New, Link::Unclaimed(LinkId::new(NOW))] {
        assert_eq!(add(&lan, link.clone(), None, &club(None)), Addition::Attach { with_union: false });
        assert_eq!(add(&lan, link, None, &club(Some("oU1"))), Addition::Attach { with_union: true });
    }
}

#[test]
fn r13_a_union_id_that_is_the_callers_already_comes_along_once() {
    let lan = with_union(account(1, "shop"), "oU1");

    assert_eq!(add(&lan, Link::New, Some(&lan), &club(Some("oU1"))), Addition::Attach { with_union: false });
}

#[test]
fn r13_what_the_caller_has_already_is_known_and_may_bring_a_late_union_id() {
    let lan = account(1, "shop");

    let known = |union_id| add(&lan, Link::Owned(lan.clone()), None, &proof(union_id));

    assert_eq!(known(None), Addition::Known { with_union: false });
    assert_eq!(known(Some("oU1")), Addition::Known { with_union: true });
}

#[test]
fn r13_an_old_login_adds_nothing() {
    let known = Known { link: Link::New, union_owner: None };

    let request = Request { caller: account(1, "shop"), standing: signed_in(6), added: Boundness::Bound };

    let decision = decide(&request, &known, &club(None), &Policy::default());

    assert_eq!(decision, refused(Rule::R13, AddRefusal::NotNow(NotNow::StaleLogin)));
}

#[test]
fn r13_another_users_key_is_offered_as_a_merge_and_never_moved() {
    let lan = account(1, "shop");
    let other = with_union(account(9, "club"), "oU1");

    let by_open_id = add(&lan, Link::Owned(other.clone()), Some(&other), &club(Some("oU1")));
    let by_union_id = add(&lan, Link::New, Some(&with_union(account(9, "site"), "oU1")), &club(Some("oU1")));

    let conflict = Conflict { kind: ConflictKind::TwoAccounts, other: Some(other.id), union: Some(union("oU1")) };
    let expected = Addition::Refuse {
        rule: Rule::R13,
        refusal: AddRefusal::OwnedByAnother,
        conflict: Some(conflict),
        offer: Some(Offer { other: other.id, needs_login: false }),
    };
    assert_eq!(by_open_id, expected);
    assert!(matches!(by_union_id, Addition::Refuse { rule: Rule::R13, offer: Some(_), .. }));
}

#[test]
fn r9_a_second_open_id_in_one_app_and_a_second_union_id_in_one_scope_are_not_added() {
    let lan = with_union(account(1, "shop"), "oU1");

    let second_open_id = add(&lan, Link::New, None, &proof(None));
    let second_union_id = add(&lan, Link::New, None, &club(Some("oU2")));

    for (decision, union_id) in [(second_open_id, None), (second_union_id, Some(union("oU2")))] {
        let conflict = Conflict { kind: ConflictKind::LimitBroken, other: None, union: union_id };
        let expected = Addition::Refuse {
            rule: Rule::R9,
            refusal: AddRefusal::LimitBroken,
            conflict: Some(conflict),
            offer: None,
        };
        assert_eq!(decision, expected);
    }
}

#[test]
fn r9_another_person_of_the_same_app_is_a_conflict_without_an_offer() {
    let lan = account(1, "shop");
    let mut other = account(9, "club");
    other.apps.push(app("shop"));

    let decision = add(&lan, Link::Owned(other.clone()), None, &club(None));

    let conflict = Conflict { kind: ConflictKind::LimitBroken, other: Some(other.id), union: None };
    let expected =
        Addition::Refuse { rule: Rule::R9, refusal: AddRefusal::LimitBroken, conflict: Some(conflict), offer: None };
    assert_eq!(decision, expected);
}
