//! Applies the events of a person's choices to the model: merges, undos, removed credentials.

use domain::link::remove::{self, Credential};
use domain::merge::{self, Choices, Confirmation, Field, Plan, SecondProof};
use domain::{AppId, UserId};

use super::event::Choice;
use super::{APPS, Merge, Number, Outcome, World, app, scope_of};

impl World {
    /// R8, with proof of both accounts.
    pub(super) fn merge_by_choice(&mut self, session: usize, other: usize, choice: Choice) -> Outcome {
        let user = self.sessions[session].user;
        let active = self.active();
        let other = active[other % active.len()];
        if other == user {
            return Outcome::Nothing;
        }
        let Some(plan) = self.plan(session, other, choice) else { return Outcome::Refused };
        self.merge(&plan);
        self.end_sessions(&[plan.from, plan.into], Some(session));
        self.sessions[session].user = plan.into;
        Outcome::Done
    }

    /// The merge plan for the choice; `None` if the rules refuse it.
    fn plan(&self, session: usize, other: UserId, choice: Choice) -> Option<Plan> {
        let user = self.sessions[session].user;
        let standing = self.standing(session, user).and(self.people[&other].cooling_until);
        merge::may_confirm(&Confirmation { standing, second_proof: SecondProof::NotNeeded }, &self.policy).ok()?;
        let (own, others) = (self.side(user), self.side(other));
        merge::plan(&own, &others, &choices(&merge::preview(&own, &others).clashes, choice, [user, other])).ok()
    }

    /// Merges two accounts.
    pub(crate) fn merge(&mut self, plan: &Plan) {
        let (from, into) = (plan.from, plan.into);
        assert!(self.is_active(from) && self.is_active(into) && from != into, "only two active accounts are merged");
        let links: Vec<_> =
            self.links.iter().filter(|(_, owner)| **owner == Some(from)).map(|(key, _)| key.clone()).collect();
        let unions: Vec<_> =
            self.unions.iter().filter(|(_, owner)| **owner == from).map(|(key, _)| key.clone()).collect();
        self.give(&links, &unions, into);
        let is_taken = |field| plan.taken.contains(&field);
        let phone = |user| self.phone_of(user).map(|(number, held)| (number.clone(), held.clone()));
        let (of_from, of_into) = (phone(from), phone(into));
        let (moved, ended) = if is_taken(Field::Phone) { (of_from, of_into) } else { (None, of_from) };
        if let Some((number, _)) = &ended {
            self.numbers.remove(number);
        }
        if let Some((number, held)) = &moved {
            self.numbers.insert(number.clone(), Number { user: into, ..held.clone() });
        }
        let [of_from, of_into] = [from, into].map(|user| self.people[&user].clone());
        let [left, stays] = if is_taken(Field::ExternalId) { [&of_into, &of_from] } else { [&of_from, &of_into] };
        let external_ids = [&of_from, &of_into, stays].map(|person| person.external_id.clone());
        self.person(from).external_id.clone_from(&left.external_id);
        self.person(into).external_id.clone_from(&stays.external_id);
        self.person(from).merged_into = Some(into);
        self.person(into).cooling_until = of_into.cooling_until.max(of_from.cooling_until);
        let (at, phone) = (self.now, moved.map(|(number, _)| number));
        self.merges.push(Merge { from, into, at, links, unions, phone, ended, external_ids, is_undone: false });
    }

    /// R8: restores everything that the journal says was moved, or nothing.
    pub(super) fn undo(&mut self, back: usize) -> Outcome {
        let Some(at) = self.merges.len().checked_sub(1 + back) else { return Outcome::Nothing };
        let merge = self.merges[at].clone();
        if !merge::may_undo(merge.at, self.now) || !self.can_undo(&merge) {
            return Outcome::Refused;
        }
        let Merge { from, into, .. } = merge;
        self.give(&merge.links, &merge.unions, from);
        if let Some(held) = merge.phone.and_then(|number| self.numbers.get_mut(&number)) {
            held.user = from;
        }
        if let Some((number, held)) = merge.ended {
            self.numbers.insert(number, held);
        }
        let [of_from, of_into, _] = merge.external_ids;
        self.person(from).external_id = of_from;
        self.person(into).external_id = of_into;
        self.person(from).merged_into = None;
        self.merges[at].is_undone = true;
        self.end_sessions(&[from, into], None);
        Outcome::Done
    }

    /// Whether everything that was moved is still where it was moved to, and the number that was ended is still free.
    fn can_undo(&self, merge: &Merge) -> bool {
        let Merge { from, into, .. } = *merge;
        let is_free =
            |held: &Number| self.is_over(held) || (held.kept_until.is_some() && self.survivor(held.user) == into);
        !merge.is_undone
            && self.is_active(into)
            && self.people[&from].merged_into == Some(into)
            && merge.links.iter().all(|key| self.links[key] == Some(into))
            && merge.unions.iter().all(|key| self.unions.get(key) == Some(&into))
            && merge.phone.as_ref().is_none_or(|number| self.phone_of(into).is_some_and(|(is, _)| is == number))
            && merge.ended.as_ref().is_none_or(|(number, _)| self.numbers.get(number).is_none_or(is_free))
            && self.people[&into].external_id == merge.external_ids[2]
    }

    fn give(&mut self, links: &[domain::OpenKey], unions: &[domain::UnionKey], user: UserId) {
        for key in links {
            self.links.insert(key.clone(), Some(user));
        }
        for key in unions {
            self.unions.insert(key.clone(), user);
        }
    }

    /// R7.
    pub(super) fn unbind(&mut self, session: usize) -> Outcome {
        let account = self.account(self.sessions[session].user);
        if remove::decide(&account, Credential::Phone, &self.standing(session, account.id), &self.policy).is_err() {
            return Outcome::Refused;
        }
        self.numbers.retain(|number, _| Some(number) != account.phone.as_ref());
        self.end_sessions(&[account.id], Some(session));
        Outcome::Done
    }

    /// R7. The open id stays, without an owner, because its orders reference it.
    pub(super) fn unlink(&mut self, session: usize, at: usize) -> Outcome {
        let account = self.account(self.sessions[session].user);
        let gone = app(at);
        if remove::decide(&account, Credential::OpenId(&gone), &self.standing(session, account.id), &self.policy)
            .is_err()
        {
            return Outcome::Refused;
        }
        for (key, owner) in &mut self.links {
            if key.app == gone && *owner == Some(account.id) {
                *owner = None;
            }
        }
        let scopes: Vec<_> = (0..APPS).map(|at| (app(at), scope_of(at))).collect();
        let scope_of =
            |wanted: &AppId| scopes.iter().find(|(app, _)| app == wanted).and_then(|(_, scope)| scope.as_ref());
        if let Some(key) = remove::union_to_go(&account, &gone, scope_of) {
            self.unions.remove(key);
        }
        self.end_sessions(&[account.id], Some(session));
        Outcome::Done
    }
}

/// The choice, for the conflicting fields only. The caller's own account comes first.
pub(crate) fn choices(clashes: &[Field], choice: Choice, users: [UserId; 2]) -> Choices {
    let whose = |own: bool| users[usize::from(!own)];
    let keep = |field: &Field| match field {
        Field::Phone => (*field, whose(choice.phone)),
        Field::ExternalId | Field::Nickname | Field::AvatarUrl => (*field, whose(choice.external_id)),
    };
    Choices { survivor: choice.survivor.map(whose), keep: clashes.iter().map(keep).collect() }
}
