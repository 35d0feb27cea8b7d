//! One-time login states. Only hashes are stored.

use domain::{AppName, Timestamp};
use entities::login_state;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::database::{Deferred, read_hash};
use crate::{Rows, StoreError, Tx, View};

/// A login in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginState {
    /// The hash of the state.
    pub hash: [u8; 32],
    /// The app of the login.
    pub app: AppName,
    /// Where the person is redirected afterwards.
    pub return_to: String,
    /// When the state expires.
    pub expires_at: Timestamp,
    /// The SHA-256 challenge of the client's verifier, if it sent one.
    pub challenge: Option<[u8; 32]>,
}

/// Returns the login that a state was created for, whether claimed or not. Returns `None` once it has expired.
pub async fn find_state(view: &View<'_>, hash: &[u8; 32], now: Timestamp) -> Result<Option<LoginState>, StoreError> {
    let found = login_state::Entity::find_by_id(hash.to_vec()).filter(login_state::Column::ExpiresAt.gt(now));
    found.one(&view.db).await?.map(|row| read_state(*hash, row)).transpose()
}

/// Stores a state until it is claimed or purged.
pub async fn add_state(tx: &Tx, state: &LoginState, now: Timestamp) -> Result<(), StoreError> {
    let row = login_state::Model {
        hash: state.hash.to_vec(),
        app: state.app.clone(),
        return_to: state.return_to.clone(),
        created_at: now,
        expires_at: state.expires_at,
        claimed_at: None,
        challenge: state.challenge.map(Vec::from),
    };
    tx.insert(row).await
}

/// Claims a state once, with the next statement of the transaction. No row is changed if the state is unknown, expired or
/// already claimed.
pub async fn claim_state(tx: &Tx, hash: &[u8; 32], now: Timestamp) -> Result<Rows, StoreError> {
    let claim = login_state::Entity::update_many()
        .set(login_state::ActiveModel { claimed_at: Set(Some(now)), ..Default::default() })
        .filter(login_state::Column::Hash.eq(hash.to_vec()))
        .filter(login_state::Column::ClaimedAt.is_null())
        .filter(login_state::Column::ExpiresAt.gt(now));
    tx.later(Deferred::update(claim)).await
}

/// Releases a state whose code was not exchanged, so that it can be claimed again.
pub async fn release_state(tx: &Tx, hash: &[u8; 32]) -> Result<(), StoreError> {
    let release = login_state::Entity::update_many()
        .set(login_state::ActiveModel { claimed_at: Set(None), ..Default::default() })
        .filter(login_state::Column::Hash.eq(hash.to_vec()));
    release.exec(&tx.db).await?;
    Ok(())
}

fn read_state(hash: [u8; 32], row: login_state::Model) -> Result<LoginState, StoreError> {
    let challenge = row.challenge.map(|challenge| read_hash("login_states", challenge));
    Ok(LoginState {
        hash,
        app: row.app,
        return_to: row.return_to,
        expires_at: row.expires_at,
        challenge: challenge.transpose()?,
    })
}
