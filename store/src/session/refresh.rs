//! Refresh tokens carry a session on: the newest one gets a successor, its parent gets the same one, any older one is a
//! replay. Only hashes are here; which token follows which is `api`'s business.

use domain::Timestamp;
use entities::user::Status;
use entities::{session, user};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QuerySelect, Select,
};

use crate::session::{Session, SessionRow, select_session};
use crate::{StoreError, Tx, View};

/// A refresh token that a client presents, and what may follow it.
#[derive(Debug, Clone)]
pub struct Presented {
    /// Its hash.
    pub hash: [u8; 32],
    /// What may follow it, one for each key of the deployment. The first is given from now on; any of them may have been
    /// given before the keys were rotated.
    pub successors: Vec<Successor>,
}

/// A refresh token that may follow another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Successor {
    /// Its hash.
    pub hash: [u8; 32],
    /// The hash of what it has in common with all that follow it.
    pub family: [u8; 32],
}

/// What came of presenting a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// No session has or had such a token.
    Unknown,
    /// Its session is too old.
    Expired,
    /// Its session was ended, or the account is gone.
    Ended,
    /// Its account was disabled.
    Closed,
    /// The session goes on. Whoever presents this token gets the same successor until that one is presented itself.
    GoesOn {
        /// The session.
        session: Session,
        /// Which of [`Presented::successors`] is its newest token.
        successor: usize,
        /// How many times it was refreshed.
        generation: i64,
    },
    /// What followed it was presented before: one of the two was stolen.
    Replayed {
        /// The session.
        session: Session,
        /// How many times it was refreshed.
        generation: i64,
    },
}

/// The live session whose newest refresh token this is.
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

/// Returns whether a session would go on by this token: it is the newest of a live session, or the one before it.
pub async fn goes_on(view: &View<'_>, token: &Presented, now: Timestamp) -> Result<bool, StoreError> {
    let newest = token.successors.iter().map(|successor| successor.hash.to_vec()).chain([token.hash.to_vec()]);
    let live = session::Entity::find()
        .filter(session::Column::RefreshHash.is_in(newest))
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now));
    Ok(live.count(&view.db).await? > 0)
}

/// Presents a refresh token. Of any number of parallel tries with the newest one exactly one makes a generation, and
/// all of them get the same answer.
pub async fn refresh(tx: &Tx, token: &Presented, now: Timestamp) -> Result<Refreshed, StoreError> {
    // First the claim, which only one of many can win, then the look, which all of them share.
    replace_newest(tx, token, now).await?;
    let families = token.successors.iter().map(|successor| successor.family.to_vec());
    let known = session::Column::RefreshHash.eq(token.hash.to_vec()).or(session::Column::FamilyHash.is_in(families));
    let found = select_row(known).into_model::<Row>().one(&tx.db).await?;
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

/// Puts the first successor in the place of a token, if that is the newest of a live session.
async fn replace_newest(tx: &Tx, token: &Presented, now: Timestamp) -> Result<(), DbErr> {
    let Some(successor) = token.successors.first() else { return Ok(()) };
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
    claim.exec(&tx.db).await?;
    Ok(())
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
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
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
    async fn a_refresh_is_one_guarded_update_and_one_select() {
        let database = Database::create(Server::Sqlite).await;
        let url = database.url().to_owned().into();
        let acquire_timeout = Duration::from_secs(30);
        let options = Options { url, max_connections: 1, acquire_timeout, statement_timeout: None };
        let mut store = Store::connect(&options, Sealer::of_tests(), NOW).await.expect("a store");
        open_session(&store).await;
        let [updates, selects, others] = [(); 3].map(|()| Arc::new(AtomicUsize::new(0)));
        let counts = [updates.clone(), selects.clone(), others.clone()];
        store.db.set_metric_callback(move |info| {
            let at = ["UPDATE", "SELECT"].iter().position(|word| info.statement.sql.starts_with(word));
            counts[at.unwrap_or(2)].fetch_add(1, Ordering::Relaxed);
        });

        for (n, counted) in [(1, [1, 1, 0]), (1, [2, 2, 0]), (2, [3, 3, 0])] {
            let token = Presented { hash: [n; 32], successors: vec![Successor { hash: [n + 1; 32], family: [9; 32] }] };
            let tx = store.begin().await.expect("a transaction");
            let refreshed = refresh(&tx, &token, NOW).await.expect("a refresh");
            tx.commit().await.expect("a commit");

            assert!(matches!(refreshed, Refreshed::GoesOn { .. }), "{refreshed:?}");
            assert_eq!([&updates, &selects, &others].map(|count| count.load(Ordering::Relaxed)), counted);
        }
        store.close().await;
    }
}
