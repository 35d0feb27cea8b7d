//! The arguments of the benchmark.

use std::time::Duration;

use acceptance::Server;

/// How to use it.
const USAGE: &str =
    "speed [--quick] [--orders 10000|100000|1000000|10000000] [--database sqlite|postgres] [--only TEXT]";

/// What to measure, and for how long.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) orders: u64,
    pub(crate) servers: Vec<Server>,
    /// Rounds of each case and side.
    pub(crate) rounds: usize,
    pub(crate) round: Duration,
    /// Before the rounds of each case and side.
    pub(crate) warm_up: Duration,
    /// Only the cases whose name contains this.
    pub(crate) only: String,
}

impl Options {
    /// Reads the arguments of this process; returns how to use it if they are wrong.
    pub(crate) fn read(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            orders: 1_000_000,
            servers: vec![Server::Sqlite, Server::Postgres],
            rounds: 5,
            round: Duration::from_secs(2),
            warm_up: Duration::from_millis(700),
            only: String::new(),
        };
        while let Some(argument) = given.next() {
            let mut value = || given.next().ok_or_else(|| format!("{argument} needs a value; usage: {USAGE}"));
            match argument.as_str() {
                "--quick" => {
                    options.orders = 10_000;
                    options.rounds = 3;
                    options.round = Duration::from_millis(800);
                    options.warm_up = Duration::from_millis(200);
                }
                "--orders" => options.orders = orders(&value()?)?,
                "--database" => options.servers = vec![server(&value()?)?],
                "--only" => options.only = value()?,
                _ => return Err(format!("unknown argument {argument}; usage: {USAGE}")),
            }
        }
        Ok(options)
    }
}

fn orders(text: &str) -> Result<u64, String> {
    let is_offered = |orders: &u64| [10_000, 100_000, 1_000_000, 10_000_000].contains(orders);
    text.parse().ok().filter(is_offered).ok_or_else(|| format!("--orders {text}; usage: {USAGE}"))
}

fn server(text: &str) -> Result<Server, String> {
    match text {
        "sqlite" => Ok(Server::Sqlite),
        "postgres" => Ok(Server::Postgres),
        _ => Err(format!("--database {text}; usage: {USAGE}")),
    }
}
