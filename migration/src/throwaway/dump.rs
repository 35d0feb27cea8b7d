//! Everything that stands in a database, table by table, for tests that look for what must not be there, and for tests that
//! compare. Which tables there are is asked of the catalogue, so that a new one is never forgotten.

use std::collections::BTreeMap;

use sea_orm_migration::sea_orm::{
    ConnectOptions, ConnectionTrait, Database as Connect, DatabaseConnection, DbBackend, DbErr, Statement,
};

use super::Database;

/// One value of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The table and the column.
    pub place: String,
    /// What stands there: text as it is, numbers in decimals.
    pub bytes: Vec<u8>,
}

/// The values of a row by column, in the form of [`Cell::bytes`].
pub type Row = BTreeMap<String, Option<Vec<u8>>>;

impl Database {
    async fn connect(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(self.url());
        options.sqlx_logging(false);
        // OceanBase allows few prepared statements, and each column has one of its own.
        options.map_sqlx_mysql_opts(|options| options.statement_cache_capacity(0));
        Connect::connect(options).await.expect("the database answers")
    }

    /// Every row of every table, by table.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn rows(&self) -> BTreeMap<String, Vec<Row>> {
        let db = self.connect().await;
        let rows = rows(&db).await.expect("a dump");
        db.close().await.expect("a connection that ends");
        rows
    }

    /// Every value of every row of every table.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn dump(&self) -> Vec<Cell> {
        let db = self.connect().await;
        let cells = dump(&db).await.expect("a dump");
        db.close().await.expect("a connection that ends");
        cells
    }

    /// Every column of every table, as `table.column`.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn columns(&self) -> Vec<String> {
        let db = self.connect().await;
        let backend = db.get_database_backend();
        let rows = db.query_all_raw(Statement::from_string(backend, columns(backend))).await.expect("the catalogue");
        db.close().await.expect("a connection that ends");
        let text = |row: &sea_orm_migration::sea_orm::QueryResult, column: &str| -> String {
            row.try_get("", column).expect("a name")
        };
        rows.iter().map(|row| format!("{}.{}", text(row, "t"), text(row, "c"))).collect()
    }

    /// Runs statements that no program of today would.
    ///
    /// # Panics
    /// When one fails.
    pub async fn execute(&self, statements: &[String]) {
        let db = self.connect().await;
        for statement in statements {
            db.execute_unprepared(statement).await.expect("a statement that the database knows");
        }
        db.close().await.expect("a connection that ends");
    }

    /// The files of a SQLite database as they lie on the disk, with what is no longer in use. None of a server's.
    ///
    /// # Panics
    /// When a file cannot be read.
    #[must_use]
    pub fn files(&self) -> Vec<Cell> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let files = std::fs::read_dir(folder.path()).expect("the folder of the database");
        let read = |entry: std::io::Result<std::fs::DirEntry>| {
            let entry = entry.expect("an entry");
            let place = entry.file_name().to_string_lossy().into_owned();
            Cell { place, bytes: std::fs::read(entry.path()).expect("a file") }
        };
        files.map(read).collect()
    }
}

async fn dump(db: &DatabaseConnection) -> Result<Vec<Cell>, DbErr> {
    let backend = db.get_database_backend();
    let mut cells = Vec::new();
    for row in db.query_all_raw(Statement::from_string(backend, columns(backend))).await? {
        let (table, column): (String, String) = (row.try_get("", "t")?, row.try_get("", "c")?);
        let is_binary: bool = row.try_get::<i32>("", "b")? != 0;
        let values = Statement::from_string(backend, values(backend, (&table, &column), is_binary));
        for value in db.query_all_raw(values).await? {
            let hex: Option<String> = value.try_get("", "v")?;
            let place = format!("{table}.{column}");
            cells.extend(hex.map(|hex| Cell { place, bytes: read_hex(&hex) }));
        }
    }
    Ok(cells)
}

async fn rows(db: &DatabaseConnection) -> Result<BTreeMap<String, Vec<Row>>, DbErr> {
    let backend = db.get_database_backend();
    let mut tables: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for row in db.query_all_raw(Statement::from_string(backend, columns(backend))).await? {
        let is_binary: bool = row.try_get::<i32>("", "b")? != 0;
        tables.entry(row.try_get("", "t")?).or_default().push((row.try_get("", "c")?, is_binary));
    }
    let mut all = BTreeMap::new();
    for (table, columns) in tables {
        let values = columns.iter().map(|(column, is_binary)| value(backend, column, *is_binary)).collect::<Vec<_>>();
        let select = format!("SELECT {} FROM {}", values.join(", "), quoted(backend, &table));
        let mut rows = Vec::new();
        for row in db.query_all_raw(Statement::from_string(backend, select)).await? {
            let cell = |(at, (column, _)): (usize, &(String, bool))| {
                let hex: Option<String> = row.try_get_by_index(at)?;
                Ok((column.clone(), hex.map(|hex| read_hex(&hex))))
            };
            rows.push(columns.iter().enumerate().map(cell).collect::<Result<Row, DbErr>>()?);
        }
        all.insert(table, rows);
    }
    Ok(all)
}

/// All columns of all tables: `t`, `c`, and in `b` whether it is binary.
fn columns(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Sqlite => {
            "SELECT m.name AS t, p.name AS c, 1 AS b FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'"
        }
        DbBackend::Postgres => {
            "SELECT table_name::text AS t, column_name::text AS c, CASE WHEN data_type = 'bytea' THEN 1 ELSE 0 END AS b \
             FROM information_schema.columns WHERE table_schema = current_schema()"
        }
        _ => {
            "SELECT CAST(table_name AS CHAR) AS t, CAST(column_name AS CHAR) AS c, CAST(1 AS SIGNED) AS b \
             FROM information_schema.columns WHERE table_schema = DATABASE()"
        }
    }
}

/// All values of a column, in hexadecimal, in `v`.
fn values(backend: DbBackend, (table, column): (&str, &str), is_binary: bool) -> String {
    format!("SELECT {} AS v FROM {}", value(backend, column, is_binary), quoted(backend, table))
}

/// The value of a column, in hexadecimal.
fn value(backend: DbBackend, column: &str, is_binary: bool) -> String {
    let column = quoted(backend, column);
    match backend {
        // `hex` makes an empty text of null.
        DbBackend::Sqlite => format!("CASE WHEN {column} IS NOT NULL THEN hex(CAST({column} AS BLOB)) END"),
        DbBackend::Postgres if is_binary => format!("encode({column}, 'hex')"),
        DbBackend::Postgres => format!("encode(convert_to({column}::text, 'UTF8'), 'hex')"),
        _ => format!("HEX(CAST({column} AS BINARY))"),
    }
}

fn quoted(backend: DbBackend, name: &str) -> String {
    if backend == DbBackend::MySql { format!("`{name}`") } else { format!("\"{name}\"") }
}

fn read_hex(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    (0..hex.len() / 2).map(|at| digit(at * 2)).collect()
}
