//! Tests that counts read the range of their time, and no other rows.

use chrono::TimeDelta;
use domain::Timestamp;
use migration::throwaway::Server;

use super::{Span, select_entries, select_logins, select_new_people, select_open_cases};
use crate::search::plan::with_people;

/// A time after that in which the people of the plans were created.
fn span() -> Span {
    let since = Timestamp::from_millis(1_760_000_000_000).plus(TimeDelta::hours(1));
    Span { since, until: since.plus(TimeDelta::days(7)) }
}

#[cfg(any(feature = "postgres", feature = "mariadb"))]
async fn plan_of_new_people(server: Server) -> String {
    let plans = with_people(server).await;
    let plan = plans.of(&select_new_people(span())).await;
    plans.close().await;
    plan
}

#[tokio::test]
async fn sqlite_counts_ranges_of_an_index() {
    let plans = with_people(Server::Sqlite).await;
    let of_ids = [select_logins(span()), select_entries(span()), select_new_people(span())];

    for query in &of_ids {
        let plan = plans.of(query).await;
        assert!(plan.contains("(id>? AND id<?)") && !plan.contains("SCAN"), "{plan}");
    }
    let plan = plans.of(&select_open_cases([span().since, span().until])).await;
    assert!(plan.contains("USING INDEX ix_conflicts_closed_at_opened_at (closed_at=?)"), "{plan}");
    plans.close().await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_counts_a_range_of_an_index() {
    let plan = plan_of_new_people(Server::Postgres).await;

    assert!(plan.contains("users_pkey") && !plan.contains("Seq Scan"), "{plan}");
}

#[cfg(feature = "mariadb")]
#[tokio::test]
async fn mariadb_counts_a_range_of_an_index() {
    let plan = plan_of_new_people(Server::MariaDb).await;

    assert!(plan.contains("users range PRIMARY"), "{plan}");
}
