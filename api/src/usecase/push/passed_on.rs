//! Pushes that the company's own receiver passes on, verified and decrypted, with a signature as Standard Webhooks
//! defines it: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use chrono::TimeDelta;
use data_encoding::BASE64;
use domain::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use providers::{PushMessage, PushRefusal};
use sha2::Sha256;

use super::{Opened, Receiver};
use crate::service::Service;

/// The tolerated age of a push, and the tolerated difference of clocks.
const WINDOW: TimeDelta = TimeDelta::minutes(5);

/// The headers of a push that was passed on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PassedOn<'a> {
    pub(crate) id: &'a str,
    pub(crate) timestamp: &'a str,
    /// One or more signatures, with spaces between them.
    pub(crate) signatures: &'a str,
}

impl Receiver<'_> {
    /// Verifies a push that was passed on.
    pub(crate) fn open_passed_on(
        self,
        service: &Service,
        passed_on: PassedOn<'_>,
        body: &[u8],
    ) -> Result<Opened, PushRefusal> {
        let key = self.settings.passed_on.as_ref().ok_or(PushRefusal::Signature)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).map_err(|_| PushRefusal::Signature)?;
        for part in [passed_on.id.as_bytes(), b".", passed_on.timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        let given = passed_on.signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,"));
        let mut given = given.filter_map(|signature| BASE64.decode(signature.as_bytes()).ok());
        if !given.any(|signature| mac.clone().verify_slice(&signature).is_ok()) {
            return Err(PushRefusal::Signature);
        }
        let sent: i64 = passed_on.timestamp.parse().map_err(|_| PushRefusal::Stale)?;
        let (sent, now) = (Timestamp::from_millis(sent.saturating_mul(1000)), service.clock.now());
        if sent < now.minus(WINDOW) || sent > now.plus(WINDOW) {
            return Err(PushRefusal::Stale);
        }
        Ok(self.opened(PushMessage::parse(body)?))
    }
}
