//! R14: an operator closes a case. The tests of each rule check when a case is opened.

use domain::conflict::{Case, Closing, Misfit, decide};
use domain::{Account, Conflict, ConflictKind, PhoneId, Resolution};

use crate::{NOW, account, company_account, union, with_union};

fn case(kind: ConflictKind) -> Case {
    Case {
        kind,
        user: Some(with_union(account(1, "shop"), "oOld")),
        other: Some(company_account()),
        union: Some(union("oNew")),
        union_owner: None,
        phone: Some(PhoneId::new(NOW)),
    }
}

fn id(account: Option<&Account>) -> domain::UserId {
    account.expect("an account").id
}

#[test]
fn r14_every_case_can_be_kept_apart_even_when_its_accounts_are_gone() {
    for kind in ConflictKind::ALL {
        let gone = Case { user: None, other: None, ..case(*kind) };

        assert_eq!(decide(Resolution::KeepApart, &gone), Ok(Closing::Nothing), "{kind}");
    }
}

#[test]
fn r14_each_kind_of_case_has_its_decisions() {
    use Resolution::{AcceptUnionId, GivePhone, KeepApart, Merge};
    let fitting = |kind: &ConflictKind| {
        let fits = Resolution::ALL.iter().filter(|resolution| decide(**resolution, &case(*kind)).is_ok());
        (*kind, fits.copied().collect::<Vec<_>>())
    };

    let table: Vec<_> = ConflictKind::ALL.iter().map(fitting).collect();

    let expected = [
        (ConflictKind::TwoAccounts, vec![Merge, KeepApart]),
        (ConflictKind::UnionIdChanged, vec![KeepApart, AcceptUnionId]),
        (ConflictKind::LimitBroken, vec![KeepApart]),
        (ConflictKind::PhoneOwned, vec![Merge, KeepApart, GivePhone]),
        (ConflictKind::PhoneStale, vec![Merge, KeepApart, GivePhone]),
    ];
    assert_eq!(table, expected);
}

#[test]
fn r14_an_account_that_is_gone_is_neither_merged_nor_given_anything() {
    for (kind, resolution) in [
        (ConflictKind::TwoAccounts, Resolution::Merge),
        (ConflictKind::PhoneStale, Resolution::GivePhone),
        (ConflictKind::UnionIdChanged, Resolution::AcceptUnionId),
    ] {
        let gone = Case { user: None, ..case(kind) };

        assert_eq!(decide(resolution, &gone), Err(Misfit::AccountGone), "{kind}");
    }
}

#[test]
fn r5_an_accepted_union_id_takes_the_place_of_the_old_one() {
    let case = case(ConflictKind::UnionIdChanged);

    let closing = decide(Resolution::AcceptUnionId, &case);

    let (user, old) = (id(case.user.as_ref()), Some(union("oOld").union_id));
    assert_eq!(closing, Ok(Closing::ReplaceUnionId { user, old, new: union("oNew") }));
}

#[test]
fn r5_a_union_id_of_another_account_cannot_be_accepted() {
    let owned = Case { union_owner: Some(company_account().id), ..case(ConflictKind::UnionIdChanged) };

    assert_eq!(decide(Resolution::AcceptUnionId, &owned), Err(Misfit::UnionIdOwned));
}

#[test]
fn r6_a_number_goes_from_the_other_account_to_the_one_that_proved_it() {
    let case = case(ConflictKind::PhoneStale);

    let closing = decide(Resolution::GivePhone, &case);

    let (from, to) = (id(case.other.as_ref()), id(case.user.as_ref()));
    assert_eq!(closing, Ok(Closing::GivePhone { phone: case.phone.expect("a phone"), from, to }));
}

#[test]
fn r6_a_number_that_the_other_account_has_no_longer_cannot_be_given() {
    let gone = Case { phone: None, ..case(ConflictKind::PhoneOwned) };

    assert_eq!(decide(Resolution::GivePhone, &gone), Err(Misfit::PhoneGone));
}

#[test]
fn r14_what_a_union_id_brings_up_at_every_login_stays_settled_and_a_number_does_not() {
    let conflict = |union| Conflict { kind: ConflictKind::LimitBroken, other: None, union };

    assert!(conflict(Some(union("oNew"))).stays_settled());
    assert!(!conflict(None).stays_settled());
}
