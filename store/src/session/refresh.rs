//! Refresh tokens, stored as hashes. The newest token of a session gets a successor, the token before it gets the
//! same successor, and any older one is a replay. The caller derives the successors.

use domain::Timestamp;
use entities::user::Status;
use entities::{session, user};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QuerySelect, QueryTrait, Select,
};

use crate::database::same;
use crate::session::{Session, SessionRow, select_session};
use crate::{StoreError, Tx, View};

/// A refresh token that a client presents, with its possible successors.
#[derive(Debug, Clone)]
pub struct Presented {
    /// The hash of the token.
    pub hash: [u8; 32],
    /// One possible successor per deployment secret. A new successor is always the first; after a key rotation, any
    /// of them may have been issued earlier.
    pub successors: Vec<Successor>,
}

/// A possible successor of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Successor {
    /// The hash of the token.
    pub hash: [u8; 32],
    /// The hash of the family, which all later tokens share.
    pub family: [u8; 32],
}

/// The result of presenting a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// No session has or had this token.
    Unknown,
    /// The session has expired.
    Expired,
    /// The session was ended, or the account no longer exists.
    Ended,
    /// The account is disabled.
    Closed,
    /// The session continues. Retries with this token get the same successor until that successor is presented.
    GoesOn {
        /// The session.
        session: Session,
        /// The index of the newest token in [`Presented::successors`].
        successor: usize,
        /// The number of refreshes of the session.
        generation: i64,
    },
    /// The successor of this token was already presented, so one of the two was stolen.
    Replayed {
        /// The session.
        session: Session,
        /// The number of refreshes of the session.
        generation: i64,
    },
}

/// Returns the live session whose newest refresh token this is.
pub async fn of_newest_token(
    view: &View<'_>,
    refresh_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let live = select_row(session::Column::RefreshHash.eq(refresh_hash.to_vec()))
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(user::Column::Status.eq(Status::Active));
    Ok(live.into_model::<Row>().one(&view.db).await?.map(|row| row.session.into()))
}

/// Returns whether a live session has or had this token: [`refresh`] answers it with a successor, or ends the session.
pub async fn is_of_live_session(view: &View<'_>, token: &Presented, now: Timestamp) -> Result<bool, StoreError> {
    let live = session::Entity::find()
        .filter(has_or_had(token))
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now));
    Ok(live.count(&view.db).await? > 0)
}

/// The session whose newest token this is, or which has left it behind.
fn has_or_had(token: &Presented) -> Expr {
    let families = token.successors.iter().map(|successor| successor.family.to_vec());
    session::Column::RefreshHash.eq(token.hash.to_vec()).or(session::Column::FamilyHash.is_in(families))
}

/// Presents a refresh token. Of several concurrent calls with the newest token, one creates a generation, and all
/// return the same result.
pub async fn refresh(tx: &Tx, token: &Presented, now: Timestamp) -> Result<Refreshed, StoreError> {
    // The update comes first, which only one call wins; the others read what it has written.
    if let Some(goes_on) = replace_newest(tx, token, now).await? {
        return Ok(goes_on);
    }
    let found = select_row(has_or_had(token)).into_model::<Row>().one(&tx.db).await?;
    let Some(Row { session, ended_at, refresh_hash, generation, status }) = found else {
        return Ok(Refreshed::Unknown);
    };
    let session = Session::from(session);
    let is_newest = |successor: &Successor| refresh_hash.as_deref() == Some(&successor.hash);
    Ok(match token.successors.iter().position(is_newest) {
        _ if status == Status::Disabled => Refreshed::Closed,
        _ if ended_at.is_some() || status != Status::Active => Refreshed::Ended,
        _ if session.expires_at <= now => Refreshed::Expired,
        Some(successor) => Refreshed::GoesOn { session, successor, generation },
        None => Refreshed::Replayed { session, generation },
    })
}

/// Replaces a token by its first successor if it is the newest of a live session. Returns the session where the database
/// returns changed rows.
async fn replace_newest(tx: &Tx, token: &Presented, now: Timestamp) -> Result<Option<Refreshed>, DbErr> {
    let Some(successor) = token.successors.first() else { return Ok(None) };
    let live = Condition::all()
        .add(session::Column::RefreshHash.eq(token.hash.to_vec()))
        .add(session::Column::EndedAt.is_null())
        .add(session::Column::ExpiresAt.gt(now));
    let claim = session::Entity::update_many()
        .col_expr(session::Column::RefreshHash, Expr::value(successor.hash.to_vec()))
        .col_expr(session::Column::FamilyHash, Expr::value(successor.family.to_vec()))
        .col_expr(session::Column::Generation, Expr::col(session::Column::Generation).add(1))
        .col_expr(session::Column::LastUsedAt, Expr::value(now))
        .filter(live);
    if !tx.db.support_returning() {
        claim.exec(&tx.db).await?;
        return Ok(None);
    }
    let active_owner = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(same(user::Column::Id, session::Column::UserId))
        .filter(user::Column::Status.eq(Status::Active));
    let claim = claim.filter(Expr::exists(active_owner.into_query()));
    let claimed = claim.exec_with_returning(&tx.db).await?.pop();
    Ok(claimed.map(|row| {
        let generation = row.generation;
        Refreshed::GoesOn { session: row.into(), successor: 0, generation }
    }))
}

/// A session, its newest token and the status of its account.
#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    session: SessionRow,
    ended_at: Option<Timestamp>,
    refresh_hash: Option<Vec<u8>>,
    generation: i64,
    status: Status,
}

fn select_row(which: impl Into<Expr>) -> Select<session::Entity> {
    use session::Column::{EndedAt, Generation, RefreshHash};
    select_session(session::Entity::find().select_only())
        .columns([EndedAt, RefreshHash, Generation])
        .column(user::Column::Status)
        .inner_join(user::Entity)
        .filter(which.into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::Boundness;
    use domain::login::{Proof, decide};
    use domain::{OpenKey, Profile, SessionId};
    use migration::throwaway::{Database, Server};

    use super::*;
    use crate::key::Sealer;
    use crate::session::{NewSession, SignedInFrom};
    use crate::{Options, Store};

    const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

    async fn open_session(store: &Store) {
        let key = OpenKey { app: "shop".parse().expect("an app id"), open_id: "oLan".parse().expect("an open id") };
        let proof = Proof { key, union: None, profile: Profile::default() };
        let tx = store.begin().await.expect("a transaction");
        let known = crate::login::known(&tx.look(), &proof).await.expect("a look");
        let user = crate::login::apply(&tx, &decide(&known, &proof, Boundness::Bound), &proof, NOW)
            .await
            .expect("a login")
            .user;
        let (id, refresh_hash, expires_at) = (SessionId::new(NOW), [1; 32], Timestamp::from_millis(i64::MAX));
        let session = NewSession {
            phone: None,
            id,
            user,
            app: None,
            device: None,
            bound: domain::Boundness::Bound,
            refresh_hash,
            signed_in_at: NOW,
            expires_at,
            from: SignedInFrom::default(),
        };
        crate::session::open(&tx, &session).await.expect("a session");
        tx.commit().await.expect("a commit");
    }

    #[tokio::test]
    async fn a_refresh_is_one_guarded_update_and_a_retry_also_one_select() {
        let database = Database::create(Server::Sqlite).await;
        let url = database.url().to_owned().into();
        let acquire_timeout = Duration::from_secs(30);
        let options =
            Options { url, max_connections: 1, acquire_timeout, statement_timeout: None, shares_connections: false };
        let store = Store::connect(&options, Sealer::of_tests(), NOW).await.expect("a store");
        open_session(&store).await;

        for (n, statements) in [(1, 1), (1, 2), (2, 1)] {
            let before = store.statements();
            let token = Presented { hash: [n; 32], successors: vec![Successor { hash: [n + 1; 32], family: [9; 32] }] };
            let tx = store.begin().await.expect("a transaction");
            let refreshed = refresh(&tx, &token, NOW).await.expect("a refresh");
            tx.commit().await.expect("a commit");

            assert!(matches!(refreshed, Refreshed::GoesOn { .. }), "{refreshed:?}");
            assert_eq!(store.statements() - before, statements);
        }
        store.close().await;
    }
}
