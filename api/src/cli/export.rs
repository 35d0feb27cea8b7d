//! `guiyi export`: prints everything about one person. See `usecase::export`.

use std::io::Write;

use clap::Args;
use domain::UserId;
use store::Actor;

use super::Failure;
use crate::app::App;
use crate::service::Parts;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The account: `usr_…`.
    id: UserId,
}

pub(super) async fn run(parts: Parts, Arguments { id }: Arguments) -> Result<(), Failure> {
    let app = App::start(parts).await?;
    let mut pieces = crate::usecase::export::export(app.service(), id, Actor::Command).await?;
    let mut out = std::io::stdout();
    while let Some(piece) = pieces.recv().await {
        out.write_all(&piece?)?;
    }
    out.flush()?;
    Ok(())
}
