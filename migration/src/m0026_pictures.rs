//! Pictures that people uploaded: who shows which, and their contents where no other store has them.

use sea_orm_migration::prelude::{
    DbErr, IndexCreateStatement, MigrationName, MigrationTrait, SchemaManager, async_trait,
};

use crate::table::{add_index, content, create, id, index, key, number, references, table, unique};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0026_pictures"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        pictures(manager).await?;
        // No foreign key: a content is stored before an account shows it, and removed before its row.
        let content = content("content", manager.get_database_backend());
        create(manager, table("picture_contents", vec![id("id"), content], vec![]), vec![]).await?;
        add_index(manager, "users", by_picture()).await
    }
}

/// Serves the search for an account that shows a picture.
pub(crate) fn by_picture() -> IndexCreateStatement {
    index("users", &["own_avatar_url"])
}

async fn pictures(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("id"), id("user_id"), key("address", 512), number("created_at"), number("due_at")];
    let optional = vec![number("unused_since"), number("removed_at")];
    let mut pictures = table("pictures", required, optional);
    pictures.foreign_key(&mut references("pictures", "user_id", "users"));
    // The second serves the sweep.
    let indexes = vec![unique("pictures", &["address"]), index("pictures", &["due_at"])];
    create(manager, pictures, indexes).await
}
