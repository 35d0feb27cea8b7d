//! The tokens of a web login: an access token of two hours, and the refresh token that renews it. Unrelated to the global
//! token of an app in `global_tokens`.

use std::sync::{Arc, Mutex};

use crate::clock::Seconds;
use crate::company::{AppIndex, PersonIndex, Scope};
use crate::dice;

use super::codes::Issued;
use super::ledger::{self, Entry, Ledger};
use super::locked;
use super::seal::{Seal, part};
use super::shelf::Shelf;

/// The lifetime of an access token in seconds.
pub(crate) const ACCESS_LIFE: Seconds = 7200;

/// The maximum number of renewed logins; beyond it, those that end first are dropped.
const CAPACITY: usize = 1_000_000;

/// A login, as its tokens contain it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) app: AppIndex,
    pub(crate) person: PersonIndex,
    pub(crate) scope: Scope,
    pub(crate) snapshot: bool,
    id: u128,
    since: Seconds,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadToken {
    Unknown,
    Expired,
}

/// Both tokens of a login.
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// Issues web tokens. It stores only the changes by a refresh; all else is in the tokens themselves.
pub(crate) struct WebTokens {
    seal: Seal,
    ledger: Arc<Ledger>,
    renewals: Mutex<Shelf<u128, Renewal>>,
}

#[derive(Clone, Copy)]
struct Renewal {
    /// How often the access token was replaced.
    turn: u32,
    end: Seconds,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Access,
    Refresh,
}

impl WebTokens {
    /// Records all issued tokens in this ledger.
    pub(crate) fn entered_in(ledger: Arc<Ledger>) -> Self {
        Self { seal: Seal::default(), ledger, renewals: Mutex::new(Shelf::new(CAPACITY)) }
    }

    /// Issues the tokens of a new login.
    pub(crate) fn issue(&self, issued: Issued, scope: Scope, now: Seconds) -> Pair {
        let id = u128::from_be_bytes(dice::bytes());
        let login = Login { app: issued.app, person: issued.person, scope, snapshot: issued.snapshot, id, since: now };
        let pair = self.pair(&login, 0);
        self.enter(&login, (ledger::Kind::RefreshToken, &pair.refresh), now);
        self.enter(&login, (ledger::Kind::WebToken, &pair.access), now);
        pair
    }

    /// Returns the login of this access token.
    pub(crate) fn access(&self, token: &str, now: Seconds) -> Result<Login, BadToken> {
        let (login, turn) = self.open(token, Kind::Access).ok_or(BadToken::Unknown)?;
        let current = self.current(&login, now);
        if turn == current.turn && now < current.end { Ok(login) } else { Err(BadToken::Expired) }
    }

    /// Returns the login of this refresh token. `days` is the lifetime of that app's refresh tokens.
    pub(crate) fn refreshable(&self, token: &str, days: i64, now: Seconds) -> Result<Login, BadToken> {
        let (login, _) = self.open(token, Kind::Refresh).ok_or(BadToken::Unknown)?;
        if now < login.refresh_end(days) { Ok(login) } else { Err(BadToken::Expired) }
    }

    /// Renews a login: a valid access token is extended to two hours, an expired one is replaced.
    /// The refresh token stays the same and keeps its end.
    pub(crate) fn renew(&self, login: &Login, days: i64, now: Seconds) -> Pair {
        let current = self.current(login, now);
        let lives = now < current.end;
        let turn = if lives { current.turn } else { current.turn + 1 };
        let mut renewals = locked(&self.renewals);
        renewals.sweep(now);
        renewals.put(login.id, Renewal { turn, end: now + ACCESS_LIFE }, login.refresh_end(days) + ACCESS_LIFE);
        let pair = self.pair(login, turn);
        if !lives {
            self.enter(login, (ledger::Kind::WebToken, &pair.access), now);
        }
        pair
    }

    /// Returns when an access token ends, by its last refresh; `None` if it was replaced.
    pub(crate) fn end_of(&self, token: &str, now: Seconds) -> Option<Seconds> {
        let (login, turn) = self.open(token, Kind::Access)?;
        let current = self.current(&login, now);
        (turn == current.turn).then_some(current.end)
    }

    fn enter(&self, login: &Login, (kind, token): (ledger::Kind, &str), now: Seconds) {
        let text = token.to_owned();
        self.ledger.enter(Entry { kind, text, app: login.app, person: Some(login.person), at: now });
    }

    fn current(&self, login: &Login, now: Seconds) -> Renewal {
        let first = Renewal { turn: 0, end: login.since + ACCESS_LIFE };
        locked(&self.renewals).get(&login.id, now).copied().unwrap_or(first)
    }

    fn pair(&self, login: &Login, turn: u32) -> Pair {
        Pair { access: self.close(login, Kind::Access, turn), refresh: self.close(login, Kind::Refresh, 0) }
    }

    fn close(&self, login: &Login, kind: Kind, turn: u32) -> String {
        let mut bytes = [0; 37];
        bytes[0] = u8::from(kind == Kind::Refresh);
        bytes[1] = scope_byte(login.scope);
        bytes[2] = u8::from(login.snapshot);
        bytes[3..5].copy_from_slice(&login.app.0.to_be_bytes());
        bytes[5..9].copy_from_slice(&login.person.0.to_be_bytes());
        bytes[9..13].copy_from_slice(&turn.to_be_bytes());
        bytes[13..21].copy_from_slice(&login.since.to_be_bytes());
        bytes[21..37].copy_from_slice(&login.id.to_be_bytes());
        self.seal.close(bytes)
    }

    fn open(&self, token: &str, wanted: Kind) -> Option<(Login, u32)> {
        let bytes: [u8; 37] = self.seal.open(token)?;
        let kind = if bytes[0] == 0 { Kind::Access } else { Kind::Refresh };
        let login = Login {
            app: AppIndex(u16::from_be_bytes(part(&bytes, 3))),
            person: PersonIndex(u32::from_be_bytes(part(&bytes, 5))),
            scope: scope_of(bytes[1]),
            snapshot: bytes[2] == 1,
            since: i64::from_be_bytes(part(&bytes, 13)),
            id: u128::from_be_bytes(part(&bytes, 21)),
        };
        (kind == wanted).then_some((login, u32::from_be_bytes(part(&bytes, 9))))
    }
}

impl Login {
    fn refresh_end(&self, days: i64) -> Seconds {
        self.since + days * 86_400
    }
}

fn scope_byte(scope: Scope) -> u8 {
    match scope {
        Scope::Base => 0,
        Scope::UserInfo => 1,
        Scope::Login => 2,
        Scope::PrivateInfo => 3,
    }
}

fn scope_of(byte: u8) -> Scope {
    match byte {
        0 => Scope::Base,
        1 => Scope::UserInfo,
        2 => Scope::Login,
        // Only bytes sealed by this process get here.
        _ => Scope::PrivateInfo,
    }
}
