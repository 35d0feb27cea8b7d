//! R7: a person removes a credential.

use chrono::TimeDelta;
use domain::link::remove::{Credential, RemoveRefusal, decide, union_to_go};
use domain::phone::Policy;
use domain::session::{NotNow, Standing};
use domain::{Account, AppId, UnionScope};

use crate::{NOW, STANDING, account, app, cooling, number, signed_in, union, with_union};

fn remove(account: &Account, credential: Credential<'_>, standing: &Standing) -> Result<(), RemoveRefusal> {
    decide(account, credential, standing, &Policy::default())
}

#[test]
fn r7_the_last_credential_stays() {
    let one_app = account(1, "shop");
    let one_phone = Account { apps: vec![], phone: Some(number(1)), ..one_app.clone() };

    assert_eq!(remove(&one_app, Credential::OpenId(&app("shop")), &STANDING), Err(RemoveRefusal::LastCredential));
    assert_eq!(remove(&one_phone, Credential::Phone, &STANDING), Err(RemoveRefusal::LastCredential));
}

#[test]
fn r7_one_of_two_may_go() {
    let both = Account { phone: Some(number(1)), ..account(1, "shop") };

    assert_eq!(remove(&both, Credential::OpenId(&app("shop")), &STANDING), Ok(()));
    assert_eq!(remove(&both, Credential::Phone, &STANDING), Ok(()));
}

#[test]
fn r7_an_open_id_that_was_cancelled_at_its_upstream_is_no_credential() {
    let cancelled =
        Account { apps: vec![app("shop"), app("club")], cancelled: vec![app("shop")], ..account(1, "shop") };
    let (shop, club) = (app("shop"), app("club"));

    assert_eq!(remove(&cancelled, Credential::OpenId(&club), &STANDING), Err(RemoveRefusal::LastCredential));
    assert_eq!(remove(&cancelled, Credential::OpenId(&shop), &STANDING), Ok(()));
    let alone = Account { apps: vec![app("shop")], ..cancelled.clone() };
    assert_eq!(remove(&alone, Credential::OpenId(&shop), &STANDING), Err(RemoveRefusal::LastCredential));
    let with_phone = Account { phone: Some(number(1)), ..alone };
    assert_eq!(remove(&with_phone, Credential::Phone, &STANDING), Err(RemoveRefusal::LastCredential));
    assert_eq!(remove(&with_phone, Credential::OpenId(&shop), &STANDING), Ok(()));
}

#[test]
fn r7_what_is_not_there_cannot_go() {
    let lan = account(1, "shop");

    assert_eq!(remove(&lan, Credential::OpenId(&app("club")), &STANDING), Err(RemoveRefusal::NotThere));
    assert_eq!(remove(&lan, Credential::Phone, &STANDING), Err(RemoveRefusal::NotThere));
}

#[test]
fn r7_a_removal_needs_a_fresh_login() {
    let both = Account { phone: Some(number(1)), ..account(1, "shop") };

    assert_eq!(remove(&both, Credential::Phone, &signed_in(5)), Ok(()));
    assert_eq!(remove(&both, Credential::Phone, &signed_in(6)), Err(RemoveRefusal::NotNow(NotNow::StaleLogin)));
}

#[test]
fn r6_nothing_is_destroyed_while_a_number_that_was_taken_over_cools_off() {
    let both = Account { phone: Some(number(1)), ..account(1, "shop") };
    let until = NOW.plus(TimeDelta::hours(1));

    for credential in [Credential::Phone, Credential::OpenId(&app("shop"))] {
        assert_eq!(remove(&both, credential, &cooling(1)), Err(RemoveRefusal::NotNow(NotNow::CoolingOff { until })));
        assert_eq!(remove(&both, credential, &cooling(0)), Ok(()));
    }
}

#[test]
fn r7_a_union_id_goes_with_the_last_app_of_its_scope() {
    let scope: UnionScope = "hemu".parse().expect("a scope");
    let scope_of = |id: &AppId| (id != &app("bank")).then_some(&scope);
    let apps = |names: &[&str]| {
        let apps = names.iter().map(|name| app(name)).collect();
        with_union(Account { apps, ..account(1, "shop") }, "uLan")
    };

    for (names, goes) in [(["shop", "club"].as_slice(), false), (&["shop", "bank"], true), (&["shop"], true)] {
        let account = apps(names);

        let expected = goes.then(|| union("uLan"));
        assert_eq!(union_to_go(&account, &app("shop"), scope_of), expected.as_ref(), "{names:?}");
    }
    assert_eq!(union_to_go(&apps(&["shop", "bank"]), &app("bank"), scope_of), None);
}
