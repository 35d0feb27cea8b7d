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

/// When every world begins.
pub(crate) const BEGIN: Timestamp = Timestamp::from_millis(1_760_000_000_000);
/// How many apps there are: three of one scope, one of another, one of none.
pub(crate) const APPS: usize = 5;
/// What every order costs.
pub(crate) const PRICE: i64 = 12_850;

const SCOPES: [Option<&str>; APPS] = [Some("hemu"), Some("hemu"), Some("hemu"), Some("tea"), None];

/// Everybody, and all that is known of them.
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
    /// Whose it is. Of a number that is kept, perhaps an account that has gone into another since.
    pub(crate) user: UserId,
    /// R4d: until when it is kept, of one that was changed away from.
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

/// What the journal knows of a merge.
#[derive(Debug, Clone)]
pub(crate) struct Merge {
    pub(crate) from: UserId,
    pub(crate) into: UserId,
    pub(crate) at: Timestamp,
    pub(crate) links: Vec<OpenKey>,
    pub(crate) unions: Vec<UnionKey>,
    pub(crate) phone: Option<PhoneNumber>,
    /// The phone that was not chosen, as it was.
    pub(crate) ended: Option<(PhoneNumber, Number)>,
    /// Of the one that went and of the one that stayed, before; and of the one that stayed, after.
    pub(crate) external_ids: [Option<ExternalId>; 3],
    pub(crate) is_undone: bool,
}

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was done.
    Done,
    /// A rule refused it.
    Refused,
    /// No account is concerned.
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

/// Reading a number is slow, and there are few.
pub(crate) fn number(at: usize) -> PhoneNumber {
    static NUMBERS: OnceLock<Vec<PhoneNumber>> = OnceLock::new();
    let read = |last| PhoneNumber::parse(&format!("138000000{last:02}")).expect("a number");
    NUMBERS.get_or_init(|| (0..64).map(read).collect())[at].clone()
}

/// What our server would have established.
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

    /// Who goes on in place of an account.
    pub(crate) fn survivor(&self, user: UserId) -> UserId {
        self.people[&user].merged_into.map_or(user, |into| self.survivor(into))
    }

    pub(crate) fn is_active(&self, user: UserId) -> bool {
        self.people[&user].merged_into.is_none()
    }

    /// The active people, the oldest first.
    pub(crate) fn active(&self) -> Vec<UserId> {
        let mut active: Vec<UserId> = self.people.keys().copied().filter(|user| self.is_active(*user)).collect();
        active.sort_by_key(|user| self.people[user].created_at);
        active
    }

    /// The number that is in use, with what is known of it.
    pub(crate) fn phone_of(&self, user: UserId) -> Option<(&PhoneNumber, &Number)> {
        self.numbers.iter().find(|(_, number)| number.user == user && number.kept_until.is_none())
    }

    /// An account, as the rules see it.
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

    /// How the person of a session stands who wants to change this account.
    pub(crate) fn standing(&self, session: usize, user: UserId) -> Standing {
        let Session { bound, signed_in_at, .. } = self.sessions[session];
        Standing { bound, signed_in_at, cooling_until: self.people[&user].cooling_until, now: self.now }
    }

    /// Was a number kept long enough?
    pub(crate) fn is_over(&self, held: &Number) -> bool {
        held.kept_until.is_some_and(|until| until <= self.now)
    }

    /// The session that was opened so many before the last one.
    pub(crate) fn session(&self, back: usize) -> Option<usize> {
        self.sessions.len().checked_sub(1 + back)
    }

    fn end_sessions(&mut self, users: &[UserId], except: Option<usize>) {
        for (at, session) in self.sessions.iter_mut().enumerate() {
            session.is_open &= !users.contains(&session.user) || Some(at) == except;
        }
    }

    /// Every event has a second of its own, by which what it made is known.
    pub(crate) fn tick(&mut self) {
        self.now = self.now.plus(TimeDelta::seconds(1));
    }
}
