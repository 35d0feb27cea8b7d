//! The health of the service, for operators: its upstreams and their tokens, the budgets, and what waits to be sent. The metrics have
//! the same numbers, and `guiyi doctor` looks at what needs calls.

use domain::{AppId, AppName, ServiceScope, Timestamp};
use providers::ErrorKind;
use providers::layer::UpstreamState;
use store::Backlog;
use store::sms::SmsDay;
use store::upstream::{SpentBudget, TokenState};
use store::webhook::Endpoint;

use crate::error::{ApiError, ErrorsOfHour};
use crate::service::Service;
use crate::usecase::Caller;
use crate::usecase::webhook::{self, Listed};

/// The most stored tokens that are listed; an app has three at most.
const MOST_TOKENS: u64 = 500;

/// The health of the service.
#[derive(Debug)]
pub struct Health {
    /// When the process that answers started.
    pub started_at: Timestamp,
    /// What this process has seen of the upstream of each app.
    pub upstreams: Vec<UpstreamOfApp>,
    /// The errors of this process's answers in the last 24 hours.
    pub errors: Vec<ErrorsOfHour>,
    /// The stored tokens of the upstreams.
    pub tokens: Vec<StoredToken>,
    /// What the apps have used of their budgets in this minute, on all replicas.
    pub budgets: Vec<BudgetOfApp>,
    /// The notices that are left.
    pub outbox: Backlog,
    /// The pushed events that are left.
    pub pushes: Backlog,
    /// The webhooks.
    pub webhooks: Vec<(String, Endpoint)>,
    /// The SMS of today.
    pub sms: SmsToday,
}

/// What this process has seen of the upstream of an app.
#[derive(Debug)]
pub struct UpstreamOfApp {
    /// The app.
    pub app: String,
    /// The upstream.
    pub upstream: String,
    /// Until when no calls go to it.
    pub refuses_until: Option<Timestamp>,
    /// The operations that run at it.
    pub running: usize,
    /// The most that may run at it.
    pub concurrency: usize,
    /// The last failure: the operation, its kind, and when it was.
    pub last_failure: Option<(&'static str, ErrorKind, Timestamp)>,
    /// When an operation last succeeded.
    pub last_success_at: Option<Timestamp>,
}

/// A stored token of an upstream, without the token.
#[derive(Debug)]
pub struct StoredToken {
    /// The name of the app, or the upstream's id of it if it is no longer configured.
    pub app: String,
    /// What the upstream calls it.
    pub kind: String,
    /// Its times.
    pub state: TokenState,
}

/// What an app has used of its budgets.
#[derive(Debug)]
pub struct BudgetOfApp {
    /// The app.
    pub app: AppName,
    /// What it has used in this minute.
    pub spent: SpentBudget,
    /// How many codes it may exchange in a minute.
    pub exchanges: u32,
    /// How many calls about followers it may make in a minute; `None` if the app has no followers.
    pub follower_calls: Option<u32>,
}

/// The SMS of today.
#[derive(Debug)]
pub struct SmsToday {
    /// What was sent.
    pub day: SmsDay,
    /// The budget of a day, in hundredths of the currency; `None` for no limit.
    pub budget_cents: Option<u32>,
}

/// Looks at the health of the service. Runs seven statements. Requires the scope `statistics:read`.
pub async fn look(service: &Service, caller: &Caller) -> Result<Health, ApiError> {
    caller.require(ServiceScope::StatisticsRead)?;
    let (view, now) = (service.store.view(), service.clock.now());
    let listed = |Listed { name, deliveries }| (name, deliveries);
    Ok(Health {
        started_at: service.started_at,
        upstreams: service.apps.upstreams().into_iter().map(|state| seen(state, now)).collect(),
        errors: service.errors.of_a_day(),
        tokens: tokens(service).await?,
        budgets: budgets(service, now).await?,
        outbox: store::outbox::backlog(&view).await?,
        pushes: store::push::backlog(&view).await?,
        webhooks: webhook::list(service).await?.into_iter().map(listed).collect(),
        sms: sms(service, now).await?,
    })
}

/// Replaces how long ago something was by its time. The service's clock is the one of its other times.
fn seen(state: UpstreamState, now: Timestamp) -> UpstreamOfApp {
    let span = |duration| chrono::TimeDelta::from_std(duration).unwrap_or(chrono::TimeDelta::MAX);
    let before = |ago| now.minus(span(ago));
    UpstreamOfApp {
        app: state.app,
        upstream: state.upstream,
        refuses_until: state.refuses_for.map(|wait| now.plus(span(wait))),
        running: state.running,
        concurrency: state.concurrency,
        last_failure: state.last_failure.map(|failure| (failure.operation, failure.kind, before(failure.ago))),
        last_success_at: state.last_success.map(before),
    }
}

async fn tokens(service: &Service) -> Result<Vec<StoredToken>, ApiError> {
    let states = store::upstream::token_states(&service.store.view(), MOST_TOKENS).await?;
    Ok(states.into_iter().map(|state| named(service, state)).collect())
}

/// Reads the name of a token, which is `provider/app id/kind`.
fn named(service: &Service, state: TokenState) -> StoredToken {
    let after_provider = state.name.split_once('/').map_or(state.name.as_str(), |(_, rest)| rest);
    let (app, kind) = after_provider.rsplit_once('/').unwrap_or((after_provider, ""));
    let id = app.parse::<AppId>().ok();
    let app = id.as_ref().map_or(app, |id| service.apps.name_of(id)).to_owned();
    StoredToken { app, kind: kind.to_owned(), state }
}

async fn budgets(service: &Service, now: Timestamp) -> Result<Vec<BudgetOfApp>, ApiError> {
    let apps = service.apps.all();
    let ids: Vec<AppId> = apps.iter().map(|app| app.provider.app_id().clone()).collect();
    let spent = store::upstream::spent_budgets(&service.store.view(), &ids, now).await?;
    let (exchanges, calls) = (service.config.upstream.exchanges_per_minute, service.config.backfill.calls_per_minute);
    let budget = |(app, spent): (&crate::apps::App, SpentBudget)| BudgetOfApp {
        app: app.name.clone(),
        spent,
        exchanges,
        follower_calls: app.provider.followers().map(|_| calls),
    };
    Ok(apps.iter().zip(spent).map(budget).collect())
}

async fn sms(service: &Service, now: Timestamp) -> Result<SmsToday, ApiError> {
    let today = service.budget.day(now);
    let found = store::sms::days(&service.store.view(), (&today, &today)).await?.into_iter().next();
    let day = found.unwrap_or_else(|| SmsDay { day: today, ..SmsDay::default() });
    let budget = service.budget.daily_cents();
    Ok(SmsToday { day, budget_cents: (budget > 0).then_some(budget) })
}
