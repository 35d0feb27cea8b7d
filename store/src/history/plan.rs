//! Tests that a page of one person's history uses the indexes when the journal is long.

use domain::login::{Proof, decide};
use domain::{LinkEventId, OpenKey, Profile, Rule, Timestamp, UserId};
use entities::link_event;
use migration::throwaway::Server;
use uuid::Uuid;

use crate::history::select_history;
use crate::plans::Plans;
use crate::{Place, Store, Window};

const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// Returns the query plan of a page of one person's history as text, in a journal of 200 people with 20 entries each.
async fn plan(server: Server) -> String {
    let plans = Plans::open(server, NOW).await;
    let users = fill(&plans.store).await;
    plans.analyze("link_events").await;
    let after = Some(Place { at: NOW, id: Uuid::max() });
    let window = Window { after, before: None, limit: 20, from_end: false };
    let plan = plans.of(&select_history(&users[7..9], &window)).await;
    plans.close().await;
    plan
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
    let plan = plan(Server::Sqlite).await;

    assert!(plan.contains("USING INDEX ix_link_events_user_id_at"), "{plan}");
    assert!(plan.contains("USING INDEX ix_link_events_other_user_id_at"), "{plan}");
    assert!(!plan.contains("SCAN link_events"), "{plan}");
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_finds_a_history_in_the_indexes() {
    let plan = plan(Server::Postgres).await;

    assert!(plan.contains("ix_link_events_user_id_at"), "{plan}");
    assert!(plan.contains("ix_link_events_other_user_id_at"), "{plan}");
    assert!(!plan.contains("Seq Scan"), "{plan}");
}

#[cfg(feature = "mariadb")]
#[tokio::test]
async fn mariadb_finds_a_history_in_the_indexes() {
    let plan = plan(Server::MariaDb).await;

    assert!(plan.contains("link_events range ix_link_events_user_id_at"), "{plan}");
    assert!(plan.contains("link_events range ix_link_events_other_user_id_at"), "{plan}");
}
