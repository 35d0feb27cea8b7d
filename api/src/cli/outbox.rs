//! `guiyi outbox`: lists and retries notices.

use clap::{Subcommand, ValueEnum};
use domain::MessageId;
use store::Place;
use store::outbox::{Message, MessageState};

use super::token::time;
use super::words::{said, say};
use super::{Failure, listing};
use crate::app::App;
use crate::service::{Parts, Service};
use crate::text::{Text, text};
use crate::usecase;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists notices, oldest first: id, kind, account, attempts, when it was created, when it is due, the last error.
    List {
        /// Which notices.
        #[arg(long, value_enum, default_value_t = Which::Failed)]
        state: Which,
    },
    /// Retries failed notices.
    Retry {
        /// The notice, as `list` prints it; by default all failed ones.
        id: Option<MessageId>,
    },
}

/// The state of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Which {
    /// Not yet sent.
    Pending,
    /// Not sent after the last attempt.
    Failed,
    /// Sent within the last seven days.
    Sent,
}

impl Which {
    const fn state(self) -> MessageState {
        match self {
            Self::Pending => MessageState::Pending,
            Self::Failed => MessageState::Failed,
            Self::Sent => MessageState::Sent,
        }
    }
}

pub(super) async fn run(parts: Parts, command: Command) -> Result<(), Failure> {
    let app = App::start(parts).await?;
    let service = app.service();
    match command {
        Command::List { state } => list(service, state).await,
        Command::Retry { id } => {
            let retried = usecase::outbox::retry(service, id).await?;
            if let Some(id) = id.filter(|_| retried == 0) {
                return Err(text!("{id} is not a failed notice", "{id} 不是发送失败的通知").into());
            }
            say!("{retried} notice(s) will be retried", "将重试 {retried} 条通知");
            Ok(())
        }
    }
}

async fn list(service: &Service, which: Which) -> Result<(), Failure> {
    let read = async |page| usecase::outbox::list(service, which.state(), page).await;
    let show = |message: &Message| (Place { at: message.created_at, id: message.id.uuid() }, line(message));
    listing::print(read, show).await
}

fn line(message: &Message) -> String {
    let Message { id, user, kind, attempts, created_at, due_at, last_error, state, settled_at: _ } = message;
    let due = match state {
        MessageState::Pending => text!("  due {at}", "  {at} 发送", at = time(*due_at)),
        MessageState::Sent | MessageState::Failed => Text::new("", ""),
    };
    let error = last_error.as_ref().map(|error| format!("  {error}")).unwrap_or_default();
    let (due, created) = (said(&due), time(*created_at));
    let line = text!(
        "{id}  {kind}  {user}  {attempts} attempt(s)  posted {created}{due}{error}",
        "{id}  {kind}  {user}  尝试 {attempts} 次  创建于 {created}{due}{error}"
    );
    said(&line).to_owned()
}
