//! The keys of the audit chain. They are not in the database. See `store` for their use.

use std::fmt;

use data_encoding::HEXLOWER;
use store::audit::ChainKeys;

use crate::signing::hmac_sha256;

/// The keys with their names, the newest first.
pub struct AuditKeys(Vec<(String, [u8; 32])>);

impl AuditKeys {
    /// Collects keys with their ids.
    pub(super) fn new(keys: impl Iterator<Item = ([u8; 8], [u8; 32])>) -> Self {
        Self(keys.map(|(name, key)| (HEXLOWER.encode(&name), key)).collect())
    }
}

impl ChainKeys for AuditKeys {
    fn newest(&self) -> &str {
        &self.0[0].0
    }

    fn mac(&self, key_id: &str, hash: &[u8; 32]) -> Option<[u8; 32]> {
        let (_, key) = self.0.iter().find(|(name, _)| name == key_id)?;
        Some(hmac_sha256(key, hash))
    }
}

impl fmt::Debug for AuditKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditKeys({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Keys;

    #[test]
    fn an_older_key_is_found_by_its_name_and_the_newest_seals() {
        let [old, both] = [vec!["old".into()], vec!["new".into(), "old".into()]].map(|secrets| Keys::derive(&secrets));
        let (old, both) = (old.chain(), both.chain());
        let hash = [7; 32];

        assert_ne!(old.newest(), both.newest());
        assert_eq!(both.mac(old.newest(), &hash), old.mac(old.newest(), &hash));
        assert_ne!(both.mac(both.newest(), &hash), both.mac(old.newest(), &hash));
        assert_eq!(old.mac(both.newest(), &hash), None);
    }
}
