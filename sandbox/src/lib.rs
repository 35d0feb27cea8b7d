//! A local imitation of WeChat and WeCom logins, with invented people. It shares no code with the service that is tested
//! against it: the two must not share a mistake. Terms: `docs/glossary.md`.
//!
//! ```
//! let sandbox = sandbox::Sandbox::from_toml(sandbox::DEMO)?;
//! let router: axum::Router = sandbox.router();
//! assert_eq!(sandbox.union_id("shop", "lan"), sandbox.union_id("mini", "lan"));
//! assert_ne!(sandbox.open_id("shop", "lan"), sandbox.open_id("mini", "lan"));
//! # Ok::<(), sandbox::SeedError>(())
//! ```

mod clock;
mod company;
mod dice;
pub mod encrypted_data;
mod fields;
mod http;
mod net;
mod pages;
mod paths;
pub mod push;
mod seed;
pub mod signature;
mod state;

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;

pub use company::AppKind;
pub use fields::SeedProblem;
pub use net::{Tls, TlsError};
pub use seed::SeedError;

use company::ids;
use state::World;

/// The seed of the demo company 禾木 Hemu: six apps, six people.
pub const DEMO: &str = include_str!("../demo.toml");

/// A running sandbox. Clones share one state.
#[derive(Clone)]
pub struct Sandbox {
    world: Arc<World>,
}

impl Sandbox {
    /// Creates a sandbox from a seed.
    ///
    /// # Errors
    ///
    /// If the seed is not TOML, or is invalid: every mistake is reported with its path.
    pub fn from_toml(seed: &str) -> Result<Self, SeedError> {
        Ok(Self { world: Arc::new(World::new(seed::read(seed)?)) })
    }

    /// Returns the router with the paths of all of WeChat's hosts, and the control API under `/_sandbox/`.
    pub fn router(&self) -> axum::Router {
        http::router(Arc::clone(&self.world))
    }

    /// Serves the [router](Self::router) on a socket, over TLS if it is given, until `stopped` completes; then lets
    /// requests in flight finish.
    ///
    /// # Errors
    ///
    /// None at present: a failed connection affects only itself.
    pub async fn serve(
        &self,
        listener: tokio::net::TcpListener,
        tls: Option<Tls>,
        stopped: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        net::serve(self.router(), net::Arrivals::new(listener, tls), stopped).await
    }

    /// Returns the current apps: those of the seed first, then those that were added.
    #[must_use]
    pub fn apps(&self) -> Vec<AppSummary> {
        self.world
            .company
            .apps
            .all()
            .iter()
            .map(|app| AppSummary {
                name: app.name.clone(),
                title: app.title.clone(),
                kind: app.kind,
                app_id: app.id.clone(),
                agent_id: app.agent_id,
                secret: app.secret.clone(),
                union_scope: app.union_scope.clone(),
                redirect_domains: app.redirect_domains.clone(),
            })
            .collect()
    }

    /// Returns the current people: those of the seed first, then those who were added.
    #[must_use]
    pub fn people(&self) -> Vec<PersonSummary> {
        self.world
            .company
            .people
            .all()
            .iter()
            .map(|person| PersonSummary {
                id: person.id.clone(),
                nickname: person.nickname.clone(),
                phones: person.phones.clone(),
                snapshot: person.snapshot,
                member: person.member,
            })
            .collect()
    }

    /// Sets where the events of an app (by name or appid) are pushed to, unless it pushes somewhere already. Returns whether it
    /// did.
    #[must_use]
    pub fn push_to(&self, app: &str, settings: push::Settings) -> bool {
        let set = |app: &company::App| match app.push {
            None => Ok(company::App { push: Some(settings), ..app.clone() }),
            Some(_) => Err(()),
        };
        matches!(self.world.company.apps.change(app, set), Some(Ok(_)))
    }

    /// Returns the openId of a person (by id) in an app (by name or appid), as a login returns it.
    #[must_use]
    pub fn open_id(&self, app: &str, person: &str) -> Option<String> {
        let company = &self.world.company;
        Some(ids::open_id(&*company.app(app)?, &*company.person(person)?))
    }

    /// Returns the unionId of a person in an app; `None` if the app is not bound to an Open Platform account.
    #[must_use]
    pub fn union_id(&self, app: &str, person: &str) -> Option<String> {
        let company = &self.world.company;
        ids::union_id(&*company.app(app)?, &*company.person(person)?)
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("company", &self.world.company.name)
            .field("apps", &self.world.company.apps.len())
            .field("people", &self.world.company.people.len())
            .finish_non_exhaustive()
    }
}

/// An app, as it was when the apps were listed.
#[derive(Clone, PartialEq, Eq)]
pub struct AppSummary {
    /// The name used inside the sandbox: `shop`.
    pub name: String,
    /// The displayed name: `禾木商城`.
    pub title: String,
    /// The kind of app.
    pub kind: AppKind,
    /// The appid: `wx` and 16 hex digits. For a WeCom app the corpid: `ww` and 16 hex digits.
    pub app_id: String,
    /// The number of a WeCom app within its corp; `None` for other kinds.
    pub agent_id: Option<u32>,
    /// The `AppSecret`: 32 hex digits. For a WeCom app the corpsecret: 43 characters.
    pub secret: String,
    /// The Open Platform account the app is bound to, if any.
    pub union_scope: Option<String>,
    /// The hosts a login may return to, without scheme and port.
    pub redirect_domains: Vec<String>,
}

impl fmt::Debug for AppSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppSummary")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("app_id", &self.app_id)
            .field("union_scope", &self.union_scope)
            .finish_non_exhaustive()
    }
}

/// A person, as they were when the people were listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonSummary {
    /// The id used inside the sandbox: `lan`.
    pub id: String,
    /// The displayed name: `兰心🌿`.
    pub nickname: String,
    /// Phone numbers in E.164; the first is bound to WeChat.
    pub phones: Vec<String>,
    /// Whether this person always gets the snapshot page, whose ids belong to no person.
    pub snapshot: bool,
    /// Whether this person is a member of the company, whom WeCom identifies by their id.
    pub member: bool,
}
