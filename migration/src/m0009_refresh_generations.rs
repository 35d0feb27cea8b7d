//! A session has the hash of its newest refresh token, and counts its generations. The table of tokens is dropped.

use sea_orm_migration::prelude::{Alias, DbErr, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};
use sea_orm_migration::sea_orm::ConnectionTrait;

use crate::table::{add_column_of_zeros, add_columns, add_index, hash, number, unique};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0009_refresh_generations"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // First, so that a process of the previous version can neither use nor issue a token that this step would miss: its
        // refresh fails, and the client's retry finds a process of this version.
        if manager.has_table("refresh_tokens").await? {
            let rename = Table::rename().table(Alias::new("refresh_tokens"), Alias::new("carried_tokens")).to_owned();
            manager.rename_table(rename).await?;
        }
        add_columns(manager, "sessions", vec![hash("refresh_hash"), hash("family_hash")]).await?;
        add_column_of_zeros(manager, "sessions", number("generation")).await?;
        // MySQL commits every change of a table by itself: a step that was interrupted goes on where it was.
        if manager.has_table("carried_tokens").await? {
            manager.get_connection().execute_unprepared(CARRY).await?;
            manager.drop_table(Table::drop().table(Alias::new("carried_tokens")).to_owned()).await?;
        }
        // A refresh finds its session by these. They also decide between two sessions.
        add_index(manager, "sessions", unique("sessions", &["refresh_hash"])).await?;
        add_index(manager, "sessions", unique("sessions", &["family_hash"])).await
    }
}

/// The newest unused token is the one that a client has.
const CARRY: &str = "UPDATE sessions SET refresh_hash = (SELECT hash FROM carried_tokens \
    WHERE session_id = sessions.id AND spent_at IS NULL ORDER BY created_at DESC LIMIT 1)";
