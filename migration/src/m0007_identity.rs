//! Merges that a person confirms and may undo, phones that are changed and removed, and closed cases.

use sea_orm_migration::prelude::{
    DbErr, IndexCreateStatement, MigrationName, MigrationTrait, SchemaManager, async_trait,
};

use crate::table::{add_columns, add_index, create, flag, hash, id, index, key, number, references, table, text};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0007_identity"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "users", vec![number("cooling_until")]).await?;
        add_index(manager, "users", merged()).await?;
        ends_of_phones(manager).await?;
        add_index(manager, "phones", kept()).await?;
        add_columns(manager, "phone_codes", vec![number("asked_at")]).await?;
        add_columns(manager, "open_ids", vec![flag("follows"), number("follows_since"), number("cancelled_at")])
            .await?;
        add_columns(manager, "link_events", vec![id("session_id")]).await?;
        add_columns(manager, "conflicts", vec![key("resolution", 32), key("closed_by", 64), text("reason")]).await?;
        add_columns(manager, "conflicts", vec![id("phone_id")]).await?;
        // Serves the list of all cases, oldest first.
        add_index(manager, "conflicts", index("conflicts", &["opened_at"])).await?;
        merge_offers(manager).await?;
        merge_undos(manager).await
    }
}

/// Serves the history of an account, which includes that of every account merged into it.
pub(crate) fn merged() -> IndexCreateStatement {
    index("users", &["merged_into"])
}

pub(crate) async fn ends_of_phones(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    add_columns(manager, "phones", vec![number("kept_until"), number("ended_at"), key("ended", 16)]).await
}

/// Serves the purge of numbers whose reservation has ended.
pub(crate) fn kept() -> IndexCreateStatement {
    index("phones", &["kept_until"])
}

async fn merge_offers(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![
        hash("hash"),
        id("user_id"),
        id("other_user_id"),
        key("rule", 16),
        flag("needs_login"),
        // The number of journal entries about the two accounts: a later entry voids the offer.
        number("events"),
        number("created_at"),
        number("expires_at"),
    ];
    let mut offers = table("merge_offers", required, vec![number("used_at")]);
    offers.foreign_key(&mut references("merge_offers", "user_id", "users"));
    offers.foreign_key(&mut references("merge_offers", "other_user_id", "users"));
    let indexes = vec![
        // Serves the purge.
        index("merge_offers", &["expires_at"]),
        // Serve the foreign keys.
        index("merge_offers", &["user_id"]),
        index("merge_offers", &["other_user_id"]),
    ];
    create(manager, offers, indexes).await
}

/// The primary key decides between two concurrent undos of one merge.
async fn merge_undos(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("merge_id"), number("at")];
    let mut undos = table("merge_undos", required, vec![]);
    undos.foreign_key(&mut references("merge_undos", "merge_id", "link_events"));
    create(manager, undos, vec![]).await
}
