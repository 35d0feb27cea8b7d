//! Upstream tokens: one replica fetches, a stored token is found, and only a failed one is deleted.

use domain::Timestamp;
use store::upstream::{SealedToken, TokenLease, TokenState};
use store::{Store, StoreError};

use crate::concurrency::at_once;
use crate::world::{NOW, minutes};

crate::on_every_database!(
    of_fifty_who_want_to_fetch_a_token_for_the_first_time_one_may,
    of_fifty_who_want_to_fetch_the_next_token_one_may,
    a_token_that_is_kept_is_found_until_it_expires,
    a_lease_is_over_when_its_token_is_kept_when_it_is_given_back_or_when_its_time_is_up,
    a_lease_that_was_lost_keeps_nothing_and_ends_no_other_lease,
    only_the_token_that_failed_is_forgotten,
    of_fifty_who_forget_a_token_that_failed_one_does,
    names_differ_by_case,
    what_holds_no_longer_is_swept_out_and_what_is_under_way_stays,
    the_states_of_tokens_say_when_they_were_fetched_and_when_they_expire,
);

const NAME: &str = "wechat/wx01/access_token";

fn token(byte: u8, expires_at: Timestamp) -> SealedToken {
    SealedToken { sealed: vec![byte; 300], hash: [byte; 32], expires_at }
}

async fn try_lease(store: &Store, byte: u8, now: Timestamp) -> Result<bool, StoreError> {
    let tx = store.begin().await?;
    let leased = store::upstream::lease_token(&tx, NAME, TokenLease([byte; 16]), (now, now.plus(SECONDS_10))).await?;
    tx.commit().await?;
    Ok(leased)
}

const SECONDS_10: chrono::TimeDelta = chrono::TimeDelta::seconds(10);

async fn lease(store: &Store, byte: u8, now: Timestamp) -> bool {
    try_lease(store, byte, now).await.unwrap()
}

async fn keep(store: &Store, byte: u8, token: &SealedToken) -> bool {
    let tx = store.begin().await.unwrap();
    let kept = store::upstream::keep_token(&tx, NAME, TokenLease([byte; 16]), (token, NOW)).await.unwrap();
    tx.commit().await.unwrap();
    kept
}

async fn release(store: &Store, byte: u8) -> bool {
    let tx = store.begin().await.unwrap();
    let released = store::upstream::release_token(&tx, NAME, TokenLease([byte; 16])).await.unwrap();
    tx.commit().await.unwrap();
    released
}

async fn forget(store: &Store, byte: u8) -> bool {
    let tx = store.begin().await.unwrap();
    let forgotten = store::upstream::forget_token(&tx, NAME, &[byte; 32]).await.unwrap();
    tx.commit().await.unwrap();
    forgotten
}

async fn the_states_of_tokens_say_when_they_were_fetched_and_when_they_expire(store: Store) {
    let states = async || store::upstream::token_states(&store.view(), 9).await.unwrap();
    let state =
        |fetched_at, expires_at, lease_until| TokenState { name: NAME.to_owned(), fetched_at, expires_at, lease_until };
    lease(&store, 1, NOW).await;
    assert_eq!(states().await, [state(None, None, Some(NOW.plus(SECONDS_10)))]);

    keep(&store, 1, &token(7, minutes(120))).await;
    assert_eq!(states().await, [state(Some(NOW), Some(minutes(120)), None)]);

    let tx = store.begin().await.unwrap();
    assert!(store::upstream::forget_token(&tx, NAME, &[7; 32]).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(states().await, [state(None, None, None)]);
}

async fn kept(store: &Store, now: Timestamp) -> Option<SealedToken> {
    store::upstream::find_token(&store.view(), NAME, now).await.unwrap()
}

/// How many of fifty callers got the lease. A loser may also get `Contended`.
async fn winners_of_fifty(store: &Store, now: Timestamp) -> usize {
    let leases = at_once(50, |n| {
        let store = store.clone();
        async move { try_lease(&store, u8::try_from(n).unwrap(), now).await }
    })
    .await;
    let won = |outcome: &Result<bool, StoreError>| match outcome {
        Ok(won) => *won,
        Err(StoreError::Contended(_)) => false,
        Err(error) => panic!("{error:?}"),
    };
    leases.iter().filter(|outcome| won(outcome)).count()
}

async fn of_fifty_who_want_to_fetch_a_token_for_the_first_time_one_may(store: Store) {
    assert_eq!(winners_of_fifty(&store, NOW).await, 1);
}

async fn of_fifty_who_want_to_fetch_the_next_token_one_may(store: Store) {
    lease(&store, 99, NOW).await;
    keep(&store, 99, &token(1, minutes(120))).await;

    assert_eq!(winners_of_fifty(&store, minutes(1)).await, 1);
    // The winner's lease lasts ten seconds and has expired a minute later.
    assert_eq!(winners_of_fifty(&store, minutes(2)).await, 1);
    assert_eq!(kept(&store, minutes(2)).await, Some(token(1, minutes(120))));
}

async fn a_token_that_is_kept_is_found_until_it_expires(store: Store) {
    assert_eq!(kept(&store, NOW).await, None);
    lease(&store, 1, NOW).await;
    assert_eq!(kept(&store, NOW).await, None);

    assert!(keep(&store, 1, &token(7, minutes(120))).await);

    assert_eq!(kept(&store, minutes(119)).await, Some(token(7, minutes(120))));
    assert_eq!(kept(&store, minutes(120)).await, None);
    assert_eq!(store::upstream::find_token(&store.view(), "wechat/wx02/access_token", NOW).await.unwrap(), None);
}

async fn a_lease_is_over_when_its_token_is_kept_when_it_is_given_back_or_when_its_time_is_up(store: Store) {
    let is_leased = async |now| store::upstream::is_leased(&store.view(), NAME, now).await.unwrap();
    assert!(!is_leased(NOW).await);

    assert!(lease(&store, 1, NOW).await);
    assert!(is_leased(NOW).await);
    assert!(!lease(&store, 2, NOW).await);
    assert!(keep(&store, 1, &token(7, minutes(120))).await);
    assert!(!is_leased(NOW).await);

    assert!(lease(&store, 2, NOW).await);
    assert!(release(&store, 2).await);
    assert!(!is_leased(NOW).await);

    assert!(lease(&store, 3, NOW).await);
    assert!(!lease(&store, 4, NOW.plus(SECONDS_10).minus(chrono::TimeDelta::milliseconds(1))).await);
    assert!(lease(&store, 4, NOW.plus(SECONDS_10)).await);
}

async fn a_lease_that_was_lost_keeps_nothing_and_ends_no_other_lease(store: Store) {
    lease(&store, 1, NOW).await;
    lease(&store, 2, minutes(1)).await;

    assert!(!keep(&store, 1, &token(7, minutes(120))).await);
    assert!(!release(&store, 1).await);

    assert_eq!(kept(&store, minutes(1)).await, None);
    assert!(store::upstream::is_leased(&store.view(), NAME, minutes(1)).await.unwrap());
    assert!(keep(&store, 2, &token(8, minutes(120))).await);
    // The lease also ends once its holder has used it.
    assert!(!keep(&store, 2, &token(9, minutes(120))).await);
    assert_eq!(kept(&store, minutes(1)).await, Some(token(8, minutes(120))));
}

async fn only_the_token_that_failed_is_forgotten(store: Store) {
    lease(&store, 1, NOW).await;
    keep(&store, 1, &token(7, minutes(120))).await;
    lease(&store, 2, NOW).await;

    assert!(!forget(&store, 6).await);
    assert_eq!(kept(&store, NOW).await, Some(token(7, minutes(120))));
    assert!(forget(&store, 7).await);

    assert_eq!(kept(&store, NOW).await, None);
    assert!(!forget(&store, 7).await);
    // The replica that is fetching the next token is not affected.
    assert!(keep(&store, 2, &token(8, minutes(120))).await);
}

async fn of_fifty_who_forget_a_token_that_failed_one_does(store: Store) {
    lease(&store, 1, NOW).await;
    keep(&store, 1, &token(7, minutes(120))).await;

    let forgotten = at_once(50, |_| {
        let store = store.clone();
        async move { forget(&store, 7).await }
    })
    .await;

    assert_eq!(forgotten.iter().filter(|forgotten| **forgotten).count(), 1);
}

async fn names_differ_by_case(store: Store) {
    let one = async |name: &str, byte| {
        let tx = store.begin().await.unwrap();
        let leased = store::upstream::lease_token(&tx, name, TokenLease([byte; 16]), (NOW, minutes(1))).await.unwrap();
        tx.commit().await.unwrap();
        leased
    };

    assert_eq!((one("a/b", 1).await, one("A/b", 2).await, one("a/b/", 3).await), (true, true, true));
    assert!(!one("a/b", 4).await);
}

async fn what_holds_no_longer_is_swept_out_and_what_is_under_way_stays(store: Store) {
    let purge = async |now| {
        let tx = store.begin().await.unwrap();
        let rows = store::purge_expired(&tx, now).await.unwrap();
        tx.commit().await.unwrap();
        rows
    };
    lease(&store, 1, NOW).await;
    keep(&store, 1, &token(7, minutes(120))).await;

    assert_eq!(purge(minutes(119)).await, 0);
    assert!(lease(&store, 2, minutes(120)).await);
    assert_eq!(purge(minutes(120)).await, 0);
    assert_eq!(purge(minutes(121)).await, 1);
    assert_eq!(purge(minutes(121)).await, 0);
}
