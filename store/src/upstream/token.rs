//! Tokens that upstreams issue to apps, shared by all replicas, and the leases to fetch the next ones. The tokens are
//! sealed by the caller.

use domain::Timestamp;
use entities::upstream_token::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, UpdateMany,
};

use crate::database::read_hash;
use crate::{StoreError, Tx, View};

/// A sealed token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedToken {
    /// The sealed token.
    pub sealed: Vec<u8>,
    /// The hash of the token in clear.
    pub hash: [u8; 32],
    /// When the token expires.
    pub expires_at: Timestamp,
}

/// A lease to fetch the next token. A random value identifies its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenLease(pub [u8; 16]);

/// The state of a token, without the token.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct TokenState {
    /// The token's name: its kind and app.
    pub name: String,
    /// When it was stored; unknown for tokens of older versions.
    pub fetched_at: Option<Timestamp>,
    /// When it expires; absent until one is fetched, and after it was dropped.
    pub expires_at: Option<Timestamp>,
    /// The end of the lease of the replica that fetches the next one.
    pub lease_until: Option<Timestamp>,
}

/// Returns the states of at most `limit` tokens, by name.
pub async fn token_states(view: &View<'_>, limit: u64) -> Result<Vec<TokenState>, StoreError> {
    let states = Entity::find()
        .select_only()
        .columns([Column::Name, Column::FetchedAt, Column::ExpiresAt, Column::LeaseUntil])
        .order_by_asc(Column::Name)
        .limit(limit);
    Ok(states.into_model().all(&view.db).await?)
}

/// Returns the token of this name, unless it has expired.
pub async fn find_token(view: &View<'_>, name: &str, now: Timestamp) -> Result<Option<SealedToken>, StoreError> {
    let Some(row) = Entity::find_by_id(name).one(&view.db).await? else { return Ok(None) };
    let Model { sealed: Some(sealed), hash: Some(hash), expires_at: Some(expires_at), .. } = row else {
        return Ok(None);
    };
    let hash = read_hash("upstream_tokens", hash)?;
    Ok((expires_at > now).then_some(SealedToken { sealed, hash, expires_at }))
}

/// Returns whether the next token of this name is being fetched.
pub async fn is_leased(view: &View<'_>, name: &str, now: Timestamp) -> Result<bool, StoreError> {
    let row = Entity::find_by_id(name).one(&view.db).await?;
    Ok(row.and_then(|row| row.lease_until).is_some_and(|until| until > now))
}

/// Takes the lease to fetch the next token, from `now` until `until`. Of several concurrent calls exactly one returns
/// true. The others return false, or fail with [`StoreError::Contended`] if this token is requested for the first
/// time.
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
    // The token is requested for the first time. The primary key decides between concurrent requests.
    tx.insert(Model {
        name: name.to_owned(),
        sealed: None,
        hash: None,
        expires_at: None,
        lease: Some(lease.0.to_vec()),
        lease_until: Some(until),
        fetched_at: None,
    })
    .await?;
    Ok(true)
}

/// Stores a token and ends the lease under which it was fetched. Returns false if the lease has another holder by
/// now.
pub async fn keep_token(
    tx: &Tx,
    name: &str,
    lease: TokenLease,
    (token, now): (&SealedToken, Timestamp),
) -> Result<bool, StoreError> {
    let kept = ActiveModel {
        sealed: Set(Some(token.sealed.clone())),
        hash: Set(Some(token.hash.to_vec())),
        expires_at: Set(Some(token.expires_at)),
        fetched_at: Set(Some(now)),
        ..no_lease()
    };
    update_token(tx, of(name).filter(is_held(lease)).set(kept)).await
}

/// Ends a lease. Returns false if it has another holder by now.
pub async fn release_token(tx: &Tx, name: &str, lease: TokenLease) -> Result<bool, StoreError> {
    update_token(tx, of(name).filter(is_held(lease)).set(no_lease())).await
}

/// Deletes the token if it still has this hash.
pub async fn forget_token(tx: &Tx, name: &str, hash: &[u8; 32]) -> Result<bool, StoreError> {
    let forgotten = ActiveModel {
        sealed: Set(None),
        hash: Set(None),
        expires_at: Set(None),
        fetched_at: Set(None),
        ..Default::default()
    };
    update_token(tx, of(name).filter(Column::Hash.eq(hash.to_vec())).set(forgotten)).await
}

/// Deletes all tokens, so that they are fetched anew. Returns their number.
pub async fn forget_every_token(tx: &Tx) -> Result<u64, StoreError> {
    Ok(Entity::delete_many().exec(&tx.db).await?.rows_affected)
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
