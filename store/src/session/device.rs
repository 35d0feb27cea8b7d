//! Devices that people signed in on, of whose tokens only hashes are kept.
//! What a device is trusted with is decided in `api`.

use domain::{DeviceId, Timestamp};
use entities::device;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{StoreError, Tx, View};

/// The device that a token was given to.
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

/// Was a phone ever proved on this device?
pub async fn is_known_device(view: &View<'_>, id: DeviceId) -> Result<bool, StoreError> {
    let found = device::Entity::find_by_id(id).one(&view.db).await?;
    Ok(found.is_some_and(|device| device.proved_at.is_some()))
}

/// Adds a device on which a first login is completed; a token that was given before is [`StoreError::Contended`].
pub async fn add_device(tx: &Tx, token_hash: &[u8; 32], now: Timestamp) -> Result<DeviceId, StoreError> {
    let id = DeviceId::new(now);
    let row = device::Model { id, token_hash: token_hash.to_vec(), created_at: now, seen_at: now, proved_at: None };
    tx.insert(row).await?;
    Ok(id)
}

/// Notes that another login is completed on a device.
pub async fn touch_device(tx: &Tx, id: DeviceId, now: Timestamp) -> Result<(), StoreError> {
    change_device(tx, id, device::ActiveModel { seen_at: Set(now), ..Default::default() }).await
}

/// Notes that a phone was proved on a device.
pub async fn prove_device(tx: &Tx, id: DeviceId, now: Timestamp) -> Result<(), StoreError> {
    change_device(tx, id, device::ActiveModel { proved_at: Set(Some(now)), ..Default::default() }).await
}

async fn change_device(tx: &Tx, id: DeviceId, change: device::ActiveModel) -> Result<(), StoreError> {
    device::Entity::update_many().set(change).filter(device::Column::Id.eq(id)).exec(&tx.db).await?;
    Ok(())
}
