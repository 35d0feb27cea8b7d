//! Tickets with the sandbox's WeChat: the calls under concurrent load, and a token that WeChat revokes early. The
//! sandbox verifies the signatures.

use acceptance::{Company, Server, on_every_database};
use api::config::{self, Source};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::acme::Replica;
use crate::sharing::{PAGE, ask_at_once};

on_every_database!(
    four_replicas_with_fifty_requests_each_cost_one_token_and_one_ticket,
    the_signature_is_the_one_that_the_sandbox_would_make,
    a_token_that_was_replaced_elsewhere_is_dropped_and_fetched_again_once,
    a_token_that_is_refused_again_and_again_is_our_fault_and_no_loop,
);

const TOKEN: &str = "/cgi-bin/stable_token";
const TICKET: &str = "/cgi-bin/ticket/getticket";

fn settings() -> toml::Table {
    toml::toml! {
        [[apps]]
        name = "shop"
        kind = "wechat-official-account"
        app_id = "wxde30000000005409"
        app_secret = "de300000000000000000000000005409"
        js_pages = ["https://shop.example.com/h5/"]
    }
}

/// Starts another process, in effect, over the company's database.
async fn replica(company: &Company) -> Replica {
    let text = |text: &str| toml::Value::from(text);
    let mut overrides = settings();
    let sandbox = text(company.sandbox_url.trim_start_matches("http://"));
    overrides.insert("sandbox".to_owned(), toml::Table::from_iter([("listen".to_owned(), sandbox)]).into());
    let url = text(company.database.url());
    overrides.insert("database".to_owned(), toml::Table::from_iter([("url".to_owned(), url)]).into());
    let config = config::load(&Source { demo: true, overrides, ..Source::default() }).expect("a valid configuration");
    let builder = api::App::builder(config).with_clock(company.clock.clone());
    Replica::of(&builder.build().await.expect("it starts")).await
}

async fn calls(company: &Company, path: &str) -> Vec<Value> {
    let calls = company.sandbox("GET", &format!("/_sandbox/calls?path={path}"), None).await;
    calls.as_array().expect("a list").clone()
}

async fn fault(company: &Company, wanted: Value) {
    company.sandbox("POST", "/_sandbox/faults", Some(&wanted)).await;
}

async fn four_replicas_with_fifty_requests_each_cost_one_token_and_one_ticket(server: Server) {
    let company = Company::open_with(server, settings()).await;
    let replicas = join_all((0..4).map(|_| replica(&company))).await;

    ask_at_once(("shop", &replicas), 50).await;

    assert_eq!((calls(&company, TOKEN).await.len(), calls(&company, TICKET).await.len()), (1, 1));
}

async fn the_signature_is_the_one_that_the_sandbox_would_make(server: Server) {
    let company = Company::open_with(server, settings()).await;
    let answer = replica(&company).await.ask("shop", &format!("{PAGE}?a=茶#b")).await;
    let ours = &answer["data"]["jsSdkConfig"];
    let told = calls(&company, TICKET).await[0]["answer"]["body"].as_str().expect("an answer").to_owned();
    let told: Value = serde_json::from_str(&told).expect("JSON");

    let page = json!({
        "ticket": told["ticket"],
        "noncestr": ours["nonceStr"],
        "timestamp": ours["timestamp"],
        "url": format!("{PAGE}?a=茶"),
    });
    let theirs = company.sandbox("POST", "/_sandbox/js-signature", Some(&page)).await;

    assert_eq!(ours["signature"], theirs["signature"]);
    assert_eq!((&ours["appId"], &ours["url"]), (&json!("wxde30000000005409"), &page["url"]));
}

async fn a_token_that_was_replaced_elsewhere_is_dropped_and_fetched_again_once(server: Server) {
    let company = Company::open_with(server, settings()).await;
    let replicas = join_all((0..2).map(|_| replica(&company))).await;
    fault(&company, json!({ "path": TICKET, "kind": "token-rotated" })).await;

    ask_at_once(("shop", &replicas), 20).await;

    assert_eq!((calls(&company, TOKEN).await.len(), calls(&company, TICKET).await.len()), (2, 2));
}

async fn a_token_that_is_refused_again_and_again_is_our_fault_and_no_loop(server: Server) {
    let company = Company::open_with(server, settings()).await;
    let replica = replica(&company).await;
    fault(&company, json!({ "path": TICKET, "errcode": 40001, "times": 2 })).await;

    let refused = replica.ask("shop", PAGE).await;
    let later = replica.ask("shop", PAGE).await;

    assert_eq!(refused["errors"][0]["extensions"]["code"], "UPSTREAM_FAULT");
    assert!(later.get("errors").is_none(), "{later}");
    assert_eq!(calls(&company, TICKET).await.len(), 3);
}
