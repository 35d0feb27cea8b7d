//! How a database describes itself.

use migration::throwaway::{Database, Server};
use sea_orm::{ConnectionTrait, Statement};
use store::key::Locked;

use crate::world::options;

async fn described(url: &str) -> store::server::Server {
    let locked = Locked::connect(&options(url)).await.expect("a connection");
    let server = store::server::describe(&locked).await.expect("a description");
    locked.close().await;
    server
}

#[tokio::test]
async fn a_file_that_may_only_be_read_is_told_and_asking_writes_nothing() {
    let database = Database::create(Server::Sqlite).await;
    let definitions = database.definitions().await;

    let usual = described(database.url()).await;
    let read_only = described(&format!("{}?mode=ro", database.url())).await;

    assert_eq!((usual.is_read_only, usual.damage), (false, None));
    assert_eq!((read_only.is_read_only, read_only.damage), (true, None));
    assert_eq!(database.definitions().await, definitions);
}

/// Without this option it plans a statement with a bound `LIMIT` at each execution (ADR 0098).
#[tokio::test]
async fn sqlite_plans_a_statement_once() {
    let database = Database::create(Server::Sqlite).await;
    let db = sea_orm::Database::connect(database.url()).await.expect("a connection");

    let options = Statement::from_string(db.get_database_backend(), "PRAGMA compile_options");
    let options = db.query_all_raw(options).await.expect("the options of SQLite");
    let options: Vec<String> = options.iter().map(|row| row.try_get("", "compile_options").expect("text")).collect();

    assert!(options.iter().any(|option| option == "ENABLE_QPSG"), "see .cargo/config.toml: {options:?}");
    db.close().await.expect("a connection that ends");
}
