//! Refresh tokens: what they are made of, and which follows which.
//! Which one is good is looked up in `store`, by hashes.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::{CodeVerifier, Keys};

const SECRET: usize = 32;
const FAMILY: usize = 16;

/// Text that was never a refresh token of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a refresh token is 32 or 48 bytes in base64url")]
pub struct BadRefreshToken;

/// Carries a session on. 256 bits that are nobody's to guess; from the second token of a session on, also 128 bits that
/// all its tokens have in common, so that an old one is known for what it is without being kept. Does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    secret: [u8; SECRET],
    family: Option<[u8; FAMILY]>,
}

impl RefreshToken {
    /// Reads what a client sent.
    pub fn parse(text: &str) -> Result<Self, BadRefreshToken> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| BadRefreshToken)?;
        let (secret, family) = bytes.split_first_chunk().ok_or(BadRefreshToken)?;
        let family = match family {
            [] => None,
            family => Some(family.try_into().map_err(|_| BadRefreshToken)?),
        };
        Ok(Self { secret: *secret, family })
    }

    /// The first token of a session.
    #[must_use]
    pub fn random() -> Self {
        Self { secret: crate::random::bytes(), family: None }
    }

    /// As a client carries it.
    #[must_use]
    pub fn text(&self) -> String {
        let family = self.family.as_ref().map_or(&[][..], <[u8; FAMILY]>::as_slice);
        BASE64URL_NOPAD.encode(&[self.secret.as_slice(), family].concat())
    }

    /// How it stands in the database.
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

/// A token that follows another, and the hash of its family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follower {
    /// The token.
    pub token: RefreshToken,
    /// How its family stands in the database.
    pub family_hash: [u8; 32],
}

impl Keys {
    /// The first refresh token of a login with a verifier. Derived rather than drawn, so that a repeat of the login gets
    /// the same, and nobody without the verifier does, whatever they read in the database.
    #[must_use]
    pub fn first_refresh_token(&self, code_hash: &[u8; 32], verifier: &CodeVerifier) -> RefreshToken {
        let parts: [&[u8]; 2] = [code_hash, verifier.expose().as_bytes()];
        RefreshToken { secret: self.mac("first-refresh-token", &parts), family: None }
    }

    /// The refresh token with which a session goes on as another account. Derived from the request that caused it, so that the
    /// same request gets it again.
    #[must_use]
    pub fn refresh_token_of_request(&self, request: &[u8; 32]) -> RefreshToken {
        RefreshToken { secret: self.mac("refresh-token-of-request", &[request]), family: None }
    }

    /// What may follow a refresh token: by the key that makes what is new, then by each other key. Derived rather than
    /// drawn, so that a client that asks again gets the same, also when the keys were rotated in between.
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
