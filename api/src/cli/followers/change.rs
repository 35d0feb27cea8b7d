//! `guiyi change-open-ids`: asks for the openIds in a new official account of people of an old one, or undoes such a
//! run.

use clap::Args;
use domain::{AppId, AppName, RunId};

use super::report::{Progress, print};
use super::{explain, find};
use crate::app::App;
use crate::cli::words::{say, tell};
use crate::cli::{Failure, logs};
use crate::service::{Parts, Service};
use crate::text::text;
use crate::usecase::follower::{ChangeOpenIds, Undone, change_open_ids, undo};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The old account: the name of its app, or its appid (`wx…`) if it is no longer configured.
    #[arg(long, required_unless_present = "undo")]
    from: Option<String>,
    /// The name of the new account's app.
    #[arg(long, required_unless_present = "undo")]
    app: Option<AppName>,
    /// The original id (`gh_…`) of the old account, if WeChat does not accept its appid.
    #[arg(long)]
    original_id: Option<String>,
    /// Asks WeChat and prints what would change, without changing it.
    #[arg(long)]
    dry_run: bool,
    /// Prints the report as JSON.
    #[arg(long)]
    json: bool,
    /// Undoes the links of this run, except those that were used since: `run_…`.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["from", "app", "original_id"])]
    undo: Option<RunId>,
}

pub(in crate::cli) async fn run(parts: Parts, arguments: Arguments) -> Result<(), Failure> {
    logs::start(&parts.config.log)?;
    let app = App::start_for_command(parts).await?;
    let service = app.service();
    let Arguments { from, app: name, original_id, dry_run, json, undo: undone } = arguments;
    if let Some(run) = undone {
        let counts = undo(service, run, dry_run).await.map_err(|error| explain(error, service))?;
        tell_undone(counts, dry_run);
        return Ok(());
    }
    let (Some(from), Some(name)) = (from, name) else {
        return Err(text!("--from and --app are needed", "需要 --from 和 --app").into());
    };
    let options = ChangeOpenIds { from: app_id(service, &from)?, from_original: original_id, dry_run };
    let to = find(service, &name)?;
    if options.from == *to.provider.app_id() {
        return Err(text!("the two accounts must differ", "两个公众号必须不同").into());
    }
    let mut progress = Progress::new();
    let report = change_open_ids(service, to, &options, &mut |seen| progress.show(seen)).await;
    progress.finish();
    let report = report.map_err(|error| explain(error, service))?;
    print(&report, (name.as_str(), dry_run, json));
    if report.tally.seen() == 0 && report.stopped.is_none() {
        tell!(
            "no openId of {from} is known here: --from is the appid (wx…) under which the old account's people signed in",
            "系统中没有 {from} 的 openId：--from 应为原公众号用户登录时所用的 appid（wx…）"
        );
    }
    report.stopped.map_or(Ok(()), |error| Err(explain(error, service)))
}

/// Returns the id of the old account, which may be configured no longer.
fn app_id(service: &Service, from: &str) -> Result<AppId, Failure> {
    let named = from.parse::<AppName>().ok().and_then(|name| service.apps.named(&name));
    if let Some(app) = named {
        return Ok(app.provider.app_id().clone());
    }
    from.parse().map_err(|error: domain::BadKey| text!("--from: ", "--from：").then(&error.into()).into())
}

fn tell_undone(counts: Undone, dry_run: bool) {
    let Undone { undone, used, others } = counts;
    if dry_run {
        say!(
            "{undone} would be undone, {used} were used since and would stay",
            "将撤销 {undone} 个，{used} 个此后已被使用，将保留"
        );
    } else {
        say!("{undone} undone, {used} were used since and stay", "已撤销 {undone} 个，{used} 个此后已被使用，保留");
    }
    if others > 0 {
        say!(
            "{others} merges and cases of the run are not undone here: use undoMerge and resolveConflict",
            "此任务产生的 {others} 个合并与冲突不在此撤销：请使用 undoMerge 和 resolveConflict"
        );
    }
}
