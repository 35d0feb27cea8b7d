//! The keys of personal data are changed while the service runs.
//! How a number is sealed is written in `store`; the deployment's secrets, which seal the keys, are the configuration's.

use std::sync::Arc;
use std::time::Duration;

use domain::AuditAction;
use store::audit::AuditEvent;
use store::{Actor, StoreError, Tx};

use crate::error::ApiError;
use crate::service::Service;

/// How often a running service looks for keys that others made.
pub(crate) const KEYS_ARE_LOADED: Duration = Duration::from_mins(1);

/// What a change of the key came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// Whether a key was made, rather than an earlier change brought to its end.
    pub is_new: bool,
    /// How many numbers were sealed with the newest key.
    pub resealed: u64,
}

/// Makes a key and seals all phone numbers with it; or, when an earlier change did not come to its end, goes on with
/// that. `told` hears how many numbers were looked at, and of how many.
pub async fn rotate(service: &Service, mut told: impl FnMut(u64, u64)) -> Result<Rotated, ApiError> {
    let is_new = !service.store.has_older_seals().await?;
    if is_new {
        make_key(service).await?;
    }
    service.store.refresh_keys().await?;
    let all = store::key::count_numbers(&service.store.view()).await?;
    let mut resealed = 0;
    loop {
        // A replica that has not learnt of the key may have sealed something meanwhile.
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
            // Another command has made a key just now, which is as good as a new one.
            Err(error) if error.is_duplicate() => return Ok(()),
            made => made?,
        }
        store::audit::add(&tx, &AuditEvent::new(AuditAction::DataKeyMade, Actor::Command, now)).await
    });
    Ok(made.await?)
}

/// Learns of keys that another replica made.
pub async fn refresh(service: &Service) -> Result<(), StoreError> {
    service.store.refresh_keys().await
}
