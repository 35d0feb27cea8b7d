//! The data keys in the database. They are created once, sealed by the deployment secrets, and opened at every start.
//! See `vault` for their use.

mod reseal;
mod seal;
mod sealing;
mod vault;

use std::collections::BTreeMap;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use domain::Timestamp;
use entities::data_key::{self, KeyPurpose};
use entities::phone;
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, Statement,
};

use crate::database::{Executor, Pool};
use crate::{Options, Store, StoreError, View, random};

pub use reseal::{add_sealing_key, count_numbers};
pub(crate) use seal::KEY_ID;
pub use seal::{KeyId, OpenError, Sealer};
pub(crate) use vault::{HashOf, Ring, Vault};

/// How often loading the keys is retried while another replica creates them.
const MAX_RACES: u32 = 8;

/// Why the data keys cannot be opened. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// The key was sealed with a secret that is not configured.
    #[error("the data key {key} was sealed with a secret that is not configured")]
    WrongSecret {
        /// The name of the key.
        key: String,
    },
    /// The key exists but was changed.
    #[error("the data key {key} is damaged")]
    Damaged {
        /// The name of the key.
        key: String,
    },
    /// Phone numbers are sealed, but the keys are missing.
    #[error("phone numbers are sealed, and the keys are not in the table data_keys")]
    Gone,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for UnlockError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// A data key, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataKey {
    /// The id, in hexadecimal.
    pub id: String,
    /// Whether the key seals numbers (true) or hashes them for lookups (false).
    pub seals: bool,
    /// Whether it is the newest of its purpose.
    pub is_newest: bool,
    /// The index of the deployment secret that sealed it, or `None` if none of them did.
    pub secret: Option<usize>,
    /// The number of phone numbers sealed with it.
    pub numbers: u64,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A database whose data keys are not opened yet.
#[derive(Debug)]
pub struct Locked {
    db: Pool,
}

impl Locked {
    /// Opens a connection pool and checks that the database answers.
    pub async fn connect(options: &Options) -> Result<Self, StoreError> {
        Ok(Self { db: Pool::open(options).await? })
    }

    /// Returns the connections, for queries that need no key.
    pub(crate) const fn pool(&self) -> &Pool {
        &self.db
    }

    /// Checks that all keys can be opened. Writes nothing, and accepts a database without keys or tables.
    pub async fn verify(&self, wrapping: &Sealer) -> Result<(), UnlockError> {
        if !self.has_keys_table().await? {
            return Ok(());
        }
        match self.rows().await? {
            rows if rows.is_empty() => self.refuse_lost_keys().await,
            rows => ring(&rows, wrapping).map(|_| ()),
        }
    }

    /// Returns the keys, including those that cannot be opened. Counts all phone numbers, which takes time.
    pub async fn keys(&self, wrapping: &Sealer) -> Result<Vec<DataKey>, StoreError> {
        let numbers = self.numbers_by_key().await?;
        let rows = self.rows().await?;
        let newest = rows.iter().filter(|row| row.purpose == KeyPurpose::Sealing).map(|row| row.ordinal).max();
        let key = |row: &data_key::Model| DataKey {
            id: HEXLOWER.encode(&row.id),
            seals: row.purpose == KeyPurpose::Sealing,
            is_newest: row.purpose == KeyPurpose::Lookup || Some(row.ordinal) == newest,
            secret: wrapping.which(&row.wrapped).filter(|_| unwrap(row, wrapping).is_ok()),
            numbers: numbers.get(&row.id).copied().unwrap_or(0),
            created_at: row.created_at,
        };
        Ok(rows.iter().map(key).collect())
    }

    /// Opens the keys, and creates them in a database without any. Keys sealed with an older deployment secret are
    /// sealed again with the first one.
    pub async fn unlock(self, wrapping: Sealer, now: Timestamp) -> Result<Store, UnlockError> {
        let mut races = 0;
        let rows = loop {
            let rows = self.rows().await?;
            if !rows.is_empty() {
                break rows;
            }
            self.refuse_lost_keys().await?;
            match self.make_keys(&wrapping, now).await {
                // Another replica is creating them.
                Err(StoreError::Contended(_)) if races < MAX_RACES => races += 1,
                made => made?,
            }
        };
        let ring = ring(&rows, &wrapping)?;
        for row in rows.iter().filter(|row| !wrapping.is_current(&row.wrapped)) {
            self.wrap_again(row, &wrapping).await?;
        }
        Ok(Store::over(self.db, Arc::new(Vault::new(wrapping, ring))))
    }

    /// Closes all connections.
    pub async fn close(self) {
        self.db.close().await;
    }

    async fn rows(&self) -> Result<Vec<data_key::Model>, DbErr> {
        rows(&Executor::Pool(&self.db)).await
    }

    /// Refuses a database with sealed numbers but without keys. Creating new keys would hide the loss.
    async fn refuse_lost_keys(&self) -> Result<(), UnlockError> {
        let any = phone::Entity::find().select_only().column(phone::Column::Id);
        let sealed = any.filter(phone::Column::SealedNumber.is_not_null()).limit(1);
        let found: Option<domain::PhoneId> = sealed.into_tuple().one(&self.db).await?;
        if found.is_some() { Err(UnlockError::Gone) } else { Ok(()) }
    }

    /// Creates the first keys. The unique index decides between replicas that start at the same time.
    async fn make_keys(&self, wrapping: &Sealer, now: Timestamp) -> Result<(), StoreError> {
        let tx = self.db.begin().await?;
        for purpose in [KeyPurpose::Lookup, KeyPurpose::Sealing] {
            let row = new_row((purpose, 1), wrapping, now);
            data_key::Entity::insert(row.into_active_model()).exec_without_returning(&tx).await?;
        }
        tx.commit().await
    }

    async fn wrap_again(&self, row: &data_key::Model, wrapping: &Sealer) -> Result<(), UnlockError> {
        let key = unwrap(row, wrapping)?;
        let wrapped = wrapping.seal(&place(row.purpose, &row.id), &key);
        let change = data_key::ActiveModel { wrapped: Set(wrapped), ..Default::default() };
        data_key::Entity::update_many()
            .set(change)
            .filter(data_key::Column::Id.eq(row.id.clone()))
            .filter(data_key::Column::Wrapped.eq(row.wrapped.clone()))
            .exec(&self.db)
            .await?;
        Ok(())
    }

    async fn has_keys_table(&self) -> Result<bool, DbErr> {
        let sql = match self.db.get_database_backend() {
            DbBackend::Sqlite => "SELECT COUNT(*) AS n FROM sqlite_master WHERE type = 'table' AND name = 'data_keys'",
            DbBackend::Postgres => {
                "SELECT COUNT(*) AS n FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'data_keys'"
            }
            _ => {
                "SELECT COUNT(*) AS n FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'data_keys'"
            }
        };
        let tables = Statement::from_string(self.db.get_database_backend(), sql);
        Ok(Count::find_by_statement(tables).one(&self.db).await?.is_some_and(|count| count.n > 0))
    }

    async fn numbers_by_key(&self) -> Result<BTreeMap<Vec<u8>, u64>, StoreError> {
        let sealed = Expr::col(phone::Column::SealedNumber);
        let key = Func::cust("SUBSTR").arg(sealed).arg(1).arg(i32::try_from(KEY_ID).unwrap_or_default());
        let query = Query::select()
            .expr_as(key, "key_id")
            .expr_as(Expr::col(phone::Column::Id).count(), "n")
            .from(phone::Entity)
            .add_group_by([Expr::col("key_id")])
            .take();
        let mut numbers = BTreeMap::new();
        for row in self.db.query_all(&query).await? {
            let NumbersOfKey { key_id, n } = NumbersOfKey::from_query_result(&row, "")?;
            numbers.insert(key_id.unwrap_or_default(), u64::try_from(n).unwrap_or(0));
        }
        Ok(numbers)
    }
}

/// A number of rows.
#[derive(FromQueryResult)]
struct Count {
    n: i64,
}

/// The number of phone numbers sealed with a key.
#[derive(FromQueryResult)]
struct NumbersOfKey {
    key_id: Option<Vec<u8>>,
    n: i64,
}

impl Store {
    /// Opens a connection pool to a migrated database, and its data keys.
    pub async fn connect(options: &Options, wrapping: Sealer, now: Timestamp) -> Result<Self, UnlockError> {
        Locked::connect(options).await?.unlock(wrapping, now).await
    }

    /// Loads the keys that another replica has created, so that new values are sealed with the newest one.
    pub async fn refresh_keys(&self) -> Result<(), StoreError> {
        load_keys(&self.view()).await
    }

    /// Returns a keyed hash (HMAC-SHA256). All replicas share its key, and a rotation of the deployment secrets does
    /// not change it.
    #[must_use]
    pub fn keyed_hash(&self, purpose: &str, of: &[u8]) -> [u8; 32] {
        self.vault.mac(purpose, of)
    }
}

/// Reloads the keys through the same connection. A key is committed before the first row that it seals.
pub(crate) async fn load_keys(view: &View<'_>) -> Result<(), StoreError> {
    let rows = rows(&view.db).await?;
    let ring = ring(&rows, &view.vault.wrapping).map_err(|error| match error {
        UnlockError::Store(error) => error,
        UnlockError::WrongSecret { key } | UnlockError::Damaged { key } => {
            StoreError::corrupt("data_keys", format!("{key} cannot be opened"))
        }
        UnlockError::Gone => StoreError::corrupt("data_keys", "the keys are gone"),
    })?;
    view.vault.replace(ring);
    Ok(())
}

async fn rows(db: &Executor<'_>) -> Result<Vec<data_key::Model>, DbErr> {
    let rows = data_key::Entity::find().order_by_asc(data_key::Column::Purpose).order_by_asc(data_key::Column::Ordinal);
    rows.all(db).await
}

/// Creates a sealed key.
pub(crate) fn new_row((purpose, ordinal): (KeyPurpose, i64), wrapping: &Sealer, now: Timestamp) -> data_key::Model {
    let id: KeyId = random::bytes();
    let wrapped = wrapping.seal(&place(purpose, &id), &random::bytes::<32>());
    data_key::Model { id: id.to_vec(), purpose, ordinal, wrapped, created_at: now }
}

fn ring(rows: &[data_key::Model], wrapping: &Sealer) -> Result<Ring, UnlockError> {
    let (mut lookup, mut sealing) = (None, Vec::new());
    for row in rows {
        let key = unwrap(row, wrapping)?;
        match row.purpose {
            KeyPurpose::Lookup => lookup = Some(key),
            KeyPurpose::Sealing => {
                let id: KeyId = row.id.as_slice().try_into().map_err(|_| UnlockError::Damaged { key: name(row) })?;
                sealing.push((row.ordinal, (id, key)));
            }
        }
    }
    sealing.sort_by_key(|(ordinal, _)| std::cmp::Reverse(*ordinal));
    match lookup {
        Some(lookup) if !sealing.is_empty() => {
            Ok(Ring { lookup, sealer: Sealer::new(sealing.iter().map(|(_, key)| *key)) })
        }
        Some(_) | None => Err(UnlockError::Gone),
    }
}

fn unwrap(row: &data_key::Model, wrapping: &Sealer) -> Result<[u8; 32], UnlockError> {
    let key = name(row);
    match wrapping.open(&place(row.purpose, &row.id), &row.wrapped).map(<[u8; 32]>::try_from) {
        Ok(Ok(opened)) => Ok(opened),
        Err(OpenError::UnknownKey) => Err(UnlockError::WrongSecret { key }),
        Ok(Err(_)) | Err(OpenError::Damaged) => Err(UnlockError::Damaged { key }),
    }
}

fn name(row: &data_key::Model) -> String {
    HEXLOWER.encode(&row.id)
}

/// Returns the place of a key, which binds it to its row and purpose.
fn place(purpose: KeyPurpose, id: &[u8]) -> String {
    let purpose = match purpose {
        KeyPurpose::Lookup => "lookup",
        KeyPurpose::Sealing => "sealing",
    };
    format!("data_keys.wrapped {purpose} {}", HEXLOWER.encode(id))
}
