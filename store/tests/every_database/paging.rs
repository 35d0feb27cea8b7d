//! Pages of a person's orders over several openIds.

use domain::UserId;
use domain::order::{OrderStatus, Report};
use store::Store;
use store::order::{Order, OrderFilter, OrderSort, Position, Range};

use crate::world::{EVERYTHING, NOW, app, minutes, orders_of, proof, record, report, sign_in};

crate::on_every_database!(
    orders_come_newest_first_whatever_app_they_were_placed_in,
    pages_of_any_size_make_up_the_whole_list,
    pages_from_the_oldest_end_make_up_the_whole_list,
    a_page_may_lie_between_two_places,
    filters_narrow_pages_and_counts_alike,
    an_unknown_account_has_no_orders,
);

/// Lan with three openIds and thirty orders, in groups of three placed at the same time.
async fn lan(store: &Store) -> UserId {
    let lan = sign_in(store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;
    sign_in(store, &proof("club", "oLan2", Some("uLan")), NOW).await;
    sign_in(store, &proof("news", "oLan3", Some("uLan")), NOW).await;
    let statuses = [OrderStatus::Paid, OrderStatus::Shipped];
    let mut reports = vec![report("shop", "of Wei", "oWei")];
    for n in 0..30 {
        let (app, open_id) = [("shop", "oLan"), ("club", "oLan2"), ("news", "oLan3")][n % 3];
        let told = report(app, &format!("A-{n}"), open_id);
        let placed_at = minutes(i64::try_from(n / 3).unwrap());
        reports.push(Report { placed_at, status: statuses[n % 2], ..told });
    }
    record(store, &reports).await;
    lan
}

fn place(order: &Order) -> Position {
    OrderSort::NewestFirst.position(order)
}

async fn page(store: &Store, user: UserId, range: &Range) -> Vec<Order> {
    let links = store::order::links(&store.view(), user).await.expect("openIds");
    store::order::page(&store.view(), &links, &OrderFilter::default(), range).await.expect("a page")
}

async fn count(store: &Store, user: UserId, filter: &OrderFilter) -> u64 {
    let links = store::order::links(&store.view(), user).await.expect("openIds");
    store::order::count(&store.view(), &links, filter).await.expect("a count")
}

async fn orders_come_newest_first_whatever_app_they_were_placed_in(store: Store) {
    let lan = lan(&store).await;

    let all = orders_of(&store, lan).await;

    assert_eq!(all.len(), 30);
    assert!(all.windows(2).all(|pair| place(&pair[0]) > place(&pair[1])));
    assert_eq!(count(&store, lan, &OrderFilter::default()).await, 30);
}

async fn pages_of_any_size_make_up_the_whole_list(store: Store) {
    let lan = lan(&store).await;
    let all = orders_of(&store, lan).await;

    for limit in [1, 2, 7, 30] {
        let (mut read, mut range) = (Vec::new(), Range { limit, ..EVERYTHING });
        loop {
            let next = page(&store, lan, &range).await;
            let Some(last) = next.last() else { break };
            assert!(next.len() as u64 <= limit);
            range.after = Some(place(last));
            read.extend(next);
        }
        assert_eq!(read, all, "{limit} at a time");
    }
}

async fn pages_from_the_oldest_end_make_up_the_whole_list(store: Store) {
    let lan = lan(&store).await;
    let all = orders_of(&store, lan).await;

    let (mut read, mut range) = (Vec::new(), Range { limit: 4, from_end: true, ..EVERYTHING });
    loop {
        let mut next = page(&store, lan, &range).await;
        let Some(first) = next.first() else { break };
        range.before = Some(place(first));
        next.extend(read);
        read = next;
    }

    assert_eq!(read, all);
}

async fn a_page_may_lie_between_two_places(store: Store) {
    let lan = lan(&store).await;
    let all = orders_of(&store, lan).await;
    let between = Range { after: Some(place(&all[4])), before: Some(place(&all[11])), limit: 4, ..EVERYTHING };

    assert_eq!(page(&store, lan, &between).await, all[5..9]);
    assert_eq!(page(&store, lan, &Range { from_end: true, ..between }).await, all[7..11]);
    assert_eq!(page(&store, lan, &Range { limit: 0, ..between }).await, []);
    assert_eq!(page(&store, lan, &Range { limit: 99, ..between }).await, all[5..11]);
}

async fn filters_narrow_pages_and_counts_alike(store: Store) {
    let lan = lan(&store).await;
    let all = orders_of(&store, lan).await;
    let everything = OrderFilter::default();
    let filters = [
        (OrderFilter { apps: Some(vec![app("shop"), app("news")]), ..everything.clone() }, 20),
        (OrderFilter { apps: Some(vec![]), ..everything.clone() }, 0),
        (OrderFilter { apps: Some(vec![app("unknown")]), ..everything.clone() }, 0),
        (OrderFilter { statuses: Some(vec![OrderStatus::Shipped]), ..everything.clone() }, 15),
        (OrderFilter { statuses: Some(vec![]), ..everything.clone() }, 0),
        (OrderFilter { placed_from: Some(minutes(8)), ..everything.clone() }, 6),
        (OrderFilter { placed_until: Some(minutes(2)), ..everything.clone() }, 6),
        (
            OrderFilter {
                apps: Some(vec![app("club")]),
                statuses: Some(vec![OrderStatus::Shipped, OrderStatus::Refunded]),
                placed_from: Some(minutes(1)),
                placed_until: Some(minutes(4)),
                ..everything.clone()
            },
            1,
        ),
    ];

    for (filter, expected) in filters {
        let wanted = |order: &&Order| {
            filter.apps.as_ref().is_none_or(|apps| apps.contains(&order.app))
                && filter.statuses.as_ref().is_none_or(|statuses| statuses.contains(&order.status))
                && filter.placed_from.is_none_or(|from| from <= order.placed_at)
                && filter.placed_until.is_none_or(|until| order.placed_at < until)
        };
        let links = store::order::links(&store.view(), lan).await.unwrap();
        let found = store::order::page(&store.view(), &links, &filter, &EVERYTHING).await.unwrap();
        assert_eq!(found.len(), expected, "{filter:?}");
        assert_eq!(found, all.iter().filter(wanted).cloned().collect::<Vec<_>>(), "{filter:?}");
        assert_eq!(count(&store, lan, &filter).await, expected as u64, "{filter:?}");
    }
}

async fn an_unknown_account_has_no_orders(store: Store) {
    let nobody = UserId::new(NOW);

    assert_eq!(orders_of(&store, nobody).await, []);
    assert_eq!(count(&store, nobody, &OrderFilter::default()).await, 0);
}
