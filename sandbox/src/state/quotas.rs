//! Quotas of calls, counted by the sandbox's clock in fixed minutes, days and months.

use std::collections::HashMap;
use std::sync::Mutex;

use chrono::{DateTime, Datelike};
use serde::Serialize;

use crate::clock::Seconds;
use crate::company::{App, AppIndex, PersonIndex};

use super::locked;

/// The maximum number of counters in a window; further ones are not counted.
const CAPACITY: usize = 1_000_000;

/// Days and months follow Beijing time. No source says when WeChat's day begins.
const BEIJING: Seconds = 8 * 3600;

/// A counted call, for each app separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Call {
    /// A person's visit to the authorize page.
    Authorize(PersonIndex),
    /// The exchange of a code for tokens.
    Exchange,
    Refresh,
    /// The profile of a web login.
    Profile,
    /// A person's login to a mini program.
    MiniLogin(PersonIndex),
    /// The replacement of a person's session key.
    SessionReset,
    Token,
    StableToken,
    Ticket,
    ClearQuota,
}

impl Call {
    /// Returns the path of the call.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Authorize(_) => "/connect/oauth2/authorize",
            Self::Exchange => "/sns/oauth2/access_token",
            Self::Refresh => "/sns/oauth2/refresh_token",
            Self::Profile => "/sns/userinfo",
            Self::MiniLogin(_) => "/sns/jscode2session",
            Self::SessionReset => "/wxa/resetusersessionkey",
            Self::Token => "/cgi-bin/token",
            Self::StableToken => "/cgi-bin/stable_token",
            Self::Ticket => "/cgi-bin/ticket/getticket",
            Self::ClearQuota => "/cgi-bin/clear_quota",
        }
    }

    /// Returns the person whose calls are counted together, if they are not counted for the whole app.
    pub(crate) const fn person(self) -> Option<PersonIndex> {
        match self {
            Self::Authorize(person) | Self::MiniLogin(person) => Some(person),
            Self::Exchange
            | Self::Refresh
            | Self::Profile
            | Self::SessionReset
            | Self::Token
            | Self::StableToken
            | Self::Ticket
            | Self::ClearQuota => None,
        }
    }

    /// Returns the limits. The documents state these figures, except for three: the error of too many visits to the
    /// authorize page, the daily quota of `/cgi-bin/token` and the "very limited" tickets have no figure.
    const fn limits(self) -> &'static [(Period, u32)] {
        match self {
            Self::Authorize(_) | Self::MiniLogin(_) => &[(Period::Minute, 100)],
            Self::Exchange | Self::Refresh | Self::Profile => &[(Period::Minute, 50_000)],
            Self::SessionReset => &[(Period::Minute, 60_000)],
            Self::Token => &[(Period::Day, 2_000)],
            Self::StableToken => &[(Period::Minute, 10_000), (Period::Day, 500_000)],
            Self::Ticket => &[(Period::Day, 100)],
            Self::ClearQuota => &[(Period::Month, 10)],
        }
    }
}

/// The period of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Period {
    Minute,
    Day,
    Month,
}

impl Period {
    /// Returns the number of the minute, day or month that contains `now`.
    fn number(self, now: Seconds) -> i64 {
        let there = now + BEIJING;
        match self {
            Self::Minute => there.div_euclid(60),
            Self::Day => there.div_euclid(86_400),
            Self::Month => {
                let date = DateTime::from_timestamp(there, 0).unwrap_or_default();
                i64::from(date.year()) * 12 + i64::from(date.month0())
            }
        }
    }
}

/// The quota of this period is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuotaReached(pub(crate) Period);

/// The usage of one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Usage {
    pub(crate) app: AppIndex,
    pub(crate) call: Call,
    pub(crate) period: Period,
    pub(crate) used: u32,
    pub(crate) most: u32,
}

/// The calls of the current minute, day and month.
#[derive(Default)]
pub(crate) struct Quotas {
    windows: Mutex<Windows>,
}

#[derive(Default)]
struct Windows {
    minute: Window,
    day: Window,
    month: Window,
}

#[derive(Default)]
struct Window {
    number: i64,
    counts: HashMap<(AppIndex, Call), u32>,
}

impl Quotas {
    /// Counts a call, or returns that its quota is exceeded.
    pub(crate) fn count(&self, app: &App, call: Call, now: Seconds) -> Result<(), QuotaReached> {
        if app.unlimited {
            return Ok(());
        }
        let mut windows = locked(&self.windows);
        for (period, most) in call.limits() {
            let counts = &mut windows.at(*period, now).counts;
            if counts.len() >= CAPACITY && !counts.contains_key(&(app.index, call)) {
                continue;
            }
            let used = counts.entry((app.index, call)).or_default();
            if *used >= *most {
                return Err(QuotaReached(*period));
            }
            *used += 1;
        }
        Ok(())
    }

    /// Resets an app's counters of the day.
    pub(crate) fn clear_day(&self, app: AppIndex, now: Seconds) {
        locked(&self.windows).at(Period::Day, now).counts.retain(|(caller, _), _| *caller != app);
    }

    /// Returns the current usage by app, at most `most` entries.
    pub(crate) fn list(&self, most: usize, now: Seconds) -> Vec<Usage> {
        let mut windows = locked(&self.windows);
        let mut list = Vec::new();
        for period in [Period::Minute, Period::Day, Period::Month] {
            let counts = windows.at(period, now).counts.iter();
            list.extend(counts.flat_map(|(&(app, call), &used)| {
                let limits = call.limits().iter().filter(move |(limited, _)| *limited == period);
                limits.map(move |&(period, most)| Usage { app, call, period, used, most })
            }));
        }
        list.sort_unstable();
        list.truncate(most);
        list
    }
}

impl Windows {
    /// Returns the window that contains `now`. A new one replaces the previous one.
    fn at(&mut self, period: Period, now: Seconds) -> &mut Window {
        let window = match period {
            Period::Minute => &mut self.minute,
            Period::Day => &mut self.day,
            Period::Month => &mut self.month,
        };
        let number = period.number(now);
        if window.number != number {
            *window = Window { number, counts: HashMap::new() };
        }
        window
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Period, QuotaReached, Quotas, Usage};
    use crate::company::{AppIndex, PersonIndex};

    /// 2025-10-09 16:53:20 in Beijing.
    const NOON: i64 = 1_760_000_000;
    /// The first second of the next minute, day and month there.
    const NEXT_MINUTE: i64 = NOON + 40;
    const NEXT_DAY: i64 = NOON + 25_600;
    const NEXT_MONTH: i64 = NEXT_DAY + 22 * 86_400;

    const CALLS: [(Call, u32, Period, i64); 10] = [
        (Call::Authorize(PersonIndex(0)), 100, Period::Minute, NEXT_MINUTE),
        (Call::Exchange, 50_000, Period::Minute, NEXT_MINUTE),
        (Call::Refresh, 50_000, Period::Minute, NEXT_MINUTE),
        (Call::Profile, 50_000, Period::Minute, NEXT_MINUTE),
        (Call::MiniLogin(PersonIndex(0)), 100, Period::Minute, NEXT_MINUTE),
        (Call::SessionReset, 60_000, Period::Minute, NEXT_MINUTE),
        (Call::Token, 2_000, Period::Day, NEXT_DAY),
        (Call::StableToken, 10_000, Period::Minute, NEXT_MINUTE),
        (Call::Ticket, 100, Period::Day, NEXT_DAY),
        (Call::ClearQuota, 10, Period::Month, NEXT_MONTH),
    ];

    fn apps() -> Vec<std::sync::Arc<crate::company::App>> {
        crate::seed::read(crate::DEMO).expect("the demo is a good seed").apps.all()
    }

    #[test]
    fn every_call_has_its_limit_for_its_time() {
        let apps = apps();
        for (call, most, period, next) in CALLS {
            let quotas = Quotas::default();

            let allowed = (0..=most).take_while(|_| quotas.count(&apps[0], call, NOON).is_ok()).count();
            let last_second = quotas.count(&apps[0], call, next - 1);
            let other_app = quotas.count(&apps[1], call, next - 1);
            let afterwards = quotas.count(&apps[0], call, next);

            assert_eq!(u32::try_from(allowed), Ok(most), "{call:?}");
            assert_eq!((last_second, other_app, afterwards), (Err(QuotaReached(period)), Ok(()), Ok(())), "{call:?}");
        }
    }

    #[test]
    fn stable_tokens_have_a_limit_for_the_day_too() {
        let (apps, quotas) = (apps(), Quotas::default());
        let minutes = (0..50).map(|minute| NOON + minute * 60);
        for now in minutes {
            (0..10_000).for_each(|_| quotas.count(&apps[0], Call::StableToken, now).unwrap());
        }

        let one_more = quotas.count(&apps[0], Call::StableToken, NOON + 50 * 60);

        assert_eq!(one_more, Err(QuotaReached(Period::Day)));
    }

    #[test]
    fn a_new_minute_drops_the_counts_of_the_one_before() {
        let (apps, quotas) = (apps(), Quotas::default());
        for person in 0..1_000 {
            quotas.count(&apps[0], Call::MiniLogin(PersonIndex(person)), NOON).unwrap();
        }

        quotas.count(&apps[0], Call::Exchange, NEXT_MINUTE).unwrap();

        let only = Usage { app: AppIndex(0), call: Call::Exchange, period: Period::Minute, used: 1, most: 50_000 };
        assert_eq!(quotas.list(10, NEXT_MINUTE), [only]);
    }
}
