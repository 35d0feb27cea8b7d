//! Receipts: what a request came to, for a client that has lost the answer and sends the request again.

use domain::Timestamp;
use entities::receipt;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{StoreError, Tx, View};

/// The outcome of the request with this hash, as JSON, unless it is too old.
pub async fn find(view: &View<'_>, request: &[u8; 32], now: Timestamp) -> Result<Option<String>, StoreError> {
    let kept = receipt::Entity::find_by_id(request.to_vec()).filter(receipt::Column::ExpiresAt.gt(now));
    Ok(kept.one(&view.db).await?.map(|row| row.outcome))
}

/// Keeps the outcome of a request. Of two transactions with the same request one is committed, and the other is
/// [`StoreError::Contended`]. The row of an earlier request with this hash is replaced once it has expired.
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
