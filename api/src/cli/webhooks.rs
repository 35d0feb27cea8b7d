//! `guiyi webhooks`: lists webhooks, tests one, and sends events again.

use chrono::DateTime;
use clap::{ArgGroup, Subcommand};
use domain::{EventId, Timestamp};

use super::Failure;
use super::token::time;
use super::words::{said, say};
use crate::app::App;
use crate::service::{Parts, Service};
use crate::text::{Text, text};
use crate::usecase;
use crate::usecase::webhook::{Listed, Which};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists the webhooks: name, pending and failed events, the oldest pending one, the last error.
    List,
    /// Sends a test event to a webhook now, and prints the answer.
    Test {
        /// The name of the webhook.
        name: String,
    },
    /// Sends events to a webhook again: by default those that were given up. Also ends a pause, and starts a webhook
    /// that has answered 410.
    #[command(group = ArgGroup::new("which"))]
    Resend {
        /// The name of the webhook.
        name: String,
        /// Only this event, also if it was received: `evn_…`.
        #[arg(long, group = "which")]
        event: Option<EventId>,
        /// What was given up; the default.
        #[arg(long, group = "which")]
        failed: bool,
        /// All events since this time, also those that were received: `2026-05-01T10:00:00+08:00`.
        #[arg(long, group = "which", value_parser = read_time)]
        since: Option<Timestamp>,
    },
}

fn read_time(text: &str) -> Result<Timestamp, Text> {
    let read = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc().into());
    read.map_err(|_| {
        text!("is not a time such as 2026-05-01T10:00:00+08:00", "应为 2026-05-01T10:00:00+08:00 这样的时间")
    })
}

pub(super) async fn run(parts: Parts, command: Command) -> Result<(), Failure> {
    let app = App::start(parts).await?;
    let service = app.service();
    match command {
        Command::List => list(service).await,
        Command::Test { name } => {
            known(service, &name)?;
            let tested = usecase::webhook::test(service, &name).await?;
            match &tested.status {
                Ok(status) => say!("{name} answered {status}", "{name} 返回 {status}"),
                Err(error) => say!("{name}: {error}", "{name}：{error}", error = said(&Text::foreign(error.as_str()))),
            }
            if !tested.body.is_empty() {
                println!("{}", printable(&tested.body));
            }
            if tested.is_received() {
                Ok(())
            } else {
                Err(text!("{name} has not received the event", "{name} 未收到事件").into())
            }
        }
        Command::Resend { name, event, failed: _, since } => {
            known(service, &name)?;
            let which = match (event, since) {
                (Some(event), _) => Which::Event(event),
                (None, Some(since)) => Which::Since(since),
                (None, None) => Which::Failed,
            };
            let count = usecase::webhook::resend(service, &name, which).await?;
            if let Some(event) = event.filter(|_| count == 0) {
                return Err(text!("there is no event {event}", "没有事件 {event}").into());
            }
            say!("{count} event(s) will be sent again", "将重新发送 {count} 个事件");
            Ok(())
        }
    }
}

fn known(service: &Service, name: &str) -> Result<(), Failure> {
    let names: Vec<&str> = service.config().webhooks.iter().map(|webhook| webhook.name.as_str()).collect();
    if names.contains(&name) {
        return Ok(());
    }
    let names = names.join(", ");
    Err(text!("no webhook is named `{name}`; configured: {names}", "没有名为 `{name}` 的 webhook；已配置：{names}")
        .into())
}

async fn list(service: &Service) -> Result<(), Failure> {
    for Listed { name, deliveries } in usecase::webhook::list(service).await? {
        let (pending, failed) = (deliveries.backlog.pending, deliveries.backlog.failed);
        let oldest = match deliveries.backlog.oldest.map(time) {
            Some(at) => text!("  oldest since {at}", "  最早的自 {at} 起等待"),
            None => Text::new("", ""),
        };
        let gone = match deliveries.gone_at.map(time) {
            Some(at) => text!("  stopped {at}: it is gone", "  已于 {at} 停止：端点已不存在"),
            None => Text::new("", ""),
        };
        let error = match deliveries.failed_at.map(time).zip(deliveries.last_error) {
            Some((at, error)) => text!("  last error {at}: {error}", "  最近一次错误 {at}：{error}"),
            None => Text::new("", ""),
        };
        let (oldest, gone, error) = (said(&oldest), said(&gone), said(&error));
        say!(
            "{name}  {pending} pending  {failed} failed{oldest}{gone}{error}",
            "{name}  待发送 {pending}  失败 {failed}{oldest}{gone}{error}"
        );
    }
    Ok(())
}

/// Returns the text of another system without characters that would control a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}
