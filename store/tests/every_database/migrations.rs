//! The steps that make the tables, taken by one process or by several.

use futures::future::join_all;
use migration::throwaway::{Database, Server};
use store::{Options, Store};

use crate::world::{NOW, proof, sign_in};

const EVERY_STEP: &[&str] = &[
    "m0001_people",
    "m0002_sessions",
    "m0003_orders",
    "m0004_logins",
    "m0005_upstream_tokens",
    "m0006_sms",
    "m0007_identity",
    "m0008_bound_logins",
    "m0011_devices",
];

/// These begin without tables, so they are not given a store.
macro_rules! on_every_empty_database {
    ($($module:ident: $server:ident $(if $feature:literal)?),+ $(,)?) => {
        $(
            $(#[cfg(feature = $feature)])?
            mod $module {
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn several_processes_may_migrate_at_once() {
                    super::several_processes_may_migrate_at_once(super::Server::$server).await;
                }

                #[tokio::test]
                async fn what_is_pending_is_told_without_writing() {
                    super::what_is_pending_is_told_without_writing(super::Server::$server).await;
                }
            }
        )+
    };
}
on_every_empty_database!(sqlite: Sqlite, postgres: Postgres if "postgres", mariadb: MariaDb if "mariadb");

async fn several_processes_may_migrate_at_once(server: Server) {
    let database = Database::empty(server).await;

    let taken = join_all((0..5).map(|_| migration::up(database.url()))).await;

    let mut counts: Vec<_> = taken.into_iter().map(|names| names.expect("a migration").len()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [0, 0, 0, 0, EVERY_STEP.len()]);
    let options = Options {
        url: database.url().to_owned().into(),
        max_connections: 1,
        acquire_timeout: std::time::Duration::from_secs(5),
    };
    let store = Store::connect(&options).await.expect("a store");
    assert!(sign_in(&store, &proof("shop", "oLan", None), NOW).await.is_new_user);
    store.close().await;
}

async fn what_is_pending_is_told_without_writing(server: Server) {
    let database = Database::empty(server).await;

    for _ in 0..2 {
        assert_eq!(migration::pending(database.url()).await.expect("the steps"), EVERY_STEP);
    }
    assert_eq!(migration::up(database.url()).await.expect("a migration"), EVERY_STEP);
    assert_eq!(migration::pending(database.url()).await.expect("the steps"), [""; 0]);
}
