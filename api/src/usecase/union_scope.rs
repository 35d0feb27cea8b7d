//! Migrates a union scope to another Open Platform account: all people get other unionIds (R5, in bulk). See
//! `domain::union_scope` for the rules and `cli::migrate_scope` for reading files.

use domain::union_scope::{Renaming, Step};
use domain::{AuditAction, UnionId, UnionKey, UnionScope};
use serde_json::json;
use std::sync::Arc;
use store::audit::AuditEvent;
use store::{Actor, Tx, Write};
use uuid::Uuid;

use crate::error::ApiError;
use crate::service::Service;

/// Migrates a batch in one transaction; a dry run does the same and rolls back. A batch must not contain a unionId
/// twice.
pub async fn migrate(service: &Service, batch: &[Renaming], dry_run: bool) -> Result<Vec<Step>, ApiError> {
    let renumber = |tx: Arc<Tx>| async move { migrate_in(service, &tx, batch).await };
    if dry_run {
        service.store.rehearse("migrate_scope", renumber).await
    } else {
        service.store.write(Write::new("migrate_scope").without_events(), renumber).await
    }
}

async fn migrate_in(service: &Service, tx: &Tx, batch: &[Renaming]) -> Result<Vec<Step>, ApiError> {
    let now = service.clock.now();
    let steps = store::union_scope::migrate(tx, batch, now).await?;
    let moved = steps.iter().filter(|step| matches!(step, Step::Replace(_) | Step::Drop(_))).count();
    let scopes = batch.first().map(|pair| [&pair.old.scope, &pair.new.scope].map(UnionScope::as_str));
    let event = AuditEvent::new(AuditAction::ScopeMigrated, Actor::Command, now);
    store::audit::add(tx, &event.saying(json!({ "scopes": scopes, "unionIds": batch.len(), "moved": moved }))).await?;
    Ok(steps)
}

/// Returns a page of renamings for a scope that gets another name and keeps its unionIds, with the place to continue
/// from.
pub async fn renamings(
    service: &Service,
    (from, to): (&UnionScope, &UnionScope),
    (after, limit): (Option<Uuid>, u64),
) -> Result<(Vec<Renaming>, Option<Uuid>), ApiError> {
    let ids = store::union_scope::union_ids_of(&service.store.view(), from, (after, limit)).await?;
    let last = ids.last().map(|(id, _)| *id);
    let key = |scope: &UnionScope, union_id: UnionId| UnionKey { scope: scope.clone(), union_id };
    let pair = |(_, id): (Uuid, UnionId)| Renaming { old: key(from, id.clone()), new: key(to, id) };
    Ok((ids.into_iter().map(pair).collect(), last))
}
