//! Tests of URL verification.

use std::time::Duration;

use axum::http::Method;
use sandbox::push::{Courier, Failure, Format, Mode, NotVerified};
use sandbox::signature;

use crate::receiver::{NOON, Receiver, Reply, TOKEN};

/// Returns the outcome of the verification with such a server.
async fn verified(receiver: &Receiver) -> Result<(), NotVerified> {
    Courier::default().verify(&receiver.settings(Mode::Secure, Format::Xml), NOON).await
}

#[tokio::test]
async fn an_address_that_echoes_is_verified() {
    let receiver = Receiver::new(&[Reply::Echo("", "")]).await;

    let verified = verified(&receiver).await;

    let seen = receiver.only();
    let (nonce, names) = (&seen.query["nonce"], seen.query.keys().collect::<Vec<_>>());
    assert_eq!(verified, Ok(()));
    assert_eq!((seen.method, seen.path.as_str(), seen.body.as_str()), (Method::GET, "/push", ""));
    assert_eq!(names, ["echostr", "nonce", "signature", "timestamp"]);
    assert_eq!(seen.query["timestamp"], "1760000000");
    assert_eq!(seen.query["signature"], signature::push(TOKEN, "1760000000", nonce));
}

#[tokio::test]
async fn another_text_is_no_echo() {
    let receiver = Receiver::new(&[Reply::Answer(200, "success")]).await;

    let verified = verified(&receiver).await;

    let expected = receiver.only().query["echostr"].clone();
    assert_eq!(verified, Err(NotVerified::Echo { expected, body: "success".to_owned() }));
}

#[tokio::test]
async fn the_echo_is_bare() {
    for dressed in [Reply::Echo("\"", "\""), Reply::Echo("", "\n"), Reply::Echo("\u{feff}", "")] {
        let receiver = Receiver::new(&[dressed]).await;

        let verified = verified(&receiver).await;

        assert!(matches!(verified, Err(NotVerified::Echo { .. })), "{verified:?}");
    }
}

#[tokio::test]
async fn an_echo_counts_only_with_200() {
    let receivers = [Receiver::new(&[Reply::Answer(404, "")]).await, Receiver::new(&[Reply::Redirect]).await];

    let verified = [verified(&receivers[0]).await, verified(&receivers[1]).await];

    assert_eq!(verified, [404, 302].map(|status| Err(NotVerified::Status(status))));
}

#[tokio::test]
async fn a_silent_address_is_not_verified() {
    let receiver = Receiver::new(&[Reply::Silence]).await;
    let patience = Duration::from_millis(50);

    let settings = receiver.settings(Mode::Plain, Format::Xml);
    let verified = Courier::with_patience(patience).verify(&settings, NOON).await;

    assert_eq!(verified, Err(NotVerified::NoAnswer(Failure::TimedOut(patience))));
}
