//! Pictures: which account shows which one, and that of a concurrent choice and removal only one succeeds.

use std::sync::Arc;

use domain::{Boundness, PictureId, SessionId, UserId};
use futures::future::join_all;
use store::session::{NewSession, SignedInFrom};
use store::user::{Choice, ProfileChange};
use store::{Store, StoreError, Tx, Write};

use crate::world::{NOW, app, minutes, proof, sign_in};

crate::on_every_database!(
    of_a_choice_and_a_removal_at_once_one_wins,
    a_picture_is_removed_once_the_person_has_given_it_up,
    a_picture_that_is_shown_under_another_name_is_not_removed,
    a_content_is_found_until_it_is_removed,
);

const DAY: i64 = 24 * 60;

async fn person(store: &Store, name: &str) -> (UserId, SessionId) {
    let user = sign_in(store, &proof("shop", name, None), NOW).await.user;
    let session = NewSession {
        id: SessionId::new(NOW),
        user,
        app: Some(app("shop")),
        phone: None,
        device: None,
        bound: Boundness::Bound,
        refresh_hash: *SessionId::new(NOW).uuid().as_bytes().repeat(2).first_chunk().unwrap(),
        signed_in_at: NOW,
        expires_at: minutes(1_000 * DAY),
        from: SignedInFrom::default(),
    };
    let tx = store.begin().await.unwrap();
    store::session::open(&tx, &session).await.unwrap();
    tx.commit().await.unwrap();
    (user, session.id)
}

async fn add(store: &Store, user: UserId) -> (PictureId, String) {
    let id = PictureId::new(NOW);
    let address = format!("https://id.example.com/pictures/{id}");
    let tx = store.begin().await.unwrap();
    store::picture::add(&tx, id, (user, &address), NOW).await.unwrap();
    tx.commit().await.unwrap();
    (id, address)
}

async fn show(store: &Store, session: SessionId, address: &str, after: i64) -> Option<UserId> {
    let show = |tx: Arc<Tx>| async move { store::picture::show(&tx, session, address, minutes(after)).await };
    let shown: Result<_, StoreError> = store.write(Write::new("show").in_session(session), show).await;
    shown.unwrap()
}

async fn claim(store: &Store, after: i64) -> Vec<PictureId> {
    let claim = |tx: Arc<Tx>| async move { store::picture::claim_unused(&tx, minutes(after)).await };
    let claimed: Result<_, StoreError> = store.write("claim", claim).await;
    claimed.unwrap()
}

async fn of_a_choice_and_a_removal_at_once_one_wins(store: Store) {
    let (user, session) = person(&store, "lan").await;
    let (mut shown, mut removed) = (0, 0);
    for _ in 0..12 {
        let (id, address) = add(&store, user).await;

        let claims = join_all([claim(&store, 60), claim(&store, 60)]);
        let (chosen, claims) = tokio::join!(show(&store, session, &address, 60), claims);

        let claimed = claims.concat().iter().filter(|claimed| **claimed == id).count();
        assert_eq!(claimed + usize::from(chosen.is_some()), 1, "one of them wins");
        shown += usize::from(chosen.is_some());
        removed += claimed;
    }
    assert_eq!(shown + removed, 12);
}

async fn a_picture_is_removed_once_the_person_has_given_it_up(store: Store) {
    let (user, session) = person(&store, "lan").await;
    let (id, address) = add(&store, user).await;
    assert_eq!(show(&store, session, &address, 1).await, Some(user));
    // Given up, and chosen again before it is removed.
    let tx = store.begin().await.unwrap();
    let told = ProfileChange { nickname: Choice::Keep, avatar_url: Choice::Choose("https://example.com/a".to_owned()) };
    store::user::change_profile(&tx, session, &told, minutes(2)).await.unwrap();
    let back = ProfileChange { nickname: Choice::Keep, avatar_url: Choice::Choose(address.clone()) };
    store::user::change_profile(&tx, session, &back, minutes(3)).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(claim(&store, 60).await, []);
    assert_eq!(claim(&store, 31 * DAY).await, [], "it is shown");
    let forget = ProfileChange { nickname: Choice::Keep, avatar_url: Choice::Forget };
    let tx = store.begin().await.unwrap();
    store::user::change_profile(&tx, session, &forget, minutes(32 * DAY)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(&store, 32 * DAY).await, [id], "the person gave it up");
    assert_eq!(claim(&store, 32 * DAY).await, [], "one process removes it");
    assert_eq!(show(&store, session, &address, 32 * DAY).await, None);
    assert_eq!(claim(&store, 32 * DAY + 10).await, [id], "that process has stopped");
    let tx = store.begin().await.unwrap();
    store::picture::removed(&tx, &[id]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(&store, 1_000 * DAY).await, []);
}

async fn a_picture_that_is_shown_under_another_name_is_not_removed(store: Store) {
    let ((user, lan), (_, wei)) = (person(&store, "lan").await, person(&store, "wei").await);
    let (id, address) = add(&store, user).await;
    let (_, next) = add(&store, user).await;
    show(&store, lan, &address, 1).await.unwrap();
    let tx = store.begin().await.unwrap();
    let same = ProfileChange { nickname: Choice::Keep, avatar_url: Choice::Choose(address) };
    store::user::change_profile(&tx, wei, &same, minutes(2)).await.unwrap();
    tx.commit().await.unwrap();

    show(&store, lan, &next, 3).await.unwrap();

    assert_eq!(claim(&store, 70).await, []);
    let tx = store.begin().await.unwrap();
    let forget = ProfileChange { nickname: Choice::Keep, avatar_url: Choice::Forget };
    store::user::change_profile(&tx, wei, &forget, minutes(80)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(&store, 80).await, [id]);
}

async fn a_content_is_found_until_it_is_removed(store: Store) {
    let id = PictureId::new(NOW);
    let content: Vec<u8> = (0..190_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
    for _ in 0..2 {
        let tx = store.begin().await.unwrap();
        store::picture::put_content(&tx, id, content.clone()).await.unwrap();
        tx.commit().await.unwrap();
        assert!(store::picture::content(&store.view(), id).await.unwrap().as_ref() == Some(&content));
    }

    for _ in 0..2 {
        let tx = store.begin().await.unwrap();
        store::picture::remove_content(&tx, id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store::picture::content(&store.view(), id).await.unwrap(), None);
    }
}
