//! The shutdown of a process: it announces the end, keeps serving, and then stops; and `guiyi health`, which containers
//! call.

use std::process::Output;
use std::time::{Duration, Instant};

use crate::demo::{Running, Workplace, start};

const DRAIN: &str = "[http]\ndrain_seconds = 30\n";

fn terminate(running: &Running) {
    let pid = running.0.id().to_string();
    let sent = std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
    assert!(sent.success());
}

async fn get(place: &Workplace, path: &str) -> (u16, Option<String>, String) {
    let answer = reqwest::get(format!("http://{}{path}", place.api)).await.expect("an answer");
    let connection = answer.headers().get("connection").map(|value| value.to_str().expect("text").to_owned());
    (answer.status().as_u16(), connection, answer.text().await.expect("text"))
}

async fn until_it_drains(place: &Workplace) {
    while get(place, "/readyz").await.0 == 200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn said(output: &Output) -> (bool, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.success(), String::from_utf8(text).expect("text").replace("127.0.0.1", "ADDRESS"))
}

#[tokio::test]
async fn a_process_that_is_told_to_stop_says_so_and_goes_on_until_it_is_told_again() {
    let place = Workplace::new();
    place.write("guiyi.toml", DRAIN);
    let mut running = start(&place).await;
    assert_eq!(get(&place, "/readyz").await, (200, None, "ok\n".to_owned()));

    terminate(&running);
    until_it_drains(&place).await;

    let close = Some("close".to_owned());
    assert_eq!(get(&place, "/readyz").await, (503, close.clone(), "stopping\n".to_owned()));
    assert_eq!(get(&place, "/healthz").await, (200, close.clone(), "ok\n".to_owned()));
    let (status, connection, body) = get(&place, "/graphql?query=%7Bme%7Bid%7D%7D").await;
    assert_eq!((status, connection), (200, close), "{body}");

    let told = Instant::now();
    terminate(&running);
    let status = running.0.wait().expect("it ends");
    assert!(status.success(), "{}", place.log());
    assert!(told.elapsed() < Duration::from_secs(20), "the second signal does not end the drain");
}

#[tokio::test]
async fn health_asks_the_service_of_the_configuration() {
    let place = Workplace::new();
    place.write("guiyi.toml", DRAIN);
    let health = |more: &[&str]| said(&place.run(&[&["--demo", "health"], more].concat()));

    let before = health(&[]);
    let running = start(&place).await;
    let (alive, ready) = (health(&[]), health(&["--ready"]));
    terminate(&running);
    until_it_drains(&place).await;
    let (draining, not_ready) = (health(&[]), health(&["--ready"]));

    let address = place.api.replace("127.0.0.1", "ADDRESS");
    assert!(!before.0 && before.1.contains(&format!("http://{address}/healthz does not answer: ")), "{before:?}");
    assert_eq!(alive, (true, format!("http://{address}/healthz: ok\n")));
    assert_eq!(ready, (true, format!("http://{address}/readyz: ok\n")));
    assert!(draining.0, "{draining:?}");
    let refused = format!("guiyi: http://{address}/readyz answers 503 Service Unavailable: stopping\n");
    assert_eq!(not_ready, (false, refused));
}

#[tokio::test]
async fn health_waits_no_longer_than_it_is_told() {
    let place = Workplace::new();
    // Accepts connections, and never responds.
    let _silent = std::net::TcpListener::bind(&place.api).expect("a listener");

    let begun = Instant::now();
    let asked = said(&place.run(&["--demo", "health", "--timeout", "1"]));

    assert!(!asked.0 && asked.1.contains("does not answer"), "{asked:?}");
    assert!(begun.elapsed() < Duration::from_secs(20));
}
