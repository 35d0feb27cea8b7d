//! Reads everything that a batch depends on: the owners of its keys and what else these accounts have. A dry run
//! overlays the effects of earlier batches.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::import::{Keys, Owner, Owners};
use domain::{
    Account, AppId, ExternalId, LinkId, OpenKey, PhoneId, PhoneNumber, Timestamp, UnionKey, UnionScope, UserId,
};
use entities::user::Status;
use entities::{open_id, phone, union_id, user};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::ImportedUser;
use crate::database::{has_key, is_one_of};
use crate::key::HashOf;
use crate::{StoreError, View};

/// Whether an upstream, an import or the person has named the account.
fn is_named(row: &user::Model) -> bool {
    row.nickname.is_some() || row.own_nickname.is_some()
}

/// A key of any kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    External(ExternalId),
    Phone(PhoneNumber),
    Open(OpenKey),
    Union(UnionKey),
}

/// The owner of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// No account: an order left the link.
    Unclaimed(LinkId),
    /// This account.
    Of(UserId),
}

/// An account that has one of the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) account: Account,
    pub(super) is_active: bool,
    pub(super) has_nickname: bool,
    pub(super) proved_at: Option<Timestamp>,
    /// The account that it was merged into meanwhile.
    pub(super) went_into: Option<UserId>,
}

/// The owners of the keys of a batch.
#[derive(Debug, Default)]
pub(super) struct Picture {
    pub(super) places: HashMap<Key, Place>,
    pub(super) people: HashMap<UserId, Person>,
    /// Kept numbers whose retention has ended. They are free, but their rows still reserve them.
    pub(super) expired: HashMap<PhoneNumber, PhoneId>,
}

impl Picture {
    /// Reads the database, with about ten queries for any number of rows.
    pub(super) async fn look(view: &View<'_>, users: &[ImportedUser], now: Timestamp) -> Result<Self, StoreError> {
        let mut picture = Self::default();
        picture.find_keys(view, users, now).await?;
        let owners = picture.owners();
        picture.find_people(view, &owners).await?;
        Ok(picture)
    }

    pub(super) async fn find_keys(
        &mut self,
        view: &View<'_>,
        users: &[ImportedUser],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.find_external_ids(view, users).await?;
        self.find_phones(view, users, now).await?;
        self.find_open_ids(view, users).await?;
        self.find_union_ids(view, users).await
    }

    /// Returns all accounts that have one of the keys.
    pub(super) fn owners(&self) -> Vec<UserId> {
        let owners: BTreeSet<UserId> = self.places.values().filter_map(|place| place.owner()).collect();
        owners.into_iter().collect()
    }

    async fn find_external_ids(&mut self, view: &View<'_>, users: &[ImportedUser]) -> Result<(), StoreError> {
        let wanted: HashSet<_> = users.iter().map(|user| user.external_id.clone()).collect();
        let named = is_one_of(view.db.get_database_backend(), user::Column::ExternalId, wanted);
        let rows = user::Entity::find().filter(named).all(&view.db).await?;
        for row in rows {
            // An alias leads to its survivor. A chain that ends at a closed account leads to that account.
            let went_on = match row.status {
                Status::Merged => crate::user::find(view, row.id).await?.map(|survivor| survivor.id),
                Status::Active | Status::Disabled | Status::Erased => None,
            };
            if let Some(external_id) = row.external_id {
                self.places.insert(Key::External(external_id), Place::Of(went_on.unwrap_or(row.id)));
            }
        }
        Ok(())
    }

    async fn find_phones(&mut self, view: &View<'_>, users: &[ImportedUser], now: Timestamp) -> Result<(), StoreError> {
        let hashed = |number: &PhoneNumber| (view.vault.hash(HashOf::ActivePhone, number), number.clone());
        let mut wanted: HashMap<Vec<u8>, PhoneNumber> =
            users.iter().filter_map(|user| user.phone.as_ref().map(hashed)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let numbered = is_one_of(view.db.get_database_backend(), phone::Column::ActiveHash, wanted.keys().cloned());
        let rows = phone::Entity::find().filter(numbered).all(&view.db).await?;
        for row in rows {
            let Some(number) = row.active_hash.and_then(|hash| wanted.remove(&hash)) else { continue };
            let is_kept = row.active_user.is_some() || row.kept_until.is_some_and(|until| now < until);
            if is_kept {
                self.places.insert(Key::Phone(number), Place::Of(row.user_id));
            } else {
                self.expired.insert(number, row.id);
            }
        }
        Ok(())
    }

    async fn find_open_ids(&mut self, view: &View<'_>, users: &[ImportedUser]) -> Result<(), StoreError> {
        use open_id::Column::{App, Id, OpenId};

        let mut wanted: BTreeMap<&AppId, HashSet<&domain::OpenId>> = BTreeMap::new();
        for key in users.iter().flat_map(|user| &user.open_ids) {
            wanted.entry(&key.app).or_default().insert(&key.open_id);
        }
        for (app, ids) in wanted {
            let keys = ids.into_iter().cloned();
            let with_key =
                has_key::<open_id::Entity>(view.db.get_database_backend(), [Id, App, OpenId], app.clone(), keys);
            let rows = open_id::Entity::find().filter(with_key);
            for row in rows.all(&view.db).await? {
                let place = row.user_id.map_or(Place::Unclaimed(row.id), Place::Of);
                self.places.insert(Key::Open(OpenKey { app: row.app, open_id: row.open_id }), place);
            }
        }
        Ok(())
    }

    async fn find_union_ids(&mut self, view: &View<'_>, users: &[ImportedUser]) -> Result<(), StoreError> {
        let mut wanted: BTreeMap<&UnionScope, HashSet<&domain::UnionId>> = BTreeMap::new();
        for key in users.iter().flat_map(|user| &user.union_ids) {
            wanted.entry(&key.scope).or_default().insert(&key.union_id);
        }
        for (scope, ids) in wanted {
            let rows = union_id::Entity::find().filter(union_id::Column::Scope.eq(scope.clone())).filter(is_one_of(
                view.db.get_database_backend(),
                union_id::Column::UnionId,
                ids.into_iter().cloned(),
            ));
            for row in rows.all(&view.db).await? {
                let key = UnionKey { scope: row.scope, union_id: row.union_id };
                self.places.insert(Key::Union(key), Place::Of(row.user_id));
            }
        }
        Ok(())
    }

    pub(super) async fn find_people(&mut self, view: &View<'_>, ids: &[UserId]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let accounts = crate::user::accounts(view, ids).await?;
        let among = || ids.iter().copied();
        let backend = view.db.get_database_backend();
        let with_phone = is_one_of(backend, phone::Column::ActiveUser, among());
        let phones = phone::Entity::find().filter(with_phone).all(&view.db).await?;
        let proofs: HashMap<_, _> = phones.into_iter().map(|row| (row.active_user, row.last_proof_at)).collect();
        let rows = user::Entity::find().filter(is_one_of(backend, user::Column::Id, among())).all(&view.db).await?;
        let named: HashSet<_> = rows.into_iter().filter(is_named).map(|row| row.id).collect();
        for (id, (status, account)) in accounts {
            let person = Person {
                account,
                is_active: status == Status::Active,
                has_nickname: named.contains(&id),
                proved_at: proofs.get(&Some(id)).copied().flatten(),
                went_into: None,
            };
            self.people.insert(id, person);
        }
        Ok(())
    }

    /// Returns the owners of the keys of one row.
    pub(super) fn owners_of(&self, keys: &Keys) -> Owners {
        Owners {
            external_id: self.owner(&Key::External(keys.external_id.clone())),
            phone: keys.phone.as_ref().map_or(Owner::Nobody, |phone| self.owner(&Key::Phone(phone.clone()))),
            open_ids: keys.open_ids.iter().map(|key| self.owner(&Key::Open(key.clone()))).collect(),
            union_ids: keys.union_ids.iter().map(|key| self.owner(&Key::Union(key.clone()))).collect(),
        }
    }

    fn owner(&self, key: &Key) -> Owner {
        let Some(mut id) = self.places.get(key).and_then(|place| place.owner()) else { return Owner::Nobody };
        if let Some(into) = self.people.get(&id).and_then(|person| person.went_into) {
            // An account that takes over others has an external id, and an import never merges it into another one.
            id = into;
        }
        match self.people.get(&id) {
            Some(person) if person.is_active => Owner::Account(person.account.clone()),
            Some(_) | None => Owner::Closed,
        }
    }
}

impl Place {
    pub(super) fn owner(self) -> Option<UserId> {
        match self {
            Self::Unclaimed(_) => None,
            Self::Of(user) => Some(user),
        }
    }
}
