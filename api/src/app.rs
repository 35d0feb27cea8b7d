//! Puts a whole Guiyi together: from a configuration to something that answers HTTP.
//! An embedding program adds its own providers here.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use providers::{Factory, builtin};
use store::key::UnlockError;
use store::{Options, StoreError};
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::database::Ready;
use crate::human_check::HumanCheck;
use crate::line_check::PhoneLineCheck;
use crate::notify::Notifier;
use crate::service::{Parts, Plugins, Service};
use crate::sms::SmsSender;
use crate::{graphql, http, usecase};

/// Why a Guiyi could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is not sound.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file of ours could not be made, or not be taken away from others.
    #[error("{} cannot be kept to its owner", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The database could not be migrated.
    #[error("the database could not be migrated")]
    Migrate(#[source] migration::Error),
    /// The database is older than this program, which may not migrate it.
    #[error("the database lacks {}: run `guiyi migrate`", .0.join(", "))]
    Pending(Vec<String>),
    /// Phone numbers of an older version stand in clear, and this program may not seal them.
    #[error("the database has phone numbers in clear: run `guiyi migrate`")]
    Clear,
    /// The keys of personal data cannot be opened.
    #[error(
        "the keys of the phone numbers cannot be opened, and nothing was written. They open with the secret that was the \
         first of tokens.secret_keys when they were made (of the demo it is the demo's; where none was configured it is in \
         the file beside the database that ends in .key): put it back. Without it no phone number of this database can be \
         read or found any more"
    )]
    Keys(#[source] UnlockError),
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
        let options = parts.config.database.options_for_requests();
        Self::start_with(parts, options).await
    }

    /// The same for a command, whose statements may take their time.
    pub async fn start_for_command(parts: Parts) -> Result<Self, StartError> {
        let options = parts.config.database.options();
        Self::start_with(parts, options).await
    }

    async fn start_with(parts: Parts, options: Options) -> Result<Self, StartError> {
        let migrates = parts.config.database.migrate_on_start;
        // Boxed, since what a start is made of would be a part of the type of every command.
        let Ready { store, .. } = Box::pin(parts.opening(options, migrates).open(parts.now())).await?;
        Ok(Self { service: Arc::new(Service::new(parts, store)) })
    }

    /// The use cases.
    #[must_use]
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// Serves HTTP, within the limits of `[http.connections]`, until `stopped` is over and the requests in flight are
    /// answered. Sends what the outbox holds meanwhile, unless `outbox.deliver` is off.
    pub async fn serve(&self, listener: TcpListener, stopped: impl Future<Output = ()>) {
        let limits = http::Limits::of(&self.service.config().http);
        let served = http::serve(listener, self.router(), limits, stopped);
        if self.service.config().outbox.deliver {
            tokio::select! {
                () = served => {}
                () = usecase::outbox::run(&self.service) => {}
            }
        } else {
            served.await;
        }
    }

    /// What answers HTTP, for a server of your own, which has to limit connections and their time by itself, and to run
    /// [`Service::run_outbox`]. Serve it with
    /// `into_make_service_with_connect_info::<SocketAddr>()`: limits count by address, and without that all clients have
    /// none and count as one.
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
