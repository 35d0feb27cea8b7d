//! Uses an upgraded database: its people are the same, and have what they had.

use domain::order::{Month, OrderStatus};
use domain::{LinkEventId, Rule, Timestamp, UserId};
use migration::throwaway::Database;
use store::order::OrderFilter;
use store::session::{Presented, Refreshed, Successor};
use uuid::Uuid;

use super::Catalogue;
use crate::refresh::refresh;
use crate::undo::undo;
use crate::world::{NOW, app, connect, item, minutes, number, orders_of, proof, sign_in, union};

const fn id(byte: u8) -> Uuid {
    Uuid::from_bytes([byte; 16])
}

/// The accounts of the fixtures.
pub(super) const LAN: UserId = UserId::from_uuid(id(1));
const WEI: UserId = UserId::from_uuid(id(2));

/// Uses a database that had these tables before it was upgraded.
pub(super) async fn use_it(database: &Database, before: &Catalogue) {
    let store = connect(database).await;
    // As the service does before it handles a request.
    if migration::has_clear_numbers(database.url()).await.expect("a look") {
        store.seal_clear_numbers(|_| {}).await.expect("sealed numbers");
        migration::drop_clear_numbers(database.url()).await.expect("the columns go");
    }
    assert!(!migration::has_clear_numbers(database.url()).await.expect("a look"));

    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await;
    assert_eq!((lan.user, lan.is_new_user), (LAN, false));
    if before.contains_key("sessions") {
        let successors = vec![Successor { hash: [200; 32], family: [52; 32] }];
        let refreshed = refresh(&store, &Presented { hash: [51; 32], successors }, NOW).await;
        let generations = if before.contains_key("refresh_tokens") { 1 } else { 4 };
        assert!(
            matches!(refreshed, Refreshed::GoesOn { generation, .. } if generation == generations),
            "{refreshed:?}"
        );
    }
    let view = store.view();
    let is_kept = before["phones"].contains("kept_until");
    for (phone, is_of_lan) in [("13800000001", true), ("13800000002", is_kept)] {
        let owner = store::phone::owner(&view, &number(phone), NOW).await.expect("a look");
        assert_eq!(owner.map(|owner| owner.account.id), is_of_lan.then_some(LAN), "{phone}");
    }
    let user = store::user::find(&view, LAN).await.expect("a look").expect("a person");
    assert_eq!(user.phone, Some(number("13800000001")));
    assert_eq!(user.external_id, Some("M-1".parse().expect("an external id")));
    if before.contains_key("orders") {
        orders(&store, before).await;
    }
    store.check_data(&[], |found| panic!("{found:?}")).await.expect("a check");
    merge(&store).await;
    store.close().await;
}

async fn orders(store: &store::Store, before: &Catalogue) {
    let mut numbers: Vec<_> =
        orders_of(store, LAN).await.iter().map(|order| order.order_no.as_str().to_owned()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, ["A-1", "A-2"]);
    let view = store.view();
    let links = store::order::links(&view, LAN).await.expect("openIds");
    let mut sums: Vec<_> = store::order::totals(&view, &links, &OrderFilter::default())
        .await
        .expect("the sums")
        .iter()
        .map(|row| (row.status, row.month, row.count, row.sum.minor))
        .collect();
    sums.sort_unstable_by_key(|sum| sum.3);
    let month = Month::of(Timestamp::from_millis(1_760_000_000_000));
    let (paid, completed) = (OrderStatus::Paid, OrderStatus::Completed);
    assert_eq!(sums, [(paid, month, 1, 12_850), (completed, month, 1, 9_000_000_000_000_000_001)]);
    store.check_totals(false, |found| panic!("{found:?}")).await.expect("a check");
    let order = domain::OrderId::from_uuid(id(120));
    let items = store::order::items(&view, &[order]).await.expect("the lines").remove(&order).expect("lines");
    let is_exact = before["order_items"].contains("unit_micros");
    let line = if is_exact { item("龙井 🍵", "2.5", "64.253333") } else { item("龙井 🍵", "2", "64.25") };
    assert_eq!(items, [domain::order::Item { sku: Some("T-1".to_owned()), ..line }]);
}

async fn merge(store: &store::Store) {
    let merge = LinkEventId::from_uuid(id(41));
    let evidence = store::merge::find(&store.view(), merge).await.expect("a look").expect("a merge");
    assert_eq!((evidence.from, evidence.into), (WEI, LAN));

    let undone = undo(store, merge).await;

    assert_eq!((undone.restored, undone.survivor, undone.apps), (WEI, LAN, vec![app("mini")]));
    let wei = sign_in(store, &proof("mini", "oWei", None), minutes(40)).await;
    assert_eq!((wei.user, wei.is_new_user), (WEI, false));
    let unions = store::user::union_ids(&store.view(), LAN).await.expect("unionIds");
    assert_eq!(unions, [union("uLan")]);
    let journal = store::history::events(&store.view(), LAN).await.expect("the journal");
    assert!(journal.iter().any(|event| event.rule == Rule::R3), "{journal:?}");
}
