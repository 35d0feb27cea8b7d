//! Receipts: stored outcomes of requests, returned when a client that has lost the answer retries.

use domain::Timestamp;
use entities::receipt;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{StoreError, Tx, View};

/// Returns the outcome of the request with this hash, as JSON, unless it has expired.
pub async fn find(view: &View<'_>, request: &[u8; 32], now: Timestamp) -> Result<Option<String>, StoreError> {
    let kept = receipt::Entity::find_by_id(request.to_vec()).filter(receipt::Column::ExpiresAt.gt(now));
    Ok(kept.one(&view.db).await?.map(|row| row.outcome))
}

/// Stores the outcome of a request. Of two concurrent transactions with the same request one commits, and the other
/// fails with [`StoreError::Contended`]. An expired row with this hash is replaced.
pub async fn keep(
    tx: &Tx,
    request: &[u8; 32],
    outcome: String,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    let expired = receipt::Entity::delete_many()
        .filter(receipt::Column::RequestHash.eq(request.to_vec()))
        .filter(receipt::Column::ExpiresAt.lte(now));
    expired.exec(&tx.db).await?;
    tx.insert(receipt::Model { request_hash: request.to_vec(), outcome, expires_at }).await
}
