//! Forecasts an import without writing to the database and without waiting for locks. The effects of earlier rows are
//! kept in a scratch file, not in memory, so the import file may have any size.

use std::collections::HashSet;
use std::str::FromStr;
use std::time::Duration;

use data_encoding::HEXLOWER;
use domain::{Account, AppId, ExternalId, OpenKey, PhoneId, Timestamp, UnionKey, UserId};
use sea_orm::sea_query::OnConflict;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait,
    QueryFilter,
};
use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::picture::{Key, Person, Picture, Place};
use super::{Imported, ImportedUser};
use crate::database::CHUNK;
use crate::key::HashOf;
use crate::{Store, StoreError, json};

/// A dry run of one import file.
#[derive(Debug)]
pub struct Forecast {
    store: Store,
    scratch: DatabaseConnection,
}

impl Store {
    /// Begins a dry run. Its scratch file is a temporary SQLite database without a name, which is removed when the
    /// process ends.
    pub async fn forecast(&self) -> Result<Forecast, StoreError> {
        let mut connect = ConnectOptions::new("sqlite:");
        // The scratch file exists as long as this single connection.
        connect.max_connections(1).min_connections(1).sqlx_logging(false).record_stmt_in_spans(false);
        connect.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
        connect.map_sqlx_sqlite_opts(|_| {
            SqliteConnectOptions::new()
                .filename("")
                .journal_mode(SqliteJournalMode::Off)
                .synchronous(SqliteSynchronous::Off)
        });
        let scratch = Database::connect(connect).await?;
        let create = "CREATE TABLE notes (name TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID";
        scratch.execute_unprepared(create).await?;
        Ok(Forecast { store: self.clone(), scratch })
    }
}

impl Forecast {
    /// Returns the outcome of these rows after all earlier rows.
    pub async fn import_users(&self, users: &[ImportedUser], now: Timestamp) -> Result<Vec<Imported>, StoreError> {
        let view = self.store.view();
        let mut picture = Picture::default();
        picture.find_keys(&view, users, now).await?;
        self.lay_keys_over(&mut picture, users).await?;
        let owners = picture.owners();
        self.lay_people_over(&mut picture, &owners).await?;
        let unknown = |id: &UserId| !picture.people.contains_key(id);
        let missing: Vec<UserId> = owners.into_iter().filter(unknown).collect();
        picture.find_people(&view, &missing).await?;
        let batch = Batch::plan(picture, users, (&self.store.vault, now))?;
        self.keep(&batch, users).await?;
        Ok(batch.outcomes)
    }

    async fn lay_keys_over(&self, picture: &mut Picture, users: &[ImportedUser]) -> Result<(), StoreError> {
        let keys: HashSet<Key> = users.iter().flat_map(keys_of).collect();
        let keys: Vec<(String, Key)> = keys.into_iter().map(|key| (self.name_of(&key), key)).collect();
        for chunk in keys.chunks(CHUNK) {
            let notes = self.read(chunk.iter().map(|(name, _)| name.clone())).await?;
            for (name, key) in chunk {
                if let Some(note) = notes.iter().find(|note| &note.name == name) {
                    picture.places.insert(key.clone(), Place::Of(parse(&note.text)?));
                    if let Key::Phone(number) = key {
                        picture.expired.remove(number);
                    }
                }
            }
        }
        Ok(())
    }

    /// Overlays the accounts as earlier rows would have left them, and the merges that they would have made.
    async fn lay_people_over(&self, picture: &mut Picture, ids: &[UserId]) -> Result<(), StoreError> {
        let mut wanted: Vec<UserId> = ids.to_vec();
        while !wanted.is_empty() {
            let mut went_into = Vec::new();
            for chunk in wanted.chunks(CHUNK) {
                for note in self.read(chunk.iter().map(ToString::to_string)).await? {
                    let id: UserId = parse(&note.name)?;
                    let person = self.read_person(id, &note.text)?;
                    went_into.extend(person.went_into.filter(|into| !picture.people.contains_key(into)));
                    picture.people.insert(id, person);
                }
            }
            wanted = went_into;
        }
        Ok(())
    }

    async fn keep(&self, batch: &Batch<'_>, users: &[ImportedUser]) -> Result<(), StoreError> {
        let mut notes = Vec::new();
        let keys: HashSet<Key> = users.iter().flat_map(keys_of).collect();
        for key in keys {
            if let Some(Place::Of(owner)) = batch.picture.places.get(&key)
                && batch.changed.contains(owner)
            {
                notes.push(note::ActiveModel { name: Set(self.name_of(&key)), text: Set(owner.to_string()) });
            }
        }
        for id in &batch.changed {
            if let Some(person) = batch.picture.people.get(id) {
                notes.push(note::ActiveModel { name: Set(id.to_string()), text: Set(self.write_person(person)?) });
            }
        }
        for chunk in notes.chunks(CHUNK) {
            let again = OnConflict::column(note::Column::Name).update_column(note::Column::Text).to_owned();
            note::Entity::insert_many(chunk.to_vec()).on_conflict(again).exec_without_returning(&self.scratch).await?;
        }
        Ok(())
    }

    async fn read(&self, names: impl Iterator<Item = String>) -> Result<Vec<note::Model>, StoreError> {
        Ok(note::Entity::find().filter(note::Column::Name.is_in(names)).all(&self.scratch).await?)
    }

    /// Returns the name of a key in the scratch file. Keys and account ids contain no spaces.
    fn name_of(&self, key: &Key) -> String {
        match key {
            Key::External(id) => format!("external {id}"),
            // Hashed, because the blocks of a deleted file can be read from the disk.
            Key::Phone(number) => format!("phone {}", HEXLOWER.encode(&self.store.vault.hash(HashOf::Note, number))),
            Key::Open(OpenKey { app, open_id }) => format!("open {app} {open_id}"),
            Key::Union(UnionKey { scope, union_id }) => format!("union {scope} {union_id}"),
        }
    }

    fn write_person(&self, person: &Person) -> Result<String, StoreError> {
        let account = &person.account;
        let note = PersonNote {
            created_at: account.created_at,
            apps: account.apps.clone(),
            cancelled: account.cancelled.clone(),
            unions: account.unions.clone(),
            phone: account
                .phone
                .as_ref()
                .map(|number| self.store.vault.seal(PhoneId::from_uuid(account.id.uuid()), number)),
            external_id: account.external_id.clone(),
            has_orders: account.has_orders,
            is_active: person.is_active,
            has_nickname: person.has_nickname,
            proved_at: person.proved_at,
            went_into: person.went_into,
        };
        serde_json::to_string(&note).map_err(|_| corrupt())
    }

    fn read_person(&self, id: UserId, text: &str) -> Result<Person, StoreError> {
        let note: PersonNote = serde_json::from_str(text).map_err(|_| corrupt())?;
        let opened =
            |sealed: Vec<u8>| self.store.vault.open(PhoneId::from_uuid(id.uuid()), &sealed)?.ok_or_else(corrupt);
        let phone = note.phone.map(opened).transpose()?;
        let account = Account {
            id,
            created_at: note.created_at,
            apps: note.apps,
            cancelled: note.cancelled,
            unions: note.unions,
            phone,
            external_id: note.external_id,
            has_orders: note.has_orders,
        };
        Ok(Person {
            account,
            is_active: note.is_active,
            has_nickname: note.has_nickname,
            proved_at: note.proved_at,
            went_into: note.went_into,
        })
    }
}

/// The table of the scratch file: keys with their owners, and accounts with their values.
mod note {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notes")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) name: String,
        pub(super) text: String,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn keys_of(user: &ImportedUser) -> Vec<Key> {
    let mut keys = vec![Key::External(user.external_id.clone())];
    keys.extend(user.phone.clone().map(Key::Phone));
    keys.extend(user.open_ids.iter().cloned().map(Key::Open));
    keys.extend(user.union_ids.iter().cloned().map(Key::Union));
    keys
}

/// An account in the scratch file.
#[derive(Serialize, Deserialize)]
struct PersonNote {
    #[serde(with = "json")]
    created_at: Timestamp,
    #[serde(with = "json")]
    apps: Vec<AppId>,
    #[serde(with = "json")]
    cancelled: Vec<AppId>,
    #[serde(with = "json")]
    unions: Vec<UnionKey>,
    /// Sealed with the account's id in place of a phone's.
    phone: Option<Vec<u8>>,
    #[serde(with = "json")]
    external_id: Option<ExternalId>,
    has_orders: bool,
    is_active: bool,
    has_nickname: bool,
    #[serde(with = "json")]
    proved_at: Option<Timestamp>,
    #[serde(with = "json")]
    went_into: Option<UserId>,
}

fn parse<T: FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| corrupt())
}

fn corrupt() -> StoreError {
    StoreError::corrupt("notes", "a note of a dry run cannot be read")
}
