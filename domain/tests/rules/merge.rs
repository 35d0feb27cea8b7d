//! R8: two accounts are merged by their owner's choice.

use chrono::TimeDelta;
use domain::merge::{
    Choices, Confirmation, Field, MergeRefusal, Obstacle, Plan, Preview, SecondProof, Side, UNDO, Unconfirmed,
    may_confirm, may_undo, obstacles, plan, preview,
};
use domain::phone::Policy;
use domain::session::NotNow;
use domain::{Account, Boundness, OwnWords, UserId};

use crate::{NOW, account, app, company_account, number, signed_in, with_orders};

fn side(account: Account) -> Side {
    Side { account, phone_is_verified: false, nickname: None, avatar_url: None, own: OwnWords::default() }
}

/// A WeChat user with a phone and a name, and the company's account with another phone and another name.
fn two() -> [Side; 2] {
    let wechat = Account { phone: Some(number(2)), ..with_orders(account(1, "shop")) };
    let wechat = Side { phone_is_verified: true, nickname: Some("兰心".to_owned()), ..side(wechat) };
    let company = Side { nickname: Some("Lan Xin".to_owned()), ..side(company_account()) };
    [wechat, company]
}

fn choose(survivor: Option<&Side>, keep: &[(Field, &Side)]) -> Choices {
    Choices {
        survivor: survivor.map(|side| side.account.id),
        keep: keep.iter().map(|(field, side)| (*field, side.account.id)).collect(),
    }
}

#[test]
fn r8_a_preview_lists_what_clashes_and_guesses_nothing() {
    let [wechat, company] = two();

    let expected =
        Preview { survivor: wechat.account.id, clashes: vec![Field::Phone, Field::Nickname], breaks_limits: false };
    assert_eq!(preview(&wechat, &company), expected);
    assert_eq!(preview(&company, &wechat), expected);
}

#[test]
fn r8_the_account_with_the_verified_phone_goes_on_else_the_older() {
    let [mut wechat, company] = two();
    assert_eq!(preview(&wechat, &company).survivor, wechat.account.id);

    wechat.phone_is_verified = false;

    assert_eq!(preview(&wechat, &company).survivor, company.account.id);
}

#[test]
fn r8_every_clash_needs_a_choice() {
    let [wechat, company] = two();

    let refused = plan(&wechat, &company, &choose(None, &[(Field::Phone, &wechat)]));

    assert_eq!(refused, Err(MergeRefusal::ChoiceMissing(vec![Field::Nickname])));
}

#[test]
fn r8_the_survivor_takes_what_was_chosen_and_what_it_lacks() {
    let [wechat, company] = two();

    let planned = plan(&wechat, &company, &choose(None, &[(Field::Phone, &company), (Field::Nickname, &wechat)]));

    let taken = vec![Field::Phone, Field::ExternalId];
    assert_eq!(planned, Ok(Plan { from: company.account.id, into: wechat.account.id, taken }));
}

#[test]
fn r8_the_person_may_choose_who_goes_on() {
    let [wechat, company] = two();
    let keep = [(Field::Phone, &wechat), (Field::Nickname, &company)];

    let planned = plan(&wechat, &company, &choose(Some(&company), &keep));

    assert_eq!(planned, Ok(Plan { from: wechat.account.id, into: company.account.id, taken: vec![Field::Phone] }));
}

#[test]
fn r8_a_choice_that_means_nothing_is_refused() {
    let [wechat, company] = two();
    let stranger = side(account(3, "site"));
    let sound = [(Field::Phone, &wechat), (Field::Nickname, &wechat)];

    let refusal = |choices| plan(&wechat, &company, &choices).expect_err("a refusal");

    assert_eq!(refusal(choose(Some(&stranger), &sound)), MergeRefusal::Stranger);
    assert_eq!(refusal(choose(None, &[(Field::Phone, &stranger)])), MergeRefusal::Stranger);
    assert_eq!(refusal(choose(None, &[(Field::AvatarUrl, &wechat)])), MergeRefusal::ChoiceIdle(Field::AvatarUrl));
    let twice = [(Field::Phone, &wechat), (Field::Phone, &company), (Field::Nickname, &wechat)];
    assert_eq!(refusal(choose(None, &twice)), MergeRefusal::ChoiceIdle(Field::Phone));
}

#[test]
fn r9_a_merge_of_two_people_is_never_planned() {
    let [wechat, mut company] = two();
    company.account.apps.push(app("shop"));

    assert!(preview(&wechat, &company).breaks_limits);
    assert_eq!(plan(&wechat, &company, &Choices::default()), Err(MergeRefusal::LimitBroken));
}

#[test]
fn r8_an_account_is_not_merged_with_itself() {
    let [wechat, _] = two();

    assert_eq!(plan(&wechat, &wechat, &Choices::default()), Err(MergeRefusal::SameAccount));
}

#[test]
fn r8_a_merge_can_be_undone_for_thirty_days() {
    let merged_at = NOW.minus(UNDO);

    assert!(may_undo(merged_at, NOW));
    assert!(!may_undo(merged_at.minus(TimeDelta::milliseconds(1)), NOW));
}

#[test]
fn r8_which_of_two_twins_goes_on_does_not_depend_on_who_asks() {
    let one = side(account(1, "shop"));
    let other = Side { account: Account { id: UserId::new(NOW), ..account(1, "club") }, ..one.clone() };

    assert_eq!(preview(&one, &other).survivor, preview(&other, &one).survivor);
}

#[test]
fn r1c_r4c_a_join_takes_over_what_the_survivor_lacks_and_nothing_else() {
    let [wechat, company] = two();
    let without_phone = Side { account: Account { phone: None, ..wechat.account.clone() }, ..wechat.clone() };

    assert_eq!(
        Plan::join(&without_phone, &company),
        Plan { from: wechat.account.id, into: company.account.id, taken: vec![] }
    );
    assert_eq!(
        Plan::join(&company, &without_phone),
        Plan { from: company.account.id, into: wechat.account.id, taken: vec![Field::Phone, Field::ExternalId] }
    );
}

#[test]
fn r1c_r4c_a_join_takes_over_what_the_person_chose() {
    let [wechat, company] = two();
    let wechat = Side { account: Account { phone: None, ..wechat.account.clone() }, ..wechat };
    let chosen = |side: &Side| {
        let own = OwnWords { nickname: side.nickname.clone(), avatar_url: None };
        Side { own, ..side.clone() }
    };

    assert_eq!(Plan::join(&chosen(&wechat), &company).taken, [Field::Nickname]);
    assert_eq!(Plan::join(&wechat, &chosen(&company)).taken, []);
    assert_eq!(Plan::join(&chosen(&wechat), &chosen(&company)).taken, []);
}

/// A caller who logged in this many minutes ago.
fn confirmation(minutes_ago: i64, second_proof: SecondProof) -> Confirmation {
    Confirmation { standing: signed_in(minutes_ago), second_proof }
}

#[test]
fn r8_a_merge_is_confirmed_by_a_login_of_just_now() {
    let at = |minutes_ago| may_confirm(&confirmation(minutes_ago, SecondProof::NotNeeded), &Policy::default());

    assert_eq!(at(5), Ok(()));
    assert_eq!(at(6), Err(Unconfirmed::NotNow(NotNow::StaleLogin)));
}

#[test]
fn r6_a_merge_that_needs_a_second_proof_needs_a_fresh_one() {
    let with = |second_proof| may_confirm(&confirmation(0, second_proof), &Policy::default());

    assert_eq!(with(SecondProof::Missing), Err(Unconfirmed::ProveMore));
    let since = |minutes| SecondProof::SignedIn { at: NOW.minus(TimeDelta::minutes(minutes)), bound: Boundness::Bound };
    assert_eq!(with(since(6)), Err(Unconfirmed::ProveMore));
    assert_eq!(with(since(5)), Ok(()));
}

#[test]
fn r6_an_account_that_has_just_taken_a_number_over_is_not_merged() {
    let mut cooling = confirmation(0, SecondProof::NotNeeded);
    cooling.standing.cooling_until = Some(NOW.plus(TimeDelta::hours(1)));

    let until = NOW.plus(TimeDelta::hours(1));
    assert_eq!(may_confirm(&cooling, &Policy::default()), Err(Unconfirmed::NotNow(NotNow::CoolingOff { until })));
    cooling.standing.now = NOW.plus(TimeDelta::hours(1));
    cooling.standing.signed_in_at = cooling.standing.now;
    assert_eq!(may_confirm(&cooling, &Policy::default()), Ok(()));
}

#[test]
fn r9_whatever_keeps_two_accounts_apart_is_named() {
    let [mut wechat, mut company] = two();
    assert_eq!(obstacles(&wechat.account, &company.account), []);

    for side in [&mut wechat, &mut company] {
        side.account.apps = vec![app("shop"), app("club")];
    }
    company.account.apps.remove(0);

    assert_eq!(obstacles(&wechat.account, &company.account), [Obstacle::App(app("club"))]);
    assert!(preview(&wechat, &company).breaks_limits);
    for (side, union) in [(&mut wechat, "uLan"), (&mut company, "uWei")] {
        side.account.unions = vec![crate::union(union)];
    }
    let both = [Obstacle::App(app("club")), Obstacle::Scope(crate::union("uLan").scope)];
    assert_eq!(obstacles(&wechat.account, &company.account), both);
}
