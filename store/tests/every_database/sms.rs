//! When codes were sent and what SMS cost, also when many send at once.
//! Which limits there are is `api`'s business.

use domain::{SessionId, Timestamp};
use futures::future::join_all;
use store::{Codes, Purpose, Store};

use crate::tokens::{PHONE, send};
use crate::world::{NOW, app, minutes, number, proof, sign_in};

crate::on_every_database!(
    the_nth_newest_code_is_found_by_number_session_app_and_address_block,
    a_refused_code_counts_for_the_address_block_only_and_cannot_be_used,
    what_a_day_cost_is_added_up_and_taken_back,
    an_alarm_is_raised_once_and_only_upwards,
    who_spends_first_sends_alone,
    a_session_knows_its_app,
);

const DAY: &str = "2026-11-21";
const BLOCK: &str = "203.0.113.0/24";

async fn newest(store: &Store, codes: Codes<'_>, since: Timestamp) -> Vec<Timestamp> {
    let mut found = Vec::new();
    for nth in 1..=4 {
        found.extend(store.view().nth_newest_send(codes, nth, since).await.unwrap());
    }
    found
}

async fn spend(store: &Store, purpose: Purpose, cents: u32) -> u64 {
    let tx = store.begin().await.unwrap();
    let total = tx.spend_on_sms(DAY, purpose, cents).await.unwrap();
    tx.commit().await.unwrap();
    total
}

async fn the_nth_newest_code_is_found_by_number_session_app_and_address_block(store: Store) {
    let (mine, other) = (SessionId::new(NOW), SessionId::new(NOW));
    send(&store, mine, NOW).await;
    send(&store, mine, minutes(1)).await;
    send(&store, other, minutes(2)).await;
    let all = [minutes(2), minutes(1), NOW];

    assert_eq!(newest(&store, Codes::To(&number(PHONE)), minutes(-1)).await, all);
    assert_eq!(newest(&store, Codes::Through(&app("shop")), minutes(-1)).await, all);
    assert_eq!(newest(&store, Codes::From(BLOCK), minutes(-1)).await, all);
    assert_eq!(newest(&store, Codes::Of(mine), minutes(-1)).await, [minutes(1), NOW]);
    assert_eq!(newest(&store, Codes::Of(mine), NOW).await, [minutes(1)]);
    assert_eq!(newest(&store, Codes::To(&number("13800000002")), minutes(-1)).await, []);
    assert_eq!(newest(&store, Codes::Through(&app("club")), minutes(-1)).await, []);
    assert_eq!(newest(&store, Codes::From("2001:db8::/64"), minutes(-1)).await, []);
}

async fn a_refused_code_counts_for_the_address_block_only_and_cannot_be_used(store: Store) {
    let session = SessionId::new(NOW);
    let code = send(&store, session, NOW).await;

    let tx = store.begin().await.unwrap();
    tx.refuse_phone_code(code, minutes(1)).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(newest(&store, Codes::From(BLOCK), minutes(-1)).await, [NOW]);
    for codes in [Codes::To(&number(PHONE)), Codes::Of(session), Codes::Through(&app("shop"))] {
        assert_eq!(newest(&store, codes, minutes(-1)).await, [], "{codes:?}");
    }
    assert_eq!(store.view().newest_phone_code(&number(PHONE), session).await.unwrap(), None);
}

async fn what_a_day_cost_is_added_up_and_taken_back(store: Store) {
    assert_eq!(store.view().sms_spent(DAY).await.unwrap(), 0);

    let totals = [spend(&store, Purpose::Code, 5).await, spend(&store, Purpose::Notice, 7).await];

    assert_eq!(totals, [5, 12]);
    let tx = store.begin().await.unwrap();
    tx.take_back_sms(DAY, Purpose::Code, 5).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.view().sms_spent(DAY).await.unwrap(), 7);
    assert_eq!(store.view().sms_spent("2026-11-22").await.unwrap(), 0);
}

async fn raise(store: &Store, level: u8) -> bool {
    let tx = store.begin().await.unwrap();
    let raised = tx.raise_sms_alarm(DAY, level).await.unwrap();
    tx.commit().await.unwrap();
    raised
}

async fn an_alarm_is_raised_once_and_only_upwards(store: Store) {
    spend(&store, Purpose::Code, 5).await;

    let raised = join_all((0..10).map(|_| raise(&store, 80))).await;

    assert_eq!(raised.iter().filter(|raised| **raised).count(), 1);
    assert_eq!((raise(&store, 50).await, raise(&store, 100).await, raise(&store, 100).await), (false, true, false));
}

async fn who_spends_first_sends_alone(store: Store) {
    let one = |store: Store| async move {
        let tx = store.begin().await.unwrap();
        let total = tx.spend_on_sms(DAY, Purpose::Code, 1).await.unwrap();
        if total > 5 {
            return false;
        }
        tx.commit().await.unwrap();
        true
    };

    let tasks = (0..20).map(|_| tokio::spawn(one(store.clone())));
    let sent = join_all(tasks).await.into_iter().filter(|sent| *sent.as_ref().unwrap()).count();

    assert_eq!((sent, store.view().sms_spent(DAY).await.unwrap()), (5, 5));
}

async fn a_session_knows_its_app(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let session = crate::sessions::open(&store, lan, [1; 32]).await.id;

    assert_eq!(store.view().app_of_session(session).await.unwrap(), Some(app("shop")));
    assert_eq!(store.view().app_of_session(SessionId::new(NOW)).await.unwrap(), None);
}
