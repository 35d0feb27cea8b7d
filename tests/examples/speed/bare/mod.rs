//! Bare handlers: axum, prepared SQL and nothing else. Each runs the statements that the service runs for the same
//! request, and returns their results as JSON. They apply no rule, limit, signature or GraphQL, and check nothing.

mod cell;
mod reads;
mod statements;
mod writes;

use std::net::SocketAddr;
use std::time::Duration;

use acceptance::Server;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Executor, Postgres, Sqlite};
use tokio::net::TcpListener;

use cell::{Cell, Kind, bind, read};
pub(crate) use writes::Login;

/// Connections, as many as the service has.
const CONNECTIONS: u32 = 16;

/// The handlers' own connections.
#[derive(Debug, Clone)]
pub(crate) struct Bare {
    reads: Pool,
    /// On SQLite one connection, so that transactions wait for each other without polling. Else the same as `reads`.
    writes: Pool,
}

#[derive(Debug, Clone)]
enum Pool {
    Sqlite(sqlx::Pool<Sqlite>),
    Postgres(sqlx::Pool<Postgres>),
}

#[derive(Debug)]
enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A failed statement. The response is its text, which ends the benchmark.
#[derive(Debug)]
struct Failed(sqlx::Error);

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0.to_string()).into_response()
    }
}

impl Bare {
    /// Opens the connections, with the settings of the service.
    pub(crate) async fn open(server: Server, url: &str) -> Self {
        if server == Server::Postgres {
            let options: PgConnectOptions = url.parse().expect("an address of a database");
            let pool = options_of_pool(CONNECTIONS).connect_with(options.disable_statement_logging()).await;
            let pool = Pool::Postgres(pool.expect("the database answers"));
            return Self { reads: pool.clone(), writes: pool };
        }
        let options: SqliteConnectOptions = url.parse().expect("an address of a database");
        let options = options
            .disable_statement_logging()
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5));
        let open = async |connections| {
            let pool = options_of_pool(connections).connect_with(options.clone()).await;
            Pool::Sqlite(pool.expect("the database opens"))
        };
        Self { reads: open(CONNECTIONS).await, writes: open(1).await }
    }

    /// Serves the handlers on a free port of loopback.
    pub(crate) async fn serve(&self) -> SocketAddr {
        let router = Router::new()
            .route("/nothing", get(reads::nothing))
            .route("/me", get(reads::me))
            .route("/me/links", get(reads::links))
            .route("/orders", get(reads::orders))
            .route("/orders/items", get(reads::items))
            .route("/orders/count", get(reads::count))
            .route("/login", post(writes::login))
            .route("/login/new", post(writes::first_login))
            .route("/refresh", post(writes::refresh))
            .with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        // As in the service: a response does not wait for the acknowledgement of the previous one.
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a socket"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }
}

fn options_of_pool<DB: sqlx::Database>(connections: u32) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(connections)
        .min_connections(connections)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(30))
}

impl Pool {
    async fn take(&self) -> Result<Connection, Failed> {
        Ok(match self {
            Self::Sqlite(pool) => Connection::Sqlite(pool.acquire().await?),
            Self::Postgres(pool) => Connection::Postgres(pool.acquire().await?),
        })
    }

    /// Takes a connection and begins a transaction. A handler that fails ends the benchmark, so nothing is rolled back.
    async fn begin(&self) -> Result<Connection, Failed> {
        let mut connection = self.take().await?;
        match &mut connection {
            Connection::Sqlite(connection) => connection.execute("BEGIN IMMEDIATE").await.map(|_| ())?,
            Connection::Postgres(connection) => connection.execute("BEGIN").await.map(|_| ())?,
        }
        Ok(connection)
    }
}

impl Connection {
    /// Runs a query and reads all its rows.
    async fn rows(&mut self, sql: &'static str, given: Vec<Cell>, kinds: &[Kind]) -> Result<Vec<Vec<Cell>>, Failed> {
        match self {
            Self::Sqlite(connection) => {
                let rows = bind(sqlx::query::<Sqlite>(sql), given).fetch_all(&mut **connection).await?;
                Ok(rows.iter().map(|row| read(row, kinds)).collect::<Result<_, _>>()?)
            }
            Self::Postgres(connection) => {
                let rows = bind(sqlx::query::<Postgres>(sql), given).fetch_all(&mut **connection).await?;
                Ok(rows.iter().map(|row| read(row, kinds)).collect::<Result<_, _>>()?)
            }
        }
    }

    /// Runs a query and reads its first row.
    async fn row(&mut self, sql: &'static str, given: Vec<Cell>, kinds: &[Kind]) -> Result<Option<Vec<Cell>>, Failed> {
        Ok(self.rows(sql, given, kinds).await?.into_iter().next())
    }

    /// Runs a statement; returns how many rows it changed.
    async fn run(&mut self, sql: &'static str, given: Vec<Cell>) -> Result<u64, Failed> {
        Ok(match self {
            Self::Sqlite(connection) => {
                bind(sqlx::query::<Sqlite>(sql), given).execute(&mut **connection).await?.rows_affected()
            }
            Self::Postgres(connection) => {
                bind(sqlx::query::<Postgres>(sql), given).execute(&mut **connection).await?.rows_affected()
            }
        })
    }

    async fn commit(mut self) -> Result<(), Failed> {
        match &mut self {
            Self::Sqlite(connection) => connection.execute("COMMIT").await.map(|_| ())?,
            Self::Postgres(connection) => connection.execute("COMMIT").await.map(|_| ())?,
        }
        Ok(())
    }
}
