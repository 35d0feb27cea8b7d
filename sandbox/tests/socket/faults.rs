//! Tests of faults that need a real connection.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harbor::Harbor;

async fn order(harbor: &Harbor, fault: &str) {
    let mut socket = harbor.connect().await;
    let length = fault.len();
    let head =
        format!("POST /_sandbox/faults HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}");
    socket.write_all(format!("{head}\r\n\r\n{fault}").as_bytes()).await.expect("the order is sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("the order is answered");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_connection_is_reset_without_one_byte_of_an_answer_and_the_next_is_not() {
    let harbor = Harbor::plain().await;
    order(&harbor, r#"{"path":"/sns/auth","kind":"reset"}"#).await;
    let call = b"GET /sns/auth HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

    let mut first = harbor.connect().await;
    first.write_all(call).await.expect("the call is sent");
    let mut nothing = Vec::new();
    let end = first.read_to_end(&mut nothing).await;
    let mut second = harbor.connect().await;
    second.write_all(call).await.expect("the call is sent");
    let mut answer = String::new();
    second.read_to_string(&mut answer).await.expect("the call is answered");

    assert_eq!((end.map_err(|error| error.kind()), nothing), (Err(ErrorKind::ConnectionReset), Vec::new()));
    assert!(answer.contains("41001"), "{answer}");
}
