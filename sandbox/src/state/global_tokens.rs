//! The global access token of an app, in two flavours: the one that every call replaces, and the stable one. Unrelated to
//! the tokens of a web login in `web_tokens`.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use crate::clock::Seconds;
use crate::company::AppIndex;
use crate::dice;

use super::ledger::{Entry, Kind, Ledger};
use super::locked;
use super::repeated::{Granted, is_repeated};

const LIFE: Seconds = 7200;
/// How long a replaced token stays valid: five minutes.
const OVERLAP: Seconds = 300;
const DAY: Seconds = 86_400;
const FORCED_PER_DAY: usize = 20;
/// Forced refreshes within this interval have no effect.
const FORCED_APART: Seconds = 30;

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadGlobalToken {
    /// Unknown, or replaced by a newer one.
    NotLatest,
    Expired,
}

/// The app has used up its forced refreshes of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ForcedTooOften;

/// The global tokens of all apps. The two flavours of one app are independent.
pub(crate) struct GlobalTokens {
    ledger: Arc<Ledger>,
    apps: Mutex<HashMap<AppIndex, Flavours>>,
}

#[derive(Default)]
struct Flavours {
    plain: Slot,
    stable: Slot,
    forced: VecDeque<Seconds>,
}

/// The newest token, and the previous one while it is valid.
#[derive(Default)]
struct Slot {
    newest: Option<Token>,
    before: Option<Token>,
}

struct Token {
    text: String,
    end: Seconds,
    /// Whether a newer one replaced it: then its end leads to "not latest", not "expired".
    replaced: bool,
}

/// The app and time of a token request, and the ledger for a new one.
struct Desk<'a> {
    app: AppIndex,
    now: Seconds,
    ledger: &'a Ledger,
}

impl GlobalTokens {
    /// Records all issued tokens in this ledger.
    pub(crate) fn entered_in(ledger: Arc<Ledger>) -> Self {
        Self { ledger, apps: Mutex::default() }
    }

    /// `/cgi-bin/token`: always returns a new one.
    pub(crate) fn replace(&self, app: AppIndex, now: Seconds) -> Granted {
        locked(&self.apps).entry(app).or_default().plain.turn(&self.desk(app, now), OVERLAP)
    }

    /// `/cgi-bin/stable_token`: returns the current one, until its last five minutes.
    pub(crate) fn stable(&self, app: AppIndex, now: Seconds) -> Granted {
        locked(&self.apps).entry(app).or_default().stable.current(&self.desk(app, now))
    }

    /// `/cgi-bin/stable_token` with `force_refresh`: returns a new one and revokes the old one at once.
    pub(crate) fn force(&self, app: AppIndex, now: Seconds) -> Result<Granted, ForcedTooOften> {
        let mut apps = locked(&self.apps);
        let flavours = apps.entry(app).or_default();
        if flavours.forced.back().is_some_and(|last| (0..FORCED_APART).contains(&(now - last))) {
            return Ok(flavours.stable.current(&self.desk(app, now)));
        }
        flavours.forced.retain(|at| (0..DAY).contains(&(now - at)));
        if flavours.forced.len() >= FORCED_PER_DAY {
            return Err(ForcedTooOften);
        }
        flavours.forced.push_back(now);
        Ok(flavours.stable.turn(&self.desk(app, now), 0))
    }

    /// Revokes the tokens of an app, of both flavours.
    pub(crate) fn revoke(&self, app: AppIndex) {
        if let Some(flavours) = locked(&self.apps).get_mut(&app) {
            (flavours.plain, flavours.stable) = Default::default();
        }
    }

    /// Revokes the tokens of this token's flavour.
    pub(crate) fn revoke_like(&self, app: AppIndex, token: &str) {
        if let Some(flavours) = locked(&self.apps).get_mut(&app) {
            let plain = flavours.plain.tokens().any(|known| known.text == token);
            let flavour = if plain { &mut flavours.plain } else { &mut flavours.stable };
            *flavour = Slot::default();
        }
    }

    /// Returns the app of this token.
    pub(crate) fn owner(&self, token: &str, now: Seconds) -> Result<AppIndex, BadGlobalToken> {
        let apps = locked(&self.apps);
        let slots = apps.iter().flat_map(|(app, flavours)| [(app, &flavours.plain), (app, &flavours.stable)]);
        let mut known = slots.flat_map(|(app, slot)| slot.tokens().map(move |token| (app, token)));
        match known.find(|(_, known)| known.text == token) {
            Some((app, known)) if now < known.end => Ok(*app),
            Some((_, Token { replaced: false, .. })) => Err(BadGlobalToken::Expired),
            Some((_, Token { replaced: true, .. })) | None => Err(BadGlobalToken::NotLatest),
        }
    }

    /// Returns when a token of an app ends; `None` if it was replaced or revoked.
    pub(crate) fn end_of(&self, app: AppIndex, token: &str) -> Option<Seconds> {
        let apps = locked(&self.apps);
        let flavours = apps.get(&app)?;
        let mut known = [&flavours.plain, &flavours.stable].into_iter().flat_map(Slot::tokens);
        known.find(|known| known.text == token).map(|known| known.end)
    }

    fn desk(&self, app: AppIndex, now: Seconds) -> Desk<'_> {
        Desk { app, now, ledger: &self.ledger }
    }
}

impl Slot {
    fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.newest.iter().chain(&self.before)
    }

    fn current(&mut self, desk: &Desk<'_>) -> Granted {
        match &self.newest {
            Some(token) if is_repeated(token.end - desk.now, (OVERLAP, LIFE)) => token.granted(desk.now),
            Some(_) | None => self.turn(desk, OVERLAP),
        }
    }

    fn turn(&mut self, desk: &Desk<'_>, overlap: Seconds) -> Granted {
        let now = desk.now;
        let token = Token { text: format!("87_{}", dice::base64url::<96>()), end: now + LIFE, replaced: false };
        let granted = token.granted(now);
        let text = token.text.clone();
        desk.ledger.enter(Entry { kind: Kind::GlobalToken, text, app: desk.app, person: None, at: now });
        self.before = self.newest.replace(token).filter(|_| overlap > 0);
        if let Some(before) = &mut self.before {
            before.end = before.end.min(now + overlap);
            before.replaced = true;
        }
        granted
    }
}

impl Token {
    fn granted(&self, now: Seconds) -> Granted {
        Granted { token: self.text.clone(), expires_in: self.end - now }
    }
}
