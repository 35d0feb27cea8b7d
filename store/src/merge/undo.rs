//! Undoes a merge: restores the merged account and returns to it what the journal recorded as moved. Anything added
//! after the merge stays with the survivor. The caller checks the permission and the time limit.

use domain::{AppId, LinkEventId, PhoneId, Timestamp, UserId};
use entities::phone::End;
use entities::user::{self, Status};
use entities::{link_event, merge_undo, open_id, phone, union_id};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::history::{Change, Entry, Evidence, LinkEvent, MergeRecord, Moved, Row, UndoRecord, read_event};
use crate::key::HashOf;
use crate::merge::Grounds;
use crate::{StoreError, Tx, View};

/// The maximum number of listed merges; an account rarely has more than a few.
const MOST_MERGES: u64 = 50;

/// A merge in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    /// The id of its journal entry.
    pub id: LinkEventId,
    /// The account that was merged.
    pub from: UserId,
    /// The survivor.
    pub into: UserId,
    /// When the merge happened.
    pub at: Timestamp,
}

/// An undone merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// The restored account.
    pub restored: UserId,
    /// The survivor of the merge.
    pub survivor: UserId,
    /// The apps of the openIds that were returned.
    pub apps: Vec<AppId>,
}

/// Why a merge cannot be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UndoRefusal {
    /// It is already undone.
    #[error("it was undone before")]
    UndoneBefore,
    /// A later merge moved the same things on.
    #[error("the merge {0} has to be undone first")]
    LaterMerge(LinkEventId),
    /// A key that it moved no longer belongs to the survivor.
    #[error("something that it moved no longer belongs to the survivor")]
    PartGone,
    /// A phone number that it ended is in use again.
    #[error("a phone number that it ended is in use again")]
    NumberInUse,
}

/// An error of an undo. Drop the transaction.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// The merge cannot be undone.
    #[error("the merge cannot be undone: {0}")]
    Refused(#[from] UndoRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for UndoError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// Returns the merge with this id.
pub async fn find(view: &View<'_>, id: LinkEventId) -> Result<Option<Merge>, StoreError> {
    Ok(crate::history::find_event(view, id).await?.as_ref().and_then(read_merge))
}

/// Returns the merges into an account since `since` that were not undone, the oldest first and at most the newest
/// [`MOST_MERGES`]. Uses one statement over that part of the journal.
pub async fn list(view: &View<'_>, user: UserId, since: Timestamp) -> Result<Vec<Merge>, StoreError> {
    use link_event::Column::{After, At, Id, OtherUserId, UserId as Survivor};
    let standing = link_event::Entity::find()
        .left_join(merge_undo::Entity)
        .filter(Survivor.eq(user))
        .filter(At.gte(since))
        .filter(OtherUserId.is_not_null())
        // Only `MergeRecord` has this key. Text values cannot match, because JSON escapes their quotation marks.
        .filter(After.contains("\"moved\":"))
        .filter(merge_undo::Column::MergeId.is_null())
        .order_by_desc(At)
        .order_by_desc(Id)
        .limit(MOST_MERGES);
    let mut merges = Vec::new();
    for row in standing.all(&view.db).await? {
        merges.extend(read_merge(&read_event(&row)?));
    }
    merges.reverse();
    Ok(merges)
}

async fn is_undone(view: &View<'_>, id: LinkEventId) -> Result<bool, StoreError> {
    Ok(merge_undo::Entity::find_by_id(id).one(&view.db).await?.is_some())
}

/// Returns the last later merge that involves the survivor and was not undone.
async fn later_merge(view: &View<'_>, merge: &Merge) -> Result<Option<LinkEventId>, StoreError> {
    let mut events = crate::history::events(view, merge.into).await?;
    while let Some(event) = events.pop() {
        if event.id == merge.id {
            return Ok(None);
        }
        if read_merge(&event).is_some() && !is_undone(view, event.id).await? {
            return Ok(Some(event.id));
        }
    }
    Ok(None)
}

/// Undoes a merge completely or not at all, and journals the grounds. Returns `None` if there is no such merge.
pub async fn undo(tx: &Tx, id: LinkEventId, grounds: &Grounds, now: Timestamp) -> Result<Option<Undone>, UndoError> {
    let Some(event) = crate::history::find_event(&tx.look(), id).await? else { return Ok(None) };
    let (Some(merge), Change::Merged(record)) = (read_merge(&event), event.change) else { return Ok(None) };
    let survivor = lock_merged(tx, &merge).await?;
    // The primary key decides between concurrent undos.
    tx.insert(merge_undo::Model { merge_id: id, at: now }).await?;
    let apps = give_back(tx, &merge, &record, now).await?;
    let row = part_rows(tx, &merge, &record, (survivor, now)).await?;
    crate::conflict::hand_back(tx, &record.moved.cases, (merge.into, merge.from)).await?;
    let reason = match grounds {
        Grounds::Offer(_) | Grounds::Person => None,
        Grounds::Operator { reason, .. } => Some(reason.clone()),
    };
    let MergeRecord { moved: returned, from: restored, .. } = *record;
    let undone = UndoRecord { before: row.before, returned, restored, after: row.after };
    let entry = Entry {
        user: merge.into,
        other: Some(merge.from),
        rule: grounds.rule(),
        actor: grounds.actor(),
        evidence: Evidence { undoes: Some(id), reason, ..Evidence::default() },
        change: Change::MergeUndone(Box::new(undone)),
    };
    crate::history::add(tx, entry, now).await?;
    Ok(Some(Undone { restored: merge.from, survivor: merge.into, apps }))
}

/// Locks both accounts and checks that they are still as the merge left them. Returns the survivor.
async fn lock_merged(tx: &Tx, merge: &Merge) -> Result<user::Model, UndoError> {
    let rows = tx.lock(&[merge.from, merge.into]).await?;
    if is_undone(&tx.look(), merge.id).await? {
        return Err(UndoRefusal::UndoneBefore.into());
    }
    let [mut from, mut into] = [None, None];
    for row in rows {
        if row.id == merge.from { from = Some(row) } else { into = Some(row) }
    }
    let (Some(from), Some(into)) = (from, into) else { return Err(StoreError::changed("users").into()) };
    match (into.status, from.status) {
        (Status::Active, Status::Merged) if from.merged_into == Some(merge.into) => Ok(into),
        (Status::Disabled | Status::Erased, _) | (_, Status::Disabled | Status::Erased) => {
            Err(StoreError::Closed.into())
        }
        (Status::Active | Status::Merged, Status::Active | Status::Merged) => {
            Err(what_came_between(tx, merge).await?.into())
        }
    }
}

async fn what_came_between(tx: &Tx, merge: &Merge) -> Result<UndoRefusal, StoreError> {
    Ok(later_merge(&tx.look(), merge).await?.map_or(UndoRefusal::PartGone, UndoRefusal::LaterMerge))
}

/// Returns the keys to the restored account, and the apps of its openIds to the caller.
async fn give_back(tx: &Tx, merge: &Merge, record: &MergeRecord, now: Timestamp) -> Result<Vec<AppId>, UndoError> {
    let moved = &record.moved;
    let apps = give_open_ids_back(tx, merge, moved).await?;
    for union in &moved.unions {
        let change = union_id::ActiveModel { user_id: Set(merge.from), ..Default::default() };
        let still = union_id::Entity::update_many()
            .set(change)
            .filter(union_id::Column::UnionId.eq(union.union_id.clone()))
            .filter(union_id::Column::Scope.eq(union.scope.clone()))
            .filter(union_id::Column::UserId.eq(merge.into));
        gone_unless(still.exec(&tx.db).await?.rows_affected == 1)?;
    }
    if let Some(id) = moved.phone {
        give_phone_back(tx, id, merge).await?;
    }
    if let Some(id) = moved.ended {
        revive_phone(tx, id, merge, now).await?;
    }
    Ok(apps)
}

async fn give_open_ids_back(tx: &Tx, merge: &Merge, moved: &Moved) -> Result<Vec<AppId>, UndoError> {
    let these = open_id::Column::Id.is_in(moved.links.iter().copied()).and(open_id::Column::UserId.eq(merge.into));
    let links = open_id::Entity::find().filter(these.clone()).all(&tx.db).await?;
    gone_unless(links.len() == moved.links.len())?;
    let change = open_id::ActiveModel { user_id: Set(Some(merge.from)), ..Default::default() };
    open_id::Entity::update_many().set(change).filter(these).exec(&tx.db).await?;
    Ok(links.into_iter().map(|link| link.app).collect())
}

async fn give_phone_back(tx: &Tx, id: PhoneId, merge: &Merge) -> Result<(), UndoError> {
    let owner = Set(Some(merge.from));
    let change = phone::ActiveModel { user_id: Set(merge.from), active_user: owner, ..Default::default() };
    let still = phone::Entity::update_many()
        .set(change)
        .filter(phone::Column::Id.eq(id))
        .filter(phone::Column::ActiveUser.eq(merge.into));
    if still.exec(&tx.db).await?.rows_affected == 1 {
        return Ok(());
    }
    let gone = phone::Entity::find_by_id(id).one(&tx.db).await?;
    match gone.and_then(|row| row.ended) {
        Some(End::Merged) => Err(what_came_between(tx, merge).await?.into()),
        Some(End::Changed | End::Unbound | End::Recycled) | None => Err(UndoRefusal::PartGone.into()),
    }
}

/// Restores the phone that the merge ended, unless another account has its number now.
async fn revive_phone(tx: &Tx, id: PhoneId, merge: &Merge, now: Timestamp) -> Result<(), UndoError> {
    let row = phone::Entity::find_by_id(id).one(&tx.db).await?;
    let row = row.ok_or_else(|| StoreError::corrupt("phones", format!("{id} is missing")))?;
    let number = crate::phone::open_number(&tx.look(), row.id, &row.sealed_number).await?;
    crate::phone::forget_kept(tx, merge.into, &number, now).await?;
    let in_use = phone::Entity::find().filter(crate::phone::has_number(&tx.look(), &number));
    if in_use.one(&tx.db).await?.is_some() {
        return Err(UndoRefusal::NumberInUse.into());
    }
    let change = phone::ActiveModel {
        active_hash: Set(Some(tx.vault.hash(HashOf::ActivePhone, &number))),
        active_user: Set(Some(row.user_id)),
        ended: Set(None),
        ended_at: Set(None),
        ..Default::default()
    };
    phone::Entity::update_many().set(change).filter(phone::Column::Id.eq(id)).exec(&tx.db).await?;
    Ok(())
}

/// Restores the row of the merged account, and takes its values from the survivor.
async fn part_rows(
    tx: &Tx,
    merge: &Merge,
    record: &MergeRecord,
    (survivor, now): (user::Model, Timestamp),
) -> Result<Parted, UndoError> {
    let before = Row::from(&survivor);
    if before.external_id != record.survivor.external_id {
        return Err(what_came_between(tx, merge).await?.into());
    }
    // Values that the person has changed since the merge stay with the survivor.
    let of_before = |is: &Option<String>, given: &Option<String>, had: &Option<String>| {
        if is == given { had.clone() } else { is.clone() }
    };
    let after = Row {
        nickname: of_before(&before.nickname, &record.survivor.nickname, &record.into.nickname),
        own_nickname: of_before(&before.own_nickname, &record.survivor.own_nickname, &record.into.own_nickname),
        avatar_url: of_before(&before.avatar_url, &record.survivor.avatar_url, &record.into.avatar_url),
        own_avatar_url: of_before(&before.own_avatar_url, &record.survivor.own_avatar_url, &record.into.own_avatar_url),
        external_id: record.into.external_id.clone(),
        ..before.clone()
    };
    let again = user::ActiveModel {
        status: Set(Status::Active),
        merged_into: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    super::update_user(tx, merge.from, again).await?;
    let kept = user::ActiveModel {
        nickname: Set(after.nickname.clone()),
        own_nickname: Set(after.own_nickname.clone()),
        avatar_url: Set(after.avatar_url.clone()),
        own_avatar_url: Set(after.own_avatar_url.clone()),
        updated_at: Set(now),
        ..Default::default()
    };
    super::update_user(tx, merge.into, kept).await?;
    let ids =
        [(merge.from, &record.from), (merge.into, &record.into)].map(|(user, row)| (user, row.external_id.clone()));
    super::set_external_ids(tx, &ids).await?;
    Ok(Parted { before, after })
}

/// The survivor's row before and after an undo.
struct Parted {
    before: Row,
    after: Row,
}

fn gone_unless(is_there: bool) -> Result<(), UndoRefusal> {
    if is_there { Ok(()) } else { Err(UndoRefusal::PartGone) }
}

fn read_merge(event: &LinkEvent) -> Option<Merge> {
    let from = event.other.filter(|_| matches!(event.change, Change::Merged(_)))?;
    Some(Merge { id: event.id, from, into: event.user, at: event.at })
}
