//! Login codes are claimed before they are exchanged.

use domain::{SessionId, Timestamp};
use store::login::{LoginClaim, LoginOutcome, NewLoginClaim};
use store::{Store, StoreError};

use crate::tokens::{claim as claim_state, remember};
use crate::world::{NOW, app, minutes, open_id};

crate::on_every_database!(
    a_code_is_claimed_once,
    a_claim_that_is_dropped_was_never_made,
    what_came_of_a_claim_is_kept_once,
    a_failed_login_keeps_its_error_code,
    a_code_that_is_given_back_can_be_claimed_again,
    a_state_that_is_given_back_can_be_claimed_again,
    a_state_is_looked_at_without_being_claimed,
    refusals_are_counted_to_a_limit,
    a_claim_is_forgotten_when_it_expires,
);

const CODE: [u8; 32] = [1; 32];

pub(crate) fn new_claim(code_hash: [u8; 32]) -> NewLoginClaim {
    NewLoginClaim {
        code_hash,
        app: app("wxshop"),
        state_hash: Some([2; 32]),
        verifier_hash: Some([3; 32]),
        claimed_at: NOW,
        expires_at: minutes(24 * 60),
    }
}

pub(crate) async fn claim(store: &Store, claim: &NewLoginClaim) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    store::login::claim(&tx, claim).await?;
    tx.commit().await
}

async fn finish(store: &Store, outcome: &LoginOutcome) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    store::login::finish_claim(&tx, &CODE, outcome, minutes(1)).await?;
    tx.commit().await
}

async fn found(store: &Store) -> Option<LoginClaim> {
    store::login::find_claim(&store.view(), &CODE).await.unwrap()
}

fn claimed(outcome: Option<LoginOutcome>) -> LoginClaim {
    LoginClaim {
        code_hash: CODE,
        app: app("wxshop"),
        state_hash: Some([2; 32]),
        verifier_hash: Some([3; 32]),
        claimed_at: NOW,
        outcome,
    }
}

async fn a_code_is_claimed_once(store: Store) {
    let first = claim(&store, &new_claim(CODE)).await;
    let second = claim(&store, &NewLoginClaim { state_hash: None, verifier_hash: None, ..new_claim(CODE) }).await;

    assert!(first.is_ok(), "{first:?}");
    assert!(matches!(second, Err(StoreError::Contended(_))), "{second:?}");
    assert_eq!(found(&store).await, Some(claimed(None)));
}

async fn a_claim_that_is_dropped_was_never_made(store: Store) {
    remember(&store, [2; 32], minutes(10)).await;
    let tx = store.begin().await.unwrap();
    store::login::claim(&tx, &new_claim(CODE)).await.unwrap();
    store::login::claim_state(&tx, &[2; 32], NOW).await.unwrap();
    // Sends both requests.
    assert!(store::login::find_claim(&tx.look(), &CODE).await.unwrap().is_some());

    drop(tx);

    claim(&store, &new_claim(CODE)).await.unwrap();
    assert!(claim_state(&store, [2; 32], NOW).await);
}

async fn what_came_of_a_claim_is_kept_once(store: Store) {
    claim(&store, &new_claim(CODE)).await.unwrap();
    let signed_in = LoginOutcome::SignedIn {
        session: SessionId::new(NOW),
        is_new_user: true,
        open_id: open_id("oLan"),
        union_id: Some("uLan".parse().unwrap()),
    };

    finish(&store, &signed_in).await.unwrap();
    let again = finish(&store, &LoginOutcome::Failed("CODE_USED".to_owned())).await;

    assert!(matches!(again, Err(StoreError::Contended(_))), "{again:?}");
    assert_eq!(found(&store).await, Some(claimed(Some(signed_in))));
}

async fn a_failed_login_keeps_its_error_code(store: Store) {
    claim(&store, &new_claim(CODE)).await.unwrap();
    let failed = LoginOutcome::Failed("INVALID_CODE".to_owned());

    finish(&store, &failed).await.unwrap();

    assert_eq!(found(&store).await, Some(claimed(Some(failed))));
}

async fn a_code_that_is_given_back_can_be_claimed_again(store: Store) {
    claim(&store, &new_claim(CODE)).await.unwrap();

    let tx = store.begin().await.unwrap();
    store::login::release_claim(&tx, &CODE).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(found(&store).await, None);
    claim(&store, &new_claim(CODE)).await.unwrap();
}

async fn a_state_that_is_given_back_can_be_claimed_again(store: Store) {
    remember(&store, [1; 32], minutes(10)).await;
    assert!(claim_state(&store, [1; 32], NOW).await);

    let tx = store.begin().await.unwrap();
    store::login::release_state(&tx, &[1; 32]).await.unwrap();
    tx.commit().await.unwrap();

    assert!(claim_state(&store, [1; 32], NOW).await);
    assert!(!claim_state(&store, [1; 32], NOW).await);
}

async fn a_state_is_looked_at_without_being_claimed(store: Store) {
    let state = remember(&store, [1; 32], minutes(10)).await;
    let look =
        async |hash: [u8; 32], now: Timestamp| store::login::find_state(&store.view(), &hash, now).await.unwrap();

    assert_eq!(look([1; 32], minutes(9)).await, Some(state.clone()));
    assert!(claim_state(&store, [1; 32], minutes(9)).await);
    assert_eq!(look([1; 32], minutes(9)).await, Some(state));
    assert_eq!(look([1; 32], minutes(10)).await, None);
    assert_eq!(look([2; 32], NOW).await, None);
}

async fn refusals_are_counted_to_a_limit(store: Store) {
    claim(&store, &new_claim(CODE)).await.unwrap();

    let mut counted = Vec::new();
    for _ in 0..4 {
        let tx = store.begin().await.unwrap();
        counted.push(store::login::count_refusal(&tx, &CODE, 2).await.unwrap());
        tx.commit().await.unwrap();
    }

    assert_eq!(counted, [true, true, false, false]);
}

async fn a_claim_is_forgotten_when_it_expires(store: Store) {
    claim(&store, &new_claim(CODE)).await.unwrap();
    let purge = async |now| {
        let tx = store.begin().await.unwrap();
        let rows = store::purge_expired(&tx, now).await.unwrap();
        tx.commit().await.unwrap();
        rows
    };

    assert_eq!(purge(minutes(24 * 60 - 1)).await, 0);
    assert!(found(&store).await.is_some());
    assert_eq!(purge(minutes(24 * 60)).await, 1);
    assert_eq!(found(&store).await, None);
}
