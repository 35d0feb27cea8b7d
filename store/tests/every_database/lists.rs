//! Lists of orders in every sort order and with every filter, forwards and backwards, while orders are recorded.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::order::{OrderNo, OrderStatus, Report};
use domain::{Currency, Money, OrderId, UserId};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::{Strategy, any};
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};
use store::Store;
use store::order::{AmountFilter, Order, OrderFilter, OrderSort, Range};

use crate::world::{NOW, app, item, open_id, proof, record, report, sign_in};

crate::on_every_database!(
    a_list_repeats_and_skips_nothing_while_orders_come_in,
    a_list_of_many_apps_and_statuses_is_one_list,
    an_order_is_found_by_its_number,
    orders_are_found_by_a_text_in_a_title_and_a_search_stops_after_two_thousand,
);

const SORTS: [OrderSort; 4] =
    [OrderSort::NewestFirst, OrderSort::OldestFirst, OrderSort::LargestFirst, OrderSort::SmallestFirst];
const APPS: [&str; 3] = ["shop", "club", "news"];

/// A person with the same openId in three apps.
async fn person(store: &Store, name: &str) -> UserId {
    let mut users = BTreeSet::new();
    for app in APPS {
        users.insert(sign_in(store, &proof(app, name, Some(name)), NOW).await.user);
    }
    assert_eq!(users.len(), 1);
    users.pop_first().expect("an account")
}

/// A list, and how it is read.
#[derive(Debug, Clone)]
struct Reading {
    sort: OrderSort,
    filter: OrderFilter,
    limit: u64,
    from_end: bool,
}

fn currency(at: usize) -> Currency {
    ["CNY", "JPY"][at].parse().unwrap()
}

/// Few times and amounts, so that many are equal.
fn orders() -> impl Strategy<Value = Vec<Report>> {
    let one = (0..3_usize, select(OrderStatus::ALL), 0..4_i64, 0..5_i64, 0..2_usize);
    vec(one, 1..24).prop_map(|all| {
        let report = |(app, status, minute, minor, in_currency)| Report {
            status,
            total: Money { minor, currency: currency(in_currency) },
            placed_at: NOW.plus(TimeDelta::minutes(minute)),
            items: Vec::new(),
            ..report(APPS[app], "none yet", "nobody")
        };
        all.into_iter().map(report).collect()
    })
}

fn reading() -> impl Strategy<Value = Reading> {
    let apps = of(subsequence(vec!["shop", "club", "news"], 0..=3));
    let statuses = of(subsequence(OrderStatus::ALL.to_vec(), 0..=OrderStatus::ALL.len()));
    let limits = (of(0..4_i64), of(0..5_i64));
    (select(&SORTS[..]), apps, statuses, limits, 0..2_usize, 1..6_u64, any::<bool>()).prop_map(
        |(sort, apps, statuses, (low, high), in_currency, limit, from_end)| {
            let minutes = |minutes: Option<i64>| minutes.map(|minutes| NOW.plus(TimeDelta::minutes(minutes)));
            let amount = AmountFilter { currency: currency(in_currency), min: low, max: high };
            let by_amount = sort.is_by_amount();
            let filter = OrderFilter {
                apps: apps.map(|apps| apps.into_iter().map(app).collect()),
                statuses,
                placed_from: minutes(low).filter(|_| !by_amount),
                placed_until: minutes(high).filter(|_| !by_amount),
                amount: by_amount.then_some(amount),
                order_no: None,
                title: None,
            };
            Reading { sort, filter, limit, from_end }
        },
    )
}

fn is_wanted(filter: &OrderFilter, order: &Order) -> bool {
    let OrderFilter { apps, statuses, placed_from, placed_until, amount, order_no, title: _ } = filter;
    apps.as_ref().is_none_or(|apps| apps.contains(&order.app))
        && statuses.as_ref().is_none_or(|statuses| statuses.contains(&order.status))
        && placed_from.is_none_or(|from| from <= order.placed_at)
        && placed_until.is_none_or(|until| order.placed_at < until)
        && order_no.as_ref().is_none_or(|number| *number == order.order_no)
        && amount.is_none_or(|AmountFilter { currency, min, max }| {
            order.total.currency == currency
                && min.is_none_or(|min| min <= order.total.minor)
                && max.is_none_or(|max| order.total.minor <= max)
        })
}

async fn page(store: &Store, user: UserId, filter: &OrderFilter, range: &Range) -> Vec<Order> {
    let links = store::order::links(&store.view(), user).await.unwrap();
    store::order::page(&store.view(), &links, filter, range).await.unwrap()
}

async fn everything(store: &Store, user: UserId) -> Vec<Order> {
    let range = Range { sort: OrderSort::NewestFirst, after: None, before: None, limit: 10_000, from_end: false };
    page(store, user, &OrderFilter::default(), &range).await
}

/// Reads the list page by page, and records some of the later orders after each page.
async fn read(store: &Store, user: UserId, reading: &Reading, later: &mut Vec<Report>) -> Vec<Order> {
    let Reading { sort, filter, limit, from_end } = reading;
    let mut range = Range { sort: *sort, after: None, before: None, limit: *limit, from_end: *from_end };
    let mut read = Vec::new();
    loop {
        let next = page(store, user, filter, &range).await;
        assert!(next.len() as u64 <= *limit, "{next:?}");
        let Some((first, last)) = next.first().zip(next.last()) else { return read };
        (range.after, range.before) =
            if *from_end { (None, Some(sort.position(first))) } else { (Some(sort.position(last)), None) };
        if *from_end {
            read.splice(0..0, next);
        } else {
            read.extend(next);
        }
        if !later.is_empty() {
            let some: Vec<_> = later.drain(..later.len().min(3)).collect();
            record(store, &some).await;
        }
    }
}

async fn a_list_repeats_and_skips_nothing_while_orders_come_in(store: Store) {
    let default = Config::default();
    let config = Config { cases: default.cases / 8, max_shrink_iters: 50, failure_persistence: None, ..default };
    let runtime = tokio::runtime::Handle::current();
    let count = std::cell::Cell::new(0);
    let placed_by = |name: &str, reports: Vec<Report>| -> Vec<Report> {
        let number = |report| {
            count.set(count.get() + 1);
            let order_no = OrderNo::parse(&format!("L-{}", count.get())).unwrap();
            Report { order_no, open_id: open_id(name), ..report }
        };
        reports.into_iter().map(number).collect()
    };
    let live = async |(earlier, later, reading): (Vec<Report>, Vec<Report>, Reading)| {
        let name = format!("o{}", count.get());
        let lan = person(&store, &name).await;
        record(&store, &placed_by(&name, earlier)).await;
        let before = everything(&store, lan).await;
        let mut later = placed_by(&name, later);
        let found = read(&store, lan, &reading, &mut later).await;

        let sorted = found.windows(2).all(|pair| {
            let [one, other] = [&pair[0], &pair[1]].map(|order| reading.sort.position(order));
            match reading.sort {
                OrderSort::NewestFirst | OrderSort::LargestFirst => one > other,
                OrderSort::OldestFirst | OrderSort::SmallestFirst => one < other,
            }
        });
        assert!(sorted, "{found:#?}");
        assert!(found.iter().all(|order| is_wanted(&reading.filter, order)), "{found:#?}");
        let ids: BTreeSet<OrderId> = found.iter().map(|order| order.id).collect();
        assert_eq!(ids.len(), found.len());
        let missing = before.iter().filter(|order| is_wanted(&reading.filter, order) && !ids.contains(&order.id));
        assert_eq!(missing.collect::<Vec<_>>(), Vec::<&Order>::new());
        Ok(())
    };

    tokio::task::block_in_place(|| {
        let lived =
            TestRunner::new(config).run(&(orders(), orders(), reading()), |input| runtime.block_on(live(input)));
        if let Err(found) = lived {
            panic!("{found}");
        }
    });
}

async fn a_list_of_many_apps_and_statuses_is_one_list(store: Store) {
    // More ranges than one statement unites: forty openIds with five statuses, or six by amount.
    let mut reports = Vec::new();
    let mut user = None;
    for n in 0..41 {
        let (app, open_id) = (format!("app{n}"), format!("o{n}"));
        user = Some(sign_in(&store, &proof(&app, &open_id, Some("uLan")), NOW).await.user);
        for (at, status) in OrderStatus::ALL.iter().enumerate() {
            let minor = i64::try_from((n * 7 + at * 11) % 50).unwrap();
            let told = report(&app, &format!("M-{at}"), &open_id);
            let total = Money { minor, currency: currency(0) };
            reports.push(Report { status: *status, total, placed_at: NOW.plus(TimeDelta::minutes(minor)), ..told });
        }
    }
    record(&store, &reports).await;
    let user = user.expect("an account");
    let all = everything(&store, user).await;
    assert_eq!(all.len(), 246);

    for sort in SORTS {
        let statuses = Some(OrderStatus::ALL[..5].to_vec());
        let amount = sort.is_by_amount().then_some(AmountFilter { currency: currency(0), min: None, max: None });
        let filter = OrderFilter { statuses, amount, ..OrderFilter::default() };
        let mut expected: Vec<_> = all.iter().filter(|order| is_wanted(&filter, order)).cloned().collect();
        expected.sort_by_key(|order| sort.position(order));
        if matches!(sort, OrderSort::NewestFirst | OrderSort::LargestFirst) {
            expected.reverse();
        }
        for from_end in [false, true] {
            let mut later = Vec::new();
            let reading = Reading { sort, filter: filter.clone(), limit: 37, from_end };
            assert_eq!(read(&store, user, &reading, &mut later).await, expected, "{sort:?} {from_end}");
        }
    }
}

async fn an_order_is_found_by_its_number(store: Store) {
    let lan = person(&store, "oLan").await;
    let reports = [("shop", "oLan"), ("club", "oLan"), ("news", "oWei")];
    record(&store, &reports.map(|(app, open_id)| report(app, "A-1", open_id))).await;
    let number = OrderNo::parse("A-1").unwrap();
    let find = async |at: &str, owner| {
        let found = store::order::find_by_number(&store.view(), (&app(at), &number), owner).await.unwrap();
        found.map(|order| order.open_id)
    };

    assert_eq!(find("shop", Some(lan)).await, Some(open_id("oLan")));
    assert_eq!(find("news", Some(lan)).await, None);
    assert_eq!(find("news", None).await, Some(open_id("oWei")));
    assert_eq!(find("outlet", None).await, None);
    let filter = OrderFilter { order_no: Some(number.clone()), ..OrderFilter::default() };
    let range = Range { sort: OrderSort::NewestFirst, after: None, before: None, limit: 10, from_end: false };
    let found = page(&store, lan, &filter, &range).await;
    assert_eq!(found.iter().map(|order| order.app.as_str()).collect::<BTreeSet<_>>(), BTreeSet::from(["shop", "club"]));
}

async fn orders_are_found_by_a_text_in_a_title_and_a_search_stops_after_two_thousand(store: Store) {
    let lan = person(&store, "oLan").await;
    let of = |n: i64| {
        // Of 2,300 orders every thousandth matches the search, beginning with the oldest.
        let title = if n % 1_000 == 0 { "Jasmine TEA 茉莉花茶" } else { "Cup" };
        let placed_at = NOW.plus(TimeDelta::minutes(n));
        let items = vec![item("Spoon", "1", "1"), item(title, "1", "1")];
        Report { items, placed_at, ..report(APPS[usize::try_from(n % 3).unwrap()], &format!("T-{n}"), "oLan") }
    };
    let all: Vec<Report> = (0..2_300).map(of).collect();
    for batch in all.chunks(500) {
        record(&store, batch).await;
    }
    let links = store::order::links(&store.view(), lan).await.unwrap();
    let filter = OrderFilter::default();
    let newest = Range { sort: OrderSort::NewestFirst, after: None, before: None, limit: 5, from_end: false };
    let search = async |text: &str, range: Range| {
        let found = store::order::find_titles(&store.view(), &links, (&filter, text), &range).await.unwrap();
        let numbers: Vec<String> = found.orders.iter().map(|order| order.order_no.as_str().to_owned()).collect();
        (numbers, found.stopped_at)
    };

    let (first, stopped_at) = search("jasmine tea", newest).await;
    let (place, _) = stopped_at.expect("the oldest 300 were not read");
    let (rest, end) = search("茉莉", Range { after: Some(place), ..newest }).await;
    assert_eq!((first, rest, end), (vec!["T-2000".to_owned(), "T-1000".to_owned()], vec!["T-0".to_owned()], None));
    let (nothing, stopped_at) = search("no such thing", newest).await;
    assert_eq!((nothing.len(), stopped_at.map(|(place, _)| place)), (0, Some(place)));

    let oldest_first = Range { from_end: true, ..newest };
    let (last, stopped_at) = search("茉莉花茶", oldest_first).await;
    let (place, _) = stopped_at.expect("the newest 300 were not read");
    let (rest, end) = search("茉莉花茶", Range { before: Some(place), ..oldest_first }).await;
    assert_eq!((last, rest, end), (vec!["T-1000".to_owned(), "T-0".to_owned()], vec!["T-2000".to_owned()], None));
    // A full page does not report where it stopped: the next page begins after the last order found.
    let (enough, stopped_at) = search("茶", Range { limit: 1, ..newest }).await;
    assert_eq!((enough, stopped_at), (vec!["T-2000".to_owned()], None));
    let (cups, stopped_at) = search("CUP", newest).await;
    assert_eq!((cups.len(), stopped_at), (5, None));
}
