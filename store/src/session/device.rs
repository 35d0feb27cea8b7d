//! Devices that people signed in on. Only hashes of their tokens are stored.

use domain::{DeviceId, Timestamp};
use entities::device;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::database::Deferred;
use crate::{StoreError, Tx, View};

/// Returns the device with this token hash.
pub async fn find_device(view: &View<'_>, token_hash: &[u8; 32]) -> Result<Option<DeviceId>, StoreError> {
    let found = device::Entity::find()
        .select_only()
        .column(device::Column::Id)
        .filter(device::Column::TokenHash.eq(token_hash.to_vec()))
        .into_tuple()
        .one(&view.db)
        .await?;
    Ok(found)
}

/// Returns whether a phone was ever proved on this device.
pub async fn is_known_device(view: &View<'_>, id: DeviceId) -> Result<bool, StoreError> {
    let found = device::Entity::find_by_id(id).one(&view.db).await?;
    Ok(found.is_some_and(|device| device.proved_at.is_some()))
}

/// Adds a device at its first login, at the latest with the commit. A duplicate token hash is [`StoreError::Contended`].
pub async fn add_device(tx: &Tx, token_hash: &[u8; 32], now: Timestamp) -> Result<DeviceId, StoreError> {
    let id = DeviceId::new(now);
    let row = device::Model { id, token_hash: token_hash.to_vec(), created_at: now, seen_at: now, proved_at: None };
    tx.later(Deferred::insert(row)).await?;
    Ok(id)
}

/// Records another login on a device, at the latest with the commit.
pub async fn touch_device(tx: &Tx, id: DeviceId, now: Timestamp) -> Result<(), StoreError> {
    change_device(tx, id, device::ActiveModel { seen_at: Set(now), ..Default::default() }).await
}

/// Records that a phone was proved on a device.
pub async fn prove_device(tx: &Tx, id: DeviceId, now: Timestamp) -> Result<(), StoreError> {
    change_device(tx, id, device::ActiveModel { proved_at: Set(Some(now)), ..Default::default() }).await
}

async fn change_device(tx: &Tx, id: DeviceId, change: device::ActiveModel) -> Result<(), StoreError> {
    tx.later(Deferred::update(device::Entity::update_many().set(change).filter(device::Column::Id.eq(id)))).await?;
    Ok(())
}
