//! A model of the tables: maps from keys to accounts, to which the rules' decisions are applied. The tests of the store run the same
//! events on the model and on every database, and compare.

pub(crate) mod act;
pub(crate) mod choose;
pub(crate) mod event;
pub(crate) mod picture;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::TimeDelta;
use domain::login::{Known, Link, Proof};
use domain::merge::Side;
use domain::order::OrderNo;
use domain::phone::{Line, Owner, Policy};
use domain::session::Standing;
use domain::{
    Account, AppId, Boundness, ExternalId, LinkId, OpenKey, OwnWords, PhoneNumber, Profile, Timestamp, UnionKey,
    UnionScope, UserId,
};

use event::{Crowd, LoginProof};

/// The time at which every world begins.
pub(crate) const BEGIN: Timestamp = Timestamp::from_millis(1_760_000_000_000);
/// The number of apps: three in one scope, one in another, one in none.
pub(crate) const APPS: usize = 5;
/// The total of every order.
pub(crate) const PRICE: i64 = 12_850;

const SCOPES: [Option<&str>; APPS] = [Some("hemu"), Some("hemu"), Some("hemu"), Some("tea"), None];

/// All people, and everything known about them.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) policy: Policy,
    pub(crate) people: BTreeMap<UserId, Person>,
    pub(crate) links: BTreeMap<OpenKey, Option<UserId>>,
    pub(crate) unions: BTreeMap<UnionKey, UserId>,
    pub(crate) numbers: BTreeMap<PhoneNumber, Number>,
    pub(crate) orders: BTreeMap<OrderNo, OpenKey>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) merges: Vec<Merge>,
}

#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) created_at: Timestamp,
    pub(crate) merged_into: Option<UserId>,
    pub(crate) external_id: Option<ExternalId>,
    pub(crate) cooling_until: Option<Timestamp>,
}

/// A number that is not free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number {
    /// The owner. For a kept number, possibly an account that was merged into another one since.
    pub(crate) user: UserId,
    /// R4d: until when the number is kept, if it was changed away from.
    pub(crate) kept_until: Option<Timestamp>,
    pub(crate) last_proof_at: Option<Timestamp>,
    pub(crate) is_quick: bool,
    pub(crate) is_verified: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) user: UserId,
    pub(crate) bound: Boundness,
    pub(crate) signed_in_at: Timestamp,
    pub(crate) is_open: bool,
}

/// The journal's record of a merge.
#[derive(Debug, Clone)]
pub(crate) struct Merge {
    pub(crate) from: UserId,
    pub(crate) into: UserId,
    pub(crate) at: Timestamp,
    pub(crate) links: Vec<OpenKey>,
    pub(crate) unions: Vec<UnionKey>,
    pub(crate) phone: Option<PhoneNumber>,
    /// The phone that was not chosen, in its former state.
    pub(crate) ended: Option<(PhoneNumber, Number)>,
    /// Those of the merged account and of the survivor before the merge, and that of the survivor after it.
    pub(crate) external_ids: [Option<ExternalId>; 3],
    pub(crate) is_undone: bool,
}

/// The outcome of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The event was applied.
    Done,
    /// A rule refused it.
    Refused,
    /// The event concerns no account.
    Nothing,
}

pub(crate) fn app(at: usize) -> AppId {
    format!("app{at}").parse().expect("an app id")
}

pub(crate) fn scope_of(at: usize) -> Option<UnionScope> {
    SCOPES[at].map(|scope| scope.parse().expect("a scope"))
}

pub(crate) fn open_key(app_at: usize, person: usize) -> OpenKey {
    OpenKey { app: app(app_at), open_id: format!("o{person}").parse().expect("an open id") }
}

pub(crate) fn order_no([app, person, order]: [usize; 3]) -> OrderNo {
    OrderNo::parse(&format!("N{app}-{person}-{order}")).expect("an order number")
}

pub(crate) fn external_id(member: usize) -> ExternalId {
    format!("C-{member}").parse().expect("an external id")
}

/// Parsing a number is slow and there are few, so they are cached.
pub(crate) fn number(at: usize) -> PhoneNumber {
    static NUMBERS: OnceLock<Vec<PhoneNumber>> = OnceLock::new();
    let read = |last| PhoneNumber::parse(&format!("138000000{last:02}")).expect("a number");
    NUMBERS.get_or_init(|| (0..64).map(read).collect())[at].clone()
}

/// The proof that the server would have established.
pub(crate) fn proof(told: LoginProof, crowd: Crowd) -> Proof {
    let union_id = |from: usize| format!("u{}", (told.person + from) % crowd.people).parse().expect("a union id");
    let union = scope_of(told.app).zip(told.union).map(|(scope, from)| UnionKey { scope, union_id: union_id(from) });
    Proof { key: open_key(told.app, told.person), union, profile: Profile::default() }
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            now: BEGIN,
            policy: Policy::default(),
            people: BTreeMap::new(),
            links: BTreeMap::new(),
            unions: BTreeMap::new(),
            numbers: BTreeMap::new(),
            orders: BTreeMap::new(),
            sessions: Vec::new(),
            merges: Vec::new(),
        }
    }

    /// The account that survives in place of this one.
    pub(crate) fn survivor(&self, user: UserId) -> UserId {
        self.people[&user].merged_into.map_or(user, |into| self.survivor(into))
    }

    pub(crate) fn is_active(&self, user: UserId) -> bool {
        self.people[&user].merged_into.is_none()
    }

    /// The active accounts, oldest first.
    pub(crate) fn active(&self) -> Vec<UserId> {
        let mut active: Vec<UserId> = self.people.keys().copied().filter(|user| self.is_active(*user)).collect();
        active.sort_by_key(|user| self.people[user].created_at);
        active
    }

    /// The account's number in use, with its details.
    pub(crate) fn phone_of(&self, user: UserId) -> Option<(&PhoneNumber, &Number)> {
        self.numbers.iter().find(|(_, number)| number.user == user && number.kept_until.is_none())
    }

    /// The account, as the rules see it.
    pub(crate) fn account(&self, id: UserId) -> Account {
        let of_user = |owner: &Option<UserId>| *owner == Some(id);
        let is_placed = |key: &OpenKey| self.orders.values().any(|placed| placed == key);
        let links: Vec<&OpenKey> = self.links.iter().filter(|(_, owner)| of_user(owner)).map(|(key, _)| key).collect();
        Account {
            id,
            created_at: self.people[&id].created_at,
            apps: links.iter().map(|key| key.app.clone()).collect(),
            cancelled: Vec::new(),
            unions: self.unions.iter().filter(|(_, owner)| **owner == id).map(|(key, _)| key.clone()).collect(),
            phone: self.phone_of(id).map(|(number, _)| number.clone()),
            external_id: self.people[&id].external_id.clone(),
            has_orders: links.into_iter().any(is_placed),
        }
    }

    pub(crate) fn side(&self, id: UserId) -> Side {
        let phone_is_verified = self.phone_of(id).is_some_and(|(_, number)| number.is_verified);
        Side {
            account: self.account(id),
            phone_is_verified,
            nickname: None,
            avatar_url: None,
            own: OwnWords::default(),
        }
    }

    pub(crate) fn known(&self, proof: &Proof) -> Known {
        let link = match self.links.get(&proof.key) {
            None => Link::New,
            Some(None) => Link::Unclaimed(LinkId::new(self.now)),
            Some(Some(owner)) => Link::Owned(self.account(*owner)),
        };
        let union_owner = proof.union.as_ref().and_then(|key| self.unions.get(key));
        Known { link, union_owner: union_owner.map(|owner| self.account(*owner)) }
    }

    pub(crate) fn owner(&self, number: &PhoneNumber, line: Line) -> Option<Owner> {
        let held = self.numbers.get(number).filter(|held| !self.is_over(held))?;
        Some(Owner {
            account: self.account(self.survivor(held.user)),
            is_kept: held.kept_until.is_some(),
            is_weak: held.is_quick && held.last_proof_at.is_none(),
            last_proof_at: held.last_proof_at,
            cooling_until: self.people[&self.survivor(held.user)].cooling_until,
            line,
        })
    }

    /// The standing of a session's person who wants to change this account.
    pub(crate) fn standing(&self, session: usize, user: UserId) -> Standing {
        let Session { bound, signed_in_at, .. } = self.sessions[session];
        Standing { bound, signed_in_at, cooling_until: self.people[&user].cooling_until, now: self.now }
    }

    /// Whether the retention of a kept number has ended.
    pub(crate) fn is_over(&self, held: &Number) -> bool {
        held.kept_until.is_some_and(|until| until <= self.now)
    }

    /// The session that was opened this many before the last one.
    pub(crate) fn session(&self, back: usize) -> Option<usize> {
        self.sessions.len().checked_sub(1 + back)
    }

    fn end_sessions(&mut self, users: &[UserId], except: Option<usize>) {
        for (at, session) in self.sessions.iter_mut().enumerate() {
            session.is_open &= !users.contains(&session.user) || Some(at) == except;
        }
    }

    /// Every event has its own second, which identifies what the event created.
    pub(crate) fn tick(&mut self) {
        self.now = self.now.plus(TimeDelta::seconds(1));
    }
}
