//! Refresh tokens and the derivation of their successors. See `store` for their lookup by hash.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::{CodeVerifier, Keys};

const SECRET: usize = 32;
const FAMILY: usize = 16;

/// Text that is no valid refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a refresh token is 32 or 48 bytes in base64url")]
pub struct BadRefreshToken;

/// Continues a session. Holds a secret of 256 bits; from a session's second token on, also 128 bits that all its tokens
/// share, so that a used token is recognised without being stored. Does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    secret: [u8; SECRET],
    family: Option<[u8; FAMILY]>,
}

impl RefreshToken {
    /// Parses a refresh token.
    pub fn parse(text: &str) -> Result<Self, BadRefreshToken> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| BadRefreshToken)?;
        let (secret, family) = bytes.split_first_chunk().ok_or(BadRefreshToken)?;
        let family = match family {
            [] => None,
            family => Some(family.try_into().map_err(|_| BadRefreshToken)?),
        };
        Ok(Self { secret: *secret, family })
    }

    /// Generates the first token of a session.
    #[must_use]
    pub fn random() -> Self {
        Self { secret: crate::random::bytes(), family: None }
    }

    /// Returns the text that a client carries.
    #[must_use]
    pub fn text(&self) -> String {
        let family = self.family.as_ref().map_or(&[][..], <[u8; FAMILY]>::as_slice);
        BASE64URL_NOPAD.encode(&[self.secret.as_slice(), family].concat())
    }

    /// Returns the hash that is stored.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        super::hash(&self.text())
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

/// A successor of a token, with the hash of its family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follower {
    /// The token.
    pub token: RefreshToken,
    /// The stored hash of its family.
    pub family_hash: [u8; 32],
}

impl Keys {
    /// Derives the first refresh token of a login from its verifier, so that a retry of the login returns the same
    /// token. Reading the database is not enough to derive it.
    #[must_use]
    pub fn first_refresh_token(&self, code_hash: &[u8; 32], verifier: &CodeVerifier) -> RefreshToken {
        let parts: [&[u8]; 2] = [code_hash, verifier.expose().as_bytes()];
        RefreshToken { secret: self.mac("first-refresh-token", &parts), family: None }
    }

    /// Derives the refresh token with which a session continues as another account, from the request that caused it, so
    /// that a retry of the request returns the same token.
    #[must_use]
    pub fn refresh_token_of_request(&self, request: &[u8; 32]) -> RefreshToken {
        RefreshToken { secret: self.mac("refresh-token-of-request", &[request]), family: None }
    }

    /// Derives the possible successors of a refresh token: with the newest key first, then with each other key.
    /// Derivation makes a retry return the same token, even after a key rotation.
    #[must_use]
    pub fn followers(&self, token: &RefreshToken) -> Vec<Follower> {
        let text = token.text();
        let parts = [text.as_bytes()];
        let secrets = self.macs("refresh-token", &parts);
        let families = self.macs("refresh-family", &parts);
        let follower = |(secret, begun): ([u8; SECRET], [u8; 32])| {
            let family = token.family.unwrap_or_else(|| std::array::from_fn(|at| begun[at]));
            let token = RefreshToken { secret, family: Some(family) };
            Follower { token, family_hash: Sha256::digest(family).into() }
        };
        secrets.zip(families).map(follower).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};

    use super::*;

    fn keys(secrets: &[&str]) -> Keys {
        Keys::derive(&secrets.iter().map(|secret| (*secret).into()).collect::<Vec<_>>())
    }

    fn follower(keys: &Keys, token: &RefreshToken) -> Follower {
        keys.followers(token).swap_remove(0)
    }

    #[test]
    fn all_tokens_of_a_session_but_the_first_have_a_family_in_common() {
        let keys = keys(&["one"]);
        let first = RefreshToken::random();

        let second = follower(&keys, &first);
        let third = follower(&keys, &second.token);

        assert_eq!(second.family_hash, third.family_hash);
        assert_ne!(second.token, third.token);
        assert_ne!(second.family_hash, follower(&keys, &RefreshToken::random()).family_hash);
    }

    #[test]
    fn the_same_token_follows_when_the_keys_were_rotated() {
        let (before, after) = (keys(&["old", "new"]), keys(&["new", "old"]));
        let first = RefreshToken::random();
        let second = follower(&before, &first);

        assert_eq!(after.followers(&first)[1], second);
        assert_eq!(after.followers(&second.token)[1], follower(&before, &second.token));
        assert_ne!(after.followers(&first)[0], second);
    }

    #[test]
    fn a_refresh_token_does_not_print() {
        assert_eq!(format!("{:?}", RefreshToken::random()), "RefreshToken(…)");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn what_reads_as_a_refresh_token_is_written_so(secret in any::<[u8; SECRET]>(), family in any::<Option<[u8; FAMILY]>>()) {
            let token = RefreshToken { secret, family };

            prop_assert_eq!(RefreshToken::parse(&token.text()), Ok(token));
        }
    }
}
