//! A provider of an embedding program that issues its own tickets and counts them. It gets a ticket like every
//! provider: from the keeper, or by fetching it under the lease.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use acceptance::{Database, START, Server};
use api::Clock;
use api::config::{self, Source};
use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, UnionScope};
use providers::{
    Abilities, Exchange, Factory, IdentityProvider, KeptToken, ProviderError, Settings, Start, TokenKeeper, UnionIds,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The life of Acme's tickets.
pub(crate) const TICKET_LIFE: Duration = Duration::from_hours(2);
const NAME: &str = "acme/ticket";

/// The number of fetched tickets by app id, and the keeper that each app received last.
static FETCHED: Mutex<Option<HashMap<String, u32>>> = Mutex::new(None);
static KEEPERS: Mutex<Option<HashMap<String, Arc<dyn TokenKeeper>>>> = Mutex::new(None);

fn within<T, R>(all: &Mutex<Option<HashMap<String, T>>>, act: impl FnOnce(&mut HashMap<String, T>) -> R) -> R {
    act(all.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

#[derive(Debug)]
struct Acme {
    app_id: AppId,
    js_sdk: bool,
    tokens: Arc<dyn TokenKeeper>,
}

const FACTORY: Factory = Factory {
    kind: "acme",
    build: |settings| {
        let Settings { table, tokens, .. } = settings;
        let app_id: AppId = table["app_id"].as_str().expect("an app id").parse().expect("a sound one");
        within(&KEEPERS, |keepers| keepers.insert(app_id.to_string(), tokens.clone()));
        let js_sdk = table.get("js_sdk").and_then(toml::Value::as_bool).unwrap_or(true);
        Ok(Arc::new(Acme { app_id, js_sdk, tokens }))
    },
};

#[async_trait]
impl IdentityProvider for Acme {
    fn app_id(&self) -> &AppId {
        &self.app_id
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        None
    }

    fn upstream(&self) -> &'static str {
        "acme.example"
    }

    fn start(&self) -> Start {
        Start::NativeSdk
    }

    fn abilities(&self) -> Abilities {
        Abilities { union_ids: UnionIds::Never, phone: &[], profile: false, js_sdk: self.js_sdk }
    }

    async fn exchange(&self, _: &Exchange<'_>) -> Result<Proof, ProviderError> {
        Err(ProviderError::unsupported("nobody signs in here"))
    }

    fn js_app_id(&self) -> &'static str {
        "acme-script"
    }

    async fn js_ticket(&self) -> Result<SecretString, ProviderError> {
        loop {
            if let Some(kept) = self.tokens.kept(NAME).await? {
                return Ok(kept.secret);
            }
            let Some(lease) = self.tokens.lease(NAME).await? else {
                tokio::task::yield_now().await;
                continue;
            };
            // Another replica may have fetched it between the read and the lease.
            if let Some(kept) = self.tokens.kept(NAME).await? {
                self.tokens.release(NAME, &lease).await?;
                return Ok(kept.secret);
            }
            let number = within(&FETCHED, |fetched| {
                let count = fetched.entry(self.app_id.to_string()).or_default();
                *count += 1;
                *count
            });
            let ticket: SecretString = format!("planted-ticket-{}-{number}", self.app_id).into();
            self.tokens.keep(NAME, &lease, &KeptToken { secret: ticket, remaining: TICKET_LIFE }).await?;
        }
    }
}

/// A company with replicas over one database, whose app has a unique name in every test.
pub(crate) struct Acmes {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    app_id: String,
}

/// One replica.
pub(crate) struct Replica {
    url: String,
    http: reqwest::Client,
}

impl Acmes {
    pub(crate) async fn open(server: Server) -> Self {
        let database = Database::create(server).await;
        // A database has a random name; its end is enough.
        let end = database.url().len().saturating_sub(40);
        let app_id = database.url()[end..].replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        Self { database, clock: Clock::frozen(START), app_id }
    }

    /// Returns the ticket that was fetched as the nth.
    pub(crate) fn ticket(&self, nth: u32) -> String {
        format!("planted-ticket-{}-{nth}", self.app_id)
    }

    /// Returns how many tickets were fetched.
    pub(crate) fn fetched(&self) -> u32 {
        within(&FETCHED, |fetched| fetched.get(&self.app_id).copied().unwrap_or_default())
    }

    /// Returns the keeper that the newest replica gave its provider.
    pub(crate) fn keeper(&self) -> Arc<dyn TokenKeeper> {
        within(&KEEPERS, |keepers| keepers[&self.app_id].clone())
    }

    /// Starts a replica with these secret keys.
    pub(crate) async fn start(&self, keys: &[&str]) -> Replica {
        let mut overrides = toml::toml! {
            [[apps]]
            name = "acme"
            kind = "acme"
            js_pages = ["https://shop.example.com/h5/", "https://shop.example.com/pay", "http://127.0.0.1:3000/"]
            [[apps]]
            name = "silent"
            kind = "acme"
            app_id = "silent"
            js_sdk = false
            js_pages = ["https://shop.example.com/h5/"]
        };
        overrides["apps"][0].as_table_mut().expect("an app").insert("app_id".to_owned(), self.app_id.clone().into());
        let database = toml::Table::from_iter([
            ("url".to_owned(), self.database.url().into()),
            ("max_connections".to_owned(), 8.into()),
            ("acquire_timeout_seconds".to_owned(), 10.into()),
        ]);
        overrides.insert("database".to_owned(), database.into());
        let keys: Vec<_> = keys.iter().map(|key| format!("{key}-key-of-this-test-key-of-this-test")).collect();
        overrides.insert("tokens".to_owned(), toml::Table::from_iter([("secret_keys".to_owned(), keys.into())]).into());
        let config = config::load(&Source { overrides, ..Source::default() }).expect("a valid configuration");
        let builder = api::App::builder(config).with_provider(FACTORY).with_clock(self.clock.clone());
        Replica::of(&builder.build().await.expect("it starts")).await
    }
}

impl Replica {
    pub(crate) async fn of(app: &api::App) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = app.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, http: reqwest::Client::builder().build().expect("a client") }
    }

    /// Requests the configuration of a page.
    pub(crate) async fn ask(&self, app: &str, url: &str) -> Value {
        let query = "query ($app: String!, $url: String!) {
            jsSdkConfig(app: $app, url: $url) { appId timestamp nonceStr signature url } }";
        let body = json!({ "query": query, "variables": { "app": app, "url": url } });
        let answer = self.http.post(format!("{}/graphql", self.url)).json(&body).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }
}
