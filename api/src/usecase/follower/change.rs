//! Asks for the new openIds of people whose account was migrated to another one (R16), records them, and undoes that.

use std::sync::Arc;

use domain::follower::change::Change;
use domain::follower::{Outcome, Tally};
use domain::{AppId, AuditAction, LinkId, OpenId, OpenKey, RunId};
use providers::MOST_AT_ONCE;
use serde_json::json;
use store::audit::AuditEvent;
use store::follower::{NewRun, OldLink, Run, RunKind, Undone};
use store::{Actor, Tx};
use tracing::info;

use super::asking::Asking;
use super::backfill::count;
use super::holder::Holder;
use super::{Observer, Report, RunError, Seen};
use crate::apps::App;
use crate::service::Service;

/// The parameters of a run over the openIds of a migrated account.
#[derive(Debug, Clone)]
pub struct ChangeOpenIds {
    /// The upstream's id of the migrated account.
    pub from: AppId,
    /// What the upstream is told in place of it, such as the original id (`gh_…`).
    pub from_original: Option<String>,
    /// Whether to write nothing.
    pub dry_run: bool,
}

/// The work of one run.
struct Work<'a> {
    service: &'a Service,
    from: &'a AppId,
    told_from: &'a str,
    app: &'a AppId,
    name: &'a str,
    asking: &'a Asking<'a>,
    holder: Option<&'a Holder<'a>>,
    tally: Tally,
    observe: Observer<'a>,
}

/// Asks for new openIds, or continues to ask. A dry run asks and writes nothing.
///
/// # Errors
///
/// Returns why it did not begin. A run that stops before its end returns a report with the reason.
pub async fn change_open_ids(
    service: &Service,
    app: &App,
    options: &ChangeOpenIds,
    observe: Observer<'_>,
) -> Result<Report, RunError> {
    let asking = Asking::new(service, app)?;
    let (app_id, from) = (app.provider.app_id(), &options.from);
    let wanted = NewRun { kind: RunKind::OpenIds, app: app_id.clone(), from: Some(from.clone()), asks_all: false };
    let taken = if options.dry_run { None } else { Some(Holder::take(service, &wanted, Actor::Command).await?) };
    let holder = taken.as_ref().map(|(_, holder)| holder);
    let before = taken.as_ref().map(|(run, _)| run);
    let told_from = options.from_original.as_deref().unwrap_or(from.as_str());
    let tally = before.map(|run| run.tally.clone()).unwrap_or_default();
    let name = app.name.as_str();
    let mut work = Work { service, from, told_from, app: app_id, name, asking: &asking, holder, tally, observe };
    let last = before.and_then(|run| run.last.clone());
    let resumed = last.is_some();
    let done = match holder {
        Some(holder) => holder.keep_during(work.run(last)).await,
        None => work.run(last).await,
    };
    let tally = work.tally;
    let stopped = match &taken {
        Some((run, holder)) => holder.end(run, &tally, done).await,
        None => done,
    }
    .err();
    let (calls, failures) = asking.counts();
    info!(app = %app.name, people = tally.seen(), calls, dry_run = options.dry_run, "asked for new openIds: {tally}");
    Ok(Report { run: holder.map(Holder::run), app: app_id.clone(), resumed, tally, calls, failures, stopped })
}

impl Work<'_> {
    async fn run(&mut self, mut last: Option<OpenId>) -> Result<(), RunError> {
        loop {
            let most = MOST_AT_ONCE as u64;
            let view = self.service.store.view();
            let links = store::follower::old_links(&view, (self.from, self.app), (last.as_ref(), most)).await?;
            let Some(end) = links.last().map(|link| link.open_id.clone()) else { return Ok(()) };
            let (conversions, others) = self.ask(links).await?;
            self.record(&end, (conversions, others)).await?;
            last = Some(end);
        }
    }

    /// Asks about those whose new openId is not stored. Returns all that are known now, and the outcomes of the others.
    async fn ask(&self, links: Vec<OldLink>) -> Result<(Vec<Change>, Tally), RunError> {
        let wanted: Vec<OpenId> =
            links.iter().filter(|link| link.new.is_none()).map(|link| link.open_id.clone()).collect();
        let answer = self.asking.new_open_ids(self.told_from, &wanted).await?;
        let (mut conversions, mut others) = (Vec::with_capacity(links.len()), Tally::default());
        for OldLink { open_id, new } in links {
            let told = answer.told.iter().find(|changed| changed.old == open_id);
            match new.or_else(|| told.and_then(|changed| changed.new.clone())) {
                Some(new) => conversions.push(self.conversion(open_id, new)),
                None if told.is_some() || answer.refused.contains(&open_id) => others.add(Outcome::Refused, 1),
                None => others.add(Outcome::Unusable, 1),
            }
        }
        Ok((conversions, others))
    }

    fn conversion(&self, old: OpenId, new: OpenId) -> Change {
        Change {
            old: OpenKey { app: self.from.clone(), open_id: old },
            new: OpenKey { app: self.app.clone(), open_id: new },
        }
    }

    async fn record(&mut self, last: &OpenId, (batch, others): (Vec<Change>, Tally)) -> Result<(), RunError> {
        let (holder, before, batch, others) = (self.holder, &self.tally, &batch, &others);
        let now = self.service.clock.now();
        let record = |tx: Arc<Tx>| async move {
            let mut tally = others.clone();
            for outcome in store::follower::change_open_ids(&tx, batch, holder.map(Holder::run), now).await? {
                tally.add(outcome, 1);
            }
            let news = tally.clone();
            tally.merge(before);
            if let Some(holder) = holder {
                holder.advance(&tx, (None, Some(last)), &tally).await?;
            }
            Ok::<_, RunError>((tally, news))
        };
        let store = &self.service.store;
        let (tally, news) = if holder.is_some() {
            store.write("change_open_ids", record).await?
        } else {
            store.rehearse("change_open_ids", record).await?
        };
        self.tally = tally;
        if holder.is_some() {
            count(self.name, &news);
        }
        (self.observe)(Seen { tally: &self.tally, total: None });
        Ok(())
    }
}

/// Undoes the links of a run, except those that were used since. A dry run changes nothing.
///
/// # Errors
///
/// [`RunError::NoSuchRun`] if there is no such run. An undo that was interrupted can be repeated.
pub async fn undo(service: &Service, id: RunId, dry_run: bool) -> Result<Undone, RunError> {
    let run = store::follower::find(&service.store.view(), id).await?;
    let run = run.filter(|run| run.kind == RunKind::OpenIds && run.finished_at.is_some()).ok_or(RunError::NoSuchRun)?;
    let (mut sum, mut after) = (Undone::default(), None);
    loop {
        let (counts, last) = undo_batch(service, &run, after, dry_run).await?;
        sum = Undone {
            undone: sum.undone + counts.undone,
            used: sum.used + counts.used,
            others: sum.others + counts.others,
        };
        match last {
            Some(_) => after = last,
            None => return Ok(sum),
        }
    }
}

async fn undo_batch(
    service: &Service,
    run: &Run,
    after: Option<LinkId>,
    dry_run: bool,
) -> Result<(Undone, Option<LinkId>), RunError> {
    let now = service.clock.now();
    let undo = |tx: Arc<Tx>| async move {
        let done = store::follower::undo(&tx, run.id, (after, MOST_AT_ONCE as u64), now).await?;
        if done.0.undone > 0 {
            let detail = json!({ "run": run.id.to_string(), "undone": done.0.undone });
            let event = AuditEvent::new(AuditAction::OpenIdChangesUndone, Actor::Command, now).saying(detail);
            store::audit::add(&tx, &AuditEvent { app: Some(run.app.clone()), ..event }).await?;
        }
        Ok::<_, RunError>(done)
    };
    if dry_run {
        service.store.rehearse("undo_changed_open_ids", undo).await
    } else {
        service.store.write("undo_changed_open_ids", undo).await
    }
}
