//! Transactions that share a commit, a failing transaction among them, and a process that is killed.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::Timestamp;
use migration::throwaway::{Database, Server};
use sea_orm::{ConnectionTrait, Statement};
use tokio::task::JoinHandle;

use super::LONGEST;
use crate::key::Sealer;
use crate::{Contention, Options, Store, StoreError, Tx};

async fn open(url: &str) -> Store {
    let (url, acquire_timeout) = (url.to_owned().into(), Duration::from_secs(30));
    let options =
        Options { url, max_connections: 4, acquire_timeout, statement_timeout: None, shares_connections: false };
    Store::connect(&options, Sealer::of_tests(), Timestamp::from_millis(0)).await.expect("a store")
}

async fn insert(tx: &Tx, day: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO sms_spending (day, code_cents, notice_cents, alarmed) VALUES (?, 0, 0, 0)";
    tx.db.execute_raw(Statement::from_sql_and_values(tx.db.get_database_backend(), sql, [day.into()])).await?;
    Ok(())
}

async fn days(store: &Store) -> Vec<String> {
    let sql = Statement::from_string(store.db.get_database_backend(), "SELECT day FROM sms_spending ORDER BY day");
    let rows = store.db.query_all_raw(sql).await.expect("rows");
    rows.iter().map(|row| row.try_get("", "day").expect("a day")).collect()
}

static SCENES: AtomicUsize = AtomicUsize::new(0);

/// Begins a transaction that writes `first`, lets another one wait behind it, and commits the first. Returns the
/// commit, which waits for the group, and the second transaction, whose turn it is.
///
/// On a slow machine the group may be too old to be shared; then the setup is repeated.
async fn shared(store: &Store) -> (JoinHandle<Result<(), StoreError>>, Tx, String) {
    loop {
        let first = format!("first-{}", SCENES.fetch_add(1, Ordering::Relaxed));
        let tx = store.begin().await.expect("a transaction");
        let waiting = tokio::spawn({
            let store = store.clone();
            async move { store.begin().await.expect("its turn") }
        });
        while store.db.waiting_writers() == 0 {
            tokio::task::yield_now().await;
        }
        insert(&tx, &first).await.expect("a row");
        let commit = tokio::spawn(tx.commit());
        let second = waiting.await.expect("a transaction");
        if days(store).await.contains(&first) {
            commit.await.expect("no panic").expect("committed alone");
            second.roll_back().await;
        } else {
            return (commit, second, first);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_that_wait_share_a_commit_and_are_told_after_it() {
    let database = Database::create(Server::Sqlite).await;
    let store = open(database.url()).await;
    let (commit, second, first) = shared(&store).await;
    insert(&second, "second").await.expect("a row");

    assert!(!commit.is_finished(), "acknowledged before the commit");
    second.commit().await.expect("a commit");

    commit.await.expect("no panic").expect("a commit");
    let days = days(&store).await;
    assert!(days.contains(&first) && days.contains(&"second".to_owned()), "{days:?}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_of_a_group_is_rolled_back_alone() {
    let database = Database::create(Server::Sqlite).await;
    let store = open(database.url()).await;
    for is_abandoned in [false, true] {
        let (commit, second, first) = shared(&store).await;
        insert(&second, "second").await.expect("a row");

        if is_abandoned {
            drop(second);
        } else {
            second.roll_back().await;
        }

        commit.await.expect("no panic").expect("the first is committed");
        let days = days(&store).await;
        assert!(days.contains(&first) && !days.contains(&"second".to_owned()), "{days:?}");
    }
    store.close().await;
}

/// SQLite rolls back the whole transaction after some errors. This statement stands for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_that_are_lost_with_their_group_are_told_to_run_again() {
    let database = Database::create(Server::Sqlite).await;
    let store = open(database.url()).await;
    let (commit, second, first) = shared(&store).await;

    second.db.execute_unprepared("ROLLBACK").await.expect("the end of the group");
    second.commit().await.expect_err("there is nothing to commit");

    let lost = commit.await.expect("no panic");
    assert!(matches!(lost, Err(StoreError::Contended(Contention::GroupRolledBack))), "{lost:?}");
    assert!(!days(&store).await.contains(&first));
    let again = |tx: Arc<Tx>| async move { insert(&tx, "again").await };
    store.write("again", again).await.expect("the writer goes on");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_committed_although_others_wait_when_it_is_old() {
    let database = Database::create(Server::Sqlite).await;
    let store = open(database.url()).await;
    let tx = store.begin().await.expect("a transaction");
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.begin().await.expect("its turn") }
    });
    insert(&tx, "old").await.expect("a row");
    tokio::time::sleep(LONGEST).await;

    tx.commit().await.expect("a commit");

    assert_eq!(days(&store).await, ["old"]);
    waiting.await.expect("a transaction").roll_back().await;
    store.close().await;
}

/// The URL of the database that the killed process writes to.
const VICTIM: &str = "GUIYI_TEST_GROUP_COMMIT";

/// Writes until the process is killed, and prints each acknowledged row.
#[expect(clippy::print_stdout, reason = "the output is what the process that kills this one reads")]
async fn write_for_ever(url: &str) {
    let store = open(url).await;
    let writers = (0..16).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0.. {
                let day = &format!("{writer}-{n}");
                store.write("row", |tx| async move { insert(&tx, day).await }).await.expect("a commit");
                println!("acknowledged {day}");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("it writes until it is killed");
    }
}

/// The test runs its own binary again as the writing process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "the process that writes is told by its environment")]
async fn a_killed_process_loses_no_acknowledged_transaction() {
    if let Ok(url) = std::env::var(VICTIM) {
        write_for_ever(&url).await;
    }
    let database = Database::create(Server::Sqlite).await;
    let mut victim = Command::new(std::env::current_exe().expect("this program"))
        .args(["--nocapture", "a_killed_process_loses_no_acknowledged_transaction"])
        .env(VICTIM, database.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process");
    let mut lines = BufReader::new(victim.stdout.take().expect("its output")).lines();
    let acknowledged = |line: String| line.split_once("acknowledged ").map(|(_, day)| day.to_owned());
    let mut told: Vec<String> = lines.by_ref().map_while(Result::ok).filter_map(acknowledged).take(300).collect();

    victim.kill().expect("it runs");
    victim.wait().expect("its end");
    // The output before the kill; the last line may be cut off.
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    told.extend(rest.into_iter().rev().skip(1).filter_map(acknowledged));

    let store = open(database.url()).await;
    let kept = days(&store).await;
    let missing: Vec<_> = told.iter().filter(|day| !kept.contains(day)).collect();
    assert!(told.len() >= 300 && missing.is_empty(), "{} of {} are missing: {missing:?}", missing.len(), told.len());
    store.close().await;
}
