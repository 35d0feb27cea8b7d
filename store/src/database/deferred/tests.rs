//! Deferred writes on every database: the next statement sees them, a rollback undoes them, and a failed one fails the
//! transaction.

use std::time::Duration;

use domain::Timestamp;
use entities::sms_spending::{self, Column, Entity, Model};
use entities::{device, upstream_budget};
use migration::throwaway::{Database, Server};
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, UpdateMany};

use super::*;
use crate::key::Sealer;
use crate::{Contention, Options, Store, Tx};

const NOW: Timestamp = Timestamp::from_millis(0);

async fn open(database: &Database) -> Store {
    let (url, acquire_timeout) = (database.url().to_owned().into(), Duration::from_secs(30));
    let options =
        Options { url, max_connections: 2, acquire_timeout, statement_timeout: None, shares_connections: false };
    Store::connect(&options, Sealer::of_tests(), NOW).await.expect("a store")
}

fn day(day: &str) -> Deferred {
    Deferred::insert(Model {
        day: day.to_owned(),
        code_cents: 0,
        notice_cents: 0,
        alarmed: 0,
        code_messages: 0,
        notice_messages: 0,
    })
}

fn device_of(hash: u8) -> Deferred {
    let id = domain::DeviceId::new(NOW);
    Deferred::insert(device::Model { id, token_hash: vec![hash; 32], created_at: NOW, seen_at: NOW, proved_at: None })
}

fn budget(app: &str) -> Deferred {
    Deferred::insert(upstream_budget::Model { app: app.to_owned(), minute: 0, exchanges: 1, of_strangers: 0 })
}

fn spend(day: &str) -> UpdateMany<Entity> {
    let spent = sms_spending::ActiveModel { code_cents: Set(5), ..Default::default() };
    Entity::update_many().set(spent).filter(Column::Day.eq(day))
}

async fn days(tx: &Tx) -> Result<usize, DbErr> {
    Ok(Entity::find().all(&tx.db).await?.len())
}

async fn next_statement_sees_them(store: &Store, server: Server) {
    let tx = store.begin().await.expect("a transaction");
    let before = store.round_trips();

    tx.later(day("a")).await.expect("deferred");
    tx.later(device_of(1)).await.expect("deferred");
    tx.later(budget("shop")).await.expect("deferred");
    assert_eq!(store.round_trips() - before, 0);
    assert_eq!(days(&tx).await.expect("rows"), 1);

    let together = if server == Server::Postgres { 1 } else { 3 };
    assert_eq!(store.round_trips() - before, together + 1);
    // Two writes to one table keep their order.
    tx.later(day("b")).await.expect("deferred");
    let rows = tx.later(Deferred::update(spend("b"))).await.expect("deferred");
    let none = tx.later(Deferred::update(spend("c"))).await.expect("deferred");
    tx.settle().await.expect("sent");
    assert!(!rows.are_none() && none.are_none());
    tx.commit().await.expect("a commit");
}

async fn a_lost_transaction_undoes_them(store: &Store) {
    let tx = store.begin().await.expect("a transaction");
    tx.later(day("lost")).await.expect("deferred");
    drop(tx);
    let tx = store.begin().await.expect("a transaction");
    tx.later(device_of(2)).await.expect("deferred");
    tx.later(day("a")).await.expect("deferred");
    let error = tx.commit().await.expect_err("a duplicate");

    assert!(error.is_duplicate(), "{error:?}");
    let tx = store.begin().await.expect("a transaction");
    assert_eq!(days(&tx).await.expect("rows"), 2);
    assert_eq!(device::Entity::find().all(&tx.db).await.expect("rows").len(), 1);
}

async fn a_write_that_must_change_a_row_fails_the_commit(store: &Store) {
    for alone in [true, false] {
        let tx = store.begin().await.expect("a transaction");
        if !alone {
            tx.later(device_of(3)).await.expect("deferred");
        }
        tx.later(Deferred::update(spend("c")).or_changed()).await.expect("deferred");
        let error = tx.commit().await.expect_err("no such row");
        assert!(matches!(error, StoreError::Contended(Contention::Changed("sms_spending"))), "{error:?}");
    }
    let tx = store.begin().await.expect("a transaction");
    assert_eq!(device::Entity::find().all(&tx.db).await.expect("rows").len(), 1);
}

async fn deferred_writes(server: Server) {
    let database = Database::create(server).await;
    let store = open(&database).await;
    next_statement_sees_them(&store, server).await;
    a_lost_transaction_undoes_them(&store).await;
    a_write_that_must_change_a_row_fails_the_commit(&store).await;
    store.close().await;
}

#[tokio::test]
async fn deferred_writes_on_sqlite() {
    deferred_writes(Server::Sqlite).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn deferred_writes_on_postgres() {
    deferred_writes(Server::Postgres).await;
}

#[cfg(feature = "mariadb")]
#[tokio::test]
async fn deferred_writes_on_mariadb() {
    deferred_writes(Server::MariaDb).await;
}
