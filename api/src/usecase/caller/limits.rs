//! Rate limits for unauthenticated work. `gate` counts within this process; the database counts the exchanges of an
//! app.

use std::time::Duration;

use domain::AppId;
use store::Tx;
use store::upstream::{Asker, UpstreamBudget};

use crate::error::{ApiError, ErrorCode};
use crate::gate::{Attempt, Counted, Pass, Place, Work};
use crate::service::Service;
use crate::usecase::{ClientAddress, SignedIn};

const MINUTE: i64 = 60_000;

/// Admits work that counts against the limits unless it succeeds.
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

/// Runs work that is counted by the caller's session and account, unless it succeeds, or is refused for what is proved and not
/// for what was guessed. A refusal after a call to the upstream counts, because the call costs an exchange of the app.
pub(crate) async fn within_limits_of_person<T>(
    service: &Service,
    (work, caller): (Work, &SignedIn),
    what: impl Future<Output = Result<T, ApiError>>,
) -> Result<T, ApiError> {
    const NOT_COUNTED: [ErrorCode; 9] = [
        ErrorCode::BoundLoginRequired,
        ErrorCode::CoolingOff,
        ErrorCode::PhoneAlreadyBound,
        ErrorCode::PhoneCheckUnsupported,
        ErrorCode::PhoneOwnedByAnother,
        ErrorCode::PhoneProofTooOld,
        ErrorCode::PhoneProofTooWeak,
        ErrorCode::RateLimited,
        ErrorCode::SecondProofRequired,
    ];
    let counted = Counted::Person(caller.session.id, caller.user.id);
    let attempt = service.gate.attempt(work, counted).map_err(too_much)?;
    let outcome = what.await;
    if outcome.as_ref().err().is_none_or(|error| NOT_COUNTED.contains(&error.code())) {
        attempt.succeeded();
    }
    outcome
}

/// Runs the work within its limits, like [`within_limits`]. If the network has failed too often, it runs the work only
/// if `is_sound` holds: other failures behind the same address do not block a client that presents something this
/// service has issued.
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
    let outcome = what.await;
    if outcome.is_ok() {
        attempt.succeeded();
    }
    outcome
}

/// Waits for one of the database connections that unauthenticated clients may use; the others are reserved for logins
/// and signed-in clients. Hold it while a transaction is open, and wait for it without a connection. Address blocks
/// take turns.
pub(crate) async fn place_of_strangers<'a>(service: &'a Service, block: &'a str) -> Place<'a> {
    service.places_of_strangers.take(block).await
}

/// Takes one exchange from the app's budget for this minute, across all replicas. Must be the last statement of its
/// transaction.
pub(crate) async fn spend_exchange(service: &Service, tx: &Tx, app: &AppId, asker: Asker) -> Result<(), ApiError> {
    let now = service.clock.now();
    let exchanges = service.config.upstream.exchanges_per_minute;
    let share = u64::from(exchanges) * u64::from(100 - service.config.limits.reserved_percent.min(100)) / 100;
    // At least one exchange is left for unauthenticated clients.
    let of_strangers = u32::try_from(share).unwrap_or(exchanges).max(1);
    if store::upstream::spend_exchange(tx, app, (UpstreamBudget { exchanges, of_strangers }, asker), now).await? {
        return Ok(());
    }
    tracing::warn!(%app, ?asker, "the app's budget of upstream calls for this minute is used up");
    let rest = MINUTE - now.millis().rem_euclid(MINUTE);
    Err(too_much(Duration::from_millis(u64::try_from(rest).unwrap_or(0))))
}

/// Admits work by the limits of its app and by the overall limit.
pub(crate) fn go_on(pass: &mut Pass<'_>, app: &AppId) -> Result<(), ApiError> {
    pass.go_on(app).map_err(too_much)
}

/// Returns whether the client is known.
pub(crate) fn asker(pass: &Pass<'_>) -> Asker {
    if pass.is_known() { Asker::Known } else { Asker::Stranger }
}

fn too_much(wait: Duration) -> ApiError {
    ApiError::wait(ErrorCode::RateLimited, wait)
}
