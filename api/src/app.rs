//! Builds a complete service, from the configuration to the HTTP router. Embedding programs add their own providers
//! here.

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
use crate::picture::PictureStore;
use crate::service::{Parts, Plugins, Service};
use crate::sms::SmsSender;
use crate::{graphql, http, usecase};

/// Why the service could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file of the service could not be created or restricted to its owner.
    #[error("cannot restrict {} to its owner", path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Underlying error.
        #[source]
        cause: io::Error,
    },
    /// A newer version has migrated the database, or the migration failed.
    #[error("migrating the database failed")]
    Migrate(#[from] migration::Error),
    /// The database schema is older than this program, and the program may not migrate it.
    #[error("the database lacks {}: run `guiyi migrate`", .0.join(", "))]
    Pending(Vec<String>),
    /// The database holds phone numbers in plain text from an older version, and the program may not encrypt them.
    #[error("the database has phone numbers in plain text: run `guiyi migrate`")]
    Clear,
    /// The keys that encrypt personal data cannot be decrypted.
    #[error(
        "the keys of the phone numbers cannot be decrypted, and nothing was written. They need the secret that was the \
         first of tokens.secret_keys when they were made (of the demo it is the demo's; where none was configured it is in \
         the file beside the database that ends in .key): put it back. Without it no phone number of this database can be \
         read or found any more"
    )]
    Keys(#[source] UnlockError),
    /// The file of SQLite is damaged, or is not one.
    #[error(
        "{} is damaged, or is no database of SQLite. Nothing was written. Check database.url; if it is right, move the file and \
         those beside it away, restore the newest backup and run `guiyi after-restore`",
        path.display()
    )]
    Damaged {
        /// Path of the file.
        path: PathBuf,
        /// Underlying error.
        #[source]
        cause: StoreError,
    },
    /// The database could not be reached.
    #[error("the database could not be reached")]
    Store(#[from] StoreError),
}

/// A complete service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    service: Arc<Service>,
}

/// Builds an [`App`].
#[derive(Debug)]
pub struct Builder {
    config: Config,
    factories: Vec<Factory>,
    clock: Clock,
    plugins: Plugins,
}

impl App {
    /// Creates a builder with the built-in providers and the system clock.
    #[must_use]
    pub fn builder(config: Config) -> Builder {
        Builder { config, factories: builtin::ALL.to_vec(), clock: Clock::default(), plugins: Plugins::default() }
    }

    /// Connects to the database, migrates it if the configuration says so, and builds the service.
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        let options = parts.config.database.options_for_requests();
        Self::start_with(parts, options).await
    }

    /// Like [`App::start`], for commands, whose statements have no short timeout.
    pub async fn start_for_command(parts: Parts) -> Result<Self, StartError> {
        let options = parts.config.database.options();
        Self::start_with(parts, options).await
    }

    async fn start_with(parts: Parts, options: Options) -> Result<Self, StartError> {
        let migrates = parts.config.database.migrate_on_start;
        // Boxed, since the future would otherwise be part of the type of every command.
        let Ready { store, .. } = Box::pin(parts.opening(options, migrates).open(parts.now())).await?;
        let service = Arc::new(Service::new(parts, store));
        usecase::webhook::register(&service).await?;
        Ok(Self { service })
    }

    /// Returns the service that the use cases work with.
    #[must_use]
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// Serves HTTP until `stopped` completes and the requests in flight are answered. Meanwhile does the work of the background, as
    /// [`usecase::work_in_background`] does.
    pub async fn serve(&self, listener: TcpListener, stopped: impl Future<Output = ()>) {
        tokio::select! {
            () = self.serve_requests(listener, stopped) => {}
            () = usecase::work_in_background(&self.service) => {}
        }
    }

    /// Serves HTTP within the limits of `[http.connections]` until `stopped` completes and the requests in flight are
    /// answered; sockets are closed. The work of the background is left to others.
    pub async fn serve_requests(&self, listener: TcpListener, stopped: impl Future<Output = ()>) {
        let limits = http::Limits::of(&self.service.config().http);
        self.service.sockets.leave_room_in(limits.max());
        let stopped = async {
            stopped.await;
            self.service.sockets.stop();
        };
        http::serve(listener, self.router(), limits, stopped).await;
    }

    /// Returns the HTTP router, for use with a different server. That server has to limit connections and their
    /// timeouts itself, and to run [`usecase::work_in_background`]. Serve the router with
    /// `into_make_service_with_connect_info::<SocketAddr>()`: rate limits count by address, and without it all clients
    /// count as one.
    pub fn router(&self) -> Router {
        http::router(self.service.clone(), graphql::schema(self.service.clone()))
    }
}

impl Builder {
    /// Adds a provider of the embedding program. `check` and `build` report an error if its kind is already taken.
    #[must_use]
    pub fn with_provider(mut self, factory: Factory) -> Self {
        self.factories.push(factory);
        self
    }

    /// Sends SMS through the embedding program's gateway and ignores `sms.sender`.
    #[must_use]
    pub fn with_sms_sender(mut self, sender: Box<dyn SmsSender>) -> Self {
        self.plugins.sms = Some(sender.into());
        self
    }

    /// Sends notices through the embedding program's channels and ignores `sms.notices`.
    #[must_use]
    pub fn with_notifier(mut self, notifier: Box<dyn Notifier>) -> Self {
        self.plugins.notifier = Some(notifier);
        self
    }

    /// Checks lines with the embedding program's carrier and ignores `line_check.checker`.
    #[must_use]
    pub fn with_line_check(mut self, line_check: Box<dyn PhoneLineCheck>) -> Self {
        self.plugins.line_check = Some(line_check);
        self
    }

    /// Verifies captchas by the embedding program's means and ignores `human_check.kind`.
    #[must_use]
    pub fn with_human_check(mut self, human_check: Box<dyn HumanCheck>) -> Self {
        self.plugins.human_check = Some(human_check);
        self
    }

    /// Stores uploaded pictures by the embedding program's means and ignores `pictures.store`.
    #[must_use]
    pub fn with_picture_store(mut self, pictures: Arc<dyn PictureStore>) -> Self {
        self.plugins.pictures = Some(pictures);
        self
    }

    /// Replaces the clock, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Checks the whole configuration without a database.
    pub fn check(self) -> Result<Parts, ConfigError> {
        Ok(Parts::new(self.config, &self.factories, self.clock)?.with(self.plugins))
    }

    /// Checks the configuration and starts the service.
    pub async fn build(self) -> Result<App, StartError> {
        App::start(self.check()?).await
    }
}
