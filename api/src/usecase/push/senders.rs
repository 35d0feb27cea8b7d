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
pub(crate) struct Senders(Mutex<HashMap<AppName, (Timestamp, Vec<IpNet>)>>);

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
        let kept = service.senders.of(&self.app.name);
        let is_known = |(read_at, senders): &(Timestamp, Vec<IpNet>)| *read_at > now.minus(LIFE) && has(senders, from);
        match &kept {
            Some(kept) if is_known(kept) => return Ok(()),
            Some((read_at, _)) if *read_at > now.minus(PAUSE) => return Err(BadSender::Stranger),
            Some(_) | None => {}
        }
        let senders = self.reader.senders().await.map_err(BadSender::Unknown)?;
        let is_sender = has(&senders, from);
        service.senders.keep(&self.app.name, (now, senders));
        if is_sender { Ok(()) } else { Err(BadSender::Stranger) }
    }
}

impl Senders {
    fn of(&self, app: &AppName) -> Option<(Timestamp, Vec<IpNet>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(app).cloned()
    }

    fn keep(&self, app: &AppName, senders: (Timestamp, Vec<IpNet>)) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(app.clone(), senders);
    }
}

fn has(senders: &[IpNet], address: IpAddr) -> bool {
    senders.iter().any(|block| block.contains(&address))
}
