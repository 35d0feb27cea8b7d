//! The company's apps move to another Open Platform account, and all people get other unionIds (R5, in bulk).
//! What becomes of each is `domain::renumbering`'s to say; how a file is read is `cli::migrate_scope`'s business.

use domain::renumbering::{Renaming, Step};
use domain::{AuditAction, UnionId, UnionKey, UnionScope};
use serde_json::json;
use std::sync::Arc;
use store::{Actor, AuditEvent, Tx};
use uuid::Uuid;

use crate::error::ApiError;
use crate::service::Service;

impl Service {
    /// Moves a batch in one transaction; a dry run does the same and then undoes it. No unionId may stand in it twice.
    pub async fn renumber(&self, batch: &[Renaming], dry_run: bool) -> Result<Vec<Step>, ApiError> {
        let renumber = |tx: Arc<Tx>| async move { self.renumber_in(&tx, batch).await };
        if dry_run {
            self.store.rehearse("migrate_scope", renumber).await
        } else {
            self.store.write("migrate_scope", renumber).await
        }
    }

    async fn renumber_in(&self, tx: &Tx, batch: &[Renaming]) -> Result<Vec<Step>, ApiError> {
        let now = self.clock.now();
        let steps = tx.renumber(batch, now).await?;
        let moved = steps.iter().filter(|step| matches!(step, Step::Replace(_) | Step::Drop(_))).count();
        let scopes = batch.first().map(|pair| [&pair.old.scope, &pair.new.scope].map(UnionScope::as_str));
        let event = AuditEvent::new(AuditAction::ScopeMigrated, Actor::Command, now);
        tx.audit(&event.saying(json!({ "scopes": scopes, "unionIds": batch.len(), "moved": moved }))).await?;
        Ok(steps)
    }

    /// So many people of a scope that gets another name and keeps its unionIds, after a place; with the place to go on from.
    pub async fn renamings(
        &self,
        (from, to): (&UnionScope, &UnionScope),
        (after, limit): (Option<Uuid>, u64),
    ) -> Result<(Vec<Renaming>, Option<Uuid>), ApiError> {
        let ids = self.store.view().union_ids_of(from, (after, limit)).await?;
        let last = ids.last().map(|(id, _)| *id);
        let key = |scope: &UnionScope, union_id: UnionId| UnionKey { scope: scope.clone(), union_id };
        let pair = |(_, id): (Uuid, UnionId)| Renaming { old: key(from, id.clone()), new: key(to, id) };
        Ok((ids.into_iter().map(pair).collect(), last))
    }
}
