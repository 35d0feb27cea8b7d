//! The tickets a page signs with before it may use WeChat's script: one per app and type at a time.
//! The signature itself is the page's business, and nothing here checks it.

use std::collections::HashMap;
use std::sync::Mutex;

use data_encoding::BASE64URL_NOPAD;

use crate::clock::Seconds;
use crate::company::AppIndex;
use crate::dice;

use super::locked;

const LIFE: Seconds = 7200;
/// Whoever asks in a ticket's last five minutes gets the next one.
const LAST_MINUTES: Seconds = 300;

/// What a ticket is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TicketType {
    /// The script of web pages.
    JsApi,
    /// Cards and coupons.
    WxCard,
    /// The WeChat SDK of a native app, which has a number for a name.
    Sdk,
}

impl TicketType {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "jsapi" => Some(Self::JsApi),
            "wx_card" => Some(Self::WxCard),
            "2" => Some(Self::Sdk),
            _ => None,
        }
    }
}

/// A ticket and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) text: String,
    pub(crate) end: Seconds,
}

/// The newest ticket of each app and type. As bounded as apps are.
#[derive(Default)]
pub(crate) struct Tickets {
    newest: Mutex<HashMap<(AppIndex, TicketType), Ticket>>,
}

impl Tickets {
    /// The ticket there is, until its last five minutes.
    pub(crate) fn current(&self, app: AppIndex, of: TicketType, now: Seconds) -> Ticket {
        let mut newest = locked(&self.newest);
        match newest.get(&(app, of)) {
            // A clock that was set back must not lengthen the life of a ticket.
            Some(ticket) if (LAST_MINUTES + 1..=LIFE).contains(&(ticket.end - now)) => ticket.clone(),
            Some(_) | None => {
                let ticket = Ticket { text: BASE64URL_NOPAD.encode(&dice::bytes::<64>()), end: now + LIFE };
                newest.insert((app, of), ticket.clone());
                ticket
            }
        }
    }
}
