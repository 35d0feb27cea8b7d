//! Asks the carrier whether a number with an old proof has a new subscriber (R6). See `domain::phone` for the effect of
//! the answer.

use chrono::TimeDelta;
use domain::phone::{Line, Owner};
use domain::{PhoneNumber, Timestamp, UserId};

use crate::error::ApiError;
use crate::service::Service;

/// A carrier's answer, with its subject.
pub(crate) struct LineAnswer {
    owner: UserId,
    since: Timestamp,
    line: Line,
}

impl LineAnswer {
    /// Adds the carrier's answer, unless it concerns another account or an older proof.
    pub(crate) fn add_to(&self, owner: &mut Owner) {
        if owner.account.id == self.owner && owner.last_proof_at == Some(self.since) {
            owner.line = self.line;
        }
    }
}

/// Asks about a number of an account other than the caller's if its last proof is old. No transaction is open. If the carrier does not
/// answer, the line is unknown and the request continues.
pub(crate) async fn ask_carrier(
    service: &Service,
    caller: Option<UserId>,
    number: &PhoneNumber,
) -> Result<Option<LineAnswer>, ApiError> {
    let now = service.clock.now();
    let old = now.minus(TimeDelta::days(service.config.line_check.after_days.into()));
    let owner =
        store::phone::owner(&service.store.view(), number, now).await?.filter(|owner| Some(owner.account.id) != caller);
    let proved = owner.and_then(|owner| Some((owner.account.id, owner.last_proof_at?)));
    let Some((owner, since)) = proved.filter(|(_, since)| *since < old) else { return Ok(None) };
    let line = service.line_check.check(number, since).await.unwrap_or_else(|error| {
        tracing::warn!(user.id = %owner, "the line check of a number failed: {error}");
        Line::Unknown
    });
    Ok(Some(LineAnswer { owner, since, line }))
}
