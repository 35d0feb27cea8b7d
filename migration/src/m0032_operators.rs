//! People who sign in at the support desk, and their sessions. Service tokens record the operator who created them.

use sea_orm_migration::prelude::{
    DbErr, IndexCreateStatement, MigrationName, MigrationTrait, SchemaManager, async_trait,
};

use crate::table::{add_columns, add_index, create, hash, id, index, key, number, part_of, table, unique};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0032_operators"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let required = vec![
            id("id"),
            key("app", 128),
            key("open_id", 255),
            key("name", 128),
            key("role", 16),
            key("added_by", 64),
            number("created_at"),
        ];
        let operators = table("operators", required, vec![number("removed_at"), number("last_login_at")]);
        let indexes = vec![
            // One person of an app is one operator. Serves the login.
            unique("operators", &["app", "open_id"]),
            // Serves the list.
            index("operators", &["created_at", "id"]),
        ];
        create(manager, operators, indexes).await?;
        sessions(manager).await?;
        add_columns(manager, "service_tokens", vec![id("made_by_operator")]).await?;
        add_index(manager, "audit_events", by_actor()).await
    }
}

/// Serves the audit of one operator.
pub(crate) fn by_actor() -> IndexCreateStatement {
    index("audit_events", &["actor", "at"])
}

async fn sessions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required =
        vec![hash("hash"), id("operator_id"), number("created_at"), number("expires_at"), number("last_used_at")];
    let mut sessions = table("operator_sessions", required, vec![]);
    sessions.foreign_key(&mut part_of("operator_sessions", "operator_id", "operators"));
    let indexes = vec![
        // Serves the removal of an operator.
        index("operator_sessions", &["operator_id"]),
        // Serves the purge.
        index("operator_sessions", &["expires_at"]),
    ];
    create(manager, sessions, indexes).await
}
