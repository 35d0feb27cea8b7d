//! What a client carries: access tokens, refresh tokens, service tokens; and the verifier of a login under way.
//! Who may do what with them is decided in `usecase`.

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

/// What every service token begins with, so that a leak can be recognised.
pub const SERVICE_PREFIX: &str = "gys_";

/// How a token stands in the database: it has 256 random bits, so a plain hash is enough.
#[must_use]
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// How a login code stands in the database: with its app, whose code it is alone. A plain hash is enough, for the code
/// is spent by then; and it stays the same while the keys are rotated.
#[must_use]
pub fn code_hash(app: &AppId, code: &LoginCode) -> [u8; 32] {
    // No app id has a zero byte in it, so that no two pairs collide.
    Sha256::new().chain_update(app.as_str()).chain_update([0]).chain_update(code.expose()).finalize().into()
}

/// How the code of a phone number button stands in the database.
#[must_use]
pub fn phone_code_hash(app: &AppId, code: &PhoneCode) -> [u8; 32] {
    // No login code has a zero byte in it either, so that the hashes of both kinds stay apart.
    let parts = ["phone", app.as_str(), code.expose()];
    parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part).chain_update([0])).finalize().into()
}
