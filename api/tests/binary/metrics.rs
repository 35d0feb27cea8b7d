//! The metrics of the running binary, as Prometheus scrapes them, on their own listener. No label contains a secret.

use serde_json::{Value, json};

use crate::demo::{Workplace, free_address, start};

async fn post(url: String, body: Value) -> Value {
    let answer =
        reqwest::Client::builder().build().expect("a client").post(url).json(&body).send().await.expect("an answer");
    answer.json().await.expect("JSON")
}

/// Returns the lines that do not depend on the time, in order: theirs is undefined.
fn told(text: &str) -> String {
    // Those of which an alert asks for the increase.
    let begins_at_zero = |line: &str| line.contains("_total{") && line.ends_with(" 0");
    // The gauges of the audit, of service tokens, of events and of connections are updated by timers.
    let is_told = |line: &&str| {
        !line.is_empty()
            && !begins_at_zero(line)
            && !["_seconds", "guiyi_audit", "guiyi_service_tokens", "guiyi_events", "guiyi_database"]
                .iter()
                .any(|name| line.contains(name))
    };
    let mut told: Vec<&str> = text.lines().filter(is_told).collect();
    told.sort_unstable();
    told.join("\n")
}

#[tokio::test]
async fn a_login_is_counted_and_no_secret_is_a_label() {
    let place = Workplace::new();
    let metrics = free_address();
    place.write("guiyi.toml", &format!("[metrics]\nlisten = \"{metrics}\"\n"));
    let _demo = start(&place).await;
    let (api, sandbox) = (format!("http://{}/graphql", place.api), format!("http://{}/_sandbox", place.sandbox));
    let code = post(format!("{sandbox}/codes"), json!({ "app": "shop", "person": "lan" })).await["code"].clone();
    let log_in =
        async |code: &Value| post(api.clone(), Workplace::login(&place.begin("shop").await, code, "accessToken")).await;
    let first = log_in(&code).await;
    log_in(&code).await;
    post(format!("{sandbox}/faults"), json!({ "path": "/sns/oauth2/access_token", "errcode": 45011 })).await;
    log_in(&json!("0a1another00000000000000000000000")).await;

    let answer = reqwest::get(format!("http://{metrics}/metrics")).await.expect("an answer");

    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = answer.text().await.expect("text");
    insta::assert_snapshot!(told(&text), @r#"
    # HELP guiyi_build_info 1, with the version and the commit of this process.
    # HELP guiyi_connections_closed_total Connections closed because of their client, by reason.
    # HELP guiyi_errors_total Errors in answers of the API, by their code.
    # HELP guiyi_human_checks_total Checks that a request comes from a human, by outcome.
    # HELP guiyi_outbox_messages Notices that are pending or failed, by state.
    # HELP guiyi_pushes Stored events of the upstream that are pending or failed, by state.
    # HELP guiyi_sms_budget_alarms_total Alarms of the daily budget for SMS, by level in per cent.
    # HELP guiyi_sms_messages_total Messages by SMS, by kind and outcome.
    # HELP guiyi_upstream_down 1 while an upstream counts as down and is not called, else 0.
    # HELP guiyi_upstream_operations_total Operations at an upstream, by app, operation and outcome.
    # HELP guiyi_write_retries_total Attempts of a write that conflicted with a concurrent one, by cause.
    # TYPE guiyi_build_info gauge
    # TYPE guiyi_connections_closed_total counter
    # TYPE guiyi_errors_total counter
    # TYPE guiyi_human_checks_total counter
    # TYPE guiyi_outbox_messages gauge
    # TYPE guiyi_pushes gauge
    # TYPE guiyi_sms_budget_alarms_total counter
    # TYPE guiyi_sms_messages_total counter
    # TYPE guiyi_upstream_down gauge
    # TYPE guiyi_upstream_operations_total counter
    # TYPE guiyi_write_retries_total counter
    guiyi_build_info{version="0.1.0",commit="debug build"} 1
    guiyi_errors_total{code="CODE_USED"} 1
    guiyi_errors_total{code="UPSTREAM_BUSY"} 1
    guiyi_outbox_messages{state="failed"} 0
    guiyi_outbox_messages{state="pending"} 0
    guiyi_pushes{state="failed"} 0
    guiyi_pushes{state="pending"} 0
    guiyi_upstream_down{upstream="127.0.0.1"} 0
    guiyi_upstream_operations_total{app="shop",operation="exchange",outcome="ok"} 1
    guiyi_upstream_operations_total{app="shop",operation="exchange",outcome="rate_limited"} 1
    guiyi_write_retries_total{write="claim_code",cause="unique_constraint"} 1
    "#);
    let durations: Vec<&str> =
        text.lines().filter(|line| line.contains("guiyi_upstream_seconds") && !line.contains("_sum")).collect();
    assert_eq!(durations.len(), 2 + 12 + 1, "{durations:#?}");
    assert_eq!(durations[13], "guiyi_upstream_seconds_bucket{app=\"shop\",operation=\"exchange\",le=\"+Inf\"} 2");
    counts_operations_and_writes(&text);
    let token = first["data"]["wechatLogin"]["accessToken"].as_str().expect("a token");
    let planted = [code.as_str().expect("a code"), token, "de300000000000000000000000005409", "demo-key"];
    assert!(planted.iter().all(|secret| !text.contains(secret)), "{text}");
    metrics_are_nowhere_else(&place, &metrics).await;
}

/// The first login, its repetition, refused because the code was already used, and the one that WeChat refused.
fn counts_operations_and_writes(text: &str) {
    for counted in [
        "guiyi_operation_seconds_count{operation=\"beginLogin\",outcome=\"ok\"} 3",
        "guiyi_operation_seconds_count{operation=\"wechatLogin\",outcome=\"ok\"} 1",
        "guiyi_operation_seconds_count{operation=\"wechatLogin\",outcome=\"refused\"} 2",
        "guiyi_write_seconds_bucket{write=\"login\",outcome=\"ok\",le=\"+Inf\"} 1",
    ] {
        assert!(text.lines().any(|line| line == counted), "{counted} is not in\n{text}");
    }
}

async fn metrics_are_nowhere_else(place: &Workplace, metrics: &str) {
    let api = &place.api;
    for url in ["/", "/graphql", "/metrics/"]
        .map(|path| format!("{metrics}{path}"))
        .into_iter()
        .chain([format!("{api}/metrics")])
    {
        let answer = reqwest::get(format!("http://{url}")).await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 404, "{url}");
    }
}
