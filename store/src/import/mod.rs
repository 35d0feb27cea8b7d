//! Brings in the company's own accounts, from before Guiyi: a batch in one transaction, in few statements.
//! What follows from a row is decided in `domain::import`; how an import file is read is `api`'s business.

mod batch;
mod forecast;
mod picture;
mod write;

use domain::import::{Clash, Keys};
use domain::{ExternalId, OpenKey, PhoneNumber, Timestamp, UnionKey, UserId};

use self::batch::Batch;
use self::picture::Picture;
use crate::{StoreError, Tx};

pub use self::forecast::Forecast;

/// One of the company's accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedUser {
    /// The company's own id.
    pub external_id: ExternalId,
    /// The person's phone.
    pub phone: Option<PhoneNumber>,
    /// What the person is called.
    pub nickname: Option<String>,
    /// When the company made the account.
    pub created_at: Option<Timestamp>,
    /// When somebody last proved to have the phone.
    pub last_proof_at: Option<Timestamp>,
    /// The person's open ids, at most one of an app.
    pub open_ids: Vec<OpenKey>,
    /// The person's union ids, at most one of a scope.
    pub union_ids: Vec<UnionKey>,
}

impl ImportedUser {
    fn keys(&self) -> Keys {
        Keys {
            external_id: self.external_id.clone(),
            phone: self.phone.clone(),
            open_ids: self.open_ids.clone(),
            union_ids: self.union_ids.clone(),
        }
    }
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// A new account.
    Created(UserId),
    /// An account that had less before.
    Updated(UserId),
    /// An account that had all of it.
    Unchanged(UserId),
    /// Accounts that had its keys went into it; it may have got more, too.
    Joined {
        /// The account.
        into: UserId,
        /// The shells that ended as aliases.
        from: Vec<UserId>,
    },
    /// Nothing was written.
    Refused {
        /// What is in the way.
        clash: Clash,
        /// The other account concerned.
        other: Option<Named>,
    },
}

/// An account, by the names that the company may know it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub user: UserId,
    /// The company's own id.
    pub external_id: Option<ExternalId>,
}

/// Brings in a batch, each account after the ones before it, as if they had come one after the other.
///
/// It never takes a key from anybody: a refused row writes nothing, and the others are not hindered. The sessions of
/// accounts that got a key or were joined end. [`StoreError::Contended`] when somebody else was faster.
pub async fn import_users(tx: &Tx, users: &[ImportedUser], now: Timestamp) -> Result<Vec<Imported>, StoreError> {
    let sketch = Batch::plan(Picture::look(&tx.look(), users, now).await?, users, (&tx.vault, now))?;
    let concerned = sketch.concerned();
    if concerned.is_empty() {
        return write::write_import(tx, sketch, now).await;
    }
    let ids: Vec<_> = concerned.iter().copied().collect();
    tx.lock_active(&ids).await.map_err(|error| match error {
        // Closed since we looked: look again.
        StoreError::Closed => StoreError::changed("users"),
        other => other,
    })?;
    // They may have changed between the look and the lock, so what counts is what is decided now.
    let batch = Batch::plan(Picture::look(&tx.look(), users, now).await?, users, (&tx.vault, now))?;
    if !batch.concerned().is_subset(&concerned) {
        return Err(StoreError::changed("users"));
    }
    write::write_import(tx, batch, now).await
}
