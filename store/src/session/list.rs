//! The sessions of a person, as the person sees them.
//! How one is opened, carried on and ended is in `session`.

use domain::{AppId, DeviceId, SessionId, Timestamp, UserId};
use entities::user::Status;
use entities::{session, user};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{StoreError, Tx, View};

/// A session that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// Its id.
    pub id: SessionId,
    /// Through which app the person signed in.
    pub app: Option<AppId>,
    /// On which device; unknown of sessions from before devices were told apart.
    pub device_id: Option<DeviceId>,
    /// From which block of addresses.
    pub address_block: Option<String>,
    /// With what, in a few words.
    pub device: Option<String>,
    /// When the person signed in.
    pub signed_in_at: Timestamp,
    /// When it was last carried on: at its login, or by a refresh.
    pub last_used_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// The open sessions of a person, the one that was used last first, at most `limit`.
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

/// Is the session one of an account that was disabled?
pub async fn is_of_disabled(view: &View<'_>, id: SessionId) -> Result<bool, StoreError> {
    let session = session::Entity::find_by_id(id).select_only().column(user::Column::Status);
    let status: Option<Status> = session.inner_join(user::Entity).into_tuple().one(&view.db).await?;
    Ok(status == Some(Status::Disabled))
}

/// Ends one session of a person; answers whether it was open, and the person's.
pub async fn end_of(tx: &Tx, user: UserId, id: SessionId, now: Timestamp) -> Result<bool, StoreError> {
    let end = session::Entity::update_many()
        .set(session::ActiveModel { ended_at: Set(Some(now)), ..Default::default() })
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::EndedAt.is_null());
    Ok(end.exec(&tx.db).await?.rows_affected > 0)
}
