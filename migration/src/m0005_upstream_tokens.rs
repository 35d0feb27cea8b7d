//! Tokens that upstreams issued to the apps, sealed, shared by all replicas.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{create, hash, key, lease, number, sealed, table};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0005_upstream_tokens"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let optional =
            vec![sealed("sealed"), hash("hash"), number("expires_at"), lease("lease"), number("lease_until")];
        create(manager, table("upstream_tokens", vec![key("name", 255)], optional), Vec::new()).await
    }
}
