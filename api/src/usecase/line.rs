//! Asks the carrier of a number with an old proof whether its line went to somebody else (R6).
//! What its answer outweighs is decided in `domain::binding`.

use chrono::TimeDelta;
use domain::binding::{Line, Owner};
use domain::{PhoneNumber, Timestamp, UserId};

use crate::error::ApiError;
use crate::service::Service;

/// What a carrier said, and of what.
pub(super) struct Told {
    owner: UserId,
    since: Timestamp,
    line: Line,
}

impl Told {
    /// Adds what the carrier said, unless it was asked about another account or an older proof.
    pub(super) fn add_to(&self, owner: &mut Owner) {
        if owner.account.id == self.owner && owner.last_proof_at == Some(self.since) {
            owner.line = self.line;
        }
    }
}

impl Service {
    /// Asks about a number of somebody else's, if its last proof is old. No transaction is open. A carrier that does not
    /// answer knows nothing, and keeps nobody from going on.
    pub(super) async fn ask_carrier(&self, caller: UserId, number: &PhoneNumber) -> Result<Option<Told>, ApiError> {
        let now = self.clock.now();
        let old = now.minus(TimeDelta::days(self.config.line_check.after_days.into()));
        let owner = self.store.view().phone_owner(number, now).await?.filter(|owner| owner.account.id != caller);
        let proved = owner.and_then(|owner| Some((owner.account.id, owner.last_proof_at?)));
        let Some((owner, since)) = proved.filter(|(_, since)| *since < old) else { return Ok(None) };
        let line = self.line_check.check(number, since).await.unwrap_or_else(|error| {
            tracing::warn!(user.id = %owner, "the line of a number is not known: {error}");
            Line::Unknown
        });
        Ok(Some(Told { owner, since, line }))
    }
}
