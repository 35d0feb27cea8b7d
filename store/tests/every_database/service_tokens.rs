//! Service tokens: their expiry, the record of their use, and their revocation.

use domain::{ServiceScope, ServiceTokenId, Timestamp};
use store::service_token::{KnownToken, ServiceToken, TokenUse};
use store::{Front, Store, StoreError};

use crate::concurrency::at_once;
use crate::world::{NOW, minutes};

crate::on_every_database!(
    a_service_token_comes_back_until_it_expires,
    a_use_is_noted_once_an_hour_and_is_new_once_a_day_and_block,
    of_many_first_uses_at_once_one_is_new,
    from_more_than_a_hundred_blocks_a_day_nothing_more_is_noted,
    a_revoked_token_is_refused_at_once_and_stays_in_the_list,
    what_a_token_made_is_revoked_along_with_it_if_asked,
    a_token_that_ended_makes_no_other,
    no_token_survives_the_revocation_of_the_one_that_is_making_it,
);

const DAY: i64 = 24 * 60;

fn token(number: i64) -> ServiceToken {
    ServiceToken {
        id: ServiceTokenId::new(minutes(number)),
        name: "warehouse 仓库".to_owned(),
        scopes: vec![ServiceScope::OrdersRead, ServiceScope::OrdersWrite],
        created_at: minutes(number),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
        made_by: None,
    }
}

async fn keep(store: &Store, token: &ServiceToken, hash: u8) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    store::service_token::add(&tx, token, &[hash; 32]).await?;
    tx.commit().await
}

fn used(block: &str, at: Timestamp) -> TokenUse {
    TokenUse { address_block: block.to_owned(), at }
}

async fn look(store: &Store, hash: u8, at: Timestamp) -> Option<KnownToken> {
    store::service_token::find(&store.view(), &[hash; 32], &used("203.0.113.0/24", at)).await.unwrap()
}

async fn note(store: &Store, id: ServiceTokenId, used: &TokenUse) -> Result<bool, StoreError> {
    let tx = store.begin().await?;
    let is_new = store::service_token::note_use(&tx, id, used).await?;
    tx.commit().await?;
    Ok(is_new)
}

async fn revoke(store: &Store, id: ServiceTokenId, with_made: bool) -> Option<Vec<ServiceTokenId>> {
    let tx = store.begin().await.unwrap();
    let revoked = store::service_token::revoke(&tx, id, with_made, minutes(5)).await.unwrap();
    tx.commit().await.unwrap();
    revoked
}

async fn a_service_token_comes_back_until_it_expires(store: Store) {
    let token = ServiceToken { expires_at: Some(minutes(10)), ..token(0) };
    let for_ever = self::token(1);
    keep(&store, &token, 1).await.unwrap();
    keep(&store, &for_ever, 2).await.unwrap();
    let known = |token: &ServiceToken| Some(KnownToken { token: token.clone(), is_unnoted: true });

    assert_eq!(look(&store, 1, minutes(9)).await, known(&token));
    assert_eq!(look(&store, 1, minutes(10)).await, None);
    assert_eq!(look(&store, 2, minutes(99_999)).await, known(&for_ever));
    assert_eq!(look(&store, 3, NOW).await, None);
    let soon = store::service_token::expiring(&store.view(), minutes(1), minutes(11)).await.unwrap();
    assert_eq!(soon, [token]);
    assert_eq!(store::service_token::expiring(&store.view(), minutes(1), minutes(9)).await.unwrap(), []);
}

async fn a_use_is_noted_once_an_hour_and_is_new_once_a_day_and_block(store: Store) {
    let token = token(0);
    keep(&store, &token, 1).await.unwrap();
    let [here, there] = ["203.0.113.0/24", "198.51.100.0/24"];

    assert!(note(&store, token.id, &used(here, NOW)).await.unwrap());
    assert!(!look(&store, 1, minutes(59)).await.unwrap().is_unnoted);
    assert!(look(&store, 1, minutes(60)).await.unwrap().is_unnoted);
    assert!(!note(&store, token.id, &used(here, minutes(60))).await.unwrap());
    assert!(!look(&store, 1, minutes(61)).await.unwrap().is_unnoted);
    assert!(note(&store, token.id, &used(there, minutes(62))).await.unwrap());
    assert!(note(&store, token.id, &used(here, minutes(DAY))).await.unwrap());
    assert_eq!(look(&store, 1, minutes(DAY)).await.unwrap().token.last_used_at, Some(minutes(DAY)));
}

async fn of_many_first_uses_at_once_one_is_new(store: Store) {
    let token = token(0);
    keep(&store, &token, 1).await.unwrap();

    let noted = at_once(20, |_| {
        let (store, id) = (store.clone(), token.id);
        async move { note(&store, id, &used("203.0.113.0/24", NOW)).await }
    })
    .await;

    assert_eq!(noted.iter().filter(|noted| matches!(noted, Ok(true))).count(), 1);
    assert!(noted.iter().all(|noted| matches!(noted, Ok(_) | Err(StoreError::Contended(_)))), "{noted:?}");
}

async fn from_more_than_a_hundred_blocks_a_day_nothing_more_is_noted(store: Store) {
    let token = token(0);
    keep(&store, &token, 1).await.unwrap();

    let mut noted = Vec::new();
    for block in 0..102 {
        noted.push(note(&store, token.id, &used(&format!("203.0.{block}.0/24"), NOW)).await.unwrap());
    }

    assert_eq!(noted, [[true; 100].as_slice(), &[false; 2]].concat());
    assert!(note(&store, token.id, &used("203.0.101.0/24", minutes(DAY))).await.unwrap());
}

async fn a_revoked_token_is_refused_at_once_and_stays_in_the_list(store: Store) {
    let (token, other) = (token(0), token(1));
    keep(&store, &token, 1).await.unwrap();
    keep(&store, &other, 2).await.unwrap();

    assert_eq!(revoke(&store, token.id, false).await, Some(vec![token.id]));

    assert_eq!(look(&store, 1, minutes(5)).await, None);
    assert!(look(&store, 2, minutes(5)).await.is_some());
    assert_eq!(revoke(&store, token.id, false).await, Some(vec![]));
    assert_eq!(revoke(&store, ServiceTokenId::new(NOW), true).await, None);
    let list = store::service_token::list(&store.view(), &Front { after: None, limit: 10 }).await.unwrap();
    assert_eq!(list, [ServiceToken { revoked_at: Some(minutes(5)), ..token }, other]);
}

async fn what_a_token_made_is_revoked_along_with_it_if_asked(store: Store) {
    let grandmother = token(0);
    let mother = ServiceToken { made_by: Some(grandmother.id.into()), ..token(1) };
    let child = ServiceToken { made_by: Some(mother.id.into()), ..token(2) };
    let stranger = token(3);
    for (token, hash) in [&grandmother, &mother, &child, &stranger].into_iter().zip(1..) {
        keep(&store, token, hash).await.unwrap();
    }

    let mut all = revoke(&store, grandmother.id, true).await.expect("the token");

    all.sort_unstable();
    assert_eq!(all, [grandmother.id, mother.id, child.id]);
    let mut good = Vec::new();
    for hash in 1..=4 {
        good.push(look(&store, hash, minutes(5)).await.is_some());
    }
    assert_eq!(good, [false, false, false, true]);
}

async fn a_token_that_ended_makes_no_other(store: Store) {
    let (revoked, expired) = (token(0), ServiceToken { expires_at: Some(minutes(2)), ..token(1) });
    keep(&store, &revoked, 1).await.unwrap();
    keep(&store, &expired, 2).await.unwrap();
    revoke(&store, revoked.id, false).await;

    for (maker, hash) in [(revoked, 3), (expired, 4)] {
        let made = ServiceToken { made_by: Some(maker.id.into()), ..token(9) };
        assert!(matches!(keep(&store, &made, hash).await, Err(StoreError::Closed)));
    }
}

async fn no_token_survives_the_revocation_of_the_one_that_is_making_it(store: Store) {
    for round in 0..10 {
        let maker = token(round);
        keep(&store, &maker, u8::try_from(100 + round).unwrap()).await.unwrap();

        at_once(8, |n| {
            let (store, maker) = (store.clone(), maker.clone());
            async move {
                if n == 4 {
                    revoke(&store, maker.id, true).await;
                } else {
                    let made = ServiceToken { made_by: Some(maker.id.into()), ..token(round) };
                    let hash = u8::try_from(round * 8).unwrap() + u8::try_from(n).unwrap();
                    let kept = keep(&store, &made, hash).await;
                    assert!(matches!(kept, Ok(()) | Err(StoreError::Closed)), "{kept:?}");
                }
            }
        })
        .await;

        let list = store::service_token::list(&store.view(), &Front { after: None, limit: 1_000 }).await.unwrap();
        assert!(list.iter().all(|token| token.revoked_at.is_some()), "{list:?}");
    }
}
