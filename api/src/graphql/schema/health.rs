//! The health of the service. See [`crate::usecase::health`].

use async_graphql::{Context, Enum, Object, SimpleObject};
use chrono::{DateTime, Utc};
use providers::ErrorKind;
use store::Backlog;
use store::webhook::Endpoint;

use super::statistics::SmsOfDay;
use crate::error::{ErrorCode, ErrorsOfHour};
use crate::graphql::{Alone, alone, caller, service};
use crate::usecase;
use crate::usecase::health::{BudgetOfApp, Health as Seen, StoredToken, UpstreamOfApp};

/// What an operation at an upstream failed of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum UpstreamFailureKind {
    /// The upstream was sent too many calls.
    RateLimited,
    /// The app's credentials or its registration at the upstream are wrong.
    Misconfigured,
    /// The upstream is down, slow or busy.
    Unavailable,
    /// The upstream's answer is not as documented.
    UnexpectedAnswer,
}

impl UpstreamFailureKind {
    /// Returns what an operator can do something about; `None` for what is about a person or a login, which is not kept.
    const fn of(kind: ErrorKind) -> Option<Self> {
        match kind {
            ErrorKind::RateLimited => Some(Self::RateLimited),
            ErrorKind::Misconfigured => Some(Self::Misconfigured),
            ErrorKind::Unavailable => Some(Self::Unavailable),
            ErrorKind::UnexpectedAnswer => Some(Self::UnexpectedAnswer),
            ErrorKind::CodeRejected
            | ErrorKind::CodeUsed
            | ErrorKind::Snapshot
            | ErrorKind::ConsentRequired
            | ErrorKind::StaleData
            | ErrorKind::PersonBlocked => None,
        }
    }
}

/// A failure at an upstream.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct UpstreamFailure {
    /// What failed: `exchange`, `phone_number` and so on, as in the metrics.
    operation: &'static str,
    /// What it failed of.
    kind: UpstreamFailureKind,
    /// When.
    at: DateTime<Utc>,
}

/// What the replica that answers has seen of the upstream of an app.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct UpstreamHealth {
    /// The app's name.
    app: String,
    /// The upstream's name, such as its host.
    upstream: String,
    /// Until when logins are refused without a call, because the upstream counts as down. Null if it is up.
    refuses_until: Option<DateTime<Utc>>,
    /// How many calls run at the upstream, of all its apps.
    running_calls: usize,
    /// How many may run; further ones wait.
    max_calls: usize,
    /// The app's last failure that is not about a person or a login. Null if there was none since the replica started.
    last_failure: Option<UpstreamFailure>,
    /// When a call of the app last succeeded. Null if none did since the replica started.
    last_success_at: Option<DateTime<Utc>>,
}

impl From<UpstreamOfApp> for UpstreamHealth {
    fn from(seen: UpstreamOfApp) -> Self {
        let failure = |(operation, kind, at): (&'static str, ErrorKind, domain::Timestamp)| {
            Some(UpstreamFailure { operation, kind: UpstreamFailureKind::of(kind)?, at: at.into() })
        };
        Self {
            app: seen.app,
            upstream: seen.upstream,
            refuses_until: seen.refuses_until.map(Into::into),
            running_calls: seen.running,
            max_calls: seen.concurrency,
            last_failure: seen.last_failure.and_then(failure),
            last_success_at: seen.last_success_at.map(Into::into),
        }
    }
}

/// A token that an upstream has issued to an app, without the token. All replicas share it.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct UpstreamTokenHealth {
    /// The app's name; the provider's app id if the app is no longer configured.
    app: String,
    /// What the upstream calls it, such as `access_token` or `jsapi_ticket`.
    kind: String,
    /// When it was fetched. Null if there is none, or if an older version fetched it.
    fetched_at: Option<DateTime<Utc>>,
    /// When it expires. Null if there is none.
    expires_at: Option<DateTime<Utc>>,
    /// Until when one replica fetches the next one. A time that is past says that it has not come back with one.
    fetching_until: Option<DateTime<Utc>>,
}

impl From<StoredToken> for UpstreamTokenHealth {
    fn from(token: StoredToken) -> Self {
        let StoredToken { app, kind, state } = token;
        Self {
            app,
            kind,
            fetched_at: state.fetched_at.map(Into::into),
            expires_at: state.expires_at.map(Into::into),
            fetching_until: state.lease_until.map(Into::into),
        }
    }
}

/// What an app has used of its budgets in the present minute, on all replicas.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct UpstreamBudgetHealth {
    /// The app's name.
    app: String,
    /// How many codes were exchanged.
    exchanges: u32,
    /// How many may be: `upstream.exchanges_per_minute`.
    max_exchanges: u32,
    /// How many of the exchanges were those of clients of whom nothing is known.
    of_strangers: u32,
    /// How many calls about followers were made. Null if the app has no followers.
    follower_calls: Option<u32>,
    /// How many may be: `backfill.calls_per_minute`.
    max_follower_calls: Option<u32>,
}

impl From<BudgetOfApp> for UpstreamBudgetHealth {
    fn from(budget: BudgetOfApp) -> Self {
        let BudgetOfApp { app, spent, exchanges, follower_calls } = budget;
        Self {
            app: app.to_string(),
            exchanges: spent.exchanges,
            max_exchanges: exchanges,
            of_strangers: spent.of_strangers,
            follower_calls: follower_calls.map(|_| spent.follower_calls),
            max_follower_calls: follower_calls,
        }
    }
}

/// What is left of a queue, on all replicas.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct QueueHealth {
    /// How much is due or waits for a retry.
    pending: u64,
    /// How much was given up. The command line makes it due again.
    failed: u64,
    /// When the oldest that is pending was made.
    oldest_at: Option<DateTime<Utc>>,
}

impl From<Backlog> for QueueHealth {
    fn from(backlog: Backlog) -> Self {
        Self { pending: backlog.pending, failed: backlog.failed, oldest_at: backlog.oldest.map(Into::into) }
    }
}

/// A webhook.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct WebhookHealth {
    /// The name.
    name: String,
    /// The events that are left.
    queue: QueueHealth,
    /// How many attempts have failed since the last one that succeeded.
    failures: u32,
    /// When the last attempt failed.
    failed_at: Option<DateTime<Utc>>,
    /// Why.
    last_error: Option<String>,
    /// When it answered that it is gone: nothing is sent to it since.
    gone_at: Option<DateTime<Utc>>,
}

impl From<(String, Endpoint)> for WebhookHealth {
    fn from((name, endpoint): (String, Endpoint)) -> Self {
        Self {
            name,
            queue: endpoint.backlog.into(),
            failures: endpoint.failures,
            failed_at: endpoint.failed_at.map(Into::into),
            last_error: endpoint.last_error,
            gone_at: endpoint.gone_at.map(Into::into),
        }
    }
}

/// The SMS of today, and their budget.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct SmsHealth {
    /// What was sent.
    today: SmsOfDay,
    /// The budget of a day, in hundredths of the currency of `sms.budget`. Null for no limit.
    budget_cents: Option<u32>,
    /// What is left of it.
    left_cents: Option<i64>,
}

/// The errors of one code in one hour.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct ErrorsOfCode {
    /// The beginning of the hour.
    hour: DateTime<Utc>,
    /// The code.
    code: ErrorCode,
    /// How many there were.
    count: u64,
}

impl From<ErrorsOfHour> for ErrorsOfCode {
    fn from(errors: ErrorsOfHour) -> Self {
        Self { hour: errors.hour.into(), code: errors.code, count: errors.count }
    }
}

/// The health of the service. What only one replica knows is that of the replica that answers: with several, the next request may
/// reach another one, and the metrics have them all.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Health {
    /// When the replica that answers started.
    replica_started_at: DateTime<Utc>,
    /// What this replica has seen of the upstream of each app.
    upstreams: Vec<UpstreamHealth>,
    /// The errors in answers of this replica in the last 24 hours, the earliest first. An order of a batch that was refused is none.
    errors: Vec<ErrorsOfCode>,
    /// The stored tokens of the upstreams.
    tokens: Vec<UpstreamTokenHealth>,
    /// What the apps have used of their budgets.
    budgets: Vec<UpstreamBudgetHealth>,
    /// Notices to people.
    outbox: QueueHealth,
    /// Events that upstreams have pushed.
    pushes: QueueHealth,
    /// Events on their way to systems of the company.
    webhooks: Vec<WebhookHealth>,
    /// The SMS of today.
    sms: SmsHealth,
}

impl From<Seen> for Health {
    fn from(seen: Seen) -> Self {
        let spent = seen.sms.day.code_cents + seen.sms.day.notice_cents;
        let budget = seen.sms.budget_cents;
        Self {
            replica_started_at: seen.started_at.into(),
            upstreams: seen.upstreams.into_iter().map(Into::into).collect(),
            errors: seen.errors.into_iter().map(Into::into).collect(),
            tokens: seen.tokens.into_iter().map(Into::into).collect(),
            budgets: seen.budgets.into_iter().map(Into::into).collect(),
            outbox: seen.outbox.into(),
            pushes: seen.pushes.into(),
            webhooks: seen.webhooks.into_iter().map(Into::into).collect(),
            sms: SmsHealth {
                today: seen.sms.day.into(),
                budget_cents: budget,
                left_cents: budget.map(|budget| (i64::from(budget) - spent).max(0)),
            },
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct HealthQueries;

#[Object]
impl HealthQueries {
    /// The health of the service: upstreams and their tokens, budgets, what waits to be sent, SMS, and the errors of answers. Requires
    /// the scope `statistics:read`.
    async fn health(&self, ctx: &Context<'_>) -> Alone<Health> {
        alone(usecase::health::look(service(ctx), caller(ctx)).await.map(Health::from))
    }
}
