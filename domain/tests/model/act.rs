//! Applies events that prove an identity to the model: reads the maps, calls the rules, writes the maps.

use chrono::TimeDelta;
use domain::link::add::{self, Addition};
use domain::login::{self, Act, Proof};
use domain::merge::Plan;
use domain::phone::{self, Binding, NumberProof, Request};
use domain::{Conflict, ExternalId, PhoneNumber, Timestamp, UserId};

use super::event::{Crowd, Event, LoginProof, Manner};
use super::{Number, Outcome, Person, Session, World};

impl World {
    /// Applies the event.
    pub(crate) fn live(&mut self, event: Event, crowd: Crowd) -> Outcome {
        self.tick();
        match event {
            Event::Login(told) => {
                self.log_in(told, crowd);
                Outcome::Done
            }
            Event::Add { session, told } => self.with_session(session, |world, at| world.add(at, told, crowd)),
            Event::Prove { session, number, manner } => {
                self.with_session(session, |world, at| world.prove(at, &super::number(number), manner))
            }
            Event::Unbind { session } => self.with_session(session, Self::unbind),
            Event::Unlink { session, app } => self.with_session(session, |world, at| world.unlink(at, app)),
            Event::Merge { session, other, choice } => {
                self.with_session(session, |world, at| world.merge_by_choice(at, other, choice))
            }
            Event::Undo { merge } => self.undo(merge),
            Event::Import { member, number, proved_days_ago } => {
                let proved_at = proved_days_ago.map(|days| self.now.minus(TimeDelta::days(days)));
                self.import(&super::external_id(member), number.map(super::number), proved_at)
            }
            Event::Order { app, person, order, status: _ } => self.order(app, person, order),
            Event::Wait { hours } => {
                self.now = self.now.plus(TimeDelta::hours(hours));
                let now = self.now;
                self.numbers.retain(|_, held| held.kept_until.is_none_or(|until| now < until));
                Outcome::Done
            }
        }
    }

    fn with_session(&mut self, back: usize, act: impl FnOnce(&mut Self, usize) -> Outcome) -> Outcome {
        match self.session(back) {
            Some(at) if self.sessions[at].is_open => act(self, at),
            Some(_) | None => Outcome::Nothing,
        }
    }

    /// R1, R1b, R1c, R2, R3, R5 and R9.
    pub(crate) fn log_in(&mut self, told: LoginProof, crowd: Crowd) -> UserId {
        let proof = super::proof(told, crowd);
        let decision = login::decide(&self.known(&proof), &proof, told.bound);
        let user = match decision.act {
            Act::SignIn(user) => user,
            Act::AttachUnionId(user) => {
                self.attach_union(user, &proof);
                user
            }
            Act::AttachOpenId(user) => {
                self.attach_link(user, &proof);
                user
            }
            Act::Create { with_union } => {
                let user = self.create(None, self.now);
                self.attach_link(user, &proof);
                if with_union {
                    self.attach_union(user, &proof);
                }
                user
            }
            Act::Merge { from, into } => {
                self.merge(&Plan::join(&self.side(from), &self.side(into)));
                self.end_sessions(&[from, into], None);
                into
            }
        };
        assert!(self.is_active(user), "a login ends in an active account");
        check_case(user, decision.conflict.as_ref());
        self.sessions.push(Session { user, bound: told.bound, signed_in_at: self.now, is_open: true });
        user
    }

    pub(crate) fn create(&mut self, external_id: Option<ExternalId>, created_at: Timestamp) -> UserId {
        let user = UserId::new(created_at);
        let person = Person { created_at, merged_into: None, external_id, cooling_until: None };
        self.people.insert(user, person);
        user
    }

    fn attach_link(&mut self, user: UserId, proof: &Proof) {
        let before = self.links.insert(proof.key.clone(), Some(user));
        assert!(matches!(before, None | Some(None)), "an open id is taken from no account");
    }

    fn attach_union(&mut self, user: UserId, proof: &Proof) {
        if let Some(key) = proof.union.clone() {
            assert_eq!(self.unions.insert(key, user), None, "a union id is taken from no account");
        }
    }

    /// R13.
    fn add(&mut self, session: usize, told: LoginProof, crowd: Crowd) -> Outcome {
        let proof = super::proof(told, crowd);
        let user = self.sessions[session].user;
        let (caller, standing) = (self.account(user), self.standing(session, user));
        let request = add::Request { caller, standing, added: told.bound };
        let with_union = match add::decide(&request, &self.known(&proof), &proof, &self.policy) {
            Addition::Known { with_union: false } => return Outcome::Done,
            Addition::Known { with_union: true } => true,
            Addition::Attach { with_union } => {
                self.attach_link(user, &proof);
                with_union
            }
            Addition::Refuse { conflict, offer, .. } => {
                check_case(user, conflict.as_ref());
                assert!(offer.is_none_or(|offer| offer.other != user), "an account is not merged with itself");
                return Outcome::Refused;
            }
        };
        if with_union {
            self.attach_union(user, &proof);
        }
        self.end_sessions(&[user], Some(session));
        Outcome::Done
    }

    /// R4 and R6.
    fn prove(&mut self, session: usize, number: &PhoneNumber, manner: Manner) -> Outcome {
        let user = self.sessions[session].user;
        let request = Request {
            caller: self.account(user),
            standing: self.standing(session, user),
            number: number.clone(),
            proof: manner.proof,
            purpose: manner.purpose,
            claim: manner.claim,
            owner: self.owner(number, manner.line),
        };
        match phone::decide(&request, &self.policy) {
            Binding::Renew { counts: false } => {}
            Binding::Renew { counts: true } => self.renew(number, user),
            Binding::Bind | Binding::Change => {
                self.replace_phone(user, number, manner.proof);
                self.end_sessions(&[user], Some(session));
            }
            Binding::TakeOver { from } => {
                let taken = self.numbers.remove(number);
                assert_eq!(
                    taken.map(|held| self.survivor(held.user)),
                    Some(from),
                    "the number is taken from its owner"
                );
                self.replace_phone(user, number, manner.proof);
                let cooling_until = Some(self.now.plus(TimeDelta::hours(24)));
                self.person(user).cooling_until = cooling_until;
                self.end_sessions(&[user, from], Some(session));
            }
            Binding::Join { from, into } => {
                self.merge(&Plan::join(&self.side(from), &self.side(into)));
                self.renew(number, into);
                self.end_sessions(&[from, into], Some(session));
                self.sessions[session].user = into;
            }
            Binding::Refuse { conflict, offer, .. } => {
                check_case(user, conflict.as_ref());
                assert!(offer.is_none_or(|offer| offer.other != user), "an account is not merged with itself");
                return Outcome::Refused;
            }
        }
        Outcome::Done
    }

    fn renew(&mut self, number: &PhoneNumber, user: UserId) {
        let now = self.now;
        let held = self.numbers.get_mut(number).expect("a renewed number has an owner");
        assert_eq!((held.user, held.kept_until), (user, None), "the number is renewed for its owner");
        held.last_proof_at = Some(now);
        held.is_verified = true;
    }

    /// Keeps the current phone for a while and replaces it with the new one.
    fn replace_phone(&mut self, user: UserId, number: &PhoneNumber, proof: NumberProof) {
        let kept_until = Some(self.now.plus(TimeDelta::hours(72)));
        let old = self.phone_of(user).map(|(number, _)| number.clone());
        if let Some(held) = old.and_then(|old| self.numbers.get_mut(&old)) {
            held.kept_until = kept_until;
        }
        let is_strong = !proof.is_weak();
        let new = Number {
            user,
            kept_until: None,
            last_proof_at: is_strong.then_some(self.now),
            is_quick: !is_strong,
            is_verified: is_strong,
        };
        if let Some(before) = self.numbers.insert(number.clone(), new) {
            let was_kept_for_user = before.kept_until.is_some() && self.survivor(before.user) == user;
            assert!(was_kept_for_user || self.is_over(&before), "the number is taken from no other account");
        }
    }

    fn import(&mut self, id: &ExternalId, number: Option<PhoneNumber>, proved_at: Option<Timestamp>) -> Outcome {
        let known = self.people.iter().find(|(_, person)| person.external_id.as_ref() == Some(id));
        let known = known.map(|(user, _)| self.survivor(*user));
        let phone = known.and_then(|user| self.phone_of(user)).map(|(number, _)| number.clone());
        let brings_phone = match (&phone, &number) {
            (Some(known), Some(told)) if known != told => return Outcome::Refused,
            (Some(_), _) | (None, None) => false,
            (None, Some(_)) => true,
        };
        if brings_phone && number.as_ref().is_some_and(|number| self.numbers.contains_key(number)) {
            return Outcome::Refused;
        }
        let user = known.unwrap_or_else(|| self.create(Some(id.clone()), imported_at(self.now)));
        let Some(number) = number else { return Outcome::Done };
        if brings_phone {
            let new = Number { user, kept_until: None, last_proof_at: proved_at, is_quick: false, is_verified: false };
            assert_eq!(self.numbers.insert(number, new), None, "an import takes a number from no account");
            // The account got a key, so its sessions end.
            self.end_sessions(&[user], None);
        } else if let Some(held) = self.numbers.get_mut(&number) {
            held.last_proof_at = held.last_proof_at.max(proved_at);
        }
        Outcome::Done
    }

    fn order(&mut self, app: usize, person: usize, order: usize) -> Outcome {
        let key = super::open_key(app, person);
        self.links.entry(key.clone()).or_insert(None);
        self.orders.insert(super::order_no([app, person, order]), key);
        Outcome::Done
    }

    pub(super) fn person(&mut self, user: UserId) -> &mut Person {
        self.people.get_mut(&user).expect("no account is ever deleted")
    }
}

/// The creation time of an account that the company imports now.
pub(crate) fn imported_at(now: Timestamp) -> Timestamp {
    now.minus(TimeDelta::days(10_000))
}

fn check_case(user: UserId, conflict: Option<&Conflict>) {
    assert!(conflict.is_none_or(|conflict| conflict.other != Some(user)), "a case is between two accounts");
}
