//! Properties that hold for every sequence of events (section 5 of the identity rules), on a model made of maps. The
//! store's tests check that the tables behave like the model.

#[path = "../model/mod.rs"]
mod model;

use std::collections::{BTreeMap, BTreeSet};

use domain::merge::Plan;
use domain::{Boundness, OpenKey, UnionKey, UserId};
use model::choose::choices;
use model::event::{Choice, Event, FEW, LoginProof, choice, events, told};
use model::{APPS, Number, Outcome, PRICE, Session, World};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert_eq, proptest};
use proptest::strategy::ValueTree;
use proptest::test_runner::{FileFailurePersistence, TestRunner};

/// About two thousand random sequences of up to sixty events: eight times `PROPTEST_CASES`.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: default.cases * 8,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..default
    }
}

const MOST: usize = 60;

/// Applies the events, and inspects the world before and after each.
fn live(events: &[Event], mut look: impl FnMut(&World, Event, Outcome, &World)) -> World {
    let mut world = World::new();
    for event in events {
        let before = world.clone();
        let outcome = world.live(*event, FEW);
        look(&before, *event, outcome, &world);
    }
    world
}

/// Every key that belongs to an account.
fn keys(world: &World) -> Vec<(String, UserId)> {
    let links = world.links.iter().filter_map(|(key, owner)| Some((format!("{key:?}"), (*owner)?)));
    let unions = world.unions.iter().map(|(key, owner)| (format!("{key:?}"), *owner));
    let phones = world.numbers.iter().filter(|(_, held)| held.kept_until.is_none());
    links.chain(unions).chain(phones.map(|(number, held)| (number.e164().to_owned(), held.user))).collect()
}

/// The open session in which the event happens, if any.
fn acts_in(world: &World, event: Event) -> Option<&Session> {
    let back = match event {
        Event::Add { session, .. }
        | Event::Prove { session, .. }
        | Event::Unbind { session }
        | Event::Unlink { session, .. }
        | Event::Merge { session, .. } => session,
        Event::Login(_) | Event::Undo { .. } | Event::Import { .. } | Event::Order { .. } | Event::Wait { .. } => {
            return None;
        }
    };
    world.session(back).map(|at| &world.sessions[at]).filter(|session| session.is_open)
}

fn has_twice<T: Ord>(values: impl IntoIterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    !values.into_iter().all(|value| seen.insert(value))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_two_active_users_share_a_key_and_no_inactive_one_has_one(events in events(FEW, MOST)) {
        // A map gives a key one owner. The model asserts that the key was taken from no account.
        live(&events, |_, event, _, world| {
            for (key, owner) in keys(world) {
                assert!(world.is_active(owner), "after {event:?} the owner of {key} is not active");
            }
        });
    }

    #[test]
    fn r9_no_account_has_two_open_ids_in_an_app_two_union_ids_in_a_scope_or_two_phones(events in events(FEW, MOST)) {
        live(&events, |_, event, _, world| {
            let links = world.links.iter().filter_map(|(key, owner)| Some((&key.app, (*owner)?)));
            let unions = world.unions.iter().map(|(key, owner)| (&key.scope, *owner));
            let phones = world.numbers.values().filter(|held| held.kept_until.is_none()).map(|held| held.user);
            assert!(!has_twice(links), "after {event:?} an account has two open ids in an app");
            assert!(!has_twice(unions), "after {event:?} an account has two union ids in a scope");
            assert!(!has_twice(phones), "after {event:?} an account has two phones");
        });
    }

    #[test]
    fn signing_in_twice_changes_nothing(events in events(FEW, MOST), told in told(FEW)) {
        let mut world = live(&events, |_, _, _, _| ());
        let first = world.log_in(told, FEW);
        world.sessions.clear();
        let once = world.picture();

        let second = world.log_in(told, FEW);

        world.sessions.clear();
        prop_assert_eq!(first, second);
        prop_assert_eq!(once, world.picture());
    }

    #[test]
    fn a_login_never_deletes_a_key(events in events(FEW, MOST)) {
        live(&events, |before, event, _, world| {
            if !matches!(event, Event::Login(_)) {
                return;
            }
            let after: BTreeSet<_> = keys(world).into_iter().collect();
            for (key, owner) in keys(before) {
                assert!(after.contains(&(key.clone(), world.survivor(owner))), "{event:?} took {key} from its owner");
            }
        });
    }

    #[test]
    fn a_refusal_changes_nothing(events in events(FEW, MOST)) {
        live(&events, |before, event, outcome, world| {
            if outcome != Outcome::Done {
                assert_eq!(before.picture(), world.picture(), "{event:?} was refused");
            }
        });
    }

    #[test]
    fn r15_an_unbound_login_joins_and_merges_no_account_and_its_session_changes_no_key(events in events(FEW, MOST)) {
        live(&events, |before, event, outcome, world| {
            if let Event::Login(LoginProof { bound: Boundness::Unbound, .. }) = event {
                assert_eq!(before.merges.len(), world.merges.len(), "{event:?} merged");
                let opened = world.sessions.last().expect("the session");
                assert!(opened.bound == Boundness::Unbound, "after {event:?}");
            }
            if acts_in(before, event).is_some_and(|session| session.bound == Boundness::Unbound) {
                assert!(outcome != Outcome::Done, "{event:?} was done in an unbound session");
                assert_eq!(before.picture(), world.picture());
            }
        });
    }

    #[test]
    fn r6_nothing_leaves_an_account_that_cools_off_but_by_an_undo(events in events(FEW, MOST)) {
        live(&events, |before, event, _, world| {
            // The operator who undoes merges is not a person of the model.
            if matches!(event, Event::Undo { .. }) {
                return;
            }
            let after: BTreeSet<_> = keys(world).into_iter().collect();
            for (key, owner) in keys(before) {
                let cools_off = before.people[&owner].cooling_until.is_some_and(|until| world.now < until);
                assert!(!cools_off || after.contains(&(key.clone(), owner)), "{event:?} took {key} from its owner");
            }
        });
    }

    #[test]
    fn a_sessions_user_is_active(events in events(FEW, MOST)) {
        live(&events, |_, event, _, world| {
            let open = world.sessions.iter().filter(|session| session.is_open);
            assert!(open.into_iter().all(|session| world.is_active(session.user)), "after {event:?}");
        });
    }

    #[test]
    fn no_order_is_lost_doubled_or_rewritten(events in events(FEW, MOST)) {
        let mut reported = BTreeSet::new();
        live(&events, |before, event, outcome, world| {
            if let (Event::Order { app, person, order, .. }, Outcome::Done) = (event, outcome) {
                reported.insert((app, person, order));
            } else {
                assert_eq!(before.orders, world.orders, "{event:?} rewrote an order");
            }
            let of = |owner: Option<UserId>| world.orders.values().filter(|key| world.links.get(key) == Some(&owner)).count();
            let sum: usize = world.active().into_iter().map(|user| of(Some(user))).sum::<usize>() + of(None);
            let price = |count: usize| PRICE * i64::try_from(count).expect("few");
            assert_eq!(price(sum), price(reported.len()), "after {event:?}");
        });
    }

    #[test]
    fn undoing_a_merge_at_once_gives_the_two_people_back(
        events in events(FEW, MOST),
        two in (any::<usize>(), any::<usize>()),
        choice in choice(),
    ) {
        let mut world = live(&events, |_, _, _, _| ());
        let Some(plan) = plan(&world, two, choice) else { return Ok(()) };
        // All people log in again after an undo. A restriction on what an account may lose stays in force.
        world.sessions.clear();
        let mut before = world.picture();

        world.merge(&plan);
        let undone = world.live(Event::Undo { merge: 0 }, FEW);

        prop_assert_eq!(undone, Outcome::Done);
        let after = world.picture();
        for (name, person) in &mut before.people {
            person.2 = after.people[name].2;
        }
        prop_assert_eq!(before, after);
    }

    #[test]
    fn undoing_a_merge_later_gives_back_what_was_merged_and_leaves_the_rest(
        events in events(FEW, MOST),
        two in (any::<usize>(), any::<usize>()),
        choice in choice(),
        later in events(FEW, 8),
    ) {
        let mut world = live(&events, |_, _, _, _| ());
        let Some(plan) = plan(&world, two, choice) else { return Ok(()) };
        let merged = keys_of(&world, plan.from);
        world.sessions.clear();
        world.merge(&plan);
        let at = world.merges.len();
        for event in later {
            world.live(event, FEW);
        }
        let made_later = &keys_of(&world, world.survivor(plan.into)) - &merged;
        let undone = world.live(Event::Undo { merge: world.merges.len() - at }, FEW);

        if undone == Outcome::Done {
            prop_assert_eq!(keys_of(&world, plan.from), merged);
            prop_assert_eq!(keys_of(&world, plan.into), made_later);
        }
    }

    #[test]
    fn merging_three_accounts_ends_with_the_same_keys_in_any_order(three in three()) {
        let mut ends = BTreeSet::new();
        for [a, b, c] in [[0, 1, 2], [1, 2, 0], [0, 2, 1]] {
            let mut world = world_of(&three);
            let users = world.active();
            let pairs = [[users[a], users[b]], [users[a], users[c]]];
            let is_one = pairs.iter().all(|[one, other]| {
                let [one, other] = [one, other].map(|user| world.survivor(*user));
                // The smaller number and the smaller external id are kept, whichever account has them.
                let smaller = |field: fn(&domain::Account) -> Option<String>| {
                    field(&world.account(one)) <= field(&world.account(other))
                };
                let choice = Choice {
                    survivor: None,
                    phone: smaller(|account| account.phone.as_ref().map(|number| number.e164().to_owned())),
                    external_id: smaller(|account| account.external_id.as_ref().map(ToString::to_string)),
                };
                let plan = plan_of(&world, [one, other], choice);
                plan.is_some_and(|plan| { world.merge(&plan); true })
            });
            let keys: BTreeSet<String> = keys(&world).into_iter().map(|(key, _)| key).collect();
            let left = world.active();
            ends.insert(is_one.then(|| (keys, left.len(), world.people[&left[0]].external_id.clone())));
        }

        prop_assert_eq!(ends.len(), 1, "{:?}", ends);
    }
}

#[test]
fn the_events_are_such_that_everything_is_done_and_everything_is_refused() {
    let mut runner = TestRunner::deterministic();
    let mut counts: BTreeMap<(String, bool), usize> = BTreeMap::new();

    for _ in 0..300 {
        let events = events(FEW, MOST).new_tree(&mut runner).expect("events").current();
        live(&events, |_, event, outcome, _| {
            let kind = format!("{event:?}").chars().take_while(|c| c.is_alphabetic()).collect();
            *counts.entry((kind, outcome == Outcome::Done)).or_default() += 1;
        });
    }

    let always = ["Login", "Order", "Wait"];
    let often = |kind: &str, done| counts.get(&(kind.to_owned(), done)).is_some_and(|count| *count >= 30);
    for kind in ["Add", "Import", "Login", "Merge", "Order", "Prove", "Unbind", "Undo", "Unlink", "Wait"] {
        assert!(often(kind, true) && (always.contains(&kind) || often(kind, false)), "{kind} in {counts:?}");
    }
}

fn keys_of(world: &World, user: UserId) -> BTreeSet<(Option<OpenKey>, Option<UnionKey>)> {
    let links = world.links.iter().filter(|(_, owner)| **owner == Some(user)).map(|(key, _)| (Some(key.clone()), None));
    let unions = world.unions.iter().filter(|(_, owner)| **owner == user).map(|(key, _)| (None, Some(key.clone())));
    links.chain(unions).collect()
}

/// A merge that two of the active accounts could choose.
fn plan(world: &World, (one, other): (usize, usize), choice: Choice) -> Option<Plan> {
    let active = world.active();
    let pick = |at: usize| active[at % active.len()];
    if active.len() < 2 || pick(one) == pick(other) {
        return None;
    }
    plan_of(world, [pick(one), pick(other)], choice)
}

fn plan_of(world: &World, users: [UserId; 2], choice: Choice) -> Option<Plan> {
    let sides = users.map(|user| world.side(user));
    let clashes = domain::merge::preview(&sides[0], &sides[1]).clashes;
    domain::merge::plan(&sides[0], &sides[1], &choices(&clashes, choice, users)).ok()
}

/// Three accounts, and which of them owns each of the five apps, the two scopes and the phones.
#[derive(Debug, Clone)]
struct Three {
    apps: Vec<Option<usize>>,
    unions: Vec<Option<usize>>,
    phones: Vec<bool>,
    members: Vec<bool>,
}

fn three() -> impl Strategy<Value = Three> {
    let owners = |count| vec(of(0..3_usize), count);
    (owners(APPS), owners(2), vec(any::<bool>(), 3), vec(any::<bool>(), 3))
        .prop_map(|(apps, unions, phones, members)| Three { apps, unions, phones, members })
}

fn world_of(three: &Three) -> World {
    let mut world = World::new();
    let users: Vec<UserId> = (0..3)
        .map(|at| {
            world.tick();
            world.create(three.members[at].then(|| model::external_id(at)), world.now)
        })
        .collect();
    for (at, owner) in three.apps.iter().enumerate() {
        world.links.extend(owner.map(|owner| (model::open_key(at, owner), Some(users[owner]))));
    }
    for (scope, owner) in ["hemu", "tea"].into_iter().zip(&three.unions) {
        let key = |owner: usize| UnionKey {
            scope: scope.parse().expect("a scope"),
            union_id: format!("u{owner}").parse().expect("a union id"),
        };
        world.unions.extend(owner.map(|owner| (key(owner), users[owner])));
    }
    for at in (0..3).filter(|at| three.phones[*at]) {
        let held =
            Number { user: users[at], kept_until: None, last_proof_at: None, is_quick: false, is_verified: false };
        world.numbers.insert(model::number(at), held);
    }
    world
}
