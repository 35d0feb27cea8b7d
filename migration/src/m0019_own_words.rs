//! Accounts keep the name and the picture that their person chose, apart from those that an upstream tells.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{add_columns, key};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0019_own_words"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Columns of their own: a running older version goes on writing what logins tell, and does not touch them.
        add_columns(manager, "users", vec![key("own_nickname", 255), key("own_avatar_url", 512)]).await
    }
}
