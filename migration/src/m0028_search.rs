//! People are searched by the beginning of their nickname.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::table::{add_index, index};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0028_search"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            if manager.get_database_backend() != DbBackend::Postgres {
                add_index(manager, "users", index("users", &[column, "id"])).await?;
            } else if !manager.has_index("users", &name_on_postgres(column)).await? {
                manager.get_connection().execute_unprepared(&create_on_postgres(column, "")).await?;
            }
        }
        Ok(())
    }
}

pub(crate) const COLUMNS: [&str; 2] = ["nickname", "own_nickname"];

pub(crate) fn name_on_postgres(column: &str) -> String {
    format!("ix_users_{column}_id")
}

/// By the bytes of the text: in the order of a language, what has a beginning is not one range of the index.
pub(crate) fn create_on_postgres(column: &str, how: &str) -> String {
    let name = name_on_postgres(column);
    format!("CREATE INDEX {how} {name} ON users ({column} COLLATE \"C\", id)")
}
