//! One-time states of logins that are under way, of which only hashes are kept.
//! What a state protects from is told in `api`.

use domain::{AppName, Timestamp};
use entities::login_state;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::database::read_hash;
use crate::{StoreError, Tx, View};

/// A login that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginState {
    /// The hash of the state.
    pub hash: [u8; 32],
    /// The app the login goes through.
    pub app: AppName,
    /// Where the person goes afterwards.
    pub return_to: String,
    /// When it is too late.
    pub expires_at: Timestamp,
    /// The SHA-256 hash of the verifier that the client kept, if it sent one.
    pub challenge: Option<[u8; 32]>,
}

/// The login that a state was made for, claimed or not, as long as it has not expired.
pub async fn find_state(view: &View<'_>, hash: &[u8; 32], now: Timestamp) -> Result<Option<LoginState>, StoreError> {
    let found = login_state::Entity::find_by_id(hash.to_vec()).filter(login_state::Column::ExpiresAt.gt(now));
    found.one(&view.db).await?.map(|row| read_state(*hash, row)).transpose()
}

/// Keeps a state until it is claimed or purged.
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

/// Claims a state, once: false when it is unknown, expired or claimed already.
pub async fn claim_state(tx: &Tx, hash: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
    let claim = login_state::Entity::update_many()
        .set(login_state::ActiveModel { claimed_at: Set(Some(now)), ..Default::default() })
        .filter(login_state::Column::Hash.eq(hash.to_vec()))
        .filter(login_state::Column::ClaimedAt.is_null())
        .filter(login_state::Column::ExpiresAt.gt(now));
    Ok(claim.exec(&tx.db).await?.rows_affected > 0)
}

/// Gives a state back whose code was not exchanged after all.
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
