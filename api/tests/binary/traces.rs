//! The spans that the running binary sends to a collector: their names and their hierarchy. No span contains a secret.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::json;
use tokio::net::TcpListener;

use crate::demo::{Workplace, start};

/// The bodies that a collector has received.
type Received = Arc<Mutex<Vec<Bytes>>>;

/// Starts a collector; returns its address for spans.
async fn collect(received: &Received) -> String {
    async fn take(State(received): State<Received>, headers: HeaderMap, body: Bytes) {
        assert_eq!(headers["content-type"], "application/x-protobuf");
        received.lock().expect("no panic poisons the lock").push(body);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let router = axum::Router::new().route("/v1/traces", post(take)).with_state(received.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/v1/traces")
}

fn spans(received: &Received) -> Vec<Span> {
    let bodies = received.lock().expect("no panic poisons the lock");
    let requests = bodies.iter().map(|body| ExportTraceServiceRequest::decode(body.clone()).expect("spans"));
    let resources = requests.flat_map(|request| request.resource_spans);
    resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
}

fn attribute(span: &Span, key: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|found| found.value.clone()?.value) {
        Some(Value::StringValue(text)) => text,
        other => format!("{other:?}"),
    }
}

/// Stops the process as a supervisor does, and waits until it has exited.
async fn stop(mut running: crate::demo::Running) {
    let pid = running.0.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    while running.0.try_wait().expect("a child").is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn send(url: String, body: serde_json::Value) -> serde_json::Value {
    let client = reqwest::Client::builder().build().expect("a client");
    let request = client.post(url).header("x-request-id", "a-request-of-this-test").json(&body);
    request.send().await.expect("an answer").json().await.expect("JSON")
}

#[tokio::test]
async fn a_login_is_one_trace_down_to_its_statements_and_has_no_secret() {
    let place = Workplace::new();
    let received = Received::default();
    place.write("guiyi.toml", &format!("[traces]\notlp_url = \"{}\"\n", collect(&received).await));
    let running = start(&place).await;
    let codes = format!("http://{}/_sandbox/codes", place.sandbox);
    let code = send(codes, json!({ "app": "shop", "person": "lan" })).await["code"].clone();
    let login = Workplace::login(&place.begin("shop").await, &code, "accessToken refreshToken");
    let signed_in = send(format!("http://{}/graphql", place.api), login).await;
    stop(running).await;

    let all = spans(&received);
    let operation = all.iter().find(|span| span.name == "operation" && attribute(span, "name") == "wechatLogin");
    let operation = operation.unwrap_or_else(|| panic!("no such operation: {all:#?}"));
    let by_id: HashMap<_, _> = all.iter().map(|span| (span.span_id.clone(), span)).collect();
    let request = by_id[&operation.parent_span_id];
    assert_eq!((request.name.as_str(), attribute(request, "id").as_str()), ("request", "a-request-of-this-test"));
    assert!(request.parent_span_id.is_empty(), "{request:?}");
    let of_trace: Vec<_> = all.iter().filter(|span| span.trace_id == request.trace_id).collect();
    let names: BTreeSet<&str> = of_trace.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["operation", "request", "sql", "upstream", "write"]));
    for span in of_trace.iter().filter(|span| span.name == "sql") {
        let text = attribute(span, "db.query.text");
        assert!(["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|word| text.contains(word)), "{text}");
    }

    let secrets =
        [&code, &signed_in["data"]["wechatLogin"]["accessToken"], &signed_in["data"]["wechatLogin"]["refreshToken"]];
    for secret in
        secrets.map(|secret| secret.as_str().expect("text")).into_iter().chain(["de300000000000000000000000005409"])
    {
        let bodies = received.lock().expect("no panic poisons the lock");
        let has = |body: &Bytes| body.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!secret.is_empty() && !bodies.iter().any(has), "a secret is in a span");
    }
}

#[tokio::test]
async fn a_collector_that_is_away_is_logged_and_changes_no_answer() {
    let place = Workplace::new();
    place.write("guiyi.toml", "[traces]\notlp_url = \"http://127.0.0.1:9/v1/traces\"\n");
    let running = start(&place).await;

    let answer = send(format!("http://{}/graphql", place.api), json!({ "query": "{ me { id } }" })).await;
    stop(running).await;

    assert_eq!(answer["data"]["me"], json!(null), "{answer}");
    let log = std::fs::read_to_string(place.folder.path().join("log")).expect("a log");
    assert!(log.contains("stopped"), "{log}");
    assert_eq!(log.matches("the collector does not accept spans").count(), 1, "{log}");
}
