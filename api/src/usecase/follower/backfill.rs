//! Asks the upstream of an official account for the unionIds of its followers, page by page, and records them.

use std::collections::HashMap;
use std::sync::Arc;

use domain::follower::{Outcome, Tally};
use domain::{AppId, OpenId, Timestamp, UnionScope};
use futures::future::join_all;
use metrics::counter;
use providers::{Follower, FollowerPage};
use store::follower::{FollowerReport, NewRun, RunKind};
use store::{Actor, Tx};
use tracing::info;

use super::asking::{self, Asking};
use super::holder::Holder;
use super::segment::{Segment, read, rest, segments};
use super::{Observer, Report, RunError, Seen};
use crate::apps::App;
use crate::service::Service;

/// The parameters of a backfill.
#[derive(Debug, Clone, Copy)]
pub struct Backfill {
    /// Whether to ask about all followers, also about those whose unionId is known and those that nothing is known
    /// about.
    pub asks_all: bool,
    /// Whether to write nothing.
    pub dry_run: bool,
    actor: Actor,
}

impl Backfill {
    /// A backfill that an operator starts at the command line.
    #[must_use]
    pub const fn by_command(asks_all: bool, dry_run: bool) -> Self {
        Self { asks_all, dry_run, actor: Actor::Command }
    }

    /// A backfill of the schedule.
    pub(super) const fn by_schedule(asks_all: bool) -> Self {
        Self { asks_all, dry_run: false, actor: Actor::System }
    }
}

/// The work of one run.
struct Work<'a> {
    service: &'a Service,
    app: &'a AppId,
    name: &'a str,
    scope: &'a UnionScope,
    asks_all: bool,
    asking: &'a Asking<'a>,
    holder: Option<&'a Holder<'a>>,
    tally: Tally,
    total: Option<u64>,
    observe: Observer<'a>,
}

/// Asks for unionIds, or continues to ask. A dry run asks and writes nothing.
///
/// # Errors
///
/// Returns why it did not begin. A run that stops before its end returns a report with the reason.
pub async fn backfill(
    service: &Service,
    app: &App,
    options: Backfill,
    observe: Observer<'_>,
) -> Result<Report, RunError> {
    let scope = app.provider.union_scope().ok_or(RunError::NoUnionScope)?;
    let asking = Asking::new(service, app)?;
    let app_id = app.provider.app_id();
    let wanted = NewRun { kind: RunKind::UnionIds, app: app_id.clone(), from: None, asks_all: options.asks_all };
    let taken = if options.dry_run { None } else { Some(Holder::take(service, &wanted, options.actor).await?) };
    let holder = taken.as_ref().map(|(_, holder)| holder);
    let before = taken.as_ref().map(|(run, _)| run);
    let mut work = Work {
        service,
        app: app_id,
        name: app.name.as_str(),
        scope,
        asks_all: options.asks_all,
        asking: &asking,
        holder,
        tally: before.map(|run| run.tally.clone()).unwrap_or_default(),
        total: None,
        observe,
    };
    let start = (before.and_then(|run| run.page.clone()), before.and_then(|run| run.last.clone()));
    let resumed = start != (None, None);
    let done = match holder {
        Some(holder) => holder.keep_during(work.run(start)).await,
        None => work.run(start).await,
    };
    let tally = work.tally;
    let stopped = match &taken {
        Some((run, holder)) => holder.end(run, &tally, done).await,
        None => done,
    }
    .err();
    let (calls, failures) = asking.counts();
    info!(app = %app.name, people = tally.seen(), calls, dry_run = options.dry_run, "asked for unionIds: {tally}");
    Ok(Report { run: holder.map(Holder::run), app: app_id.clone(), resumed, tally, calls, failures, stopped })
}

impl Work<'_> {
    async fn run(&mut self, (mut page, mut last): (Option<String>, Option<OpenId>)) -> Result<(), RunError> {
        loop {
            let FollowerPage { open_ids, unusable, total, next } = self.asking.page(page.as_deref()).await?;
            self.total = total.or(self.total);
            if last.is_none() {
                self.tally.add(Outcome::Unusable, unusable);
            }
            self.page(page.as_deref(), &rest(open_ids, last.take().as_ref())).await?;
            // The last page may repeat its position, or have none.
            let Some(next) = next.filter(|next| Some(next) != page.as_ref()) else { return Ok(()) };
            page = Some(next);
        }
    }

    /// Asks about several segments at a time, and records them in their order.
    async fn page(&mut self, page: Option<&str>, open_ids: &[OpenId]) -> Result<(), RunError> {
        let known = if self.asks_all {
            HashMap::new()
        } else {
            store::follower::knowledge(&self.service.store.view(), (self.app, self.scope), open_ids).await?
        };
        let mut segments = segments(open_ids, &known, self.asks_all).into_iter();
        drop(known);
        let (asking, service) = (self.asking, self.service);
        let concurrency = service.config.backfill.concurrency as usize;
        loop {
            // No question is open while an answer is recorded: both write, and one that is not polled keeps its turn.
            let asked = segments.by_ref().take(concurrency).map(|segment| ask(asking, service, segment));
            let answers = join_all(asked).await;
            if answers.is_empty() {
                return Ok(());
            }
            for answer in answers {
                let (segment, answer, asked_at) = answer?;
                self.record((page, &segment), read(self.app, &segment, answer, asked_at)).await?;
            }
        }
    }

    /// Records a segment with the progress, in one transaction. A dry run rolls it back.
    async fn record(
        &mut self,
        (page, segment): (Option<&str>, &Segment),
        (batch, others): (Vec<FollowerReport>, Tally),
    ) -> Result<(), RunError> {
        let (holder, before, batch, others) = (self.holder, &self.tally, &batch, &others);
        let now = self.service.clock.now();
        let record = |tx: Arc<Tx>| async move {
            let mut tally = others.clone();
            for outcome in store::follower::record(&tx, batch, holder.map(Holder::run), now).await? {
                tally.add(outcome, 1);
            }
            let news = tally.clone();
            tally.merge(before);
            if let Some(holder) = holder {
                holder.advance(&tx, (page, Some(&segment.last)), &tally).await?;
            }
            Ok::<_, RunError>((tally, news))
        };
        let store = &self.service.store;
        let (tally, news) = if holder.is_some() {
            store.write("record_followers", record).await?
        } else {
            store.rehearse("record_followers", record).await?
        };
        self.tally = tally;
        if holder.is_some() {
            count(self.name, &news);
        }
        (self.observe)(Seen { tally: &self.tally, total: self.total });
        Ok(())
    }
}

async fn ask(
    asking: &Asking<'_>,
    service: &Service,
    segment: Segment,
) -> Result<(Segment, asking::Answer<Follower>, Timestamp), RunError> {
    let asked_at = service.clock.now();
    let told = asking.about(&segment.wanted).await?;
    Ok((segment, told, asked_at))
}

/// Counts people for the metrics.
pub(super) fn count(app: &str, news: &Tally) {
    for (outcome, count) in news.counts() {
        let labels = [("app", app.to_owned()), ("outcome", outcome.as_str().to_lowercase())];
        counter!("guiyi_follower_people_total", &labels).increment(count);
    }
}
