//! The guarantees of the store, on every database that the features select. The tests of `domain` check the identity
//! rules.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod audit;
mod claims;
mod closed;
mod concurrency;
mod conflict;
mod conflict_close;
mod corrections;
mod data_check;
mod data_keys;
mod devices;
mod disabling;
mod documents;
mod erasure;
mod events;
mod follower_runs;
mod followers;
mod history;
mod imports;
mod journal;
mod keys;
mod link_add;
mod lists;
mod login;
mod merge;
mod merge_choices;
mod merge_offers;
mod migrations;
mod order_news;
mod orders;
mod paging;
mod person_events;
mod phone;
mod phone_change;
mod pictures;
mod profile;
mod refresh;
mod relations;
mod search;
mod server;
mod service_tokens;
mod sessions;
mod sms;
mod sweep;
mod tokens;
mod undo;
mod union_scope;
mod upgrades;
mod upstream_budgets;
mod upstream_tokens;
mod world;

/// Runs each of these `async fn(Store)` on every database, as a separate test with its own database.
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
