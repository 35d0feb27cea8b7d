//! Tokens that clients carry: access, refresh, service and device tokens, and the verifier of a login.

mod access;
mod chain;
mod challenge;
mod device;
mod ed25519;
mod keys;
mod refresh;

use domain::AppId;
use providers::{LoginCode, PhoneCode};
use sha2::{Digest, Sha256};

pub use access::{AccessClaims, AccessTokens, Verified};
pub use chain::AuditKeys;
pub use challenge::{BadCodeChallenge, BadCodeVerifier, CodeChallenge, CodeVerifier};
pub use device::DeviceToken;
pub use keys::Keys;
pub use refresh::{BadRefreshToken, Follower, RefreshToken};
pub use store::key::Sealer;

/// Prefix of every service token, which makes leaked ones recognisable.
pub const SERVICE_PREFIX: &str = "gys_";

/// Returns the stored form of a token. It has 256 random bits, so that a plain hash is enough.
#[must_use]
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Returns the stored form of a login code, hashed together with its app. A plain hash is enough, since the code is
/// spent by then, and it does not change when keys are rotated.
#[must_use]
pub fn code_hash(app: &AppId, code: &LoginCode) -> [u8; 32] {
    // App ids contain no zero byte, so that no two pairs collide.
    Sha256::new().chain_update(app.as_str()).chain_update([0]).chain_update(code.expose()).finalize().into()
}

/// Returns the stored form of a phone number button's code.
#[must_use]
pub fn phone_code_hash(app: &AppId, code: &PhoneCode) -> [u8; 32] {
    // Login codes contain no zero byte either, so that the hashes of the two kinds cannot collide.
    let parts = ["phone", app.as_str(), code.expose()];
    parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part).chain_update([0])).finalize().into()
}
