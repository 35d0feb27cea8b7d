//! Databases that tests use one after the other, where making tables takes long: on OceanBase. Each is emptied for the next test, and
//! given up if a test has changed its definitions.

use sea_orm_migration::sea_orm::{ConnectOptions, ConnectionTrait, Database as Connect, DatabaseConnection, DbErr};
use std::fs::{self, File};

use super::template::{copy, definition, directory, texts};
use super::{Database, Server};

/// Counts of what defines a database. A test that adds or drops anything changes one of them.
const DEFINITIONS: &str = "SELECT CONCAT_WS(' ', \
    (SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()), \
    (SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()), \
    (SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()), \
    (SELECT COUNT(*) FROM seaql_migrations))";
/// The tables that number their rows.
const NUMBERED: &str = "SELECT table_name FROM information_schema.columns WHERE table_schema = DATABASE() AND extra LIKE '%auto_increment%'";

/// Returns whether the tests of this run use databases again.
pub(super) fn are_used() -> bool {
    std::env::var_os("GUIYI_TEST_REUSES_DATABASES").is_some()
}

/// Returns a database with every table and no row. Its lock is free again when the database is dropped, or its process ends.
pub(super) async fn take() -> Database {
    let directory = directory().expect("scripts/with-databases names a directory of the run");
    let (place, lock) = (0..)
        .map(|n| directory.join(format!("lease-{n}")))
        .find_map(|place| {
            let lock = File::create(place.with_extension("lock")).expect("a directory of the run");
            lock.try_lock().is_ok().then_some((place, lock))
        })
        .expect("places without end");
    let known = fs::read_to_string(&place).unwrap_or_default();
    if let Some((url, definitions)) = known.split_once('\n')
        && emptied(url).await.expect("the server empties a database") == definitions
    {
        return Database { url: url.to_owned(), folder: None, on_server: None, lease: Some(lock) };
    }
    let mut database = copy(Server::MariaDb).await.expect("a template");
    // The server is thrown away with it.
    database.on_server = None;
    database.lease = Some(lock);
    let definitions = emptied(&database.url).await.expect("the server empties a database");
    fs::write(&place, format!("{}\n{definitions}", database.url)).expect("a directory of the run");
    database
}

/// Deletes all rows but the names of the steps, and returns what defines the database.
async fn emptied(url: &str) -> Result<String, DbErr> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    // Each statement is run once, and the server keeps few of them open.
    options.map_sqlx_mysql_opts(|options| options.statement_cache_capacity(0));
    let db = Connect::connect(options).await?;
    let definitions = texts(&db, DEFINITIONS, 0).await?.concat();
    empty(&db).await?;
    db.close().await?;
    Ok(definitions)
}

async fn empty(db: &DatabaseConnection) -> Result<(), DbErr> {
    let numbered = texts(db, NUMBERED, 0).await?;
    let mut statements = vec!["SET foreign_key_checks = 0".to_owned()];
    for table in texts(db, "SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'", 0).await? {
        if table == "seaql_migrations"
            || texts(db, &format!("SELECT 'a row' FROM `{table}` LIMIT 1"), 0).await?.is_empty()
        {
            continue;
        }
        if numbered.contains(&table) {
            statements.push(format!("TRUNCATE TABLE `{table}`"));
            continue;
        }
        // Not TRUNCATE: on seekdb, a row that refers to the table could never be inserted again.
        let (dropped, created) = refusals(db, &table).await?;
        statements.extend(dropped);
        statements.push(format!("DELETE FROM `{table}`"));
        statements.extend(created);
    }
    db.execute_unprepared(&statements.join("; ")).await?;
    Ok(())
}

/// The statements that drop the triggers which refuse a deletion, and those that create them again.
async fn refusals(db: &DatabaseConnection, table: &str) -> Result<(Vec<String>, Vec<String>), DbErr> {
    let found = format!(
        "SELECT trigger_name FROM information_schema.triggers \
         WHERE trigger_schema = DATABASE() AND event_object_table = '{table}' AND event_manipulation = 'DELETE'"
    );
    let (mut dropped, mut created) = (Vec::new(), Vec::new());
    for trigger in texts(db, &found, 0).await? {
        created.extend(definition(db, &trigger).await?);
        dropped.push(format!("DROP TRIGGER `{trigger}`"));
    }
    Ok((dropped, created))
}
