//! `guiyi token`: creates, lists and revokes service tokens.

use std::str::FromStr;

use clap::Subcommand;
use domain::{ServiceScope, ServiceTokenId, Timestamp};
use store::service_token::ServiceToken;
use store::{Actor, Place};

use super::words::{said, say, tell};
use super::{Failure, listing};
use crate::app::App;
use crate::service::{Parts, Service};
use crate::text::{Text, text};
use crate::usecase;
use crate::usecase::service_token::{MOST_TOKEN_DAYS, TOKEN_DAYS};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Creates a token and prints it, once.
    Create {
        /// The scopes: orders:read, orders:write, users:read, users:read:phone, users:write, users:manage, users:disable,
        /// users:erase, users:export, conflicts:read, conflicts:write, tokens:read, tokens:write, audit:read, events:read,
        /// statistics:read, settings:read. Repeatable.
        #[arg(long, required = true)]
        scope: Vec<ServiceScope>,
        /// The system that uses it, such as `shop-erp`. No other valid token has this name.
        #[arg(long, value_parser = read_name)]
        name: String,
        /// Days until it expires, 1 to 3650; or `never`.
        #[arg(long, default_value_t = Life(Some(TOKEN_DAYS)))]
        expires: Life,
    },
    /// Lists all tokens, including expired and revoked ones, oldest first.
    List,
    /// Revokes a token: it is refused at once.
    Revoke {
        /// The token: `svc_…`.
        id: ServiceTokenId,
        /// The reason.
        #[arg(long)]
        reason: String,
        /// Also revokes all tokens that it created through the API, directly or through others.
        #[arg(long)]
        with_made: bool,
    },
}

/// The life of a token, in days; `None` for no expiry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life(Option<u32>);

impl FromStr for Life {
    type Err = Text;

    fn from_str(text: &str) -> Result<Self, Text> {
        if text == "never" {
            return Ok(Self(None));
        }
        let days = text.parse().ok().filter(|days| (1..=MOST_TOKEN_DAYS).contains(days));
        let said = || {
            text!(
                "is neither `never` nor 1 to {MOST_TOKEN_DAYS} days",
                "应为 `never` 或 1 到 {MOST_TOKEN_DAYS} 之间的天数"
            )
        };
        days.map(|days| Self(Some(days))).ok_or_else(said)
    }
}

impl std::fmt::Display for Life {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(days) => days.fmt(f),
            None => f.write_str("never"),
        }
    }
}

fn read_name(name: &str) -> Result<String, Text> {
    let name = name.trim();
    if name.is_empty() { Err(text!("the name is empty", "名称不能为空")) } else { Ok(name.to_owned()) }
}

pub(super) async fn run(parts: Parts, command: Command) -> Result<(), Failure> {
    let app = App::start(parts).await?;
    let service = app.service();
    match command {
        Command::Create { scope, name, expires } => {
            if let Some(id) = usecase::service_token::named(service, &name).await? {
                let said = text!(
                    "the valid token {id} has this name: choose another one, or revoke that token first",
                    "有效的令牌 {id} 已使用此名称：请换一个名称，或先吊销该令牌"
                );
                return Err(said.into());
            }
            let made = usecase::service_token::create(service, &name, scope, expires.0).await?;
            let until = match made.expires_at.map(time) {
                Some(end) => text!("until {end}", "有效期至 {end}"),
                None => text!("without limit", "永久有效"),
            };
            let (id, until) = (made.id, said(&until));
            tell!(
                "{id}, valid {until}: keep this token now, it is not shown again",
                "{id}，{until}：请立即保存此令牌，之后不会再次显示"
            );
            println!("{}", made.token);
            Ok(())
        }
        Command::List => list(service).await,
        Command::Revoke { id, reason, with_made } => {
            let revoked = usecase::service_token::revoke(service, (id, with_made), (Actor::Command, &reason)).await?;
            if revoked.is_empty() {
                tell!("{id} is already revoked", "{id} 先前已被吊销");
            }
            for token in revoked {
                say!("revoked {token}", "已吊销 {token}");
            }
            Ok(())
        }
    }
}

async fn list(service: &Service) -> Result<(), Failure> {
    let now = service.now();
    let read = async |page| usecase::service_token::list(service, page).await;
    let show = |token: &ServiceToken| (Place { at: token.created_at, id: token.id.uuid() }, line(token, now));
    listing::print(read, show).await
}

fn line(token: &ServiceToken, now: Timestamp) -> String {
    let state = match (token.revoked_at, token.expires_at) {
        (Some(at), _) => text!("revoked {at}", "已吊销 {at}", at = time(at)),
        (None, Some(end)) if end <= now => text!("expired {end}", "已过期 {end}", end = time(end)),
        (None, Some(end)) => text!("valid until {end}", "有效期至 {end}", end = time(end)),
        (None, None) => text!("valid without limit", "永久有效"),
    };
    let used = match token.last_used_at.map(time) {
        Some(at) => text!("last used {at}", "最近使用 {at}"),
        None => text!("never used", "从未使用"),
    };
    let (state, used) = (said(&state), said(&used));
    let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    format!("{}  {state}  {used}  {}  {:?}", token.id, scopes.join(","), token.name)
}

pub(super) fn time(at: Timestamp) -> String {
    chrono::DateTime::<chrono::Utc>::from(at).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_a_number_of_days_or_for_ever() {
        let read = |text: &str| text.parse::<Life>().map(|life| life.to_string());

        assert_eq!(["1", "3650", "never"].map(read), ["1", "3650", "never"].map(|text| Ok(text.to_owned())));
        for text in ["", "0", "3651", "-1", "for ever", "1d"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
