//! The record of sent codes and of the cost of SMS, including concurrent sending.

use domain::{DeviceId, LinkId, PhoneCodeId, SessionId, Timestamp, UserId};
use futures::future::join_all;
use store::sms::{Codes, MessagePurpose, NewPhoneCode, SmsDay, WrongTries};
use store::{Store, StoreError};

use crate::tokens::{Asker, PHONE, send_to};
use crate::world::{NOW, app, minutes, number, proof, sign_in};

crate::on_every_database!(
    the_nth_newest_code_is_found_by_everything_that_has_a_limit,
    wrong_tries_are_counted_by_number_and_by_number_and_device,
    one_answer_to_a_human_check_is_good_for_one_code,
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
        found.extend(store::sms::nth_newest_send(&store.view(), codes, nth, since).await.unwrap());
    }
    found
}

async fn spend(store: &Store, purpose: MessagePurpose, cents: u32) -> u64 {
    let tx = store.begin().await.unwrap();
    let spending = store::sms::spend(&tx, DAY, purpose, cents).await.unwrap();
    tx.commit().await.unwrap();
    spending.total
}

/// An account with one openId and one device.
fn asker() -> Asker {
    let (user, session) = (UserId::new(NOW), SessionId::new(NOW));
    Asker { user, session, link: Some(LinkId::new(NOW)), device: Some(DeviceId::new(NOW)) }
}

async fn the_nth_newest_code_is_found_by_everything_that_has_a_limit(store: Store) {
    let (mine, other) = (asker(), asker());
    send_to(&store, mine, NOW).await;
    send_to(&store, mine, minutes(1)).await;
    send_to(&store, other, minutes(2)).await;
    let all = [minutes(2), minutes(1), NOW];
    let (phone, shop, club) = (number(PHONE), app("shop"), app("club"));

    for codes in [Codes::To(&phone), Codes::Through(&shop), Codes::From(BLOCK), Codes::For(&[mine.user, other.user])] {
        assert_eq!(newest(&store, codes, minutes(-1)).await, all, "{codes:?}");
    }
    let own = [
        Codes::For(&[mine.user]),
        Codes::ToFor(&phone, &[mine.user]),
        Codes::With(mine.link.unwrap()),
        Codes::On(mine.device.unwrap()),
    ];
    for codes in own {
        assert_eq!(newest(&store, codes, minutes(-1)).await, [minutes(1), NOW], "{codes:?}");
        assert_eq!(newest(&store, codes, NOW).await, [minutes(1)], "{codes:?}");
    }
    let elsewhere = number("13800000002");
    let none = [
        Codes::To(&elsewhere),
        Codes::ToFor(&elsewhere, &[mine.user]),
        Codes::ToFor(&phone, &[]),
        Codes::For(&[]),
        Codes::With(LinkId::new(NOW)),
        Codes::On(DeviceId::new(NOW)),
        Codes::Through(&club),
        Codes::From("2001:db8::/64"),
    ];
    for codes in none {
        assert_eq!(newest(&store, codes, minutes(-1)).await, [], "{codes:?}");
    }
}

async fn wrong_tries_are_counted_by_number_and_by_number_and_device(store: Store) {
    let (mine, other) = (asker(), asker());
    for (asker, tries) in [(mine, 2), (other, 3), (Asker { device: None, ..mine }, 1)] {
        let code = send_to(&store, asker, NOW).await;
        for _ in 0..tries {
            let tx = store.begin().await.unwrap();
            assert!(store::sms::claim_try(&tx, code, 5).await.unwrap());
            tx.commit().await.unwrap();
        }
    }

    let counted = async |device| {
        store::sms::wrong_tries(&store.begin().await.unwrap(), &number(PHONE), device, NOW).await.unwrap()
    };

    assert_eq!(counted(mine.device).await, WrongTries { in_all: 6, on_device: 2 });
    assert_eq!(counted(other.device).await, WrongTries { in_all: 6, on_device: 3 });
    // A session from before devices were recorded has no device of its own.
    assert_eq!(counted(None).await, WrongTries { in_all: 6, on_device: 0 });
}

async fn one_answer_to_a_human_check_is_good_for_one_code(store: Store) {
    let keep = async |at: u64| {
        let tx = store.begin().await.unwrap();
        let code = NewPhoneCode {
            id: PhoneCodeId::new(NOW),
            number: number(&format!("1380000{at:04}")),
            ordinal: 1,
            session: SessionId::new(NOW),
            user: Some(UserId::new(NOW)),
            challenge: None,
            link: None,
            device: None,
            address_block: BLOCK.to_owned(),
            app: None,
            human: Some([5; 32]),
            code_hash: [7; 32],
            sent_at: NOW,
            expires_at: minutes(5),
        };
        store::sms::add_code(&tx, &code).await?;
        tx.commit().await
    };

    let kept = join_all((1..=10).map(keep)).await;

    assert_eq!(kept.iter().filter(|kept| kept.is_ok()).count(), 1);
    for lost in kept.iter().filter(|kept| kept.is_err()) {
        assert!(matches!(lost, Err(StoreError::Contended(_))), "{lost:?}");
    }
    assert!(store::sms::is_human_token_spent(&store.view(), &[5; 32]).await.unwrap());
    assert!(!store::sms::is_human_token_spent(&store.view(), &[6; 32]).await.unwrap());
}

async fn a_refused_code_counts_for_the_address_block_only_and_cannot_be_used(store: Store) {
    let asker = asker();
    let code = send_to(&store, asker, NOW).await;

    let tx = store.begin().await.unwrap();
    store::sms::refuse_code(&tx, code, minutes(1)).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(newest(&store, Codes::From(BLOCK), minutes(-1)).await, [NOW]);
    let [user, link, device] =
        [Codes::For(&[asker.user]), Codes::With(asker.link.unwrap()), Codes::On(asker.device.unwrap())];
    for codes in [Codes::To(&number(PHONE)), user, link, device, Codes::Through(&app("shop"))] {
        assert_eq!(newest(&store, codes, minutes(-1)).await, [], "{codes:?}");
    }
    assert_eq!(store::sms::newest_code(&store.view(), &number(PHONE), asker.session).await.unwrap(), None);
}

/// Returns the messages of several days.
async fn days(store: &Store) -> Vec<SmsDay> {
    store::sms::days(&store.view(), ("2026-11-20", "2026-11-22")).await.unwrap()
}

async fn what_a_day_cost_is_added_up_and_taken_back(store: Store) {
    assert_eq!(days(&store).await, []);

    let totals = [spend(&store, MessagePurpose::Code, 5).await, spend(&store, MessagePurpose::Notice, 7).await];

    assert_eq!(totals, [5, 12]);
    let tx = store.begin().await.unwrap();
    store::sms::take_back(&tx, DAY, MessagePurpose::Code, 5).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(spend(&store, MessagePurpose::Code, 5).await, 12);
    let day = SmsDay { day: DAY.to_owned(), codes: 1, code_cents: 5, notices: 1, notice_cents: 7 };
    assert_eq!(days(&store).await, [day]);
    for other in [("2026-11-19", "2026-11-20"), ("2026-11-22", "2026-11-23")] {
        assert_eq!(store::sms::days(&store.view(), other).await.unwrap(), []);
    }
}

async fn raise(store: &Store, level: u8) -> bool {
    let tx = store.begin().await.unwrap();
    let raised = store::sms::raise_alarm(&tx, DAY, level).await.unwrap();
    tx.commit().await.unwrap();
    raised
}

async fn an_alarm_is_raised_once_and_only_upwards(store: Store) {
    spend(&store, MessagePurpose::Code, 5).await;

    let raised = join_all((0..10).map(|_| raise(&store, 80))).await;

    assert_eq!(raised.iter().filter(|raised| **raised).count(), 1);
    assert_eq!((raise(&store, 50).await, raise(&store, 100).await, raise(&store, 100).await), (false, true, false));
}

async fn who_spends_first_sends_alone(store: Store) {
    let one = |store: Store| async move {
        let tx = store.begin().await.unwrap();
        let spending = store::sms::spend(&tx, DAY, MessagePurpose::Code, 1).await.unwrap();
        if spending.on_purpose > 5 {
            return false;
        }
        tx.commit().await.unwrap();
        true
    };

    let tasks = (0..20).map(|_| tokio::spawn(one(store.clone())));
    let sent = join_all(tasks).await.into_iter().filter(|sent| *sent.as_ref().unwrap()).count();

    let days = days(&store).await;
    assert_eq!((sent, days[0].codes, days[0].code_cents), (5, 5, 5));
}

async fn a_session_knows_its_app(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let session = crate::sessions::open(&store, lan, [1; 32]).await.id;

    assert_eq!(store::session::app_of(&store.view(), session).await.unwrap(), Some(app("shop")));
    assert_eq!(store::session::app_of(&store.view(), SessionId::new(NOW)).await.unwrap(), None);
}
