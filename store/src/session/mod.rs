//! Sessions: opens, finds, reassigns and ends them. See `refresh` for refresh tokens.

mod device;
mod list;
mod refresh;

use domain::session::Standing;
use domain::{AppId, Boundness, DeviceId, PhoneId, SessionId, Timestamp, UserId};
use entities::user::Status;
use entities::{session, user};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Select,
};

use crate::database::{Deferred, Repeated};
use crate::user::{LinkRow, Links, User, UserRow, select_links, select_user};
use crate::{StoreError, Tx, View};

pub use device::{add_device, find_device, is_known_device, prove_device, touch_device};
pub use list::{OpenSession, accounts_of, end_of, is_of_disabled, list};
pub use refresh::{Presented, Refreshed, Successor, is_of_live_session, of_newest_token, refresh};

/// A session to be opened, with its first refresh token.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The id.
    pub id: SessionId,
    /// The account.
    pub user: UserId,
    /// The app of the login.
    pub app: Option<AppId>,
    /// The phone that proved the person, in place of an openId.
    pub phone: Option<PhoneId>,
    /// The device.
    pub device: Option<DeviceId>,
    /// R15: whether the login was bound to its browser or device.
    pub bound: Boundness,
    /// The hash of the first refresh token.
    pub refresh_hash: [u8; 32],
    /// When the person signed in.
    pub signed_in_at: Timestamp,
    /// When the session and its refresh tokens expire.
    pub expires_at: Timestamp,
    /// The origin of the login, as shown to the person.
    pub from: SignedInFrom,
}

/// The origin of a login, as shown to the person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignedInFrom {
    /// The address block.
    pub address_block: Option<String>,
    /// A short description of the device, at most 64 characters.
    pub device: Option<String>,
}

/// A session that has not been ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// The id.
    pub id: SessionId,
    /// The account.
    pub user: UserId,
    /// R15: whether the login was bound to its browser or device.
    pub bound: Boundness,
    /// When the person signed in.
    pub signed_in_at: Timestamp,
    /// When the session expires.
    pub expires_at: Timestamp,
    /// The device. `None` for sessions older than device recognition.
    pub device: Option<DeviceId>,
}

impl Session {
    /// Returns the standing of the session's person towards an account with this cooling-off time.
    #[must_use]
    pub fn standing(&self, cooling_until: Option<Timestamp>, now: Timestamp) -> Standing {
        Standing { bound: self.bound, signed_in_at: self.signed_in_at, cooling_until, now }
    }
}

/// Returns the app that a session was opened through.
pub async fn app_of(view: &View<'_>, id: SessionId) -> Result<Option<AppId>, StoreError> {
    let found = session::Entity::find_by_id(id).one(&view.db).await?;
    Ok(found.and_then(|session| session.app))
}

/// Returns the phone that a session was opened with, if it was opened with one.
pub async fn phone_of(view: &View<'_>, id: SessionId) -> Result<Option<PhoneId>, StoreError> {
    let found = session::Entity::find_by_id(id).one(&view.db).await?;
    Ok(found.and_then(|session| session.phone_id))
}

/// Returns a session that was not ended, with its active account, in one query. The caller checks whether it has
/// expired.
pub async fn find(view: &View<'_>, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
    static OPEN: Repeated = Repeated::new();
    let open = OPEN.with(view.db.get_database_backend(), id.into(), || select_open(id));
    let Some(found) = Found::find_by_statement(open).one(&view.db).await? else { return Ok(None) };
    Ok(Some((found.session.into(), found.user.read(view).await?)))
}

/// Returns what [`find`] returns, with the account's openIds and unionIds, also in one query.
pub async fn find_with_links(view: &View<'_>, id: SessionId) -> Result<Option<(Session, User, Links)>, StoreError> {
    static OPEN: Repeated = Repeated::new();
    let open = OPEN.with(view.db.get_database_backend(), id.into(), || select_links(select_open(id)));
    let mut rows = FoundWithLinks::find_by_statement(open).all(&view.db).await?.into_iter();
    let Some(FoundWithLinks { found, link }) = rows.next() else { return Ok(None) };
    let links = Links::read(std::iter::once(link).chain(rows.map(|row| row.link)));
    Ok(Some((found.session.into(), found.user.read(view).await?, links)))
}

/// Selects a session that was not ended, with its active account.
fn select_open(id: SessionId) -> Select<user::Entity> {
    select_session(select_user().inner_join(session::Entity))
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::EndedAt.is_null())
        .filter(user::Column::Status.eq(Status::Active))
}

#[derive(FromQueryResult)]
struct FoundWithLinks {
    #[sea_orm(nested)]
    found: Found,
    #[sea_orm(nested)]
    link: LinkRow,
}

/// A session and its account.
#[derive(FromQueryResult)]
struct Found {
    #[sea_orm(nested)]
    session: SessionRow,
    #[sea_orm(nested)]
    user: UserRow,
}

/// Adds the columns of [`SessionRow`] to a query.
pub(crate) fn select_session<Q: QuerySelect>(query: Q) -> Q {
    use session::Column::{Bound, DeviceId, ExpiresAt, Id, SignedInAt, UserId};
    query.column_as(Id, "session_id").columns([UserId, Bound, SignedInAt, ExpiresAt, DeviceId])
}

/// The columns of a [`Session`].
#[derive(FromQueryResult)]
pub(crate) struct SessionRow {
    session_id: SessionId,
    user_id: UserId,
    bound: Option<bool>,
    signed_in_at: Timestamp,
    expires_at: Timestamp,
    device_id: Option<DeviceId>,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: row.session_id,
            user: row.user_id,
            bound: if row.bound == Some(true) { Boundness::Bound } else { Boundness::Unbound },
            signed_in_at: row.signed_in_at,
            expires_at: row.expires_at,
            device: row.device_id,
        }
    }
}

impl From<session::Model> for Session {
    fn from(row: session::Model) -> Self {
        let session::Model { user_id, bound, signed_in_at, expires_at, device_id, .. } = row;
        SessionRow { session_id: row.id, user_id, bound, signed_in_at, expires_at, device_id }.into()
    }
}

/// Opens a session with its first refresh token, at the latest with the commit.
pub async fn open(tx: &Tx, session: &NewSession) -> Result<(), StoreError> {
    let row = session::Model {
        id: session.id,
        user_id: session.user,
        app: session.app.clone(),
        signed_in_at: session.signed_in_at,
        expires_at: session.expires_at,
        bound: Some(session.bound == Boundness::Bound),
        ended_at: None,
        device_id: session.device,
        refresh_hash: Some(session.refresh_hash.to_vec()),
        family_hash: None,
        generation: 0,
        address_block: session.from.address_block.clone(),
        device: session.from.device.clone(),
        last_used_at: None,
        phone_id: session.phone,
    };
    tx.later(Deferred::insert(row)).await?;
    Ok(())
}

/// Ends a session. Returns whether it was open.
pub async fn end(tx: &Tx, id: SessionId, now: Timestamp) -> Result<bool, StoreError> {
    let end = session::Entity::update_many()
        .set(session::ActiveModel { ended_at: Set(Some(now)), ..Default::default() })
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::EndedAt.is_null());
    Ok(end.exec(&tx.db).await?.rows_affected > 0)
}

/// Ends all sessions of these accounts, except `except` if given. Returns their number.
pub async fn end_all_of(
    tx: &Tx,
    users: &[UserId],
    except: Option<SessionId>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut end = session::Entity::update_many()
        .set(session::ActiveModel { ended_at: Set(Some(now)), ..Default::default() })
        .filter(session::Column::UserId.is_in(users.iter().copied()))
        .filter(session::Column::EndedAt.is_null());
    if let Some(except) = except {
        end = end.filter(session::Column::Id.ne(except));
    }
    Ok(end.exec(&tx.db).await?.rows_affected)
}

/// Ends all sessions of all accounts. Returns their number.
pub async fn end_every_one(tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
    let end = session::Entity::update_many()
        .set(session::ActiveModel { ended_at: Set(Some(now)), ..Default::default() })
        .filter(session::Column::EndedAt.is_null());
    Ok(end.exec(&tx.db).await?.rows_affected)
}

/// Reassigns a session to the survivor of a merge, with a new first refresh token. The earlier tokens become unknown,
/// so a concurrent refresh with one of them fails.
pub async fn reassign(tx: &Tx, id: SessionId, to: UserId, refresh_hash: &[u8; 32]) -> Result<(), StoreError> {
    let change = session::ActiveModel {
        user_id: Set(to),
        refresh_hash: Set(Some(refresh_hash.to_vec())),
        family_hash: Set(None),
        generation: Set(0),
        ..Default::default()
    };
    session::Entity::update_many().set(change).filter(session::Column::Id.eq(id)).exec(&tx.db).await?;
    Ok(())
}
