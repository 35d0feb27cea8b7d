//! Tests that a claim reads the first due events in the order of an index, also when many wait and the database has no statistics
//! of the table.

use chrono::TimeDelta;
use domain::{PushId, Timestamp};
use entities::push;
use migration::throwaway::Server;
use sea_orm::QueryTrait;

use super::{PushState, first_due};
use crate::Store;
use crate::plans::Plans;

const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// Returns the plan of a claim, as text, while 5,000 events of 100 people wait.
async fn plan(server: Server) -> String {
    let plans = Plans::open(server, NOW).await;
    fill(&plans.store).await;
    let plan = plans.of(first_due(NOW, 16).as_query()).await;
    plans.close().await;
    plan
}

async fn fill(store: &Store) {
    let row = |n: i64| {
        let at = NOW.minus(TimeDelta::milliseconds(5_000 - n));
        push::Model {
            id: PushId::new(at),
            app: "shop".parse().expect("an app id"),
            message_hash: n.to_be_bytes().repeat(4),
            open_id: format!("o{}", n % 100).parse().expect("an open id"),
            event: "subscribe".to_owned(),
            payload: "{}".to_owned(),
            happened_at: at,
            state: PushState::Pending,
            attempts: 0,
            created_at: at,
            due_at: at,
            last_error: None,
            settled_at: None,
        }
    };
    let tx = store.begin().await.expect("a transaction");
    for chunk in (0..5_000).map(row).collect::<Vec<_>>().chunks(500) {
        tx.insert_all(chunk.to_vec()).await.expect("events");
    }
    tx.commit().await.expect("a commit");
}

#[tokio::test]
async fn sqlite_claims_in_the_order_of_the_index() {
    let plan = plan(Server::Sqlite).await;

    assert!(plan.contains("USING INDEX ix_pushes_state_due_at (state=? AND due_at<?)"), "{plan}");
    assert!(!plan.contains("ORDER BY"), "{plan}");
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_claims_in_the_order_of_the_index() {
    let plan = plan(Server::Postgres).await;

    assert!(plan.contains("Index Scan using ix_pushes_state_due_at on pushes"), "{plan}");
    assert!(!plan.contains("Sort"), "{plan}");
}

#[cfg(feature = "mariadb")]
#[tokio::test]
async fn mariadb_claims_in_the_order_of_the_index() {
    let plan = plan(Server::MariaDb).await;

    assert!(plan.contains("ix_pushes_state_due_at Using index condition"), "{plan}");
    assert!(!plan.contains("filesort"), "{plan}");
}
