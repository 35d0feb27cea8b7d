//! Fresh, migrated databases with random names, for tests.
//! The servers they are on are started by `scripts/with-databases`.

mod dump;
mod lease;
mod template;

use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};

use sea_orm_migration::sea_orm::{ConnectOptions, ConnectionTrait, Database as Connect, DbErr, Statement};
use tempfile::TempDir;

pub use dump::{Cell, Row};

/// A kind of database server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// A file.
    Sqlite,
    /// The server that `GUIYI_TEST_POSTGRES_URL` names.
    Postgres,
    /// The server that `GUIYI_TEST_MARIADB_URL` names.
    MariaDb,
}

/// A database that goes away when it is dropped.
#[derive(Debug)]
pub struct Database {
    url: String,
    /// Where SQLite's file is. The folder deletes itself.
    folder: Option<TempDir>,
    on_server: Option<OnServer>,
    /// The lock of a database that other tests use again.
    lease: Option<File>,
}

#[derive(Debug)]
struct OnServer {
    url: String,
    drop: String,
}

impl Database {
    /// Makes a database with every table and no row.
    ///
    /// # Panics
    /// When the server is not named in the environment or does not answer.
    pub async fn create(server: Server) -> Self {
        // Boxed: the futures of tests are nested deeply enough.
        if server == Server::MariaDb && lease::are_used() {
            return Box::pin(lease::take()).await;
        }
        if let Some(database) = Box::pin(template::copy(server)).await {
            return database;
        }
        let database = Self::empty(server).await;
        Box::pin(crate::up(&database.url)).await.expect("a fresh database can be migrated");
        database
    }

    /// Makes a database as it was after a step, without a row.
    ///
    /// # Panics
    /// When the server is not named in the environment or does not answer.
    pub async fn as_of(server: Server, step: &str) -> Self {
        let database = Self::empty(server).await;
        crate::up_to(&database.url, step).await.expect("a fresh database can be migrated");
        database
    }

    /// Makes a database without tables.
    ///
    /// # Panics
    /// When the server is not named in the environment or does not answer.
    pub async fn empty(server: Server) -> Self {
        match server {
            Server::Sqlite => Self::in_folder(),
            Server::Postgres | Server::MariaDb => Self::on_server(server, "").await,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many rows a table has.
    ///
    /// # Panics
    /// When there is no such table.
    pub async fn count(&self, table: &str) -> i64 {
        let db = Connect::connect(self.url.as_str()).await.expect("the database answers");
        let count = Statement::from_string(db.get_database_backend(), format!("SELECT COUNT(*) AS n FROM {table}"));
        let row = db.query_one_raw(count).await.expect("a count").expect("a row");
        db.close().await.expect("a connection that ends");
        row.try_get("", "n").expect("a number")
    }

    /// Runs a statement, for what no part of the program does.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn run(&self, statement: &str) {
        execute(&self.url, statement).await.expect("the database runs it");
    }

    /// Deletes it now, instead of when it goes out of scope.
    ///
    /// # Panics
    /// When the server does not answer any more.
    pub async fn drop_now(mut self) {
        drop(self.folder.take());
        drop(self.lease.take());
        if let Some(OnServer { url, drop }) = self.on_server.take() {
            execute(&url, &drop).await.expect("a database of ours can be dropped");
        }
    }

    fn in_folder() -> Self {
        let folder = tempfile::Builder::new().prefix("guiyi-").tempdir().expect("a folder for a database");
        let file = folder.path().join("guiyi.db");
        Self { url: format!("sqlite:{}", file.display()), folder: Some(folder), on_server: None, lease: None }
    }

    /// Makes a database on a server, with the options of its `CREATE DATABASE`.
    async fn on_server(server: Server, options: &str) -> Self {
        let url = url_of(server);
        let name = format!("guiyi_{}_{:016x}", std::process::id(), random());
        execute(&url, &format!("CREATE DATABASE {name} {options}")).await.expect("the test server makes a database");
        let force = if server == Server::Postgres { "WITH (FORCE)" } else { "" };
        let drop = format!("DROP DATABASE IF EXISTS {name} {force}");
        Self { url: beside(&url, &name), folder: None, on_server: Some(OnServer { url, drop }), lease: None }
    }
}

/// Returns the URL of a server, as the environment names it.
fn url_of(server: Server) -> String {
    let variable = if server == Server::Postgres { "GUIYI_TEST_POSTGRES_URL" } else { "GUIYI_TEST_MARIADB_URL" };
    #[expect(clippy::disallowed_methods, reason = "tests are told where the servers are by the environment")]
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run the tests through scripts/with-databases, which starts a server")
    })
}

/// Returns the URL of another database of the same server.
fn beside(url: &str, name: &str) -> String {
    let (before, _) = url.rsplit_once('/').expect("a server's url ends with a slash and a database");
    format!("{before}/{name}")
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some(OnServer { url, drop }) = self.on_server.take() else { return };
        // A runtime cannot be entered twice, so the last words to the server are said on a thread of their own.
        let farewell = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(execute(&url, &drop)))
        });
        // Best effort: the server itself is thrown away soon.
        let _ = farewell.join();
    }
}

async fn execute(server: &str, sql: &str) -> Result<(), DbErr> {
    let mut options = ConnectOptions::new(server);
    options.max_connections(1).sqlx_logging(false);
    let db = Connect::connect(options).await?;
    db.execute_unprepared(sql).await?;
    db.close().await
}

/// Names need to differ, not to be secret.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
