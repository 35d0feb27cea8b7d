//! The writes that unionIds and openIds of followers have in common.

use domain::login::still_merges;
use domain::{Conflict, LinkId, OpenKey, RunId, Timestamp, UserId};
use entities::open_id;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::database::changed_unless;
use crate::history::{Change, Evidence, Link};
use crate::link::unclaimed;
use crate::{Actor, StoreError, Tx};

/// Returns the link of an openId.
pub(super) async fn find_link(tx: &Tx, key: &OpenKey) -> Result<Option<open_id::Model>, StoreError> {
    let link = open_id::Entity::find()
        .filter(open_id::Column::App.eq(key.app.clone()))
        .filter(open_id::Column::OpenId.eq(key.open_id.clone()));
    Ok(link.one(&tx.db).await?)
}

/// Gives an openId without an owner to a locked account. It is no login, so no login time is written.
pub(super) async fn give_link(
    tx: &Tx,
    user: UserId,
    key: &OpenKey,
    now: Timestamp,
) -> Result<(LinkId, Link), StoreError> {
    if let Some(link) = find_link(tx, key).await? {
        let change = open_id::ActiveModel { user_id: Set(Some(user)), linked_at: Set(Some(now)), ..Default::default() };
        let claim = open_id::Entity::update_many()
            .set(change)
            .filter(open_id::Column::Id.eq(link.id))
            .filter(open_id::Column::UserId.is_null());
        changed_unless("open_ids", claim.exec(&tx.db).await?.rows_affected)?;
        return Ok((link.id, Link { claimed: true }));
    }
    let row = open_id::Model { user_id: Some(user), linked_at: Some(now), ..unclaimed(key, now) };
    let id = row.id;
    // The unique index decides between this and a first login at the same time.
    tx.insert(row).await?;
    Ok((id, Link { claimed: false }))
}

/// Merges a shell, and ends the sessions of both accounts.
pub(super) async fn merge(tx: &Tx, (from, into): (UserId, UserId), now: Timestamp) -> Result<Change, StoreError> {
    let merged = crate::merge::join_by(tx, (from, into), (still_merges, Actor::Upstream), now).await?;
    crate::session::end_all_of(tx, &[from, into], None, now).await?;
    Ok(merged.change)
}

/// Opens a case. Returns whether it is new.
pub(super) async fn open_case(tx: &Tx, user: UserId, conflict: &Conflict, now: Timestamp) -> Result<bool, StoreError> {
    let named: Vec<_> = [Some(user), conflict.other].into_iter().flatten().collect();
    tx.lock_for_case(&named).await?;
    crate::conflict::open(tx, user, conflict, now).await
}

/// Adds the run to the evidence.
pub(super) fn in_run(run: Option<RunId>, evidence: Evidence) -> Evidence {
    Evidence { run, ..evidence }
}
