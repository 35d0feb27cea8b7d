//! Acts that wait for a second operator. The number of a request is sealed like that of a phone.
//!
//! The unique key of open requests decides between two who ask for one act, and the guarded update of a decision between two who
//! decide: the second one finds no open request.

use std::str::FromStr;

use domain::{PhoneId, PhoneNumber, Principal, RequestId, RequestKind, ServiceTokenId, Timestamp, UserId};
use entities::request::{self, State};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

pub use entities::request::State as RequestState;

use crate::page::later;
use crate::{Actor, Front, StoreError, Tx, View};

/// The maximum number of creators that are followed from a token to the operator or the token that was created first.
const MOST_MAKERS: usize = 100;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// The kind.
    pub kind: RequestKind,
    /// The account that it is about.
    pub user: UserId,
    /// The other account of a merge.
    pub other: Option<UserId>,
    /// The further arguments, without a number.
    pub payload: Value,
    /// The number to set.
    pub number: Option<PhoneNumber>,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The id.
    pub id: RequestId,
    /// What is asked for.
    pub act: Act,
    /// The reason.
    pub reason: String,
    /// Who asked.
    pub by: Principal,
    /// When.
    pub asked_at: Timestamp,
    /// Until when it can be approved.
    pub expires_at: Timestamp,
    /// The state.
    pub state: State,
}

/// Returns what an act is about: two open requests for one act cannot be.
fn open_key(act: &Act) -> String {
    let kind = act.kind;
    match act.kind {
        RequestKind::Undo => format!("{kind}:{}", act.payload["merge"].as_str().unwrap_or_default()),
        // A merge of two accounts is one act, with or without a case.
        RequestKind::Merge | RequestKind::CaseMerge => {
            let mut users = [Some(act.user), act.other].map(|user| user.map(|id| id.to_string()).unwrap_or_default());
            users.sort();
            format!("{}:{}", RequestKind::Merge, users.join(":"))
        }
        RequestKind::SetPhone | RequestKind::Erase => format!("{kind}:{}", act.user),
    }
}

/// Records a request, unless one for this act is open: that one is returned then.
///
/// # Errors
/// Returns [`StoreError::Contended`] if two ask at once.
pub async fn ask(tx: &Tx, wanted: Request, now: Timestamp) -> Result<Request, StoreError> {
    let key = open_key(&wanted.act);
    let open = request::Entity::find().filter(request::Column::OpenKey.eq(key.clone()));
    if let Some(open) = tx.locking(open).one(&tx.db).await? {
        if open.expires_at > now {
            return read(&tx.look(), open).await;
        }
        // The key of one that has expired is free.
        let free = request::ActiveModel { open_key: Set(None), ..Default::default() };
        request::Entity::update_many().set(free).filter(request::Column::Id.eq(open.id)).exec(&tx.db).await?;
    }
    let sealed = wanted.act.number.as_ref().map(|number| {
        let place = PhoneId::new(now);
        (place, tx.vault.seal(place, number))
    });
    let (phone_id, sealed_number) = sealed.unzip();
    let row = request::Model {
        id: wanted.id,
        kind: wanted.act.kind,
        user_id: wanted.act.user,
        other_user_id: wanted.act.other,
        payload: wanted.act.payload.to_string(),
        sealed_number,
        phone_id,
        reason: wanted.reason.clone(),
        asked_by: Actor::Operator(wanted.by).to_string(),
        asked_at: wanted.asked_at,
        expires_at: wanted.expires_at,
        state: wanted.state,
        open_key: Some(key),
        decided_by: None,
        decided_at: None,
    };
    tx.insert(row).await?;
    Ok(wanted)
}

/// Returns a request, open or not.
pub async fn find(view: &View<'_>, id: RequestId) -> Result<Option<Request>, StoreError> {
    match request::Entity::find_by_id(id).one(&view.db).await? {
        Some(row) => Ok(Some(read(view, row).await?)),
        None => Ok(None),
    }
}

/// Returns a page of the open requests of these kinds, the oldest first.
pub async fn list(
    view: &View<'_>,
    kinds: &[RequestKind],
    front: &Front,
    now: Timestamp,
) -> Result<Vec<Request>, StoreError> {
    use request::Column::{AskedAt, ExpiresAt, Id, Kind, State as InState};
    let rows = request::Entity::find()
        .filter(InState.eq(State::Open))
        .filter(ExpiresAt.gt(now))
        .filter(Kind.is_in(kinds.iter().copied()))
        .filter(Condition::all().add_option(front.after.map(|place| later(AskedAt, Id, place))))
        .order_by_asc(AskedAt)
        .order_by_asc(Id)
        .limit(front.limit);
    let mut requests = Vec::new();
    for row in rows.all(&view.db).await? {
        requests.push(read(view, row).await?);
    }
    Ok(requests)
}

/// Decides an open request. Returns false if it is not open, or no longer: of two who decide at once, the second one waits for the
/// first and gets false.
pub async fn decide(
    tx: &Tx,
    (id, state): (RequestId, State),
    by: Principal,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let change = request::ActiveModel {
        state: Set(state),
        open_key: Set(None),
        decided_by: Set(Some(Actor::Operator(by).to_string())),
        decided_at: Set(Some(now)),
        ..Default::default()
    };
    let open = Condition::all()
        .add(request::Column::Id.eq(id))
        .add(request::Column::State.eq(State::Open))
        .add(request::Column::ExpiresAt.gt(now));
    Ok(request::Entity::update_many().set(change).filter(open).exec(&tx.db).await?.rows_affected > 0)
}

/// Returns who stands behind a principal: itself, and for a token, those who created it, one after another. A token that an operator
/// has created is no second operator.
pub async fn lineage(view: &View<'_>, of: Principal) -> Result<Vec<Principal>, StoreError> {
    let mut lineage = vec![of];
    while let Some(Principal::Token(token)) = lineage.last().copied() {
        let Some(maker) = maker(view, token).await?.filter(|maker| !lineage.contains(maker)) else { break };
        lineage.push(maker);
        if lineage.len() > MOST_MAKERS {
            return Err(StoreError::corrupt("service_tokens", format!("{token} has too many creators")));
        }
    }
    Ok(lineage)
}

async fn maker(view: &View<'_>, token: ServiceTokenId) -> Result<Option<Principal>, StoreError> {
    Ok(crate::service_token::find_by_id(view, token).await?.and_then(|token| token.made_by))
}

/// Deletes the requests about people who are erased.
pub(crate) async fn forget(tx: &Tx, users: &[UserId]) -> Result<(), StoreError> {
    let about = Condition::any()
        .add(request::Column::UserId.is_in(users.iter().copied()))
        .add(request::Column::OtherUserId.is_in(users.iter().copied()));
    request::Entity::delete_many().filter(about).exec(&tx.db).await?;
    Ok(())
}

async fn read(view: &View<'_>, row: request::Model) -> Result<Request, StoreError> {
    let id = row.id;
    let corrupt = |what: &str| StoreError::corrupt("requests", format!("{id} has {what}"));
    let by = Actor::from_str(&row.asked_by).ok().and_then(Actor::principal);
    let number = match row.phone_id.zip(row.sealed_number) {
        Some((place, sealed)) => Some(crate::phone::open_number(view, place, &sealed).await?),
        None => None,
    };
    let act = Act {
        kind: row.kind,
        user: row.user_id,
        other: row.other_user_id,
        payload: serde_json::from_str(&row.payload).map_err(|_| corrupt("malformed arguments"))?,
        number,
    };
    let by = by.ok_or_else(|| corrupt("no operator who asked"))?;
    let request::Model { reason, asked_at, expires_at, state, .. } = row;
    Ok(Request { id, act, reason, by, asked_at, expires_at, state })
}
