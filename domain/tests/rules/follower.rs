//! What an upstream reports about followers between logins: unionIds (R1b, R1c, R2, R5) and new openIds after a
//! migration (R16).

use domain::follower::change::{self, Change};
use domain::follower::{Outcome, Step, Tally, decide};
use domain::login::{Known, Link};
use domain::{Account, Conflict, ConflictKind, LinkId, OpenKey, Rule};

use crate::{NOW, account, app, company_account, proof, union, with_orders, with_union};

fn owned(account: &Account) -> Known {
    Known { link: Link::Owned(account.clone()), union_owner: None }
}

#[test]
fn r1b_a_known_person_gets_the_union_id() {
    let lan = account(9, "shop");

    assert_eq!(decide(&owned(&lan), &proof(Some("u1"))), (Rule::R1b, Step::AttachUnionId(lan.id)));
}

#[test]
fn r1_who_has_the_union_id_already_or_is_told_none_is_unchanged() {
    let lan = with_union(account(9, "shop"), "u1");
    let with_owner = Known { union_owner: Some(lan.clone()), ..owned(&lan) };

    assert_eq!(decide(&with_owner, &proof(Some("u1"))).1, Step::Unchanged);
    assert_eq!(decide(&owned(&lan), &proof(None)).1, Step::Unchanged);
}

#[test]
fn r1c_a_shell_goes_into_the_account_of_the_union_id_and_two_accounts_with_orders_are_a_case() {
    let (shell, wei) = (account(1, "shop"), with_union(with_orders(account(9, "club")), "u1"));
    let known = |owner: &Account| Known { union_owner: Some(wei.clone()), ..owned(owner) };

    let merged = decide(&known(&shell), &proof(Some("u1")));
    let substance = with_orders(shell.clone());
    let doubtful = decide(&known(&substance), &proof(Some("u1")));

    let conflict = Conflict { kind: ConflictKind::TwoAccounts, other: Some(wei.id), union: Some(union("u1")) };
    assert_eq!(merged, (Rule::R1c, Step::Merge { from: shell.id, into: wei.id }));
    assert_eq!(doubtful, (Rule::R1c, Step::Case(substance.id, conflict)));
}

#[test]
fn r5_another_union_id_moves_nothing() {
    let lan = with_union(account(9, "shop"), "u1");

    let conflict = Conflict { kind: ConflictKind::UnionIdChanged, other: None, union: Some(union("u2")) };
    assert_eq!(decide(&owned(&lan), &proof(Some("u2"))), (Rule::R5, Step::Case(lan.id, conflict)));
}

#[test]
fn r2_an_openid_of_no_account_goes_to_the_account_of_its_union_id() {
    let wei = with_union(account(9, "club"), "u1");
    for link in [Link::New, Link::Unclaimed(LinkId::new(NOW))] {
        let known = Known { link, union_owner: Some(wei.clone()) };

        assert_eq!(decide(&known, &proof(Some("u1"))), (Rule::R2, Step::AttachOpenId(wei.id)));
    }
}

#[test]
fn r3_no_account_is_created_for_a_follower() {
    for link in [Link::New, Link::Unclaimed(LinkId::new(NOW))] {
        let known = Known { link, union_owner: None };

        assert_eq!(decide(&known, &proof(Some("u1"))).1, Step::Wait);
    }
    // R9: the person of the unionId has another openId in this app.
    let other = with_union(account(9, "shop"), "u1");
    assert_eq!(decide(&Known { link: Link::New, union_owner: Some(other) }, &proof(Some("u1"))).1, Step::Wait);
}

fn migrated() -> Change {
    let key = |app_id: &str, id: &str| OpenKey { app: app(app_id), open_id: id.parse().expect("an openId") };
    Change { old: key("old", "oOld"), new: key("new", "oNew") }
}

fn conversion(holder: Option<&Account>, new: Link) -> change::Step {
    change::decide(&change::OldAndNew { holder: holder.cloned(), new }, &migrated())
}

#[test]
fn r16_the_new_openid_goes_to_the_account_of_the_old_one() {
    let lan = account(9, "old");
    let orders = Link::Unclaimed(LinkId::new(NOW));

    assert_eq!(conversion(Some(&lan), Link::New), change::Step::LinkNew(lan.id));
    assert_eq!(conversion(Some(&lan), orders), change::Step::LinkNew(lan.id));
    assert_eq!(conversion(Some(&lan), Link::Owned(lan.clone())), change::Step::Done(lan.id));
}

#[test]
fn r16_old_orders_without_an_account_go_to_the_account_of_the_new_openid_or_wait_for_it() {
    let lan = account(9, "new");

    assert_eq!(conversion(None, Link::Owned(lan.clone())), change::Step::LinkOld(lan.id));
    assert_eq!(conversion(None, Link::New), change::Step::Wait);
    assert_eq!(conversion(None, Link::Unclaimed(LinkId::new(NOW))), change::Step::Wait);
}

#[test]
fn r16_a_shell_of_the_new_openid_is_merged_and_two_accounts_with_orders_are_a_case() {
    let (old, shell) = (with_orders(account(9, "old")), account(1, "new"));
    let substance = with_orders(shell.clone());
    let case =
        |kind, other: &Account| change::Step::Case(old.id, Conflict { kind, other: Some(other.id), union: None });

    assert_eq!(
        conversion(Some(&old), Link::Owned(shell.clone())),
        change::Step::Merge { from: shell.id, into: old.id }
    );
    assert_eq!(conversion(Some(&old), Link::Owned(substance.clone())), case(ConflictKind::TwoAccounts, &substance));
    let both = Account { apps: vec![app("new"), app("old")], ..shell };
    assert_eq!(conversion(Some(&old), Link::Owned(both.clone())), case(ConflictKind::LimitBroken, &both));
}

#[test]
fn r16_an_account_gets_no_second_openid_of_an_app() {
    let has_new = Account { apps: vec![app("old"), app("new")], ..company_account() };
    let conflict = || Conflict { kind: ConflictKind::LimitBroken, other: None, union: None };

    assert_eq!(conversion(Some(&has_new), Link::New), change::Step::Case(has_new.id, conflict()));
    assert_eq!(conversion(None, Link::Owned(has_new.clone())), change::Step::Case(has_new.id, conflict()));
}

#[test]
fn counts_add_up() {
    let mut tally = Tally::of([(Outcome::Attached, 2)]);

    tally.merge(&Tally::of([(Outcome::Attached, 1), (Outcome::Unknown, 3), (Outcome::Case, 0)]));

    assert_eq!((tally.seen(), tally.to_string().as_str()), (6, "ATTACHED 3, UNKNOWN 3"));
}
