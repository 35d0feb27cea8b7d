//! PostgreSQL is upgraded while an older version serves: see ADR 0092.

use std::time::Duration;

use migration::throwaway::{Database, Server};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TransactionTrait};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::migrations::{EVERY_STEP, ORDER, with_bytes};

/// Longer than any upgrade of these tests, so that one that waits for itself fails.
const LONG: Duration = Duration::from_mins(2);

/// Limits of time and an isolation level that an administrator may give a role or a database.
const DEFAULTS: &str = "options[default_transaction_isolation]=serializable&options[statement_timeout]=2s&\
    options[lock_timeout]=1s&options[idle_in_transaction_session_timeout]=1s";

/// Inserts an order, and fails if it has to wait for a lock.
const INSERT_AT_ONCE: &str = "SET lock_timeout = '1ms'; INSERT INTO orders (id, link_id, app, order_no, status, \
    total_minor, currency, placed_at, created_at, updated_at) VALUES (@?, @10, 'shop', 'A-?', 'PAID', 1, 'CNY', 1, 1, 1)";

/// A database of a version, with an order, and a connection of an older process.
async fn older(version: &str) -> (Database, DatabaseConnection) {
    let database = Database::empty(Server::Postgres).await;
    migration::up_to(database.url(), version).await.expect("the steps before");
    let process = sea_orm::Database::connect(database.url()).await.expect("a connection");
    for statement in ORDER {
        process.execute_unprepared(&with_bytes(statement, Server::Postgres)).await.expect("a row");
    }
    (database, process)
}

/// The address of a database with these defaults.
fn with_defaults(database: &Database) -> String {
    let url = database.url();
    format!("{url}{}{DEFAULTS}", if url.contains('?') { '&' } else { '?' })
}

fn upgrade(database: &Database) -> JoinHandle<Result<Vec<String>, migration::Error>> {
    let url = with_defaults(database);
    tokio::spawn(async move { migration::up(&url).await })
}

/// Waits until a statement that begins so waits for a lock.
async fn waits(db: &DatabaseConnection, begins: &str) {
    let waiting = "SELECT 1 AS n FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1";
    let statement =
        || Statement::from_sql_and_values(db.get_database_backend(), waiting, [format!("{begins}%").into()]);
    let until = async {
        while db.query_one_raw(statement()).await.expect("an answer").is_none() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, until).await.expect("it waits");
}

/// A transaction is open that has written to the tables of a step. The upgrade waits for it, and others write meanwhile.
async fn others_write_while_an_upgrade_waits(version: &str, write: &str) {
    let (database, others) = older(version).await;
    let write = |n: &str| with_bytes(&write.replace('?', n), Server::Postgres);
    let open = others.begin().await.expect("a transaction");
    open.execute_unprepared(&write("40")).await.expect("a row");
    let upgrade = upgrade(&database);
    waits(&others, "").await;

    others.execute_unprepared(&write("41")).await.expect("a row");
    // Longer than every limit.
    sleep(Duration::from_secs(3)).await;
    others.execute_unprepared(&write("42")).await.expect("a row");

    assert!(!upgrade.is_finished());
    open.commit().await.expect("a commit");
    timeout(LONG, upgrade).await.expect("an end").expect("a task").expect("an upgrade");
    others.close().await.expect("a connection that ends");
}

/// A change of a table gives way to writers, and tries again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_a_table_gives_way_to_writers() {
    let write = "INSERT INTO order_items (id, order_id, position, title, quantity, unit_minor) \
                 VALUES (@?, @20, 2, 'Pot', 1, 1)";
    others_write_while_an_upgrade_waits("m0016_notice_limits", write).await;
}

/// Writers wait for no lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_is_built_beside_writers() {
    others_write_while_an_upgrade_waits("m0017_exact_lines", INSERT_AT_ONCE).await;
}

/// A request has written to a table that a step locks last, and goes on to the one that it locks first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_with_a_request_is_tried_again() {
    let (database, others) = older("m0023_events").await;
    let user = "INSERT INTO users (id, status, created_at, updated_at) VALUES (@50, 'ACTIVE', 1, 1)";
    others.execute_unprepared(&with_bytes(user, Server::Postgres)).await.expect("a row");
    let request = others.begin().await.expect("a transaction");
    request.execute_unprepared("UPDATE users SET updated_at = 2").await.expect("a change");
    let upgrade = upgrade(&database);
    waits(&others, "CREATE TABLE \"erasures\"").await;

    request.execute_unprepared("UPDATE open_ids SET nickname = 'Lan'").await.expect("the upgrade gives way");

    request.commit().await.expect("a commit");
    timeout(LONG, upgrade).await.expect("an end").expect("a task").expect("an upgrade");
    others.close().await.expect("a connection that ends");
}

/// The server goes on with the index of a process that was killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_in_work_is_waited_for() {
    let (database, others) = older("m0017_exact_lines").await;
    let open = others.begin().await.expect("a transaction");
    open.execute_unprepared(&with_bytes(&INSERT_AT_ONCE.replace('?', "40"), Server::Postgres)).await.expect("a row");
    let killed = sea_orm::Database::connect(database.url()).await.expect("a connection");
    let build =
        "CREATE INDEX CONCURRENTLY ix_orders_link_id_status_placed_at_id ON orders (link_id, status, placed_at, id)";
    let build = tokio::spawn(async move { killed.execute_unprepared(build).await });
    waits(&others, "CREATE INDEX CONCURRENTLY").await;

    let upgrade = upgrade(&database);
    sleep(Duration::from_secs(2)).await;
    assert!(!upgrade.is_finished() && !build.is_finished());
    open.commit().await.expect("a commit");

    build.await.expect("a task").expect("the index of the killed process");
    timeout(LONG, upgrade).await.expect("an end").expect("a task").expect("an upgrade");
    others.close().await.expect("a connection that ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clear_numbers_are_rewritten_whatever_limits_the_role_has() {
    let database = crate::data_keys::sealed(Server::Postgres).await;
    let other = sea_orm::Database::connect(database.url()).await.expect("a connection");
    let reads = other.begin().await.expect("a transaction");
    reads.execute_unprepared("LOCK TABLE phones IN ACCESS SHARE MODE").await.expect("a lock");
    let url = with_defaults(&database);
    let rewritten = tokio::spawn(async move { migration::drop_clear_numbers(&url).await });
    // Longer than every limit.
    sleep(Duration::from_secs(3)).await;
    reads.commit().await.expect("an end");

    timeout(LONG, rewritten).await.expect("an end").expect("a task").expect("the columns go");

    assert!(!migration::has_clear_numbers(database.url()).await.expect("a look"));
    other.close().await.expect("a connection that ends");
}

#[tokio::test]
async fn the_name_of_the_schema_may_need_quotes() {
    let database = Database::empty(Server::Postgres).await;
    let with_schema = "DO $$ DECLARE name TEXT = 'Shop''s \"Guiyi\"'; BEGIN EXECUTE format('CREATE SCHEMA %I', name); \
                       EXECUTE format('ALTER DATABASE %I SET search_path = %I', current_database(), name); END $$";
    database.run(with_schema).await;
    migration::up_to(database.url(), "m0011_devices").await.expect("the steps before");

    let steps = migration::up(database.url()).await.expect("an upgrade");

    assert_eq!(steps.len(), EVERY_STEP.len() - 11);
    let tables = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'Shop''s \"Guiyi\"' AND tablename = 'orders'";
    database.run(&format!("DO $$ BEGIN ASSERT ({tables}) = 1; END $$")).await;
}

/// Records the indexes that are built with a lock against writers on tables of an older version.
const WATCH: [&str; 5] = [
    "CREATE SCHEMA watch",
    "CREATE TABLE watch.older (name TEXT)",
    "CREATE TABLE watch.built (name TEXT)",
    "CREATE FUNCTION watch.build() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
        INSERT INTO watch.built SELECT c.relname FROM pg_event_trigger_ddl_commands() e \
        JOIN pg_index i ON i.indexrelid = e.objid JOIN pg_class c ON c.oid = i.indexrelid \
        JOIN watch.older o ON o.name = i.indrelid::regclass::text \
        WHERE current_query() NOT ILIKE '%CONCURRENTLY%'; END $$",
    "CREATE EVENT TRIGGER builds ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION watch.build()",
];

/// Those of tables with few rows, and of the two steps that an older process does not stand: see `changes`.
const SHUT: [&str; 14] = [
    "ix_conflicts_opened_at",
    "ix_outbox_number_hash_created_at",
    "ix_phone_codes_address_block_sent_at",
    "ix_phone_codes_app_sent_at",
    "ix_phone_codes_device_id_sent_at",
    "ix_phone_codes_link_id_sent_at",
    "ix_phone_codes_number_hash_sent_at",
    "ix_phone_codes_user_id_sent_at",
    "ix_service_tokens_made_by",
    "uq_phone_codes_human_hash",
    "uq_phone_codes_number_hash_ordinal",
    "uq_phones_active_hash",
    "uq_sessions_family_hash",
    "uq_sessions_refresh_hash",
];

#[tokio::test]
async fn large_tables_get_their_indexes_beside_writers() {
    let database = Database::empty(Server::Postgres).await;
    for statement in WATCH {
        database.run(statement).await;
    }
    for step in EVERY_STEP {
        migration::up_to(database.url(), step).await.expect("the step");
        database.run("INSERT INTO watch.older SELECT tablename FROM pg_tables WHERE schemaname = 'public'").await;
    }

    let db = sea_orm::Database::connect(database.url()).await.expect("a connection");
    let built =
        Statement::from_string(db.get_database_backend(), "SELECT DISTINCT name FROM watch.built ORDER BY name");
    let built = db.query_all_raw(built).await.expect("names");
    let built: Vec<String> = built.iter().map(|row| row.try_get("", "name").expect("a name")).collect();
    db.close().await.expect("a connection that ends");
    assert_eq!(built, SHUT);
}
