//! The tickets with which a page signs before it uses WeChat's script: one per app and type at a time.

use crate::clock::Seconds;
use crate::company::{AppIndex, words};
use crate::dice;

use super::repeated::{Granted, Repeated};

const LIFE: Seconds = 7200;
/// A ticket is replaced by a request in its last five minutes.
const LAST_MINUTES: Seconds = 300;

words! {
    /// The use of a ticket.
    pub(crate) enum TicketType {
        /// The script of web pages.
        JsApi = "jsapi",
        /// Cards and coupons.
        WxCard = "wx_card",
        /// The WeChat SDK of a native app, whose name is a number.
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
    /// Returns the current ticket, until its last five minutes.
    pub(crate) fn current(&self, app: AppIndex, of: TicketType, now: Seconds) -> Granted {
        self.newest.current((app, of), now, |_| dice::base64url::<64>())
    }
}
