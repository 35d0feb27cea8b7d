//! The data of a login from its beginning to its end, and the audit.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{add_columns, create, flag, hash, id, index, key, number, references, small_number, table, text};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0004_logins"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        kept_with_states(manager).await?;
        login_claims(manager).await?;
        audit_events(manager).await
    }
}

/// All may be null: logins are in progress while the table changes.
async fn kept_with_states(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let columns = vec![key("nonce", 64), key("code_verifier", 128), hash("challenge")];
    add_columns(manager, "login_states", columns).await
}

async fn login_claims(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    // The primary key decides which of several replicas exchanges a code.
    let required =
        vec![hash("code_hash"), key("app", 128), number("claimed_at"), number("expires_at"), small_number("refusals")];
    // The session is not a foreign key: a claim must outlive a deleted session.
    let optional = vec![
        hash("state_hash"),
        hash("verifier_hash"),
        id("session_id"),
        flag("is_new_user"),
        key("open_id", 255),
        key("union_id", 255),
        key("failure", 64),
        number("finished_at"),
    ];
    let indexes = vec![
        // Serves the purge.
        index("login_claims", &["expires_at"]),
    ];
    create(manager, table("login_claims", required, optional), indexes).await
}

async fn audit_events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("id"), number("at"), key("action", 64), text("detail")];
    // The session is not a foreign key: the audit must outlive the sessions.
    let mut events = table("audit_events", required, vec![key("app", 128), id("user_id"), id("session_id")]);
    events.foreign_key(&mut references("audit_events", "user_id", "users"));
    let indexes = vec![
        // Serves the list, newest first.
        index("audit_events", &["at", "id"]),
        // Serves the foreign key.
        index("audit_events", &["user_id"]),
    ];
    create(manager, events, indexes).await
}
