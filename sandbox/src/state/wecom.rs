//! WeCom's tokens: the access token of an app and the JS tickets, each repeated until it expires, and user tickets.
//! Unlike WeChat's global tokens in `global_tokens`.

use std::sync::Arc;

use crate::clock::Seconds;
use crate::company::{AppIndex, PersonIndex};
use crate::dice;

use super::global_tokens::BadGlobalToken;
use super::ledger::{Entry, Kind, Ledger};
use super::repeated::{Granted, Repeated};
use super::seal::{Seal, part};

/// The lifetime of an access token or a JS ticket in seconds.
const LIFE: Seconds = 7200;
/// The lifetime of a user ticket in seconds.
const USER_TICKET_LIFE: Seconds = 1800;

/// All WeCom tokens. It stores the repeated ones; all else is in the tokens and tickets themselves.
pub(crate) struct WeCom {
    ledger: Arc<Ledger>,
    seal: Seal,
    access: Repeated<AppIndex>,
    corp_tickets: Repeated<String>,
    app_tickets: Repeated<AppIndex>,
}

impl WeCom {
    /// Records all issued access tokens in this ledger.
    pub(crate) fn entered_in(ledger: Arc<Ledger>) -> Self {
        Self {
            ledger,
            seal: Seal::default(),
            access: Repeated::new(LIFE, 0),
            corp_tickets: Repeated::new(LIFE, 0),
            app_tickets: Repeated::new(LIFE, 0),
        }
    }

    /// Returns the access token of an app, the same one until it expires.
    pub(crate) fn access_token(&self, app: AppIndex, now: Seconds) -> Granted {
        self.access.current(app, now, |end| {
            let mut content = [0; 26];
            content[..2].copy_from_slice(&app.0.to_be_bytes());
            content[2..10].copy_from_slice(&end.to_be_bytes());
            content[10..].copy_from_slice(&dice::bytes::<16>());
            let text = self.seal.close(content);
            self.ledger.enter(Entry { kind: Kind::GlobalToken, text: text.clone(), app, person: None, at: now });
            text
        })
    }

    /// Returns the app of this access token.
    pub(crate) fn owner(&self, token: &str, now: Seconds) -> Result<AppIndex, BadGlobalToken> {
        let content: [u8; 26] = self.seal.open(token).ok_or(BadGlobalToken::NotLatest)?;
        let app = AppIndex(u16::from_be_bytes(part(&content, 0)));
        if now >= i64::from_be_bytes(part(&content, 2)) {
            return Err(BadGlobalToken::Expired);
        }
        self.access.end_of(&app, token).map(|_| app).ok_or(BadGlobalToken::NotLatest)
    }

    /// Returns when an access token of an app ends; `None` if it was replaced or revoked.
    pub(crate) fn end_of(&self, app: AppIndex, token: &str) -> Option<Seconds> {
        self.access.end_of(&app, token)
    }

    /// Revokes the access token of an app.
    pub(crate) fn revoke(&self, app: AppIndex) {
        self.access.forget(&app);
    }

    /// Returns the JS ticket of a corp, for `wx.config`.
    pub(crate) fn corp_ticket(&self, corp_id: &str, now: Seconds) -> Granted {
        self.corp_tickets.current(corp_id.to_owned(), now, js_ticket)
    }

    /// Returns the JS ticket of an app, for `wx.agentConfig`.
    pub(crate) fn app_ticket(&self, app: AppIndex, now: Seconds) -> Granted {
        self.app_tickets.current(app, now, js_ticket)
    }

    /// Issues a ticket with which an app can read the private details of a member.
    pub(crate) fn user_ticket(&self, app: AppIndex, person: PersonIndex, now: Seconds) -> String {
        let mut content = [0; 14];
        content[..2].copy_from_slice(&app.0.to_be_bytes());
        content[2..6].copy_from_slice(&person.0.to_be_bytes());
        content[6..].copy_from_slice(&(now + USER_TICKET_LIFE).to_be_bytes());
        self.seal.close(content)
    }

    /// Returns the person of a user ticket, if it is this app's own and has not expired.
    pub(crate) fn opened_by(&self, ticket: &str, app: AppIndex, now: Seconds) -> Option<PersonIndex> {
        let content: [u8; 14] = self.seal.open(ticket)?;
        let own = u16::from_be_bytes(part(&content, 0)) == app.0;
        let alive = now < i64::from_be_bytes(part(&content, 6));
        (own && alive).then(|| PersonIndex(u32::from_be_bytes(part(&content, 2))))
    }
}

/// 86 characters, as the one in the documents.
fn js_ticket(_end: Seconds) -> String {
    dice::base64url::<64>()
}
