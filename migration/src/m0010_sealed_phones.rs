//! Phone numbers are sealed and found by a keyed hash. The keys have a table, and are sealed themselves.
//! Existing numbers are sealed after this step by code that has the keys: see `clear_numbers`.

use sea_orm_migration::prelude::{ConnectionTrait, DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::clear_numbers;
use crate::table::{
    add_columns, add_index, create, drop_column, drop_index, hash, index, key, key_id, number, rename_column, sealed,
    table, unique,
};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0010_sealed_phones"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        data_keys(manager).await?;
        phones(manager).await?;
        phone_codes(manager).await?;
        // From now on they are derived from the state, of which only a hash is stored.
        drop_column(manager, "login_states", "nonce").await?;
        drop_column(manager, "login_states", "code_verifier").await
    }
}

async fn data_keys(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![key_id("id"), key("purpose", 16), number("ordinal"), sealed("wrapped"), number("created_at")];
    let indexes = vec![
        // Of two keys made at the same moment one is kept.
        unique("data_keys", &["purpose", "ordinal"]),
    ];
    create(manager, table("data_keys", required, vec![]), indexes).await
}

/// The clear columns are renamed, so that a running older version fails instead of writing numbers in clear and past the
/// new unique index. Without any phone they are dropped at once.
async fn phones(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    drop_index(manager, "phones", unique("phones", &["active_number"])).await?;
    rename_column(manager, "phones", ("number", "clear_number")).await?;
    rename_column(manager, "phones", ("active_number", "clear_active_number")).await?;
    add_columns(manager, "phones", vec![sealed("sealed_number"), hash("active_hash")]).await?;
    // One active account per number. Serves the search for a number's owner.
    add_index(manager, "phones", unique("phones", &["active_hash"])).await?;
    clear_numbers::drop_if_sealed(manager).await.map(|_| ())
}

/// A code lives for minutes and counts for a day: codes in use are deleted.
async fn phone_codes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if !manager.has_column("phone_codes", "number").await? {
        return Ok(());
    }
    manager.get_connection().execute_unprepared("DELETE FROM phone_codes").await?;
    // Of two codes to one number at the same moment one is kept. Serves the limits per number.
    add_columns(manager, "phone_codes", vec![hash("number_hash")]).await?;
    add_index(manager, "phone_codes", unique("phone_codes", &["number_hash", "ordinal"])).await?;
    add_index(manager, "phone_codes", index("phone_codes", &["number_hash", "sent_at"])).await?;
    drop_index(manager, "phone_codes", unique("phone_codes", &["number", "ordinal"])).await?;
    drop_index(manager, "phone_codes", index("phone_codes", &["number", "sent_at"])).await?;
    drop_column(manager, "phone_codes", "number").await
}
