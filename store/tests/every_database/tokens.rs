//! Login states and SMS codes, and when they are deleted.

use domain::{DeviceId, LinkId, PhoneCodeId, SessionId, Timestamp, UserId};
use store::Store;
use store::login::LoginState;
use store::sms::{Codes, NewPhoneCode, PhoneCode};

use crate::sessions::open;
use crate::world::{NOW, app, minutes, number, proof, sign_in};

crate::on_every_database!(
    a_state_is_claimed_once,
    an_expired_or_unknown_state_is_not_claimed,
    the_newest_unused_code_of_the_session_counts,
    a_code_has_so_many_tries,
    the_right_try_at_a_code_is_not_counted_as_wrong,
    a_code_is_redeemed_once,
    what_has_expired_is_forgotten_and_the_rest_stays,
);

pub(crate) const PHONE: &str = "13800000001";

pub(crate) async fn remember(store: &Store, hash: [u8; 32], expires_at: Timestamp) -> LoginState {
    let state = LoginState {
        hash,
        app: "shop".parse().unwrap(),
        return_to: "https://shop.example/✓?a=b".to_owned(),
        expires_at,
        challenge: Some([9; 32]),
    };
    let tx = store.begin().await.unwrap();
    store::login::add_state(&tx, &state, NOW).await.unwrap();
    tx.commit().await.unwrap();
    state
}

pub(crate) async fn claim(store: &Store, hash: [u8; 32], now: Timestamp) -> bool {
    let tx = store.begin().await.unwrap();
    let claimed = store::login::claim_state(&tx, &hash, now).await.unwrap();
    tx.commit().await.unwrap();
    !claimed.are_none()
}

/// The client that asks for a code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker {
    pub(crate) session: SessionId,
    pub(crate) user: UserId,
    pub(crate) link: Option<LinkId>,
    pub(crate) device: Option<DeviceId>,
}

pub(crate) async fn send_to(store: &Store, asker: Asker, sent_at: Timestamp) -> PhoneCodeId {
    let id = PhoneCodeId::new(sent_at);
    let expires_at = sent_at.plus(chrono::TimeDelta::minutes(5));
    let tx = store.begin().await.unwrap();
    let ordinal = store::sms::next_ordinal(&tx.look(), &number(PHONE)).await.unwrap();
    let (address_block, app) = ("203.0.113.0/24".to_owned(), Some(app("shop")));
    let Asker { session, user, link, device } = asker;
    let (number, code_hash, human) = (number(PHONE), [7; 32], None);
    let code = NewPhoneCode {
        id,
        number,
        ordinal,
        session,
        user: Some(user),
        challenge: None,
        link,
        device,
        address_block,
        app,
        human,
        code_hash,
        sent_at,
        expires_at,
    };
    store::sms::add_code(&tx, &code).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Sends a code to a session of its own account.
pub(crate) async fn send(store: &Store, session: SessionId, sent_at: Timestamp) -> PhoneCodeId {
    send_to(store, Asker { session, user: UserId::new(NOW), link: None, device: None }, sent_at).await
}

async fn try_code(store: &Store, id: PhoneCodeId) -> bool {
    let tx = store.begin().await.unwrap();
    let claimed = store::sms::claim_try(&tx, id, 3).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

pub(crate) async fn redeem(store: &Store, id: PhoneCodeId) -> bool {
    let tx = store.begin().await.unwrap();
    let redeemed = store::sms::redeem(&tx, id, false, minutes(1)).await.unwrap();
    tx.commit().await.unwrap();
    redeemed
}

async fn a_state_is_claimed_once(store: Store) {
    remember(&store, [1; 32], minutes(10)).await;

    assert!(claim(&store, [1; 32], minutes(1)).await);
    assert!(!claim(&store, [1; 32], minutes(1)).await);
}

async fn an_expired_or_unknown_state_is_not_claimed(store: Store) {
    remember(&store, [1; 32], minutes(10)).await;

    assert!(!claim(&store, [1; 32], minutes(10)).await);
    assert!(!claim(&store, [2; 32], minutes(1)).await);
}

async fn the_newest_unused_code_of_the_session_counts(store: Store) {
    let (mine, other) = (SessionId::new(NOW), SessionId::new(NOW));
    let first = send(&store, mine, NOW).await;
    let second = send(&store, mine, minutes(1)).await;
    send(&store, other, minutes(2)).await;
    let newest = async || store::sms::newest_code(&store.view(), &number(PHONE), mine).await.unwrap();

    assert_eq!(newest().await, Some(PhoneCode { id: second, code_hash: [7; 32], expires_at: minutes(6) }));
    redeem(&store, second).await;
    assert_eq!(newest().await.map(|code| code.id), Some(first));
    redeem(&store, first).await;
    assert_eq!(newest().await, None);
}

async fn a_code_has_so_many_tries(store: Store) {
    let code = send(&store, SessionId::new(NOW), NOW).await;

    let mut claimed = Vec::new();
    for _ in 0..5 {
        claimed.push(try_code(&store, code).await);
    }

    assert_eq!(claimed, [true, true, true, false, false]);
    assert_eq!(
        store::sms::wrong_tries(&store.begin().await.unwrap(), &number(PHONE), None, NOW).await.unwrap().in_all,
        3
    );
}

async fn the_right_try_at_a_code_is_not_counted_as_wrong(store: Store) {
    let session = SessionId::new(NOW);
    let (first, second) = (send(&store, session, NOW).await, send(&store, session, minutes(1)).await);
    for code in [first, first, second] {
        try_code(&store, code).await;
    }

    redeem(&store, second).await;

    assert_eq!(
        store::sms::wrong_tries(&store.begin().await.unwrap(), &number(PHONE), None, NOW).await.unwrap().in_all,
        2
    );
    assert_eq!(
        store::sms::wrong_tries(&store.begin().await.unwrap(), &number(PHONE), None, minutes(1)).await.unwrap().in_all,
        0
    );
    assert!(!try_code(&store, second).await);
}

async fn a_code_is_redeemed_once(store: Store) {
    let code = send(&store, SessionId::new(NOW), NOW).await;

    assert!(redeem(&store, code).await);
    assert!(!redeem(&store, code).await);
}

async fn what_has_expired_is_forgotten_and_the_rest_stays(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let session = open(&store, lan, [1; 32]).await;
    remember(&store, [1; 32], minutes(10)).await;
    remember(&store, [2; 32], minutes(30)).await;
    send(&store, session.id, NOW).await;
    let purge = async |now| {
        let tx = store.begin().await.unwrap();
        let rows = store::purge_expired(&tx, now).await.unwrap();
        tx.commit().await.unwrap();
        rows
    };

    assert_eq!(purge(minutes(10)).await, 1);
    assert!(claim(&store, [2; 32], minutes(11)).await);
    assert!(store::session::find(&store.view(), session.id).await.unwrap().is_some());
    // The other state and the session are deleted. The code stays another day, for the limits.
    assert_eq!(purge(minutes(60)).await, 2);
    assert_eq!(store::session::find(&store.view(), session.id).await.unwrap(), None);
    let sent = store::sms::nth_newest_send(&store.view(), Codes::To(&number(PHONE)), 1, minutes(-9_999)).await.unwrap();
    assert_eq!(sent, Some(NOW));
    assert_eq!(purge(minutes(5 + 24 * 60)).await, 1);
    assert_eq!(purge(minutes(99_999)).await, 0);
}
