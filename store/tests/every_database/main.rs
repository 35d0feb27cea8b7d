//! What the store promises, on every database that the features select.
//! The identity rules themselves are tested in `domain`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod adding;
mod audit;
mod cases;
mod changing;
mod choices;
mod claims;
mod closed;
mod closing;
mod concurrency;
mod data_keys;
mod devices;
mod disabling;
mod documents;
mod history;
mod imports;
mod journal;
mod keys;
mod linking;
mod merging;
mod migrations;
mod offers;
mod orders;
mod paging;
mod person_events;
mod phones;
mod refresh;
mod relations;
mod renumbering;
mod service_tokens;
mod sessions;
mod sms;
mod tokens;
mod undo;
mod upstream_budgets;
mod upstream_tokens;
mod world;

/// Runs each of these `async fn(Store)` on every database, as tests of their own with a database of their own.
macro_rules! on_every_database {
    ($($name:ident),+ $(,)?) => {
        crate::on_every_database!(@on sqlite, Sqlite, $($name),+);
        #[cfg(feature = "postgres")]
        crate::on_every_database!(@on postgres, Postgres, $($name),+);
        #[cfg(feature = "mariadb")]
        crate::on_every_database!(@on mariadb, MariaDb, $($name),+);
    };
    (@on $module:ident, $server:ident, $($name:ident),+) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    crate::world::with_store(migration::throwaway::Server::$server, super::$name).await;
                }
            )+
        }
    };
}
pub(crate) use on_every_database;
