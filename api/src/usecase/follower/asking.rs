//! Calls to the upstream about followers: within the app's budget, and repeated with pauses while the upstream fails.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::OpenId;
use metrics::counter;
use providers::{ChangedOpenId, ErrorKind, Follower, FollowerPage, Followers, ProviderError, ToldOf};
use store::Tx;
use tokio::time::sleep;

use super::RunError;
use crate::apps::App;
use crate::random;
use crate::service::Service;

const MINUTE: i64 = 60_000;
/// The longest pause before the second attempt. Doubles with each attempt, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The upper limit of the pause between attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest wait that an upstream may ask for. Longer ones end the run, which is continued later.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often the budget is looked at while it is used up.
const BUDGET_PAUSE: Duration = Duration::from_secs(1);

/// The upstream of one app, as a run calls it.
pub(super) struct Asking<'a> {
    service: &'a Service,
    app: &'a App,
    followers: &'a dyn Followers,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    calls: u64,
    failures: BTreeMap<&'static str, u64>,
}

/// What the upstream told about some openIds, and those that it does not accept.
pub(super) struct Answer<T> {
    pub(super) told: Vec<T>,
    pub(super) refused: Vec<OpenId>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(service: &'a Service, app: &'a App) -> Result<Self, RunError> {
        let followers = app.provider.followers().ok_or(RunError::NotOffered)?;
        Ok(Self { service, app, followers, counts: Mutex::default() })
    }

    /// Returns the calls and the failures so far.
    pub(super) fn counts(&self) -> (u64, BTreeMap<&'static str, u64>) {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        (counts.calls, counts.failures.clone())
    }

    pub(super) async fn page(&self, at: Option<&str>) -> Result<FollowerPage, RunError> {
        self.call(|| self.followers.page(at)).await
    }

    pub(super) async fn about(&self, open_ids: &[OpenId]) -> Result<Answer<Follower>, RunError> {
        self.halving(open_ids, |list| self.followers.about(list)).await
    }

    pub(super) async fn new_open_ids(&self, from: &str, old: &[OpenId]) -> Result<Answer<ChangedOpenId>, RunError> {
        self.halving(old, |list| self.followers.new_open_ids(from, list)).await
    }

    /// Halves a list that the upstream refuses, until the openIds that it does not accept are alone.
    async fn halving<'b, T: Send, F>(
        &self,
        open_ids: &'b [OpenId],
        call: impl Fn(&'b [OpenId]) -> F + Send + Sync,
    ) -> Result<Answer<T>, RunError>
    where
        F: Future<Output = Result<ToldOf<T>, ProviderError>> + Send,
    {
        let mut told = Answer { told: Vec::with_capacity(open_ids.len()), refused: Vec::new() };
        let mut lists = vec![open_ids];
        while let Some(list) = lists.pop().filter(|list| !list.is_empty()) {
            match self.call(|| call(list)).await? {
                ToldOf::Each(each) => told.told.extend(each),
                ToldOf::RefusedList if list.len() == 1 => told.refused.extend_from_slice(list),
                ToldOf::RefusedList => {
                    let (front, back) = list.split_at(list.len() / 2);
                    lists.extend([back, front]);
                }
            }
        }
        Ok(told)
    }

    async fn call<T, F>(&self, call: impl Fn() -> F + Send + Sync) -> Result<T, RunError>
    where
        T: Send,
        F: Future<Output = Result<T, ProviderError>> + Send,
    {
        let mut attempt = 1;
        loop {
            self.spend().await?;
            let error = match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            self.count(|counts| *counts.failures.entry(error.kind.name()).or_default() += 1);
            counter!("guiyi_follower_call_failures_total", "app" => self.app.name.to_string(), "kind" => error.kind.name())
                .increment(1);
            let Some(pause) = self.pause(&error, attempt) else { return Err(error.into()) };
            tracing::warn!(app = %self.app.name, attempt, "a call about followers is repeated in {pause:?}: {error}");
            sleep(pause).await;
            attempt += 1;
        }
    }

    /// Takes a call from the app's budget of this minute, and waits for the next minute if it is used up.
    async fn spend(&self) -> Result<(), RunError> {
        let (service, app) = (self.service, self.app.provider.app_id());
        let per_minute = service.config.backfill.calls_per_minute;
        loop {
            if service.is_stopping() {
                return Err(RunError::Stopping);
            }
            let now = service.clock.now();
            let spend =
                |tx: Arc<Tx>| async move { store::upstream::spend_follower_call(&tx, app, per_minute, now).await };
            if service.store.write("spend_follower_call", spend).await? {
                self.count(|counts| counts.calls += 1);
                return Ok(());
            }
            let rest = u64::try_from(MINUTE - now.millis().rem_euclid(MINUTE)).unwrap_or(0);
            sleep(Duration::from_millis(rest).min(BUDGET_PAUSE)).await;
        }
    }

    /// Returns the pause before the next attempt, or `None` if another one would not help.
    fn pause(&self, error: &ProviderError, attempt: u32) -> Option<Duration> {
        let is_passing = match error.kind {
            ErrorKind::Unavailable | ErrorKind::UnexpectedAnswer => true,
            // Only a quota of a minute says how long it lasts; that of a day is tomorrow's.
            ErrorKind::RateLimited => error.retry_after.is_some(),
            ErrorKind::Misconfigured
            | ErrorKind::CodeRejected
            | ErrorKind::CodeUsed
            | ErrorKind::Snapshot
            | ErrorKind::ConsentRequired
            | ErrorKind::StaleData
            | ErrorKind::PersonBlocked => false,
        };
        let asked = error.retry_after.unwrap_or_default();
        if !is_passing || attempt >= self.service.config.backfill.attempts || asked > PATIENCE {
            return None;
        }
        let longest = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt - 1)).min(LONGEST_PAUSE);
        // Between a half and the whole, so that several processes do not call at the same moment.
        let share = u32::from(u16::from_le_bytes(random::bytes()));
        Some(asked.max(longest / 2 + longest / 2 * share / u32::from(u16::MAX)))
    }

    fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
