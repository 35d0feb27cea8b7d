//! Recording orders, and reading single ones.

use domain::login::Link;
use std::collections::HashMap;

use domain::order::{BadRefunds, Clash, Delivery, Effect, Item, OrderStatus, Refund, Report};
use domain::{Money, OrderId};
use store::Store;
use store::order::{Order, OrderStatusChange, RecordError};

use crate::world::{NOW, app, item, minutes, open_id, orders_of, proof, record, refund, report, sign_in};

crate::on_every_database!(
    a_report_is_recorded_and_read_back,
    the_same_report_again_changes_nothing,
    an_older_report_that_arrives_later_changes_nothing,
    another_status_total_or_line_is_an_update,
    refunds_and_deliveries_stay_until_a_report_tells_others,
    refunds_that_do_not_fit_are_a_clash_and_the_others_are_recorded,
    the_changes_of_a_status_are_kept_in_their_order,
    refunds_that_two_reports_tell_at_once_are_those_of_one_of_them,
    quantities_and_prices_keep_their_last_place,
    one_clash_leaves_the_other_reports_alone,
    of_two_reports_in_one_batch_the_later_wins,
    a_clash_names_its_report_and_nothing_is_recorded,
    an_order_cannot_change_hands_within_a_batch,
    a_batch_of_hundreds_goes_in_and_changes_at_once,
    the_lines_of_many_orders_come_in_one_answer,
    an_order_that_is_not_there_is_not_there,
);

async fn a_report_is_recorded_and_read_back(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let told = report("shop", "A-1 ✓", "oLan");

    let recorded = record(&store, std::slice::from_ref(&told)).await;

    let id = recorded[0].id;
    let expected = Order {
        id,
        link: store::user::open_ids(&store.view(), lan).await.unwrap()[0].id,
        app: app("shop"),
        open_id: open_id("oLan"),
        order_no: told.order_no.clone(),
        status: OrderStatus::Paid,
        total: told.total,
        refunded: Money { minor: 0, ..told.total },
        placed_at: NOW,
    };
    assert_eq!(recorded[0].effect, Effect::Created);
    assert_eq!(store::order::find(&store.view(), id, None).await.unwrap(), Some(expected.clone()));
    assert_eq!(store::order::find(&store.view(), id, Some(lan)).await.unwrap(), Some(expected.clone()));
    assert_eq!(orders_of(&store, lan).await, [expected]);
    assert_eq!(store::order::items(&store.view(), &[id]).await.unwrap()[&id], told.items);
}

async fn the_same_report_again_changes_nothing(store: Store) {
    let told = [report("shop", "A-1", "oLan"), report("club", "A-1", "oLan")];
    let first = record(&store, &told).await;

    let second = record(&store, &told).await;

    assert_eq!(second.iter().map(|done| done.effect).collect::<Vec<_>>(), [Effect::Unchanged; 2]);
    assert_eq!(second.iter().map(|done| done.id).collect::<Vec<_>>(), [first[0].id, first[1].id]);
}

async fn refunded(store: &Store, id: OrderId) -> (i64, Vec<Refund>) {
    let order = store::order::find(&store.view(), id, None).await.unwrap().expect("the order");
    let refunds = store::order::refunds(&store.view(), &[id]).await.unwrap().remove(&id).unwrap_or_default();
    (order.refunded.minor, refunds)
}

async fn refunds_and_deliveries_stay_until_a_report_tells_others(store: Store) {
    let delivery = |number| Delivery::parse("顺丰", number, Some(NOW)).unwrap();
    let refunds = vec![refund("R-1", 1_000), refund("R-2", 500)];
    let told = Report {
        refunds: Some(refunds.clone()),
        deliveries: Some(vec![delivery("SF2"), delivery("SF1")]),
        ..report("shop", "A-1", "oLan")
    };
    let silent = Report { refunds: None, deliveries: None, status: OrderStatus::Completed, ..told.clone() };

    let id = record(&store, std::slice::from_ref(&told)).await[0].id;
    let again = record(&store, std::slice::from_ref(&told)).await[0].effect;
    let completed = record(&store, std::slice::from_ref(&silent)).await[0].effect;

    assert_eq!((again, completed), (Effect::Unchanged, Effect::Updated));
    assert_eq!(refunded(&store, id).await, (1_500, refunds));
    let deliveries = store::order::deliveries(&store.view(), &[id]).await.unwrap();
    assert_eq!(deliveries[&id], [delivery("SF2"), delivery("SF1")]);

    let fewer = Report { refunds: Some(vec![refund("R-3", 1)]), deliveries: Some(vec![]), ..silent.clone() };
    assert_eq!(record(&store, &[fewer]).await[0].effect, Effect::Updated);
    assert_eq!(refunded(&store, id).await, (1, vec![refund("R-3", 1)]));
    assert_eq!(store::order::deliveries(&store.view(), &[id]).await.unwrap().len(), 0);

    // Without listed refunds, the status determines the refunded amount.
    let none = Report { refunds: Some(vec![]), status: OrderStatus::Refunded, ..silent };
    record(&store, &[none]).await;
    assert_eq!(refunded(&store, id).await, (12_850, vec![]));
}

async fn refunds_that_do_not_fit_are_a_clash_and_the_others_are_recorded(store: Store) {
    let partly = Report { refunds: Some(vec![refund("R-1", 12_850)]), ..report("shop", "A-1", "oLan") };
    let id = record(&store, std::slice::from_ref(&partly)).await[0].id;
    let cheaper = Report { total: Money { minor: 12_849, ..partly.total }, refunds: None, ..partly.clone() };
    let cancelled = Report { status: OrderStatus::Cancelled, refunds: None, ..partly.clone() };
    let told = [cheaper, report("shop", "A-2", "oLan"), cancelled];

    let tx = store.begin().await.unwrap();
    let recorded = store::order::record_each(&tx, &told, NOW).await.unwrap();
    tx.commit().await.unwrap();

    let effects: Vec<_> = recorded.iter().map(|outcome| outcome.map(|done| done.effect)).collect();
    let expected =
        [Err(Clash::Refunds(BadRefunds::AboveTotal)), Ok(Effect::Created), Err(Clash::Refunds(BadRefunds::NotPaid))];
    assert_eq!(effects, expected);
    assert_eq!(refunded(&store, id).await, (12_850, vec![refund("R-1", 12_850)]));
}

async fn the_changes_of_a_status_are_kept_in_their_order(store: Store) {
    let at = |minute: Option<i64>, status| Report {
        status,
        shop_updated_at: minute.map(minutes),
        ..report("shop", "A-1", "oLan")
    };
    let (pending, paid, shipped) = (OrderStatus::Pending, OrderStatus::Paid, OrderStatus::Shipped);

    let id = record(&store, &[at(None, pending)]).await[0].id;
    assert_eq!(store::order::status_changes(&store.view(), &[id]).await.unwrap(), HashMap::new());
    // Two changes in one batch, a repetition, and an outdated report.
    record(&store, &[at(Some(1), paid), at(Some(2), shipped)]).await;
    record(&store, &[at(Some(2), shipped), at(Some(1), pending)]).await;
    record(&store, &[at(None, OrderStatus::Completed)]).await;

    let change = |from, to, minute| OrderStatusChange { from, to, at: minutes(minute) };
    let changes = store::order::status_changes(&store.view(), &[id]).await.unwrap();
    let expected = [change(pending, paid, 1), change(paid, shipped, 2), change(shipped, OrderStatus::Completed, 0)];
    assert_eq!(changes[&id], expected);
}

async fn refunds_that_two_reports_tell_at_once_are_those_of_one_of_them(store: Store) {
    let id = record(&store, &[report("shop", "A-1", "oLan")]).await[0].id;
    let told = |n: i64| Report {
        refunds: Some((0..n).map(|at| refund(&format!("R-{n}-{at}"), n)).collect()),
        ..report("shop", "A-1", "oLan")
    };

    let writers = (1..=6).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { record(&store, &[told(n)]).await })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("a writer ends");
    }

    let (sum, refunds) = refunded(&store, id).await;
    let n = i64::try_from(refunds.len()).expect("few");
    assert_eq!((sum, Some(refunds)), (n * n, told(n).refunds));
    let mut differences = Vec::new();
    store.check_totals(false, |difference| differences.push(difference)).await.unwrap();
    assert_eq!(differences, []);
}

async fn an_older_report_that_arrives_later_changes_nothing(store: Store) {
    let at = |minute: Option<i64>, status| Report {
        status,
        shop_updated_at: minute.map(minutes),
        ..report("shop", "A-1", "oLan")
    };
    let (paid, shipped) = (OrderStatus::Paid, OrderStatus::Shipped);
    let told = [at(Some(2), shipped), at(Some(1), paid), at(Some(3), shipped), at(Some(2), OrderStatus::Refunded)];

    let recorded = record(&store, &told).await;
    let effects: Vec<_> = recorded.iter().map(|done| done.effect).collect();
    let again = record(&store, &[at(Some(1), OrderStatus::Cancelled)]).await[0].effect;
    // A report without a time counts as the newest, and keeps the time of the previous one.
    let untimed = record(&store, &[at(None, OrderStatus::Completed)]).await[0].effect;
    let late = record(&store, &[at(Some(2), paid)]).await[0].effect;

    assert_eq!(effects, [Effect::Created, Effect::Outdated, Effect::Updated, Effect::Outdated]);
    assert_eq!((again, untimed, late), (Effect::Outdated, Effect::Updated, Effect::Outdated));
    let order = store::order::find(&store.view(), recorded[0].id, None).await.unwrap().expect("the order");
    assert_eq!(order.status, OrderStatus::Completed);
}

async fn another_status_total_or_line_is_an_update(store: Store) {
    let told = report("shop", "A-1", "oLan");
    let id = record(&store, std::slice::from_ref(&told)).await[0].id;
    let line = item("Pu'er", "1", "-1.00");
    let again =
        |quantity, price| Item { sku: told.items[0].sku.clone(), ..item(&told.items[0].title, quantity, price) };
    let changes = [
        Report { status: OrderStatus::Shipped, ..told.clone() },
        Report { status: OrderStatus::Shipped, total: Money { minor: -5, ..told.total }, ..told.clone() },
        Report { items: vec![line.clone(), told.items[0].clone()], ..told.clone() },
        Report { items: vec![again("2.000001", "64.25")], ..told.clone() },
        Report { items: vec![again("2.000001", "64.25000001")], ..told.clone() },
        Report { items: vec![], ..told.clone() },
    ];

    for change in changes {
        assert_eq!(record(&store, std::slice::from_ref(&change)).await[0].effect, Effect::Updated);

        let order = store::order::find(&store.view(), id, None).await.unwrap().expect("the order");
        let items = store::order::items(&store.view(), &[id]).await.unwrap().remove(&id).unwrap_or_default();
        assert_eq!((order.status, order.total, items), (change.status, change.total, change.items));
    }
}

async fn quantities_and_prices_keep_their_last_place(store: Store) {
    let lines = [
        item("weighed", "1.5", "3.3333"),
        item("the least", "0.000001", "0.00000001"),
        item("the most", "2147483647.999999", "92233720368547758.07999999"),
        item("a credit", "0.333333", "-92233720368547758.08"),
        item("a small credit", "1", "-0.005"),
        item("a gift", "1", "0"),
    ];
    let told = Report { items: lines.to_vec(), ..report("shop", "A-1", "oLan") };

    let first = record(&store, std::slice::from_ref(&told)).await;
    let second = record(&store, std::slice::from_ref(&told)).await;

    assert_eq!((first[0].effect, second[0].effect), (Effect::Created, Effect::Unchanged));
    assert_eq!(store::order::items(&store.view(), &[first[0].id]).await.unwrap()[&first[0].id], lines);
}

async fn one_clash_leaves_the_other_reports_alone(store: Store) {
    let known = report("shop", "A-1", "oLan");
    record(&store, std::slice::from_ref(&known)).await;
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let of_another = Report { open_id: open_id("oWei"), ..known.clone() };
    let shipped = Report { status: OrderStatus::Shipped, ..known.clone() };
    let batch = [report("shop", "A-2", "oLan"), of_another, shipped, report("shop", "A-2", "oWei"), known];

    let tx = store.begin().await.unwrap();
    let outcomes = store::order::record_each(&tx, &batch, NOW).await.unwrap();
    tx.commit().await.unwrap();

    let effects: Vec<_> = outcomes.into_iter().map(|outcome| outcome.map(|recorded| recorded.effect)).collect();
    let expected =
        [Ok(Effect::Created), Err(Clash::OpenId), Ok(Effect::Updated), Err(Clash::OpenId), Ok(Effect::Updated)];
    assert_eq!(effects, expected);
    assert_eq!(orders_of(&store, lan).await.len(), 2);
    // An openId that occurs only in a refused report gets no link.
    let known = store::login::known(&store.view(), &proof("shop", "oWei", None)).await.unwrap();
    assert_eq!(known.link, Link::New);
}

async fn of_two_reports_in_one_batch_the_later_wins(store: Store) {
    let paid = report("shop", "A-1", "oLan");
    let shipped = Report { status: OrderStatus::Shipped, ..paid.clone() };

    let recorded = record(&store, &[paid, shipped.clone(), shipped]).await;

    let effects: Vec<_> = recorded.iter().map(|done| done.effect).collect();
    assert_eq!(effects, [Effect::Created, Effect::Updated, Effect::Unchanged]);
    assert!(recorded.iter().all(|done| done.id == recorded[0].id));
    let order = store::order::find(&store.view(), recorded[0].id, None).await.unwrap().expect("the order");
    assert_eq!(order.status, OrderStatus::Shipped);
    assert_eq!(store::order::items(&store.view(), &[order.id]).await.unwrap()[&order.id].len(), 1);
}

async fn a_clash_names_its_report_and_nothing_is_recorded(store: Store) {
    let known = report("shop", "A-1", "oLan");
    record(&store, std::slice::from_ref(&known)).await;
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let clashes = [
        (Report { open_id: open_id("oWei"), ..known.clone() }, Clash::OpenId),
        (Report { placed_at: minutes(1), ..known.clone() }, Clash::PlacedAt),
        (Report { total: Money { currency: "JPY".parse().unwrap(), ..known.total }, ..known.clone() }, Clash::Currency),
    ];

    for (report_that_clashes, expected) in clashes {
        let batch = [report("shop", "A-2", "oLan"), report_that_clashes];
        let refused = store::order::record(&store.begin().await.unwrap(), &batch, NOW).await;
        let Err(RecordError::Clash { index, clash }) = refused else { panic!("a clash: {refused:?}") };
        assert_eq!((index, clash), (1, expected));
    }

    assert_eq!(orders_of(&store, lan).await.len(), 1);
}

async fn an_order_cannot_change_hands_within_a_batch(store: Store) {
    let batch = [report("shop", "A-1", "oLan"), report("shop", "A-1", "oWei")];

    let refused = store::order::record(&store.begin().await.unwrap(), &batch, NOW).await;

    assert!(matches!(refused, Err(RecordError::Clash { index: 1, clash: Clash::OpenId })), "{refused:?}");
}

async fn a_batch_of_hundreds_goes_in_and_changes_at_once(store: Store) {
    let batch: Vec<_> =
        (0..1_100).map(|n| report(&format!("app{}", n % 3), &format!("A-{n}"), &format!("o{}", n % 700))).collect();
    let shipped: Vec<_> = batch.iter().map(|told| Report { status: OrderStatus::Shipped, ..told.clone() }).collect();

    let created = record(&store, &batch).await;
    let updated = record(&store, &shipped).await;
    let unchanged = record(&store, &shipped).await;

    assert!(created.iter().all(|done| done.effect == Effect::Created));
    assert!(updated.iter().all(|done| done.effect == Effect::Updated));
    assert!(unchanged.iter().all(|done| done.effect == Effect::Unchanged));
    let ids: Vec<OrderId> = updated.iter().map(|done| done.id).collect();
    assert_eq!(ids, created.iter().map(|done| done.id).collect::<Vec<_>>());
    assert_eq!(store::order::items(&store.view(), &ids).await.unwrap().len(), 1_100);
}

async fn the_lines_of_many_orders_come_in_one_answer(store: Store) {
    let mut without_lines = report("shop", "A-2", "oLan");
    without_lines.items.clear();
    let recorded = record(&store, &[report("shop", "A-1", "oLan"), without_lines]).await;

    let items = store::order::items(&store.view(), &[recorded[0].id, recorded[1].id]).await.unwrap();

    assert_eq!(items.len(), 1);
    assert_eq!(items[&recorded[0].id].len(), 1);
    assert!(store::order::items(&store.view(), &[]).await.unwrap().is_empty());
}

async fn an_order_that_is_not_there_is_not_there(store: Store) {
    assert_eq!(store::order::find(&store.view(), OrderId::new(NOW), None).await.unwrap(), None);
}
