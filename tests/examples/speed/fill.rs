//! Writes the company into a fresh database, in bulk: no request of the API would be fast enough for a million orders.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use acceptance::Server;
use domain::Timestamp;
use domain::order::Month;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, Executor, PgConnection, SqliteConnection};
use uuid::Uuid;

use crate::people::{self, APPS, Of, Plan, SCOPE};

/// Rows per statement on SQLite, and per message to PostgreSQL.
const ROWS: usize = 1000;

enum Target {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A value of a row. The texts contain nothing that SQL or COPY would interpret.
enum Field<'a> {
    Id(Uuid),
    Text(&'a str),
    Int(i64),
    Null,
}

use Field::{Id, Int, Null, Text};

/// Fills a migrated database that no other process has open.
pub(crate) async fn fill(server: Server, url: &str, plan: &Plan) {
    let mut target = Target::open(server, url).await;
    target.people(plan).await;
    target.links(plan).await;
    target.union_ids(plan).await;
    target.orders(plan).await;
    target.items(plan).await;
    target.close().await;
}

impl Target {
    async fn open(server: Server, url: &str) -> Self {
        if server == Server::Postgres {
            let mut connection = PgConnection::connect(url).await.expect("the database answers");
            // The rows are valid, so their foreign keys need no check.
            connection.execute("SET session_replication_role = replica").await.expect("a superuser");
            return Self::Postgres(connection);
        }
        let options: SqliteConnectOptions = url.parse().expect("an address of a database");
        let options = options
            .disable_statement_logging()
            .foreign_keys(false)
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off)
            .pragma("cache_size", "-262144");
        Self::Sqlite(options.connect().await.expect("the database opens"))
    }

    async fn close(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await.expect("the database closes"),
            Self::Postgres(mut connection) => {
                // Does what autovacuum does, which the tests' server has switched off.
                connection.execute("VACUUM ANALYZE").await.expect("statistics");
                connection.close().await.expect("the database closes");
            }
        }
    }

    async fn people(&mut self, plan: &Plan) {
        let mut table = Rows::of("users (id, status, nickname, external_id, created_at, updated_at)");
        for person in 0..plan.people() {
            let at = people::began();
            let (nickname, external_id) = (format!("Buyer {person}"), people::external_id(person));
            table.add(self, &[Id(user(person)), Text("ACTIVE"), Text(&nickname), Text(&external_id), Int(at), Int(at)]);
            table.flush_if_full(self).await;
        }
        table.flush(self).await;
    }

    async fn links(&mut self, plan: &Plan) {
        let mut table = Rows::of("open_ids (id, app, open_id, user_id, created_at, linked_at, last_login_at)");
        for person in 0..plan.people() {
            for app in people::apps(person) {
                let at = people::began();
                let (app_id, open_id) = (people::app_id(app), people::open_id(app, person));
                let (link, user) = (link(person, app), user(person));
                table.add(self, &[Id(link), Text(&app_id), Text(&open_id), Id(user), Int(at), Int(at), Null]);
            }
            table.flush_if_full(self).await;
        }
        table.flush(self).await;
    }

    async fn union_ids(&mut self, plan: &Plan) {
        let mut table = Rows::of("union_ids (id, scope, union_id, user_id, created_at)");
        for person in 0..plan.people() {
            let (at, union_id) = (people::began(), people::union_id(person));
            let id = people::id(Of::Union, at, person as u64);
            table.add(self, &[Id(id), Text(SCOPE), Text(&union_id), Id(user(person)), Int(at)]);
            table.flush_if_full(self).await;
        }
        table.flush(self).await;
    }

    async fn orders(&mut self, plan: &Plan) {
        let columns =
            "orders (id, link_id, app, order_no, status, total_minor, currency, placed_at, created_at, updated_at)";
        let mut table = Rows::of(columns);
        let mut sums = BTreeMap::<_, (i64, i64)>::new();
        for order in 0..plan.orders {
            let (person, at) = (plan.buyer(order), plan.placed_at(order));
            let app = people::app_of(order, person);
            let (id, link) = (people::id(Of::Order, at, order), link(person, app));
            let (app, number, total) = (people::app_id(app), format!("N{order:012}"), 100 * lines(order));
            let status = if order % 20 == 0 { "REFUNDED" } else { "COMPLETED" };
            let sum = sums.entry((link, Month::of(Timestamp::from_millis(at)), status)).or_default();
            *sum = (sum.0 + 1, sum.1 + total);
            let times = [Int(at), Int(at), Int(at)];
            let [placed, created, updated] = times;
            let (number, app) = (Text(&number), Text(&app));
            let row = [Id(id), Id(link), app, number, Text(status), Int(total), Text("CNY"), placed, created, updated];
            table.add(self, &row);
            table.flush_if_full(self).await;
        }
        table.flush(self).await;
        self.sums(sums).await;
    }

    /// Writes the sums that the service keeps while it records orders.
    async fn sums(&mut self, sums: BTreeMap<(Uuid, Month, &str), (i64, i64)>) {
        let columns = "order_totals (link_id, month, status, currency, orders, total_billions, total_minor)";
        let mut table = Rows::of(columns);
        for ((link, month, status), (orders, total)) in sums {
            let month = month.to_string().replace('-', "").parse().expect("a year and a month");
            table.add(self, &[Id(link), Int(month), Text(status), Text("CNY"), Int(orders), Int(0), Int(total)]);
            table.flush_if_full(self).await;
        }
        table.flush(self).await;
    }

    async fn items(&mut self, plan: &Plan) {
        let columns =
            "order_items (id, order_id, position, sku, title, quantity, quantity_micros, unit_minor, unit_micros)";
        let mut table = Rows::of(columns);
        for order in 0..plan.orders {
            let at = plan.placed_at(order);
            for line in 0..lines(order) {
                let number = order * 4 + line.unsigned_abs();
                let (id, order) = (people::id(Of::Item, at, number), people::id(Of::Order, at, order));
                let (sku, title) = (format!("SKU-{:05}", number % 20_000), format!("Article {}", number % 20_000));
                let (sku, title) = (Text(&sku), Text(&title));
                table.add(self, &[Id(id), Id(order), Int(line), sku, title, Int(1), Int(0), Int(100), Int(0)]);
            }
            table.flush_if_full(self).await;
        }
        table.flush(self).await;
    }
}

/// Returns how many items an order has: one to three.
fn lines(order: u64) -> i64 {
    1 + i64::try_from(people::mix(order) >> 33).unwrap_or_default() % 3
}

fn user(person: usize) -> Uuid {
    people::id(Of::User, people::began(), person as u64)
}

fn link(person: usize, app: usize) -> Uuid {
    people::id(Of::Link, people::began(), (person * APPS + app) as u64)
}

/// Rows of a table that are not written yet: the end of an INSERT, or text for COPY.
struct Rows {
    /// The table and its columns.
    table: &'static str,
    text: String,
    count: usize,
}

impl Rows {
    fn of(table: &'static str) -> Self {
        Self { table, text: String::new(), count: 0 }
    }

    fn add(&mut self, target: &Target, row: &[Field<'_>]) {
        let out = &mut self.text;
        let is_sqlite = matches!(target, Target::Sqlite(_));
        if is_sqlite {
            out.push_str(if self.count == 0 { "(" } else { ",(" });
        }
        for (at, field) in row.iter().enumerate() {
            if at > 0 {
                out.push(if is_sqlite { ',' } else { '\t' });
            }
            let _ = match (field, is_sqlite) {
                (Id(id), true) => write!(out, "X'{}'", id.simple()),
                (Id(id), false) => write!(out, "{id}"),
                (Text(text), true) => write!(out, "'{text}'"),
                (Text(text), false) => write!(out, "{text}"),
                (Int(number), _) => write!(out, "{number}"),
                (Null, true) => write!(out, "NULL"),
                (Null, false) => write!(out, "\\N"),
            };
        }
        out.push(if is_sqlite { ')' } else { '\n' });
        self.count += 1;
    }

    async fn flush_if_full(&mut self, target: &mut Target) {
        if self.count >= ROWS {
            self.flush(target).await;
        }
    }

    async fn flush(&mut self, target: &mut Target) {
        if self.count == 0 {
            return;
        }
        let (table, text) = (self.table, std::mem::take(&mut self.text));
        match target {
            Target::Sqlite(connection) => {
                let insert = format!("INSERT INTO {table} VALUES {text}");
                connection.execute(AssertSqlSafe(insert)).await.expect("the rows are right");
            }
            Target::Postgres(connection) => {
                let copy = connection.copy_in_raw(&format!("COPY {table} FROM STDIN")).await;
                let mut copy = copy.expect("the table is there");
                copy.send(text.into_bytes()).await.expect("the database reads");
                copy.finish().await.expect("the rows are right");
            }
        }
        self.count = 0;
    }
}
