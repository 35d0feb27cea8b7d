//! `guiyi user`: disables and enables accounts. See `usecase::user` for the effects.

use clap::Subcommand;
use domain::UserId;
use store::Actor;
use store::user::ChangedStatus;

use super::Failure;
use super::words::say;
use crate::app::App;
use crate::service::Parts;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Ends all sessions of an account and refuses its logins.
    Disable {
        /// The account: `usr_…`.
        id: UserId,
        /// The reason.
        #[arg(long)]
        reason: String,
    },
    /// Enables a disabled account; the person logs in again.
    Enable {
        /// The account: `usr_…`.
        id: UserId,
        /// The reason.
        #[arg(long)]
        reason: String,
    },
}

pub(super) async fn run(parts: Parts, command: Command) -> Result<(), Failure> {
    let (id, reason, disable) = match command {
        Command::Disable { id, reason } => (id, reason, true),
        Command::Enable { id, reason } => (id, reason, false),
    };
    let app = App::start(parts).await?;
    let ordered = crate::usecase::user::set_status(app.service(), id, disable, (Actor::Command, &reason)).await?;
    let ChangedStatus { user, changed, ended_sessions } = ordered;
    match (disable, changed) {
        (true, true) => say!(
            "{user} is disabled; {ended_sessions} session(s) ended",
            "{user} 已停用，结束了 {ended_sessions} 个会话"
        ),
        (false, true) => say!(
            "{user} is enabled; {ended_sessions} session(s) ended",
            "{user} 已恢复，结束了 {ended_sessions} 个会话"
        ),
        (true, false) => say!("{user} is already disabled", "{user} 先前已停用"),
        (false, false) => say!("{user} is already enabled", "{user} 未被停用"),
    }
    Ok(())
}
