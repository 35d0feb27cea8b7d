//! Databases of every earlier version are upgraded with all their rows, and processes of every earlier version keep
//! working beside those of today. A step that deliberately changes either is in `changes`, with its reason.

mod changes;
mod fixtures;
#[cfg(feature = "postgres")]
mod online;
mod today;

use std::collections::{BTreeMap, BTreeSet};

use migration::throwaway::{Database, Row, Server};
use sea_orm::{ConnectionTrait, TransactionTrait};

use crate::migrations::EVERY_STEP;

/// The columns of the tables of a version.
pub(crate) type Catalogue = BTreeMap<String, BTreeSet<String>>;

/// The names of the migrations themselves, and SQLite's own table for its numbered tables.
const OF_THE_ENGINE: [&str; 2] = ["seaql_migrations", "sqlite_sequence"];

macro_rules! on_every_server {
    ($($module:ident: $server:ident $(if $feature:literal)?),+ $(,)?) => {
        $(
            $(#[cfg(feature = $feature)])?
            mod $module {
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn a_database_of_every_version_keeps_its_rows_and_is_usable() {
                    super::a_database_of_every_version_keeps_its_rows_and_is_usable(super::Server::$server).await;
                }

                #[tokio::test]
                async fn what_a_process_of_any_version_writes_is_taken_today() {
                    super::what_a_process_of_any_version_writes_is_taken_today(super::Server::$server).await;
                }
            }
        )+
    };
}
on_every_server!(sqlite: Sqlite, postgres: Postgres if "postgres", mariadb: MariaDb if "mariadb");

async fn a_database_of_every_version_keeps_its_rows_and_is_usable(server: Server) {
    let empty = Database::empty(server).await;
    let mut unused = changes::CHANGES.to_vec();
    for (at, version) in EVERY_STEP.iter().enumerate() {
        migration::up_to(empty.url(), version).await.expect("the step");
        let database = empty.copied().await;
        let catalogue = catalogue(&database).await;
        let inserts: Vec<_> =
            fixtures::all().filter_map(|fixture| fixtures::insert(fixture, &catalogue, server)).collect();
        database.execute(&inserts).await;
        let mut expected = rows(&database).await;
        assert_eq!(missing(&catalogue, &expected), [""; 0], "no fixture has a value for these columns of {version}");

        let steps = migration::up(database.url()).await.expect("an upgrade");

        assert_eq!(steps, EVERY_STEP[at + 1..]);
        let used = changes::apply(&mut expected, &steps);
        unused.retain(|change| !used.contains(change));
        assert_eq!(compared(&expected, &rows(&database).await), [""; 0], "from {version}");
        today::use_it(&database, &catalogue).await;
        database.drop_now().await;
    }
    assert_eq!(unused, [], "nothing changes so");
    empty.drop_now().await;
}

async fn what_a_process_of_any_version_writes_is_taken_today(server: Server) {
    let database = Database::empty(server).await;
    let mut versions = Vec::new();
    for version in EVERY_STEP {
        migration::up_to(database.url(), version).await.expect("the step");
        versions.push((*version, catalogue(&database).await));
    }
    let db = sea_orm::Database::connect(database.url()).await.expect("a connection");
    let mut refused: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (version, catalogue) in &versions {
        let tx = db.begin().await.expect("a transaction");
        for fixture in fixtures::all() {
            let Some(insert) = fixtures::insert(fixture, catalogue, server) else { continue };
            tx.execute_unprepared("SAVEPOINT fixture").await.expect("a savepoint");
            if tx.execute_unprepared(&insert).await.is_err() {
                tx.execute_unprepared("ROLLBACK TO SAVEPOINT fixture").await.expect("the savepoint");
                refused.entry(fixture.0).or_default().insert(version);
            }
        }
        tx.rollback().await.expect("an end");
    }
    db.close().await.expect("a connection that ends");

    let at = |step: &str| EVERY_STEP.iter().position(|known| *known == step).expect("a step");
    let expected: BTreeMap<&str, BTreeSet<&str>> = changes::REFUSALS
        .iter()
        .map(|refusal| (refusal.table, EVERY_STEP[at(refusal.from)..at(refusal.before)].iter().copied().collect()))
        .collect();
    assert_eq!(refused, expected);
    database.drop_now().await;
}

#[test]
fn the_documentation_names_the_steps_that_an_older_version_does_not_survive() {
    let operations = include_str!("../../../../docs/operations.md");
    for refusal in changes::REFUSALS {
        assert!(operations.contains(refusal.before), "{}: {}", refusal.table, refusal.reason);
    }
    for change in changes::CHANGES {
        assert!(operations.contains(change.step), "{change:?}");
    }
}

async fn catalogue(database: &Database) -> Catalogue {
    let mut catalogue = Catalogue::new();
    for place in database.columns().await {
        let (table, column) = place.split_once('.').expect("a table and a column");
        if !OF_THE_ENGINE.contains(&table) {
            catalogue.entry(table.to_owned()).or_default().insert(column.to_owned());
        }
    }
    catalogue
}

async fn rows(database: &Database) -> BTreeMap<String, Vec<Row>> {
    let mut rows = database.rows().await;
    rows.retain(|table, _| !OF_THE_ENGINE.contains(&table.as_str()));
    rows
}

/// The columns that have no value in any row.
fn missing(catalogue: &Catalogue, rows: &BTreeMap<String, Vec<Row>>) -> Vec<String> {
    let has = |table: &str, column: &str| rows[table].iter().any(|row| row[column].is_some());
    catalogue
        .iter()
        .flat_map(|(table, columns)| columns.iter().map(move |column| (table, column)))
        .filter(|(table, column)| !has(table, column))
        .map(|(table, column)| format!("{table}.{column}"))
        .collect()
}

/// The differences in the expected columns. Additional columns are allowed.
fn compared(expected: &BTreeMap<String, Vec<Row>>, found: &BTreeMap<String, Vec<Row>>) -> Vec<String> {
    let mut differences: Vec<_> = changes::CHANGES
        .iter()
        .filter(|change| match change.becomes {
            changes::Becomes::NoTable => found.contains_key(change.table),
            changes::Becomes::NoColumn(column) | changes::Becomes::Named(column, _) => {
                found[change.table].iter().any(|row| row.contains_key(column))
            }
            changes::Becomes::NoRows => false,
        })
        .map(|change| format!("{change:?} has not happened"))
        .collect();
    for (table, rows) in expected {
        let Some(found) = found.get(table) else {
            differences.push(format!("{table} is gone"));
            continue;
        };
        let wanted = rows.first().map(|row| row.keys().collect::<BTreeSet<_>>()).unwrap_or_default();
        let of_before = |row: &Row| -> Row {
            row.iter()
                .filter(|(column, _)| wanted.contains(column))
                .map(|(column, value)| (column.clone(), value.clone()))
                .collect()
        };
        let mut found: Vec<_> = found.iter().map(of_before).collect();
        if rows.is_empty() && !found.is_empty() {
            differences.push(format!("{table} has rows"));
        }
        for row in rows {
            match found.iter().position(|other| other == row) {
                Some(at) => drop(found.swap_remove(at)),
                None => differences.push(format!("{table} had {}", readable(row))),
            }
        }
        differences.extend(found.iter().map(|row| format!("{table} has {}", readable(row))));
    }
    differences
}

fn readable(row: &Row) -> String {
    let value = |value: &Option<Vec<u8>>| value.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    row.iter().map(|(column, found)| format!("{column}: {:?}", value(found))).collect::<Vec<_>>().join(", ")
}
