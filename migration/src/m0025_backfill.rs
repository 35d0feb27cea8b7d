//! Runs over the followers of an app, and the openIds that a migration of an account has changed.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{create, flag, id, index, key, lease, number, part_of, references, table, text, unique};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0025_backfill"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        follower_runs(manager).await?;
        changed_open_ids(manager).await
    }
}

async fn follower_runs(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![
        id("id"),
        key("kind", 16),
        key("app", 128),
        flag("asks_all"),
        text("tally"),
        number("started_at"),
        number("updated_at"),
    ];
    let optional = vec![
        key("from_app", 128),
        key("open_key", 160),
        text("page"),
        key("last_open_id", 255),
        lease("lease"),
        number("lease_until"),
        number("retry_at"),
        text("stopped"),
        number("finished_at"),
        number("undone_at"),
    ];
    let indexes = vec![
        // One unfinished run of a kind and app.
        unique("follower_runs", &["open_key"]),
        // Serves the schedule, which reads the newest run of an app.
        index("follower_runs", &["app", "kind", "started_at"]),
    ];
    create(manager, table("follower_runs", required, optional), indexes).await
}

/// One row for each old openId that the upstream has converted.
async fn changed_open_ids(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![
        id("link_id"),
        id("run_id"),
        key("new_app", 128),
        key("new_open_id", 255),
        key("outcome", 16),
        number("at"),
    ];
    let optional = vec![id("linked_id"), number("undone_at")];
    let mut changed = table("changed_open_ids", required, optional);
    // An openId that is erased takes its pair with it.
    changed.foreign_key(&mut part_of("changed_open_ids", "link_id", "open_ids"));
    changed.foreign_key(&mut part_of("changed_open_ids", "linked_id", "open_ids"));
    changed.foreign_key(&mut references("changed_open_ids", "run_id", "follower_runs"));
    let indexes = vec![
        // Serves the undo of a run.
        index("changed_open_ids", &["run_id", "link_id"]),
        // Serves the foreign key.
        index("changed_open_ids", &["linked_id"]),
    ];
    create(manager, changed, indexes).await
}
