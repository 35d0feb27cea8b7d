//! The time of tokens: seconds since 1970, by the clock of the world.

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the present.
#[expect(
    clippy::disallowed_methods,
    reason = "the times of a token that crosses the network are those of the world, and the issuer is there"
)]
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}
