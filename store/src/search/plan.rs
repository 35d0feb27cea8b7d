//! Tests that a search reads bounded ranges of the indexes when there are many people: no statement reads all of them, or sorts all
//! whose name begins alike.

use domain::search::Search;
use domain::{AppId, Timestamp, UserId};
use entities::user::{self, Status};
use migration::throwaway::Server;
use sea_orm::ConnectionTrait;

use super::{NicknamePlace, NicknameRange, select_keys, select_nickname_parts, select_nicknames};
use crate::Store;
use crate::plans::Plans;

const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// Opens a store with 4,000 people, half of whom have a name that begins with `Lan`.
pub(crate) async fn with_people(server: Server) -> Plans {
    let plans = Plans::open(server, NOW).await;
    fill(&plans.store).await;
    plans.analyze("users").await;
    plans
}

/// Returns the plans of the ranges of a page from the start and of one in the middle, and that of the whole page.
async fn of_nicknames(plans: &Plans) -> (Vec<String>, String) {
    let search = Search::read("lan").expect("a search");
    let place = NicknamePlace { name: "Lan 1500".to_owned(), id: UserId::new(NOW) };
    let backend = plans.store.db.get_database_backend();
    let mut parts = Vec::new();
    for after in [None, Some(place)] {
        let range = NicknameRange { after, limit: 21 };
        for part in select_nickname_parts(backend, &search.prefixes, &range) {
            parts.push(plans.of(&part).await);
        }
    }
    let range = NicknameRange { after: None, limit: 21 };
    let page = select_nicknames(backend, &search.prefixes, &range).expect("a page");
    (parts, plans.of(&page).await)
}

/// Returns the plans of the look-ups of every kind of key.
async fn of_keys(plans: &Plans) -> Vec<String> {
    let apps: Vec<AppId> = ["club", "shop"].map(|app| app.parse().expect("an app id")).to_vec();
    let search = Search::read("13800000001").expect("a search");
    let mut parts = Vec::new();
    for part in select_keys(&plans.store.view(), &search, &apps, NOW) {
        parts.push(plans.of(&part).await);
    }
    parts
}

async fn fill(store: &Store) {
    let tx = store.begin().await.expect("a transaction");
    let row = |n: usize| user::Model {
        id: UserId::new(NOW),
        status: Status::Active,
        merged_into: None,
        nickname: Some(if n.is_multiple_of(2) { format!("Lan {n}") } else { format!("Wei {n}") }),
        avatar_url: None,
        own_nickname: n.is_multiple_of(5).then(|| format!("Lan {n}")),
        own_avatar_url: None,
        external_id: None,
        cooling_until: None,
        created_at: NOW,
        updated_at: NOW,
    };
    tx.insert_all((0..4_000).map(row).collect()).await.expect("people");
    tx.commit().await.expect("a commit");
}

#[tokio::test]
async fn sqlite_searches_in_the_indexes() {
    let plans = with_people(Server::Sqlite).await;

    let (parts, page) = of_nicknames(&plans).await;
    let keys = of_keys(&plans).await;
    plans.close().await;

    for plan in &parts {
        let is_range = ["ix_users_nickname_id", "ix_users_own_nickname_id"]
            .iter()
            .any(|index| plan.contains(&format!("SEARCH users USING INDEX {index} (")));
        assert!(is_range && !plan.contains("TEMP B-TREE"), "{plan}");
    }
    assert!(!page.contains("SCAN users"), "{page}");
    assert_eq!(keys.len(), 6);
    assert!(keys.iter().all(|plan| plan.contains("SEARCH") && !plan.contains("SCAN")), "{keys:#?}");
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_searches_in_the_indexes() {
    let plans = with_people(Server::Postgres).await;

    let (parts, page) = of_nicknames(&plans).await;
    plans.close().await;

    for plan in &parts {
        assert!(plan.contains("ix_users_nickname_id") || plan.contains("ix_users_own_nickname_id"), "{plan}");
        assert!(!plan.contains("Seq Scan") && crate::plans::sorted(plan) <= 21, "{plan}");
    }
    assert!(!page.contains("Seq Scan"), "{page}");
}

#[cfg(feature = "mariadb")]
#[tokio::test]
async fn mariadb_searches_in_the_indexes() {
    let plans = with_people(Server::MariaDb).await;

    let (parts, page) = of_nicknames(&plans).await;
    plans.close().await;

    for plan in &parts {
        let is_range = plan.contains("users range ix_users_nickname_id")
            || plan.contains("users range ix_users_own_nickname_id")
            || plan.contains("Impossible WHERE");
        assert!(is_range && !plan.contains("filesort"), "{plan}");
    }
    let sorts = page.lines().any(|line| line.starts_with("users") && line.contains("filesort"));
    assert!(!sorts && !page.contains("users ALL"), "{page}");
}
