//! `guiyi erase`: erases an account. See `usecase::erasure` for the effects.

use clap::Args;
use domain::UserId;
use store::Actor;

use super::Failure;
use super::words::say;
use crate::app::App;
use crate::service::Parts;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The account: `usr_…`.
    id: UserId,
    /// The reason. It stays in the audit: name no person in it.
    #[arg(long)]
    reason: String,
}

pub(super) async fn run(parts: Parts, Arguments { id, reason }: Arguments) -> Result<(), Failure> {
    let app = App::start(parts).await?;
    let (user, changed) = crate::usecase::erasure::erase(app.service(), id, (Actor::Command, &reason)).await?;
    if changed {
        say!("{user} is erased", "{user} 已删除");
    } else {
        say!("{user} was erased before", "{user} 先前已删除");
    }
    Ok(())
}
