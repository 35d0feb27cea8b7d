//! The migrations, run by one process or by several.

use std::collections::BTreeMap;

use domain::order::{Item, Month, OrderStatus, Report};
use domain::{OrderId, Timestamp};
use futures::future::join_all;
use migration::throwaway::{Database, Server};
use sea_orm::{ConnectionTrait, Statement};
use store::order::OrderFilter;
use store::session::{Presented, Refreshed, Successor};

use crate::refresh::refresh;
use crate::world::{NOW, connect, item, proof, record, report, sign_in};

pub(crate) const EVERY_STEP: &[&str] = &[
    "m0001_people",
    "m0002_sessions",
    "m0003_orders",
    "m0004_logins",
    "m0005_upstream_tokens",
    "m0006_sms",
    "m0007_identity",
    "m0008_bound_logins",
    "m0009_refresh_generations",
    "m0010_sealed_phones",
    "m0011_devices",
    "m0012_controls",
    "m0013_limits",
    "m0014_documents",
    "m0015_outbox",
    "m0016_notice_limits",
    "m0017_exact_lines",
    "m0018_order_totals",
    "m0019_own_words",
    "m0021_shop_updated_at",
    "m0022_pushes",
    "m0023_events",
    "m0024_erasure",
    "m0025_backfill",
    "m0026_pictures",
    "m0027_qr_logins",
    "m0028_search",
    "m0029_refunds",
    "m0030_qr_pages",
    "m0031_phone_logins",
    "m0032_operators",
    "m0033_requests",
    "m0035_desk",
    "m0036_live_orders",
];

/// These tests begin without tables, so they get no store.
macro_rules! on_every_empty_database {
    ($($module:ident: $server:ident $(if $feature:literal)?),+ $(,)?) => {
        $(
            $(#[cfg(feature = $feature)])?
            mod $module {
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn several_processes_may_migrate_at_once() {
                    super::several_processes_may_migrate_at_once(super::Server::$server).await;
                }

                #[tokio::test]
                async fn a_token_that_was_not_spent_survives_the_step_to_generations() {
                    super::a_token_that_was_not_spent_survives_the_step_to_generations(super::Server::$server).await;
                }

                #[tokio::test]
                async fn lines_of_orders_keep_their_values_and_an_older_version_goes_on_beside() {
                    super::lines_of_orders_keep_their_values_and_an_older_version_goes_on_beside(super::Server::$server)
                        .await;
                }

                #[tokio::test]
                async fn orders_of_an_older_version_are_in_the_sums() {
                    super::orders_of_an_older_version_are_in_the_sums(super::Server::$server).await;
                }

                #[tokio::test]
                async fn the_database_of_a_test_is_a_migrated_one() {
                    super::the_database_of_a_test_is_a_migrated_one(super::Server::$server).await;
                }

                #[tokio::test]
                async fn a_database_of_a_newer_version_is_refused_and_left_as_it_is() {
                    super::a_database_of_a_newer_version_is_refused_and_left_as_it_is(super::Server::$server).await;
                }

                #[tokio::test]
                async fn a_step_that_was_interrupted_goes_on() {
                    super::a_step_that_was_interrupted_goes_on(super::Server::$server).await;
                }

                #[tokio::test]
                async fn what_is_pending_is_told_without_writing() {
                    super::what_is_pending_is_told_without_writing(super::Server::$server).await;
                }
            }
        )+
    };
}
on_every_empty_database!(sqlite: Sqlite, postgres: Postgres if "postgres", mariadb: MariaDb if "mariadb");

async fn several_processes_may_migrate_at_once(server: Server) {
    for done in [None, Some("m0016_notice_limits")] {
        let database = Database::empty(server).await;
        let mut left = EVERY_STEP.len();
        if let Some(last) = done {
            left -= migration::up_to(database.url(), last).await.expect("the steps before").len();
        }

        let taken = join_all((0..5).map(|_| migration::up(database.url()))).await;

        let mut counts: Vec<_> = taken.into_iter().map(|names| names.expect("a migration").len()).collect();
        counts.sort_unstable();
        assert_eq!(counts, [0, 0, 0, 0, left]);
        let store = connect(&database).await;
        assert!(sign_in(&store, &proof("shop", "oLan", None), NOW).await.is_new_user);
        store.close().await;
    }
}

/// Of the openIds, more than one statement adds up.
async fn a_step_that_was_interrupted_goes_on(server: Server) {
    let database = Database::empty(server).await;
    migration::up_to(database.url(), "m0017_exact_lines").await.expect("the steps before");
    let id = |table: u32, n: u32| {
        let hex = format!("{table:016x}{n:016x}");
        if server == Server::Postgres { format!("'{hex}'") } else { format!("X'{hex}'") }
    };
    let rows = |row: &dyn Fn(u32) -> String| (1..=1_500).map(row).collect::<Vec<_>>().join(", ");
    let links = rows(&|n| format!("({}, 'shop', 'o{n}', 1)", id(1, n)));
    let orders = rows(&|n| format!("({}, {}, 'shop', 'A-{n}', 'PAID', {n}, 'CNY', 1, 1, 1)", id(2, n), id(1, n)));
    database.run(&format!("INSERT INTO open_ids (id, app, open_id, created_at) VALUES {links}")).await;
    let columns = "id, link_id, app, order_no, status, total_minor, currency, placed_at, created_at, updated_at";
    database.run(&format!("INSERT INTO orders ({columns}) VALUES {orders}")).await;
    migration::up_to(database.url(), "m0018_order_totals").await.expect("the step");
    // As after an interruption: the first batch is there, one index is not, and the step is not recorded.
    database.run(&format!("DELETE FROM order_totals WHERE link_id > {}", id(1, 1_000))).await;
    let index = "ix_orders_link_id_status_placed_at_id";
    let of_table = if server == Server::MariaDb { " ON orders" } else { "" };
    database.run(&format!("DROP INDEX {index}{of_table}")).await;
    database.run("DELETE FROM seaql_migrations WHERE version = 'm0018_order_totals'").await;
    if server == Server::Postgres {
        let other = "'ix_orders_link_id_status_currency_total_minor_id'::regclass";
        database.run(&format!("UPDATE pg_index SET indisvalid = FALSE WHERE indexrelid = {other}")).await;
    }

    migration::up(database.url()).await.expect("the step");

    let store = connect(&database).await;
    assert_eq!(store.check_totals(false, |found| panic!("{found:?}")).await.expect("a check"), 1_500);
    store.close().await;
    // The index is there.
    database.run(&format!("DROP INDEX {index}{of_table}")).await;
    if server == Server::Postgres {
        database.run("DO $$ BEGIN ASSERT (SELECT bool_and(indisvalid) FROM pg_index); END $$").await;
    }
}

/// MariaDB commits each change of a table. A step whose changes are all there, but not its record, is run again.
#[cfg(feature = "mariadb")]
#[tokio::test]
async fn mariadb_goes_on_with_any_step() {
    let database = Database::empty(Server::MariaDb).await;
    for step in EVERY_STEP {
        assert_eq!(migration::up_to(database.url(), step).await.expect("the step"), [*step]);
        database.run(&format!("DELETE FROM seaql_migrations WHERE version = '{step}'")).await;

        let again = migration::up_to(database.url(), step).await;

        assert_eq!(again.unwrap_or_else(|error| panic!("{step}: {error}")), [*step]);
    }
}

async fn what_is_pending_is_told_without_writing(server: Server) {
    let database = Database::empty(server).await;

    for _ in 0..2 {
        assert_eq!(migration::pending(database.url()).await.expect("the steps"), EVERY_STEP);
    }
    assert_eq!(migration::up(database.url()).await.expect("a migration"), EVERY_STEP);
    assert_eq!(migration::pending(database.url()).await.expect("the steps"), [""; 0]);
}

async fn a_database_of_a_newer_version_is_refused_and_left_as_it_is(server: Server) {
    let database = Database::create(server).await;
    database.run("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 1)").await;
    let before = database.rows().await;

    let refused = [migration::up(database.url()).await, migration::pending(database.url()).await];

    for refused in refused {
        let said = refused.expect_err("a refusal").to_string();
        assert!(said.contains("a newer version has migrated this database") && said.contains("m9999_later"), "{said}");
    }
    assert_eq!(database.rows().await, before);
}

/// The tests copy a migrated database.
async fn the_database_of_a_test_is_a_migrated_one(server: Server) {
    let (of_a_test, migrated) = (Database::create(server).await, Database::empty(server).await);
    migration::up(migrated.url()).await.expect("a migration");

    assert_eq!(of_a_test.definitions().await, migrated.definitions().await);
    assert_eq!(migration::pending(of_a_test.url()).await.expect("the steps"), [""; 0]);
}

/// A person with three sessions in the former tables: refreshed twice, ended, and never refreshed.
const BEFORE: [&str; 6] = [
    "INSERT INTO users (id, status, nickname, created_at, updated_at) VALUES (@100, 'ACTIVE', 'Lan', 1, 1)",
    "INSERT INTO sessions (id, user_id, signed_in_at, expires_at) VALUES (@1, @100, 1, 2000000000000)",
    "INSERT INTO sessions (id, user_id, signed_in_at, expires_at, ended_at) VALUES (@2, @100, 1, 2000000000000, 2)",
    "INSERT INTO sessions (id, user_id, signed_in_at, expires_at) VALUES (@3, @100, 1, 2000000000000)",
    "INSERT INTO refresh_tokens (hash, session_id, created_at, expires_at, spent_at) \
        VALUES (#11, @1, 1, 2000000000000, 2), (#12, @1, 2, 2000000000000, 3)",
    "INSERT INTO refresh_tokens (hash, session_id, created_at, expires_at) \
        VALUES (#13, @1, 3, 2000000000000), (#21, @2, 1, 2000000000000), (#31, @3, 1, 2000000000000)",
];

async fn a_token_that_was_not_spent_survives_the_step_to_generations(server: Server) {
    let database = Database::empty(server).await;
    migration::up_to(database.url(), "m0007_identity").await.expect("the steps before");
    let raw = sea_orm::Database::connect(database.url()).await.expect("a connection");
    for statement in BEFORE {
        raw.execute_unprepared(&with_bytes(statement, server)).await.expect("a row");
    }
    raw.close().await.expect("a connection that ends");

    migration::up(database.url()).await.expect("the step");

    let store = connect(&database).await;
    let mut answers = Vec::new();
    for n in [13, 31, 21, 12, 11] {
        let successors = vec![Successor { hash: [n + 100; 32], family: [n; 32] }];
        let refreshed = refresh(&store, &Presented { hash: [n; 32], successors }, NOW).await;
        answers.push(match refreshed {
            Refreshed::GoesOn { generation, .. } => format!("{n} goes on as generation {generation}"),
            other => format!("{n} is {other:?}"),
        });
    }
    let expected = ["13 goes on as generation 1", "31 goes on as generation 1", "21 is Ended"];
    assert_eq!(answers[..3], expected);
    // The parents of the older version's tokens are no longer known. They are refused, but do not end the session.
    assert_eq!(answers[3..], ["12 is Unknown", "11 is Unknown"]);
    store.close().await;
}

/// An order in the former tables.
pub(crate) const ORDER: [&str; 4] = [
    "INSERT INTO open_ids (id, app, open_id, created_at) VALUES (@10, 'shop', 'oLan', 1)",
    "INSERT INTO orders (id, link_id, app, order_no, status, total_minor, currency, placed_at, created_at, updated_at) \
        VALUES (@20, @10, 'shop', 'A-1', 'PAID', 12850, 'CNY', 1, 1, 1)",
    "INSERT INTO order_items (id, order_id, position, sku, title, quantity, unit_minor) \
        VALUES (@30, @20, 0, 'T-1', 'Tea', 2147483647, 9223372036854775807)",
    "INSERT INTO order_items (id, order_id, position, title, quantity, unit_minor) VALUES (@31, @20, 1, 'Cup', 1, -250)",
];

/// What a process of the older version writes for another line, and what it reads.
const OLDER: [&str; 2] = [
    "INSERT INTO order_items (id, order_id, position, title, quantity, unit_minor) VALUES (@32, @20, 2, 'Pot', 3, 0)",
    "SELECT quantity, unit_minor FROM order_items WHERE title = 'weighed'",
];

async fn lines_of_orders_keep_their_values_and_an_older_version_goes_on_beside(server: Server) {
    let database = Database::empty(server).await;
    migration::up_to(database.url(), "m0016_notice_limits").await.expect("the steps before");
    let raw = sea_orm::Database::connect(database.url()).await.expect("a connection");
    for statement in ORDER {
        raw.execute_unprepared(&with_bytes(statement, server)).await.expect("a row");
    }

    migration::up(database.url()).await.expect("the step");

    raw.execute_unprepared(&with_bytes(OLDER[0], server)).await.expect("a row of the older version");
    let store = connect(&database).await;
    let id = OrderId::from_uuid(uuid::Uuid::from_bytes([20; 16]));
    let lines = store::order::items(&store.view(), &[id]).await.expect("the lines").remove(&id).expect("lines");
    let expected = [
        Item { sku: Some("T-1".to_owned()), ..item("Tea", "2147483647", "92233720368547758.07") },
        item("Cup", "1", "-2.50"),
        item("Pot", "3", "0"),
    ];
    assert_eq!(lines, expected);
    // The older version sees the integral part of a fractional quantity.
    record(&store, &[Report { items: vec![item("weighed", "1.5", "-3.3333")], ..report("shop", "A-2", "oLan") }]).await;
    let row = raw.query_one_raw(Statement::from_string(raw.get_database_backend(), OLDER[1])).await.expect("an answer");
    let seen: (i64, i64) =
        row.expect("a row").try_get_many("", &["quantity", "unit_minor"].map(str::to_owned)).unwrap();
    assert_eq!(seen, (1, -334));
    raw.close().await.expect("a connection that ends");
    store.close().await;
}

/// Two openIds with orders of every status at month boundaries, and of amounts of every size.
async fn orders_of_an_older_version_are_in_the_sums(server: Server) {
    let database = Database::empty(server).await;
    migration::up_to(database.url(), "m0017_exact_lines").await.expect("the steps before");
    let raw = sea_orm::Database::connect(database.url()).await.expect("a connection");
    for link in ["(@10, 'shop', 'oLan', 1)", "(@11, 'club', 'oLan', 1)"] {
        let insert = format!("INSERT INTO open_ids (id, app, open_id, created_at) VALUES {link}");
        raw.execute_unprepared(&with_bytes(&insert, server)).await.expect("a row");
    }
    let month = Month::of(NOW).begin().millis();
    let leap_day = 1_709_222_400_000; // 2024-03-01 in Beijing
    let times = [1, month - 1, month, month + 1, leap_day - 1, leap_day, 253_402_300_799_000];
    let amounts = [0, 1, -1, 999_999_999, 1_000_000_000, -1_000_000_001, i64::MAX, i64::MIN];
    let mut expected: BTreeMap<_, (u64, i128)> = BTreeMap::new();
    for n in 0..168_usize {
        let (link, app) = [(10, "shop"), (11, "club")][n % 2];
        let (status, placed_at) = (OrderStatus::ALL[n % 6], times[n % times.len()]);
        let (minor, currency) = (amounts[n / 2 % amounts.len()], ["CNY", "JPY"][n / 3 % 2]);
        let insert = format!(
            "INSERT INTO orders (id, link_id, app, order_no, status, total_minor, currency, placed_at, created_at, updated_at) \
             VALUES (@{}, @{link}, '{app}', 'A-{n}', '{status}', {minor}, '{currency}', {placed_at}, 1, 1)",
            n + 20
        );
        raw.execute_unprepared(&with_bytes(&insert, server)).await.expect("a row");
        let key = (app.to_owned(), Month::of(Timestamp::from_millis(placed_at)), status, currency.to_owned());
        let row = expected.entry(key).or_default();
        *row = (row.0 + 1, row.1 + i128::from(minor));
    }

    migration::up(database.url()).await.expect("the step");

    let store = connect(&database).await;
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;
    sign_in(&store, &proof("club", "oLan", Some("uLan")), NOW).await;
    let links = store::order::links(&store.view(), lan).await.expect("openIds");
    let view = store.view();
    let found: BTreeMap<_, _> = store::order::totals(&view, &links, &OrderFilter::default())
        .await
        .expect("the sums")
        .iter()
        .map(|row| {
            ((row.app.to_string(), row.month, row.status, row.sum.currency.to_string()), (row.count, row.sum.minor))
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(store.check_totals(false, |found| panic!("{found:?}")).await.expect("a check"), 2);
    raw.close().await.expect("a connection that ends");
    store.close().await;
}

/// `@n` stands for an id of sixteen bytes n, `#n` for a hash of 32.
pub(crate) fn with_bytes(statement: &str, server: Server) -> String {
    let mut written = String::new();
    let mut rest = statement;
    while let Some(at) = rest.find(['@', '#']) {
        let (before, marked) = rest.split_at(at);
        let length = if marked.starts_with('@') { 16 } else { 32 };
        let digits = marked[1..].find(|c: char| !c.is_ascii_digit()).map_or(marked.len(), |end| end + 1);
        let byte: u8 = marked[1..digits].parse().expect("a byte");
        let hex = format!("{byte:02x}").repeat(length);
        written += before;
        let begin = match (server, length) {
            (Server::Postgres, 16) => "'",
            (Server::Postgres, _) => "'\\x",
            (Server::Sqlite | Server::MariaDb, _) => "X'",
        };
        written.extend([begin, &hex, "'"]);
        rest = &marked[digits..];
    }
    written + rest
}
