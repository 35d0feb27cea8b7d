//! Test support: the demo company with the real service and the real sandbox over HTTP on loopback, and clients to use
//! it.

mod answers;
pub mod bench;
mod client;
pub mod consumers;
mod demo;
pub mod merging;
pub mod pushing;
mod questions;
pub mod real_time;
pub mod socket;
pub mod tour;

use std::net::SocketAddr;

use api::app::Builder;
use api::clock::Clock;
use api::config::{self, Config, Source};
use api::usecase::audit::AuditQuery;
use api::usecase::import::UserText;
use axum::Router;
use chrono::TimeDelta;
use domain::{AuditAction, ServiceScope, Timestamp};
pub use migration::throwaway::{Database, Server};
use providers::Factory;
use sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub use client::{Answer, CHALLENGE, Client, VERIFIER};

/// The time at which every test begins; the clock is frozen until the test advances it.
pub const START: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// Makes a module for each database, in which each of the named async functions is a test.
///
/// Features of this crate select the databases; SQLite is always included.
#[macro_export]
macro_rules! on_every_database {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $test() { super::$test($crate::Server::Sqlite).await; })+
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $test() { super::$test($crate::Server::Postgres).await; })+
        }
        #[cfg(feature = "mariadb")]
        mod mariadb {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $test() { super::$test($crate::Server::MariaDb).await; })+
        }
    };
}

/// A running demo company.
#[derive(Debug)]
pub struct Company {
    /// The service, for operations that clients do not have.
    pub app: api::App,
    /// The service's clock. The sandbox has its own.
    pub clock: Clock,
    /// The API's URL.
    pub url: String,
    /// The sandbox's URL.
    pub sandbox_url: String,
    /// The local WeChat.
    pub sandbox: Sandbox,
    /// The database, dropped with the company.
    pub database: Database,
    config: Config,
    provider: Option<Factory>,
}

impl Company {
    /// Starts the company on a fresh database.
    pub async fn open(server: Server) -> Self {
        Self::open_with(server, toml::Table::new()).await
    }

    /// Starts the company with some settings changed.
    pub async fn open_with(server: Server, settings: toml::Table) -> Self {
        Self::open_on(Database::create(server).await, settings).await
    }

    /// Starts the company with some settings changed and an additional provider.
    pub async fn open_with_provider(server: Server, settings: toml::Table, provider: Factory) -> Self {
        Self::open_all(Database::create(server).await, settings, Some(provider)).await
    }

    /// Starts the company on a database that the caller has prepared, with an additional provider.
    pub async fn open_on_with_provider(database: Database, settings: toml::Table, provider: Factory) -> Self {
        Self::open_all(database, settings, Some(provider)).await
    }

    /// Starts the company on a database that the test has prepared.
    pub async fn open_on(database: Database, settings: toml::Table) -> Self {
        Self::open_all(database, settings, None).await
    }

    async fn open_all(database: Database, settings: toml::Table, provider: Option<Factory>) -> Self {
        let (listener, listen) = listen().await;
        let (sandbox_listener, sandbox_listen) = self::listen().await;
        let sandbox = Sandbox::from_toml(sandbox::DEMO).expect("the demo's seed is valid");
        serve_sandbox(sandbox_listener, sandbox.router());
        let overrides = overrides(settings, [listen, sandbox_listen], database.url());
        let source = Source { demo: true, overrides, ..Source::default() };
        let config = config::load(&source).expect("the demo's configuration is valid");
        let clock = Clock::frozen(START);
        let app = build(&config, (&clock, provider), |builder| builder).await;
        serve(listener, app.clone());
        let [url, sandbox_url] = [listen, sandbox_listen].map(|address| format!("http://{address}"));
        Self { app, clock, url, sandbox_url, sandbox, database, config, provider }
    }

    /// Starts another replica over the same database; returns a client of it.
    pub async fn replica(&self) -> Client {
        self.embedded(|builder| builder).await
    }

    /// Starts another replica, with these secret keys.
    pub async fn replica_with_keys(&self, keys: &[&str]) -> Client {
        self.replica_with(|config| config.tokens.secret_keys = keys.iter().map(|key| (*key).into()).collect()).await
    }

    /// Starts another replica, with changed settings.
    pub async fn replica_with(&self, change: impl FnOnce(&mut Config)) -> Client {
        let (listener, listen) = listen().await;
        serve(listener, self.app_with(change).await);
        Client::new(&format!("http://{listen}"), &self.url)
    }

    /// Starts another replica with changed settings and returns it, for operations that clients do not have.
    pub async fn app_with(&self, change: impl FnOnce(&mut Config)) -> api::App {
        let mut config = self.config.clone();
        change(&mut config);
        build(&config, (&self.clock, self.provider), |builder| builder).await
    }

    /// Starts another replica with parts of an embedding program.
    pub async fn embedded(&self, embed: impl FnOnce(Builder) -> Builder) -> Client {
        self.embedded_app(embed).await.1
    }

    /// Starts another replica with parts of an embedding program, and returns it with its client.
    pub async fn embedded_app(&self, embed: impl FnOnce(Builder) -> Builder) -> (api::App, Client) {
        let (listener, listen) = listen().await;
        let app = build(&self.config, (&self.clock, self.provider), embed).await;
        serve(listener, app.clone());
        (app, Client::new(&format!("http://{listen}"), &self.url))
    }

    /// Sends the notices that are due; returns how many were attempted.
    ///
    /// # Panics
    ///
    /// When the database fails.
    pub async fn deliver(&self) -> usize {
        api::usecase::outbox::deliver_due(self.app.service()).await.expect("the outbox")
    }

    /// Returns a client that is not logged in.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.url, &self.url)
    }

    /// Returns a person's login code for an app, as WeChat would issue it.
    pub async fn code(&self, app: &str, person: &str) -> String {
        self.code_for(app, person, "snsapi_userinfo").await
    }

    /// Returns a login code of this scope.
    ///
    /// # Panics
    ///
    /// When the sandbox has no such app or person.
    pub async fn code_for(&self, app: &str, person: &str, scope: &str) -> String {
        let wanted = json!({ "app": app, "person": person, "scope": scope });
        let answer = self.sandbox("POST", "/_sandbox/codes", Some(&wanted)).await;
        answer["code"].as_str().expect("a code").to_owned()
    }

    /// Logs a person in through an app.
    pub async fn sign_in(&self, app: &str, person: &str) -> Client {
        self.sign_in_on(&self.client(), app, person).await
    }

    /// Logs a person in on another client's device, with its device token.
    pub async fn sign_in_on(&self, device: &Client, app: &str, person: &str) -> Client {
        let mut client = device.clone();
        let login = client.log_in(&self.code(app, person).await, app).await;
        client.carry(&login.data()["wechatLogin"]);
        client
    }

    /// Imports an account of the company, whose phone was last proved so many days ago.
    ///
    /// # Panics
    ///
    /// When the import fails.
    pub async fn member(&self, id: &str, phone: &str, last_proof_days: i64) {
        let text = UserText {
            external_id: id.to_owned(),
            phone: Some(phone.to_owned()),
            nickname: Some("Lan Xin".to_owned()),
            last_proof_at: Some(self.clock.now().minus(TimeDelta::days(last_proof_days))),
            ..UserText::default()
        };
        let user = api::usecase::import::read_user(self.app.service(), &text).expect("an account");
        let outcomes =
            api::usecase::import::import_users(self.app.service(), &[user]).await.expect("the database answers");
        assert_eq!(outcomes, [api::usecase::import::Outcome::Created]);
    }

    /// Requests a code to a number and redeems it.
    pub async fn prove(&self, client: &Client, phone: &str) -> Answer {
        client.send_code(phone).await.data();
        client.bind(phone, &self.sms(phone).await).await
    }

    /// Requests a code to a number and changes to it.
    pub async fn change(&self, client: &Client, phone: &str) -> Answer {
        client.send_code_for_change(phone).await.data();
        client.change(phone, &self.sms(phone).await).await
    }

    /// Returns a client with a service token of these scopes.
    ///
    /// # Panics
    ///
    /// When the database fails.
    pub async fn system(&self, scopes: &[ServiceScope]) -> Client {
        let made = api::usecase::service_token::create(self.app.service(), "test", scopes.to_vec(), None)
            .await
            .expect("a token");
        let mut client = self.client();
        client.bearer = Some(made.token);
        client
    }

    /// Returns a client that is signed in as an operator of the demo company: `anna` is an admin, `bo` an agent, `chen` a viewer.
    ///
    /// # Panics
    ///
    /// When the operator cannot sign in.
    pub async fn operator(&self, name: &str) -> Client {
        let sign_in = client::http().post(format!("{}/console/demo", self.url)).body(format!("operator={name}"));
        let answer = sign_in.header("content-type", "application/x-www-form-urlencoded").send().await;
        let answer = answer.expect("the service answers");
        let cookies = answer.headers().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        let mut pairs = cookies.filter_map(|cookie| cookie.split(';').next());
        let cookie = pairs.find(|pair| pair.starts_with("__Host-guiyi-operator=")).map(str::to_owned);
        assert!(cookie.is_some(), "{name} cannot sign in: {answer:?}");
        let mut client = self.client();
        client.cookie = cookie;
        client
    }

    /// Returns the audit entries of an action, newest first, without id and time.
    ///
    /// # Panics
    ///
    /// When the database fails.
    pub async fn audited(&self, action: AuditAction) -> Vec<Value> {
        let query = AuditQuery { actions: Some(vec![action]), ..AuditQuery::default() };
        let events =
            api::usecase::audit::recent(self.app.service(), query, TimeDelta::days(1), 100).await.expect("the audit");
        let told = events.into_iter().map(|event| {
            let (app, user) = (event.app.map(|app| app.to_string()), event.user.map(|user| user.to_string()));
            let (actor, session) = (event.actor.to_string(), event.session.map(|session| session.to_string()));
            json!({ "actor": actor, "app": app, "user": user, "session": session, "detail": event.detail })
        });
        told.collect()
    }

    /// Returns the newest SMS code sent to a number.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn sms(&self, number: &str) -> String {
        let path = format!("/_sandbox/sms?to={}", number.replace('+', "%2B"));
        let inbox = self.sandbox("GET", &path, None).await;
        inbox[0]["code"].as_str().expect("a code").to_owned()
    }

    /// Makes the next calls of a WeChat path fail.
    pub async fn fault(&self, path: &str, fault: &Value) {
        let mut order = json!({ "path": path, "times": 1 });
        for (key, value) in fault.as_object().into_iter().flatten() {
            order[key] = value.clone();
        }
        self.sandbox("POST", "/_sandbox/faults", Some(&order)).await;
    }

    /// Returns how often a WeChat path was called and answered.
    pub async fn calls(&self, path: &str) -> usize {
        let calls = self.sandbox("GET", &format!("/_sandbox/calls?path={path}"), None).await;
        calls.as_array().map_or(0, Vec::len)
    }

    /// Calls the sandbox's control API.
    ///
    /// # Panics
    ///
    /// When the sandbox refuses.
    pub async fn sandbox(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let http = client::http();
        let url = format!("{}{path}", self.sandbox_url);
        let request = match method {
            "POST" => http.post(url),
            "PATCH" => http.patch(url),
            _ => http.get(url),
        };
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer =
            request.send().await.expect("the sandbox answers").error_for_status().expect("the sandbox accepts it");
        answer.json().await.expect("the sandbox answers JSON")
    }
}

/// Returns settings that allow unbound logins of the demo's browser apps: `required` or `optional`.
///
/// # Panics
///
/// When the demo's configuration cannot be parsed.
#[must_use]
pub fn weakened(state: &str) -> toml::Table {
    let demo: toml::Table = config::DEMO.parse().expect("the demo's configuration is TOML");
    let mut apps = demo["apps"].as_array().expect("a list").clone();
    for app in apps.iter_mut().filter_map(toml::Value::as_table_mut).filter(|app| app.contains_key("return_to")) {
        app.insert("state".to_owned(), state.into());
    }
    toml::Table::from_iter([("apps".to_owned(), apps.into())])
}

async fn build(
    config: &Config,
    (clock, provider): (&Clock, Option<Factory>),
    embed: impl FnOnce(Builder) -> Builder,
) -> api::App {
    let builder = api::App::builder(config.clone()).with_clock(clock.clone());
    let builder = provider.into_iter().fold(builder, Builder::with_provider);
    // Boxed, since the future would otherwise be part of the type of every test.
    Box::pin(embed(builder).build()).await.expect("the demo starts")
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

/// Serves requests only. Tests do the work of the background themselves: what it reads would be among the statements that they count.
fn serve(listener: TcpListener, app: api::App) {
    tokio::spawn(async move { Box::pin(app.serve_requests(listener, std::future::pending())).await });
}

fn serve_sandbox(listener: TcpListener, router: Router) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
}

fn overrides(mut settings: toml::Table, [listen, sandbox]: [SocketAddr; 2], database: &str) -> toml::Table {
    let mut set = |section: &str, key: &str, value: toml::Value| {
        let table = settings.entry(section).or_insert_with(|| toml::Table::new().into());
        table.as_table_mut().expect("a section is a table").entry(key).or_insert(value);
    };
    set("http", "listen", listen.to_string().into());
    set("sandbox", "listen", sandbox.to_string().into());
    set("database", "url", database.into());
    set("database", "migrate_on_start", false.into());
    // Tests deliver notices themselves: see `Company::deliver`.
    set("outbox", "deliver", false.into());
    settings
}
