//! Signed-in devices and their refresh tokens, of which only hashes are kept.
//! How a token is made and signed is `api`'s business.

use domain::standing::Standing;
use domain::{AppId, Boundness, DeviceId, SessionId, Timestamp, UserId};
use entities::user::Status;
use entities::{refresh_token, session, user};
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryResult, QuerySelect,
};

use crate::person::{read_user, select_user};
use crate::sql::same;
use crate::{StoreError, Tx, User, View};

/// A session to be opened, with its first refresh token.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Who signed in.
    pub user: UserId,
    /// Through which app.
    pub app: Option<AppId>,
    /// On which device.
    pub device: Option<DeviceId>,
    /// R15: whether the login was bound to its browser or device.
    pub bound: Boundness,
    /// The hash of the first refresh token.
    pub refresh_hash: [u8; 32],
    /// When the person signed in.
    pub signed_in_at: Timestamp,
    /// When the session ends by itself; the first refresh token with it.
    pub expires_at: Timestamp,
}

/// A session that has not been ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who signed in.
    pub user: UserId,
    /// R15: whether the login was bound to its browser or device.
    pub bound: Boundness,
    /// When the person signed in.
    pub signed_in_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// On which device; unknown of sessions from before devices were told apart.
    pub device: Option<DeviceId>,
}

impl Session {
    /// How the person stands who wants to change an account of this cooling-off time.
    #[must_use]
    pub fn standing(&self, cooling_until: Option<Timestamp>, now: Timestamp) -> Standing {
        Standing { bound: self.bound, signed_in_at: self.signed_in_at, cooling_until, now }
    }
}

/// What came of presenting a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// No such token.
    Unknown,
    /// The token or its session is too old.
    Expired,
    /// The session was ended, or its account is gone.
    Ended,
    /// It was good, and is spent now: nobody else gets this answer for it.
    Fresh(Session),
    /// It was spent before.
    Again {
        /// The session it belongs to.
        session: Session,
        /// When it was spent.
        spent_at: Timestamp,
    },
}

impl View<'_> {
    /// The app that a session was opened through.
    pub async fn app_of_session(&self, id: SessionId) -> Result<Option<AppId>, StoreError> {
        let found = session::Entity::find_by_id(id).one(&self.db).await?;
        Ok(found.and_then(|session| session.app))
    }

    /// A session that was not ended, with its active person, in one query. Whether it has expired is for the caller to see.
    pub async fn session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        use session::Column::{Bound, DeviceId, ExpiresAt, SignedInAt};
        let query = select_user()
            .columns([Bound, SignedInAt, ExpiresAt, DeviceId].map(|column| column.as_column_ref()))
            .expr_as(Expr::col(session::Column::Id.as_column_ref()), "session_id")
            .inner_join(session::Entity, same(session::Column::UserId, user::Column::Id))
            .and_where(session::Column::Id.eq(id))
            .and_where(session::Column::EndedAt.is_null())
            .and_where(user::Column::Status.eq(Status::Active))
            .take();
        let Some(row) = self.db.query_one(&query).await? else { return Ok(None) };
        let user = read_user(&row)?;
        Ok(Some((read_session(&row, user.id)?, user)))
    }
    /// The live session of a refresh token that was not spent.
    pub async fn session_of_unspent(
        &self,
        refresh_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let query = select_token(refresh_hash)
            .and_where(refresh_token::Column::SpentAt.is_null())
            .and_where(refresh_token::Column::ExpiresAt.gt(now))
            .and_where(session::Column::EndedAt.is_null())
            .and_where(session::Column::ExpiresAt.gt(now))
            .and_where(user::Column::Status.eq(Status::Active))
            .take();
        let Some(row) = self.db.query_one(&query).await? else { return Ok(None) };
        Ok(Some(read_session(&row, row.try_get("", "user_id")?)?))
    }
}

impl Tx {
    /// Opens a session with its first refresh token.
    pub async fn open_session(&self, session: &NewSession) -> Result<(), StoreError> {
        let row = session::Model {
            id: session.id,
            user_id: session.user,
            app: session.app.clone(),
            signed_in_at: session.signed_in_at,
            expires_at: session.expires_at,
            bound: Some(session.bound == Boundness::Bound),
            ended_at: None,
            device_id: session.device,
        };
        self.insert(row).await?;
        self.add_refresh_token(session.id, &session.refresh_hash, session.signed_in_at, session.expires_at).await
    }

    /// Spends a refresh token: of any number of parallel tries exactly one is [`Spent::Fresh`].
    pub async fn spend(&self, refresh_hash: &[u8; 32], now: Timestamp) -> Result<Spent, StoreError> {
        // First the claim, which only one of many can win, then the look at what was claimed.
        let claim = refresh_token::Entity::update_many()
            .set(refresh_token::ActiveModel { spent_at: Set(Some(now)), ..Default::default() })
            .filter(refresh_token::Column::Hash.eq(refresh_hash.to_vec()))
            .filter(refresh_token::Column::SpentAt.is_null())
            .filter(refresh_token::Column::ExpiresAt.gt(now));
        let won = claim.exec(&self.db).await?.rows_affected > 0;
        let Some(row) = self.db.query_one(&select_token(refresh_hash)).await? else { return Ok(Spent::Unknown) };
        let session = read_session(&row, row.try_get("", "user_id")?)?;
        let ended_at: Option<Timestamp> = row.try_get("", "ended_at")?;
        let token_expires_at: Timestamp = row.try_get("", "token_expires_at")?;
        let status: Status = row.try_get("", "status")?;
        let spent_at: Option<Timestamp> = row.try_get("", "spent_at")?;
        Ok(match spent_at {
            _ if ended_at.is_some() || status != Status::Active => Spent::Ended,
            _ if token_expires_at <= now || session.expires_at <= now => Spent::Expired,
            Some(spent_at) if !won => Spent::Again { session, spent_at },
            Some(_) | None => Spent::Fresh(session),
        })
    }

    /// Gives a session one more refresh token.
    #[expect(clippy::too_many_arguments, reason = "a struct for three facts would only be taken apart again")]
    pub async fn add_refresh_token(
        &self,
        session: SessionId,
        hash: &[u8; 32],
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let row = refresh_token::Model {
            hash: hash.to_vec(),
            session_id: session,
            created_at: now,
            expires_at,
            spent_at: None,
        };
        self.insert(row).await
    }

    /// Ends a session; answers whether it was still open.
    pub async fn end_session(&self, id: SessionId, now: Timestamp) -> Result<bool, StoreError> {
        let end = session::Entity::update_many()
            .set(session::ActiveModel { ended_at: Set(Some(now)), ..Default::default() })
            .filter(session::Column::Id.eq(id))
            .filter(session::Column::EndedAt.is_null());
        Ok(end.exec(&self.db).await?.rows_affected > 0)
    }

    /// Ends all sessions of these people, perhaps except one; answers how many.
    pub async fn end_sessions_of(
        &self,
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
        Ok(end.exec(&self.db).await?.rows_affected)
    }

    /// Lets a session go on as another account, the one that stayed after a merge. Its refresh tokens end: give it one.
    pub async fn move_session(&self, id: SessionId, to: UserId) -> Result<(), StoreError> {
        // A refresh that is under way holds the session; without the lock its new token would outlive the old ones.
        session::Entity::find_by_id(id).lock_exclusive().one(&self.db).await?;
        let old = refresh_token::Entity::delete_many().filter(refresh_token::Column::SessionId.eq(id));
        old.exec(&self.db).await?;
        let change = session::ActiveModel { user_id: Set(to), ..Default::default() };
        session::Entity::update_many().set(change).filter(session::Column::Id.eq(id)).exec(&self.db).await?;
        Ok(())
    }
}

/// A refresh token with its session and the status of its account.
fn select_token(refresh_hash: &[u8; 32]) -> SelectStatement {
    use session::Column::{Bound, DeviceId, EndedAt, ExpiresAt, SignedInAt, UserId};
    Query::select()
        .columns([UserId, Bound, SignedInAt, ExpiresAt, EndedAt, DeviceId].map(|column| column.as_column_ref()))
        .expr_as(Expr::col(session::Column::Id.as_column_ref()), "session_id")
        .column(user::Column::Status.as_column_ref())
        .column(refresh_token::Column::SpentAt.as_column_ref())
        .expr_as(Expr::col(refresh_token::Column::ExpiresAt.as_column_ref()), "token_expires_at")
        .from(refresh_token::Entity)
        .inner_join(session::Entity, same(session::Column::Id, refresh_token::Column::SessionId))
        .inner_join(user::Entity, same(user::Column::Id, UserId))
        .and_where(refresh_token::Column::Hash.eq(refresh_hash.to_vec()))
        .take()
}

fn read_session(row: &QueryResult, user: UserId) -> Result<Session, DbErr> {
    let bound: Option<bool> = row.try_get("", "bound")?;
    Ok(Session {
        bound: if bound == Some(true) { Boundness::Bound } else { Boundness::Unbound },
        id: row.try_get("", "session_id")?,
        user,
        signed_in_at: row.try_get("", "signed_in_at")?,
        expires_at: row.try_get("", "expires_at")?,
        device: row.try_get("", "device_id")?,
    })
}
