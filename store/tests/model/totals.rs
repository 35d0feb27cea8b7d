//! The kept sums equal the sums of the orders, for all reports, repeated or concurrent, and also after a merge.
//! `the_tables_are_what_the_model_is_after_every_event` and the crowd check them too.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::login::decide;
use domain::order::{
    Clash, Correction, Month, OrderNo, OrderStatus, Refund, RefundNo, Report, Sum, refund_beyond_status,
};
use domain::{Boundness, Currency, LinkId, Money, Timestamp, UserId};
use entities::{order, order_total};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sea_orm::{ConnectionTrait, DatabaseConnection, EntityTrait};
use store::order::{CorrectionError, OrderFilter};
use store::{Store, StoreError};

use crate::model::event::{Crowd, LoginProof};
use crate::model::{app, open_key, proof};
use crate::{Tables, sql};

crate::on_every_database!(
    sums_are_those_of_the_orders_after_every_batch,
    sums_that_many_write_at_once_lose_nothing,
    sums_of_the_largest_amounts_are_exact,
    a_difference_is_found_and_corrected_while_orders_come_in,
    a_month_that_a_filter_cuts_is_added_up_in_part,
);

/// The rows, by openId, month, status and currency: the number of orders, the sum of their totals, and the difference
/// between their listed refunds and what the status implies.
type Rows = BTreeMap<(LinkId, Month, OrderStatus, Currency), (i64, i128, i128)>;

/// Adds up every order in Rust instead of SQL.
async fn counted(db: &DatabaseConnection) -> Rows {
    let mut rows = Rows::new();
    for order in order::Entity::find().all(db).await.unwrap() {
        let key = (order.link_id, Month::of(order.placed_at), order.status, order.currency);
        let row = rows.entry(key).or_default();
        let by_status = if order.status == OrderStatus::Refunded { order.total_minor } else { 0 };
        let beyond = order.refunded_minor.map_or(0, |listed| i128::from(listed) - i128::from(by_status));
        *row = (row.0 + 1, row.1 + i128::from(order.total_minor), row.2 + beyond);
    }
    rows
}

async fn kept(db: &DatabaseConnection) -> Rows {
    let rows = order_total::Entity::find().all(db).await.unwrap().into_iter().map(|row| {
        let sum = Sum::from_parts((row.total_billions, row.total_minor), row.currency);
        let beyond = Sum::from_parts((row.beyond_billions, row.beyond_minor), row.currency);
        ((row.link_id, row.month, row.status, row.currency), (row.orders, sum.minor, beyond.minor))
    });
    rows.filter(|(_, row)| *row != (0, 0, 0)).collect()
}

/// Describes the difference between the sums; `None` if they match.
pub(crate) async fn wrong(db: &DatabaseConnection) -> Option<String> {
    let (counted, kept) = (counted(db).await, kept(db).await);
    (counted != kept).then(|| format!("the sums of orders\nare        {kept:#?}\nand not    {counted:#?}"))
}

/// One of twelve orders of three openIds. Its number determines what never changes: the openId, the month and the
/// currency.
fn report(n: usize, status: OrderStatus, minor: i64) -> Report {
    let month = Month::of(Timestamp::from_millis(1_760_000_000_000)).begin();
    let [earlier, later] = [TimeDelta::milliseconds(-1), TimeDelta::zero()];
    let currency: Currency = ["CNY", "JPY"][n % 2].parse().unwrap();
    let key = open_key(n % 3, 0);
    Report {
        app: key.app,
        order_no: OrderNo::parse(&format!("N{n}")).unwrap(),
        open_id: key.open_id,
        status,
        total: Money { minor, currency },
        placed_at: month.plus(if n % 4 < 2 { earlier } else { later }),
        shop_updated_at: None,
        items: Vec::new(),
        refunds: None,
        deliveries: None,
    }
}

/// Refunds of shares of a total, in percent, as far as an order can have them.
fn refunds_of(total: i64, shares: &[i64]) -> Vec<Refund> {
    let amounts = shares.iter().map(|share| total / 200 * share).filter(|minor| *minor > 0);
    let refund = |(n, minor)| Refund {
        number: RefundNo::parse(&format!("R{n}")).unwrap(),
        minor,
        refunded_at: crate::model::BEGIN,
    };
    amounts.enumerate().map(refund).collect()
}

/// Records, and retries on a conflict, as the service does. A report whose refunds contradict its status or its total
/// is refused.
async fn record(store: &Store, reports: &[Report]) {
    for _ in 0..64 {
        let tx = store.begin().await.unwrap();
        let done = match store::order::record_each(&tx, reports, crate::model::BEGIN).await {
            Ok(outcomes) => {
                let wrong = outcomes.iter().find(|outcome| !matches!(outcome, Ok(_) | Err(Clash::Refunds(_))));
                assert_eq!(wrong, None);
                tx.commit().await
            }
            Err(error) => Err(error),
        };
        match done {
            Err(StoreError::Contended(_)) => {}
            done => return done.unwrap(),
        }
    }
    panic!("conflicting concurrent updates in all 64 attempts");
}

/// A change of orders.
#[derive(Debug, Clone)]
enum Step {
    Report(Vec<Report>),
    /// The number of an order, the person who gets it, and how many days later it was placed.
    Correct((usize, usize, i64)),
}

/// Gives an order to another person and another day, if the order is known.
async fn correct(store: &Store, report: &Report, (person, days): (usize, i64)) {
    let correction = Correction {
        order_no: report.order_no.clone(),
        open_id: Some(open_key(0, person).open_id),
        placed_at: Some(report.placed_at.plus(TimeDelta::days(days))),
        reason: "a wrong code".to_owned(),
    };
    for _ in 0..64 {
        let tx = store.begin().await.unwrap();
        let by = store::Actor::Command;
        let done = match store::order::correct(&tx, (&report.app, &correction), by, crate::model::BEGIN).await {
            Ok(_) => tx.commit().await,
            Err(CorrectionError::Unknown) => return,
            Err(CorrectionError::Store(error)) => Err(error),
            Err(error) => panic!("{error}"),
        };
        match done {
            Err(StoreError::Contended(_)) => {}
            done => return done.unwrap(),
        }
    }
    panic!("conflicting concurrent updates in all 64 attempts");
}

async fn sign_in(store: &Store, at: usize) -> UserId {
    let crowd = Crowd { people: 1, members: 0, numbers: 0 };
    let proof = proof(LoginProof { app: at, person: 0, union: Some(0), bound: Boundness::Bound }, crowd);
    let tx = store.begin().await.unwrap();
    let known = store::login::known(&tx.look(), &proof).await.unwrap();
    let linked = store::login::apply(&tx, &decide(&known, &proof, Boundness::Bound), &proof, crate::model::BEGIN).await;
    tx.commit().await.unwrap();
    linked.unwrap().user
}

async fn sums_are_those_of_the_orders_after_every_batch(tables: Tables) {
    let amount = prop_oneof![4 => -100_i64..100_000, 1 => any::<i64>(), 1 => Just(1_000_000_000)];
    let refunds = prop_oneof![2 => Just(None), 1 => vec(0_i64..=100, 0..3).prop_map(Some)];
    let one = (0..12_usize, select(OrderStatus::ALL), amount, refunds).prop_map(|(n, status, minor, shares)| Report {
        refunds: shares.map(|s| refunds_of(minor, &s)),
        ..report(n, status, minor)
    });
    let correction = (0..12_usize, 0..3_usize, -40_i64..40);
    let steps =
        vec(prop_oneof![3 => vec(one, 1..8).prop_map(Step::Report), 1 => correction.prop_map(Step::Correct)], 1..10);
    let default = Config::default();
    let config = Config { cases: default.cases / 8, max_shrink_iters: 200, failure_persistence: None, ..default };
    let runtime = tokio::runtime::Handle::current();
    let live = async |steps: Vec<Step>| {
        sql::forget_everything(&tables.db).await;
        for step in steps {
            match step {
                Step::Report(batch) => record(&tables.store, &batch).await,
                Step::Correct((n, person, days)) => {
                    correct(&tables.store, &report(n, OrderStatus::Paid, 0), (person, days)).await;
                }
            }
            if let Some(wrong) = wrong(&tables.db).await {
                return Err(TestCaseError::fail(wrong));
            }
            let differences = tables.store.check_totals(false, |found| panic!("{found:?}")).await;
            // One per openId: as many as there are persons and apps.
            assert!(differences.unwrap() <= 9);
        }
        Ok(())
    };

    let lived =
        tokio::task::block_in_place(|| TestRunner::new(config).run(&steps, |steps| runtime.block_on(live(steps))));

    if let Err(found) = lived {
        panic!("{found}");
    }
}

async fn sums_that_many_write_at_once_lose_nothing(tables: Tables) {
    // The writers use different orders of keys, and all write the same rows.
    let writers = (0..8_usize).map(|writer| {
        let store = tables.store.clone();
        tokio::spawn(async move {
            for round in 0..6 {
                let reports = (0..12).map(|n| {
                    let n = if writer % 2 == 0 { n } else { 11 - n };
                    let status = OrderStatus::ALL[(writer + round) % OrderStatus::ALL.len()];
                    let order_no = OrderNo::parse(&format!("W{writer}-{n}")).unwrap();
                    Report { order_no, ..report(n, status, 100) }
                });
                record(&store, &reports.collect::<Vec<_>>()).await;
                for n in [round, 11 - round] {
                    // The orders of the next writer, which reports them at the same time.
                    let order_no = OrderNo::parse(&format!("W{}-{n}", (writer + 1) % 8)).unwrap();
                    let known = Report { order_no, ..report(n, OrderStatus::Paid, 100) };
                    correct(&store, &known, (writer % 3, i64::try_from(round).unwrap() * 20)).await;
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("a writer ends");
    }

    assert_eq!(wrong(&tables.db).await, None);
    assert_eq!(counted(&tables.db).await.values().map(|(orders, ..)| orders).sum::<i64>(), 8 * 12);
}

async fn sums_of_the_largest_amounts_are_exact(tables: Tables) {
    let user = sign_in(&tables.store, 0).await;
    let reports = [0, 6].map(|n| report(n, OrderStatus::Paid, i64::MAX));
    record(&tables.store, &reports).await;

    let links = store::order::links(&tables.store.view(), user).await.unwrap();
    let view = tables.store.view();
    let totals = store::order::totals(&view, &links, &OrderFilter::default()).await.unwrap();
    let sum: i128 = totals.iter().map(|total| total.sum.minor).sum();
    assert_eq!(sum, 2 * i128::from(i64::MAX));
    // The database adds up a part of a month, with the same precision.
    let placed_from = Some(reports[0].placed_at);
    let filter = OrderFilter { placed_from, ..OrderFilter::default() };
    let totals = store::order::totals(&view, &links, &filter).await.unwrap();
    assert_eq!(totals.iter().map(|total| total.sum.minor).sum::<i128>(), 2 * i128::from(i64::MAX));
    assert_eq!(wrong(&tables.db).await, None);
}

async fn a_difference_is_found_and_corrected_while_orders_come_in(tables: Tables) {
    let all: Vec<Report> = (0..12).map(|n| report(n, OrderStatus::Paid, 1_500_000_000)).collect();
    record(&tables.store, &all).await;
    // An older version does not keep the sums: some rows lack an order, and others are missing.
    for statement in [
        "UPDATE order_totals SET orders = orders - 1, total_minor = total_minor - 7 WHERE month = 202509 AND currency = 'CNY'",
        "DELETE FROM order_totals WHERE month = 202510 AND currency = 'CNY'",
    ] {
        tables.db.execute_unprepared(statement).await.unwrap();
    }
    let before = kept(&tables.db).await;
    let mut told = 0;
    tables.store.check_totals(false, |_| told += 1).await.unwrap();
    assert_eq!((told > 0, kept(&tables.db).await), (true, before));

    let mut tasks = Vec::new();
    for n in 0..4_usize {
        let (store, all) = (tables.store.clone(), all.clone());
        tasks.push(tokio::spawn(async move {
            if n < 2 {
                store.check_totals(true, |_| {}).await.unwrap();
            } else {
                for status in OrderStatus::ALL {
                    let changed: Vec<_> =
                        all.iter().map(|report| Report { status: *status, ..report.clone() }).collect();
                    record(&store, &changed).await;
                }
            }
        }));
    }
    for task in tasks {
        task.await.expect("a task ends");
    }

    assert_eq!(wrong(&tables.db).await, None);
    tables.store.check_totals(false, |found| panic!("{found:?}")).await.unwrap();
}

async fn a_month_that_a_filter_cuts_is_added_up_in_part(tables: Tables) {
    let user = sign_in(&tables.store, 0).await;
    assert_eq!(sign_in(&tables.store, 1).await, user);
    let month = Month::of(Timestamp::from_millis(1_760_000_000_000));
    let at = |days: i64| month.begin().plus(TimeDelta::days(days));
    let mut all = Vec::new();
    for n in 0..120 {
        let mut told = report(n % 2, OrderStatus::ALL[n % 5], i64::try_from(n).unwrap() * 500);
        // Of the paid orders, every third has listed refunds.
        told.refunds = (n % 3 == 0 && told.status.is_bought()).then(|| refunds_of(told.total.minor, &[30, 100]));
        let order_no = OrderNo::parse(&format!("D{n}")).unwrap();
        all.push(Report { order_no, placed_at: at(i64::try_from(n).unwrap() - 60), ..told });
    }
    record(&tables.store, &all).await;
    let view = tables.store.view();
    let links = store::order::links(&view, user).await.unwrap();

    for (from, until) in [(-45, 45), (0, 31), (-3, 2), (5, 9), (9, 5), (0, 7), (20, 31), (-300, 300)] {
        for statuses in [None, Some(vec![OrderStatus::Paid, OrderStatus::Completed])] {
            let apps = statuses.is_some().then(|| vec![app(1)]);
            let filter = OrderFilter {
                apps,
                statuses,
                placed_from: Some(at(from)),
                placed_until: Some(at(until)),
                ..OrderFilter::default()
            };
            let passes = |report: &&Report| {
                filter.apps.as_ref().is_none_or(|apps| apps.contains(&report.app))
                    && filter.statuses.as_ref().is_none_or(|statuses| statuses.contains(&report.status))
                    && (at(from)..at(until)).contains(&report.placed_at)
            };
            let mut expected: BTreeMap<_, (u64, i128, i128)> = BTreeMap::new();
            for report in all.iter().filter(passes) {
                let key = (report.app.clone(), Month::of(report.placed_at), report.status, report.total.currency);
                let row = expected.entry(key).or_default();
                let beyond = refund_beyond_status(report.status, report.total.minor, report.refunded());
                *row = (row.0 + 1, row.1 + i128::from(report.total.minor), row.2 + i128::from(beyond));
            }
            let found = store::order::totals(&view, &links, &filter).await.unwrap();
            let found: BTreeMap<_, _> = found
                .iter()
                .map(|row| {
                    let key = (row.app.clone(), row.month, row.status, row.sum.currency);
                    (key, (row.count, row.sum.minor, row.beyond))
                })
                .collect();
            assert_eq!(found, expected, "{from}..{until} {:?}", filter.statuses);
        }
    }
}
