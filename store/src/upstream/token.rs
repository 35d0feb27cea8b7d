//! Tokens that upstreams gave the apps, shared by all replicas, and the lease to fetch the next one.
//! What stands here is sealed: who can open it, and what for, is told in `api`.

use domain::Timestamp;
use entities::upstream_token::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, UpdateMany};

use crate::database::read_hash;
use crate::{StoreError, Tx, View};

/// A sealed token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedToken {
    /// The token, sealed.
    pub sealed: Vec<u8>,
    /// The hash of the token itself.
    pub hash: [u8; 32],
    /// When it ends.
    pub expires_at: Timestamp,
}

/// The right to fetch the next token: random, so that it is nobody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenLease(pub [u8; 16]);

/// The token of this name, unless it has expired.
pub async fn find_token(view: &View<'_>, name: &str, now: Timestamp) -> Result<Option<SealedToken>, StoreError> {
    let Some(row) = Entity::find_by_id(name).one(&view.db).await? else { return Ok(None) };
    let Model { sealed: Some(sealed), hash: Some(hash), expires_at: Some(expires_at), .. } = row else {
        return Ok(None);
    };
    let hash = read_hash("upstream_tokens", hash)?;
    Ok((expires_at > now).then_some(SealedToken { sealed, hash, expires_at }))
}

/// Is somebody fetching the next token of this name?
pub async fn is_leased(view: &View<'_>, name: &str, now: Timestamp) -> Result<bool, StoreError> {
    let row = Entity::find_by_id(name).one(&view.db).await?;
    Ok(row.and_then(|row| row.lease_until).is_some_and(|until| until > now))
}

/// Takes the right to fetch the next token, from `now` until `until`: of any number who try at once one is true.
/// The other may as well learn of it by [`StoreError::Contended`], where both were the first to ask for this token.
pub async fn lease_token(
    tx: &Tx,
    name: &str,
    lease: TokenLease,
    (now, until): (Timestamp, Timestamp),
) -> Result<bool, StoreError> {
    let is_free = Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(now));
    let taken = ActiveModel { lease: Set(Some(lease.0.to_vec())), lease_until: Set(Some(until)), ..Default::default() };
    if update_token(tx, of(name).filter(is_free).set(taken)).await? {
        return Ok(true);
    }
    if Entity::find_by_id(name).one(&tx.db).await?.is_some() {
        return Ok(false);
    }
    // Nobody has asked for this token before; the primary key is the referee between two who do so now.
    tx.insert(Model {
        name: name.to_owned(),
        sealed: None,
        hash: None,
        expires_at: None,
        lease: Some(lease.0.to_vec()),
        lease_until: Some(until),
    })
    .await?;
    Ok(true)
}

/// Keeps a token and ends the lease under which it was fetched; false when the lease is somebody else's by now.
pub async fn keep_token(tx: &Tx, name: &str, lease: TokenLease, token: &SealedToken) -> Result<bool, StoreError> {
    let kept = ActiveModel {
        sealed: Set(Some(token.sealed.clone())),
        hash: Set(Some(token.hash.to_vec())),
        expires_at: Set(Some(token.expires_at)),
        ..no_lease()
    };
    update_token(tx, of(name).filter(is_held(lease)).set(kept)).await
}

/// Ends a lease; false when it is somebody else's by now.
pub async fn release_token(tx: &Tx, name: &str, lease: TokenLease) -> Result<bool, StoreError> {
    update_token(tx, of(name).filter(is_held(lease)).set(no_lease())).await
}

/// Forgets the token if it is still the one of this hash.
pub async fn forget_token(tx: &Tx, name: &str, hash: &[u8; 32]) -> Result<bool, StoreError> {
    let forgotten = ActiveModel { sealed: Set(None), hash: Set(None), expires_at: Set(None), ..Default::default() };
    update_token(tx, of(name).filter(Column::Hash.eq(hash.to_vec())).set(forgotten)).await
}

async fn update_token(tx: &Tx, update: UpdateMany<Entity>) -> Result<bool, StoreError> {
    Ok(update.exec(&tx.db).await?.rows_affected > 0)
}

fn of(name: &str) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Name.eq(name))
}

fn is_held(lease: TokenLease) -> Expr {
    Column::Lease.eq(lease.0.to_vec())
}

fn no_lease() -> ActiveModel {
    ActiveModel { lease: Set(None), lease_until: Set(None), ..Default::default() }
}
