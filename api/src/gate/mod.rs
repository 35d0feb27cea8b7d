//! Rate limits for work without a session: by address, by address block, by app and in total.
//! Calls of an app to its upstream are counted in the database instead.

mod meter;
mod places;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use domain::{AppId, SessionId, Timestamp, UserId};

use crate::clock::Clock;
use crate::config::Limits;
use meter::{Meter, Rate};
pub(crate) use places::{Place, Places};

/// How long an address block stays known after a login from it.
const KNOWN: TimeDelta = TimeDelta::days(1);
/// The most meters and the most known blocks: about ten megabytes. Beyond it all new blocks share one meter.
const MOST: usize = 100_000;

/// Work that needs no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Work {
    /// Begins a login: one row for ten minutes.
    BeginLogin,
    /// Ends a login: several rows and a call to the upstream.
    Login,
    /// Looks up a refresh token.
    Refresh,
    /// Verifies an SMS code; it may be a guess.
    ProvePhone,
    /// Signs a page's configuration: may call the upstream.
    Sign,
    /// Draws an uploaded picture anew.
    Upload,
}

/// Where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The block of addresses: of several customers of a network.
    pub(crate) block: String,
    /// The part of it that one customer has: an IPv4 address, or a `/64` of IPv6. `None` where the address is unknown.
    pub(crate) customer: Option<String>,
}

/// What failed work is counted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Counted {
    /// By where it comes from, and in all.
    Network(Origin),
    /// By the session and the account that ask for it, wherever they are.
    Person(SessionId, UserId),
}

/// The key of a meter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Customer(Work, String),
    Block(Work, String),
    App(Work, AppId),
    All(Work),
    Session(Work, SessionId),
    Account(Work, UserId),
}

/// Admits work and counts it. One per process: a limit applies to one process's work.
///
/// Every request is counted, and refunded if it succeeds. So an office in which hundreds log in is not limited, and an
/// address whose codes are all invented soon is.
#[derive(Debug)]
pub(crate) struct Gate {
    limits: Limits,
    clock: Clock,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    meters: HashMap<Key, Meter>,
    /// Blocks with a recent login, and until when each is known.
    known: HashMap<String, Timestamp>,
}

/// Admitted work.
#[derive(Debug)]
#[must_use = "what came to something is not counted"]
pub(crate) struct Pass<'a> {
    gate: &'a Gate,
    work: Work,
    block: String,
    /// Whether the caller is known: signed in, began its login here, or comes from a known block.
    known: bool,
    paid: Vec<(Key, Rate)>,
}

/// Work that is counted when this is dropped, unless it succeeded. Work that timed out or whose client disconnected
/// counts too.
#[derive(Debug)]
#[must_use = "what came to something is not counted"]
pub(crate) struct Attempt<'a> {
    gate: &'a Gate,
    paid: Vec<(Key, Rate)>,
}

impl Gate {
    pub(crate) fn new(limits: Limits, clock: Clock) -> Self {
        Self { limits, clock, inner: Mutex::default() }
    }

    /// Admits work.
    ///
    /// # Errors
    ///
    /// Returns how long to wait when a limit is reached.
    pub(crate) fn enter(&self, work: Work, origin: Origin) -> Result<Pass<'_>, Duration> {
        let mut inner = self.lock();
        let now = self.clock.now();
        let origin = inner.place_for(origin, now);
        let paid = self.of_origin(work, &origin);
        inner.pay(&paid, now)?;
        let known = inner.knows(&origin.block, now);
        drop(inner);
        Ok(Pass { gate: self, work, block: origin.block, known, paid })
    }

    /// Lets work in that is counted only if it comes to nothing, or says how long it has to wait.
    pub(crate) fn attempt(&self, work: Work, counted: Counted) -> Result<Attempt<'_>, Duration> {
        let mut inner = self.lock();
        let now = self.clock.now();
        let paid = self.bill((work, counted), &mut inner, now);
        inner.pay(&paid, now)?;
        drop(inner);
        Ok(Attempt { gate: self, paid })
    }

    fn bill(&self, (work, counted): (Work, Counted), inner: &mut Inner, now: Timestamp) -> Vec<(Key, Rate)> {
        match counted {
            Counted::Network(origin) => {
                let origin = inner.place_for(origin, now);
                self.of_network(work, &origin, inner)
            }
            // Neither can be made up: each takes a login. One session leaves two thirds of the account to the others.
            Counted::Person(session, user) => vec![
                (Key::Session(work, session), Rate::per_minute(self.limits.per_account)),
                (Key::Account(work, user), Rate::per_minute(self.limits.per_account.saturating_mul(3))),
            ],
        }
    }

    fn of_network(&self, work: Work, origin: &Origin, inner: &Inner) -> Vec<(Key, Rate)> {
        let all = Rate::per_minute(self.limits.in_all);
        let known = inner.knows(&origin.block, self.clock.now());
        let all = if known { all } else { all.leaving(self.limits.reserved_percent) };
        let mut bill = self.of_origin(work, origin);
        bill.push((Key::All(work), all));
        bill
    }

    /// What is counted by where the work comes from: a customer has less than the block, and leaves the rest to its neighbours.
    fn of_origin(&self, work: Work, origin: &Origin) -> Vec<(Key, Rate)> {
        let Limits { per_address, per_block, .. } = self.limits;
        let of_block = |rate| (Key::Block(work, origin.block.clone()), Rate::per_minute(rate));
        match &origin.customer {
            Some(customer) => {
                vec![(Key::Customer(work, customer.clone()), Rate::per_minute(per_address)), of_block(per_block)]
            }
            None => vec![of_block(per_address)],
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No panic can leave a partial change.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// Refunds the work: it succeeded.
    pub(crate) fn succeeded(self) {
        self.gate.lock().give_back(&self.paid);
    }
}

impl Pass<'_> {
    /// Counts the work at its app and at all apps together. Unknown callers leave a share to known ones.
    pub(crate) fn go_on(&mut self, app: &AppId) -> Result<(), Duration> {
        let limits = &self.gate.limits;
        let rate = |per_minute| {
            let rate = Rate::per_minute(per_minute);
            if self.known { rate } else { rate.leaving(limits.reserved_percent) }
        };
        let paid =
            [(Key::App(self.work, app.clone()), rate(limits.per_app)), (Key::All(self.work), rate(limits.in_all))];
        self.gate.lock().pay(&paid, self.gate.clock.now())?;
        self.paid.extend(paid);
        Ok(())
    }

    /// Marks the caller as known: it began its login here or is signed in.
    pub(crate) fn vouch(&mut self) {
        self.known = true;
    }

    /// Returns whether the caller is known or its block had a recent login.
    pub(crate) fn is_known(&self) -> bool {
        self.known
    }

    /// Returns the address block.
    pub(crate) fn block(&self) -> &str {
        &self.block
    }

    /// It was the repeat of a login, which is not counted, and vouches for nothing: its first request did.
    pub(crate) fn was_repeated(self) {
        self.gate.lock().give_back(&self.paid);
    }

    /// It came to a login, which is not counted and makes the block known; nor is its beginning counted, if it began here.
    pub(crate) fn came_to_a_login(self, app: &AppId, has_begun: bool) {
        let now = self.gate.clock.now();
        let mut inner = self.gate.lock();
        inner.give_back(&self.paid);
        if has_begun {
            let began = self.paid.iter().map(|(key, rate)| (key.at_the_beginning(app), *rate));
            inner.give_back(&began.collect::<Vec<_>>());
        }
        inner.remember(self.block, now);
    }
}

impl Key {
    fn at_the_beginning(&self, app: &AppId) -> Self {
        match self {
            Self::Customer(_, customer) => Self::Customer(Work::BeginLogin, customer.clone()),
            Self::Block(_, block) => Self::Block(Work::BeginLogin, block.clone()),
            Self::App(..) => Self::App(Work::BeginLogin, app.clone()),
            Self::All(_) => Self::All(Work::BeginLogin),
            Self::Session(_, session) => Self::Session(Work::BeginLogin, *session),
            Self::Account(_, user) => Self::Account(Work::BeginLogin, *user),
        }
    }
}

impl Inner {
    /// Returns the origin, or the shared one when the table is full.
    fn place_for(&mut self, origin: Origin, now: Timestamp) -> Origin {
        if self.meters.len() < MOST {
            return origin;
        }
        self.meters.retain(|_, meter| !meter.is_at_rest(now));
        if self.meters.len() < MOST { origin } else { Origin { block: "others".to_owned(), customer: None } }
    }

    /// Takes one unit from all of these meters, or from none.
    fn pay(&mut self, bill: &[(Key, Rate)], now: Timestamp) -> Result<(), Duration> {
        if let Some(wait) = self.wait(bill, now) {
            return Err(wait);
        }
        self.charge(bill, now);
        Ok(())
    }

    /// Returns how long to wait until all of these meters have a unit; `None` if they have.
    fn wait(&self, bill: &[(Key, Rate)], now: Timestamp) -> Option<Duration> {
        let meter = |key: &Key| self.meters.get(key).copied().unwrap_or_default();
        bill.iter().filter_map(|(key, rate)| meter(key).wait(*rate, now)).max()
    }

    fn charge(&mut self, bill: &[(Key, Rate)], now: Timestamp) {
        for (key, rate) in bill {
            self.meters.entry(key.clone()).or_default().pay(*rate, now);
        }
    }

    fn knows(&self, block: &str, now: Timestamp) -> bool {
        self.known.get(block).is_some_and(|until| *until > now)
    }

    fn give_back(&mut self, bill: &[(Key, Rate)]) {
        for (key, rate) in bill {
            if let Some(meter) = self.meters.get_mut(key) {
                meter.give_back(*rate);
            }
        }
    }

    fn remember(&mut self, block: String, now: Timestamp) {
        if self.known.len() >= MOST {
            self.known.retain(|_, until| *until > now);
        }
        if self.known.len() < MOST {
            self.known.insert(block, now.plus(KNOWN));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

    fn gate(per_address: u32, per_app: u32, in_all: u32) -> (Gate, Clock) {
        let clock = Clock::frozen(NOW);
        let limits =
            Limits { per_address, per_block: 2 * per_address, per_account: 3, per_app, in_all, reserved_percent: 50 };
        (Gate::new(limits, clock.clone()), clock)
    }

    fn shop() -> AppId {
        "wx0123".parse().expect("an app id")
    }

    /// An origin that counts as one client.
    fn block(name: &str) -> Origin {
        Origin { block: name.to_owned(), customer: None }
    }

    /// Returns how many of `attempts` are admitted for a block.
    fn entered(gate: &Gate, name: &str, attempts: u32) -> usize {
        (0..attempts).filter(|_| gate.enter(Work::Login, block(name)).is_ok()).count()
    }

    fn attempt<'a>(gate: &'a Gate, name: &str, has_begun: bool) -> Result<Pass<'a>, Duration> {
        let mut pass = gate.enter(Work::Login, block(name))?;
        if has_begun {
            pass.vouch();
        }
        pass.go_on(&shop()).map(|()| pass)
    }

    #[test]
    fn a_block_has_a_minutes_worth_at_once_and_then_waits() {
        let (gate, clock) = gate(60, 100, 100);

        assert_eq!(entered(&gate, "a", 100), 60);
        assert_eq!(gate.enter(Work::Login, block("a")).err(), Some(Duration::from_secs(1)));
        clock.advance(TimeDelta::seconds(10));
        assert_eq!(entered(&gate, "a", 100), 10);
        assert_eq!(entered(&gate, "b", 100), 60, "another block has its own");
    }

    #[test]
    fn an_address_leaves_a_share_of_its_block_to_its_neighbours() {
        let (gate, clock) = gate(2, 100, 100);
        let entered = |last: u8, attempts: u32| {
            let origin = Origin { block: "203.0.113.0/24".to_owned(), customer: Some(format!("203.0.113.{last}")) };
            (0..attempts).filter(|_| gate.enter(Work::BeginLogin, origin.clone()).is_ok()).count()
        };

        assert_eq!((entered(1, 100), entered(2, 100), entered(3, 100)), (2, 2, 0));
        for second in 1..=600 {
            clock.advance(TimeDelta::seconds(1));
            entered(1, 10);
            assert!(second % 60 > 0 || entered(2, 1) == 1, "after {second} s");
        }
    }

    #[test]
    fn one_kind_of_work_takes_nothing_from_another() {
        let (gate, _) = gate(5, 100, 100);

        assert_eq!(entered(&gate, "a", 10), 5);

        assert!(gate.enter(Work::BeginLogin, block("a")).is_ok());
    }

    #[test]
    fn a_login_is_not_counted_nor_is_its_beginning() {
        let (gate, _) = gate(5, 5, 5);

        for _ in 0..100 {
            let begun = gate.enter(Work::BeginLogin, block("a"));
            begun.and_then(|mut pass| pass.go_on(&shop())).expect("it begins");
            attempt(&gate, "a", true).expect("it ends").came_to_a_login(&shop(), true);
        }
    }

    #[test]
    fn what_comes_to_nothing_is_counted_afterwards() {
        let (gate, _) = gate(3, 5, 10);
        let attempt = || gate.attempt(Work::Refresh, Counted::Network(block("a")));

        assert!((0..100).all(|_| attempt().map(Attempt::succeeded).is_ok()));
        for _ in 0..3 {
            drop(attempt());
        }

        assert_eq!(attempt().err(), Some(Duration::from_secs(20)));
    }

    #[test]
    fn what_an_account_fails_at_is_counted_wherever_it_comes_from_and_concerns_no_other_account() {
        let (gate, clock) = gate(100, 100, 1);
        let (mallory, lan) = (UserId::new(NOW), UserId::new(NOW));
        let session = SessionId::new(NOW);
        let attempt = |user| gate.attempt(Work::ProvePhone, Counted::Person(session, user));
        let elsewhere = |user| gate.attempt(Work::ProvePhone, Counted::Person(SessionId::new(NOW), user));

        for _ in 0..3 {
            drop(attempt(mallory));
        }

        assert_eq!(attempt(mallory).err(), Some(Duration::from_secs(20)));
        assert!(elsewhere(lan).is_ok());
        let others = (0..100).filter(|_| elsewhere(mallory).is_ok()).count();
        assert_eq!(others, 6, "three times as much for all sessions of an account");
        clock.advance(TimeDelta::seconds(20));
        assert!(attempt(mallory).is_ok());
    }

    #[test]
    fn of_attempts_at_once_no_more_than_the_limit_begin() {
        let (gate, _) = gate(5, 100, 100);

        let begun: Vec<_> =
            (0..100).filter_map(|_| gate.attempt(Work::Refresh, Counted::Network(block("a"))).ok()).collect();

        assert_eq!(begun.len(), 5);
        begun.into_iter().for_each(Attempt::succeeded);
        assert!(gate.attempt(Work::Refresh, Counted::Network(block("a"))).is_ok(), "all of them succeeded");
    }

    #[test]
    fn a_repeat_of_a_login_gives_back_what_it_paid_and_no_more() {
        let (gate, _) = gate(5, 100, 100);
        for _ in 0..5 {
            drop(gate.enter(Work::BeginLogin, block("a")).expect("a beginning"));
        }

        for _ in 0..100 {
            attempt(&gate, "a", true).expect("a repeat").was_repeated();
        }

        assert!(gate.enter(Work::BeginLogin, block("a")).is_err());
        assert!(!attempt(&gate, "a", false).expect("a place").is_known());
    }

    #[tokio::test]
    async fn what_was_given_up_is_counted() {
        let (gate, _) = gate(3, 5, 10);
        let work = async || {
            let attempt = gate.attempt(Work::Refresh, Counted::Network(block("a")))?;
            std::future::pending::<()>().await;
            attempt.succeeded();
            Ok::<_, Duration>(())
        };

        for _ in 0..3 {
            assert_eq!(work().now_or_never(), None);
        }

        assert_eq!(work().now_or_never(), Some(Err(Duration::from_secs(20))));
    }

    #[test]
    fn strangers_leave_a_share_of_an_app_to_those_who_began_here_or_are_known() {
        let (gate, _) = gate(1_000, 10, 1_000);
        attempt(&gate, "office", true).expect("a place").came_to_a_login(&shop(), true);

        let strangers = (0..20).filter(|n| attempt(&gate, &format!("{n}"), false).is_ok()).count();
        let known = (0..3).filter(|_| attempt(&gate, "office", false).is_ok()).count();
        let begun = (0..20).filter(|n| attempt(&gate, &format!("b{n}"), true).is_ok()).count();

        assert_eq!((strangers, known, begun), (5, 3, 2));
        assert!(attempt(&gate, "office", true).is_err(), "the app has no more to give");
    }

    #[test]
    fn a_block_is_known_for_a_day() {
        let (gate, clock) = gate(1_000, 10, 1_000);
        attempt(&gate, "office", true).expect("a place").came_to_a_login(&shop(), true);
        let is_known = || attempt(&gate, "office", false).is_ok_and(|pass| pass.is_known());

        clock.advance(KNOWN - TimeDelta::minutes(1));
        assert!(is_known());
        clock.advance(TimeDelta::minutes(1));
        assert!(!is_known());
    }

    #[test]
    fn what_an_app_refuses_is_not_counted_in_all() {
        let (gate, _) = gate(1_000, 2, 3);

        let taken = (0..10).filter(|_| attempt(&gate, "a", true).is_ok()).count();

        assert_eq!(taken, 2);
        let mut another = gate.enter(Work::Login, block("a")).expect("a place");
        another.vouch();
        assert!(another.go_on(&"wx4567".parse().expect("an app id")).is_ok());
    }

    #[test]
    fn there_is_no_end_of_blocks_but_one_of_meters() {
        let (gate, clock) = gate(2, 100, 100);
        for n in 0..MOST + 10 {
            // Blocks beyond the limit share one meter.
            let _ = gate.enter(Work::Login, block(&format!("{n}")));
        }

        assert_eq!(gate.lock().meters.len(), MOST + 1);
        assert_eq!(entered(&gate, "one more", 5), 0);
        clock.advance(TimeDelta::minutes(2));
        assert_eq!(entered(&gate, "one more", 5), 2);
        assert_eq!(gate.lock().meters.len(), 1);
    }
}
