//! Asks the carrier of a number with an old proof whether its line went to somebody else (R6).
//! What its answer outweighs is decided in `domain::phone`.

use chrono::TimeDelta;
use domain::phone::{Line, Owner};
use domain::{PhoneNumber, Timestamp, UserId};

use crate::error::ApiError;
use crate::service::Service;

/// What a carrier said, and of what.
pub(crate) struct Told {
    owner: UserId,
    since: Timestamp,
    line: Line,
}

impl Told {
    /// Adds what the carrier said, unless it was asked about another account or an older proof.
    pub(crate) fn add_to(&self, owner: &mut Owner) {
        if owner.account.id == self.owner && owner.last_proof_at == Some(self.since) {
            owner.line = self.line;
        }
    }
}

/// Asks about a number of somebody else's, if its last proof is old. No transaction is open. A carrier that does not
/// answer knows nothing, and keeps nobody from going on.
pub(crate) async fn ask_carrier(
    service: &Service,
    caller: UserId,
    number: &PhoneNumber,
) -> Result<Option<Told>, ApiError> {
    let now = service.clock.now();
    let old = now.minus(TimeDelta::days(service.config.line_check.after_days.into()));
    let owner =
        store::phone::owner(&service.store.view(), number, now).await?.filter(|owner| owner.account.id != caller);
    let proved = owner.and_then(|owner| Some((owner.account.id, owner.last_proof_at?)));
    let Some((owner, since)) = proved.filter(|(_, since)| *since < old) else { return Ok(None) };
    let line = service.line_check.check(number, since).await.unwrap_or_else(|error| {
        tracing::warn!(user.id = %owner, "the line of a number is not known: {error}");
        Line::Unknown
    });
    Ok(Some(Told { owner, since, line }))
}
