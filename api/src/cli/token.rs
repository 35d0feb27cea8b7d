//! `guiyi token`: creates, lists and revokes service tokens.

use std::io::Write;
use std::str::FromStr;

use clap::Subcommand;
use domain::{ServiceScope, ServiceTokenId, Timestamp};
use store::service_token::ServiceToken;
use store::{Actor, Place};

use super::Failure;
use crate::app::App;
use crate::service::{Parts, Service};
use crate::usecase::service_token::{MOST_TOKEN_DAYS, TOKEN_DAYS};
use crate::usecase::{self, FrontRequest};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Creates a token and prints it, once.
    Create {
        /// The scopes: orders:read, orders:write, users:read, users:write, users:disable, conflicts:read,
        /// conflicts:write, tokens:read, tokens:write, audit:read. Repeatable.
        #[arg(long, required = true)]
        scope: Vec<ServiceScope>,
        /// The system that uses it.
        #[arg(long, default_value = "")]
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
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self(None));
        }
        let days = text.parse().ok().filter(|days| (1..=MOST_TOKEN_DAYS).contains(days));
        days.map(|days| Self(Some(days))).ok_or_else(|| format!("is neither `never` nor 1 to {MOST_TOKEN_DAYS} days"))
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

pub(super) async fn run(parts: Parts, command: Command) -> Result<(), Failure> {
    let app = App::start(parts).await?;
    let service = app.service();
    match command {
        Command::Create { scope, name, expires } => {
            let made = usecase::service_token::create(service, &name, scope, expires.0).await?;
            let until =
                made.expires_at.map_or_else(|| "without limit".to_owned(), |end| format!("until {}", time(end)));
            eprintln!("{}, valid {until}: keep this token now, it is not shown again", made.id);
            println!("{}", made.token);
            Ok(())
        }
        Command::List => list(service).await,
        Command::Revoke { id, reason, with_made } => {
            let revoked = usecase::service_token::revoke(service, (id, with_made), (Actor::Command, &reason)).await?;
            if revoked.is_empty() {
                eprintln!("{id} is already revoked");
            }
            for token in revoked {
                println!("revoked {token}");
            }
            Ok(())
        }
    }
}

async fn list(service: &Service) -> Result<(), Failure> {
    let now = service.now();
    let mut after = None;
    loop {
        let page = usecase::service_token::list(service, FrontRequest { first: Some(100), after }).await?;
        let mut out = std::io::stdout().lock();
        for token in &page.items {
            writeln!(out, "{}", line(token, now))?;
        }
        match page.items.last().filter(|_| page.has_next) {
            Some(last) => after = Some(Place { at: last.created_at, id: last.id.uuid() }),
            None => return Ok(()),
        }
    }
}

fn line(token: &ServiceToken, now: Timestamp) -> String {
    let state = match (token.revoked_at, token.expires_at) {
        (Some(at), _) => format!("revoked {}", time(at)),
        (None, Some(end)) if end <= now => format!("expired {}", time(end)),
        (None, Some(end)) => format!("valid until {}", time(end)),
        (None, None) => "valid without limit".to_owned(),
    };
    let used = token.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {}", time(at)));
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
