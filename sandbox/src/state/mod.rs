//! Everything that changes while the sandbox runs: codes, tokens, tickets, quotas, QR pages, text messages, ordered faults.
//! Nothing here knows HTTP. All of it is bounded, and gone when the process ends.

pub(crate) mod codes;
pub(crate) mod faults;
pub(crate) mod global_tokens;
pub(crate) mod inbox;
pub(crate) mod migrations;
pub(crate) mod qr;
pub(crate) mod quotas;
mod seal;
mod sessions;
mod shelf;
pub(crate) mod tickets;
pub(crate) mod web_tokens;
mod wecom;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::{Clock, Seconds};
use crate::company::{App, AppIndex, Company, PersonIndex};
use crate::dice;
use crate::push::Courier;

use codes::{Code, Codes, Issued};
use faults::Faults;
use global_tokens::GlobalTokens;
use inbox::Inbox;
use migrations::Migrations;
use qr::QrPages;
use quotas::{Call, QuotaReached, Quotas};
use sessions::Sessions;
use tickets::Tickets;
use web_tokens::WebTokens;
use wecom::WeCom;

/// Seconds a phone code lives.
const PHONE_CODE_LIFE: Seconds = 300;

/// The whole sandbox: who there is, what time it is, and what happened so far.
pub(crate) struct World {
    pub(crate) company: Company,
    pub(crate) clock: Clock,
    pub(crate) web_tokens: WebTokens,
    pub(crate) global_tokens: GlobalTokens,
    pub(crate) wecom: WeCom,
    pub(crate) tickets: Tickets,
    pub(crate) sessions: Sessions,
    pub(crate) quotas: Quotas,
    pub(crate) migrations: Migrations,
    pub(crate) qr_pages: QrPages,
    pub(crate) inbox: Inbox,
    pub(crate) faults: Faults,
    pub(crate) courier: Courier,
    login_codes: Mutex<Codes<32>>,
    phone_codes: Mutex<Codes<64>>,
}

impl World {
    pub(crate) fn new(company: Company) -> Self {
        Self {
            company,
            clock: Clock::default(),
            web_tokens: WebTokens::default(),
            global_tokens: GlobalTokens::default(),
            wecom: WeCom::default(),
            tickets: Tickets::default(),
            sessions: Sessions::default(),
            quotas: Quotas::default(),
            migrations: Migrations::default(),
            qr_pages: QrPages::default(),
            inbox: Inbox::default(),
            faults: Faults::default(),
            courier: Courier::default(),
            login_codes: Mutex::default(),
            phone_codes: Mutex::default(),
        }
    }

    /// Gives out a login code, whatever way the login started.
    pub(crate) fn issue_code(&self, issued: Issued) -> String {
        let life = self.company.app_at(issued.app).map_or(0, |app| app.kind.code_life());
        let code = dice::login_code();
        let now = self.clock.now();
        locked(&self.login_codes).issue(code, issued, now..now + life);
        String::from_utf8_lossy(&code).into_owned()
    }

    /// Gives out the code of a tap on the phone number button of a mini program.
    pub(crate) fn issue_phone_code(&self, issued: Issued) -> String {
        let code = dice::hex::<32>();
        let now = self.clock.now();
        if let Ok(key) = code.as_bytes().try_into() {
            locked(&self.phone_codes).issue(key, issued, now..now + PHONE_CODE_LIFE);
        }
        code
    }

    /// Takes a login code, if it is `wanted`. A code that is not stays as it was.
    pub(crate) fn redeem_code(&self, code: &str, wanted: impl Fn(&Issued) -> bool) -> Code {
        locked(&self.login_codes).redeem(code, wanted, self.clock.now())
    }

    /// The login code of this app and person that was used last, over or not.
    pub(crate) fn last_used_code(&self, app: AppIndex, person: PersonIndex) -> Option<String> {
        let code = locked(&self.login_codes).last_used(app, person)?;
        Some(String::from_utf8_lossy(&code).into_owned())
    }

    /// What a login code stands for, whether it was used or not.
    pub(crate) fn look_at_code(&self, code: &str) -> Option<Issued> {
        locked(&self.login_codes).look_at(code, self.clock.now())
    }

    /// Takes a phone code, if it is `wanted`.
    pub(crate) fn redeem_phone_code(&self, code: &str, wanted: impl Fn(&Issued) -> bool) -> Code {
        locked(&self.phone_codes).redeem(code, wanted, self.clock.now())
    }

    /// What a phone code stands for, whether it was used or not.
    pub(crate) fn look_at_phone_code(&self, code: &str) -> Option<Issued> {
        locked(&self.phone_codes).look_at(code, self.clock.now())
    }

    /// Counts a call of an app, or says that it called often enough.
    pub(crate) fn count(&self, app: &App, call: Call) -> Result<(), QuotaReached> {
        self.quotas.count(app, call, self.clock.now())
    }
}

/// Locks; a panic of another thread while it held the lock leaves values that are still whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
