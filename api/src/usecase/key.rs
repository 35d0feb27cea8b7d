//! Rotates the data keys while the service runs. See `store` for the encryption of numbers; the deployment's secrets,
//! which seal the keys, are in the configuration.

use std::sync::Arc;
use std::time::Duration;

use domain::AuditAction;
use store::audit::AuditEvent;
use store::{Actor, StoreError, Tx};

use crate::error::ApiError;
use crate::service::Service;

/// How often a running service looks for new keys.
pub(crate) const KEYS_ARE_LOADED: Duration = Duration::from_mins(1);

/// The result of [`rotate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// Whether a new key was created. False if an earlier rotation was completed.
    pub is_new: bool,
    /// The number of phone numbers sealed again with the newest key.
    pub resealed: u64,
}

/// Creates a key and seals all phone numbers with it, or completes an interrupted rotation. Calls `told` with the
/// progress: the numbers processed and their total.
pub async fn rotate(service: &Service, mut told: impl FnMut(u64, u64)) -> Result<Rotated, ApiError> {
    let is_new = !service.store.has_older_seals().await?;
    if is_new {
        make_key(service).await?;
    }
    service.store.refresh_keys().await?;
    let all = store::key::count_numbers(&service.store.view()).await?;
    let mut resealed = 0;
    loop {
        // A replica that has not loaded the key yet may have sealed numbers with the old one.
        match service.store.reseal_numbers(|seen| told(seen, all)).await? {
            0 => return Ok(Rotated { is_new, resealed }),
            count => resealed += count,
        }
    }
}

async fn make_key(service: &Service) -> Result<(), ApiError> {
    let now = service.clock.now();
    let made = service.store.write("add_sealing_key", |tx: Arc<Tx>| async move {
        match store::key::add_sealing_key(&tx, now).await {
            // Another command has created a key at the same time; that key is used.
            Err(error) if error.is_duplicate() => return Ok(()),
            made => made?,
        }
        store::audit::add(&tx, &AuditEvent::new(AuditAction::DataKeyMade, Actor::Command, now)).await
    });
    Ok(made.await?)
}

/// Loads keys that another replica created.
pub async fn refresh(service: &Service) -> Result<(), StoreError> {
    service.store.refresh_keys().await
}
