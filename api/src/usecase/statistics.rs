//! Counts for operators: the chart that shows a rule that runs away.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::{AppId, Rule, ServiceScope, Timestamp};
use store::sms::SmsDay;
use store::statistics::{OpenCases, Span};

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::Caller;

/// The longest time that is counted at once.
const LONGEST: TimeDelta = TimeDelta::days(7);
/// The ages of cases that are counted.
pub const AGES: [TimeDelta; 2] = [TimeDelta::days(1), TimeDelta::days(7)];

/// What happened in an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hour {
    /// Sessions that were opened.
    pub logins: i64,
    /// Accounts that were created.
    pub new_people: i64,
    /// Merges.
    pub merges: i64,
    /// Undos of merges.
    pub undos: i64,
}

/// What happened in a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// The hours in which something happened, by their beginning.
    pub hours: BTreeMap<Timestamp, Hour>,
    /// The logins of each app.
    pub logins: BTreeMap<Option<AppId>, i64>,
    /// The entries of the journal of each rule.
    pub rules: BTreeMap<Rule, i64>,
    /// The cases that are open now.
    pub open_cases: Vec<OpenCases>,
    /// The messages of each day that has a part in the time.
    pub sms: Vec<SmsDay>,
}

/// Counts what happened in a time. Requires the scope `statistics:read`.
///
/// # Errors
/// `INVALID_INPUT` if the time is empty or longer than seven days.
pub async fn count(service: &Service, caller: &Caller, span: Span) -> Result<Statistics, ApiError> {
    caller.require(ServiceScope::StatisticsRead)?;
    if span.since >= span.until || span.until > span.since.plus(LONGEST) {
        let detail = "since, until: `until` is after `since`, by at most 7 days";
        return Err(ApiError::detailed(ErrorCode::InvalidInput, detail));
    }
    let view = service.store.view();
    let mut statistics = Statistics::default();
    for logins in store::statistics::logins(&view, span).await? {
        statistics.hours.entry(logins.hour).or_default().logins += logins.count;
        *statistics.logins.entry(logins.app).or_default() += logins.count;
    }
    for entries in store::statistics::entries(&view, span).await? {
        let hour = statistics.hours.entry(entries.hour).or_default();
        hour.merges += entries.merges;
        hour.undos += entries.undos;
        *statistics.rules.entry(entries.rule).or_default() += entries.count;
    }
    for people in store::statistics::new_people(&view, span).await? {
        statistics.hours.entry(people.hour).or_default().new_people += people.count;
    }
    let last = span.until.minus(TimeDelta::milliseconds(1));
    let [first, last] = [span.since, last].map(|time| service.budget.day(time));
    statistics.sms = store::sms::days(&view, (&first, &last)).await?;
    let now = service.clock.now();
    statistics.open_cases = store::statistics::open_cases(&view, AGES.map(|age| now.minus(age))).await?;
    Ok(statistics)
}
