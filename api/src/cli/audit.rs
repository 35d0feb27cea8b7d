//! `guiyi audit`: lists the audit, newest first.

use std::io::Write;

use chrono::{SecondsFormat, TimeDelta};
use clap::{Args, Subcommand};
use domain::{AuditAction, OperatorId, ServiceTokenId, UserId};
use serde_json::json;
use store::audit::AuditEvent;

use super::words::tell;
use super::{Failure, verify};
use crate::app::App;
use crate::service::{Parts, Service};
use crate::text::{Text, text};
use crate::usecase;
use crate::usecase::audit::AuditQuery;

/// The longest period that can be listed: ten years, in minutes.
const LONGEST: i64 = 3_650 * 24 * 60;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<AuditCommand>,
    /// Only entries about this account, or one merged into it: `usr_…`.
    #[arg(long)]
    user: Option<UserId>,
    /// Only actions of this service token: `svc_…`.
    #[arg(long)]
    token: Option<ServiceTokenId>,
    /// Only actions of this operator: `opr_…`.
    #[arg(long)]
    operator: Option<OperatorId>,
    /// Only this kind of entry, such as `USER_DISABLED`. Repeatable.
    #[arg(long)]
    action: Vec<AuditAction>,
    /// How far back: minutes, hours or days, as in 30m, 24h, 7d.
    #[arg(long, default_value = "24h", value_parser = read_age)]
    since: TimeDelta,
    /// The maximum number of entries, up to 10,000.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    limit: u64,
    /// Prints one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Verifies that no entry of the audit and of the journal of links was changed, removed or moved since it was
    /// written.
    Verify(verify::Arguments),
}

fn read_age(text: &str) -> Result<TimeDelta, Text> {
    let wrong = || text!("is not a time such as 30m, 24h or 7d", "应为 30m、24h 或 7d 这样的时间");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let minutes = match unit {
        'm' => 1,
        'h' => 60,
        'd' => 24 * 60,
        _ => return Err(wrong()),
    };
    let count: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let minutes = i64::from(count) * minutes;
    if minutes > LONGEST {
        Err(text!("is longer than ten years", "超过十年"))
    } else {
        Ok(TimeDelta::minutes(minutes))
    }
}

/// Prints the entries.
pub(super) async fn run(parts: Parts, arguments: &Arguments) -> Result<(), Failure> {
    let app = App::start_for_command(parts).await?;
    if let Some(AuditCommand::Verify(arguments)) = &arguments.command {
        return verify::run(&app, arguments).await;
    }
    let Arguments { since, limit, user, token, operator, action, .. } = arguments;
    let actions = (!action.is_empty()).then(|| action.clone());
    let query = AuditQuery { actions, user: *user, token: *token, operator: *operator, since: None };
    let events = crate::usecase::audit::recent(app.service(), query, *since, *limit).await?;
    if events.is_empty() {
        tell!("no entries", "没有记录");
    }
    let mut out = std::io::stdout().lock();
    for event in &events {
        let line = if arguments.json { as_json(app.service(), event) } else { as_text(app.service(), event) };
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn at(event: &AuditEvent) -> String {
    chrono::DateTime::<chrono::Utc>::from(event.at).to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn as_json(service: &Service, event: &AuditEvent) -> String {
    json!({
        "id": event.id.to_string(),
        "at": at(event),
        "action": event.action.as_str(),
        "actor": event.actor.to_string(),
        "app": event.app.as_ref().map(|app| usecase::app::name_of(service, app)),
        "user": event.user.map(|id| id.to_string()),
        "session": event.session.map(|id| id.to_string()),
        "detail": event.detail,
    })
    .to_string()
}

fn as_text(service: &Service, event: &AuditEvent) -> String {
    let app = event.app.as_ref().map_or("-", |app| usecase::app::name_of(service, app));
    let user = event.user.map_or_else(|| "-".to_owned(), |id| id.to_string());
    format!("{}  {}  {}  {app}  {user}  {}", at(event), event.action, event.actor, event.detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        assert_eq!(read_age("30m"), Ok(TimeDelta::minutes(30)));
        assert_eq!(read_age("24h"), Ok(TimeDelta::hours(24)));
        assert_eq!(read_age("7d"), Ok(TimeDelta::days(7)));
        for text in ["", "h", "24", "-1h", "1w", "天", "1 h", "99999999999d", "4000000000d"] {
            assert!(read_age(text).is_err(), "{text}");
        }
    }
}
