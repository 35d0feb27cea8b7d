//! Devices: known again by their tokens, known for good once a phone was proved on them.

use domain::DeviceId;
use store::{Store, StoreError};

use crate::world::{NOW, minutes};

crate::on_every_database!(
    a_device_is_found_by_its_token_and_no_two_have_the_same,
    a_device_is_known_once_a_phone_was_proved_on_it,
    a_device_without_a_login_for_400_days_is_forgotten,
);

const DAY: i64 = 24 * 60;

async fn add(store: &Store, token_hash: [u8; 32]) -> Result<DeviceId, StoreError> {
    let tx = store.begin().await?;
    let id = tx.add_device(&token_hash, NOW).await?;
    tx.commit().await?;
    Ok(id)
}

async fn a_device_is_found_by_its_token_and_no_two_have_the_same(store: Store) {
    let device = add(&store, [1; 32]).await.unwrap();

    assert_eq!(store.view().device_of_token(&[1; 32]).await.unwrap(), Some(device));
    assert_eq!(store.view().device_of_token(&[2; 32]).await.unwrap(), None);
    assert!(matches!(add(&store, [1; 32]).await, Err(StoreError::Contended(_))));
}

async fn a_device_is_known_once_a_phone_was_proved_on_it(store: Store) {
    let (device, other) = (add(&store, [1; 32]).await.unwrap(), add(&store, [2; 32]).await.unwrap());
    assert!(!store.view().is_known_device(device).await.unwrap());

    let tx = store.begin().await.unwrap();
    tx.see_device(other, minutes(1)).await.unwrap();
    tx.prove_device(device, minutes(1)).await.unwrap();
    tx.commit().await.unwrap();

    assert!(store.view().is_known_device(device).await.unwrap());
    assert!(!store.view().is_known_device(other).await.unwrap());
    assert!(!store.view().is_known_device(DeviceId::new(NOW)).await.unwrap());
}

async fn a_device_without_a_login_for_400_days_is_forgotten(store: Store) {
    let (old, kept) = (add(&store, [1; 32]).await.unwrap(), add(&store, [2; 32]).await.unwrap());
    let tx = store.begin().await.unwrap();
    tx.prove_device(old, minutes(DAY)).await.unwrap();
    tx.see_device(kept, minutes(DAY)).await.unwrap();

    assert_eq!(tx.purge_expired(minutes(400 * DAY)).await.unwrap(), 1);
    tx.commit().await.unwrap();

    assert_eq!(store.view().device_of_token(&[1; 32]).await.unwrap(), None);
    assert_eq!(store.view().device_of_token(&[2; 32]).await.unwrap(), Some(kept));
}
