//! Starts backfills of unionIds by `backfill.every_hours`, and continues those that were interrupted. Each process
//! looks; the lease of a run lets one of them work.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use store::follower::RunKind;
use tracing::{info, warn};

use super::{Backfill, RunError, backfill};
use crate::service::Service;

/// How often a process looks for something to do.
const POLL: Duration = Duration::from_mins(1);

/// Runs what is due, for as long as the process runs. Returns at once if there is no schedule.
pub async fn run_schedule(service: &Arc<Service>) {
    if service.config.backfill.every_hours == 0 {
        return;
    }
    let mut ticks = tokio::time::interval(POLL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if service.is_stopping() {
            return;
        }
        run_due(service).await;
    }
}

/// Runs what is due now, one app after the other. Returns the number of runs.
pub async fn run_due(service: &Arc<Service>) -> usize {
    let mut runs = 0;
    for at in 0..service.apps.all().len() {
        let service_of_task = service.clone();
        // In its own task, which ends between two steps when the process stops.
        if let Ok(ran) = service.track(async move { Box::pin(run_app(&service_of_task, at)).await }).await {
            runs += usize::from(ran);
        } else {
            tracing::error!("a scheduled backfill panicked");
        }
    }
    runs
}

/// Runs the backfill of one app, if it is due.
async fn run_app(service: &Service, at: usize) -> bool {
    let app = &service.apps.all()[at];
    if app.provider.followers().is_none() || app.provider.union_scope().is_none() {
        return false;
    }
    let now = service.clock.now();
    let since = now.minus(TimeDelta::hours(service.config.backfill.every_hours.into()));
    let due = (RunKind::UnionIds, app.provider.app_id());
    match store::follower::is_due(&service.store.view(), due, since, now).await {
        Ok(true) => {}
        Ok(false) => return false,
        Err(error) => {
            warn!(app = %app.name, "cannot look whether a backfill is due: {error}");
            return false;
        }
    }
    // An operator's unfinished run is continued with its own parameters.
    let asks_all = match store::follower::newest(&service.store.view(), due.0, due.1).await {
        Ok(newest) => newest.is_some_and(|run| run.finished_at.is_none() && run.asks_all),
        Err(error) => {
            warn!(app = %app.name, "cannot look whether a backfill is unfinished: {error}");
            return false;
        }
    };
    let options = Backfill::by_schedule(asks_all);
    match backfill(service, app, options, &mut |_| {}).await {
        Ok(report) => match report.stopped {
            None => info!(app = %app.name, "a scheduled backfill has ended"),
            Some(error) => {
                warn!(app = %app.name, "a scheduled backfill has stopped: {}", crate::error::chain(&error));
            }
        },
        Err(RunError::Busy { .. }) => return false,
        Err(error) => warn!(app = %app.name, "a scheduled backfill has not begun: {}", crate::error::chain(&error)),
    }
    true
}
