//! The keys of personal data: what a phone number is found by, and what it is sealed with.
//! How the keys come from the database is written in `data_key`, and how they are changed in `reseal`.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use domain::{PhoneId, PhoneNumber};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::StoreError;
use crate::key::{OpenError, Sealer};

/// Keyed hashes for one purpose are of no use for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HashOf {
    /// `phones.active_hash`
    ActivePhone,
    /// `phone_codes.number_hash`
    CodedNumber,
    /// `outbox.number_hash`
    NotifiedNumber,
    /// A dry run's scratch file.
    Note,
}

/// The keys as they are used.
pub(crate) struct Ring {
    pub(crate) lookup: [u8; 32],
    /// The newest key is its first.
    pub(crate) sealer: Sealer,
}

/// The keys of this process, which are loaded again when a row needs one that is not among them.
pub(crate) struct Vault {
    /// What the keys themselves are sealed with.
    pub(crate) wrapping: Sealer,
    ring: RwLock<Arc<Ring>>,
}

impl Vault {
    pub(crate) fn new(wrapping: Sealer, ring: Ring) -> Self {
        Self { wrapping, ring: RwLock::new(Arc::new(ring)) }
    }

    pub(crate) fn ring(&self) -> Arc<Ring> {
        // Whoever panicked had replaced all of it or nothing.
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn replace(&self, ring: Ring) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    /// What a number is found by. The same for ever: its key is never changed.
    pub(crate) fn hash(&self, what: HashOf, number: &PhoneNumber) -> Vec<u8> {
        let purpose = match what {
            HashOf::ActivePhone => "phones.active_hash",
            HashOf::CodedNumber => "phone_codes.number_hash",
            HashOf::NotifiedNumber => "outbox.number_hash",
            HashOf::Note => "notes.name",
        };
        self.mac(purpose, number.e164().as_bytes()).to_vec()
    }

    /// A keyed hash (HMAC-SHA256) for one purpose, which no purpose's name is a part of.
    pub(crate) fn mac(&self, purpose: &str, of: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.ring().lookup).expect("HMAC takes keys of any length");
        mac.update(&(purpose.len() as u64).to_be_bytes());
        mac.update(purpose.as_bytes());
        mac.update(of);
        mac.finalize().into_bytes().into()
    }

    /// A number as its row keeps it.
    pub(crate) fn seal(&self, row: PhoneId, number: &PhoneNumber) -> Vec<u8> {
        self.ring().sealer.seal(&place(row), number.e164().as_bytes())
    }

    /// The number of a row; `None` when its key is not among ours.
    pub(crate) fn open(&self, row: PhoneId, sealed: &[u8]) -> Result<Option<PhoneNumber>, StoreError> {
        let corrupt = || StoreError::corrupt("phones", format!("the number of {row} cannot be opened"));
        match self.ring().sealer.open(&place(row), sealed) {
            Ok(bytes) => read(bytes).map(Some).ok_or_else(corrupt),
            Err(OpenError::UnknownKey) => Ok(None),
            Err(OpenError::Damaged) => Err(corrupt()),
        }
    }
}

/// A number that was sealed was a number: it is not parsed again, which would cost more than all the rest.
fn read(bytes: Vec<u8>) -> Option<PhoneNumber> {
    String::from_utf8(bytes).ok().and_then(PhoneNumber::from_e164)
}

/// The place that a number is bound to: in another row it does not open.
fn place(row: PhoneId) -> String {
    format!("phones.sealed_number {}", row.uuid())
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}
