//! `guiyi user`: disables an account in an emergency, and enables it again.
//! What that comes to is told in `usecase::disabling`.

use clap::Subcommand;
use domain::UserId;
use store::Actor;
use store::user::ChangedStatus;

use super::Failure;
use crate::app::App;
use crate::service::Parts;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Ends all sessions of an account and lets nobody in.
    Disable {
        /// The account: `usr_…`.
        id: UserId,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Gives an account back that was disabled; the person signs in anew.
    Enable {
        /// The account: `usr_…`.
        id: UserId,
        /// Why.
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
    let word = if disable { "disabled" } else { "enabled" };
    if changed {
        println!("{user} is {word}; {ended_sessions} session(s) ended");
    } else {
        println!("{user} was {word} before");
    }
    Ok(())
}
