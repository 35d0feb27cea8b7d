//! `guiyi webhooks`, and a service that delivers events by itself.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Output;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::demo::{Workplace, free_address, start};

/// Configures a webhook at this address.
fn configure(place: &Workplace, address: &str) {
    let webhook = format!(
        "[[webhooks]]\nname = \"crm\"\nurl = \"http://{address}/hook\"\nallow_private = true\n\
         secrets = [\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"]\n"
    );
    place.write("guiyi.toml", &webhook);
}

fn outcome(output: Output) -> (bool, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_webhook_is_listed_tested_and_sent_to_again_in_both_languages() {
    let place = Workplace::new();
    configure(&place, &free_address());
    let run = |arguments: &[&str]| outcome(place.run(&[&["--demo", "webhooks"], arguments].concat()));
    let chinese = |arguments: &[&str]| {
        let mut command = place.command(&[&["--demo", "webhooks"], arguments].concat());
        outcome(command.env("LC_ALL", "zh_CN.UTF-8").output().expect("the binary runs"))
    };

    assert_eq!(run(&["list"]).1, "crm  0 pending  0 failed\n");
    let (success, said, error) = run(&["test", "crm"]);
    assert_eq!(
        (success, said.as_str(), error.as_str()),
        (false, "crm: cannot connect\n", "guiyi: crm has not received the event\n")
    );
    assert_eq!(chinese(&["test", "crm"]).1, "crm：无法连接\n");
    assert_eq!(run(&["resend", "crm", "--failed"]).1, "0 event(s) will be sent again\n");
    assert_eq!(chinese(&["resend", "crm"]).1, "将重新发送 0 个事件\n");
    assert_eq!(run(&["test", "erp"]).2, "guiyi: no webhook is named `erp`; configured: crm\n");
    let unknown = "evn_0198f2d4c7b17f0e9a4d3c2b1a090801";
    assert_eq!(run(&["resend", "crm", "--event", unknown]).2, format!("guiyi: there is no event {unknown}\n"));
    assert!(!run(&["resend", "crm", "--failed", "--since", "2026-05-01T00:00:00Z"]).0);
}

/// Answers every request with 204, and sends the bodies.
fn receiver() -> (String, mpsc::Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let (send, bodies) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut read) = (stream.expect("a connection"), Vec::new());
            let body = loop {
                let mut part = [0; 4096];
                let count = stream.read(&mut part).expect("a request");
                read.extend_from_slice(&part[..count]);
                let text = String::from_utf8_lossy(&read).into_owned();
                let body = text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok());
                if let Some(body) = body {
                    break body;
                }
            };
            stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").expect("an answer");
            if send.send(body).is_err() {
                return;
            }
        }
    });
    (address, bodies)
}

#[tokio::test]
async fn a_login_is_told_by_the_running_service() {
    let place = Workplace::new();
    let (address, bodies) = receiver();
    configure(&place, &address);
    let _demo = start(&place).await;
    let http = reqwest::Client::builder().build().expect("a client");
    let code = http.post(format!("http://{}/_sandbox/codes", place.sandbox));
    let code: Value = code
        .json(&json!({ "app": "shop", "person": "lan" }))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let login = Workplace::login(&place.begin("shop").await, &code["code"], "user { id }");
    let login = http.post(format!("http://{}/graphql", place.api)).json(&login).send().await.expect("an answer");
    let user = login.json::<Value>().await.expect("JSON")["data"]["wechatLogin"]["user"]["id"].clone();

    let told = tokio::task::spawn_blocking(move || {
        [(); 2].map(|()| bodies.recv_timeout(Duration::from_secs(20)).expect("an event"))
    });

    let told = told.await.expect("no panic").map(|event| (event["type"].clone(), event["data"]["personId"].clone()));
    assert_eq!(told, [(json!("person.created"), user.clone()), (json!("person.signed_in"), user)]);
}
