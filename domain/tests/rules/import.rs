//! The rule IMPORT: which account a row belongs to, what it adds to the account, and what is refused.

use domain::import::{Clash, Decision, ImportRefusal, Keys, Owner, Owners, decide};
use domain::{Account, OpenKey, UserId};

use crate::{account, app, company_account, number, union, with_orders, with_union};

fn open_key(app_id: &str) -> OpenKey {
    OpenKey { app: app(app_id), open_id: "oLan".parse().expect("an open id") }
}

/// C-1001 with a phone, an openId of the shop and a unionId.
fn row() -> Keys {
    Keys {
        external_id: "C-1001".parse().expect("an external id"),
        phone: Some(number(1)),
        open_ids: vec![open_key("shop")],
        union_ids: vec![union("oU1")],
    }
}

fn owned(account: &Account) -> Owner {
    Owner::Account(account.clone())
}

/// No account has any of the keys.
fn free() -> Owners {
    Owners {
        external_id: Owner::Nobody,
        phone: Owner::Nobody,
        open_ids: vec![Owner::Nobody],
        union_ids: vec![Owner::Nobody],
    }
}

/// C-1001 exists, with its phone.
fn known(member: &Account) -> Owners {
    Owners { external_id: owned(member), phone: owned(member), ..free() }
}

fn complete(user: UserId, joins: Vec<UserId>) -> Decision {
    Decision::Complete { user, joins }
}

fn refused(clash: Clash, other: Option<&Account>) -> Decision {
    Decision::Refuse(ImportRefusal { clash, other: other.map(|other| other.id) })
}

#[test]
fn an_unknown_account_is_made() {
    assert_eq!(decide(&row(), &free()), Decision::Create);
}

#[test]
fn a_known_account_gets_the_free_keys() {
    let member = company_account();

    assert_eq!(decide(&row(), &known(&member)), complete(member.id, vec![]));
}

#[test]
fn an_account_without_an_external_id_is_found_by_its_open_id_or_its_union_id() {
    let shopper = with_orders(account(5, "shop"));

    let by_open_id = Owners { open_ids: vec![owned(&shopper)], ..free() };
    let by_union_id = Owners { union_ids: vec![owned(&with_orders(with_union(account(5, "club"), "oU1")))], ..free() };

    assert_eq!(decide(&row(), &by_open_id), complete(shopper.id, vec![]));
    assert!(matches!(decide(&row(), &by_union_id), Decision::Complete { joins, .. } if joins.is_empty()));
}

#[test]
fn r1c_shells_with_the_rows_keys_go_into_the_companys_account() {
    let member = company_account();
    let (in_shop, in_club) = (account(5, "shop"), with_union(account(4, "club"), "oU1"));

    let owners = Owners { open_ids: vec![owned(&in_shop)], union_ids: vec![owned(&in_club)], ..known(&member) };

    assert_eq!(decide(&row(), &owners), complete(member.id, vec![in_shop.id, in_club.id]));
}

#[test]
fn r1c_an_account_with_orders_is_not_joined() {
    let member = company_account();
    let shopper = with_orders(account(5, "shop"));

    let by_open_id = Owners { open_ids: vec![owned(&shopper)], ..known(&member) };
    let by_union_id = Owners { union_ids: vec![owned(&shopper)], ..known(&member) };

    assert_eq!(decide(&row(), &by_open_id), refused(Clash::OpenIdOwned(open_key("shop")), Some(&shopper)));
    assert_eq!(decide(&row(), &by_union_id), refused(Clash::UnionIdOwned(union("oU1")), Some(&shopper)));
}

#[test]
fn r1c_of_two_shells_the_older_stays_and_of_a_shell_and_a_shopper_the_shopper() {
    let (young, old) = (account(1, "shop"), with_union(account(9, "club"), "oU1"));
    let shopper = with_orders(account(1, "shop"));

    let two_shells = Owners { open_ids: vec![owned(&young)], union_ids: vec![owned(&old)], ..free() };
    let one_shell = Owners { open_ids: vec![owned(&shopper)], ..two_shells.clone() };

    assert_eq!(decide(&row(), &two_shells), complete(old.id, vec![young.id]));
    assert_eq!(decide(&row(), &one_shell), complete(shopper.id, vec![old.id]));
}

#[test]
fn r4b_the_phone_of_another_account_joins_nothing_and_is_not_taken() {
    let other = Account { external_id: None, ..with_orders(company_account()) };
    let bare = Account { phone: None, ..company_account() };
    let has_phone = Owners { phone: owned(&other), ..free() };

    assert_eq!(decide(&row(), &has_phone), refused(Clash::PhoneOwned, Some(&other)));
    let to_known = Owners { external_id: owned(&bare), ..has_phone };
    assert_eq!(decide(&row(), &to_known), refused(Clash::PhoneOwned, Some(&other)));
}

#[test]
fn r4d_another_phone_is_not_changed() {
    let member = Account { phone: Some(number(2)), ..company_account() };

    let owners = Owners { phone: Owner::Nobody, ..known(&member) };

    assert_eq!(decide(&row(), &owners), refused(Clash::PhoneDiffers, Some(&member)));
}

#[test]
fn r9_a_second_open_id_in_an_app_or_union_id_in_a_scope_is_refused() {
    let in_shop = Account { apps: vec![app("shop")], ..company_account() };
    let in_scope = with_union(company_account(), "oU2");

    assert_eq!(decide(&row(), &known(&in_shop)), refused(Clash::OpenIdDiffers(open_key("shop")), Some(&in_shop)));
    assert_eq!(decide(&row(), &known(&in_scope)), refused(Clash::UnionIdDiffers(union("oU1")), Some(&in_scope)));
}

#[test]
fn r9_a_shell_with_another_open_id_in_an_app_of_the_account_does_not_join() {
    let member = Account { apps: vec![app("club")], ..company_account() };
    let shell = with_union(account(1, "club"), "oU1");

    let owners = Owners { union_ids: vec![owned(&shell)], ..known(&member) };

    assert_eq!(decide(&row(), &owners), refused(Clash::UnionIdOwned(union("oU1")), Some(&shell)));
}

#[test]
fn an_account_with_another_external_id_is_another_person() {
    let other = Account { apps: vec![app("shop")], ..company_account() };

    let owners = Owners { open_ids: vec![owned(&other)], ..free() };

    assert_eq!(decide(&row(), &owners), refused(Clash::ExternalIdDiffers, Some(&other)));
}

#[test]
fn no_closed_account_is_brought_back_and_no_key_of_one_is_taken() {
    let closed = |owners: Owners| decide(&row(), &owners);

    assert_eq!(closed(Owners { external_id: Owner::Closed, ..free() }), Decision::LeaveClosed);
    assert_eq!(closed(Owners { phone: Owner::Closed, ..free() }), refused(Clash::KeyOfClosed, None));
    assert_eq!(closed(Owners { open_ids: vec![Owner::Closed], ..free() }), refused(Clash::KeyOfClosed, None));
    assert_eq!(closed(Owners { union_ids: vec![Owner::Closed], ..free() }), refused(Clash::KeyOfClosed, None));
}
