//! Counts for operators. See [`crate::usecase::statistics`].

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use store::sms::SmsDay;
use store::statistics::Span;

use super::conflict::ConflictKind;
use super::history::LinkRule;
use crate::graphql::{Alone, alone, caller, service};
use crate::usecase;
use crate::usecase::statistics::Statistics as Counted;

/// What happened in an hour.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct StatisticsOfHour {
    /// The beginning of the hour.
    hour: DateTime<Utc>,
    /// How many sessions were opened.
    logins: i64,
    /// How many accounts were created. An imported account counts at the time that its file says.
    new_people: i64,
    /// How many merges were made, whichever rule decided.
    merges: i64,
    /// How many merges were undone.
    undos: i64,
}

/// The logins of one app.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct LoginsOfApp {
    #[graphql(skip)]
    app_id: Option<domain::AppId>,
    /// How many sessions were opened.
    count: i64,
}

#[ComplexObject]
impl LoginsOfApp {
    /// The app's name; the provider's app id if the app is no longer configured.
    async fn app<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        self.app_id.as_ref().map(|id| usecase::app::name_of(service(ctx), id))
    }
}

/// The journal's entries of one rule.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct EntriesOfRule {
    /// The rule.
    rule: LinkRule,
    /// How many entries there are.
    count: i64,
}

/// The open cases of one kind.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OpenCasesOfKind {
    /// The kind.
    kind: ConflictKind,
    /// How many are open.
    count: i64,
    /// How many of them have been open for more than a day.
    older_than_day: i64,
    /// How many of them have been open for more than seven days.
    older_than_week: i64,
    /// When the oldest was opened.
    oldest_at: DateTime<Utc>,
}

/// The SMS of one day.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct SmsOfDay {
    /// The day in the time zone of `sms.budget`: `2026-11-21`.
    day: String,
    /// How many codes were sent.
    codes: i64,
    /// What they cost, in hundredths of the currency of `sms.budget`.
    code_cents: i64,
    /// How many notices were sent.
    notices: i64,
    /// What they cost, in hundredths of the currency of `sms.budget`.
    notice_cents: i64,
}

impl From<SmsDay> for SmsOfDay {
    fn from(day: SmsDay) -> Self {
        let SmsDay { day, codes, code_cents, notices, notice_cents } = day;
        Self { day, codes, code_cents, notices, notice_cents }
    }
}

/// Counts of what happened in a time. Errors are not among them: each replica counts its own, see `Health.errors`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Statistics {
    /// The hours in which something happened, the earliest first.
    hours: Vec<StatisticsOfHour>,
    /// The logins of each app, the one with the most first. Sessions that have expired are deleted after a time, and not counted then.
    logins: Vec<LoginsOfApp>,
    /// The entries of the journal, by rule. A login that changes nothing has no entry.
    rules: Vec<EntriesOfRule>,
    /// The cases that are open now, whenever they were opened.
    open_cases: Vec<OpenCasesOfKind>,
    /// The SMS of each day that has a part in the time, as whole days, the earliest first. A day without SMS is left out.
    sms: Vec<SmsOfDay>,
}

impl From<Counted> for Statistics {
    fn from(counted: Counted) -> Self {
        let hours = counted.hours.into_iter().map(|(hour, counts)| StatisticsOfHour {
            hour: hour.into(),
            logins: counts.logins,
            new_people: counts.new_people,
            merges: counts.merges,
            undos: counts.undos,
        });
        let open_cases = counted.open_cases.into_iter().map(|cases| OpenCasesOfKind {
            kind: cases.kind.into(),
            count: cases.count,
            older_than_day: cases.older,
            older_than_week: cases.oldest,
            oldest_at: cases.oldest_at.into(),
        });
        let mut logins: Vec<_> =
            counted.logins.into_iter().map(|(app_id, count)| LoginsOfApp { app_id, count }).collect();
        logins.sort_by_key(|of_app| std::cmp::Reverse(of_app.count));
        Self {
            hours: hours.collect(),
            logins,
            rules: counted.rules.into_iter().map(|(rule, count)| EntriesOfRule { rule: rule.into(), count }).collect(),
            open_cases: open_cases.collect(),
            sms: counted.sms.into_iter().map(Into::into).collect(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct StatisticsQueries;

#[Object]
impl StatisticsQueries {
    /// Counts logins, new people, merges, undos and SMS in a time of at most seven days, and the open cases: what shows a rule that
    /// merges too much. Requires the scope `statistics:read`.
    async fn statistics(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The beginning of the time.")] since: DateTime<Utc>,
        #[graphql(desc = "The end of the time, which does not belong to it.")] until: DateTime<Utc>,
    ) -> Alone<Statistics> {
        let span = Span { since: since.into(), until: until.into() };
        alone(usecase::statistics::count(service(ctx), caller(ctx), span).await.map(Statistics::from))
    }
}
