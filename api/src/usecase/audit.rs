//! What an operator should be able to see.
//! Entries are written where things happen: see `repeat`.

use chrono::TimeDelta;
use store::AuditEvent;

use crate::error::ApiError;
use crate::service::Service;

impl Service {
    /// The audit of the time `since`, the newest entry first, at most `limit`.
    pub async fn audit(&self, since: TimeDelta, limit: u64) -> Result<Vec<AuditEvent>, ApiError> {
        Ok(self.store.view().audit_events(self.clock.now().minus(since), limit).await?)
    }
}
