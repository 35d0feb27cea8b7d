//! Erasing people: what is scheduled and done, and which entries of the journal and the audit had their words about a
//! person removed. Links record when the profile was told.

use sea_orm_migration::prelude::{
    DbErr, IndexCreateStatement, MigrationName, MigrationTrait, SchemaManager, async_trait,
};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::table::{add_columns, add_index, create, hash, id, index, key, number, references, table};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0024_erasure"
    }
}

/// The tables with words about people, each with its name in the chain, and the columns that never change. The others
/// have the words.
const TABLES: [(&str, &str, &[&str]); 2] = [
    ("audit_events", "audit", &["id", "at", "action", "app", "user_id", "session_id", "actor", "token_id"]),
    ("link_events", "journal", &["id", "user_id", "other_user_id", "rule", "actor", "session_id", "at"]),
];

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Empty for profiles from before: a revocation then removes them, whenever it happened.
        let told = vec![number("nickname_at"), number("avatar_url_at")];
        add_columns(manager, "open_ids", told).await?;
        add_index(manager, "open_ids", cancelled()).await?;
        erasures(manager).await?;
        redactions(manager).await?;
        for (table, source, facts) in TABLES {
            allow_redactions(manager, (table, source), facts).await?;
        }
        Ok(())
    }
}

/// Serves the search for accounts that were cancelled at their upstream (R12).
pub(crate) fn cancelled() -> IndexCreateStatement {
    index("open_ids", &["cancelled_at"])
}

async fn erasures(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("user_id"), key("cause", 16), number("asked_at"), number("due_at")];
    let optional = vec![number("lease_until"), number("erased_at"), number("settled_at")];
    let mut erasures = table("erasures", required, optional);
    erasures.foreign_key(&mut references("erasures", "user_id", "users"));
    let indexes = vec![
        // Serves the search for what is due: `settled_at` is null until nothing is left to do.
        index("erasures", &["settled_at", "due_at"]),
    ];
    create(manager, erasures, indexes).await
}

/// A redaction is an event of the chain, too. It has the hashes of the row before and after, so that the chain stays
/// provable: see ADR 0069.
async fn redactions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required =
        vec![id("id"), key("source", 8), id("event_id"), hash("content_before"), hash("content_after"), number("at")];
    let indexes = vec![
        // Serves the check of the chain and the triggers.
        index("redactions", &["event_id"]),
    ];
    create(manager, table("redactions", required, vec![]), indexes).await?;
    queue(manager).await?;
    append_only(manager).await
}

async fn queue(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let insert = "INSERT INTO audit_unsealed (event_id, source) VALUES (NEW.id, 'redacted')";
    let trigger = match manager.get_database_backend() {
        DbBackend::Postgres => {
            let function = function("redactions_queue", &format!("BEGIN {insert}; RETURN NULL; END"));
            manager.get_connection().execute_unprepared(&function).await?;
            "CREATE TRIGGER redactions_queue AFTER INSERT ON redactions \
             FOR EACH ROW EXECUTE FUNCTION redactions_queue()"
                .to_owned()
        }
        DbBackend::Sqlite => format!("CREATE TRIGGER redactions_queue AFTER INSERT ON redactions BEGIN {insert}; END"),
        // MySQL commits every trigger by itself: a step that was interrupted goes on where it was.
        _ => format!("CREATE TRIGGER IF NOT EXISTS redactions_queue AFTER INSERT ON redactions FOR EACH ROW {insert}"),
    };
    manager.get_connection().execute_unprepared(&trigger).await?;
    Ok(())
}

/// Refuses every UPDATE and DELETE of the redactions.
async fn append_only(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let message = "redactions is append-only";
    let triggers = match manager.get_database_backend() {
        DbBackend::Postgres => vec![
            function("redactions_refuse", &format!("BEGIN RAISE EXCEPTION '{message}'; END")),
            "CREATE TRIGGER redactions_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON redactions \
             FOR EACH STATEMENT EXECUTE FUNCTION redactions_refuse()"
                .to_owned(),
        ],
        DbBackend::Sqlite => {
            [("update", ""), ("delete", ""), ("insert", "WHEN EXISTS (SELECT 1 FROM redactions WHERE id = NEW.id)")]
                .map(|(act, when)| {
                    format!(
                        "CREATE TRIGGER redactions_refuse_{act} BEFORE {act} ON redactions {when} \
                     BEGIN SELECT RAISE(ABORT, '{message}'); END"
                    )
                })
                .to_vec()
        }
        _ => ["update", "delete"]
            .map(|act| {
                format!(
                    "CREATE TRIGGER IF NOT EXISTS redactions_refuse_{act} BEFORE {act} ON redactions \
                     FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{message}'"
                )
            })
            .to_vec(),
    };
    for trigger in triggers {
        manager.get_connection().execute_unprepared(&trigger).await?;
    }
    Ok(())
}

/// Replaces the trigger that refuses every UPDATE: it lets words be removed from a row whose redaction is recorded, and
/// refuses everything else. DELETE and TRUNCATE stay refused.
async fn allow_redactions(
    manager: &SchemaManager<'_>,
    (table, source): (&str, &str),
    facts: &[&str],
) -> Result<(), DbErr> {
    let message = format!("{table} is append-only");
    let is_recorded =
        format!("EXISTS (SELECT 1 FROM redactions r WHERE r.event_id = OLD.id AND r.source = '{source}')");
    let same = |equals: &str| facts.iter().map(|fact| format!("NEW.{fact} {equals} OLD.{fact}")).collect::<Vec<_>>();
    let statements = match manager.get_database_backend() {
        DbBackend::Postgres => {
            let allowed = format!("{} AND {is_recorded}", same("IS NOT DISTINCT FROM").join(" AND "));
            let body = format!("BEGIN IF {allowed} THEN RETURN NEW; END IF; RAISE EXCEPTION '{message}'; END");
            vec![
                format!("DROP TRIGGER IF EXISTS {table}_refuse ON {table}"),
                format!(
                    "CREATE TRIGGER {table}_refuse BEFORE DELETE OR TRUNCATE ON {table} \
                     FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
                ),
                function(&format!("{table}_refuse_update"), &body),
                format!(
                    "CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} \
                     FOR EACH ROW EXECUTE FUNCTION {table}_refuse_update()"
                ),
            ]
        }
        DbBackend::Sqlite => {
            let allowed = format!("{} AND {is_recorded}", same("IS").join(" AND "));
            vec![
                format!("DROP TRIGGER IF EXISTS {table}_refuse_update"),
                format!(
                    "CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} WHEN NOT ({allowed}) \
                     BEGIN SELECT RAISE(ABORT, '{message}'); END"
                ),
            ]
        }
        _ => {
            let allowed = format!("{} AND {is_recorded}", same("<=>").join(" AND "));
            vec![
                // MySQL commits every trigger by itself: a step that was interrupted goes on where it was.
                format!("DROP TRIGGER IF EXISTS {table}_refuse_update"),
                format!(
                    "CREATE TRIGGER IF NOT EXISTS {table}_refuse_update BEFORE UPDATE ON {table} FOR EACH ROW \
                     IF NOT ({allowed}) THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{message}'; END IF"
                ),
            ]
        }
    };
    for statement in statements {
        manager.get_connection().execute_unprepared(&statement).await?;
    }
    Ok(())
}

fn function(name: &str, body: &str) -> String {
    format!("CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
}
