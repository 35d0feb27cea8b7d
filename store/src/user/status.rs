//! An operator closes an account, and opens it again (R14).
//! Who may do so is decided in `api`; that nothing gets into a closed account is `Tx::lock_active`'s business.

use domain::{Rule, Timestamp, UserId};
use entities::user::{self, Status};
use sea_orm::{ActiveValue::Set, EntityTrait};

use crate::history::{Change, Entry, Evidence};
use crate::user::LONGEST_CHAIN;
use crate::{Actor, StoreError, Tx, View};

/// What an operator decided about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// Whether it is disabled from now on, or enabled.
    pub disable: bool,
    /// Who decided.
    pub by: Actor,
    /// Why.
    pub reason: String,
}

/// An account that is as an operator wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangedStatus {
    /// The account: the one that went on, if the one that was named had gone into another.
    pub user: UserId,
    /// Whether it was not so before.
    pub changed: bool,
    /// How many sessions ended.
    pub ended_sessions: u64,
}

/// The account that goes on in place of another, whatever its status.
pub(crate) async fn survivor_of(view: &View<'_>, id: UserId) -> Result<Option<UserId>, StoreError> {
    let mut id = id;
    for _ in 0..LONGEST_CHAIN {
        let Some(row) = user::Entity::find_by_id(id).one(&view.db).await? else { return Ok(None) };
        match row.merged_into {
            Some(into) if row.status == Status::Merged => id = into,
            Some(_) | None => return Ok(Some(id)),
        }
    }
    Err(StoreError::corrupt("users", format!("{id} is in a chain of merges that does not end")))
}

/// Disables an account, or enables it, and journals it. Its sessions end. The row's lock settles every race: a login
/// that was first is ended with the others, one that comes later finds the account closed.
///
/// `None` when there is no such account, [`StoreError::Closed`] when it was erased, [`StoreError::Contended`] when it went
/// into another one meanwhile.
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
