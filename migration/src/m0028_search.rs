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
        for column in ["nickname", "own_nickname"] {
            if manager.get_database_backend() == DbBackend::Postgres {
                // By the bytes of the text: in the order of a language, what has a beginning is not one range of the index.
                let create = format!("CREATE INDEX ix_users_{column}_id ON users ({column} COLLATE \"C\", id)");
                manager.get_connection().execute_unprepared(&create).await?;
            } else {
                add_index(manager, "users", index("users", &[column, "id"])).await?;
            }
        }
        Ok(())
    }
}
