//! Erases a person: from every column of every table, permanently, without changing any sum or breaking the chain.

mod attacks;
mod due;
mod lan;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use domain::{Rule, Timestamp, UserId};
use migration::throwaway::{Cell, Database, Server};
use store::erasure::Erasure;
use store::history::Change;
use store::{Actor, Store};

use crate::world::{connect, minutes};
use lan::{Lan, PLANTED};
use tables::FATES;

macro_rules! on_every_database_with_its_tables {
    ($($name:ident),+ $(,)?) => {
        on_every_database_with_its_tables!(@on sqlite, Sqlite, $($name),+);
        #[cfg(feature = "postgres")]
        on_every_database_with_its_tables!(@on postgres, Postgres, $($name),+);
        #[cfg(feature = "mariadb")]
        on_every_database_with_its_tables!(@on mariadb, MariaDb, $($name),+);
    };
    (@on $module:ident, $server:ident, $($name:ident),+) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::with_tables(super::Server::$server, super::$name).await;
                }
            )+
        }
    };
}
on_every_database_with_its_tables!(
    every_column_has_its_fate,
    after_an_erasure_no_column_has_anything_of_the_person,
    the_journal_and_the_audit_say_what_happened_and_the_chain_is_sound,
    a_row_that_was_changed_besides_its_redaction_is_named,
    words_are_removed_only_where_a_redaction_is_recorded,
);

struct World {
    store: Store,
    database: Database,
}

async fn with_tables<F: Future<Output = World>>(server: Server, test: impl FnOnce(World) -> F) {
    let database = Database::create(server).await;
    let store = connect(&database).await;
    let World { store, database } = test(World { store, database }).await;
    store.close().await;
    database.drop_now().await;
}

pub(super) const ERASED_AT: i64 = 100;

/// Erases an account as an operator does.
pub(super) async fn erase(store: &Store, user: UserId) -> Option<(UserId, bool)> {
    let tx = store.begin().await.unwrap();
    let erased = store::erasure::erase(&tx, user, Actor::Command, minutes(ERASED_AT)).await.unwrap();
    tx.commit().await.unwrap();
    erased
}

pub(super) async fn plan_of(store: &Store, user: UserId) -> Option<Erasure> {
    store::erasure::find(&store.view(), user).await.unwrap()
}

impl World {
    async fn columns(&self) -> BTreeMap<String, Vec<Vec<u8>>> {
        let mut columns: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        // SQLite's dump includes nulls as empty cells.
        for Cell { place, bytes } in self.database.dump().await.into_iter().filter(|cell| !cell.bytes.is_empty()) {
            columns.entry(place).or_default().push(bytes);
        }
        columns
    }
}

fn sorted(values: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut values = values.to_vec();
    values.sort();
    values
}

fn named<'a>(pick: impl Fn(&'a tables::Fate) -> &'a str) -> BTreeSet<String> {
    let of = |fate: &'a tables::Fate| pick(fate).split_whitespace().map(|column| format!("{}.{column}", fate.table));
    FATES.iter().flat_map(of).collect()
}

/// A new table or column fails here until its row in `FATES` says what an erasure does to it.
async fn every_column_has_its_fate(world: World) -> World {
    let columns: BTreeSet<String> = world.database.columns().await.into_iter().collect();
    let columns: BTreeSet<String> = columns.into_iter().filter(|column| !column.starts_with("sqlite_")).collect();
    let decided: BTreeSet<String> =
        [named(|fate| fate.kept), named(|fate| fate.gone), named(|fate| fate.cleared)].into_iter().flatten().collect();

    assert_eq!(columns.difference(&decided).collect::<Vec<_>>(), Vec::<&String>::new(), "columns without a fate");
    assert_eq!(decided.difference(&columns).collect::<Vec<_>>(), Vec::<&String>::new(), "fates without a column");
    for fate in FATES {
        assert_eq!(
            fate.kept.is_empty(),
            fate.why.is_empty(),
            "{} needs a reason exactly if it keeps columns",
            fate.table
        );
    }
    world
}

async fn after_an_erasure_no_column_has_anything_of_the_person(world: World) -> World {
    lan::others(&world.store).await;
    let others = world.columns().await;
    let lan = Lan::lives(&world).await;
    let before = world.columns().await;

    assert_eq!(erase(&world.store, lan.alias).await, Some((lan.user, true)));

    let after = world.columns().await;
    let none = Vec::new();
    for column in named(|fate| fate.gone) {
        let theirs = others.get(&column).unwrap_or(&none);
        let of_lan: Vec<_> =
            before.get(&column).unwrap_or(&none).iter().filter(|value| !theirs.contains(value)).collect();
        assert!(!of_lan.is_empty(), "the test fills {column}, or proves nothing about it");
        for value in of_lan {
            let is_in = |other: &Vec<u8>| other.windows(value.len()).any(|part| part == value.as_slice());
            let found: Vec<_> =
                after.iter().filter(|(_, values)| values.iter().any(is_in)).map(|(place, _)| place).collect();
            assert_eq!(found, Vec::<&String>::new(), "{column}: {}", String::from_utf8_lossy(value));
        }
    }
    let erased_links = lan.links.len();
    for column in named(|fate| fate.gone).into_iter().chain(named(|fate| fate.cleared)) {
        let count = |columns: &BTreeMap<String, Vec<Vec<u8>>>| columns.get(&column).map_or(0, Vec::len);
        let expected = count(&others) + if column == "open_ids.open_id" { erased_links } else { 0 };
        assert_eq!(count(&after), expected, "{column}");
    }
    for (place, values) in &after {
        for (value, planted) in values.iter().flat_map(|value| PLANTED.map(|planted| (value, planted))) {
            let is_there = String::from_utf8_lossy(value).contains(planted);
            assert!(!is_there, "{planted} is in {place}: {}", String::from_utf8_lossy(value));
        }
    }
    let goes = |column: &str| column.starts_with("order_deliveries.") || column == "order_corrections.reason";
    let stays = |column: &&String| column.starts_with("order") && !goes(column.as_str());
    for column in before.keys().filter(stays) {
        assert_eq!(sorted(&after[column]), sorted(&before[column]), "{column}: no order and no sum has changed");
    }
    world
}

async fn the_journal_and_the_audit_say_what_happened_and_the_chain_is_sound(world: World) -> World {
    let store = &world.store;
    let lan = Lan::lives(&world).await;
    let told = |events: &[store::history::LinkEvent]| -> Vec<(Rule, Timestamp)> {
        let mut told: Vec<_> = events.iter().map(|event| (event.rule, event.at)).collect();
        told.sort();
        told
    };
    // One half was sealed before the erasure, the other after it.
    lan::seal(store).await;
    lan.is_disabled_and_enabled(store).await;
    let before = told(&store::history::events(&store.view(), lan.user).await.unwrap());

    erase(store, lan.user).await;

    let events = store::history::events(&store.view(), lan.user).await.unwrap();
    let last = events.last().expect("an entry");
    assert_eq!((last.rule, last.actor), (Rule::R12, Actor::Command));
    assert!(matches!(last.change, Change::StatusChanged { .. }), "{last:?}");
    assert_eq!(told(&events[..events.len() - 1]), before);
    while lan::seal(store).await > 0 {}
    let checked = lan::check(store).await;
    assert_eq!(checked.faults, []);
    assert!(checked.redacted > 0, "{checked:?}");
    world
}

async fn a_row_that_was_changed_besides_its_redaction_is_named(world: World) -> World {
    let store = &world.store;
    let lan = Lan::lives(&world).await;
    lan::seal(store).await;
    erase(store, lan.user).await;
    while lan::seal(store).await > 0 {}
    assert_eq!(lan::check(store).await.faults, []);

    // The trigger allows it because a redaction is recorded; the chain does not.
    let forged = "UPDATE link_events SET evidence = '{\"reason\":\"forged\"}' WHERE rule = 'R4d'".to_owned();
    world.database.execute(&[forged]).await;

    let faults: Vec<_> = lan::check(store).await.faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("evt_") && faults[0].ends_with("was changed"), "{faults:?}");
    world
}

async fn words_are_removed_only_where_a_redaction_is_recorded(world: World) -> World {
    let lan = Lan::lives(&world).await;
    let count = || async {
        let after = world.columns().await;
        after["link_events.evidence"].iter().filter(|value| value.as_slice() == b"{}").count()
    };
    let before = count().await;

    let sql = sea_orm::Database::connect(world.database.url()).await.unwrap();
    for statement in ["UPDATE link_events SET evidence = '{}'", "UPDATE audit_events SET detail = '{}'"] {
        let refused = sea_orm::ConnectionTrait::execute_unprepared(&sql, statement).await.expect_err(statement);
        assert!(refused.to_string().contains("is append-only"), "{statement}: {refused}");
    }
    assert_eq!(count().await, before);

    erase(&world.store, lan.user).await;

    for statement in [
        "UPDATE link_events SET rule = 'R1'",
        "UPDATE link_events SET user_id = other_user_id WHERE other_user_id IS NOT NULL",
        "UPDATE audit_events SET action = 'X'",
        "UPDATE redactions SET at = 1",
        "DELETE FROM redactions",
        "DELETE FROM link_events",
    ] {
        let refused = sea_orm::ConnectionTrait::execute_unprepared(&sql, statement).await.expect_err(statement);
        assert!(refused.to_string().contains("is append-only"), "{statement}: {refused}");
    }
    sql.close().await.unwrap();
    world
}
