//! Devices are recognised by their tokens, and known once a phone was proved on them.

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
    let id = store::session::add_device(&tx, &token_hash, NOW).await?;
    tx.commit().await?;
    Ok(id)
}

async fn a_device_is_found_by_its_token_and_no_two_have_the_same(store: Store) {
    let device = add(&store, [1; 32]).await.unwrap();

    assert_eq!(store::session::find_device(&store.view(), &[1; 32]).await.unwrap(), Some(device));
    assert_eq!(store::session::find_device(&store.view(), &[2; 32]).await.unwrap(), None);
    assert!(matches!(add(&store, [1; 32]).await, Err(StoreError::Contended(_))));
}

async fn a_device_is_known_once_a_phone_was_proved_on_it(store: Store) {
    let (device, other) = (add(&store, [1; 32]).await.unwrap(), add(&store, [2; 32]).await.unwrap());
    assert!(!store::session::is_known_device(&store.view(), device).await.unwrap());

    let tx = store.begin().await.unwrap();
    store::session::touch_device(&tx, other, minutes(1)).await.unwrap();
    store::session::prove_device(&tx, device, minutes(1)).await.unwrap();
    tx.commit().await.unwrap();

    assert!(store::session::is_known_device(&store.view(), device).await.unwrap());
    assert!(!store::session::is_known_device(&store.view(), other).await.unwrap());
    assert!(!store::session::is_known_device(&store.view(), DeviceId::new(NOW)).await.unwrap());
}

async fn a_device_without_a_login_for_400_days_is_forgotten(store: Store) {
    let (old, kept) = (add(&store, [1; 32]).await.unwrap(), add(&store, [2; 32]).await.unwrap());
    let tx = store.begin().await.unwrap();
    store::session::prove_device(&tx, old, minutes(DAY)).await.unwrap();
    store::session::touch_device(&tx, kept, minutes(DAY)).await.unwrap();

    assert_eq!(store::purge_expired(&tx, minutes(400 * DAY)).await.unwrap(), 1);
    tx.commit().await.unwrap();

    assert_eq!(store::session::find_device(&store.view(), &[1; 32]).await.unwrap(), None);
    assert_eq!(store::session::find_device(&store.view(), &[2; 32]).await.unwrap(), Some(kept));
}
