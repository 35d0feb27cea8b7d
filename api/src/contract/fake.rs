//! Fakes: plug-ins in memory, for tests of what uses them. They record what they are asked, and answer as they are told.
//!
//! They are clones of one another: a test keeps one and gives another to the service.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::{PhoneNumber, PictureId, Timestamp, UserId};

use crate::human_check::{HumanCheck, HumanCheckError, HumanToken};
use crate::line_check::{Line, LineCheckError, PhoneLineCheck};
use crate::notify::{Notifier, NotifyError, Recipient};
use crate::picture::{PictureError, PictureStore};
use crate::sms::{Message, Notice, SmsError, SmsSender};

type Shared<T> = Arc<Mutex<T>>;

fn lock<T>(shared: &Shared<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A carrier that delivers into memory.
#[derive(Clone, Default)]
pub struct FakeCarrier {
    inbox: Shared<Vec<(PhoneNumber, Message)>>,
    is_down: Shared<bool>,
}

impl FakeCarrier {
    /// Takes the messages that were sent.
    #[must_use]
    pub fn take(&self) -> Vec<(PhoneNumber, Message)> {
        std::mem::take(&mut lock(&self.inbox))
    }

    /// Refuses all connections from now on, or no longer.
    pub fn set_down(&self, is_down: bool) {
        *lock(&self.is_down) = is_down;
    }
}

#[async_trait]
impl SmsSender for FakeCarrier {
    async fn send(&self, number: &PhoneNumber, message: &Message) -> Result<(), SmsError> {
        if *lock(&self.is_down) {
            return Err(SmsError::Unavailable { detail: "the fake carrier is down".to_owned(), unsent: true });
        }
        lock(&self.inbox).push((number.clone(), message.clone()));
        Ok(())
    }
}

impl std::fmt::Debug for FakeCarrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FakeCarrier(…)")
    }
}

/// A line check with the same result for every number; unavailable without one.
#[derive(Debug, Clone)]
pub struct FakeLine {
    line: Option<Line>,
    asked: Shared<Vec<Timestamp>>,
}

impl FakeLine {
    /// Returns a check with this result.
    #[must_use]
    pub fn that_says(line: Option<Line>) -> Self {
        Self { line, asked: Shared::default() }
    }

    /// Returns the times of the last proofs that it was asked about.
    #[must_use]
    pub fn asked(&self) -> Vec<Timestamp> {
        lock(&self.asked).clone()
    }
}

#[async_trait]
impl PhoneLineCheck for FakeLine {
    async fn check(&self, _: &PhoneNumber, since: Timestamp) -> Result<Line, LineCheckError> {
        lock(&self.asked).push(since);
        self.line.ok_or_else(|| LineCheckError::Unavailable("the fake carrier is down".to_owned()))
    }
}

/// A human check that passes one token.
#[derive(Debug, Clone)]
pub struct FakeHuman(HumanToken);

impl FakeHuman {
    /// Returns a check that passes this token.
    #[must_use]
    pub fn that_passes(token: HumanToken) -> Self {
        Self(token)
    }
}

#[async_trait]
impl HumanCheck for FakeHuman {
    async fn is_human(&self, token: &HumanToken, _: Option<IpAddr>) -> Result<bool, HumanCheckError> {
        Ok(token.expose() == self.0.expose())
    }
}

/// A notifier that notes what it is told.
#[derive(Debug, Clone, Default)]
pub struct FakeNotifier(Shared<Vec<(UserId, Vec<PhoneNumber>, Notice)>>);

impl FakeNotifier {
    /// Takes the notices that were sent, each with its account and numbers.
    #[must_use]
    pub fn take(&self) -> Vec<(UserId, Vec<PhoneNumber>, Notice)> {
        std::mem::take(&mut lock(&self.0))
    }
}

#[async_trait]
impl Notifier for FakeNotifier {
    async fn notify(&self, to: &Recipient, notice: &Notice) -> Result<(), NotifyError> {
        lock(&self.0).push((to.user, to.phones.clone(), notice.clone()));
        Ok(())
    }
}

/// A picture store in memory.
#[derive(Debug, Clone, Default)]
pub struct FakePictures {
    stored: Shared<BTreeMap<PictureId, Vec<u8>>>,
    is_down: Shared<bool>,
}

impl FakePictures {
    /// Returns the ids of the stored pictures.
    #[must_use]
    pub fn ids(&self) -> Vec<PictureId> {
        lock(&self.stored).keys().copied().collect()
    }

    /// Fails every operation from now on, or no longer.
    pub fn set_down(&self, is_down: bool) {
        *lock(&self.is_down) = is_down;
    }

    fn answers(&self) -> Result<(), PictureError> {
        let down = || PictureError::Unavailable("the fake store is down".to_owned());
        if *lock(&self.is_down) { Err(down()) } else { Ok(()) }
    }
}

#[async_trait]
impl PictureStore for FakePictures {
    async fn put(&self, id: PictureId, content: &[u8]) -> Result<(), PictureError> {
        self.answers()?;
        lock(&self.stored).insert(id, content.to_vec());
        Ok(())
    }

    async fn get(&self, id: PictureId) -> Result<Option<Vec<u8>>, PictureError> {
        self.answers()?;
        Ok(lock(&self.stored).get(&id).cloned())
    }

    async fn remove(&self, id: PictureId) -> Result<(), PictureError> {
        self.answers()?;
        lock(&self.stored).remove(&id);
        Ok(())
    }
}
