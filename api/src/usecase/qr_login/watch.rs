//! Tells a browser each step of its login as it happens, whichever replica the phone talks to.

use std::sync::Arc;

use futures::Stream;
use futures::stream::unfold;
use store::login::QrStatus;
use tokio::sync::watch::Receiver;

use super::{QrProgress, progress_of};
use crate::error::ApiError;
use crate::service::Service;
use crate::token;
use crate::usecase::polled::Seen;

/// Returns how far the login of a state is, and then each further step. Ends with the last one: confirmed, refused or expired.
///
/// The state is the secret of the browser that began. Only its hash is looked up, so who knows the QR code alone learns nothing.
pub fn watch(service: &Arc<Service>, state: &str) -> impl Stream<Item = Result<QrProgress, ApiError>> + Send + use<> {
    let state_hash = token::hash(state);
    let reader = service.clone();
    // Followed before it is read, so that no step is missed in between.
    let steps = service.polled_logins.follow(state_hash, move |hashes| {
        let service = reader.clone();
        async move { store::login::qr_statuses(&service.store.view(), &hashes, service.clock.now()).await }
    });
    let watched = Watched { service: service.clone(), state_hash, steps, told: Sent::Nothing };
    unfold(watched, |mut watched| async move { watched.next().await.map(|progress| (progress, watched)) })
}

/// A login that a browser watches.
struct Watched {
    service: Arc<Service>,
    state_hash: [u8; 32],
    steps: Receiver<Seen<QrStatus>>,
    told: Sent,
}

/// What the browser was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Nothing,
    Step(QrStatus),
    Last,
}

impl Watched {
    async fn next(&mut self) -> Option<Result<QrProgress, ApiError>> {
        let status = match self.told {
            Sent::Last => return None,
            Sent::Nothing => {
                let (view, now) = (self.service.store.view(), self.service.clock.now());
                match store::login::find_qr_login(&view, &self.state_hash, now).await {
                    Ok(found) => found.map(|login| login.status),
                    Err(error) => {
                        self.told = Sent::Last;
                        return Some(Err(error.into()));
                    }
                }
            }
            Sent::Step(before) => self.step_after(before).await?,
        };
        self.told = match status {
            Some(status @ (QrStatus::Waiting | QrStatus::Scanned)) => Sent::Step(status),
            Some(QrStatus::Confirmed | QrStatus::Refused) | None => Sent::Last,
        };
        Some(progress_of(&self.service, &self.state_hash, status))
    }

    /// Waits for the next step; `None` inside means that the login has expired.
    async fn step_after(&mut self, before: QrStatus) -> Option<Option<QrStatus>> {
        loop {
            self.steps.changed().await.ok()?;
            match *self.steps.borrow_and_update() {
                Seen::Gone => return Some(None),
                // The first reading may be older than what the browser was told.
                Seen::Is(status) if place(status) > place(before) => return Some(Some(status)),
                Seen::Is(_) | Seen::Unread => {}
            }
        }
    }
}

/// The order of the steps.
const fn place(status: QrStatus) -> u8 {
    match status {
        QrStatus::Waiting => 0,
        QrStatus::Scanned => 1,
        QrStatus::Confirmed | QrStatus::Refused => 2,
    }
}
