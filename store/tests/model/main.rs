//! The same events run on the model of the identity rules and on the store, on every database; then concurrently.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod crowd;
mod invariants;
#[path = "../../../domain/tests/model/mod.rs"]
mod model;
mod sql;
mod totals;

use std::time::Duration;

use migration::throwaway::{Database, Server};
use model::World;
use model::event::{Event, FEW, events};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sea_orm::DatabaseConnection;
use sql::SqlWorld;
use store::key::Sealer;
use store::{Options, Store};

/// The most events in one sequence.
const MOST: usize = 40;

/// Runs each of these `async fn(Tables)` on every database, as a separate test with its own database.
macro_rules! on_every_database {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() { crate::on(migration::throwaway::Server::Sqlite, super::$name).await; })+
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() { crate::on(migration::throwaway::Server::Postgres, super::$name).await; })+
        }
        #[cfg(feature = "mariadb")]
        mod mariadb {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() { crate::on(migration::throwaway::Server::MariaDb, super::$name).await; })+
        }
    };
}
pub(crate) use on_every_database;

/// The store, and direct access to its tables.
#[derive(Clone)]
pub(crate) struct Tables {
    pub(crate) store: Store,
    pub(crate) db: DatabaseConnection,
}

pub(crate) async fn on<F: Future<Output = ()>>(server: Server, test: impl FnOnce(Tables) -> F) {
    let database = Database::create(server).await;
    let url = database.url().to_owned();
    let options = Options {
        url: url.clone().into(),
        max_connections: 10,
        acquire_timeout: Duration::from_mins(1),
        statement_timeout: None,
        shares_connections: false,
    };
    let sealer = Sealer::new(std::iter::once(([1; 8], [1; 32])));
    let store = Store::connect(&options, sealer, model::BEGIN).await.expect("the store connects");
    let db = sea_orm::Database::connect(&url).await.expect("the database answers");
    test(Tables { store: store.clone(), db: db.clone() }).await;
    db.close().await.unwrap();
    store.close().await;
    database.drop_now().await;
}

on_every_database!(the_tables_are_what_the_model_is_after_every_event);

/// Thirty-two random sequences: an eighth of `PROPTEST_CASES`.
async fn the_tables_are_what_the_model_is_after_every_event(tables: Tables) {
    let default = Config::default();
    let config = Config { cases: default.cases / 8, max_shrink_iters: 400, failure_persistence: None, ..default };
    let runtime = tokio::runtime::Handle::current();

    let lived = tokio::task::block_in_place(|| {
        TestRunner::new(config).run(&events(FEW, MOST), |events| runtime.block_on(compare(&tables, &events)))
    });

    if let Err(found) = lived {
        panic!("{found}");
    }
}

async fn compare(tables: &Tables, events: &[Event]) -> Result<(), TestCaseError> {
    sql::forget_everything(&tables.db).await;
    let mut model = World::new();
    let tested = SqlWorld::new(tables.clone(), FEW);
    for (at, event) in events.iter().enumerate() {
        let expected = model.live(*event, FEW);
        let fail = |what: String| Err(TestCaseError::fail(format!("event {at}, {event:?}: {what}")));
        match tested.live(*event, model.now).await {
            Ok(outcome) if outcome == expected => {}
            outcome => return fail(format!("the model says {expected:?}, the store {outcome:?}")),
        }
        let (expected, found) = (model.picture(), sql::picture(tables, FEW).await);
        if expected != found {
            return fail(format!("\nmodel  {expected:#?}\ntables {found:#?}"));
        }
    }
    let broken = invariants::broken(&tables.db).await;
    if broken.is_empty() { Ok(()) } else { Err(TestCaseError::fail(broken.join("\n"))) }
}
