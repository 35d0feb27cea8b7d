//! Cases for operators: reads open and closed ones. See `open` and `close` for the writes.

mod close;
mod handover;
mod open;

use domain::{ConflictId, ConflictKind, PhoneNumber, Resolution, Timestamp, UnionKey, UserId};
use entities::{conflict, phone};
use sea_orm::sea_query::{Condition, Query, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::page::later;
use crate::phone::{JoinedPhone, select_number};
use crate::{Front, StoreError, View};

pub use close::{HeldCase, Verdict, close, decide, hold};
pub(crate) use handover::{hand_back, hand_over};
pub use open::{OpenConflict, open_cases};
pub(crate) use open::{key_of, note_number, open};

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The id.
    pub id: ConflictId,
    /// The kind of conflict.
    pub kind: ConflictKind,
    /// The account that was signed in.
    pub user: UserId,
    /// The other account, if there is one.
    pub other: Option<UserId>,
    /// The unionId concerned, if any.
    pub union: Option<UnionKey>,
    /// The number concerned, which belonged to the other account.
    pub number: Option<PhoneNumber>,
    /// When the case was opened.
    pub opened_at: Timestamp,
    /// How the case was closed, if it was.
    pub closed: Option<Closed>,
}

/// The closing of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// When it was closed.
    pub at: Timestamp,
    /// The decision.
    pub resolution: Resolution,
    /// The actor, as in the journal.
    pub by: String,
    /// The reason, where one is required.
    pub reason: Option<String>,
}

/// A filter for cases. The default matches all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Only these kinds.
    pub kinds: Option<Vec<ConflictKind>>,
    /// Only open cases (true) or only closed ones (false).
    pub open: Option<bool>,
    /// Only cases about one of these accounts.
    pub users: Option<Vec<UserId>>,
    /// Only cases opened at or after this time.
    pub since: Option<Timestamp>,
}

/// Returns a page of cases, the oldest first.
pub async fn list(view: &View<'_>, filter: &CaseFilter, front: &Front) -> Result<Vec<Case>, StoreError> {
    use conflict::Column::{Id, OpenedAt};
    let rows = select_case()
        .filter(passes(filter))
        .filter(Condition::all().add_option(front.after.map(|place| later(OpenedAt, Id, place))))
        .order_by_asc(OpenedAt)
        .order_by_asc(Id)
        .limit(front.limit);
    let mut cases = Vec::new();
    for row in rows.into_model::<CaseRow>().all(&view.db).await? {
        cases.push(read(view, row).await?);
    }
    Ok(cases)
}

/// Returns a page of the cases that concern one of these accounts, the oldest first. People have few.
pub async fn of_users(view: &View<'_>, users: &[UserId], front: &Front) -> Result<Vec<Case>, StoreError> {
    use conflict::Column::{Id, OpenedAt};
    let rows = view.db.query_all(&select_ids_of(users, front)).await?;
    let ids: Vec<ConflictId> = rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
    let rows = select_case().filter(Id.is_in(ids)).order_by_asc(OpenedAt).order_by_asc(Id);
    let mut cases = Vec::new();
    for row in rows.into_model::<CaseRow>().all(&view.db).await? {
        cases.push(read(view, row).await?);
    }
    Ok(cases)
}

/// Selects both halves, each through the index of its account. Neither has an order or a limit of its own, which would invite a
/// database to read all cases in their order.
fn select_ids_of(users: &[UserId], front: &Front) -> SelectStatement {
    use conflict::Column::{Id, OpenedAt, OtherUserId, UserId};
    let half = |which: Condition| {
        Query::select()
            .columns([Id, OpenedAt].map(|column| column.as_column_ref()))
            .from(conflict::Entity)
            .cond_where(which)
            .cond_where(Condition::all().add_option(front.after.map(|place| later(OpenedAt, Id, place))))
            .take()
    };
    let about = Condition::all().add(UserId.is_in(users.iter().copied()));
    let beside =
        Condition::all().add(OtherUserId.is_in(users.iter().copied())).add(UserId.is_not_in(users.iter().copied()));
    let mut page = half(about);
    page.union(UnionType::All, half(beside));
    page.order_by("opened_at", sea_orm::Order::Asc).order_by("id", sea_orm::Order::Asc).limit(front.limit).take()
}

/// Returns one case.
pub async fn find(view: &View<'_>, id: ConflictId) -> Result<Option<Case>, StoreError> {
    let found = select_case().filter(conflict::Column::Id.eq(id)).into_model::<CaseRow>().one(&view.db).await?;
    let Some(row) = found else { return Ok(None) };
    read(view, row).await.map(Some)
}

/// A case with its phone.
#[derive(FromQueryResult)]
struct CaseRow {
    #[sea_orm(nested)]
    case: conflict::Model,
    #[sea_orm(nested)]
    phone: JoinedPhone,
}

async fn read(view: &View<'_>, row: CaseRow) -> Result<Case, StoreError> {
    let number = crate::phone::read_number(view, row.phone).await?;
    read_case(row.case, number)
}

fn passes(filter: &CaseFilter) -> Condition {
    use conflict::Column::{ClosedAt, Kind, OpenedAt, OtherUserId, UserId};
    let is_open = |open| if open { ClosedAt.is_null() } else { ClosedAt.is_not_null() };
    let is_about = |users: &Vec<domain::UserId>| {
        Condition::any().add(UserId.is_in(users.iter().copied())).add(OtherUserId.is_in(users.iter().copied()))
    };
    Condition::all()
        .add_option(filter.kinds.as_ref().map(|kinds| Kind.is_in(kinds.iter().copied())))
        .add_option(filter.open.map(is_open))
        .add_option(filter.users.as_ref().map(is_about))
        .add_option(filter.since.map(|since| OpenedAt.gte(since)))
}

fn select_case() -> Select<conflict::Entity> {
    select_number(conflict::Entity::find().left_join(phone::Entity))
}

fn read_case(row: conflict::Model, number: Option<PhoneNumber>) -> Result<Case, StoreError> {
    let closed = match (row.closed_at, row.resolution) {
        (None, _) => None,
        (Some(at), Some(resolution)) => {
            Some(Closed { at, resolution, by: row.closed_by.unwrap_or_default(), reason: row.reason })
        }
        (Some(_), None) => {
            return Err(StoreError::corrupt("conflicts", format!("{} is closed without a resolution", row.id)));
        }
    };
    Ok(Case {
        id: row.id,
        kind: row.kind,
        user: row.user_id,
        other: row.other_user_id,
        union: row.scope.zip(row.union_id).map(|(scope, union_id)| UnionKey { scope, union_id }),
        number,
        opened_at: row.opened_at,
        closed,
    })
}
