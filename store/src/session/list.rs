//! The list of a person's open sessions, as shown to that person.

use std::collections::HashMap;

use domain::{AppId, DeviceId, SessionId, Timestamp, UserId};
use entities::user::Status;
use entities::{session, user};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{StoreError, Tx, View};

/// The most sessions that one statement looks up.
const MOST: usize = 500;

/// An open session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// The id.
    pub id: SessionId,
    /// The app that the person signed in through.
    pub app: Option<AppId>,
    /// The device. `None` for sessions older than device recognition.
    pub device_id: Option<DeviceId>,
    /// The address block of the login.
    pub address_block: Option<String>,
    /// A short description of the device.
    pub device: Option<String>,
    /// When the person signed in.
    pub signed_in_at: Timestamp,
    /// When the session was last used: its login or its last refresh.
    pub last_used_at: Timestamp,
    /// When the session expires.
    pub expires_at: Timestamp,
}

/// Returns at most `limit` open sessions of a person, the most recently used first.
pub async fn list(view: &View<'_>, user: UserId, now: Timestamp, limit: u64) -> Result<Vec<OpenSession>, StoreError> {
    use session::Column::{EndedAt, ExpiresAt, Id, LastUsedAt, SignedInAt, UserId};
    let last_used = Expr::col(LastUsedAt).if_null(Expr::col(SignedInAt));
    let open = session::Entity::find()
        .filter(UserId.eq(user))
        .filter(EndedAt.is_null())
        .filter(ExpiresAt.gt(now))
        .order_by(last_used, sea_orm::Order::Desc)
        .order_by_desc(Id)
        .limit(limit);
    let seen = |row: session::Model| OpenSession {
        id: row.id,
        app: row.app,
        device_id: row.device_id,
        address_block: row.address_block,
        device: row.device,
        signed_in_at: row.signed_in_at,
        last_used_at: row.last_used_at.unwrap_or(row.signed_in_at),
        expires_at: row.expires_at,
    };
    Ok(open.all(&view.db).await?.into_iter().map(seen).collect())
}

/// Returns the accounts of those of these sessions that are open, and whose account is active.
pub async fn accounts_of(
    view: &View<'_>,
    ids: &[SessionId],
    now: Timestamp,
) -> Result<HashMap<SessionId, UserId>, StoreError> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(MOST) {
        let rows: Vec<(SessionId, UserId)> = session::Entity::find()
            .select_only()
            .columns([session::Column::Id, session::Column::UserId])
            .inner_join(user::Entity)
            .filter(session::Column::Id.is_in(some.iter().copied()))
            .filter(session::Column::EndedAt.is_null())
            .filter(session::Column::ExpiresAt.gt(now))
            .filter(user::Column::Status.eq(Status::Active))
            .into_tuple()
            .all(&view.db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Returns whether the session belongs to a disabled account.
pub async fn is_of_disabled(view: &View<'_>, id: SessionId) -> Result<bool, StoreError> {
    let session = session::Entity::find_by_id(id).select_only().column(user::Column::Status);
    let status: Option<Status> = session.inner_join(user::Entity).into_tuple().one(&view.db).await?;
    Ok(status == Some(Status::Disabled))
}

/// Ends one session of a person. Returns false if it was not open or belongs to another account.
pub async fn end_of(tx: &Tx, user: UserId, id: SessionId, now: Timestamp) -> Result<bool, StoreError> {
    let end = session::Entity::update_many()
        .set(session::ActiveModel { ended_at: Set(Some(now)), ..Default::default() })
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::EndedAt.is_null());
    Ok(end.exec(&tx.db).await?.rows_affected > 0)
}
