//! Sessions: opened, found, reassigned to another account, ended.

use domain::{Boundness, Profile, SessionId, UserId};
use migration::throwaway::{Database, Server};
use sea_orm::ConnectionTrait;
use store::Store;
use store::session::{NewSession, OpenSession, Session, SignedInFrom};

use crate::world::{NOW, app, connect, minutes, proof, sign_in};

crate::on_every_database!(
    an_open_session_knows_its_person,
    an_ended_session_is_no_session,
    all_sessions_of_several_people_end_but_one,
    a_session_goes_on_as_another_account,
    open_sessions_are_told_with_where_they_are_from_the_last_used_first,
    a_session_is_ended_by_its_person_only,
);

const FIRST: [u8; 32] = [1; 32];

pub(crate) async fn open(store: &Store, user: UserId, refresh_hash: [u8; 32]) -> Session {
    let id = SessionId::new(NOW);
    let session = NewSession {
        phone: None,
        id,
        user,
        app: Some(app("shop")),
        device: None,
        bound: Boundness::Bound,
        refresh_hash,
        signed_in_at: NOW,
        expires_at: minutes(60),
        from: SignedInFrom::default(),
    };
    let tx = store.begin().await.unwrap();
    store::session::open(&tx, &session).await.unwrap();
    tx.commit().await.unwrap();
    Session { id, user, bound: Boundness::Bound, signed_in_at: NOW, expires_at: minutes(60), device: None }
}

pub(crate) async fn lan(store: &Store) -> UserId {
    sign_in(store, &proof("shop", "oLan", None), NOW).await.user
}

async fn an_open_session_knows_its_person(store: Store) {
    let mut through_shop = proof("shop", "oLan", None);
    through_shop.profile = Profile::new("Lan 🌿", "");
    let user = sign_in(&store, &through_shop, NOW).await.user;
    let session = open(&store, user, FIRST).await;

    let (found, person) = store::session::find(&store.view(), session.id).await.unwrap().expect("the session");

    assert_eq!(found, session);
    assert_eq!(Some(person), store::user::find(&store.view(), user).await.unwrap());
}

async fn an_ended_session_is_no_session(store: Store) {
    let session = open(&store, lan(&store).await, FIRST).await;

    let tx = store.begin().await.unwrap();
    assert!(store::session::end(&tx, session.id, minutes(1)).await.unwrap());
    assert!(!store::session::end(&tx, session.id, minutes(2)).await.unwrap());
    tx.commit().await.unwrap();

    assert_eq!(store::session::find(&store.view(), session.id).await.unwrap(), None);
}

async fn all_sessions_of_several_people_end_but_one(store: Store) {
    let lan = lan(&store).await;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;
    let kept = open(&store, lan, [1; 32]).await;
    let ended = [open(&store, lan, [2; 32]).await, open(&store, wei, [3; 32]).await];

    let tx = store.begin().await.unwrap();
    assert_eq!(store::session::end_all_of(&tx, &[lan, wei], Some(kept.id), minutes(1)).await.unwrap(), 2);
    tx.commit().await.unwrap();

    assert!(store::session::find(&store.view(), kept.id).await.unwrap().is_some());
    for session in ended {
        assert_eq!(store::session::find(&store.view(), session.id).await.unwrap(), None);
    }
}

async fn a_session_goes_on_as_another_account(store: Store) {
    let session = open(&store, lan(&store).await, FIRST).await;
    let wei = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;

    let tx = store.begin().await.unwrap();
    store::session::reassign(&tx, session.id, wei, &[2; 32]).await.unwrap();
    tx.commit().await.unwrap();

    let (found, person) = store::session::find(&store.view(), session.id).await.unwrap().expect("the session");
    assert_eq!((found.user, person.id), (wei, wei));
}

async fn open_sessions_are_told_with_where_they_are_from_the_last_used_first(store: Store) {
    let lan = lan(&store).await;
    let stranger = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;
    let from =
        SignedInFrom { address_block: Some("203.0.113.0/24".to_owned()), device: Some("WeChat on iPhone".to_owned()) };
    let later = |minute: i64| NewSession {
        phone: None,
        id: SessionId::new(minutes(minute)),
        user: lan,
        app: None,
        device: None,
        bound: Boundness::Bound,
        refresh_hash: [u8::try_from(minute).unwrap(); 32],
        signed_in_at: minutes(minute),
        expires_at: minutes(60 + minute),
        from: from.clone(),
    };
    let first = open(&store, lan, FIRST).await;
    open(&store, stranger, [2; 32]).await;
    let (second, third) = (later(10), later(11));
    let tx = store.begin().await.unwrap();
    for session in [&second, &third] {
        store::session::open(&tx, session).await.unwrap();
    }
    store::session::end(&tx, third.id, minutes(12)).await.unwrap();
    tx.commit().await.unwrap();
    let expected = [
        OpenSession {
            id: second.id,
            app: None,
            device_id: None,
            address_block: from.address_block.clone(),
            device: from.device.clone(),
            signed_in_at: minutes(10),
            last_used_at: minutes(10),
            expires_at: minutes(70),
        },
        OpenSession {
            id: first.id,
            app: Some(app("shop")),
            device_id: None,
            address_block: None,
            device: None,
            signed_in_at: NOW,
            last_used_at: NOW,
            expires_at: minutes(60),
        },
    ];

    let seen = async |now, limit| store::session::list(&store.view(), lan, now, limit).await.unwrap();

    assert_eq!(seen(minutes(20), 10).await, expected);
    assert_eq!(seen(minutes(20), 1).await, expected[..1]);
    assert_eq!(seen(minutes(60), 10).await, expected[..1]);
}

async fn a_session_is_ended_by_its_person_only(store: Store) {
    let lan = lan(&store).await;
    let stranger = sign_in(&store, &proof("shop", "oWei", None), NOW).await.user;
    let session = open(&store, lan, FIRST).await;
    let end = async |user| {
        let tx = store.begin().await.unwrap();
        let ended = store::session::end_of(&tx, user, session.id, minutes(1)).await.unwrap();
        tx.commit().await.unwrap();
        ended
    };

    assert!(!end(stranger).await);
    assert!(store::session::find(&store.view(), session.id).await.unwrap().is_some());
    assert!(end(lan).await);
    assert!(!end(lan).await);
    assert_eq!(store::session::find(&store.view(), session.id).await.unwrap(), None);
}

#[tokio::test]
async fn r15_a_session_from_before_this_was_kept_is_unbound() {
    let database = Database::create(Server::Sqlite).await;
    let store = connect(&database).await;
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let session = open(&store, lan, FIRST).await;
    let bound = async || store::session::find(&store.view(), session.id).await.unwrap().expect("a session").0.bound;
    assert_eq!(bound().await, Boundness::Bound);
    let sql = sea_orm::Database::connect(database.url()).await.expect("a connection");

    sql.execute_unprepared("UPDATE sessions SET bound = NULL").await.expect("an update");

    assert_eq!(bound().await, Boundness::Unbound);
    sql.close().await.expect("the connection closes");
    store.close().await;
    database.drop_now().await;
}
