//! The people, shops and orders of the tests.

use std::time::Duration;

use chrono::TimeDelta;
use domain::login::{Decision, Known, Proof};
use domain::order::{Item, OrderNo, OrderStatus, Quantity, Refund, RefundNo, Report, UnitPrice};
use domain::session::Standing;
use domain::{AppId, Boundness, Money, OpenId, OpenKey, PhoneNumber, Profile, Timestamp, UnionKey, UserId};
use migration::throwaway::{Database, Server};
use store::import::ImportedUser;
use store::key::Sealer;
use store::login::Linked;
use store::order::{Order, OrderFilter, OrderSort, Range, Recorded};
use store::{Options, Store, StoreError};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// This many minutes after [`NOW`].
pub(crate) fn minutes(count: i64) -> Timestamp {
    NOW.plus(TimeDelta::minutes(count))
}

pub(crate) async fn with_store<F: Future<Output = ()>>(server: Server, test: impl FnOnce(Store) -> F) {
    let database = Database::create(server).await;
    let store = connect(&database).await;
    test(store.clone()).await;
    store.close().await;
    database.drop_now().await;
}

pub(crate) async fn connect(database: &Database) -> Store {
    Store::connect(&options(database.url()), sealer(1), NOW).await.expect("the store connects")
}

pub(crate) fn options(url: &str) -> Options {
    Options {
        url: url.to_owned().into(),
        max_connections: 20,
        acquire_timeout: Duration::from_secs(30),
        statement_timeout: None,
        shares_connections: false,
    }
}

/// A sealer with one secret of a deployment.
pub(crate) fn sealer(secret: u8) -> Sealer {
    Sealer::new(std::iter::once(([secret; 8], [secret; 32])))
}

pub(crate) fn app(id: &str) -> AppId {
    id.parse().expect("an app id")
}

pub(crate) fn open_id(id: &str) -> OpenId {
    id.parse().expect("an open id")
}

pub(crate) fn key(app_id: &str, id: &str) -> OpenKey {
    OpenKey { app: app(app_id), open_id: open_id(id) }
}

pub(crate) fn union(id: &str) -> UnionKey {
    UnionKey { scope: "hemu".parse().expect("a scope"), union_id: id.parse().expect("a union id") }
}

pub(crate) fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).expect("a number")
}

pub(crate) fn proof(app_id: &str, id: &str, union_id: Option<&str>) -> Proof {
    Proof { key: key(app_id, id), union: union_id.map(union), profile: Profile::default() }
}

/// The decision on a proof, of a login that is bound.
pub(crate) fn decide(known: &Known, proof: &Proof) -> Decision {
    domain::login::decide(known, proof, Boundness::Bound)
}

/// A caller who has just logged in, bound, and wants to change this account.
pub(crate) async fn standing(store: &Store, user: UserId, now: Timestamp) -> Standing {
    let cooling_until = store::merge::cooling_until(&store.view(), &[user]).await.unwrap();
    Standing { bound: Boundness::Bound, signed_in_at: now, cooling_until, now }
}

/// Reads, decides and writes, and retries on a conflict, as the service does.
pub(crate) async fn sign_in(store: &Store, proof: &Proof, now: Timestamp) -> Linked {
    for _ in 0..8 {
        match try_to_sign_in(store, proof, now).await {
            Err(StoreError::Contended(_)) => {}
            other => return other.expect("a login"),
        }
    }
    panic!("conflicting concurrent updates in all eight attempts");
}

pub(crate) async fn try_to_sign_in(store: &Store, proof: &Proof, now: Timestamp) -> Result<Linked, StoreError> {
    let tx = store.begin().await?;
    let known = store::login::known(&tx.look(), proof).await?;
    let linked = store::login::apply(&tx, &decide(&known, proof), proof, now).await?;
    tx.commit().await?;
    Ok(linked)
}

/// A report of a paid order of 128.50 yuan.
pub(crate) fn report(app_id: &str, order_no: &str, id: &str) -> Report {
    Report {
        app: app(app_id),
        order_no: OrderNo::parse(order_no).expect("an order number"),
        open_id: open_id(id),
        status: OrderStatus::Paid,
        total: Money { minor: 12_850, currency: "CNY".parse().expect("a currency") },
        placed_at: NOW,
        shop_updated_at: None,
        items: vec![Item { sku: Some("T-1".to_owned()), ..item("龙井 🍵", "2", "64.25") }],
        refunds: None,
        deliveries: None,
    }
}

/// A refund of this many fen.
pub(crate) fn refund(number: &str, minor: i64) -> Refund {
    Refund { number: RefundNo::parse(number).expect("a refund number"), minor, refunded_at: NOW }
}

/// A line in yuan, without an article number.
pub(crate) fn item(title: &str, quantity: &str, price: &str) -> Item {
    Item {
        sku: None,
        title: title.to_owned(),
        quantity: Quantity::parse(quantity).expect("a quantity"),
        unit_price: UnitPrice::parse(price, "CNY".parse().expect("a currency")).expect("a price"),
    }
}

pub(crate) async fn record(store: &Store, reports: &[Report]) -> Vec<Recorded> {
    let tx = store.begin().await.expect("a transaction");
    let recorded = store::order::record(&tx, reports, NOW).await.expect("a good batch");
    tx.commit().await.expect("a commit");
    recorded
}

pub(crate) const EVERYTHING: Range =
    Range { sort: OrderSort::NewestFirst, after: None, before: None, limit: 1_000, from_end: false };

pub(crate) async fn orders_of(store: &Store, user: UserId) -> Vec<Order> {
    let links = store::order::links(&store.view(), user).await.expect("openIds");
    store::order::page(&store.view(), &links, &OrderFilter::default(), &EVERYTHING).await.expect("orders")
}

/// An account of the company, with a phone.
pub(crate) fn member(external_id: &str, phone: &str) -> ImportedUser {
    ImportedUser {
        external_id: external_id.parse().expect("an external id"),
        phone: Some(number(phone)),
        nickname: Some("Wei".to_owned()),
        created_at: Some(minutes(-1_000)),
        last_proof_at: Some(minutes(-500)),
        open_ids: vec![],
        union_ids: vec![],
    }
}

pub(crate) async fn import(store: &Store, user: &ImportedUser) -> store::import::Imported {
    let tx = store.begin().await.expect("a transaction");
    let imported =
        store::import::import_users(&tx, std::slice::from_ref(user), NOW).await.expect("an import").remove(0);
    tx.commit().await.expect("a commit");
    imported
}
