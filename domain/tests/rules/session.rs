//! R15 and R6 for every step that changes an account: what is allowed depends on the login and on the time since a
//! takeover.

use chrono::TimeDelta;
use domain::link::add::{self, Addition};
use domain::link::remove::{self, Credential};
use domain::login::{Act, Decision, Known, Link, decide};
use domain::merge::{Confirmation, SecondProof, Unconfirmed, may_confirm, may_preview};
use domain::phone::{self, Binding, Claim, Line, NumberProof, Owner, Policy, Purpose};
use domain::session::{NotNow, Standing, Step, Way, may};
use domain::{Account, Boundness, Conflict, ConflictKind, LinkId, Rule};

use crate::{NOW, STANDING, account, company_account, cooling, number, proof, signed_in, with_orders, with_union};

const UNBOUND: Standing = Standing { bound: Boundness::Unbound, ..STANDING };

fn may_now(step: Step, standing: &Standing) -> Result<(), NotNow> {
    may(step, standing, &Policy::default())
}

/// A person, with or without a phone, who proves a number that is free or belongs to another account.
fn request(standing: Standing, phone: Option<u8>, owner: Option<Account>) -> phone::Request {
    phone::Request {
        caller: Account { phone: phone.map(number), ..account(1, "shop") },
        standing,
        number: number(1),
        proof: NumberProof::SmsCode,
        purpose: Purpose::Change,
        claim: Claim::None,
        owner: owner.map(|account| Owner {
            account,
            is_kept: false,
            is_weak: false,
            last_proof_at: Some(NOW),
            cooling_until: None,
            line: Line::Unknown,
        }),
    }
}

fn bind(request: &phone::Request) -> Binding {
    phone::decide(request, &Policy::default())
}

fn not_now(rule: Rule, reason: NotNow) -> Binding {
    Binding::Refuse { rule, refusal: phone::BindRefusal::NotNow(reason), conflict: None, offer: None }
}

#[test]
fn r15_a_code_from_an_address_is_bound_by_its_verifier_and_one_from_the_host_app_by_itself() {
    use Boundness::{Bound, Unbound};

    for (way, without, with) in
        [(Way::Browser, Unbound, Bound), (Way::NativeSdk, Unbound, Bound), (Way::HostApp, Bound, Bound)]
    {
        assert_eq!((Boundness::of_login(way, false), Boundness::of_login(way, true)), (without, with), "{way:?}");
    }
}

#[test]
fn r15_an_unbound_login_takes_no_step_but_back() {
    for step in Step::ALL {
        let expected = if step == Step::UndoMerge { Ok(()) } else { Err(NotNow::UnboundLogin) };
        assert_eq!(may_now(step, &UNBOUND), expected, "{step:?}");
        assert_eq!(may_now(step, &STANDING), Ok(()), "{step:?}");
    }
}

#[test]
fn r15_an_unbound_login_is_told_so_whichever_account_has_the_number() {
    let expected = not_now(Rule::R15, NotNow::UnboundLogin);
    let own = Account { phone: Some(number(1)), ..account(1, "shop") };

    for (phone, owner) in [(None, None), (Some(2), None), (None, Some(company_account())), (Some(1), Some(own))] {
        for claim in [Claim::None, Claim::Mine, Claim::NewToMe] {
            let request = phone::Request { claim, ..request(UNBOUND, phone, owner.clone()) };
            assert_eq!(bind(&request), expected, "{request:?}");
        }
    }
}

#[test]
fn r15_an_unbound_login_opens_its_own_open_id_and_what_the_union_id_says() {
    let lan = with_union(account(1, "shop"), "oU1");
    let known = |link, union_owner: Option<&Account>| Known { link, union_owner: union_owner.cloned() };
    let plain = |rule, act| Decision { rule, act, conflict: None, offer: None };

    for (known, expected) in [
        (known(Link::Owned(lan.clone()), Some(&lan)), plain(Rule::R1, Act::SignIn(lan.id))),
        (known(Link::New, None), plain(Rule::R3, Act::Create { with_union: true })),
        (known(Link::Unclaimed(LinkId::new(NOW)), None), plain(Rule::R3, Act::Create { with_union: true })),
    ] {
        assert_eq!(decide(&known, &proof(Some("oU1")), Boundness::Unbound), expected);
    }
    let elsewhere = with_union(account(1, "club"), "oU1");
    let decision = decide(&known(Link::New, Some(&elsewhere)), &proof(Some("oU1")), Boundness::Unbound);
    assert_eq!(decision, plain(Rule::R2, Act::AttachOpenId(elsewhere.id)));
}

#[test]
fn r15_an_unbound_login_merges_no_shell_and_the_next_bound_one_does() {
    let (shell, other) = (account(1, "shop"), with_union(account(9, "club"), "oU1"));
    let known = Known { link: Link::Owned(shell.clone()), union_owner: Some(other.clone()) };
    let decide = |bound| decide(&known, &proof(Some("oU1")), bound);

    let sign_in = Decision { rule: Rule::R15, act: Act::SignIn(shell.id), conflict: None, offer: None };
    assert_eq!(decide(Boundness::Unbound), sign_in);
    assert_eq!(decide(Boundness::Bound).act, Act::Merge { from: shell.id, into: other.id });
}

#[test]
fn r15_an_unbound_login_is_offered_no_merge() {
    let (mine, other) = (with_orders(account(1, "shop")), with_orders(with_union(account(9, "club"), "oU1")));
    let known = Known { link: Link::Owned(mine.clone()), union_owner: Some(other.clone()) };

    let decision = decide(&known, &proof(Some("oU1")), Boundness::Unbound);

    let union = proof(Some("oU1")).union;
    let conflict = Some(Conflict { kind: ConflictKind::TwoAccounts, other: Some(other.id), union });
    assert_eq!(decision, Decision { rule: Rule::R1c, act: Act::SignIn(mine.id), conflict, offer: None });
}

#[test]
fn r15_a_login_is_added_only_if_both_are_bound() {
    let known = Known { link: Link::New, union_owner: None };
    let add = |standing, added| {
        let request = add::Request { caller: account(1, "club"), standing, added };
        add::decide(&request, &known, &proof(None), &Policy::default())
    };
    let refused = |refusal| Addition::Refuse { rule: Rule::R15, refusal, conflict: None, offer: None };

    assert_eq!(add(STANDING, Boundness::Bound), Addition::Attach { with_union: false });
    assert_eq!(add(STANDING, Boundness::Unbound), refused(add::AddRefusal::UnboundAddition));
    let expected = refused(add::AddRefusal::NotNow(NotNow::UnboundLogin));
    assert_eq!(add(UNBOUND, Boundness::Bound), expected);
    assert_eq!(add(UNBOUND, Boundness::Unbound), expected);
}

#[test]
fn r15_a_merge_is_previewed_and_confirmed_only_if_both_logins_are_bound() {
    let policy = Policy::default();
    let other = |bound| SecondProof::SignedIn { at: NOW, bound };
    let unbound = Err(Unconfirmed::NotNow(NotNow::UnboundLogin));

    for (standing, second_proof, expected) in [
        (STANDING, SecondProof::NotNeeded, Ok(())),
        (STANDING, other(Boundness::Bound), Ok(())),
        (STANDING, other(Boundness::Unbound), unbound),
        (UNBOUND, SecondProof::NotNeeded, unbound),
        (UNBOUND, SecondProof::Missing, unbound),
        (UNBOUND, other(Boundness::Bound), unbound),
    ] {
        assert_eq!(may_preview(&standing, second_proof, &policy), expected);
        assert_eq!(may_confirm(&Confirmation { standing, second_proof }, &policy), expected);
    }
}

#[test]
fn r15_a_credential_goes_only_by_a_bound_login() {
    let both = Account { phone: Some(number(1)), ..account(1, "shop") };

    let refused = remove::decide(&both, Credential::Phone, &UNBOUND, &Policy::default());

    assert_eq!(refused, Err(remove::RemoveRefusal::NotNow(NotNow::UnboundLogin)));
}

#[test]
fn r6_whatever_takes_something_from_an_account_waits_until_it_has_cooled_off() {
    let until = NOW.plus(TimeDelta::hours(1));
    let takes_nothing = [
        Step::ProveNumber,
        Step::BindNumber,
        Step::AddLogin,
        Step::AskForMerge,
        Step::PreviewMerge,
        Step::ChooseProfile,
        Step::KeepAccount,
    ];

    for step in Step::ALL {
        let waits = if takes_nothing.contains(&step) { Ok(()) } else { Err(NotNow::CoolingOff { until }) };
        assert_eq!(may_now(step, &cooling(1)), waits, "{step:?}");
        assert_eq!(may_now(step, &cooling(0)), Ok(()), "{step:?}");
    }
}

#[test]
fn r4a_a_free_number_becomes_a_way_to_sign_in_by_a_fresh_login_alone() {
    let fresh_until = Policy::default().fresh_login;
    let stale = Standing { signed_in_at: NOW.minus(fresh_until + TimeDelta::seconds(1)), ..STANDING };

    assert_eq!(bind(&request(stale, None, None)), not_now(Rule::R4a, NotNow::StaleLogin));
    assert_eq!(bind(&request(STANDING, None, None)), Binding::Bind);
}

#[test]
fn r6_a_number_that_was_taken_over_is_not_given_away_by_a_change() {
    let until = NOW.plus(TimeDelta::hours(1));

    assert_eq!(bind(&request(cooling(1), Some(2), None)), not_now(Rule::R6, NotNow::CoolingOff { until }));
    assert_eq!(bind(&request(cooling(0), Some(2), None)), Binding::Change);
}

#[test]
fn r6_no_account_is_joined_while_it_or_the_other_cools_off() {
    let until = NOW.plus(TimeDelta::hours(1));
    let refused = not_now(Rule::R6, NotNow::CoolingOff { until });
    let of_caller = request(cooling(1), None, Some(company_account()));
    let mut of_owner = request(STANDING, None, Some(company_account()));
    of_owner.owner.as_mut().expect("an owner").cooling_until = Some(until);

    assert_eq!(bind(&of_caller), refused);
    assert_eq!(bind(&of_owner), refused);
}

#[test]
fn r6_a_number_leaves_no_account_that_cools_off_by_a_take_over() {
    let until = NOW.plus(TimeDelta::hours(1));
    let refused = not_now(Rule::R6, NotNow::CoolingOff { until });
    let taking = |standing, phone, of_owner| {
        let mut request = request(standing, phone, Some(company_account()));
        request.claim = Claim::NewToMe;
        let owner = request.owner.as_mut().expect("an owner");
        (owner.line, owner.cooling_until) = (Line::Recycled, of_owner);
        bind(&request)
    };

    // An account without a number loses none: only the account that has it has to wait.
    assert!(matches!(taking(cooling(1), None, None), Binding::TakeOver { .. }));
    assert_eq!(taking(STANDING, None, Some(until)), refused);
    assert_eq!(taking(STANDING, Some(2), Some(until)), refused);
    assert_eq!(taking(cooling(1), Some(2), None), refused);
}

#[test]
fn r15_signing_in_anew_is_the_first_thing_to_do() {
    let all = Standing { bound: Boundness::Unbound, cooling_until: cooling(1).cooling_until, ..signed_in(6) };

    assert_eq!(may_now(Step::RemoveCredential, &all), Err(NotNow::UnboundLogin));
    assert_eq!(may_now(Step::RemoveCredential, &Standing { bound: Boundness::Bound, ..all }), Err(NotNow::StaleLogin));
}
