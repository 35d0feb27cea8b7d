//! Migrated databases that are copied instead of migrated again: a test run needs thousands of them.
//!
//! `scripts/with-databases` names a directory of its run in `GUIYI_TEST_TEMPLATES`. The first test makes what the others copy:
//! a file for SQLite, a template database for PostgreSQL, a script of statements for MariaDB. Without the variable each
//! database is migrated.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm_migration::sea_orm::{
    ConnectionTrait, Database as Connect, DatabaseConnection, DbBackend, DbErr, Statement,
};

use super::{Database, Server, beside, execute, url_of};

/// The name of PostgreSQL's template.
const TEMPLATE: &str = "guiyi_template";

/// Returns the directory of the run.
pub(super) fn directory() -> Option<PathBuf> {
    std::env::var_os("GUIYI_TEST_TEMPLATES").map(PathBuf::from)
}

/// Makes a migrated database from the template of its server.
pub(super) async fn copy(server: Server) -> Option<Database> {
    let directory = directory()?;
    let template = directory.join(format!("{server:?}"));
    let lock = lock(&template.with_extension("lock")).await;
    if !template.exists() {
        let unfinished = template.with_extension("unfinished");
        make(server, &unfinished).await;
        fs::rename(&unfinished, &template).expect("a directory of the run");
    }
    drop(lock);
    Some(match server {
        Server::Sqlite => {
            let database = Database::in_folder();
            let file = database.url.strip_prefix("sqlite:").expect("the URL of a file");
            fs::copy(&template, file).expect("a copy of a file");
            database
        }
        Server::Postgres => Database::on_server(server, &format!("TEMPLATE {TEMPLATE}")).await,
        Server::MariaDb => {
            let database = Database::empty(server).await;
            let script = fs::read_to_string(&template).expect("a script");
            execute(&database.url, &script).await.expect("the statements of a migrated database");
            database
        }
    })
}

/// Waits for the other processes and tasks that use the template.
async fn lock(path: &Path) -> File {
    let file = File::create(path).expect("a directory of the run");
    loop {
        match file.try_lock() {
            Ok(()) => return file,
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(TryLockError::Error(error)) => panic!("{} cannot be locked: {error}", path.display()),
        }
    }
}

/// Makes the template of a server, and writes the file that stands for it.
async fn make(server: Server, file: &Path) {
    match server {
        Server::Sqlite => {
            // What is left of an attempt that was killed.
            let _ = fs::remove_file(file);
            crate::up(&format!("sqlite:{}", file.display())).await.expect("a fresh database can be migrated");
        }
        Server::Postgres => {
            let admin = url_of(server);
            execute(&admin, &format!("DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")).await.expect("no template");
            execute(&admin, &format!("CREATE DATABASE {TEMPLATE}")).await.expect("the test server makes a database");
            crate::up(&beside(&admin, TEMPLATE)).await.expect("a fresh database can be migrated");
            fs::write(file, TEMPLATE).expect("a directory of the run");
        }
        Server::MariaDb => {
            let migrated = Database::empty(server).await;
            crate::up(&migrated.url).await.expect("a fresh database can be migrated");
            let db = Connect::connect(migrated.url.as_str()).await.expect("the database answers");
            let script = script(&db).await.expect("the catalogue");
            db.close().await.expect("a connection that ends");
            migrated.drop_now().await;
            fs::write(file, script).expect("a directory of the run");
        }
    }
}

/// Returns the statements that make MariaDB's database again: its tables, the names of the migrations, and its triggers.
async fn script(db: &DatabaseConnection) -> Result<String, DbErr> {
    let names = texts(db, "SELECT CONCAT('(', QUOTE(version), ',', applied_at, ')') FROM seaql_migrations", 0).await?;
    let mut statements = vec!["SET foreign_key_checks = 0".to_owned()];
    statements.extend(tables(db).await?);
    statements.push(format!("INSERT INTO seaql_migrations (version, applied_at) VALUES {}", names.join(", ")));
    statements.extend(triggers(db).await?);
    Ok(statements.join(";\n"))
}

async fn tables(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    // OceanBase puts the name of the database before that of a table that a foreign key refers to.
    let own = format!("`{}`.", texts(db, "SELECT DATABASE()", 0).await?.concat());
    let mut tables = Vec::new();
    for table in texts(db, "SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'", 0).await? {
        let create = texts(db, &format!("SHOW CREATE TABLE `{table}`"), 1).await?;
        tables.extend(create.iter().map(|create| create.replace(&own, "")));
    }
    Ok(tables)
}

async fn triggers(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let mut triggers = Vec::new();
    for trigger in texts(db, "SHOW TRIGGERS", 0).await? {
        triggers.extend(definition(db, &trigger).await?);
    }
    Ok(triggers)
}

/// Returns the statement that creates a trigger again.
pub(super) async fn definition(db: &DatabaseConnection, trigger: &str) -> Result<Vec<String>, DbErr> {
    let create = texts(db, &format!("SHOW CREATE TRIGGER `{trigger}`"), 2).await?;
    // The one who makes the copy defines its triggers.
    let of_the_copy = |create: &String| match create.split_once("TRIGGER") {
        Some((_, rest)) => format!("CREATE TRIGGER{rest}"),
        None => create.clone(),
    };
    Ok(create.iter().map(of_the_copy).collect())
}

pub(super) async fn texts(db: &DatabaseConnection, sql: &str, column: usize) -> Result<Vec<String>, DbErr> {
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    rows.iter().map(|row| row.try_get_by_index(column)).collect()
}

impl Database {
    /// Makes a database with the same tables and the same migrations, of one that has no other rows and that nothing uses.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn copied(&self) -> Self {
        if let Some(file) = self.url.strip_prefix("sqlite:") {
            let copy = Self::in_folder();
            fs::copy(file, copy.url.trim_start_matches("sqlite:")).expect("a copy of a file");
            return copy;
        }
        let db = Connect::connect(self.url()).await.expect("the database answers");
        if db.get_database_backend() == DbBackend::Postgres {
            db.close().await.expect("a connection that ends");
            let name = self.url.rsplit('/').next().unwrap_or_default();
            return Self::on_server(Server::Postgres, &format!("TEMPLATE {name}")).await;
        }
        let script = script(&db).await.expect("the catalogue");
        db.close().await.expect("a connection that ends");
        let copy = Self::empty(Server::MariaDb).await;
        execute(&copy.url, &script).await.expect("the statements of the database");
        copy
    }

    /// Returns how the database defines its tables, indexes, constraints and triggers.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn definitions(&self) -> Vec<String> {
        const SQLITE: &str = "SELECT COALESCE(sql, name) FROM sqlite_schema ORDER BY type, name";
        const POSTGRES: &str = "SELECT definition FROM ( \
            SELECT concat_ws(' ', table_name, column_name, data_type, character_maximum_length, is_nullable, column_default) \
                AS definition FROM information_schema.columns WHERE table_schema = 'public' \
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' \
            UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid > 0 \
            UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal \
            UNION ALL SELECT prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace) AS d ORDER BY definition";
        let db = Connect::connect(self.url()).await.expect("the database answers");
        let definitions = match db.get_database_backend() {
            DbBackend::Sqlite => texts(&db, SQLITE, 0).await,
            DbBackend::Postgres => texts(&db, POSTGRES, 0).await,
            _ => tables_and_triggers(&db).await,
        };
        db.close().await.expect("a connection that ends");
        definitions.expect("the catalogue")
    }
}

async fn tables_and_triggers(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let tables = tables(db).await?;
    let mut definitions: Vec<_> = tables.iter().map(|create| in_one_order(create)).chain(triggers(db).await?).collect();
    definitions.sort_unstable();
    Ok(definitions)
}

/// Puts the foreign keys of a table in one order, which OceanBase does not.
fn in_one_order(create: &str) -> String {
    let lines = create.lines().map(|line| line.trim_end_matches([',', ' ']));
    let (mut keys, other): (Vec<_>, Vec<_>) = lines.partition(|line| line.trim_start().starts_with("CONSTRAINT "));
    keys.sort_unstable();
    [other, keys].concat().join("\n")
}
