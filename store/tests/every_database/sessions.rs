//! Sessions and their refresh tokens.

use domain::{Boundness, Profile, SessionId, Timestamp, UserId};
use migration::throwaway::{Database, Server};
use sea_orm::ConnectionTrait;
use store::{NewSession, Session, Spent, Store};

use crate::world::{NOW, app, connect, minutes, proof, sign_in};

crate::on_every_database!(
    an_open_session_knows_its_person,
    an_ended_session_is_no_session,
    a_refresh_token_is_fresh_once,
    a_token_of_an_ended_session_is_ended,
    an_old_token_and_a_token_of_an_old_session_are_expired,
    an_unknown_token_is_unknown,
    all_sessions_of_several_people_end_but_one,
    a_session_goes_on_as_another_account,
);

const FIRST: [u8; 32] = [1; 32];
const SECOND: [u8; 32] = [2; 32];

pub(crate) async fn open(store: &Store, user: UserId, refresh_hash: [u8; 32]) -> Session {
    let id = SessionId::new(NOW);
    let session = NewSession {
        id,
        user,
        app: Some(app("shop")),
        device: None,
        bound: Boundness::Bound,
        refresh_hash,
        signed_in_at: NOW,
        expires_at: minutes(60),
    };
    let tx = store.begin().await.unwrap();
    tx.open_session(&session).await.unwrap();
    tx.commit().await.unwrap();
    Session { id, user, bound: Boundness::Bound, signed_in_at: NOW, expires_at: minutes(60), device: None }
}

pub(crate) async fn spend(store: &Store, hash: [u8; 32], now: Timestamp) -> Spent {
    let tx = store.begin().await.unwrap();
    let spent = tx.spend(&hash, now).await.unwrap();
    tx.commit().await.unwrap();
    spent
}

async fn lan(store: &Store) -> UserId {
    sign_in(store, &proof("shop", "oLan", None), NOW).await.user
}

async fn an_open_session_knows_its_person(store: Store) {
    let mut through_shop = proof("shop", "oLan", None);
    through_shop.profile = Profile::new("Lan 🌿", "");
    let user = sign_in(&store, &through_shop, NOW).await.user;
    let session = open(&store, user, FIRST).await;

    let (found, person) = store.view().session(session.id).await.unwrap().expect("the session");

    assert_eq!(found, session);
    assert_eq!(Some(person), store.view().user(user).await.unwrap());
}

async fn an_ended_session_is_no_session(store: Store) {
    let session = open(&store, lan(&store).await, FIRST).await;

    let tx = store.begin().await.unwrap();
    assert!(tx.end_session(session.id, minutes(1)).await.unwrap());
    assert!(!tx.end_session(session.id, minutes(2)).await.unwrap());
    tx.commit().await.unwrap();

    assert_eq!(store.view().session(session.id).await.unwrap(), None);
}

async fn a_refresh_token_is_fresh_once(store: Store) {
    let session = open(&store, lan(&store).await, FIRST).await;

    assert_eq!(spend(&store, FIRST, minutes(1)).await, Spent::Fresh(session));
    assert_eq!(spend(&store, FIRST, minutes(2)).await, Spent::Again { session, spent_at: minutes(1) });

    let tx = store.begin().await.unwrap();
    tx.add_refresh_token(session.id, &SECOND, minutes(1), minutes(60)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(spend(&store, SECOND, minutes(3)).await, Spent::Fresh(session));
}

async fn a_token_of_an_ended_session_is_ended(store: Store) {
    let session = open(&store, lan(&store).await, FIRST).await;
    let tx = store.begin().await.unwrap();
    tx.end_session(session.id, minutes(1)).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(spend(&store, FIRST, minutes(2)).await, Spent::Ended);
}

async fn an_old_token_and_a_token_of_an_old_session_are_expired(store: Store) {
    let session = open(&store, lan(&store).await, FIRST).await;
    let tx = store.begin().await.unwrap();
    tx.add_refresh_token(session.id, &SECOND, NOW, minutes(600)).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(spend(&store, FIRST, minutes(60)).await, Spent::Expired);
    assert_eq!(spend(&store, SECOND, minutes(60)).await, Spent::Expired);
}

async fn an_unknown_token_is_unknown(store: Store) {
    assert_eq!(spend(&store, FIRST, NOW).await, Spent::Unknown);
}

async fn all_sessions_of_several_people_end_but_one(store: Store) {
    let lan = lan(&store).await;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;
    let kept = open(&store, lan, [1; 32]).await;
    let ended = [open(&store, lan, [2; 32]).await, open(&store, wei, [3; 32]).await];

    let tx = store.begin().await.unwrap();
    assert_eq!(tx.end_sessions_of(&[lan, wei], Some(kept.id), minutes(1)).await.unwrap(), 2);
    tx.commit().await.unwrap();

    assert!(store.view().session(kept.id).await.unwrap().is_some());
    for session in ended {
        assert_eq!(store.view().session(session.id).await.unwrap(), None);
    }
}

async fn a_session_goes_on_as_another_account(store: Store) {
    let session = open(&store, lan(&store).await, FIRST).await;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;

    let tx = store.begin().await.unwrap();
    tx.move_session(session.id, wei).await.unwrap();
    tx.commit().await.unwrap();

    let (found, person) = store.view().session(session.id).await.unwrap().expect("the session");
    assert_eq!((found.user, person.id), (wei, wei));
}

#[tokio::test]
async fn r15_a_session_from_before_this_was_kept_is_unbound() {
    let database = Database::create(Server::Sqlite).await;
    let store = connect(&database).await;
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let session = open(&store, lan, FIRST).await;
    let bound = async || store.view().session(session.id).await.unwrap().expect("a session").0.bound;
    assert_eq!(bound().await, Boundness::Bound);
    let sql = sea_orm::Database::connect(database.url()).await.expect("a connection");

    sql.execute_unprepared("UPDATE sessions SET bound = NULL").await.expect("an update");

    assert_eq!(bound().await, Boundness::Unbound);
    sql.close().await.expect("the connection closes");
    store.close().await;
    database.drop_now().await;
}
