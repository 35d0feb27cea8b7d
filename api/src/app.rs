//! Puts a whole Guiyi together: from a configuration to something that answers HTTP.
//! An embedding program adds its own providers here.

use std::sync::Arc;

use axum::Router;
use providers::{Factory, builtin};
use secrecy::ExposeSecret;
use store::{Store, StoreError};

use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::graphql;
use crate::http;
use crate::human_check::HumanCheck;
use crate::line_check::PhoneLineCheck;
use crate::notify::Notifier;
use crate::service::{Parts, Plugins, Service};
use crate::sms::SmsSender;

/// Why a Guiyi could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is not sound.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database could not be migrated.
    #[error("the database could not be migrated")]
    Migrate(#[source] migration::Error),
    /// The database is older than this program, which may not migrate it.
    #[error("the database lacks {}: run `guiyi migrate`", .0.join(", "))]
    Pending(Vec<String>),
    /// The database could not be reached.
    #[error("the database could not be reached")]
    Store(#[from] StoreError),
}

/// A whole Guiyi. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    service: Arc<Service>,
}

/// Puts an [`App`] together.
#[derive(Debug)]
pub struct Builder {
    config: Config,
    factories: Vec<Factory>,
    clock: Clock,
    plugins: Plugins,
}

impl App {
    /// Starts with the built-in providers and the system's clock.
    #[must_use]
    pub fn builder(config: Config) -> Builder {
        Builder { config, factories: builtin::ALL.to_vec(), clock: Clock::default(), plugins: Plugins::default() }
    }

    /// Migrates the database if the configuration says so, connects, and puts everything together.
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        let database = &parts.config.database;
        let url = database.url.expose_secret();
        if database.migrate_on_start {
            migration::up(url).await.map_err(StartError::Migrate)?;
        } else {
            let pending = migration::pending(url).await.map_err(StartError::Migrate)?;
            if !pending.is_empty() {
                return Err(StartError::Pending(pending));
            }
        }
        let store = Store::connect(&database.options()).await?;
        Ok(Self { service: Arc::new(Service::new(parts, store)) })
    }

    /// The use cases.
    #[must_use]
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// What answers HTTP. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: limits count by address, and
    /// without that all clients have none and count as one.
    pub fn router(&self) -> Router {
        http::router(self.service.clone(), graphql::schema(self.service.clone()))
    }
}

impl Builder {
    /// Adds a provider of the embedding program's own. A kind that is there already is a mistake, which `check` and
    /// `build` report.
    #[must_use]
    pub fn with_provider(mut self, factory: Factory) -> Self {
        self.factories.push(factory);
        self
    }

    /// Sends SMS through the embedding program's own gateway, whatever `sms.sender` says.
    #[must_use]
    pub fn with_sms_sender(mut self, sender: Box<dyn SmsSender>) -> Self {
        self.plugins.sms = Some(sender.into());
        self
    }

    /// Tells people of changes through the embedding program's own channels, whatever `sms.notices` says.
    #[must_use]
    pub fn with_notifier(mut self, notifier: Box<dyn Notifier>) -> Self {
        self.plugins.notifier = Some(notifier);
        self
    }

    /// Asks the embedding program's own carrier about lines, whatever `line_check.checker` says.
    #[must_use]
    pub fn with_line_check(mut self, line_check: Box<dyn PhoneLineCheck>) -> Self {
        self.plugins.line_check = Some(line_check);
        self
    }

    /// Tells people from programs by the embedding program's own means, whatever `human_check.kind` says.
    #[must_use]
    pub fn with_human_check(mut self, human_check: Box<dyn HumanCheck>) -> Self {
        self.plugins.human_check = Some(human_check);
        self
    }

    /// Takes another clock, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Checks the configuration, all of it, without a database.
    pub fn check(self) -> Result<Parts, ConfigError> {
        Ok(Parts::new(self.config, &self.factories, self.clock)?.with(self.plugins))
    }

    /// Checks the configuration and starts with it.
    pub async fn build(self) -> Result<App, StartError> {
        App::start(self.check()?).await
    }
}
