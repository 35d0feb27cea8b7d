//! The running service: everything the use cases work with, built once at start. See [`crate::usecase`] for the use
//! cases.

use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use domain::{ServiceTokenId, SessionId, Timestamp, UserId};
use jsonwebtoken::jwk::JwkSet;
use providers::{Factory, Http, TokenKeeper};
use store::event::Recording;
use store::login::QrStatus;
use store::{PoolUsage, Store};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::apps::Apps;
use crate::clock::Clock;
use crate::config::{self, Config, ConfigError, Found, Inspected, Mistake, Mode, Source};
use crate::database::Opening;
use crate::error::RecentErrors;
use crate::gate::{Gate, Places};
use crate::human_check::{self, HumanCheck};
use crate::key_file::Secrets;
use crate::line_check::{self, PhoneLineCheck};
use crate::notify::{BySms, Notifier, Silent};
use crate::picture::{self, PictureStore};
use crate::sms::budget::Budget;
use crate::sms::{self, SmsSender};
use crate::sockets::Sockets;
use crate::text::{Text, text};
use crate::token::{AccessTokens, Keys};
use crate::upstream_tokens::UpstreamTokens;
use crate::usecase::order::OrderFeed;
use crate::usecase::polled::Polled;
use crate::usecase::push::Senders;
use crate::webhook::Endpoint;

/// The most exports that run at a time.
const EXPORTS: usize = 4;
/// How soon a socket learns of a step of a login by a QR code.
const QR_LOGINS: Duration = Duration::from_millis(500);
/// How soon a socket learns that its session has ended.
const SESSIONS: Duration = Duration::from_secs(2);

/// One instance of the service, without its HTTP server.
#[derive(Debug)]
pub struct Service {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) apps: Apps,
    pub(crate) keys: Keys,
    pub(crate) access: AccessTokens,
    pub(crate) sms: Arc<dyn SmsSender>,
    pub(crate) budget: Budget,
    pub(crate) notifier: Box<dyn Notifier>,
    pub(crate) line_check: Box<dyn PhoneLineCheck>,
    pub(crate) human_check: Option<Box<dyn HumanCheck>>,
    pub(crate) pictures: Option<Arc<dyn PictureStore>>,
    /// The places of those who draw pictures anew.
    pub(crate) decoders: Arc<Semaphore>,
    pub(crate) clock: Clock,
    pub(crate) gate: Gate,
    /// Limits the database connections that unauthenticated requests may use at a time.
    pub(crate) places_of_strangers: Places,
    /// The open sockets.
    pub(crate) sockets: Arc<Sockets>,
    /// The logins by a QR code that sockets follow.
    pub(crate) polled_logins: Polled<[u8; 32], QrStatus>,
    /// The sessions of open sockets, with their accounts.
    pub(crate) polled_sessions: Polled<SessionId, UserId>,
    /// The service tokens of open sockets, with the times at which they expire.
    pub(crate) polled_tokens: Polled<ServiceTokenId, Option<Timestamp>>,
    /// The orders that open sockets follow.
    pub(crate) order_feed: OrderFeed,
    /// Wakes the outbox worker.
    pub(crate) outbox: Notify,
    /// Wakes the worker of pushes.
    pub(crate) pushes: Notify,
    /// The addresses that upstreams push from.
    pub(crate) senders: Senders,
    /// Calls the company's own receivers of pushes.
    pub(crate) http: Http,
    /// Limits the exports that run at a time.
    pub(crate) exports: Arc<Semaphore>,
    /// Whether load balancers are told to send no more requests.
    draining: AtomicBool,
    pub(crate) webhooks: Vec<Arc<Endpoint>>,
    /// Which events are recorded, and the signal that some were.
    pub(crate) recording: Recording,
    /// Tasks that run to completion even if their request is gone.
    tasks: TaskTracker,
    /// The errors of this process's answers.
    pub(crate) errors: RecentErrors,
    /// What `guiyi check` warns of.
    pub(crate) warnings: Vec<Mistake>,
    /// When this process started.
    pub(crate) started_at: Timestamp,
}

/// Implementations that an embedding program supplies in place of the configured ones.
#[derive(Debug, Default)]
pub struct Plugins {
    pub(crate) sms: Option<Arc<dyn SmsSender>>,
    pub(crate) notifier: Option<Box<dyn Notifier>>,
    pub(crate) line_check: Option<Box<dyn PhoneLineCheck>>,
    pub(crate) human_check: Option<Box<dyn HumanCheck>>,
    pub(crate) pictures: Option<Arc<dyn PictureStore>>,
}

/// The parts of a service that do not need the database.
#[derive(Debug)]
pub struct Parts {
    /// The settings.
    pub config: Config,
    /// The apps.
    pub apps: Apps,
    http: Http,
    keys: Keys,
    secrets: Secrets,
    clock: Clock,
    upstream_tokens: Arc<UpstreamTokens>,
    webhooks: Vec<Arc<Endpoint>>,
    plugins: Plugins,
    /// What is strange in the sources of the configuration.
    remarks: Vec<Mistake>,
}

impl Parts {
    /// Reads the configuration and checks everything that needs no database, including the apps' own settings.
    ///
    /// # Errors
    ///
    /// Returns every mistake of the configuration, each with its path.
    pub fn load(source: &Source, factories: &[Factory]) -> Result<Self, ConfigError> {
        let Inspected { config, mut found } = config::inspect(source);
        if found.is_partial() {
            return Err(found.into_error());
        }
        match Self::assemble(config, factories, Clock::default(), &mut found) {
            Some(parts) if found.is_empty() => Ok(Self { remarks: found.into_warnings(), ..parts }),
            _ => Err(found.into_error()),
        }
    }

    /// Builds the parts of an already loaded configuration and checks everything that needs no database.
    pub fn new(config: Config, factories: &[Factory], clock: Clock) -> Result<Self, ConfigError> {
        let mut found = Found::default();
        let parts = Self::assemble(config, factories, clock, &mut found).filter(|_| found.is_empty());
        parts.ok_or_else(|| found.into_error())
    }

    /// Builds the parts, and adds their mistakes to those found.
    fn assemble(config: Config, factories: &[Factory], clock: Clock, found: &mut Found) -> Option<Self> {
        let http = Http::new(config.upstream.limits());
        let http = http.map_err(|error| found.note("upstream", Text::foreign(error.to_string()))).ok()?;
        let secrets = match Secrets::of(&config) {
            Ok(secrets) => secrets,
            Err(mistake) => {
                found.note(mistake.path, mistake.said);
                Secrets::made()
            }
        };
        let keys = Keys::derive(&secrets.all);
        let upstream_tokens = Arc::new(UpstreamTokens::new(&keys, clock.clone()));
        let tokens: Arc<dyn TokenKeeper> = upstream_tokens.clone();
        let apps = Apps::collect(&config, factories, (&http, &tokens), found);
        let webhooks: Result<Vec<_>, _> =
            config.webhooks.iter().map(|hook| Endpoint::new(hook).map(Arc::new)).collect();
        let webhooks = webhooks.map_err(|error| found.note("webhooks", Text::foreign(error.to_string()))).ok()?;
        let (plugins, remarks) = (Plugins::default(), Vec::new());
        Some(Self { config, apps, http, keys, secrets, clock, upstream_tokens, webhooks, plugins, remarks })
    }

    /// Returns settings that are valid but too weak for production, and variables that look like settings.
    #[must_use]
    pub fn warnings(&self) -> Vec<Mistake> {
        let development = || {
            text!(
                "development: the sandbox, codes in the log, plain http and keys made at start are allowed; production mode \
                 refuses them",
                "development：允许使用沙箱、在日志中输出验证码、明文 http 以及启动时生成的密钥；生产模式会拒绝这些设置"
            )
        };
        let mut warnings = match self.config.mode {
            Mode::Development => vec![Mistake::new("mode", development())],
            Mode::Production => Vec::new(),
        };
        warnings.extend(self.apps.warnings());
        if self.config.sms.sender.costs() && self.plugins.human_check.is_none() {
            warnings.extend(config::without_human_check(&self.config.human_check));
        }
        warnings.extend(self.remarks.iter().cloned());
        warnings
    }

    /// Replaces the plugins.
    #[must_use]
    pub(crate) fn with(self, plugins: Plugins) -> Self {
        Self { plugins, ..self }
    }

    /// Returns the parameters for opening the database; `migrates` tells whether to apply pending migrations.
    pub(crate) fn opening(&self, options: store::Options, migrates: bool) -> Opening<'_> {
        Opening { database: &self.config.database, options, keys: &self.keys, secrets: &self.secrets, migrates }
    }

    /// Returns the current time.
    pub(crate) fn now(&self) -> domain::Timestamp {
        self.clock.now()
    }

    /// Returns the client for upstream calls.
    pub(crate) const fn http(&self) -> &Http {
        &self.http
    }
}

impl Service {
    /// Builds the service and connects its parts to the store.
    #[must_use]
    pub fn new(parts: Parts, store: Store) -> Self {
        let warnings = parts.warnings();
        let Parts { config, apps, http, keys, secrets: _, clock, upstream_tokens, webhooks, plugins, remarks: _ } =
            parts;
        let recording = Recording::of(config.recorded_events());
        let store = store.recording(recording.clone());
        upstream_tokens.connect(store.clone());
        let budget = Budget::new(config.sms.budget);
        let sms = plugins.sms.unwrap_or_else(|| sms::sender(&config, &http, &clock));
        let by_sms = || BySms {
            sender: sms.clone(),
            store: store.clone(),
            clock: clock.clone(),
            budget,
            phone: config.phone.clone(),
        };
        let notifier = plugins.notifier.unwrap_or_else(|| {
            if config.sms.notices { Box::new(by_sms()) as Box<dyn Notifier> } else { Box::new(Silent) }
        });
        let line_check = plugins.line_check.unwrap_or_else(|| line_check::checker(&config, &http, &clock));
        let human_check = plugins.human_check.or_else(|| human_check::checker(&config, &http));
        let pictures = plugins.pictures.or_else(|| picture::keeper(&config, &http, &store));
        let names = (config.public_url(), config.tokens.audience.clone());
        let life = TimeDelta::minutes(config.tokens.access_minutes.into());
        Self {
            access: AccessTokens::new(keys.signing(), names, life),
            sms,
            budget,
            notifier,
            line_check,
            human_check,
            pictures,
            decoders: Arc::new(Semaphore::new(config.pictures.decoders as usize)),
            gate: Gate::new(config.limits, clock.clone()),
            // A quarter: writes of unauthenticated clients must not starve readers of connections.
            places_of_strangers: Places::new(config.database.max_connections as usize / 4),
            sockets: Arc::new(Sockets::new(&config.http.sockets)),
            polled_logins: Polled::new(QR_LOGINS),
            polled_sessions: Polled::new(SESSIONS),
            polled_tokens: Polled::new(SESSIONS),
            order_feed: OrderFeed::default(),
            outbox: Notify::new(),
            pushes: Notify::new(),
            http,
            senders: Senders::default(),
            exports: Arc::new(Semaphore::new(EXPORTS)),
            draining: AtomicBool::new(false),
            webhooks,
            recording,
            tasks: TaskTracker::new(),
            errors: RecentErrors::new(clock.clone()),
            warnings,
            started_at: clock.now(),
            config,
            store,
            apps,
            keys,
            clock,
        }
    }

    /// Runs work in its own task, which continues when the caller stops waiting. Propagates a panic to the caller.
    pub(crate) async fn detached<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        match self.track(work).await {
            Ok(done) => done,
            Err(error) => panic::resume_unwind(error.into_panic()),
        }
    }

    /// Spawns work that shutdown waits for.
    pub(crate) fn track<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.tasks.spawn(work.in_current_span())
    }

    /// Tells load balancers to send no more requests: `readyz` refuses from now on, and each answer closes its
    /// connection. Requests that arrive all the same are served.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Returns whether [`drain`](Self::drain) was called.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Returns whether the process is shutting down, so that only running work is finished.
    pub(crate) fn is_stopping(&self) -> bool {
        self.tasks.is_closed()
    }

    /// Waits for the work that requests have left running. Returns whether all of it ended before the deadline.
    pub(crate) async fn finish_tasks(&self, deadline: Instant) -> bool {
        self.tasks.close();
        timeout_at(deadline, self.tasks.wait()).await.is_ok()
    }

    /// Returns the settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the public keys that verify access tokens, as a JSON Web Key Set.
    #[must_use]
    pub fn jwks(&self) -> &JwkSet {
        self.access.jwks()
    }

    /// Returns the channel that tells people of changes to their accounts.
    #[must_use]
    pub fn notifier(&self) -> &dyn Notifier {
        &*self.notifier
    }

    /// Returns the check that tells whether a number has a new subscriber.
    #[must_use]
    pub fn line_check(&self) -> &dyn PhoneLineCheck {
        &*self.line_check
    }

    /// Deletes expired rows: states, codes, sessions. Of several processes one does so at a time.
    pub async fn sweep(&self) -> Result<(), store::StoreError> {
        let dropped = store::sweep(&self.store, || self.clock.now()).await?;
        tracing::debug!(dropped, "deleted expired rows");
        Ok(())
    }

    /// Returns the store of uploaded pictures, if there is one.
    #[must_use]
    pub fn pictures(&self) -> Option<&Arc<dyn PictureStore>> {
        self.pictures.as_ref()
    }

    /// Returns how the connections to the database are used now.
    #[must_use]
    pub fn pool_usage(&self) -> PoolUsage {
        self.store.pool_usage()
    }

    /// Returns how many statements this service has sent to its database.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.store.statements()
    }

    /// Returns how often this service has waited for an answer of its database: for statements, `BEGIN`, `COMMIT` and
    /// the like.
    #[must_use]
    pub fn round_trips(&self) -> u64 {
        self.store.round_trips()
    }

    /// Returns the service's current time.
    #[must_use]
    pub fn now(&self) -> domain::Timestamp {
        self.clock.now()
    }

    /// Checks that the database answers.
    pub async fn ping(&self) -> Result<(), store::StoreError> {
        self.store.ping().await
    }
}
