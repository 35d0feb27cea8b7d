//! An operator closes an account, and opens it again (R14).
//! Who may do so is decided in `api`; that nothing gets into a closed account is `Tx::lock_active`'s business.

use domain::{Rule, Timestamp, UserId};
use entities::user::{self, Status};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::json;

use crate::journal::{Actor, Entry};
use crate::person::LONGEST_CHAIN;
use crate::{StoreError, Tx, View};

/// What an operator decided about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Whether it is disabled from now on, or enabled.
    pub disable: bool,
    /// Who decided.
    pub by: Actor,
    /// Why.
    pub reason: String,
}

/// An account that is as an operator wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ordered {
    /// The account: the one that went on, if the one that was named had gone into another.
    pub user: UserId,
    /// Whether it was not so before.
    pub changed: bool,
    /// How many sessions ended.
    pub ended_sessions: u64,
}

impl View<'_> {
    /// The account that goes on in place of another, whatever its status.
    pub(crate) async fn goes_on_as(&self, id: UserId) -> Result<Option<UserId>, StoreError> {
        let mut id = id;
        for _ in 0..LONGEST_CHAIN {
            let Some(row) = user::Entity::find_by_id(id).one(&self.db).await? else { return Ok(None) };
            match row.merged_into {
                Some(into) if row.status == Status::Merged => id = into,
                Some(_) | None => return Ok(Some(id)),
            }
        }
        Err(StoreError::corrupt("users", format!("{id} is in a chain of merges that does not end")))
    }
}

impl Tx {
    /// Disables an account, or enables it, and journals it. Its sessions end. The row's lock settles every race: a login
    /// that was first is ended with the others, one that comes later finds the account closed.
    ///
    /// `None` when there is no such account, [`StoreError::Closed`] when it was erased, [`StoreError::Contended`] when it went
    /// into another one meanwhile.
    pub async fn order_user(&self, id: UserId, order: &Order, now: Timestamp) -> Result<Option<Ordered>, StoreError> {
        let Some(user) = self.look().goes_on_as(id).await? else { return Ok(None) };
        let row = self.lock(&[user]).await?.pop().ok_or(StoreError::changed("users"))?;
        let wanted = if order.disable { Status::Disabled } else { Status::Active };
        match row.status {
            Status::Erased => return Err(StoreError::Closed),
            Status::Merged => return Err(StoreError::changed("users")),
            Status::Active | Status::Disabled => {}
        }
        if row.status == wanted {
            return Ok(Some(Ordered { user, changed: false, ended_sessions: 0 }));
        }
        let change = user::ActiveModel { status: Set(wanted), updated_at: Set(now), ..Default::default() };
        self.update_user(user, change).await?;
        let ended_sessions = self.end_sessions_of(&[user], None, now).await?;
        let [before, after] = [row.status, wanted].map(|status| json!({ "status": status_word(status) }));
        let evidence = json!({ "reason": order.reason });
        let entry = Entry { user, other: None, rule: Rule::R14, actor: order.by, evidence, before, after };
        self.journal(entry, now).await?;
        Ok(Some(Ordered { user, changed: true, ended_sessions }))
    }
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Active => "ACTIVE",
        Status::Merged => "MERGED",
        Status::Disabled => "DISABLED",
        Status::Erased => "ERASED",
    }
}
