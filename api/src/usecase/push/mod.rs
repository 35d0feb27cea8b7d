//! Receives what upstreams push: stores events about people, and keeps tickets. `work` acts on what is stored.

mod passed_on;
mod senders;
mod work;

use std::sync::Arc;

use domain::{OpenId, OpenKey, Timestamp};
use providers::{PersonPush, PersonPushed, ProviderError, PushMessage, PushQuery, PushReader, PushRefusal, Pushed};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::push::NewPush;
use store::{StoreError, Tx};
use tracing::debug;

use crate::apps::App;
use crate::config::PushSection;
use crate::random;
use crate::service::Service;

pub(crate) use passed_on::PassedOn;
pub(crate) use senders::{BadSender, Senders};
pub use store::push::PushState;
pub use work::{act_on_due, list, retry, run};

/// Why a push was not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotReceived {
    /// The ticket could not be stored.
    #[error(transparent)]
    Ticket(#[from] ProviderError),
    /// The event could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An app that receives pushes.
#[derive(Clone, Copy)]
pub(crate) struct Receiver<'a> {
    app: &'a App,
    /// The settings.
    pub(crate) settings: &'a PushSection,
    reader: &'a dyn PushReader,
}

impl<'a> Receiver<'a> {
    /// Returns the receiver of an app; `None` if it receives no pushes.
    pub(crate) fn of(app: &'a App) -> Option<Self> {
        Some(Self { app, settings: app.push.as_ref()?, reader: app.provider.push_reader()? })
    }

    /// Answers the check of the address.
    pub(crate) fn echo(self, service: &Service, query: &PushQuery) -> Result<String, PushRefusal> {
        self.settings.gate.echo(query, service.clock.now())
    }

    /// Verifies and decrypts a push.
    pub(crate) fn open(self, service: &Service, query: &PushQuery, body: &[u8]) -> Result<Opened, PushRefusal> {
        let message = self.settings.gate.open(query, body, (self.reader.receiver(), service.clock.now()))?;
        Ok(self.opened(message))
    }

    /// Returns what a verified message means.
    pub(crate) fn opened(self, message: PushMessage) -> Opened {
        let app = self.app.provider.app_id().as_str();
        let hash = Sha256::new().chain_update(app).chain_update([0]).chain_update(message.hash()).finalize().into();
        Opened { name: message.name(), hash, pushed: self.reader.read(&message), message }
    }

    /// Returns the body that answers a push with a text to the person.
    pub(crate) fn reply(self, service: &Service, message: &PushMessage, text: &str) -> String {
        self.settings.gate.reply(message, text, (self.reader.receiver(), service.clock.now(), random::bytes()))
    }
}

/// A verified push.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The name of the event, or the kind of message.
    pub(crate) name: String,
    hash: [u8; 32],
    pushed: Pushed,
    /// The message, for an answer to it.
    pub(crate) message: PushMessage,
}

impl Opened {
    /// Returns whether the service acts on it.
    pub(crate) const fn is_ours(&self) -> bool {
        matches!(self.pushed, Pushed::Person(_) | Pushed::Secret(_))
    }

    /// Returns who scanned which scene.
    pub(crate) fn scan(&self) -> Option<(&OpenId, &str)> {
        match &self.pushed {
            Pushed::Person(PersonPush { open_id, event, .. }) => match event {
                PersonPushed::Followed { scene: Some(scene) } | PersonPushed::Scanned { scene } => {
                    Some((open_id, scene))
                }
                PersonPushed::Followed { scene: None }
                | PersonPushed::Unfollowed
                | PersonPushed::ProfileCleared
                | PersonPushed::Revoked { .. }
                | PersonPushed::Cancelled => None,
            },
            Pushed::Secret(_) | Pushed::Other => None,
        }
    }
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// An event about a person was stored.
    Stored,
    /// The same message was stored before.
    Repeated,
    /// A ticket was stored.
    Ticket,
    /// The service does not act on it.
    Other,
}

/// The stored form of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub(super) enum StoredEvent {
    Followed { scene: Option<String> },
    Unfollowed,
    Scanned { scene: String },
    ProfileCleared,
    Revoked { nickname: bool, avatar_url: bool },
    Cancelled,
}

impl From<PersonPushed> for StoredEvent {
    fn from(pushed: PersonPushed) -> Self {
        match pushed {
            PersonPushed::Followed { scene } => Self::Followed { scene },
            PersonPushed::Unfollowed => Self::Unfollowed,
            PersonPushed::Scanned { scene } => Self::Scanned { scene },
            PersonPushed::ProfileCleared => Self::ProfileCleared,
            PersonPushed::Revoked { nickname, avatar_url } => Self::Revoked { nickname, avatar_url },
            PersonPushed::Cancelled => Self::Cancelled,
        }
    }
}

/// Stores a verified push, before it is answered.
pub(crate) async fn receive(service: &Service, app: &App, opened: Opened) -> Result<Received, NotReceived> {
    match opened.pushed {
        Pushed::Person(person) => {
            let now = service.clock.now();
            let new = &stored(app, person, (opened.name, opened.hash), now);
            let add = |tx: Arc<Tx>| async move { store::push::add(&tx, new, now).await };
            let is_new = service.store.write("store_push", add).await?;
            service.pushes.notify_one();
            Ok(if is_new { Received::Stored } else { Received::Repeated })
        }
        Pushed::Secret(secret) => {
            let reader = app.provider.push_reader();
            reader.ok_or_else(|| ProviderError::unsupported("the app is sent no pushes"))?.keep(secret).await?;
            Ok(Received::Ticket)
        }
        Pushed::Other => {
            debug!(app = %app.name, event = opened.name, "a push says nothing about who a person is");
            Ok(Received::Other)
        }
    }
}

fn stored(app: &App, person: PersonPush, (event, message_hash): (String, [u8; 32]), now: Timestamp) -> NewPush {
    let payload = serde_json::to_string(&StoredEvent::from(person.event)).expect("texts and booleans are JSON");
    let key = OpenKey { app: app.provider.app_id().clone(), open_id: person.open_id };
    // An event with a future time would override all events until then.
    NewPush { key, message_hash, event, payload, happened_at: person.at.min(now) }
}
