//! R4a to R4d, R6 and R9: which account a proven number opens.

use chrono::TimeDelta;
use domain::phone::{
    BindRefusal, Binding, Claim, Line, LoginRefusal, NumberLogin, NumberLogins, NumberProof, Offer, Owner, Policy,
    Purpose, Request, Setting, decide, decide_login, set_by_operator,
};
use domain::session::NotNow;
use domain::{Account, Conflict, ConflictKind, Rule};

use crate::{NOW, account, app, company_account, number, signed_in, with_orders, with_union};

fn request(caller: Account, owner: Option<Account>) -> Request {
    Request {
        caller,
        standing: signed_in(1),
        number: number(1),
        proof: NumberProof::SmsCode,
        purpose: Purpose::Bind,
        claim: Claim::None,
        owner: owner.map(|account| Owner {
            account,
            is_kept: false,
            is_weak: false,
            last_proof_at: Some(NOW.minus(TimeDelta::days(10))),
            cooling_until: None,
            line: Line::Unknown,
        }),
    }
}

fn bind(request: &Request) -> Binding {
    decide(request, &Policy::default())
}

fn refused(rule: Rule, refusal: BindRefusal) -> Binding {
    Binding::Refuse { rule, refusal, conflict: None, offer: None }
}

#[test]
fn r4a_a_free_number_is_bound() {
    assert_eq!(bind(&request(account(1, "shop"), None)), Binding::Bind);
}

#[test]
fn r4a_binding_ones_own_number_again_only_renews_the_proof() {
    let caller = Account { phone: Some(number(1)), ..account(1, "shop") };

    assert_eq!(bind(&request(caller.clone(), Some(caller))), Binding::Renew { counts: true });
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
    request.standing = signed_in(6);

    assert_eq!(bind(&request), refused(Rule::R4c, BindRefusal::NotNow(NotNow::StaleLogin)));
}

#[test]
fn r4b_two_company_accounts_are_not_joined_without_a_choice() {
    let caller = Account { external_id: Some("C-2".parse().expect("an external id")), ..account(1, "shop") };
    let company = company_account();

    let conflict = Conflict { kind: ConflictKind::PhoneOwned, other: Some(company.id), union: None };
    let offer = Some(Offer { other: company.id, needs_login: false });
    let expected =
        Binding::Refuse { rule: Rule::R4b, refusal: BindRefusal::OwnedByAnother, conflict: Some(conflict), offer };
    assert_eq!(bind(&request(caller, Some(company))), expected);
}

#[test]
fn r9_another_open_id_in_one_of_the_callers_apps_means_two_people() {
    let caller = account(1, "shop");
    let company = Account { apps: vec![app("shop")], ..company_account() };

    let conflict = Conflict { kind: ConflictKind::LimitBroken, other: Some(company.id), union: None };
    let expected =
        Binding::Refuse { rule: Rule::R9, refusal: BindRefusal::OwnedByAnother, conflict: Some(conflict), offer: None };
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

    assert_eq!(bind(&request(caller, None)), refused(Rule::R4d, BindRefusal::HasAnotherPhone));
}

#[test]
fn r6_a_number_proved_more_than_ninety_days_ago_opens_nothing() {
    let mut request = request(account(1, "shop"), Some(company_account()));
    let proved = |days| Some(NOW.minus(TimeDelta::days(days)));

    for (last_proof_at, stale) in [(proved(91), true), (proved(90), false), (None, false)] {
        request.owner.as_mut().expect("an owner").last_proof_at = last_proof_at;

        assert_eq!(bind(&request) == refused(Rule::R6, BindRefusal::StaleNumber), stale, "{last_proof_at:?}");
    }
}

#[test]
fn r6_policy_may_distrust_an_unknown_last_proof() {
    let mut request = request(account(1, "shop"), Some(company_account()));
    request.owner.as_mut().expect("an owner").last_proof_at = None;

    let strict = Policy { trust_unknown_proof: false, ..Policy::default() };

    assert_eq!(decide(&request, &strict), refused(Rule::R6, BindRefusal::StaleNumber));
}

#[test]
fn r6_a_number_that_only_a_quick_code_proved_opens_nothing() {
    let mut request = request(account(1, "shop"), Some(company_account()));
    let owner = request.owner.as_mut().expect("an owner");
    (owner.is_weak, owner.last_proof_at) = (true, None);

    assert_eq!(bind(&request), refused(Rule::R6, BindRefusal::StaleNumber));
}

#[test]
fn r4a_a_quick_code_binds_a_free_number_only_where_policy_allows() {
    let request = Request { proof: NumberProof::WechatQuick, ..request(account(1, "shop"), None) };
    let strict = Policy { quick_code_binds: false, ..Policy::default() };

    assert_eq!(bind(&request), Binding::Bind);
    assert_eq!(decide(&request, &strict), refused(Rule::R4a, BindRefusal::WeakProof));
}

#[test]
fn r4a_a_quick_code_of_ones_own_number_counts_for_nothing() {
    let caller = Account { phone: Some(number(1)), ..account(1, "shop") };
    let request = Request { proof: NumberProof::WechatQuick, ..request(caller.clone(), Some(caller)) };

    assert_eq!(bind(&request), Binding::Renew { counts: false });
}

#[test]
fn r4b_a_quick_code_opens_and_joins_nothing_that_exists() {
    for claim in [Claim::None, Claim::Mine, Claim::NewToMe] {
        let request = request(account(1, "shop"), Some(company_account()));
        let request = Request { proof: NumberProof::WechatQuick, claim, ..request };

        assert_eq!(bind(&request), refused(Rule::R4b, BindRefusal::WeakProof));
    }
}

#[test]
fn r4b_two_verified_numbers_are_a_choice_and_not_two_people() {
    let caller = Account { phone: Some(number(2)), ..account(1, "shop") };
    let company = company_account();

    let Binding::Refuse { rule: Rule::R4b, offer, .. } = bind(&request(caller, Some(company.clone()))) else {
        panic!("it is offered");
    };
    assert_eq!(offer, Some(Offer { other: company.id, needs_login: false }));
}

#[test]
fn r4c_a_real_time_code_is_worth_an_sms_code() {
    let caller = account(1, "shop");
    let company = company_account();
    let request = request(caller.clone(), Some(company.clone()));

    let joined = bind(&Request { proof: NumberProof::WechatRealTime, ..request });

    assert_eq!(joined, Binding::Join { from: caller.id, into: company.id });
}

fn change(caller_phone: u8, owner: Option<Account>) -> Request {
    let caller = Account { phone: Some(number(caller_phone)), ..account(1, "shop") };
    Request { purpose: Purpose::Change, ..request(caller, owner) }
}

#[test]
fn r4d_a_change_needs_a_fresh_login_and_a_strong_proof() {
    let sound = change(2, None);
    let stale = Request { standing: signed_in(6), ..sound.clone() };
    let weak = Request { proof: NumberProof::WechatQuick, ..sound.clone() };

    assert_eq!(bind(&sound), Binding::Change);
    assert_eq!(bind(&stale), refused(Rule::R4d, BindRefusal::NotNow(NotNow::StaleLogin)));
    assert_eq!(bind(&weak), refused(Rule::R4d, BindRefusal::WeakProof));
}

#[test]
fn r4d_a_number_that_is_kept_for_its_old_owner_is_free_for_that_owner_alone() {
    let mut request = change(2, None);
    let (account, last_proof_at) = (request.caller.clone(), Some(NOW));
    request.owner =
        Some(Owner { account, is_kept: true, is_weak: false, last_proof_at, cooling_until: None, line: Line::Unknown });

    assert_eq!(bind(&request), Binding::Change);
}

#[test]
fn r4b_a_kept_number_opens_nothing_for_another_account() {
    let mut request = request(account(1, "shop"), Some(company_account()));
    let owner = request.owner.as_mut().expect("an owner");
    (owner.is_kept, owner.account.phone) = (true, Some(number(2)));
    let other = owner.account.id;

    let conflict = Some(Conflict { kind: ConflictKind::PhoneOwned, other: Some(other), union: None });
    let refusal = BindRefusal::OwnedByAnother;
    assert_eq!(bind(&request), Binding::Refuse { rule: Rule::R4b, refusal, conflict, offer: None });
}

#[test]
fn r6_a_kept_number_that_went_to_another_account_is_taken_over() {
    let mut request = stale(Claim::NewToMe);
    request.owner.as_mut().expect("an owner").is_kept = true;

    assert_eq!(bind(&request), Binding::TakeOver { from: request.owner.expect("an owner").account.id });
}

#[test]
fn r4d_a_change_of_nothing_is_a_bind() {
    let request = Request { purpose: Purpose::Change, ..request(account(1, "shop"), None) };

    assert_eq!(bind(&request), Binding::Bind);
}

fn stale(claim: Claim) -> Request {
    let mut request = request(account(1, "shop"), Some(company_account()));
    request.owner.as_mut().expect("an owner").last_proof_at = Some(NOW.minus(TimeDelta::days(91)));
    Request { claim, ..request }
}

#[test]
fn r6_what_the_carrier_knows_outweighs_the_calendar() {
    for (line, days, is_stale) in [(Line::Recycled, 1, true), (Line::Same, 400, false), (Line::Unknown, 1, false)] {
        let mut request = request(account(1, "shop"), Some(company_account()));
        let owner = request.owner.as_mut().expect("an owner");
        (owner.line, owner.last_proof_at) = (line, Some(NOW.minus(TimeDelta::days(days))));

        assert_eq!(bind(&request) == refused(Rule::R6, BindRefusal::StaleNumber), is_stale, "{line:?}");
    }
}

#[test]
fn r6_it_was_mine_needs_a_second_proof_and_is_a_case() {
    let request = stale(Claim::Mine);
    let other = request.owner.as_ref().expect("an owner").account.id;

    let conflict = Conflict { kind: ConflictKind::PhoneStale, other: Some(other), union: None };
    let expected = Binding::Refuse {
        rule: Rule::R6,
        refusal: BindRefusal::ProveMore,
        conflict: Some(conflict),
        offer: Some(Offer { other, needs_login: true }),
    };
    assert_eq!(bind(&request), expected);
}

#[test]
fn r6_it_is_new_to_me_takes_the_number_and_nothing_else() {
    let request = stale(Claim::NewToMe);

    assert_eq!(bind(&request), Binding::TakeOver { from: request.owner.expect("an owner").account.id });
}

#[test]
fn r6_either_answer_needs_a_fresh_login() {
    for claim in [Claim::Mine, Claim::NewToMe] {
        let request = Request { standing: signed_in(6), ..stale(claim) };

        assert_eq!(bind(&request), refused(Rule::R6, BindRefusal::NotNow(NotNow::StaleLogin)));
    }
}

#[test]
fn r6_a_person_with_a_phone_takes_no_second_one_over_without_a_change() {
    let mut request = stale(Claim::NewToMe);
    request.caller.phone = Some(number(2));
    let from = request.owner.as_ref().expect("an owner").account.id;

    assert_eq!(bind(&request), refused(Rule::R4d, BindRefusal::HasAnotherPhone));
    assert_eq!(bind(&Request { purpose: Purpose::Change, ..request }), Binding::TakeOver { from });
}

#[test]
fn r14_an_operator_sets_a_free_number_and_takes_none() {
    let [caller, other] = [account(1, "shop"), account(2, "club")];
    let owner = |account: &Account| request(caller.clone(), Some(account.clone())).owner;
    let kept = |account: &Account| owner(account).map(|owner| Owner { is_kept: true, ..owner });
    let set = |present: Option<u8>, owner: Option<Owner>| {
        set_by_operator(caller.id, (present.map(number).as_ref(), &number(1)), owner.as_ref())
    };

    assert_eq!(set(None, None), Setting::Set);
    assert_eq!(set(Some(2), None), Setting::Set);
    assert_eq!(set(Some(2), kept(&caller)), Setting::Set);
    assert_eq!(set(Some(1), owner(&caller)), Setting::Unchanged);
    assert_eq!(set(Some(2), owner(&other)), Setting::OwnedBy(other.id));
    assert_eq!(set(None, kept(&other)), Setting::OwnedBy(other.id));
}

/// The owner of the number: an imported account.
fn owner_of_number() -> Owner {
    let owner = request(account(1, "shop"), Some(company_account())).owner;
    owner.expect("an owner")
}

fn log_in(owner: Option<&Owner>, claim: Claim, logins: NumberLogins) -> NumberLogin {
    decide_login(owner, (claim, logins), &Policy::default(), NOW)
}

const EVERY_CLAIM: [Claim; 3] = [Claim::None, Claim::Mine, Claim::NewToMe];

#[test]
fn r4e_a_free_number_gets_a_new_account_only_where_logins_are_open() {
    let unregistered = NumberLogin::Refuse(Rule::R4e, LoginRefusal::Unregistered);

    for claim in EVERY_CLAIM {
        assert_eq!(log_in(None, claim, NumberLogins::Open), NumberLogin::Create);
        assert_eq!(log_in(None, claim, NumberLogins::Existing), unregistered);
    }
}

#[test]
fn r4e_a_number_with_a_fresh_proof_opens_its_account_whatever_the_person_claims() {
    let owner = owner_of_number();

    for (claim, logins) in EVERY_CLAIM
        .into_iter()
        .flat_map(|claim| [NumberLogins::Existing, NumberLogins::Open].map(|logins| (claim, logins)))
    {
        assert_eq!(log_in(Some(&owner), claim, logins), NumberLogin::SignIn(owner.account.id));
    }
}

#[test]
fn r4d_a_number_that_is_kept_for_its_account_opens_nothing() {
    let owner = Owner { is_kept: true, ..owner_of_number() };

    assert_eq!(
        log_in(Some(&owner), Claim::None, NumberLogins::Open),
        NumberLogin::Refuse(Rule::R4d, LoginRefusal::Kept)
    );
}

#[test]
fn r6_a_number_with_an_old_proof_opens_nothing_and_is_taken_over_by_a_new_account_at_most() {
    let old = Some(NOW.minus(TimeDelta::days(91)));
    let owner = owner_of_number();
    let from = owner.account.id;
    let owners = [
        Owner { last_proof_at: old, ..owner.clone() },
        Owner { line: Line::Recycled, ..owner.clone() },
        Owner { last_proof_at: None, is_weak: true, ..owner.clone() },
        Owner { last_proof_at: old, is_kept: true, ..owner.clone() },
    ];
    let refused = |refusal| NumberLogin::Refuse(Rule::R6, refusal);

    for owner in &owners {
        for logins in [NumberLogins::Existing, NumberLogins::Open] {
            assert_eq!(log_in(Some(owner), Claim::None, logins), refused(LoginRefusal::StaleNumber));
            assert_eq!(log_in(Some(owner), Claim::Mine, logins), refused(LoginRefusal::ProveMore));
        }
        assert_eq!(log_in(Some(owner), Claim::NewToMe, NumberLogins::Open), NumberLogin::TakeOver { from });
        let unregistered = NumberLogin::Refuse(Rule::R4e, LoginRefusal::Unregistered);
        assert_eq!(log_in(Some(owner), Claim::NewToMe, NumberLogins::Existing), unregistered);
    }
    let same_line = Owner { line: Line::Same, last_proof_at: old, ..owner };
    assert_eq!(log_in(Some(&same_line), Claim::None, NumberLogins::Existing), NumberLogin::SignIn(from));
}

#[test]
fn r6_no_number_leaves_an_account_that_is_cooling_off_for_a_new_one() {
    let until = NOW.plus(TimeDelta::hours(1));
    let line = Line::Recycled;
    let cooling = Owner { cooling_until: Some(until), line, ..owner_of_number() };
    let not_now = LoginRefusal::NotNow(NotNow::CoolingOff { until });

    assert_eq!(log_in(Some(&cooling), Claim::NewToMe, NumberLogins::Open), NumberLogin::Refuse(Rule::R6, not_now));
    let over = Owner { cooling_until: Some(NOW), line, ..owner_of_number() };
    let from = over.account.id;
    assert_eq!(log_in(Some(&over), Claim::NewToMe, NumberLogins::Open), NumberLogin::TakeOver { from });
}
