//! What followers of orders read: every change once, regardless of the order of commits, with the owner at that moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use domain::order::{OrderStatus, Report};
use domain::{LinkId, OrderId};
use futures::future::join_all;
use store::order::{Followed, NEWS_KEPT, News};
use store::{Store, Tx};

use crate::world::{NOW, orders_of, proof, record, report, sign_in, union};

crate::on_every_database!(
    a_reader_that_goes_on_from_a_number_misses_and_repeats_nothing_while_many_write,
    a_report_that_changes_nothing_is_no_news,
    the_owner_is_the_one_of_the_moment,
    what_is_followed_by_a_union_id_is_of_the_account_that_has_it,
    news_are_deleted_after_half_an_hour,
);

async fn number(store: &Store) {
    while store.write("number", |tx: Arc<Tx>| async move { store::order::number_news(&tx).await }).await.unwrap() > 0 {}
}

/// Returns the news after a number, and the last number.
async fn read(store: &Store, after: i64) -> (i64, Vec<News>) {
    number(store).await;
    let rows = store::order::news(&store.view(), after, 1_000).await.unwrap();
    let last = rows.last().map_or(after, |(seq, _)| *seq);
    (last, rows.into_iter().flat_map(|(_, news)| news).collect())
}

async fn a_reader_that_goes_on_from_a_number_misses_and_repeats_nothing_while_many_write(store: Store) {
    let is_over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (store, is_over) = (store.clone(), is_over.clone());
            tokio::spawn(async move {
                let (mut place, mut seen) = (0, BTreeMap::<OrderId, u32>::new());
                loop {
                    // Read before the news, so that the last read is after the last commit.
                    let was_over = is_over.load(Ordering::Acquire);
                    let (last, news) = read(&store, place).await;
                    place = last;
                    for News { order, .. } in news {
                        *seen.entry(order).or_default() += 1;
                    }
                    if was_over {
                        return seen;
                    }
                }
            })
        })
        .collect();
    let writers = (0..6).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut changes = BTreeMap::<OrderId, u32>::new();
            for round in 0..8_usize {
                let status = OrderStatus::ALL[round % 2];
                let of = |n: usize| Report { status, ..report("shop", &format!("W{writer}-{n}"), &format!("o{n}")) };
                let reports: Vec<_> = (0..=round % 3).map(of).collect();
                let recorded = write(&store, &reports).await;
                for id in recorded {
                    *changes.entry(id).or_default() += 1;
                }
            }
            changes
        })
    });
    let mut written = BTreeMap::new();
    for changes in join_all(writers).await {
        written.extend(changes.expect("a writer ends"));
    }
    is_over.store(true, Ordering::Release);

    assert!(written.len() == 18, "{written:?}");
    for seen in join_all(readers).await {
        assert_eq!(seen.expect("a reader ends"), written);
    }
}

/// Records, and retries on a conflict. Returns the orders that were changed.
async fn write(store: &Store, reports: &[Report]) -> Vec<OrderId> {
    let record = |tx: Arc<Tx>| async move { store::order::record_each(&tx, reports, NOW).await };
    let recorded = store.write("record", record).await.unwrap().into_iter().map(Result::unwrap);
    let has_changed = |effect| matches!(effect, domain::order::Effect::Created | domain::order::Effect::Updated);
    recorded.filter(|recorded| has_changed(recorded.effect)).map(|recorded| recorded.id).collect()
}

async fn a_report_that_changes_nothing_is_no_news(store: Store) {
    record(&store, &[report("shop", "A-1", "oLan")]).await;
    let (place, news) = read(&store, 0).await;
    assert_eq!(news.len(), 1);

    record(&store, &[report("shop", "A-1", "oLan")]).await;
    assert_eq!(read(&store, place).await, (place, Vec::new()));

    record(&store, &[Report { status: OrderStatus::Shipped, ..report("shop", "A-1", "oLan") }]).await;
    assert_eq!(read(&store, place).await.1, news);
    assert_eq!(store::order::news_head(&store.view()).await.unwrap(), place + 1);
}

async fn the_owner_is_the_one_of_the_moment(store: Store) {
    record(&store, &[report("shop", "A-1", "oLan")]).await;
    let news = read(&store, 0).await.1;
    let ids = [news[0].order];
    let owned = |store: Store| async move {
        let orders = store::order::with_owners(&store.view(), &ids).await.unwrap();
        orders[&ids[0]].1
    };
    assert_eq!(owned(store.clone()).await, None);

    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;

    assert_eq!(owned(store.clone()).await, Some(lan));
    let people = store::order::followed_people(&store.view(), &[Followed::Person(lan)]).await.unwrap();
    assert_eq!(people.links.get(&news[0].link), Some(&lan));
    assert_eq!(orders_of(&store, lan).await.len(), 1);
}

async fn what_is_followed_by_a_union_id_is_of_the_account_that_has_it(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;
    sign_in(&store, &proof("club", "oLanToo", Some("uLan")), NOW).await;
    sign_in(&store, &proof("shop", "oWei", Some("uWei")), NOW).await;
    let followed = [Followed::UnionId(union("uLan").union_id), Followed::UnionId(union("uNobody").union_id)];

    let people = store::order::followed_people(&store.view(), &followed).await.unwrap();

    let links: Vec<LinkId> =
        store::user::open_ids(&store.view(), lan).await.unwrap().into_iter().map(|link| link.id).collect();
    assert_eq!(people.links, links.into_iter().map(|link| (link, lan)).collect());
    assert_eq!(people.followers, [(lan, vec![followed[0].clone()])].into());
}

async fn news_are_deleted_after_half_an_hour(store: Store) {
    record(&store, &[report("shop", "A-1", "oLan")]).await;
    let purge = |now| {
        let store = store.clone();
        async move {
            store.write("purge", |tx: Arc<Tx>| async move { store::purge_expired(&tx, now).await }).await.unwrap();
            read(&store, 0).await.1.len()
        }
    };

    assert_eq!(purge(NOW.plus(NEWS_KEPT).minus(TimeDelta::milliseconds(1))).await, 1);
    assert_eq!(purge(NOW.plus(NEWS_KEPT)).await, 0);
}
