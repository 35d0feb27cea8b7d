//! The tickets a page signs with before it may use WeChat's script: one per app and type at a time.
//! The signature itself is the page's business, and nothing here checks it.

use crate::clock::Seconds;
use crate::company::{AppIndex, words};
use crate::dice;

use super::repeated::{Granted, Repeated};

const LIFE: Seconds = 7200;
/// Whoever asks in a ticket's last five minutes gets the next one.
const LAST_MINUTES: Seconds = 300;

words! {
    /// What a ticket is good for.
    pub(crate) enum TicketType {
        /// The script of web pages.
        JsApi = "jsapi",
        /// Cards and coupons.
        WxCard = "wx_card",
        /// The WeChat SDK of a native app, which has a number for a name.
        Sdk = "2",
    }
}

/// The newest ticket of each app and type.
pub(crate) struct Tickets {
    newest: Repeated<(AppIndex, TicketType)>,
}

impl Default for Tickets {
    fn default() -> Self {
        Self { newest: Repeated::new(LIFE, LAST_MINUTES) }
    }
}

impl Tickets {
    /// The ticket there is, until its last five minutes.
    pub(crate) fn current(&self, app: AppIndex, of: TicketType, now: Seconds) -> Granted {
        self.newest.current((app, of), now, |_| dice::base64url::<64>())
    }
}
