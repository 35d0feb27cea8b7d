//! A storm of pushes, in WeChat's format, with a process that is killed in the middle: every acknowledged event takes
//! effect exactly once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use migration::throwaway::{Database, Server};
use sandbox::push::{Attempt, Courier, Event, Form, Format, Mode, Push, Settings};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::demo::{Workplace, start};

/// How many events per second arrive, and for how many seconds; `GUIYI_TEST_STORM=1000x60` overrides both.
const STORM: (u64, u64) = (60, 5);
const APP_ID: &str = "wxde30000000005409";

macro_rules! on_a_database {
    ($module:ident, $server:expr) => {
        mod $module {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn every_event_that_was_answered_has_its_effect_once() {
                super::storm($server).await;
            }
        }
    };
}

on_a_database!(sqlite, migration::throwaway::Server::Sqlite);
#[cfg(feature = "postgres")]
on_a_database!(postgres, migration::throwaway::Server::Postgres);
#[cfg(feature = "mariadb")]
on_a_database!(mariadb, migration::throwaway::Server::MariaDb);

fn asked() -> (u64, u64) {
    #[expect(clippy::disallowed_methods, reason = "a test may be asked for more than is needed every time")]
    let asked = std::env::var("GUIYI_TEST_STORM").ok();
    let read = |asked: String| {
        let (rate, seconds) = asked.split_once('x')?;
        Some((rate.parse().ok()?, seconds.parse().ok()?))
    };
    asked.map_or(STORM, |asked| read(asked).expect("GUIYI_TEST_STORM is a rate and seconds: 1000x60"))
}

fn settings(place: &Workplace) -> Settings {
    let form = Form {
        url: format!("http://{}/push/shop", place.api),
        token: "demoshoptoken".to_owned(),
        aes_key: Some("DemoKeyOfTheDemoCompanyHemuWhichIsNoSecretA".to_owned()),
        mode: Mode::Secure,
        format: Format::Xml,
        ugly_keys: false,
    };
    Settings::new(form).expect("valid settings")
}

fn seconds() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "a push is signed with the time of the machine, as the process has it"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    i64::try_from(now.as_secs()).expect("a time of these centuries")
}

/// The event with this number: every second, each of the people alternately follows and unfollows.
fn event(number: u64, (people, begin): (u64, i64)) -> Push {
    let (person, turn) = (number % people, number / people);
    Push {
        to_user: "gh_0123456789ab".to_owned(),
        open_id: format!("oStorm{person}"),
        union_id: None,
        app_id: APP_ID.to_owned(),
        created: begin + i64::try_from(turn).expect("few turns"),
        event: if follows(number, people) { Event::Subscribe { scanned: None } } else { Event::Unsubscribe },
    }
}

/// Returns whether the person of an event follows after it.
fn follows(number: u64, people: u64) -> bool {
    (number % people + number / people).is_multiple_of(2)
}

async fn storm(server: Server) {
    let (rate, duration) = asked();
    let database = Database::create(server).await;
    let keys = "[tokens]\nsecret_keys = [\"a-key-of-this-test-a-key-of-this-test\"]\n";
    let place = Workplace::new();
    place.write("guiyi.toml", &format!("{keys}[database]\nurl = \"{}\"\n", database.url()));
    let mut running = start(&place).await;
    let (settings, begin, total) = (Arc::new(settings(&place)), seconds(), rate * duration);
    // The newest acknowledged event of each person, and how many were acknowledged.
    let answered: Arc<Mutex<BTreeMap<u64, u64>>> = Arc::default();
    let count = Arc::new(Mutex::new((0_u64, Duration::ZERO)));
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(rate).expect("a rate"));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut deliveries, started) = (JoinSet::new(), Instant::now());
    for number in 0..total {
        ticks.tick().await;
        let (settings, answered, count) = (settings.clone(), answered.clone(), count.clone());
        deliveries.spawn(async move {
            let sent = Instant::now();
            let attempts = Courier::default().deliver(&settings, &event(number, (rate, begin)), seconds).await;
            if attempts.iter().any(Attempt::is_received) {
                let mut newest = answered.lock().expect("no panic poisons the lock");
                let newest = newest.entry(number % rate).or_default();
                *newest = (*newest).max(number);
                let mut count = count.lock().expect("no panic poisons the lock");
                *count = (count.0 + 1, count.1.max(sent.elapsed()));
            }
        });
        if number == total / 2 {
            running.0.kill().expect("a child can be killed");
            running.0.wait().expect("it ends");
            running = start(&place).await;
        }
    }
    while let Some(delivery) = deliveries.join_next().await {
        delivery.expect("a delivery ends well");
    }
    let arrived = started.elapsed();
    let (answers, slowest) = *count.lock().expect("no panic poisons the lock");
    assert!(answers > total / 2, "{answers} of {total} were answered");

    // A lease of the killed process ends after thirty seconds.
    while pushes(&database, "PENDING").await > 0 {
        assert!(started.elapsed() < arrived + Duration::from_mins(6), "events are still pending");
        sleep(Duration::from_secs(1)).await;
    }

    eprintln!(
        "{total} events, {answers} answered, the slowest in {slowest:?}; all acted on after {:?}",
        started.elapsed()
    );
    assert_eq!(pushes(&database, "FAILED").await, 0);
    // WeChat repeats an event that was stored but not acknowledged. It is stored once as well.
    let done = pushes(&database, "DONE").await;
    assert!((answers..=total).contains(&done), "{done} rows for {answers} answers");
    let newest = answered.lock().expect("no panic poisons the lock").clone();
    for state in [true, false] {
        let people = newest.iter().filter(|(_, number)| follows(**number, rate) == state);
        let people: Vec<String> = people.map(|(person, _)| format!("'oStorm{person}'")).collect();
        assert!(!people.is_empty(), "follows: {state}");
        let among = format!("open_ids WHERE follows = {state} AND open_id IN ({})", people.join(", "));
        let right = database.count(&among).await;
        assert_eq!(right, i64::try_from(people.len()).expect("few people"), "follows: {state}");
    }
}

/// Returns how many stored events are in a state.
async fn pushes(database: &Database, state: &str) -> u64 {
    let count = database.count(&format!("pushes WHERE state = '{state}'")).await;
    u64::try_from(count).expect("a count")
}
