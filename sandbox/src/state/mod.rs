//! The state that changes while the sandbox runs: codes, tokens, tickets, quotas, messages, faults, past calls. All of it
//! is bounded, and lost when the process ends.

pub(crate) mod calls;
pub(crate) mod codes;
pub(crate) mod faults;
pub(crate) mod global_tokens;
pub(crate) mod inbox;
pub(crate) mod ledger;
pub(crate) mod migrations;
mod newest;
pub(crate) mod qr;
pub(crate) mod qr_codes;
pub(crate) mod quotas;
pub(crate) mod repeated;
mod seal;
mod sessions;
mod shelf;
pub(crate) mod tickets;
pub(crate) mod web_tokens;
mod wecom;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::{Clock, Seconds};
use crate::company::{App, AppIndex, Company, PersonIndex};
use crate::dice;
use crate::push::Courier;

use calls::Calls;
use codes::{Code, Codes, Issued, Tapped};
use faults::Faults;
use global_tokens::GlobalTokens;
use inbox::Inbox;
use ledger::{Condition, Entry, Given, Kind, Ledger};
use migrations::Migrations;
use qr::QrPages;
use qr_codes::QrCodes;
use quotas::{Call, QuotaReached, Quotas};
use sessions::Sessions;
use tickets::Tickets;
use web_tokens::{ACCESS_LIFE, WebTokens};
use wecom::WeCom;

/// The lifetime of a phone code in seconds.
const PHONE_CODE_LIFE: Seconds = 300;

/// The whole sandbox: company, clock and state.
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
    pub(crate) qr_codes: QrCodes,
    pub(crate) inbox: Inbox,
    pub(crate) faults: Faults,
    pub(crate) calls: Calls,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) courier: Courier,
    login_codes: Mutex<Codes<32, Issued>>,
    phone_codes: Mutex<Codes<64, Tapped>>,
    /// The last used login code per app and person, expired or not. Bounded by apps and people.
    last_used: Mutex<HashMap<(AppIndex, PersonIndex), String>>,
}

impl World {
    pub(crate) fn new(company: Company) -> Self {
        let ledger = Arc::new(Ledger::default());
        Self {
            company,
            clock: Clock::default(),
            web_tokens: WebTokens::entered_in(Arc::clone(&ledger)),
            global_tokens: GlobalTokens::entered_in(Arc::clone(&ledger)),
            wecom: WeCom::entered_in(Arc::clone(&ledger)),
            tickets: Tickets::default(),
            sessions: Sessions::default(),
            quotas: Quotas::default(),
            migrations: Migrations::default(),
            qr_pages: QrPages::default(),
            qr_codes: QrCodes::default(),
            inbox: Inbox::default(),
            faults: Faults::default(),
            calls: Calls::default(),
            ledger,
            courier: Courier::default(),
            login_codes: Mutex::default(),
            phone_codes: Mutex::default(),
            last_used: Mutex::default(),
        }
    }

    /// Issues a login code, however the login started.
    pub(crate) fn issue_code(&self, issued: Issued) -> String {
        let code = dice::login_code();
        let now = self.clock.now();
        locked(&self.login_codes).issue(code, issued, now..now + self.code_life(issued.app));
        let code = String::from_utf8_lossy(&code).into_owned();
        self.enter(Kind::LoginCode, &code, (issued.app, issued.person));
        code
    }

    /// Issues the code of a tap on the phone number button of a mini program.
    pub(crate) fn issue_phone_code(&self, tapped: Tapped) -> String {
        let code = dice::hex::<32>();
        let now = self.clock.now();
        let key = code.as_bytes().try_into().expect("32 bytes are 64 hex digits");
        locked(&self.phone_codes).issue(key, tapped, now..now + PHONE_CODE_LIFE);
        self.enter(Kind::PhoneCode, &code, (tapped.app, tapped.person));
        code
    }

    /// Redeems a login code, if it is `wanted`; otherwise the code stays unchanged.
    pub(crate) fn redeem_code(&self, code: &str, wanted: impl Fn(&Issued) -> bool) -> Code<Issued> {
        let redeemed = locked(&self.login_codes).redeem(code, wanted, self.clock.now());
        if let Code::Taken(issued) = redeemed {
            locked(&self.last_used).insert((issued.app, issued.person), code.to_owned());
        }
        redeemed
    }

    /// Returns the login code of this app and person that was used last, expired or not.
    pub(crate) fn last_used_code(&self, app: AppIndex, person: PersonIndex) -> Option<String> {
        locked(&self.last_used).get(&(app, person)).cloned()
    }

    /// Returns the content of a login code, used or not.
    pub(crate) fn look_at_code(&self, code: &str) -> Option<Issued> {
        locked(&self.login_codes).look_at(code, self.clock.now())
    }

    /// Redeems a phone code, if it is `wanted`.
    pub(crate) fn redeem_phone_code(&self, code: &str, wanted: impl Fn(&Tapped) -> bool) -> Code<Tapped> {
        locked(&self.phone_codes).redeem(code, wanted, self.clock.now())
    }

    /// Returns the content of a phone code, used or not.
    pub(crate) fn look_at_phone_code(&self, code: &str) -> Option<Tapped> {
        locked(&self.phone_codes).look_at(code, self.clock.now())
    }

    /// Counts a call of an app, or returns that its quota is exceeded.
    pub(crate) fn count(&self, app: &App, call: Call) -> Result<(), QuotaReached> {
        self.quotas.count(app, call, self.clock.now())
    }

    /// Returns the newest codes and tokens with their current state, newest first.
    pub(crate) fn issued(&self, most: usize) -> Vec<Given> {
        self.ledger.newest(most).into_iter().map(|entry| self.given(entry)).collect()
    }

    fn enter(&self, kind: Kind, code: &str, (app, person): (AppIndex, PersonIndex)) {
        self.ledger.enter(Entry { kind, text: code.to_owned(), app, person: Some(person), at: self.clock.now() });
    }

    fn given(&self, entry: Entry) -> Given {
        let now = self.clock.now();
        let (end, used) = match entry.kind {
            Kind::LoginCode => {
                let used = locked(&self.login_codes).is_used(&entry.text, now);
                (Some(entry.at + self.code_life(entry.app)), used)
            }
            Kind::PhoneCode => (Some(entry.at + PHONE_CODE_LIFE), locked(&self.phone_codes).is_used(&entry.text, now)),
            Kind::WebToken => {
                let renewed = self.web_tokens.end_of(&entry.text, now);
                (Some(renewed.unwrap_or(entry.at + ACCESS_LIFE)), false)
            }
            Kind::RefreshToken => {
                let days = self.company.app_at(entry.app).map_or(0, |app| app.refresh_days);
                (Some(entry.at + days * 86_400), false)
            }
            Kind::GlobalToken => {
                let at_wechat = self.global_tokens.end_of(entry.app, &entry.text);
                (at_wechat.or_else(|| self.wecom.end_of(entry.app, &entry.text)), false)
            }
        };
        let condition = match end {
            Some(end) if now < end && used => Condition::Used,
            Some(end) if now < end => Condition::Good,
            Some(_) | None => Condition::Over,
        };
        Given { entry, end, condition }
    }

    /// Returns the lifetime of this app's login codes in seconds.
    fn code_life(&self, app: AppIndex) -> Seconds {
        self.company.app_at(app).map_or(0, |app| app.kind.code_life())
    }
}

/// Locks a mutex; a panic of another thread that held the lock leaves intact values.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
