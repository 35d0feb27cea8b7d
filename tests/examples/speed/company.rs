//! The service and the bare handlers over one filled database, and the people who use them.

use std::net::SocketAddr;
use std::time::Instant;

use acceptance::{Client, Company, Database, Server};
use api::clock::Clock;
use api::usecase::import::{Outcome, UserText, import_users, read_user};
use chrono::DateTime;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::bare::{self, Bare};
use crate::load::CONNECTIONS;
use crate::people::{self, APPS, Plan};
use crate::{fill, provider};

/// People who read their accounts and orders.
const READERS: usize = 32;
/// Orders that a reader has at least.
const FEWEST: u64 = 40;
/// Orders before page 50, and one page more.
const DEEP: u64 = 1_000;
/// People of each connection who log in, and sessions of each that are refreshed.
pub(crate) const EACH: usize = 4;

/// Everything that is loaded.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Keeps the database and the sandbox alive; it gets no load.
    company: Company,
    pub(crate) app: api::App,
    pub(crate) service: SocketAddr,
    pub(crate) bare: SocketAddr,
    pub(crate) readers: Vec<Reading>,
    /// Refresh tokens of the service and of the bare handlers.
    pub(crate) refresh: (Vec<String>, Vec<String>),
    /// People who log in.
    pub(crate) known: Vec<usize>,
}

/// A person who reads.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) person: usize,
    /// The access token.
    pub(crate) token: String,
    /// The token of the bare handlers.
    pub(crate) bare_token: String,
    /// The last order before page 50, if the person has that many.
    pub(crate) deep: Option<Place>,
}

/// A place in a list of orders: the cursor, and what it stands for.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) cursor: String,
    pub(crate) placed_at: i64,
    pub(crate) id: Uuid,
}

impl Loaded {
    /// Fills a database and starts both sides.
    pub(crate) async fn start(server: Server, plan: &Plan) -> Self {
        let (database, begun) = (Database::create(server).await, Instant::now());
        fill::fill(server, database.url(), plan).await;
        eprintln!("{server:?}: {} orders of {} people in {:?}", plan.orders, plan.people(), begun.elapsed());
        let company = Company::open_on_with_provider(database, settings(), provider::FACTORY).await;
        // The company's own clock does not advance. Ids and limits per minute need one that does.
        let (app, client) = company.embedded_app(|builder| builder.with_clock(Clock::default())).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let service = listener.local_addr().expect("an address");
        let serving = app.clone();
        tokio::spawn(async move { Box::pin(serving.serve(listener, std::future::pending())).await });
        let bare = Bare::open(server, company.database.url()).await;
        bare.add_budgets().await;

        let numbers = readers(plan);
        add_phones(&app, &numbers).await;
        let mut readers = Vec::new();
        for person in numbers {
            let (token, _) = sign_in(&client, person).await;
            let (bare_token, _) = bare.sign_in(&bare_login(person)).await;
            let mut reading = Reading { person, token, bare_token, deep: None };
            if plan.orders_of(person) > DEEP {
                reading.deep = Some(deep(&client, &reading.token).await);
            }
            readers.push(reading);
        }
        // The rank after the readers with the most orders: people with ordinary histories.
        let known: Vec<usize> = (0..CONNECTIONS * EACH).map(|n| plan.people() / 2 + n).collect();
        let mut refresh = (Vec::new(), Vec::new());
        for person in &known {
            refresh.0.push(sign_in(&client, *person).await.1);
            refresh.1.push(bare.sign_in(&bare_login(*person)).await.1);
        }
        let bare = bare.serve().await;
        Self { company, app, service, bare, readers, refresh, known }
    }

    /// Deletes the database.
    pub(crate) async fn end(self) {
        self.company.database.drop_now().await;
    }
}

/// The apps of the benchmark, and limits that are never reached.
fn settings() -> toml::Table {
    let app = |app| {
        let (name, app_id) = (people::app_name(app), people::app_id(app));
        toml::toml! {
            name = name
            kind = "benchmark"
            app_id = app_id
        }
    };
    let apps: Vec<toml::Value> = (0..APPS).map(|number| app(number).into()).collect();
    let mut settings = toml::toml! {
        default_app = ""
        [limits]
        per_address = 1_000_000_000
        per_block = 1_000_000_000
        per_account = 1_000_000_000
        per_app = 1_000_000_000
        in_all = 1_000_000_000
        [upstream]
        exchanges_per_minute = 1_000_000_000
    };
    settings.insert("apps".to_owned(), apps.into());
    settings
}

/// Returns people of every size, from the one with the most orders to those with two pages: their numbers grow by a constant
/// factor.
fn readers(plan: &Plan) -> Vec<usize> {
    let last = plan.people_with(FEWEST).max(1);
    #[expect(clippy::cast_precision_loss, reason = "ranks need not be exact")]
    let step = (last as f64).powf(1.0 / READERS as f64);
    let mut rank = 1.0;
    let mut numbers = Vec::new();
    for _ in 0..READERS {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
        numbers.push(rank as usize - 1);
        rank *= step;
    }
    numbers.dedup();
    numbers
}

/// Imports a phone for each of these people, as a company does that has its people's phones.
async fn add_phones(app: &api::App, numbers: &[usize]) {
    let read = |person: &usize| {
        let text = UserText {
            external_id: people::external_id(*person),
            phone: Some(people::phone(*person)),
            ..UserText::default()
        };
        read_user(app.service(), &text).expect("an account")
    };
    let users: Vec<_> = numbers.iter().map(read).collect();
    let outcomes = import_users(app.service(), &users).await.expect("the database answers");
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Updated), "{outcomes:?}");
}

/// Logs a person in; returns the access token and the refresh token.
async fn sign_in(client: &Client, person: usize) -> (String, String) {
    let app = people::apps(person).next().unwrap_or_default();
    let code = format!("{}.{}", people::open_id(app, person), Uuid::from_u128(person as u128));
    let query = "mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken isNewUser } }";
    let input = json!({ "code": code, "app": people::app_name(app) });
    let answer = client.send(query, json!({ "input": input })).await;
    let login = &answer.data()["login"];
    assert_eq!(login["isNewUser"], false, "{answer:?}");
    let token = |name: &str| login[name].as_str().expect("a token").to_owned();
    (token("accessToken"), token("refreshToken"))
}

fn bare_login(person: usize) -> bare::Login {
    let app = people::apps(person).next().unwrap_or_default();
    bare::Login { app, person, open_id: people::open_id(app, person), code: format!("{person:032}"), device: None }
}

/// Returns the last order of page 49.
async fn deep(client: &Client, token: &str) -> Place {
    let mut client = client.clone();
    client.bearer = Some(token.to_owned());
    let query = "query ($first: Int, $after: String) { me { orders(first: $first, after: $after) {
        edges { cursor node { id placedAt } } } } }";
    let mut last = Value::Null;
    for first in [98; 10] {
        let answer = client.send(query, json!({ "first": first, "after": last["cursor"] })).await;
        let edges = answer.data()["me"]["orders"]["edges"].as_array().cloned();
        last = edges.and_then(|mut edges| edges.pop()).expect("an order");
    }
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let id = text(&last["node"]["id"]);
    let placed_at = DateTime::parse_from_rfc3339(&text(&last["node"]["placedAt"])).expect("a time");
    Place {
        cursor: text(&last["cursor"]),
        placed_at: placed_at.timestamp_millis(),
        id: id.strip_prefix("ord_").and_then(|id| id.parse().ok()).expect("the id of an order"),
    }
}
