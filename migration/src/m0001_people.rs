//! Accounts, their keys, the journal of links and the cases for operators.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{create, id, index, key, number, references, table, text, unique};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0001_people"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        users(manager).await?;
        open_ids(manager).await?;
        union_ids(manager).await?;
        phones(manager).await?;
        link_events(manager).await?;
        conflicts(manager).await
    }
}

async fn users(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("id"), key("status", 16), number("created_at"), number("updated_at")];
    let optional = vec![id("merged_into"), key("nickname", 255), key("avatar_url", 512), key("external_id", 128)];
    let mut users = table("users", required, optional);
    let indexes = vec![
        // Serves the import, which finds accounts by the company's id.
        unique("users", &["external_id"]),
    ];
    create(manager, users.foreign_key(&mut references("users", "merged_into", "users")).to_owned(), indexes).await
}

async fn open_ids(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("id"), key("app", 128), key("open_id", 255), number("created_at")];
    let optional =
        vec![id("user_id"), key("nickname", 255), key("avatar_url", 512), number("linked_at"), number("last_login_at")];
    let mut open_ids = table("open_ids", required, optional);
    let indexes = vec![
        // Serves every login and every report of an order.
        unique("open_ids", &["app", "open_id"]),
        // R9: one open id per app. Serves a person's open ids and the first half of a person's orders.
        unique("open_ids", &["user_id", "app"]),
    ];
    create(manager, open_ids.foreign_key(&mut references("open_ids", "user_id", "users")).to_owned(), indexes).await
}

async fn union_ids(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("id"), key("scope", 64), key("union_id", 255), id("user_id"), number("created_at")];
    let mut union_ids = table("union_ids", required, vec![]);
    let indexes = vec![
        // In this order because accounts are found by the unionId alone, too.
        unique("union_ids", &["union_id", "scope"]),
        // R9: one union id per scope. Serves the daily login and a person's union ids.
        unique("union_ids", &["user_id", "scope"]),
    ];
    create(manager, union_ids.foreign_key(&mut references("union_ids", "user_id", "users")).to_owned(), indexes).await
}

async fn phones(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("id"), id("user_id"), key("number", 32), key("proof", 16), number("created_at")];
    let optional = vec![key("active_number", 32), id("active_user"), number("verified_at"), number("last_proof_at")];
    let mut phones = table("phones", required, optional);
    phones.foreign_key(&mut references("phones", "user_id", "users"));
    phones.foreign_key(&mut references("phones", "active_user", "users"));
    let indexes = vec![
        // One active account per number. Serves the search for a number's owner.
        unique("phones", &["active_number"]),
        // R9: one active phone per account. Serves every read of a person.
        unique("phones", &["active_user"]),
        // Serves the foreign key.
        index("phones", &["user_id"]),
    ];
    create(manager, phones, indexes).await
}

async fn link_events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![
        id("id"),
        id("user_id"),
        key("rule", 16),
        text("evidence"),
        key("actor", 64),
        number("at"),
        text("before"),
        text("after"),
    ];
    let mut events = table("link_events", required, vec![id("other_user_id")]);
    events.foreign_key(&mut references("link_events", "user_id", "users"));
    events.foreign_key(&mut references("link_events", "other_user_id", "users"));
    let indexes = vec![
        // Serve the journal of an account in either role.
        index("link_events", &["user_id", "at"]),
        index("link_events", &["other_user_id", "at"]),
    ];
    create(manager, events, indexes).await
}

async fn conflicts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("id"), key("kind", 32), id("user_id"), number("opened_at")];
    let optional =
        vec![key("open_key", 512), id("other_user_id"), key("scope", 64), key("union_id", 255), number("closed_at")];
    let mut conflicts = table("conflicts", required, optional);
    conflicts.foreign_key(&mut references("conflicts", "user_id", "users"));
    conflicts.foreign_key(&mut references("conflicts", "other_user_id", "users"));
    let indexes = vec![
        // One open case of a kind.
        unique("conflicts", &["open_key"]),
        // Serves the list of open cases, oldest first.
        index("conflicts", &["closed_at", "opened_at"]),
        // Serve the foreign keys.
        index("conflicts", &["user_id"]),
        index("conflicts", &["other_user_id"]),
    ];
    create(manager, conflicts, indexes).await
}
