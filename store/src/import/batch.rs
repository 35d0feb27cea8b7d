//! Plans a batch in memory: decides each row after the earlier ones and collects what has to be written. `picture`
//! reads before, `write` writes afterwards.

use std::collections::BTreeSet;

use domain::import::{Decision, ImportRefusal, Keys, decide};
use domain::{Account, LinkId, PhoneId, PhoneNumber, Rule, Timestamp, UnionKey, UserId};
use entities::user::{self, Status};
use entities::{open_id, phone, union_id};

use super::picture::{Key, Person, Picture, Place};
use super::{Imported, ImportedUser, Named};
use crate::database::row_id;
use crate::history::{Change, Entry, Evidence, ImportedLink};
use crate::key::Vault;
use crate::{Actor, StoreError};

/// The plan of a batch.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    vault: &'a Vault,
    pub(super) picture: Picture,
    /// Accounts that differ from the database.
    pub(super) changed: BTreeSet<UserId>,
    pub(super) outcomes: Vec<Imported>,
    pub(super) users: Vec<user::Model>,
    pub(super) joins: Vec<Join>,
    pub(super) completed: Vec<Completion>,
    pub(super) phones: Vec<phone::Model>,
    pub(super) freed: Vec<PhoneId>,
    pub(super) proofs: Vec<(UserId, PhoneNumber, Timestamp)>,
    pub(super) claims: Vec<(LinkId, UserId)>,
    pub(super) open_ids: Vec<open_id::Model>,
    pub(super) union_ids: Vec<union_id::Model>,
    pub(super) journal: Vec<Entry>,
    /// Existing accounts that get a key. Their sessions end.
    pub(super) keyed: BTreeSet<UserId>,
}

/// A shell that is merged into an account.
#[derive(Debug)]
pub(super) struct Join {
    pub(super) from: UserId,
    pub(super) into: UserId,
    pub(super) evidence: Evidence,
}

/// The values that an account lacked.
#[derive(Debug)]
pub(super) struct Completion {
    pub(super) user: UserId,
    pub(super) nickname: Option<String>,
    pub(super) external_id: Option<domain::ExternalId>,
}

/// What an account was given.
struct Given {
    has_keys: bool,
    has_details: bool,
    change: Change,
}

impl<'a> Batch<'a> {
    /// Plans all rows.
    pub(super) fn plan(
        picture: Picture,
        users: &[ImportedUser],
        (vault, now): (&'a Vault, Timestamp),
    ) -> Result<Self, StoreError> {
        let mut batch = Self::new(vault, picture);
        for user in users {
            let outcome = batch.enter(user, now)?;
            batch.outcomes.push(outcome);
        }
        Ok(batch)
    }

    fn new(vault: &'a Vault, picture: Picture) -> Self {
        Self {
            vault,
            picture,
            changed: BTreeSet::new(),
            outcomes: Vec::new(),
            users: Vec::new(),
            joins: Vec::new(),
            completed: Vec::new(),
            phones: Vec::new(),
            freed: Vec::new(),
            proofs: Vec::new(),
            claims: Vec::new(),
            open_ids: Vec::new(),
            union_ids: Vec::new(),
            journal: Vec::new(),
            keyed: BTreeSet::new(),
        }
    }

    /// Returns the existing accounts that change.
    pub(super) fn concerned(&self) -> BTreeSet<UserId> {
        let joined = self.joins.iter().map(|join| join.from);
        let new: BTreeSet<UserId> = self.users.iter().map(|row| row.id).collect();
        self.changed.iter().copied().chain(joined).filter(|id| !new.contains(id)).collect()
    }

    fn enter(&mut self, user: &ImportedUser, now: Timestamp) -> Result<Imported, StoreError> {
        let keys = user.keys();
        let owners = self.picture.owners_of(&keys);
        match decide(&keys, &owners) {
            Decision::LeaveClosed => {
                let place = self.picture.places.get(&Key::External(keys.external_id)).and_then(|place| place.owner());
                let closed = place.ok_or_else(|| StoreError::corrupt("users", "a closed account has no row"))?;
                Ok(Imported::Unchanged(closed))
            }
            Decision::Create => {
                let id = self.create(user, now);
                let given = self.give(id, (user, &keys), now)?;
                self.note(id, user, given.change);
                Ok(Imported::Created(id))
            }
            Decision::Complete { user: id, joins } => {
                for from in &joins {
                    self.join(*from, id, user)?;
                }
                let given = self.give(id, (user, &keys), now)?;
                let is_changed = given.has_keys || given.has_details;
                if is_changed {
                    self.note(id, user, given.change);
                }
                if given.has_keys {
                    self.keyed.insert(id);
                }
                Ok(match (joins.is_empty(), is_changed) {
                    (false, _) => Imported::Joined { into: id, from: joins },
                    (true, true) => Imported::Updated(id),
                    (true, false) => Imported::Unchanged(id),
                })
            }
            Decision::Refuse(ImportRefusal { clash, other }) => {
                let named = |id| Named { user: id, external_id: self.external_id(id) };
                Ok(Imported::Refused { clash, other: other.map(named) })
            }
        }
    }

    fn external_id(&self, id: UserId) -> Option<domain::ExternalId> {
        self.picture.people.get(&id).and_then(|person| person.account.external_id.clone())
    }

    fn create(&mut self, user: &ImportedUser, now: Timestamp) -> UserId {
        let created_at = user.created_at.unwrap_or(now);
        let id = UserId::new(created_at);
        self.users.push(user::Model {
            id,
            status: Status::Active,
            merged_into: None,
            nickname: user.nickname.clone(),
            avatar_url: None,
            own_nickname: None,
            own_avatar_url: None,
            external_id: Some(user.external_id.clone()),
            cooling_until: None,
            created_at,
            updated_at: now,
        });
        let account = Account {
            id,
            created_at,
            apps: Vec::new(),
            cancelled: Vec::new(),
            unions: Vec::new(),
            phone: None,
            external_id: Some(user.external_id.clone()),
            has_orders: false,
        };
        let has_nickname = user.nickname.is_some();
        let person = Person { account, is_active: true, has_nickname, proved_at: None, went_into: None };
        self.picture.people.insert(id, person);
        self.picture.places.insert(Key::External(user.external_id.clone()), Place::Of(id));
        self.changed.insert(id);
        id
    }

    fn join(&mut self, from: UserId, into: UserId, user: &ImportedUser) -> Result<(), StoreError> {
        let gone = self.person(from)?.clone();
        self.person(from)?.went_into = Some(into);
        let kept = self.person(into)?;
        kept.account.apps.extend(gone.account.apps);
        kept.account.cancelled.extend(gone.account.cancelled);
        kept.account.unions.extend(gone.account.unions);
        kept.has_nickname |= gone.has_nickname;
        self.joins.push(Join { from, into, evidence: evidence(user) });
        self.changed.extend([from, into]);
        self.keyed.extend([from, into]);
        Ok(())
    }

    /// Gives the account the free keys and values that it lacks.
    fn give(&mut self, id: UserId, (user, keys): (&ImportedUser, &Keys), now: Timestamp) -> Result<Given, StoreError> {
        let links = self.give_open_ids(id, keys, now)?;
        let unions = self.give_union_ids(id, keys, now)?;
        let phone = self.give_phone(id, user, now)?;
        let has_external_id = self.give_external_id(id, user)?;
        let is_younger = self.renew_proof(id, user)?;
        let is_named = self.give_nickname(id, user)?;
        Ok(Given {
            has_keys: phone.is_some() || has_external_id || !links.is_empty() || !unions.is_empty(),
            has_details: is_younger || is_named,
            change: Change::Imported { phone, links, unions },
        })
    }

    fn note(&mut self, id: UserId, user: &ImportedUser, change: Change) {
        self.changed.insert(id);
        let (rule, actor, evidence) = (Rule::Import, Actor::Import, evidence(user));
        self.journal.push(Entry { user: id, other: None, rule, actor, evidence, change });
    }

    fn give_open_ids(&mut self, id: UserId, keys: &Keys, now: Timestamp) -> Result<Vec<ImportedLink>, StoreError> {
        let mut given = Vec::new();
        for key in &keys.open_ids {
            let place = self.picture.places.get(&Key::Open(key.clone())).copied();
            let claimed = match place {
                Some(Place::Of(_)) => continue,
                Some(Place::Unclaimed(link)) => {
                    self.claims.push((link, id));
                    true
                }
                None => {
                    self.open_ids.push(open_id::Model {
                        id: LinkId::new(now),
                        app: key.app.clone(),
                        open_id: key.open_id.clone(),
                        user_id: Some(id),
                        nickname: None,
                        avatar_url: None,
                        nickname_at: None,
                        avatar_url_at: None,
                        created_at: now,
                        linked_at: Some(now),
                        last_login_at: None,
                        follows: None,
                        follows_since: None,
                        cancelled_at: None,
                    });
                    false
                }
            };
            self.picture.places.insert(Key::Open(key.clone()), Place::Of(id));
            let account = &mut self.person(id)?.account;
            account.apps.push(key.app.clone());
            // A link left by an order brings its orders.
            account.has_orders |= claimed;
            given.push(ImportedLink { app: key.app.clone(), open_id: key.open_id.clone(), claimed });
        }
        Ok(given)
    }

    fn give_union_ids(&mut self, id: UserId, keys: &Keys, now: Timestamp) -> Result<Vec<UnionKey>, StoreError> {
        let mut given = Vec::new();
        for key in &keys.union_ids {
            if self.picture.places.contains_key(&Key::Union(key.clone())) {
                continue;
            }
            let (scope, union_id) = (key.scope.clone(), key.union_id.clone());
            self.union_ids.push(union_id::Model { id: row_id(now), scope, union_id, user_id: id, created_at: now });
            self.picture.places.insert(Key::Union(key.clone()), Place::Of(id));
            self.person(id)?.account.unions.push(key.clone());
            given.push(key.clone());
        }
        Ok(given)
    }

    fn give_phone(&mut self, id: UserId, user: &ImportedUser, now: Timestamp) -> Result<Option<PhoneId>, StoreError> {
        let Some(number) = &user.phone else { return Ok(None) };
        let person = self.person(id)?;
        if person.account.phone.is_some() {
            return Ok(None);
        }
        person.account.phone = Some(number.clone());
        person.proved_at = user.last_proof_at;
        self.freed.extend(self.picture.expired.remove(number));
        let row = phone::Model { last_proof_at: user.last_proof_at, ..self.vault.new_phone(id, number, now) };
        let given = row.id;
        self.phones.push(row);
        self.picture.places.insert(Key::Phone(number.clone()), Place::Of(id));
        Ok(Some(given))
    }

    /// Sets the external id of an account that was found by an openId or a unionId.
    fn give_external_id(&mut self, id: UserId, user: &ImportedUser) -> Result<bool, StoreError> {
        let key = Key::External(user.external_id.clone());
        if self.picture.places.contains_key(&key) {
            return Ok(false);
        }
        self.person(id)?.account.external_id = Some(user.external_id.clone());
        self.picture.places.insert(key, Place::Of(id));
        self.completed.push(Completion { user: id, nickname: None, external_id: Some(user.external_id.clone()) });
        Ok(true)
    }

    /// Updates the proof time if the imported one is later.
    fn renew_proof(&mut self, id: UserId, user: &ImportedUser) -> Result<bool, StoreError> {
        let (Some(number), Some(proved_at)) = (&user.phone, user.last_proof_at) else { return Ok(false) };
        let person = self.person(id)?;
        if person.proved_at.is_some_and(|known| proved_at <= known) {
            return Ok(false);
        }
        person.proved_at = Some(proved_at);
        self.proofs.push((id, number.clone(), proved_at));
        Ok(true)
    }

    /// Sets the nickname only if the account has none. An import does not overwrite what a person chose.
    fn give_nickname(&mut self, id: UserId, user: &ImportedUser) -> Result<bool, StoreError> {
        let person = self.person(id)?;
        if person.has_nickname || user.nickname.is_none() {
            return Ok(false);
        }
        person.has_nickname = true;
        self.completed.push(Completion { user: id, nickname: user.nickname.clone(), external_id: None });
        Ok(true)
    }

    fn person(&mut self, id: UserId) -> Result<&mut Person, StoreError> {
        let person = self.picture.people.get_mut(&id);
        person.ok_or_else(|| StoreError::corrupt("users", format!("{id} has a key but no row")))
    }
}

/// Returns the evidence of an imported row.
fn evidence(user: &ImportedUser) -> Evidence {
    Evidence {
        external_id: Some(user.external_id.clone()),
        phone: user.phone.as_ref().map(Into::into),
        open_ids: Some(user.open_ids.clone()),
        union_ids: Some(user.union_ids.clone()),
        ..Evidence::default()
    }
}
