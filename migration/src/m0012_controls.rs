//! Emergency controls: a list of sessions, revocable service tokens, and an append-only audit with a hash chain.

use sea_orm_migration::prelude::{
    DbErr, IndexCreateStatement, MigrationName, MigrationTrait, SchemaManager, async_trait,
};
use sea_orm_migration::sea_orm::prelude::Uuid;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::batch::{Batch, batch};
use crate::table::{add_columns, add_index, create, hash, id, index, key, number, part_of, table, unique};

/// The rows that one statement queues.
const BATCH: u64 = 10_000;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0012_controls"
    }
}

/// The append-only tables, each with its primary key.
const APPEND_ONLY: [(&str, &str); 3] = [("audit_events", "id"), ("link_events", "id"), ("audit_chain", "seq")];
/// The tables whose rows are sealed in the chain, each with its name there.
pub(crate) const CHAINED: [(&str, &str); 2] = [("audit_events", "audit"), ("link_events", "journal")];

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        shape(manager).await?;
        for index in indexes_of_audit() {
            add_index(manager, "audit_events", index).await?;
        }
        for table in CHAINED {
            let mut next = Some(Uuid::nil());
            while let Some(after) = next {
                next = queue(manager, table, after).await?;
            }
        }
        Ok(())
    }
}

/// Makes everything whose time does not depend on the number of rows. Does nothing where it was done.
pub(crate) async fn shape(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    // PostgreSQL made all of it in one transaction.
    if manager.get_database_backend() == DbBackend::Postgres && manager.has_table("audit_unsealed").await? {
        return Ok(());
    }
    add_columns(manager, "sessions", vec![key("address_block", 64), key("device", 64), number("last_used_at")]).await?;
    service_tokens(manager).await?;
    // The token is not a foreign key: the audit must outlive tokens.
    add_columns(manager, "audit_events", vec![key("actor", 64), id("token_id")]).await?;
    audit_chain(manager).await?;
    for table in CHAINED {
        queue_new(manager, table).await?;
    }
    for table in APPEND_ONLY {
        append_only(manager, table).await?;
    }
    Ok(())
}

pub(crate) fn indexes_of_audit() -> [IndexCreateStatement; 2] {
    [
        // Serves the list of one token's actions.
        index("audit_events", &["token_id", "at"]),
        // Serves the list of one kind of action.
        index("audit_events", &["action", "at"]),
    ]
}

async fn service_tokens(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let columns = vec![number("revoked_at"), number("last_used_at"), id("made_by")];
    add_columns(manager, "service_tokens", columns).await?;
    // Serves the revocation of a token with all that it created.
    add_index(manager, "service_tokens", index("service_tokens", &["made_by"])).await?;
    let required = vec![
        id("id"),
        id("token_id"),
        // Days since 1970.
        number("day"),
        key("address_block", 64),
        number("last_at"),
    ];
    let mut uses = table("service_token_uses", required, vec![]);
    uses.foreign_key(&mut part_of("service_token_uses", "token_id", "service_tokens"));
    let indexes = vec![
        // One row per day and block, however many requests and replicas.
        unique("service_token_uses", &["token_id", "day", "address_block"]),
        // Serves the purge.
        index("service_token_uses", &["last_at"]),
    ];
    create(manager, uses, indexes).await
}

/// The chain has its own rows, so that what it seals is never written again.
async fn audit_chain(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![
        // The primary key decides between two replicas that seal at once.
        number("seq"),
        key("source", 8),
        id("event_id"),
        hash("content"),
        hash("hash"),
        hash("mac"),
        key("key_id", 32),
        number("sealed_at"),
    ];
    let indexes = vec![
        // An event is sealed once.
        unique("audit_chain", &["event_id"]),
    ];
    create(manager, table("audit_chain", required, vec![]), indexes).await?;
    create(manager, table("audit_unsealed", vec![id("event_id"), key("source", 8)], vec![]), vec![]).await
}

/// Queues the next rows of the table, in the order of their ids. Returns the last of them, or none if there are no more.
pub(crate) async fn queue(
    manager: &SchemaManager<'_>,
    (table, source): (&str, &str),
    after: Uuid,
) -> Result<Option<Uuid>, DbErr> {
    let db = manager.get_connection();
    let backend = db.get_database_backend();
    let Batch { last, which, values } = batch(manager, table, "id", (after, BATCH)).await?;
    let insert = format!(
        "INSERT INTO audit_unsealed (event_id, source) SELECT id, '{source}' FROM {table} \
         WHERE {which} AND NOT EXISTS (SELECT 1 FROM audit_unsealed q WHERE q.event_id = {table}.id)"
    );
    db.execute_raw(Statement::from_sql_and_values(backend, insert, values)).await?;
    Ok(last)
}

/// Queues from now on every row that is written to the table, by any program.
async fn queue_new(manager: &SchemaManager<'_>, (table, source): (&str, &str)) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let insert = format!("INSERT INTO audit_unsealed (event_id, source) VALUES (NEW.id, '{source}')");
    let trigger = match manager.get_database_backend() {
        DbBackend::Postgres => {
            let body = format!("BEGIN {insert}; RETURN NULL; END");
            db.execute_unprepared(&function(&format!("{table}_queue"), &body)).await?;
            format!(
                "CREATE TRIGGER {table}_queue AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_queue()"
            )
        }
        DbBackend::Sqlite => format!("CREATE TRIGGER {table}_queue AFTER INSERT ON {table} BEGIN {insert}; END"),
        // MySQL commits every trigger by itself: a step that was interrupted goes on where it was.
        _ => format!("CREATE TRIGGER IF NOT EXISTS {table}_queue AFTER INSERT ON {table} FOR EACH ROW {insert}"),
    };
    db.execute_unprepared(&trigger).await?;
    Ok(())
}

/// Refuses every UPDATE and DELETE of the table.
async fn append_only(manager: &SchemaManager<'_>, (table, key): (&str, &str)) -> Result<(), DbErr> {
    let message = format!("{table} is append-only");
    let triggers = match manager.get_database_backend() {
        DbBackend::Postgres => {
            let body = format!("BEGIN RAISE EXCEPTION '{message}'; END");
            let refuse = function(&format!("{table}_refuse"), &body);
            // For the statement, because TRUNCATE has no rows.
            let trigger = format!(
                "CREATE TRIGGER {table}_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} \
                 FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
            );
            vec![refuse, trigger]
        }
        DbBackend::Sqlite => {
            let refuse = |act: &str, when: &str| {
                let name = act.to_lowercase();
                format!(
                    "CREATE TRIGGER {table}_refuse_{name} BEFORE {act} ON {table} {when} \
                     BEGIN SELECT RAISE(ABORT, '{message}'); END"
                )
            };
            // INSERT OR REPLACE deletes without a trigger of its own.
            let replaces = format!("WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})");
            vec![refuse("UPDATE", ""), refuse("DELETE", ""), refuse("INSERT", &replaces)]
        }
        _ => {
            let refuse = |act: &str| {
                let name = act.to_lowercase();
                format!(
                    "CREATE TRIGGER IF NOT EXISTS {table}_refuse_{name} BEFORE {act} ON {table} \
                     FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{message}'"
                )
            };
            vec![refuse("UPDATE"), refuse("DELETE")]
        }
    };
    for trigger in triggers {
        manager.get_connection().execute_unprepared(&trigger).await?;
    }
    Ok(())
}

fn function(name: &str, body: &str) -> String {
    format!("CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
}
