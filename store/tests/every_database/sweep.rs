//! Expired rows are deleted in short transactions, by one process at a time.

use chrono::TimeDelta;
use futures::future::join_all;
use migration::throwaway::{Database, Server};
use store::{SWEPT_AT_ONCE, Store};

use crate::tokens::remember;
use crate::world::{NOW, connect, minutes};

crate::on_every_database!(
    a_transaction_deletes_so_many_rows_at_most,
    several_processes_delete_each_row_once_while_others_write,
);

/// A hash that starts with a number.
fn hash(n: u64) -> [u8; 32] {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&n.to_be_bytes());
    hash
}

/// Stores logins that expire a minute after `NOW`, and one that does not.
async fn fill(store: &Store, expired: u64) {
    for n in 0..expired {
        remember(store, hash(n), minutes(1)).await;
    }
    remember(store, hash(expired), minutes(60)).await;
}

async fn a_transaction_deletes_so_many_rows_at_most(store: Store) {
    fill(&store, SWEPT_AT_ONCE + 1).await;
    let purge = async || {
        let tx = store.begin().await.unwrap();
        let rows = store::purge_expired(&tx, minutes(1)).await.unwrap();
        tx.commit().await.unwrap();
        rows
    };

    assert_eq!([purge().await, purge().await, purge().await], [SWEPT_AT_ONCE, 1, 0]);
}

async fn several_processes_delete_each_row_once_while_others_write(store: Store) {
    let expired = SWEPT_AT_ONCE + 100;
    fill(&store, expired).await;
    let sweeps = join_all((0..4).map(|_| store::sweep(&store, || minutes(1))));
    let writes = async {
        for n in 1..=20 {
            remember(&store, hash(expired + n), minutes(60)).await;
        }
    };

    let (swept, ()) = tokio::join!(sweeps, writes);

    let rows: u64 = swept.into_iter().map(|rows| rows.expect("a sweep")).sum();
    assert_eq!(rows, expired);
    assert_eq!(store::sweep(&store, || minutes(59)).await.unwrap(), 0);
    assert_eq!(store::sweep(&store, || minutes(60)).await.unwrap(), 21);
}

/// Another process has the lease, and ends without a word.
#[tokio::test]
async fn one_process_sweeps_at_a_time() {
    let database = Database::create(Server::Sqlite).await;
    let store = connect(&database).await;
    fill(&store, 2).await;
    let until = NOW.plus(TimeDelta::seconds(90));
    database.run(&format!("INSERT INTO event_marks (name, seq) VALUES ('sweep', {})", until.millis())).await;

    assert_eq!(store::sweep(&store, || minutes(1)).await.unwrap(), 0);
    assert_eq!(store::sweep(&store, || until).await.unwrap(), 2);
    // It is free again.
    remember(&store, hash(9), minutes(1)).await;
    assert_eq!(store::sweep(&store, || until).await.unwrap(), 1);
    store.close().await;
}
