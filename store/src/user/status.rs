//! Disables and enables accounts for an operator (R14). `Tx::lock_active` keeps writes out of a disabled account.

use domain::{Rule, Timestamp, UserId};
use entities::user::{self, Status};
use sea_orm::{ActiveValue::Set, EntityTrait};

use crate::history::{Change, Entry, Evidence};
use crate::user::LONGEST_CHAIN;
use crate::{Actor, StoreError, Tx, View};

/// An operator's decision about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// Whether to disable the account; false enables it.
    pub disable: bool,
    /// Who decided.
    pub by: Actor,
    /// The operator's reason.
    pub reason: String,
}

/// The result of a status change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangedStatus {
    /// The account, or its survivor if the named account was merged.
    pub user: UserId,
    /// Whether the status changed.
    pub changed: bool,
    /// The number of ended sessions.
    pub ended_sessions: u64,
}

/// Returns the survivor of an account, whatever its status.
pub(crate) async fn survivor_of(view: &View<'_>, id: UserId) -> Result<Option<UserId>, StoreError> {
    let mut id = id;
    for _ in 0..LONGEST_CHAIN {
        let Some(row) = user::Entity::find_by_id(id).one(&view.db).await? else { return Ok(None) };
        match row.merged_into {
            Some(into) if row.status == Status::Merged => id = into,
            Some(_) | None => return Ok(Some(id)),
        }
    }
    Err(StoreError::corrupt("users", format!("{id} is in an endless chain of merges")))
}

/// Locks the survivor of an account against logins and merges until the end of the transaction, whether it is active or disabled.
/// Returns `None` if there is no such account, or it was erased.
///
/// # Errors
/// Returns [`StoreError::Contended`] if it was merged into another one meanwhile.
pub async fn lock_survivor(tx: &Tx, id: UserId) -> Result<Option<UserId>, StoreError> {
    let Some(user) = survivor_of(&tx.look(), id).await? else { return Ok(None) };
    let row = tx.lock(&[user]).await?.pop().ok_or(StoreError::changed("users"))?;
    match row.status {
        Status::Active | Status::Disabled => Ok(Some(user)),
        Status::Erased => Ok(None),
        Status::Merged => Err(StoreError::changed("users")),
    }
}

/// Disables or enables an account, ends its sessions and journals the change. The row lock serialises concurrent
/// logins: an earlier one is ended with the other sessions, a later one finds the account closed.
///
/// Returns `None` if there is no such account.
///
/// # Errors
/// Returns [`StoreError::Closed`] if the account was erased, and [`StoreError::Contended`] if it was merged into
/// another one meanwhile.
pub async fn set_status(
    tx: &Tx,
    id: UserId,
    wanted: &StatusChange,
    now: Timestamp,
) -> Result<Option<ChangedStatus>, StoreError> {
    let Some(user) = survivor_of(&tx.look(), id).await? else { return Ok(None) };
    let row = tx.lock(&[user]).await?.pop().ok_or(StoreError::changed("users"))?;
    let status = if wanted.disable { Status::Disabled } else { Status::Active };
    match row.status {
        Status::Erased => return Err(StoreError::Closed),
        Status::Merged => return Err(StoreError::changed("users")),
        Status::Active | Status::Disabled => {}
    }
    if row.status == status {
        return Ok(Some(ChangedStatus { user, changed: false, ended_sessions: 0 }));
    }
    let change = user::ActiveModel { status: Set(status), updated_at: Set(now), ..Default::default() };
    crate::merge::update_user(tx, user, change).await?;
    let ended_sessions = crate::session::end_all_of(tx, &[user], None, now).await?;
    let change = Change::StatusChanged { old: row.status, new: status };
    let evidence = Evidence::of_reason(&wanted.reason);
    let entry = Entry { user, other: None, rule: Rule::R14, actor: wanted.by, evidence, change };
    crate::history::add(tx, entry, now).await?;
    Ok(Some(ChangedStatus { user, changed: true, ended_sessions }))
}
