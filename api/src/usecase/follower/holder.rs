//! The lease of a run: taken, extended while the work is done, and released at the end.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::follower::Tally;
use domain::{AuditAction, OpenId, RunId, Timestamp};
use metrics::counter;
use serde_json::{Map, Value, json};
use store::audit::AuditEvent;
use store::follower::{NewRun, Progress, Run, RunLease, Stop, Taken};
use store::{Actor, Tx};
use tokio::time::sleep;

use super::RunError;
use crate::random;
use crate::service::Service;

/// How long a lease lasts. After a kill, another process continues the run then.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How often it is extended while the upstream is waited for.
const RENEWAL: Duration = Duration::from_secs(10);
/// How soon the schedule continues a run that has stopped because of a failure.
const RETRY: TimeDelta = TimeDelta::hours(1);

/// The holder of a run's lease.
pub(super) struct Holder<'a> {
    service: &'a Service,
    run: RunId,
    lease: RunLease,
    actor: Actor,
}

impl<'a> Holder<'a> {
    /// Takes the unfinished run, or starts one.
    pub(super) async fn take(service: &'a Service, wanted: &NewRun, actor: Actor) -> Result<(Run, Self), RunError> {
        let lease = RunLease(random::bytes());
        let now = service.clock.now();
        let take = |tx: Arc<Tx>| async move { store::follower::take(&tx, wanted, lease, (now, now.plus(LEASE))).await };
        match service.store.write("take_follower_run", take).await? {
            Taken::Busy { until } => Err(RunError::Busy { until }),
            Taken::Run(run) => {
                let holder = Self { service, run: run.id, lease, actor };
                Ok((*run, holder))
            }
        }
    }

    pub(super) const fn run(&self) -> RunId {
        self.run
    }

    /// Writes the progress in the transaction of the work.
    pub(super) async fn advance(
        &self,
        tx: &Tx,
        (page, last): (Option<&str>, Option<&OpenId>),
        tally: &Tally,
    ) -> Result<(), RunError> {
        let now = self.service.clock.now();
        let progress = Progress { page, last, tally };
        let is_held = store::follower::advance(tx, (self.run, self.lease), progress, (now, now.plus(LEASE))).await?;
        if is_held { Ok(()) } else { Err(RunError::Lost) }
    }

    /// Does the work, and extends the lease meanwhile. The work is given up if another process has taken the run.
    pub(super) async fn keep_during(&self, work: impl Future<Output = Result<(), RunError>>) -> Result<(), RunError> {
        tokio::select! {
            done = work => done,
            lost = self.keep() => Err(lost),
        }
    }

    /// Ends only if another process has taken the run.
    async fn keep(&self) -> RunError {
        loop {
            sleep(RENEWAL).await;
            let until = self.service.clock.now().plus(LEASE);
            let renew = |tx: Arc<Tx>| async move { store::follower::renew(&tx, (self.run, self.lease), until).await };
            match self.service.store.write("renew_follower_run", renew).await {
                Ok(true) => {}
                Ok(false) => return RunError::Lost,
                Err(error) => tracing::warn!(run = %self.run, "the lease of a run is not extended: {error}"),
            }
        }
    }

    /// Finishes the run, or releases it if the work has failed. Returns the error of the work before that of the end.
    pub(super) async fn end(&self, run: &Run, tally: &Tally, done: Result<(), RunError>) -> Result<(), RunError> {
        match done {
            Ok(()) => self.finish(run, tally).await,
            Err(error) => {
                if let Err(unreleased) = self.stop(run, tally, &error).await {
                    tracing::warn!(run = %self.run, "the lease of a run is not released before it ends: {unreleased}");
                }
                Err(error)
            }
        }
    }

    async fn finish(&self, run: &Run, tally: &Tally) -> Result<(), RunError> {
        let now = self.service.clock.now();
        let finish = |tx: Arc<Tx>| async move {
            if !store::follower::finish(&tx, (self.run, self.lease), tally, now).await? {
                return Err(RunError::Lost);
            }
            store::audit::add(&tx, &self.event(run, tally, (None, now))).await?;
            Ok(())
        };
        self.service.store.write("finish_follower_run", finish).await?;
        self.count_end(run, "finished");
        Ok(())
    }

    /// Releases the lease of a run that stops before its end.
    async fn stop(&self, run: &Run, tally: &Tally, error: &RunError) -> Result<(), RunError> {
        let now = self.service.clock.now();
        let retry_at = match error {
            RunError::Stopping => now,
            RunError::Lost => return Ok(()),
            _ => now.plus(RETRY),
        };
        let reason = &crate::error::chain(error);
        let stop = |tx: Arc<Tx>| async move {
            let why = Stop { reason, retry_at };
            if !store::follower::stop(&tx, (self.run, self.lease), why, now).await? {
                return Err(RunError::Lost);
            }
            store::audit::add(&tx, &self.event(run, tally, (Some(reason), now))).await?;
            Ok(())
        };
        self.service.store.write("stop_follower_run", stop).await?;
        self.count_end(run, "stopped");
        Ok(())
    }

    fn event(&self, run: &Run, tally: &Tally, (stopped, now): (Option<&String>, Timestamp)) -> AuditEvent {
        let action = match run.kind {
            store::follower::RunKind::UnionIds => AuditAction::UnionIdsBackfilled,
            store::follower::RunKind::OpenIds => AuditAction::OpenIdsChanged,
        };
        let counts: Map<String, Value> =
            tally.counts().map(|(outcome, count)| (outcome.to_string(), count.into())).collect();
        let mut detail = json!({ "run": run.id.to_string(), "people": counts });
        if let Some(from) = &run.from {
            detail["from"] = from.as_str().into();
        }
        if let Some(stopped) = stopped {
            detail["stopped"] = stopped.as_str().into();
        }
        AuditEvent { app: Some(run.app.clone()), ..AuditEvent::new(action, self.actor, now) }.saying(detail)
    }

    fn count_end(&self, run: &Run, end: &'static str) {
        let app = self.service.apps.name_of(&run.app).to_owned();
        counter!("guiyi_follower_runs_total", "app" => app, "end" => end).increment(1);
    }
}
