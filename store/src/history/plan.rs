//! Tests that a page of one person's history uses the indexes when the journal is long.

use std::time::Duration;

use domain::login::{Proof, decide};
use domain::{LinkEventId, OpenKey, Profile, Rule, Timestamp, UserId};
use entities::link_event;
use migration::throwaway::{Database, Server};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use uuid::Uuid;

use crate::history::select_history;
use crate::key::Sealer;
use crate::{Options, Place, Store, Window};

const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// Returns the query plan of a page of one person's history as text, in a journal of 200 people with 20 entries each.
async fn plan(server: Server, explain: &str) -> String {
    let database = Database::create(server).await;
    let options = Options {
        url: database.url().to_owned().into(),
        max_connections: 2,
        acquire_timeout: Duration::from_secs(30),
        statement_timeout: None,
        shares_connections: false,
    };
    let store = Store::connect(&options, Sealer::of_tests(), NOW).await.expect("a store");
    let users = fill(&store).await;
    let backend = store.db.get_database_backend();
    let analyze = if backend == DbBackend::MySql { "ANALYZE TABLE link_events" } else { "ANALYZE" };
    store.db.execute_unprepared(analyze).await.expect("statistics");

    let after = Some(Place { at: NOW, id: Uuid::max() });
    let mut statement: Statement =
        backend.build(&select_history(&users[7..9], &Window { after, before: None, limit: 20, from_end: false }));
    statement.sql = format!("{explain} {}", statement.sql);
    let rows = store.db.query_all_raw(statement).await.expect("a plan");

    let plan = rows.iter().map(line).collect::<Vec<_>>().join("\n");
    store.close().await;
    database.drop_now().await;
    plan
}

/// Returns one line of a plan. Each database has its own columns.
fn line(row: &QueryResult) -> String {
    let word = |column: &str| row.try_get::<Option<String>>("", column).ok().flatten();
    ["QUERY PLAN", "detail", "table", "type", "key", "Extra"].into_iter().filter_map(word).collect::<Vec<_>>().join(" ")
}

async fn fill(store: &Store) -> Vec<UserId> {
    let tx = store.begin().await.expect("a transaction");
    let mut users = Vec::new();
    for n in 0..200 {
        let open_id = format!("o{n}").parse().expect("an open id");
        let key = OpenKey { app: "shop".parse().expect("an app id"), open_id };
        let proof = Proof { key, union: None, profile: Profile::default() };
        let known = crate::login::known(&tx.look(), &proof).await.expect("a look");
        users.push(
            crate::login::apply(&tx, &decide(&known, &proof, domain::Boundness::Bound), &proof, NOW)
                .await
                .expect("a login")
                .user,
        );
    }
    let other = |at: usize| Some(users[(at + 1) % users.len()]);
    let entry = |(at, user): (usize, &UserId)| link_event::Model {
        id: LinkEventId::new(NOW),
        user_id: *user,
        other_user_id: other(at),
        rule: Rule::R1b,
        evidence: "{}".to_owned(),
        actor: "person".to_owned(),
        session_id: None,
        at: NOW,
        before: "{}".to_owned(),
        after: "{}".to_owned(),
    };
    let entries = (0..20).flat_map(|_| users.iter().enumerate().map(entry)).collect();
    tx.insert_all(entries).await.expect("entries");
    tx.commit().await.expect("a commit");
    users
}

#[tokio::test]
async fn sqlite_finds_a_history_in_the_indexes() {
    let plan = plan(Server::Sqlite, "EXPLAIN QUERY PLAN").await;

    assert!(plan.contains("USING INDEX ix_link_events_user_id_at"), "{plan}");
    assert!(plan.contains("USING INDEX ix_link_events_other_user_id_at"), "{plan}");
    assert!(!plan.contains("SCAN link_events"), "{plan}");
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_finds_a_history_in_the_indexes() {
    let plan = plan(Server::Postgres, "EXPLAIN").await;

    assert!(plan.contains("ix_link_events_user_id_at"), "{plan}");
    assert!(plan.contains("ix_link_events_other_user_id_at"), "{plan}");
    assert!(!plan.contains("Seq Scan"), "{plan}");
}

#[cfg(feature = "mariadb")]
#[tokio::test]
async fn mariadb_finds_a_history_in_the_indexes() {
    let plan = plan(Server::MariaDb, "EXPLAIN").await;

    assert!(plan.contains("link_events range ix_link_events_user_id_at"), "{plan}");
    assert!(plan.contains("link_events range ix_link_events_other_user_id_at"), "{plan}");
}
