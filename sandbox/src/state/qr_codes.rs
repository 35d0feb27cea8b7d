//! QR codes of accounts with a scene, by their tickets.

use std::sync::Mutex;

use crate::clock::Seconds;
use crate::company::AppIndex;

use super::locked;
use super::shelf::Shelf;

/// WeChat allows 100,000 permanent codes; here the limit is that of all codes.
const CAPACITY: usize = 100_000;
/// How long a permanent code lasts here.
pub(crate) const FOR_EVER: Seconds = 100 * 365 * 86_400;

/// A ticket: `gQ` and a hash in base64.
type Ticket = [u8; 45];

/// A QR code with a scene.
#[derive(Debug, Clone)]
pub(crate) struct QrCode {
    pub(crate) app: AppIndex,
    pub(crate) scene: String,
}

/// The QR codes that have not expired.
pub(crate) struct QrCodes {
    codes: Mutex<Shelf<Ticket, QrCode>>,
}

impl Default for QrCodes {
    fn default() -> Self {
        Self { codes: Mutex::new(Shelf::new(CAPACITY)) }
    }
}

impl QrCodes {
    /// Keeps a code until its end.
    pub(crate) fn keep(&self, ticket: &str, code: QrCode, (now, life): (Seconds, Seconds)) {
        let ticket = read(ticket).expect("a ticket has 45 characters");
        let mut codes = locked(&self.codes);
        codes.sweep(now);
        codes.put(ticket, code, now + life);
    }

    /// Returns the code of a ticket; `None` once it has expired.
    pub(crate) fn of(&self, ticket: &str, now: Seconds) -> Option<QrCode> {
        locked(&self.codes).get(&read(ticket)?, now).cloned()
    }
}

fn read(ticket: &str) -> Option<Ticket> {
    ticket.as_bytes().try_into().ok()
}
