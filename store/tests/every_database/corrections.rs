//! Corrections of orders by operators: what they move, and the effect of the shop's later reports.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::order::{Clash, Correction, Effect, OrderNo, OrderStatus, Report};
use domain::{Timestamp, UserId};
use store::order::{Corrected, CorrectionError, Order, OrderFilter};
use store::{Actor, Store, StoreError, Tx, WriteError};

use crate::world::{NOW, app, minutes, open_id, orders_of, proof, record, report, sign_in};

crate::on_every_database!(
    a_corrected_order_moves_in_the_list_and_to_its_person_with_its_sums,
    the_shop_neither_undoes_a_correction_nor_is_refused_because_of_it,
    a_correction_to_what_is_so_already_changes_nothing,
    an_order_of_an_erased_person_goes_to_no_other_person_and_loses_the_reasons,
    corrections_in_both_directions_and_reports_at_once_end_in_one_state,
);

#[derive(Debug)]
enum Failure {
    Refused(CorrectionError),
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl WriteError for Failure {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Refused(_) => None,
            Self::Store(error) => Some(error),
        }
    }
}

fn correction(number: &str, to: Option<&str>, placed_at: Option<Timestamp>) -> Correction {
    Correction {
        order_no: OrderNo::parse(number).unwrap(),
        open_id: to.map(open_id),
        placed_at,
        reason: "the cashier scanned the wrong code".to_owned(),
    }
}

async fn correct(store: &Store, correction: &Correction, now: Timestamp) -> Result<Corrected, Failure> {
    let correct = |tx: Arc<Tx>| async move {
        store::order::correct(&tx, (&app("shop"), correction), Actor::Command, now).await.map_err(|error| match error {
            CorrectionError::Store(error) => Failure::Store(error),
            refused => Failure::Refused(refused),
        })
    };
    store.write("correct", correct).await
}

async fn people(store: &Store) -> [UserId; 2] {
    let lan = sign_in(store, &proof("shop", "oLan", None), NOW).await.user;
    [lan, sign_in(store, &proof("shop", "oWei", None), NOW).await.user]
}

async fn count(store: &Store, user: UserId) -> u64 {
    let links = store::order::links(&store.view(), user).await.unwrap();
    store::order::count(&store.view(), &links, &OrderFilter::default()).await.unwrap()
}

fn numbers(orders: &[Order]) -> Vec<&str> {
    orders.iter().map(|order| order.order_no.as_str()).collect()
}

async fn no_difference(store: &Store) {
    store.check_totals(false, |found| panic!("{found:?}")).await.unwrap();
}

async fn a_corrected_order_moves_in_the_list_and_to_its_person_with_its_sums(store: Store) {
    let [lan, wei] = people(&store).await;
    let at = |number, minute| Report { placed_at: minutes(minute), ..report("shop", number, "oLan") };
    record(&store, &[at("A-1", 1), at("A-2", 2), at("A-3", 3)]).await;

    let moved = correct(&store, &correction("A-1", None, Some(minutes(9))), minutes(20)).await.unwrap();
    assert_eq!((moved.owners, moved.placed_at), ([Some(lan), Some(lan)], [minutes(1), minutes(9)]));
    assert_eq!(numbers(&orders_of(&store, lan).await), ["A-1", "A-3", "A-2"]);
    let given = correct(&store, &correction("A-3", Some("oWei"), Some(NOW)), minutes(21)).await.unwrap();
    let unknown = correct(&store, &correction("A-2", Some("oLater"), None), minutes(22)).await.unwrap();

    assert_eq!((given.owners, unknown.owners), ([Some(lan), Some(wei)], [Some(lan), None]));
    assert_eq!(numbers(&orders_of(&store, lan).await), ["A-1"]);
    assert_eq!(orders_of(&store, wei).await.iter().map(|order| order.placed_at).collect::<Vec<_>>(), [NOW]);
    assert_eq!((count(&store, lan).await, count(&store, wei).await), (1, 1));
    let later = sign_in(&store, &proof("shop", "oLater", None), minutes(30)).await.user;
    assert_eq!((numbers(&orders_of(&store, later).await), count(&store, later).await), (vec!["A-2"], 1));
    no_difference(&store).await;
    let history = store::order::corrections(&store.view(), &[given.id, moved.id]).await.unwrap();
    let [known] = &history[&given.id][..] else { panic!("{history:?}") };
    assert_eq!(known.open_ids, ["oLan", "oWei"].map(open_id));
    assert_eq!((known.placed_at, known.by, known.at), ([minutes(3), NOW], Actor::Command, minutes(21)));
    assert_eq!(known.reason.as_deref(), Some("the cashier scanned the wrong code"));
    assert_eq!(history[&moved.id].len(), 1);
}

async fn the_shop_neither_undoes_a_correction_nor_is_refused_because_of_it(store: Store) {
    let [lan, wei] = people(&store).await;
    let told = |hours, status| Report {
        status,
        shop_updated_at: Some(NOW.plus(TimeDelta::hours(hours))),
        ..report("shop", "A-1", "oLan")
    };
    record(&store, &[told(1, OrderStatus::Paid)]).await;
    let placed_at = report("shop", "A-1", "oLan").placed_at.plus(TimeDelta::days(40));
    correct(&store, &correction("A-1", Some("oWei"), Some(placed_at)), NOW).await.unwrap();
    let effects = |reports: Vec<Report>| {
        let store = store.clone();
        async move {
            let reports = &reports[..];
            let record = |tx: Arc<Tx>| async move { store::order::record_each(&tx, reports, NOW).await };
            let outcomes = store.write("record", record).await.unwrap();
            outcomes.into_iter().map(|outcome| outcome.map(|recorded| recorded.effect)).collect::<Vec<_>>()
        }
    };

    assert_eq!(effects(vec![told(0, OrderStatus::Pending)]).await, [Ok(Effect::Outdated)]);
    assert_eq!(effects(vec![told(1, OrderStatus::Paid)]).await, [Ok(Effect::Unchanged)]);
    assert_eq!(effects(vec![told(2, OrderStatus::Shipped)]).await, [Ok(Effect::Updated)]);
    // The shop has adopted the correction.
    let corrected = Report { open_id: open_id("oWei"), placed_at, ..told(3, OrderStatus::Completed) };
    assert_eq!(effects(vec![corrected]).await, [Ok(Effect::Updated)]);
    let invented = Report { open_id: open_id("oMei"), ..told(4, OrderStatus::Completed) };
    let moved = Report { placed_at: minutes(77), ..told(4, OrderStatus::Completed) };
    assert_eq!(effects(vec![invented, moved]).await, [Err(Clash::OpenId), Err(Clash::PlacedAt)]);

    let orders = orders_of(&store, wei).await;
    assert_eq!((orders[0].status, orders[0].placed_at), (OrderStatus::Completed, placed_at));
    assert_eq!((orders_of(&store, lan).await.len(), count(&store, wei).await), (0, 1));
    no_difference(&store).await;
}

async fn a_correction_to_what_is_so_already_changes_nothing(store: Store) {
    let [lan, _] = people(&store).await;
    record(&store, &[report("shop", "A-1", "oLan")]).await;
    let to = correction("A-1", Some("oLan"), Some(report("shop", "A-1", "oLan").placed_at));

    let done = correct(&store, &to, NOW).await.unwrap();

    assert!(!done.is_changed);
    assert_eq!(store::order::corrections(&store.view(), &[done.id]).await.unwrap().len(), 0);
    assert_eq!(count(&store, lan).await, 1);
    let unknown = correct(&store, &correction("A-9", Some("oLan"), None), NOW).await;
    assert!(matches!(unknown, Err(Failure::Refused(CorrectionError::Unknown))), "{unknown:?}");
}

async fn an_order_of_an_erased_person_goes_to_no_other_person_and_loses_the_reasons(store: Store) {
    let [lan, wei] = people(&store).await;
    record(&store, &[report("shop", "A-1", "oLan"), report("shop", "A-2", "oLan")]).await;
    let given = correct(&store, &correction("A-1", Some("oWei"), None), NOW).await.unwrap();
    erase(&store, lan).await;

    let refused = correct(&store, &correction("A-2", Some("oWei"), None), NOW).await;
    assert!(matches!(refused, Err(Failure::Refused(CorrectionError::Erased))), "{refused:?}");
    assert!(correct(&store, &correction("A-2", None, Some(minutes(50))), NOW).await.unwrap().is_changed);
    let history = store::order::corrections(&store.view(), &[given.id]).await.unwrap();
    assert_eq!(history[&given.id][0].reason, None);
    assert!(history[&given.id][0].open_ids[0].is_erased());
    // The shop still reports the former openId; its report changes the fields that may change.
    let told = Report { status: OrderStatus::Shipped, ..report("shop", "A-1", "oLan") };
    record(&store, &[told]).await;
    assert_eq!(orders_of(&store, wei).await[0].status, OrderStatus::Shipped);
    no_difference(&store).await;
}

async fn erase(store: &Store, user: UserId) {
    assert_eq!(crate::erasure::erase(store, user).await, Some((user, true)));
}

async fn corrections_in_both_directions_and_reports_at_once_end_in_one_state(store: Store) {
    let [lan, wei] = people(&store).await;
    let of = |n: usize, id: &str| report("shop", &format!("C-{n}"), id);
    record(&store, &(0..4).map(|n| of(n, ["oLan", "oWei"][n % 2])).collect::<Vec<_>>()).await;
    let correctors = (0..6_i64).map(|corrector| {
        let store = store.clone();
        tokio::spawn(async move {
            for round in 0..5 {
                for n in 0..4_i64 {
                    let n = if corrector % 2 == 0 { n } else { 3 - n };
                    let to = ["oLan", "oWei", "oLater"][usize::try_from((corrector + round + n) % 3).unwrap()];
                    let to = correction(&format!("C-{n}"), Some(to), Some(minutes(round * 50_000 + n)));
                    correct(&store, &to, NOW).await.unwrap();
                }
            }
        })
    });
    let reporters = (0..2_usize).map(|reporter| {
        let store = store.clone();
        tokio::spawn(async move {
            for round in 0..10 {
                let status = OrderStatus::ALL[(reporter + round) % OrderStatus::ALL.len()];
                let all: Vec<_> = (0..4).map(|n| Report { status, ..of(n, ["oLan", "oWei"][n % 2]) }).collect();
                let all = &all[..];
                let record = |tx: Arc<Tx>| async move { store::order::record_each(&tx, all, NOW).await };
                let outcomes = store.write("record", record).await.unwrap();
                assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
            }
        })
    });
    for done in correctors.chain(reporters).collect::<Vec<_>>() {
        done.await.expect("it ends");
    }

    no_difference(&store).await;
    let later = sign_in(&store, &proof("shop", "oLater", None), NOW).await.user;
    let mut all = 0;
    for user in [lan, wei, later] {
        let orders = orders_of(&store, user).await;
        assert_eq!(count(&store, user).await, orders.len() as u64);
        all += orders.len();
    }
    assert_eq!(all, 4);
}
