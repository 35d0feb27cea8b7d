//! What a signed-in client carries: access tokens, refresh tokens, service tokens.
//! Who may do what with them is decided in `usecase`.

mod access;
mod keys;
mod seal;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

pub use access::{AccessClaims, AccessTokens};
pub use keys::Keys;
pub use seal::{OpenError, Sealer};

/// What every service token begins with, so that a leak can be recognised.
pub const SERVICE_PREFIX: &str = "gys_";

/// How a token stands in the database: it has 256 random bits, so a plain hash is enough.
#[must_use]
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A new refresh token.
#[must_use]
pub fn refresh_token() -> String {
    crate::random::token()
}

impl Keys {
    /// The one successor of a refresh token. Derived rather than drawn, so that two tabs that refresh at once get the same.
    #[must_use]
    pub fn successor(&self, refresh_token: &str) -> String {
        BASE64URL_NOPAD.encode(&self.mac("refresh-token", &[refresh_token.as_bytes()]))
    }
}
