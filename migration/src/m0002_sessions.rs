//! Sessions, refresh tokens, login states, SMS codes and service tokens.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{create, hash, id, index, key, number, part_of, references, small_number, table, text, unique};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0002_sessions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sessions(manager).await?;
        refresh_tokens(manager).await?;
        login_states(manager).await?;
        phone_codes(manager).await?;
        service_tokens(manager).await
    }
}

async fn sessions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("id"), id("user_id"), number("signed_in_at"), number("expires_at")];
    let mut sessions = table("sessions", required, vec![key("app", 128), number("ended_at")]);
    let indexes = vec![
        // Serves the end of all sessions of an account.
        index("sessions", &["user_id"]),
        // Serves the purge.
        index("sessions", &["expires_at"]),
    ];
    create(manager, sessions.foreign_key(&mut references("sessions", "user_id", "users")).to_owned(), indexes).await
}

async fn refresh_tokens(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![hash("hash"), id("session_id"), number("created_at"), number("expires_at")];
    let mut tokens = table("refresh_tokens", required, vec![number("spent_at")]);
    tokens.foreign_key(&mut part_of("refresh_tokens", "session_id", "sessions"));
    let indexes = vec![
        // Serves the purge of sessions, whose tokens go with them.
        index("refresh_tokens", &["session_id"]),
        // Serves the purge.
        index("refresh_tokens", &["expires_at"]),
    ];
    create(manager, tokens, indexes).await
}

async fn login_states(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![hash("hash"), key("app", 64), text("return_to"), number("created_at"), number("expires_at")];
    let indexes = vec![
        // Serves the purge.
        index("login_states", &["expires_at"]),
    ];
    create(manager, table("login_states", required, vec![number("claimed_at")]), indexes).await
}

async fn phone_codes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    // The session is not a foreign key: the count of codes to a number must outlive the sessions that requested them.
    let required = vec![
        id("id"),
        key("number", 32),
        number("ordinal"),
        id("session_id"),
        hash("code_hash"),
        small_number("tries"),
        number("sent_at"),
        number("expires_at"),
    ];
    let indexes = vec![
        // Of two codes to one number at the same moment one is kept.
        unique("phone_codes", &["number", "ordinal"]),
        // Serves the limits per number.
        index("phone_codes", &["number", "sent_at"]),
        // Serves the limits per session and the search for the newest code.
        index("phone_codes", &["session_id", "sent_at"]),
        // Serves the purge.
        index("phone_codes", &["expires_at"]),
    ];
    create(manager, table("phone_codes", required, vec![number("used_at")]), indexes).await
}

async fn service_tokens(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("id"), hash("hash"), key("name", 255), text("scopes"), number("created_at")];
    let indexes = vec![
        // Serves every call of a back-office system.
        unique("service_tokens", &["hash"]),
    ];
    create(manager, table("service_tokens", required, vec![number("expires_at")]), indexes).await
}
