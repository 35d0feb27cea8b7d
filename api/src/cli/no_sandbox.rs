//! Replaces `sandbox` in a build without it: the same commands, which fail with an explanation. Production builds have
//! no sandbox, so that no setting can start one.

use std::future::{Ready, ready};

use tokio::sync::watch;

use super::Failure;
use super::server::Server;
use crate::config::Config;
use crate::service::Service;
use crate::text::text;

/// The command needs a feature that this build lacks.
fn not_built_in() -> Failure {
    text!(
        "this build has neither the sandbox nor the demo company. Start the service with `guiyi serve`, see `guiyi help` for \
         the other commands, or build with the sandbox: `cargo build --package api`",
        "此程序不含沙箱和演示公司。请用 `guiyi serve` 启动服务，其他命令见 `guiyi help`；如需沙箱，请用 `cargo build --package api` 编译"
    )
    .into()
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    ignored: Vec<String>,
}

/// `guiyi sandbox`
pub(super) fn run(_: Arguments) -> Ready<Result<(), Failure>> {
    ready(Err(not_built_in()))
}

/// Refuses `guiyi demo`, and `guiyi` alone, before any configuration is read.
pub(super) fn built_in() -> Result<(), Failure> {
    Err(not_built_in())
}

/// The configuration refuses a sandbox in this build, so there is none to start.
pub(super) fn beside(config: &Config, _: watch::Receiver<bool>) -> Ready<Result<Option<Server>, Failure>> {
    ready(if config.sandbox.enabled { Err(not_built_in()) } else { Ok(None) })
}

/// Refuses to load the demo company.
pub(super) fn open_demo(_: &Service) -> Ready<Result<(), Failure>> {
    ready(Err(not_built_in()))
}
