//! Tests of push delivery: the number of attempts, and the outcome of each.

use std::collections::BTreeSet;
use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sandbox::push::{Answer, Attempt, Courier, Failure, Format, Mode, Settings};
use sandbox::signature;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::receiver::{NOON, Receiver, Reply, Seen, TOKEN, settings, subscribe};

/// Delivers Lan's follow of the shop. Every reading of the clock is a second later.
async fn delivered(courier: Courier, settings: &Settings) -> Vec<Attempt> {
    let clock = AtomicI64::new(NOON);
    courier.deliver(settings, &subscribe(), || clock.fetch_add(1, Ordering::Relaxed)).await
}

fn answered(after: i64, status: u16, body: &str) -> Attempt {
    Attempt { at: NOON + after, outcome: Ok(Answer { status, body: body.to_owned() }) }
}

fn failed(after: i64, failure: Failure) -> Attempt {
    Attempt { at: NOON + after, outcome: Err(failure) }
}

#[tokio::test]
async fn a_push_that_is_received_is_not_sent_again() {
    for body in ["", "success", "<xml><Content><![CDATA[welcome]]></Content></xml>", "anything"] {
        let receiver = Receiver::new(&[Reply::Answer(200, body)]).await;

        let attempts = delivered(Courier::default(), &receiver.settings(Mode::Plain, Format::Xml)).await;

        assert_eq!(attempts, [answered(0, 200, body)]);
        assert_eq!((attempts[0].is_received(), receiver.seen().len()), (true, 1));
    }
}

#[tokio::test]
async fn a_push_is_sent_again_until_it_is_received() {
    let receiver = Receiver::new(&[Reply::Answer(502, "busy"), Reply::Answer(200, "")]).await;

    let attempts = delivered(Courier::default(), &receiver.settings(Mode::Plain, Format::Xml)).await;

    assert_eq!(attempts, [answered(0, 502, "busy"), answered(1, 200, "")]);
    assert_eq!(attempts.iter().map(Attempt::is_received).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test]
async fn three_deliveries_are_all() {
    let receiver = Receiver::new(&[Reply::Answer(500, "no"); 9]).await;

    let attempts = delivered(Courier::default(), &receiver.settings(Mode::Plain, Format::Xml)).await;

    assert_eq!(attempts, [0, 1, 2].map(|after| answered(after, 500, "no")));
    assert_eq!(receiver.seen().len(), 3);
}

#[tokio::test]
async fn every_delivery_has_the_same_body_and_another_signature() {
    let receiver = Receiver::new(&[Reply::Answer(500, ""); 3]).await;

    delivered(Courier::default(), &receiver.settings(Mode::Secure, Format::Json)).await;

    let seen = receiver.seen();
    let of = |part: fn(&Seen) -> &str| seen.iter().map(part).collect::<BTreeSet<_>>().len();
    assert_eq!((of(|seen| &seen.body), of(|seen| &seen.query["nonce"])), (1, 3));
    assert_eq!(of(|seen| &seen.query["msg_signature"]), 3);
    let timestamps = ["1760000000", "1760000001", "1760000002"];
    assert_eq!(seen.iter().map(|seen| seen.query["timestamp"].as_str()).collect::<Vec<_>>(), timestamps);
    for Seen { query, .. } in &seen {
        assert_eq!(query["signature"], signature::push(TOKEN, &query["timestamp"], &query["nonce"]));
    }
}

#[tokio::test]
async fn a_server_that_is_silent_is_tried_three_times() {
    let receiver = Receiver::new(&[Reply::Silence; 3]).await;
    let patience = Duration::from_millis(50);

    let courier = Courier::with_patience(patience);
    let attempts = delivered(courier, &receiver.settings(Mode::Plain, Format::Xml)).await;

    assert_eq!(attempts, [0, 1, 2].map(|after| failed(after, Failure::TimedOut(patience))));
    assert_eq!(attempts.iter().filter(|attempt| attempt.is_received()).count(), 0);
}

#[tokio::test]
async fn a_closed_port_is_a_refusal() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/push", listener.local_addr().unwrap());
    drop(listener);

    let attempts = delivered(Courier::default(), &settings(&url, Mode::Plain, Format::Xml)).await;

    assert_eq!(attempts, [0, 1, 2].map(|after| failed(after, Failure::Refused)));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let receiver = Receiver::new(&[Reply::Redirect; 3]).await;

    let attempts = delivered(Courier::default(), &receiver.settings(Mode::Plain, Format::Xml)).await;

    assert_eq!(attempts, [0, 1, 2].map(|after| answered(after, 302, "")));
    assert_eq!(receiver.seen().iter().map(|seen| seen.path.as_str()).collect::<Vec<_>>(), ["/push"; 3]);
}

#[tokio::test]
async fn four_kilobytes_of_an_answer_are_kept() {
    let receiver = Receiver::new(&[Reply::Answer(200, LONG)]).await;

    let attempts = delivered(Courier::default(), &receiver.settings(Mode::Plain, Format::Xml)).await;

    assert_eq!(attempts, [answered(0, 200, &LONG[..4096])]);
}

#[tokio::test]
async fn a_server_that_hangs_up_is_told_in_words() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/push", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            hang_up(&mut connection).await.expect("the courier reads until the end");
        }
    });

    let attempts = delivered(Courier::default(), &settings(&url, Mode::Plain, Format::Xml)).await;

    let words: Vec<_> = attempts.into_iter().map(|attempt| attempt.outcome.unwrap_err().to_string()).collect();
    assert_eq!(words, ["connection closed before message completed"; 3]);
}

#[tokio::test]
async fn a_server_without_tls_is_no_https_server() {
    let receiver = Receiver::new(&[]).await;
    let url = receiver.url.replace("http://", "https://");

    let attempts = delivered(Courier::default(), &settings(&url, Mode::Plain, Format::Xml)).await;

    let broken = |attempt: &Attempt| matches!(attempt.outcome, Err(Failure::Broken(_)));
    assert!(attempts.len() == 3 && attempts.iter().all(broken), "{attempts:?}");
}

#[test]
fn wechat_waits_for_five_seconds() {
    assert_eq!(Courier::default(), Courier::with_patience(Duration::from_secs(5)));
}

#[test]
fn patience_is_told_in_its_own_unit() {
    let failures = [5000, 50, 1500].map(|ms| Failure::TimedOut(Duration::from_millis(ms)).to_string());

    assert_eq!(failures, ["timed out after 5 s", "timed out after 50 ms", "timed out after 1500 ms"]);
    assert_eq!(Failure::Refused.to_string(), "refused");
}

/// Reads the whole request, so that the connection is closed instead of reset, and sends no answer.
async fn hang_up(connection: &mut TcpStream) -> io::Result<()> {
    connection.read_u8().await?;
    connection.shutdown().await?;
    tokio::io::copy(connection, &mut tokio::io::sink()).await?;
    Ok(())
}

const LONG: &str = {
    const BYTES: [u8; 5000] = [b'a'; 5000];
    match std::str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => panic!("ASCII is UTF-8"),
    }
};
