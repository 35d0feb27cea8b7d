//! Where an upstream pushes from: read once a day, and again when a push comes from elsewhere, since the addresses change.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use domain::{AppName, Timestamp};
use providers::ProviderError;
use providers::deps::ipnet::IpNet;

use super::Receiver;
use crate::service::Service;
use crate::usecase::ClientAddress;

/// How long the addresses are trusted.
const LIFE: TimeDelta = TimeDelta::days(1);
/// How often they are read again for a push from elsewhere: strangers must not use up the upstream's quota.
const PAUSE: TimeDelta = TimeDelta::minutes(10);

/// The addresses of each app's upstream, and when they were read.
#[derive(Debug, Default)]
pub(crate) struct Senders {
    kept: Mutex<HashMap<AppName, (Timestamp, Vec<IpNet>)>>,
    /// Of the pushes that wait for the addresses, one reads them.
    reading: tokio::sync::Mutex<()>,
}

/// Why the sender of a push was not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadSender {
    /// The upstream does not push from there.
    #[error("the upstream does not push from this address")]
    Stranger,
    /// The upstream did not tell where it pushes from.
    #[error("the addresses of the upstream's pushes cannot be read")]
    Unknown(#[source] ProviderError),
}

impl Receiver<'_> {
    /// Checks where a push comes from, if the app asks for that.
    pub(crate) async fn check_sender(self, service: &Service, from: ClientAddress) -> Result<(), BadSender> {
        if !self.settings.checks_senders {
            return Ok(());
        }
        let from = from.0.ok_or(BadSender::Stranger)?.to_canonical();
        let now = service.clock.now();
        if let Some(outcome) = service.senders.look_up(&self.app.name, (from, now)) {
            return outcome;
        }
        let _reading = service.senders.reading.lock().await;
        if let Some(outcome) = service.senders.look_up(&self.app.name, (from, now)) {
            return outcome;
        }
        let senders = self.reader.senders().await.map_err(BadSender::Unknown)?;
        let is_sender = has(&senders, from);
        service.senders.keep(&self.app.name, (now, senders));
        if is_sender { Ok(()) } else { Err(BadSender::Stranger) }
    }
}

impl Senders {
    /// Returns whether the upstream pushes from an address; `None` if its addresses have to be read for that.
    fn look_up(&self, app: &AppName, (from, now): (IpAddr, Timestamp)) -> Option<Result<(), BadSender>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, senders) = kept.get(app)?;
        if *read_at > now.minus(LIFE) && has(senders, from) {
            return Some(Ok(()));
        }
        (*read_at > now.minus(PAUSE)).then_some(Err(BadSender::Stranger))
    }

    fn keep(&self, app: &AppName, senders: (Timestamp, Vec<IpNet>)) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(app.clone(), senders);
    }
}

fn has(senders: &[IpNet], address: IpAddr) -> bool {
    senders.iter().any(|block| block.contains(&address))
}
