//! Refresh tokens, sequentially and concurrently. Here the hash of the n-th token of a family is a number; `api::token`
//! creates real tokens.

use domain::{SessionId, Timestamp, UserId};
use store::session::{Presented, Refreshed, Session, Successor};
use store::{Store, StoreError};

use crate::concurrency::at_once;
use crate::sessions::{lan, open};
use crate::world::{NOW, minutes, proof, sign_in};

crate::on_every_database!(
    the_newest_token_makes_a_generation,
    the_parent_gets_the_same_successor_until_that_was_used,
    an_older_token_is_a_replay_and_so_is_the_first,
    the_successor_of_another_key_is_told_as_what_it_is,
    a_token_of_an_ended_session_is_ended,
    a_token_of_an_old_session_is_expired,
    an_unknown_token_is_unknown,
    a_session_is_found_by_its_newest_token_only,
    a_moved_session_knows_none_of_its_tokens_from_before,
    twenty_refreshes_at_once_make_one_generation_and_get_one_answer,
    a_refresh_and_a_logout_at_once_leave_no_session,
    a_refresh_and_a_move_at_once_leave_the_moved_token_alone,
);

/// The n-th token of a session, with its successor.
fn token(n: u8) -> Presented {
    Presented { hash: [n; 32], successors: vec![follower(n + 1)] }
}

fn follower(n: u8) -> Successor {
    Successor { hash: [n; 32], family: [200; 32] }
}

pub(crate) async fn refresh(store: &Store, token: &Presented, now: Timestamp) -> Refreshed {
    for _ in 0..8 {
        match try_to_refresh(store, token, now).await {
            Err(StoreError::Contended(_)) => {}
            other => return other.expect("a refresh"),
        }
    }
    panic!("conflicting concurrent updates in all eight attempts");
}

async fn try_to_refresh(store: &Store, token: &Presented, now: Timestamp) -> Result<Refreshed, StoreError> {
    let tx = store.begin().await?;
    let refreshed = store::session::refresh(&tx, token, now).await?;
    tx.commit().await?;
    Ok(refreshed)
}

fn goes_on(session: Session, generation: u8) -> Refreshed {
    Refreshed::GoesOn { session, successor: 0, generation: generation.into() }
}

async fn end(store: &Store, session: SessionId) {
    let tx = store.begin().await.unwrap();
    store::session::end(&tx, session, minutes(1)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn hand_over(store: &Store, session: SessionId, (to, refresh_hash): (UserId, [u8; 32])) {
    let tx = store.begin().await.unwrap();
    store::session::reassign(&tx, session, to, &refresh_hash).await.unwrap();
    tx.commit().await.unwrap();
}

async fn the_newest_token_makes_a_generation(store: Store) {
    let session = open(&store, lan(&store).await, [1; 32]).await;

    for n in 1..5 {
        assert_eq!(refresh(&store, &token(n), minutes(n.into())).await, goes_on(session, n));
    }
}

async fn the_parent_gets_the_same_successor_until_that_was_used(store: Store) {
    let session = open(&store, lan(&store).await, [1; 32]).await;
    refresh(&store, &token(1), minutes(1)).await;

    for minute in [1, 2, 59] {
        assert_eq!(refresh(&store, &token(1), minutes(minute)).await, goes_on(session, 1));
    }

    refresh(&store, &token(2), minutes(59)).await;
    let replayed = Refreshed::Replayed { session, generation: 2 };
    assert_eq!(refresh(&store, &token(1), minutes(59)).await, replayed);
    assert_eq!(refresh(&store, &token(2), minutes(59)).await, goes_on(session, 2));
}

async fn an_older_token_is_a_replay_and_so_is_the_first(store: Store) {
    let session = open(&store, lan(&store).await, [1; 32]).await;
    for n in 1..6 {
        refresh(&store, &token(n), minutes(1)).await;
    }

    let replayed = Refreshed::Replayed { session, generation: 5 };
    for n in 1..5 {
        assert_eq!(refresh(&store, &token(n), minutes(2)).await, replayed, "token {n}");
    }
    assert_eq!(refresh(&store, &token(5), minutes(2)).await, goes_on(session, 5));
}

async fn the_successor_of_another_key_is_told_as_what_it_is(store: Store) {
    let session = open(&store, lan(&store).await, [1; 32]).await;
    refresh(&store, &token(1), minutes(1)).await;
    let by_new_key = Successor { hash: [102; 32], family: [201; 32] };
    let rotated = Presented { hash: [1; 32], successors: vec![by_new_key, follower(2)] };

    let again = refresh(&store, &rotated, minutes(2)).await;

    assert_eq!(again, Refreshed::GoesOn { session, successor: 1, generation: 1 });
    assert_eq!(refresh(&store, &token(2), minutes(2)).await, goes_on(session, 2));
}

async fn a_token_of_an_ended_session_is_ended(store: Store) {
    let session = open(&store, lan(&store).await, [1; 32]).await;
    refresh(&store, &token(1), minutes(1)).await;

    end(&store, session.id).await;

    for n in 1..3 {
        assert_eq!(refresh(&store, &token(n), minutes(2)).await, Refreshed::Ended, "token {n}");
    }
}

async fn a_token_of_an_old_session_is_expired(store: Store) {
    open(&store, lan(&store).await, [1; 32]).await;
    refresh(&store, &token(1), minutes(59)).await;

    for n in 1..3 {
        assert_eq!(refresh(&store, &token(n), minutes(60)).await, Refreshed::Expired, "token {n}");
    }
}

async fn an_unknown_token_is_unknown(store: Store) {
    open(&store, lan(&store).await, [1; 32]).await;
    let other = Presented { hash: [9; 32], successors: vec![Successor { hash: [10; 32], family: [9; 32] }] };

    assert_eq!(refresh(&store, &other, NOW).await, Refreshed::Unknown);
}

async fn a_session_is_found_by_its_newest_token_only(store: Store) {
    let lan = lan(&store).await;
    let live = open(&store, lan, [1; 32]).await;
    let ended = open(&store, lan, [51; 32]).await;
    refresh(&store, &token(1), minutes(1)).await;
    end(&store, ended.id).await;
    let look = async |hash: u8, now| store::session::of_newest_token(&store.view(), &[hash; 32], now).await.unwrap();

    assert_eq!(look(2, minutes(59)).await, Some(live));
    assert_eq!(look(2, minutes(60)).await, None);
    assert_eq!(look(1, minutes(1)).await, None);
    assert_eq!(look(51, minutes(1)).await, None);
    assert_eq!(look(9, minutes(1)).await, None);
}

async fn a_moved_session_knows_none_of_its_tokens_from_before(store: Store) {
    let session = open(&store, lan(&store).await, [1; 32]).await;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;
    refresh(&store, &token(1), minutes(1)).await;

    hand_over(&store, session.id, (wei, [101; 32])).await;

    for n in 1..4 {
        assert_eq!(refresh(&store, &token(n), minutes(2)).await, Refreshed::Unknown, "token {n}");
    }
    let moved = Presented { hash: [101; 32], successors: vec![Successor { hash: [102; 32], family: [201; 32] }] };
    assert_eq!(refresh(&store, &moved, minutes(2)).await, goes_on(Session { user: wei, ..session }, 1));
}

async fn twenty_refreshes_at_once_make_one_generation_and_get_one_answer(store: Store) {
    let session = open(&store, lan(&store).await, [1; 32]).await;

    for n in 1..6 {
        let answers = at_once(20, |_| {
            let store = store.clone();
            async move { refresh(&store, &token(n), minutes(1)).await }
        })
        .await;

        assert_eq!(answers, vec![goes_on(session, n); 20]);
    }
}

async fn a_refresh_and_a_logout_at_once_leave_no_session(store: Store) {
    let lan = lan(&store).await;
    for round in 0..10 {
        let first = 1 + round * 10;
        let session = open(&store, lan, [first; 32]).await;
        let presented =
            |n: u8| Presented { hash: [n; 32], successors: vec![Successor { hash: [n + 1; 32], family: [first; 32] }] };

        let tasks = at_once(8, |n| {
            let (store, presented) = (store.clone(), presented(first));
            async move {
                if n == 3 {
                    end(&store, session.id).await;
                    return None;
                }
                Some(refresh(&store, &presented, minutes(1)).await)
            }
        })
        .await;

        let allowed = [goes_on(session, 1), Refreshed::Ended];
        assert!(tasks.iter().flatten().all(|answer| allowed.contains(answer)), "{tasks:?}");
        assert_eq!(store::session::find(&store.view(), session.id).await.unwrap(), None);
        assert_eq!(refresh(&store, &presented(first), minutes(1)).await, Refreshed::Ended);
        let successor = refresh(&store, &presented(first + 1), minutes(1)).await;
        assert!(matches!(successor, Refreshed::Ended | Refreshed::Unknown), "{successor:?}");
    }
}

async fn a_refresh_and_a_move_at_once_leave_the_moved_token_alone(store: Store) {
    let (lan, wei) = (lan(&store).await, sign_in(&store, &proof("shop", "oWei", None), NOW).await.user);
    for round in 0..10 {
        let first = 1 + round * 10;
        let session = open(&store, lan, [first; 32]).await;
        let presented =
            |n: u8| Presented { hash: [n; 32], successors: vec![Successor { hash: [n + 1; 32], family: [first; 32] }] };

        at_once(8, |n| {
            let (store, presented) = (store.clone(), presented(first));
            async move {
                if n == 3 {
                    hand_over(&store, session.id, (wei, [first + 5; 32])).await;
                } else {
                    refresh(&store, &presented, minutes(1)).await;
                }
            }
        })
        .await;

        for n in [first, first + 1] {
            assert_eq!(refresh(&store, &presented(n), minutes(1)).await, Refreshed::Unknown, "token {n}");
        }
        let moved = Session { user: wei, ..session };
        assert_eq!(refresh(&store, &presented(first + 5), minutes(1)).await, goes_on(moved, 1));
    }
}
