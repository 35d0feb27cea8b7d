//! Work that anybody can ask for is let in within limits.
//! How they are counted in this process is `gate`'s business; what an app may ask of its upstream is counted in the database.

use std::time::Duration;

use domain::AppId;
use store::Tx;
use store::upstream::{Asker, UpstreamBudget};

use crate::error::{ApiError, ErrorCode};
use crate::gate::{Attempt, Counted, Pass, Place, Work};
use crate::service::Service;
use crate::usecase::{ClientAddress, SignedIn};

const MINUTE: i64 = 60_000;

/// Lets work in that is counted unless it comes to something.
pub(crate) fn enter(service: &Service, work: Work, from: ClientAddress) -> Result<Pass<'_>, ApiError> {
    service.gate.enter(work, from.origin()).map_err(too_much)
}

/// Does work that is counted by its network if it fails or is given up, as long as not too much has.
pub async fn within_limits<T>(
    service: &Service,
    (work, from): (Work, ClientAddress),
    what: impl Future<Output = Result<T, ApiError>>,
) -> Result<T, ApiError> {
    let attempt = service.gate.attempt(work, Counted::Network(from.origin())).map_err(too_much)?;
    counted(attempt, what).await
}

/// Does work that is counted by the caller's account if it fails or is given up, as long as not too much has.
pub async fn within_limits_of_account<T>(
    service: &Service,
    (work, caller): (Work, &SignedIn),
    what: impl Future<Output = Result<T, ApiError>>,
) -> Result<T, ApiError> {
    let attempt = service.gate.attempt(work, Counted::Account(caller.user.id)).map_err(too_much)?;
    counted(attempt, what).await
}

/// Does work as [`within_limits`] does, and where the network has failed too often, if `is_sound` nevertheless: a neighbour behind
/// the same address keeps nobody out who shows something that this service has issued.
pub(crate) async fn within_limits_unless<T>(
    service: &Service,
    (work, from): (Work, ClientAddress),
    (is_sound, what): (impl Future<Output = Result<bool, ApiError>>, impl Future<Output = Result<T, ApiError>>),
) -> Result<T, ApiError> {
    match service.gate.attempt(work, Counted::Network(from.origin())) {
        Ok(attempt) => counted(attempt, what).await,
        Err(wait) if !is_sound.await? => Err(too_much(wait)),
        Err(_) => what.await,
    }
}

async fn counted<T>(attempt: Attempt<'_>, what: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    let outcome = Box::pin(what).await;
    if outcome.is_ok() {
        attempt.succeeded();
    }
    outcome
}

/// A place among the connections of the database that strangers may use; those who sign in or are signed in have the others.
/// Held while a transaction is open, and waited for without a connection, a block of addresses after the other.
pub(crate) async fn place_of_strangers<'a>(service: &'a Service, block: &'a str) -> Place<'a> {
    service.places_of_strangers.take(block).await
}

/// Takes one exchange out of what the app has this minute, across all replicas. Comes last in its transaction.
pub(crate) async fn spend_exchange(service: &Service, tx: &Tx, app: &AppId, asker: Asker) -> Result<(), ApiError> {
    let now = service.clock.now();
    let exchanges = service.config.upstream.exchanges_per_minute;
    let share = u64::from(exchanges) * u64::from(100 - service.config.limits.reserved_percent.min(100)) / 100;
    // One is always theirs.
    let of_strangers = u32::try_from(share).unwrap_or(exchanges).max(1);
    if store::upstream::spend_exchange(tx, app, (UpstreamBudget { exchanges, of_strangers }, asker), now).await? {
        return Ok(());
    }
    tracing::warn!(%app, ?asker, "the app has asked its upstream as often as it may within a minute");
    let rest = MINUTE - now.millis().rem_euclid(MINUTE);
    Err(too_much(Duration::from_millis(u64::try_from(rest).unwrap_or(0))))
}

/// Lets work in at its app, and at all together.
pub(crate) fn go_on(pass: &mut Pass<'_>, app: &AppId) -> Result<(), ApiError> {
    pass.go_on(app).map_err(too_much)
}

/// Who asks, as far as this is known.
pub(crate) fn asker(pass: &Pass<'_>) -> Asker {
    if pass.is_known() { Asker::Known } else { Asker::Stranger }
}

fn too_much(wait: Duration) -> ApiError {
    ApiError::wait(ErrorCode::RateLimited, wait)
}
