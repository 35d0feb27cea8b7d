//! What WeCom hands out: the access token of an app and the JS tickets, each repeated until it is over, and user tickets.
//! Not the global tokens of WeChat, which behave otherwise: see `global_tokens`.

use std::sync::Arc;

use crate::clock::Seconds;
use crate::company::{AppIndex, PersonIndex};
use crate::dice;

use super::global_tokens::BadGlobalToken;
use super::ledger::{Entry, Kind, Ledger};
use super::repeated::{Granted, Repeated};
use super::seal::{Seal, part};

/// Seconds an access token or a JS ticket lives.
const LIFE: Seconds = 7200;
/// Seconds a user ticket lives.
const USER_TICKET_LIFE: Seconds = 1800;

/// Everything of this kind. It remembers what is repeated; the rest is in the tokens and tickets themselves.
pub(crate) struct WeCom {
    ledger: Arc<Ledger>,
    seal: Seal,
    access: Repeated<AppIndex>,
    corp_tickets: Repeated<String>,
    app_tickets: Repeated<AppIndex>,
}

impl WeCom {
    /// Every access token that is issued is entered in this ledger.
    pub(crate) fn entered_in(ledger: Arc<Ledger>) -> Self {
        Self {
            ledger,
            seal: Seal::default(),
            access: Repeated::new(LIFE, 0),
            corp_tickets: Repeated::new(LIFE, 0),
            app_tickets: Repeated::new(LIFE, 0),
        }
    }

    /// The access token of an app: the one there is until it is over, then another.
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

    /// Whose access token is this?
    pub(crate) fn owner(&self, token: &str, now: Seconds) -> Result<AppIndex, BadGlobalToken> {
        let content: [u8; 26] = self.seal.open(token).ok_or(BadGlobalToken::NotLatest)?;
        let app = AppIndex(u16::from_be_bytes(part(&content, 0)));
        if now >= i64::from_be_bytes(part(&content, 2)) {
            return Err(BadGlobalToken::Expired);
        }
        self.access.end_of(&app, token).map(|_| app).ok_or(BadGlobalToken::NotLatest)
    }

    /// When an access token of an app ends; `None` for one that was replaced or taken back.
    pub(crate) fn end_of(&self, app: AppIndex, token: &str) -> Option<Seconds> {
        self.access.end_of(&app, token)
    }

    /// Forgets the access token of an app.
    pub(crate) fn revoke(&self, app: AppIndex) {
        self.access.forget(&app);
    }

    /// The JS ticket of a corp, for `wx.config`.
    pub(crate) fn corp_ticket(&self, corp_id: &str, now: Seconds) -> Granted {
        self.corp_tickets.current(corp_id.to_owned(), now, js_ticket)
    }

    /// The JS ticket of an app, for `wx.agentConfig`.
    pub(crate) fn app_ticket(&self, app: AppIndex, now: Seconds) -> Granted {
        self.app_tickets.current(app, now, js_ticket)
    }

    /// A ticket with which an app asks for the private details of a member.
    pub(crate) fn user_ticket(&self, app: AppIndex, person: PersonIndex, now: Seconds) -> String {
        let mut content = [0; 14];
        content[..2].copy_from_slice(&app.0.to_be_bytes());
        content[2..6].copy_from_slice(&person.0.to_be_bytes());
        content[6..].copy_from_slice(&(now + USER_TICKET_LIFE).to_be_bytes());
        self.seal.close(content)
    }

    /// Whose details a user ticket opens to this app, if it is the app's own and not over.
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
