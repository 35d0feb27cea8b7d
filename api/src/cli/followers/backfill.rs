//! `guiyi backfill-union-ids`: asks for the unionIds of an official account's followers.

use clap::Args;
use domain::AppName;

use super::report::{Progress, print};
use super::{explain, find};
use crate::app::App;
use crate::cli::{Failure, logs};
use crate::service::Parts;
use crate::usecase::follower::{Backfill, backfill};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The name of the official account's app.
    app: AppName,
    /// Asks about all followers, also about those whose unionId is known and those that are not known here. Records
    /// who follows.
    #[arg(long)]
    all: bool,
    /// Asks WeChat and prints what would change, without changing it.
    #[arg(long)]
    dry_run: bool,
    /// Prints the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) async fn run(parts: Parts, arguments: Arguments) -> Result<(), Failure> {
    logs::start(&parts.config.log)?;
    let Arguments { app: name, all, dry_run, json } = arguments;
    let app = App::start_for_command(parts).await?;
    let service = app.service();
    let mut progress = Progress::new();
    let options = Backfill::by_command(all, dry_run);
    let report = backfill(service, find(service, &name)?, options, &mut |seen| progress.show(seen)).await;
    progress.finish();
    let report = report.map_err(|error| explain(error, service))?;
    print(&report, (name.as_str(), dry_run, json));
    report.stopped.map_or(Ok(()), |error| Err(explain(error, service)))
}
