//! R5 in bulk: the company's apps move to another Open Platform account.

use domain::union_scope::{Holders, Renaming, Step, decide};
use domain::{UnionKey, UserId};

use crate::{account, union};

fn of_other_scope(id: &str) -> UnionKey {
    UnionKey { scope: "other".parse().expect("a scope"), ..union(id) }
}

fn to_another_scope() -> Renaming {
    Renaming { old: union("oOld"), new: of_other_scope("oNew") }
}

fn within_the_scope() -> Renaming {
    Renaming { old: union("oOld"), new: union("oNew") }
}

fn lan() -> UserId {
    account(1, "shop").id
}

#[test]
fn r5_the_holder_of_the_old_union_id_gets_the_new_one() {
    let lan = lan();
    // In the same scope, the unionId that the account has is the old one.
    let same = Holders { holder: Some(lan), holds: Some(union("oOld").union_id), owner: None };

    assert_eq!(decide(&to_another_scope(), &Holders { holds: None, ..same.clone() }), Step::Replace(lan));
    assert_eq!(decide(&within_the_scope(), &same), Step::Replace(lan));
}

#[test]
fn r5_what_was_done_before_is_done_and_a_stranger_is_unknown() {
    let done = Holders { owner: Some(lan()), ..Holders::default() };

    assert_eq!(decide(&to_another_scope(), &done), Step::Done);
    assert_eq!(decide(&to_another_scope(), &Holders::default()), Step::Unknown);
}

#[test]
fn r5_a_new_union_id_that_its_person_has_already_only_drops_the_old_one() {
    let lan = lan();
    let both = Holders { holder: Some(lan), holds: Some(union("oNew").union_id), owner: Some(lan) };

    assert_eq!(decide(&to_another_scope(), &both), Step::Drop(lan));
}

#[test]
fn r5_nothing_moves_to_another_account_or_over_another_union_id() {
    let (holder, owner) = (lan(), account(9, "club").id);
    let taken = Holders { holder: Some(holder), holds: None, owner: Some(owner) };
    let has_another = Holders { holder: Some(holder), holds: Some(union("oThird").union_id), owner: None };

    assert_eq!(decide(&to_another_scope(), &taken), Step::OwnedByAnother { holder, owner });
    assert_eq!(decide(&to_another_scope(), &has_another), Step::HasAnother { holder });
}

#[test]
fn r5_a_union_id_that_does_not_change_is_done() {
    let lan = lan();
    let known = Holders { holder: Some(lan), holds: Some(union("oOld").union_id), owner: Some(lan) };

    assert_eq!(decide(&Renaming { old: union("oOld"), new: union("oOld") }, &known), Step::Done);
}
