//! The data keys in memory, for hashing and sealing phone numbers. See the parent module for loading them and
//! `reseal` for rotation.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use domain::{PhoneId, PhoneNumber};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::StoreError;
use crate::key::{OpenError, Sealer};

/// The purpose of a hash of a number. Hashes for different purposes cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HashOf {
    /// `phones.active_hash`
    ActivePhone,
    /// `phone_codes.number_hash`
    CodedNumber,
    /// `outbox.number_hash`
    NotifiedNumber,
    /// The scratch file of a dry run.
    Note,
}

/// The keys in use.
pub(crate) struct Ring {
    pub(crate) lookup: [u8; 32],
    /// The first key of the sealer is the newest.
    pub(crate) sealer: Sealer,
}

/// The keys of this process. They are reloaded when a row needs an unknown key.
pub(crate) struct Vault {
    /// The sealer of the keys themselves.
    pub(crate) wrapping: Sealer,
    ring: RwLock<Arc<Ring>>,
}

impl Vault {
    pub(crate) fn new(wrapping: Sealer, ring: Ring) -> Self {
        Self { wrapping, ring: RwLock::new(Arc::new(ring)) }
    }

    pub(crate) fn ring(&self) -> Arc<Ring> {
        // The ring is always replaced as a whole, so a poisoned lock still holds a valid one.
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn replace(&self, ring: Ring) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    /// Returns the hash by which a number is found. Its key never changes.
    pub(crate) fn hash(&self, what: HashOf, number: &PhoneNumber) -> Vec<u8> {
        let purpose = match what {
            HashOf::ActivePhone => "phones.active_hash",
            HashOf::CodedNumber => "phone_codes.number_hash",
            HashOf::NotifiedNumber => "outbox.number_hash",
            HashOf::Note => "notes.name",
        };
        self.mac(purpose, number.e164().as_bytes()).to_vec()
    }

    /// Returns a keyed hash (HMAC-SHA256) for one purpose. The length prefix separates the purpose from the content.
    pub(crate) fn mac(&self, purpose: &str, of: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.ring().lookup).expect("HMAC takes keys of any length");
        mac.update(&(purpose.len() as u64).to_be_bytes());
        mac.update(purpose.as_bytes());
        mac.update(of);
        mac.finalize().into_bytes().into()
    }

    /// Seals a number for its row.
    pub(crate) fn seal(&self, row: PhoneId, number: &PhoneNumber) -> Vec<u8> {
        self.ring().sealer.seal(&place(row), number.e164().as_bytes())
    }

    /// Opens the number of a row. Returns `None` if its key is not loaded.
    pub(crate) fn open(&self, row: PhoneId, sealed: &[u8]) -> Result<Option<PhoneNumber>, StoreError> {
        let corrupt = || StoreError::corrupt("phones", format!("the number of {row} cannot be opened"));
        match self.ring().sealer.open(&place(row), sealed) {
            Ok(bytes) => read(bytes).map(Some).ok_or_else(corrupt),
            Err(OpenError::UnknownKey) => Ok(None),
            Err(OpenError::Damaged) => Err(corrupt()),
        }
    }
}

/// Reads an opened number without parsing it again. It was valid when it was sealed, and parsing would dominate the
/// cost.
fn read(bytes: Vec<u8>) -> Option<PhoneNumber> {
    String::from_utf8(bytes).ok().and_then(PhoneNumber::from_e164)
}

/// Returns the place that a number is bound to. It cannot be opened in another row.
fn place(row: PhoneId) -> String {
    format!("phones.sealed_number {}", row.uuid())
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}
