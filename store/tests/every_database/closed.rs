//! Closed accounts: no login, link or merge reaches them.

use migration::throwaway::{Database, Server};
use sea_orm::ConnectionTrait;
use store::StoreError;

use crate::world::{NOW, connect, minutes, proof, sign_in, try_to_sign_in};

/// The test needs raw SQL: no function of the store closes an account.
macro_rules! on_every_database_with_sql {
    ($($module:ident: $server:ident $(if $feature:literal)?),+ $(,)?) => {
        $(
            $(#[cfg(feature = $feature)])?
            mod $module {
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn a_closed_account_is_neither_entered_nor_added_to_nor_doubled() {
                    super::a_closed_account_is_neither_entered_nor_added_to_nor_doubled(super::Server::$server).await;
                }
            }
        )+
    };
}
on_every_database_with_sql!(sqlite: Sqlite, postgres: Postgres if "postgres", mariadb: MariaDb if "mariadb");

async fn a_closed_account_is_neither_entered_nor_added_to_nor_doubled(server: Server) {
    let database = Database::create(server).await;
    let store = connect(&database).await;
    sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await;
    let sql = sea_orm::Database::connect(database.url()).await.expect("a connection");

    let mut attempts = Vec::new();
    for status in ["DISABLED", "ERASED"] {
        sql.execute_unprepared(&format!("UPDATE users SET status = '{status}'")).await.expect("an update");
        for proof in [proof("shop", "oLan", Some("uLan")), proof("club", "oLan2", Some("uLan"))] {
            attempts.push(try_to_sign_in(&store, &proof, minutes(1)).await);
        }
    }
    let stranger = sign_in(&store, &proof("shop", "oWei", Some("uWei")), minutes(1)).await;

    let (disabled, erased) = attempts.split_at(2);
    assert!(disabled.iter().all(|attempt| matches!(attempt, Err(StoreError::Closed))), "{disabled:?}");
    // An erased account has no openId. A login that still sees one has read before the erasure, and must read again.
    assert!(erased.iter().all(|attempt| matches!(attempt, Err(StoreError::Contended(_)))), "{erased:?}");
    assert!(stranger.is_new_user);
    sql.close().await.expect("the connection closes");
    store.close().await;
    database.drop_now().await;
}
