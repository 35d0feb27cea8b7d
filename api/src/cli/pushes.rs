//! `guiyi pushes`: lists and retries the events that upstreams have pushed.

use clap::{Subcommand, ValueEnum};
use domain::PushId;
use store::Place;
use store::push::{Push, PushState};

use super::token::time;
use super::words::{said, say};
use super::{Failure, listing};
use crate::app::App;
use crate::service::{Parts, Service};
use crate::text::{Text, text};
use crate::usecase;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists pushed events, oldest first: id, app, event, attempts, when it arrived, when it is due, the last error.
    List {
        /// Which events.
        #[arg(long, value_enum, default_value_t = Which::Failed)]
        state: Which,
    },
    /// Retries failed events.
    Retry {
        /// The event, as `list` prints it; by default all failed ones.
        id: Option<PushId>,
    },
}

/// The state of a pushed event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Which {
    /// Not yet acted on.
    Pending,
    /// Not acted on after the last attempt.
    Failed,
    /// Acted on within the last day.
    Done,
}

impl Which {
    const fn state(self) -> PushState {
        match self {
            Self::Pending => PushState::Pending,
            Self::Failed => PushState::Failed,
            Self::Done => PushState::Done,
        }
    }
}

pub(super) async fn run(parts: Parts, command: Command) -> Result<(), Failure> {
    let app = App::start(parts).await?;
    let service = app.service();
    match command {
        Command::List { state } => list(service, state).await,
        Command::Retry { id } => {
            let retried = usecase::push::retry(service, id).await?;
            if let Some(id) = id.filter(|_| retried == 0) {
                return Err(text!("{id} is not a failed event", "{id} 不是处理失败的推送事件").into());
            }
            say!("{retried} event(s) will be retried", "将重试 {retried} 个推送事件");
            Ok(())
        }
    }
}

async fn list(service: &Service, which: Which) -> Result<(), Failure> {
    let read = async |page| usecase::push::list(service, which.state(), page).await;
    let show = |push: &Push| (Place { at: push.created_at, id: push.id.uuid() }, line(service, push));
    listing::print(read, show).await
}

fn line(service: &Service, push: &Push) -> String {
    let Push { id, app, event, attempts, created_at, due_at, last_error, state } = push;
    let due = match state {
        PushState::Pending => text!("  due {at}", "  {at} 处理", at = time(*due_at)),
        PushState::Done | PushState::Failed => Text::new("", ""),
    };
    let error = last_error.as_ref().map(|error| format!("  {error}")).unwrap_or_default();
    let (due, received, app) = (said(&due), time(*created_at), service.apps.name_of(app));
    let line = text!(
        "{id}  {app}  {event}  {attempts} attempt(s)  received {received}{due}{error}",
        "{id}  {app}  {event}  尝试 {attempts} 次  接收于 {received}{due}{error}"
    );
    said(&line).to_owned()
}
