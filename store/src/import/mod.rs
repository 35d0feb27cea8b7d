//! Imports the company's existing accounts: one transaction per batch, with few statements. See [`domain::import`]
//! for the decision on a row.

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

/// An account to be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedUser {
    /// The external id.
    pub external_id: ExternalId,
    /// The person's phone.
    pub phone: Option<PhoneNumber>,
    /// The person's nickname.
    pub nickname: Option<String>,
    /// When the company created the account.
    pub created_at: Option<Timestamp>,
    /// When the phone was last proved.
    pub last_proof_at: Option<Timestamp>,
    /// The person's openIds, at most one per app.
    pub open_ids: Vec<OpenKey>,
    /// The person's unionIds, at most one per scope.
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

/// The result of an imported row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// A new account was created.
    Created(UserId),
    /// An existing account was extended.
    Updated(UserId),
    /// An existing account already had everything.
    Unchanged(UserId),
    /// Accounts that had its keys were merged into the account, which may also have been extended.
    Joined {
        /// The account.
        into: UserId,
        /// The shells that became aliases.
        from: Vec<UserId>,
    },
    /// Nothing was written.
    Refused {
        /// The conflict.
        clash: Clash,
        /// The other account, if there is one.
        other: Option<Named>,
    },
}

/// An account, by the ids that the company may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The account id.
    pub user: UserId,
    /// The external id.
    pub external_id: Option<ExternalId>,
}

/// Imports a batch. Each row is decided after the earlier ones.
///
/// A row never takes a key from another account: a refused row writes nothing and does not affect the others. The
/// sessions of accounts that got a key or were merged end.
///
/// # Errors
/// Returns [`StoreError::Contended`] if a concurrent transaction conflicts.
pub async fn import_users(tx: &Tx, users: &[ImportedUser], now: Timestamp) -> Result<Vec<Imported>, StoreError> {
    let sketch = Batch::plan(Picture::look(&tx.look(), users, now).await?, users, (&tx.vault, now))?;
    let concerned = sketch.concerned();
    if concerned.is_empty() {
        return write::write_import(tx, sketch, now).await;
    }
    let ids: Vec<_> = concerned.iter().copied().collect();
    tx.lock_active(&ids).await.map_err(|error| match error {
        // The account was closed after the read, so the attempt starts again.
        StoreError::Closed => StoreError::changed("users"),
        other => other,
    })?;
    // The rows may have changed before they were locked. The plan is made from what is read now.
    let batch = Batch::plan(Picture::look(&tx.look(), users, now).await?, users, (&tx.vault, now))?;
    if !batch.concerned().is_subset(&concerned) {
        return Err(StoreError::changed("users"));
    }
    write::write_import(tx, batch, now).await
}
