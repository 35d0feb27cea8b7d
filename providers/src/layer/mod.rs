//! Layers around every provider at run time: a deadline, a limit of concurrent calls, a circuit breaker, a span, counters,
//! and the log line that alerts the operator.

mod breaker;
mod followers;
mod pushes;
mod watch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, PhoneNumber, UnionScope};
use metrics::{counter, gauge, histogram};
use secrecy::SecretString;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument, info_span};

use crate::{
    Abilities, AuthorizeRequest, ErrorKind, Exchange, Followers, IdentityProvider, LoginCode, PhoneCode, ProviderError,
    PushReader, ShownPhone, Start,
};
use breaker::Breaker;
use watch::Watch;
pub use watch::{SeenFailure, UpstreamState};

/// The limits for calls to one upstream.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest duration of one operation, including its wait for a permit.
    pub deadline: Duration,
    /// The most concurrent operations at one upstream.
    pub concurrency: usize,
    /// The number of consecutive operations that must find the upstream unavailable before it counts as down.
    pub failures: u32,
    /// How long no calls go to an upstream that is down, until one operation probes it.
    pub pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(8), concurrency: 64, failures: 5, pause: Duration::from_secs(5) }
    }
}

/// Builds the layers; providers of one upstream share its permits and its breaker.
#[derive(Debug, Default)]
pub struct Layers {
    limits: Limits,
    upstreams: Mutex<HashMap<String, Arc<Upstream>>>,
    watches: Mutex<Vec<Arc<Watch>>>,
}

/// The state that providers of one upstream share.
#[derive(Debug)]
struct Upstream {
    name: String,
    limits: Limits,
    places: Semaphore,
    breaker: Breaker,
}

impl Layers {
    /// Creates layers with these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, upstreams: Mutex::default(), watches: Mutex::default() }
    }

    /// Wraps the provider of the app named `app` in the layers.
    #[must_use]
    pub fn around(&self, app: &str, provider: Arc<dyn IdentityProvider>) -> Arc<dyn IdentityProvider> {
        let upstream = self.upstream(provider.upstream());
        let watch = Arc::new(Watch::new(app, upstream.clone()));
        self.watches.lock().unwrap_or_else(PoisonError::into_inner).push(watch.clone());
        Arc::new(Layered { inner: provider, app: app.to_owned(), upstream, watch })
    }

    /// Returns what this process has seen of the upstream of each app, in the order in which the apps were wrapped.
    #[must_use]
    pub fn states(&self) -> Vec<UpstreamState> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|watch| watch.state()).collect()
    }

    fn upstream(&self, name: &str) -> Arc<Upstream> {
        let mut upstreams = self.upstreams.lock().unwrap_or_else(PoisonError::into_inner);
        let limits = self.limits;
        let made = || Upstream {
            name: name.to_owned(),
            limits,
            places: Semaphore::new(limits.concurrency),
            breaker: Breaker::new(limits.failures, limits.pause),
        };
        upstreams.entry(name.to_owned()).or_insert_with(|| Arc::new(made())).clone()
    }
}

/// A provider wrapped in the layers.
#[derive(Debug)]
pub struct Layered {
    inner: Arc<dyn IdentityProvider>,
    app: String,
    upstream: Arc<Upstream>,
    watch: Arc<Watch>,
}

type Outcome<T> = Result<T, ProviderError>;

impl Layered {
    /// Runs one operation within all layers.
    async fn run<T>(&self, operation: &'static str, work: impl Future<Output = Outcome<T>> + Send) -> Outcome<T> {
        self.observe(operation, self.upstream.guard(work)).await
    }

    /// Runs one operation of a background task: without the circuit breaker, so that its failures, which the task retries, do not
    /// refuse logins.
    async fn run_apart<T>(&self, operation: &'static str, work: impl Future<Output = Outcome<T>> + Send) -> Outcome<T> {
        self.observe(operation, self.upstream.guard_apart(work)).await
    }

    async fn observe<T>(&self, operation: &'static str, work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        let begun = Instant::now();
        let span = info_span!("upstream", app = self.app, operation);
        let outcome = async { work.await.inspect_err(report) };
        let outcome = outcome.instrument(span).await;
        self.watch.note(operation, &outcome);
        let what = outcome.as_ref().map_or_else(|error| error.kind.name(), |_| "ok");
        let labels = [("app", self.app.clone()), ("operation", operation.to_owned())];
        histogram!("guiyi_upstream_seconds", &labels).record(begun.elapsed());
        counter!("guiyi_upstream_operations_total", "app" => self.app.clone(), "operation" => operation, "outcome" => what)
            .increment(1);
        outcome
    }
}

impl Upstream {
    async fn guard<T>(&self, work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        let deadline = Instant::now() + self.limits.deadline;
        let pass = self.breaker.enter().map_err(|wait| {
            unavailable(format!("{} is down and not called for a while", self.name)).unspent().retry_after(wait)
        })?;
        let _place = self.place(deadline).await?;
        let outcome = self.in_time(deadline, work).await;
        let is_down = matches!(&outcome, Err(error) if error.kind == ErrorKind::Unavailable);
        let is_open = if is_down { pass.failed() } else { pass.succeeded() };
        gauge!("guiyi_upstream_down", "upstream" => self.name.clone()).set(if is_open { 1.0 } else { 0.0 });
        outcome
    }

    async fn guard_apart<T>(&self, work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        let deadline = Instant::now() + self.limits.deadline;
        let _place = self.place(deadline).await?;
        self.in_time(deadline, work).await
    }

    async fn in_time<T>(&self, deadline: Instant, work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        let late = |_| Err(unavailable(format!("{} did not answer in time", self.name)));
        timeout_at(deadline, work).await.unwrap_or_else(late)
    }

    async fn place(&self, deadline: Instant) -> Outcome<SemaphorePermit<'_>> {
        match timeout_at(deadline, self.places.acquire()).await {
            // A permit at the deadline is useless: the code would be sent, and its answer lost.
            Ok(Ok(place)) if Instant::now() < deadline => Ok(place),
            // The semaphore is never closed, so the error is always the timeout.
            Ok(_) | Err(_) => Err(unavailable(format!("too many concurrent calls to {}", self.name)).unspent()),
        }
    }
}

fn unavailable(detail: String) -> ProviderError {
    ProviderError::new(ErrorKind::Unavailable, detail)
}

/// Logs the error: at ERROR if the operator must act, lower for a person's own mistakes.
fn report(error: &ProviderError) {
    let (kind, advice) = (error.kind.name(), error.kind.advice());
    match error.kind {
        kind if kind.wakes_operator() => {
            tracing::error!(kind = kind.name(), advice, "the provider cannot be used: {error}");
        }
        ErrorKind::Unavailable | ErrorKind::RateLimited => tracing::warn!(kind, "the provider failed: {error}"),
        _ => tracing::info!(kind, "the provider refused: {error}"),
    }
}

#[async_trait]
impl IdentityProvider for Layered {
    fn app_id(&self) -> &AppId {
        self.inner.app_id()
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        self.inner.union_scope()
    }

    fn upstream(&self) -> &str {
        &self.upstream.name
    }

    fn start(&self) -> Start {
        self.inner.start()
    }

    fn abilities(&self) -> Abilities {
        self.inner.abilities()
    }

    fn could_issue(&self, code: &LoginCode) -> bool {
        self.inner.could_issue(code)
    }

    fn could_issue_for_phone(&self, code: &PhoneCode) -> bool {
        self.inner.could_issue_for_phone(code)
    }

    fn js_app_id(&self) -> &str {
        self.inner.js_app_id()
    }

    fn push_reader(&self) -> Option<&dyn PushReader> {
        self.inner.push_reader().map(|_| self as &dyn PushReader)
    }

    /// Passes through: it makes no call, or fetches a discovery document that is cached.
    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Outcome<String> {
        self.inner.authorize_url(request).await.inspect_err(report)
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Outcome<Proof> {
        self.run("exchange", self.inner.exchange(login)).await
    }

    fn tells_groups(&self) -> bool {
        self.inner.tells_groups()
    }

    async fn exchange_with_groups(&self, login: &Exchange<'_>) -> Outcome<(Proof, Vec<String>)> {
        self.run("exchange", self.inner.exchange_with_groups(login)).await
    }

    async fn phone_number(&self, shown: &ShownPhone) -> Outcome<PhoneNumber> {
        self.run("phone_number", self.inner.phone_number(shown)).await
    }

    async fn follow_qr(&self, scene: &str, life: Duration) -> Outcome<String> {
        self.run("follow_qr", self.inner.follow_qr(scene, life)).await
    }

    /// Applies only the deadline: a cached ticket is valid while the upstream is down, and one replica at a time fetches a
    /// new one.
    async fn js_ticket(&self) -> Outcome<SecretString> {
        let late = |_| Err(unavailable(format!("timed out waiting for a ticket of {}", self.upstream.name)));
        timeout(self.upstream.limits.deadline, self.inner.js_ticket()).await.unwrap_or_else(late).inspect_err(report)
    }

    fn followers(&self) -> Option<&dyn Followers> {
        self.inner.followers().map(|_| self as &dyn Followers)
    }
}
