//! Reads everything that is kept about one person, but for orders and the journal, which are read in pages of their own
//! modules. What other people are concerned in is left out: the other side of a case, the account that was merged.

use domain::{
    AppId, ConflictId, ConflictKind, DeviceId, ErasureCause, ExternalId, MessageId, OpenId, PhoneId, PhoneNumber,
    Resolution, SessionId, Timestamp, UnionId, UnionScope, UserId,
};
use entities::{conflict, device, open_id, outbox, phone, phone_code, session, union_id, user};
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{StoreError, View};

/// The row of an account.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are those of `entities::user`, which says what they are")]
pub struct Account {
    pub id: UserId,
    pub status: String,
    pub nickname: Option<String>,
    pub avatar_url: Option<String>,
    pub own_nickname: Option<String>,
    pub own_avatar_url: Option<String>,
    pub external_id: Option<ExternalId>,
    pub cooling_until: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An openId.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are those of `entities::open_id`, which says what they are")]
pub struct KnownOpenId {
    pub app: AppId,
    pub open_id: OpenId,
    pub nickname: Option<String>,
    pub nickname_at: Option<Timestamp>,
    pub avatar_url: Option<String>,
    pub avatar_url_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub linked_at: Option<Timestamp>,
    pub last_login_at: Option<Timestamp>,
    pub follows: Option<bool>,
    pub follows_since: Option<Timestamp>,
    pub cancelled_at: Option<Timestamp>,
}

/// A unionId.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are those of `entities::union_id`, which says what they are")]
pub struct KnownUnionId {
    pub scope: UnionScope,
    pub union_id: UnionId,
    pub created_at: Timestamp,
}

/// A phone that the account has or had.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are those of `entities::phone`, which says what they are")]
pub struct KnownPhone {
    pub id: PhoneId,
    pub number: PhoneNumber,
    pub is_active: bool,
    pub proof: String,
    pub verified_at: Option<Timestamp>,
    pub last_proof_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub kept_until: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub ended: Option<String>,
}

/// A session.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are those of `entities::session`, which says what they are")]
pub struct KnownSession {
    pub id: SessionId,
    pub app: Option<AppId>,
    pub device_id: Option<DeviceId>,
    pub device: Option<String>,
    pub address_block: Option<String>,
    pub bound: Option<bool>,
    pub signed_in_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// A device.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are those of `entities::device`, which says what they are")]
pub struct KnownDevice {
    pub id: DeviceId,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub proved_at: Option<Timestamp>,
}

/// A message that was sent or is to be sent: a notice, or an SMS code.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are those of `entities::outbox` and `entities::phone_code`")]
pub struct KnownMessage {
    pub id: Option<MessageId>,
    pub kind: String,
    pub state: Option<String>,
    pub app: Option<AppId>,
    pub address_block: Option<String>,
    pub created_at: Timestamp,
    pub settled_at: Option<Timestamp>,
}

/// A case, without the other person in it.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are those of `entities::conflict`, which says what they are")]
pub struct KnownCase {
    pub id: ConflictId,
    pub kind: ConflictKind,
    pub opened_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub resolution: Option<Resolution>,
}

/// A scheduled erasure.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields are those of `entities::erasure`, which says what they are")]
pub struct KnownErasure {
    pub cause: ErasureCause,
    pub asked_at: Timestamp,
    pub due_at: Timestamp,
}

/// Everything about one person, but for orders and the journal.
#[derive(Debug, Clone)]
pub struct Person {
    /// The account.
    pub account: Account,
    /// The ids of the accounts that were merged into it.
    pub merged: Vec<UserId>,
    /// The openIds, the oldest first.
    pub open_ids: Vec<KnownOpenId>,
    /// The unionIds.
    pub union_ids: Vec<KnownUnionId>,
    /// The phones, former ones too.
    pub phones: Vec<KnownPhone>,
    /// The sessions that have not expired.
    pub sessions: Vec<KnownSession>,
    /// The devices of these sessions.
    pub devices: Vec<KnownDevice>,
    /// The notices and SMS codes that are still recorded.
    pub messages: Vec<KnownMessage>,
    /// The cases.
    pub cases: Vec<KnownCase>,
    /// The scheduled erasure.
    pub erasure: Option<KnownErasure>,
}

/// Returns what is kept about the person of an account. Returns `None` if there is no such account, or it was merged or
/// erased.
pub async fn person(view: &View<'_>, user: UserId) -> Result<Option<Person>, StoreError> {
    let Some(row) = user::Entity::find_by_id(user).one(&view.db).await? else { return Ok(None) };
    match row.status {
        user::Status::Merged | user::Status::Erased => return Ok(None),
        user::Status::Active | user::Status::Disabled => {}
    }
    let sessions = sessions(view, user).await?;
    let planned = crate::erasure::find(view, user).await?;
    Ok(Some(Person {
        account: account(row),
        merged: crate::history::with_aliases(view, user).await?.into_iter().filter(|id| *id != user).collect(),
        open_ids: open_ids(view, user).await?,
        union_ids: union_ids(view, user).await?,
        phones: phones(view, user).await?,
        devices: devices(view, &sessions).await?,
        sessions,
        messages: messages(view, user).await?,
        cases: cases(view, user).await?,
        erasure: planned.map(|plan| KnownErasure { cause: plan.cause, asked_at: plan.asked_at, due_at: plan.due_at }),
    }))
}

fn account(row: user::Model) -> Account {
    Account {
        id: row.id,
        status: row.status.to_value(),
        nickname: row.nickname,
        avatar_url: row.avatar_url,
        own_nickname: row.own_nickname,
        own_avatar_url: row.own_avatar_url,
        external_id: row.external_id,
        cooling_until: row.cooling_until,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

async fn open_ids(view: &View<'_>, user: UserId) -> Result<Vec<KnownOpenId>, StoreError> {
    let rows = open_id::Entity::find().filter(open_id::Column::UserId.eq(user)).order_by_asc(open_id::Column::Id);
    let known = |row: open_id::Model| KnownOpenId {
        app: row.app,
        open_id: row.open_id,
        nickname: row.nickname,
        nickname_at: row.nickname_at,
        avatar_url: row.avatar_url,
        avatar_url_at: row.avatar_url_at,
        created_at: row.created_at,
        linked_at: row.linked_at,
        last_login_at: row.last_login_at,
        follows: row.follows,
        follows_since: row.follows_since,
        cancelled_at: row.cancelled_at,
    };
    Ok(rows.all(&view.db).await?.into_iter().map(known).collect())
}

async fn union_ids(view: &View<'_>, user: UserId) -> Result<Vec<KnownUnionId>, StoreError> {
    let rows = union_id::Entity::find().filter(union_id::Column::UserId.eq(user)).order_by_asc(union_id::Column::Id);
    let known =
        |row: union_id::Model| KnownUnionId { scope: row.scope, union_id: row.union_id, created_at: row.created_at };
    Ok(rows.all(&view.db).await?.into_iter().map(known).collect())
}

async fn phones(view: &View<'_>, user: UserId) -> Result<Vec<KnownPhone>, StoreError> {
    let rows = phone::Entity::find().filter(phone::Column::UserId.eq(user)).order_by_asc(phone::Column::Id);
    let mut phones = Vec::new();
    for row in rows.all(&view.db).await? {
        phones.push(KnownPhone {
            id: row.id,
            number: crate::phone::open_number(view, row.id, &row.sealed_number).await?,
            is_active: row.active_user.is_some(),
            proof: row.proof.to_value(),
            verified_at: row.verified_at,
            last_proof_at: row.last_proof_at,
            created_at: row.created_at,
            kept_until: row.kept_until,
            ended_at: row.ended_at,
            ended: row.ended.map(|ended| ended.to_value()),
        });
    }
    Ok(phones)
}

async fn sessions(view: &View<'_>, user: UserId) -> Result<Vec<KnownSession>, StoreError> {
    let rows = session::Entity::find().filter(session::Column::UserId.eq(user)).order_by_asc(session::Column::Id);
    let known = |row: session::Model| KnownSession {
        id: row.id,
        app: row.app,
        device_id: row.device_id,
        device: row.device,
        address_block: row.address_block,
        bound: row.bound,
        signed_in_at: row.signed_in_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
        ended_at: row.ended_at,
    };
    Ok(rows.all(&view.db).await?.into_iter().map(known).collect())
}

async fn devices(view: &View<'_>, sessions: &[KnownSession]) -> Result<Vec<KnownDevice>, StoreError> {
    let ids = sessions.iter().filter_map(|session| session.device_id);
    let rows = device::Entity::find().filter(device::Column::Id.is_in(ids)).order_by_asc(device::Column::Id);
    let known = |row: device::Model| KnownDevice {
        id: row.id,
        created_at: row.created_at,
        seen_at: row.seen_at,
        proved_at: row.proved_at,
    };
    Ok(rows.all(&view.db).await?.into_iter().map(known).collect())
}

async fn messages(view: &View<'_>, user: UserId) -> Result<Vec<KnownMessage>, StoreError> {
    let notices = outbox::Entity::find().filter(outbox::Column::UserId.eq(user)).order_by_asc(outbox::Column::Id);
    let codes =
        phone_code::Entity::find().filter(phone_code::Column::UserId.eq(user)).order_by_asc(phone_code::Column::Id);
    let notice = |row: outbox::Model| KnownMessage {
        id: Some(row.id),
        kind: row.kind,
        state: Some(row.state.to_value()),
        app: None,
        address_block: None,
        created_at: row.created_at,
        settled_at: row.settled_at,
    };
    let code = |row: phone_code::Model| KnownMessage {
        id: None,
        kind: "sms_code".to_owned(),
        state: None,
        app: row.app,
        address_block: row.address_block,
        created_at: row.sent_at,
        settled_at: row.used_at,
    };
    let mut messages: Vec<_> = notices.all(&view.db).await?.into_iter().map(notice).collect();
    messages.extend(codes.all(&view.db).await?.into_iter().map(code));
    Ok(messages)
}

async fn cases(view: &View<'_>, user: UserId) -> Result<Vec<KnownCase>, StoreError> {
    let rows = conflict::Entity::find().filter(conflict::Column::UserId.eq(user)).order_by_asc(conflict::Column::Id);
    let known = |row: conflict::Model| KnownCase {
        id: row.id,
        kind: row.kind,
        opened_at: row.opened_at,
        closed_at: row.closed_at,
        resolution: row.resolution,
    };
    Ok(rows.all(&view.db).await?.into_iter().map(known).collect())
}

/// Returns the account to which an id leads, unless it was erased.
pub async fn resolve(view: &View<'_>, id: UserId) -> Result<Option<UserId>, StoreError> {
    let Some(user) = crate::user::survivor_of(view, id).await? else { return Ok(None) };
    let row = user::Entity::find_by_id(user).one(&view.db).await?;
    Ok(row.filter(|row| row.status != user::Status::Erased).map(|row| row.id))
}
