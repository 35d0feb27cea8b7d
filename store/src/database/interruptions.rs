//! Tests of interruptions: the database cancels a statement at its time limit, even if the caller no longer waits for it,
//! ends an abandoned transaction, closes a connection, or runs out of disk space.

use std::time::Duration;

use domain::Timestamp;
use migration::throwaway::{Database, Server};
use sea_orm::{ConnectionTrait, Statement};

use crate::key::Sealer;
use crate::{Options, Store, StoreError};

const LIMIT: Duration = Duration::from_millis(300);
const SHORT: &str = "SELECT 1 AS n";

/// Returns a statement that runs for minutes.
fn endless(server: Server) -> &'static str {
    match server {
        Server::Sqlite => {
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000000000) SELECT COUNT(*) AS n FROM c"
        }
        Server::Postgres => "SELECT CAST(COUNT(pg_sleep(600)) AS BIGINT) AS n",
        Server::MariaDb => "SELECT CAST(SLEEP(600) AS SIGNED) AS n",
    }
}

/// Returns a query for the number of other statements that the server is running in this database.
fn at_work(server: Server) -> Option<&'static str> {
    match server {
        // SQLite runs in our own process and has no such query.
        Server::Sqlite => None,
        Server::Postgres => Some(
            "SELECT COUNT(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
             AND state = 'active'",
        ),
        Server::MariaDb => Some(
            "SELECT COUNT(*) AS n FROM information_schema.processlist
             WHERE db = DATABASE() AND id <> CONNECTION_ID() AND command = 'Query'",
        ),
    }
}

async fn open(database: &Database, statement_timeout: Option<Duration>) -> Store {
    let url = database.url().to_owned().into();
    let options = Options {
        url,
        max_connections: 1,
        acquire_timeout: Duration::from_secs(30),
        statement_timeout,
        shares_connections: false,
    };
    Store::connect(&options, Sealer::of_tests(), Timestamp::from_millis(0)).await.expect("a store")
}

async fn ask(store: &Store, sql: &str) -> Result<i64, StoreError> {
    let statement = Statement::from_string(store.db.get_database_backend(), sql);
    let row = store.db.query_one_raw(statement).await?.expect("a row");
    Ok(row.try_get::<i64>("", "n").or_else(|_| row.try_get::<i32>("", "n").map(i64::from))?)
}

/// Waits until the server runs no other statement. Reaching that point is the assertion: without the limit it would
/// take minutes.
async fn until_at_rest(server: Server, database: &Database) {
    let Some(question) = at_work(server) else { return };
    let onlooker = open(database, None).await;
    while ask(&onlooker, question).await.expect("an answer") > 0 {
        tokio::task::yield_now().await;
    }
    onlooker.close().await;
}

async fn a_statement_that_runs_too_long_is_cancelled(server: Server) {
    let database = Database::create(server).await;
    let store = open(&database, Some(LIMIT)).await;

    let late = ask(&store, endless(server)).await;
    let next = ask(&store, SHORT).await;

    let error = late.expect_err("it was cancelled");
    assert!(error.is_timeout() && !error.is_unavailable(), "{error:?}");
    assert_eq!(next.expect("the connection goes on"), 1);
    until_at_rest(server, &database).await;
    store.close().await;
    database.drop_now().await;
}

async fn a_statement_is_cancelled_when_its_request_was_given_up(server: Server) {
    let database = Database::create(server).await;
    let store = open(&database, Some(LIMIT)).await;

    let given_up = tokio::time::timeout(LIMIT / 3, ask(&store, endless(server))).await;

    assert!(given_up.is_err(), "{given_up:?}");
    until_at_rest(server, &database).await;
    // Its connection is free again or has been replaced.
    assert_eq!(ask(&store, SHORT).await.expect("an answer"), 1);
    store.close().await;
    database.drop_now().await;
}

/// Returns a statement that fails as on a full disk. SQLite's database may grow by no page; the servers raise their error.
const fn without_space(server: Server) -> &'static str {
    match server {
        Server::Sqlite => {
            "PRAGMA max_page_count = 1;
             CREATE TABLE large AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000) SELECT n FROM c"
        }
        Server::Postgres => "DO $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$",
        Server::MariaDb => "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'The table is full'",
    }
}

async fn a_full_disk_is_unavailable_and_the_connection_goes_on(server: Server) {
    let database = Database::create(server).await;
    let store = open(&database, None).await;

    let full = store.db.execute_unprepared(without_space(server)).await.map_err(StoreError::from);
    let next = ask(&store, SHORT).await;

    let error = full.expect_err("there is no space");
    assert!(error.is_unavailable() && !error.is_timeout(), "{error:?}");
    assert_eq!(next.expect("the connection goes on"), 1);
    store.close().await;
    database.drop_now().await;
}

macro_rules! on_every_database {
    ($($test:ident),+) => {
        mod sqlite { $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $test() { super::$test(migration::throwaway::Server::Sqlite).await; })+ }
        #[cfg(feature = "postgres")]
        mod postgres { $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $test() { super::$test(migration::throwaway::Server::Postgres).await; })+ }
        #[cfg(feature = "mariadb")]
        mod mariadb { $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $test() { super::$test(migration::throwaway::Server::MariaDb).await; })+ }
    };
}

on_every_database!(
    a_statement_that_runs_too_long_is_cancelled,
    a_statement_is_cancelled_when_its_request_was_given_up,
    a_full_disk_is_unavailable_and_the_connection_goes_on
);

/// PostgreSQL and MariaDB end an idle transaction that its process has abandoned, so that it does not keep its locks.
#[cfg(any(feature = "postgres", feature = "mariadb"))]
async fn a_transaction_that_is_left_open_is_ended(server: Server) {
    let same_key = "INSERT INTO sms_spending (day, code_cents, notice_cents, alarmed) VALUES ('x', 0, 0, 0)";
    let database = Database::create(server).await;
    let store = open(&database, Some(LIMIT)).await;
    let other = open(&database, None).await;
    let tx = store.begin().await.expect("a transaction");
    tx.db.execute_unprepared(same_key).await.expect("a row");

    let waited = other.db.execute_unprepared(same_key).await;

    waited.expect("the key is free again");
    tx.commit().await.expect_err("it is over");
    other.close().await;
    database.drop_now().await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_ends_a_transaction_that_is_left_open() {
    a_transaction_that_is_left_open_is_ended(Server::Postgres).await;
}

#[cfg(feature = "mariadb")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_ends_a_transaction_that_is_left_open() {
    a_transaction_that_is_left_open_is_ended(Server::MariaDb).await;
}

/// Closes the other connections to this database, as a restart of the server does.
#[cfg(any(feature = "postgres", feature = "mariadb"))]
async fn close_others(server: Server, onlooker: &Store) {
    if server == Server::Postgres {
        let others = "datname = current_database() AND pid <> pg_backend_pid()";
        let sql = format!("SELECT COUNT(pg_terminate_backend(pid)) AS n FROM pg_stat_activity WHERE {others}");
        // One that was closed a moment ago may still be listed.
        assert!(ask(onlooker, &sql).await.expect("an answer") >= 1);
    } else {
        let others = "db = DATABASE() AND id <> CONNECTION_ID()";
        let sql = format!("SELECT CAST(id AS SIGNED) AS n FROM information_schema.processlist WHERE {others}");
        let id = ask(onlooker, &sql).await.expect("the other connection");
        onlooker.db.execute_unprepared(&format!("KILL CONNECTION {id}")).await.expect("it is killed");
    }
}

/// A query and a transaction whose connection the server has closed run on a new one. A transaction that has begun fails.
#[cfg(any(feature = "postgres", feature = "mariadb"))]
async fn a_closed_connection_is_replaced(server: Server) {
    let database = Database::create(server).await;
    let store = open(&database, Some(Duration::from_secs(30))).await;
    let onlooker = open(&database, None).await;

    close_others(server, &onlooker).await;
    assert_eq!(ask(&store, SHORT).await.expect("an answer"), 1);
    close_others(server, &onlooker).await;
    let tx = store.begin().await.expect("a transaction");
    close_others(server, &onlooker).await;
    let error = StoreError::from(tx.db.execute_unprepared(SHORT).await.expect_err("the transaction is gone"));

    assert!(error.is_unavailable(), "{error:?}");
    drop(tx);
    assert_eq!(ask(&store, SHORT).await.expect("an answer"), 1);
    store.close().await;
    onlooker.close().await;
    database.drop_now().await;
}

/// The transaction ends and the attempt is not told: its commit and its error count as a lost race.
#[cfg(feature = "mariadb")]
#[tokio::test]
async fn a_transaction_that_galera_has_ended_is_neither_committed_nor_believed() {
    let database = Database::create(Server::MariaDb).await;
    let store = open(&database, None).await;
    let ended = async |tx: &crate::Tx| {
        tx.db.pretend_galera().await;
        tx.db.execute_unprepared("ROLLBACK").await.expect("it is ended");
    };

    let tx = store.begin().await.expect("a transaction");
    ended(&tx).await;
    let committed = tx.commit().await;
    let mut attempts = 0;
    let written: Result<(), StoreError> = store
        .write("test", |tx| {
            attempts += 1;
            let is_first = attempts == 1;
            async move {
                if is_first {
                    ended(&tx).await;
                    return Err(StoreError::corrupt("users", "a row is missing"));
                }
                Ok(())
            }
        })
        .await;

    let error = committed.expect_err("there is no transaction");
    assert!(matches!(error, StoreError::Contended(crate::Contention::Serialization)), "{error:?}");
    written.expect("the second attempt");
    assert_eq!(attempts, 2);
    store.close().await;
    database.drop_now().await;
}

/// Another session is asked once more. Other servers are believed.
#[cfg(feature = "mariadb")]
#[tokio::test]
async fn a_definition_that_galera_does_not_find_is_looked_for_by_another_session() {
    let database = Database::create(Server::MariaDb).await;
    let store = open(&database, None).await;
    let missing = [
        "SIGNAL SQLSTATE '42000' SET MYSQL_ERRNO = 1064, MESSAGE_TEXT = 'Unknown trigger has an error in its body'",
        "INSERT INTO not_there VALUES (1)",
    ];

    for is_galera in [true, false] {
        for statement in missing {
            let sessions = std::sync::Mutex::new(Vec::new());
            let written: Result<(), StoreError> = store
                .write("test", |tx| {
                    let sessions = &sessions;
                    async move {
                        let id = Statement::from_string(
                            sea_orm::DbBackend::MySql,
                            "SELECT CAST(CONNECTION_ID() AS SIGNED) AS n",
                        );
                        let row = tx.db.query_one_raw(id).await?.expect("a row");
                        let is_first = {
                            let mut sessions = sessions.lock().expect("no panic");
                            sessions.push(row.try_get::<i64>("", "n")?);
                            sessions.len() == 1
                        };
                        if is_first {
                            if is_galera {
                                tx.db.pretend_galera().await;
                            }
                            tx.db.execute_unprepared(statement).await?;
                        }
                        Ok(())
                    }
                })
                .await;

            let sessions = sessions.into_inner().expect("no panic");
            assert_eq!(
                (written.is_ok(), sessions.len()),
                (is_galera, 1 + usize::from(is_galera)),
                "{statement}: {written:?}"
            );
            assert!(!is_galera || sessions[0] != sessions[1], "{statement}");
        }
    }
    store.close().await;
    database.drop_now().await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_may_close_a_connection() {
    a_closed_connection_is_replaced(Server::Postgres).await;
}

#[cfg(feature = "mariadb")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_may_close_a_connection() {
    a_closed_connection_is_replaced(Server::MariaDb).await;
}
