//! Batches of orders: an outcome for each order, and a larger limit of the body than for other requests.

use std::time::Duration;

use acceptance::{Client, Company, Server, on_every_database};
use domain::ServiceScope;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

on_every_database!(
    one_bad_order_does_not_stop_the_others,
    an_atomic_batch_is_recorded_whole_or_not_at_all,
    of_several_reports_of_one_order_each_has_its_outcome,
    a_report_that_was_overtaken_changes_nothing,
    a_partial_refund_is_shown_and_taken_from_the_net_sum,
    a_thousand_orders_are_one_batch_and_more_are_refused,
);

const RECORD: &str =
    "mutation ($input: [OrderInput!]!, $atomic: Boolean) { recordOrders(input: $input, atomic: $atomic) {
    results { order { id effect } error { code field detail } } created updated unchanged outdated refused } }";

async fn shop_system(company: &Company) -> Client {
    company.system(&[ServiceScope::OrdersWrite]).await
}

/// An order of lan.
fn order(company: &Company, number: &str) -> Value {
    json!({
        "app": "shop", "orderNo": number, "openId": company.sandbox.open_id("shop", "lan"), "status": "PAID",
        "total": { "amount": "10.00", "currency": "CNY" }, "placedAt": "2026-05-01T10:00:00Z",
        "items": [{ "title": "龙井", "quantity": "1.5", "unitPrice": "6.6667" }],
    })
}

fn with(mut order: Value, key: &str, value: Value) -> Value {
    order[key] = value;
    order
}

async fn numbers_of_lan(company: &Company) -> Vec<String> {
    let lan = company.sign_in("shop", "lan").await;
    let answer = lan.ask("{ me { orders(first: 100) { nodes { orderNo } } } }").await;
    let nodes = answer.data()["me"]["orders"]["nodes"].as_array().expect("nodes").clone();
    let mut numbers: Vec<_> = nodes.iter().map(|node| node["orderNo"].as_str().expect("a number").to_owned()).collect();
    numbers.sort_unstable();
    numbers
}

async fn one_bad_order_does_not_stop_the_others(server: Server) {
    let company = Company::open(server).await;
    let system = shop_system(&company).await;
    system.record(json!([order(&company, "S-1"), order(&company, "S-2")])).await;
    let other = company.sandbox.open_id("shop", "wei");
    let batch = json!([
        order(&company, "S-3"),
        with(order(&company, "S-4"), "openId", json!("\\N")),
        with(order(&company, "S-1"), "openId", json!(other)),
        with(order(&company, "S-1"), "status", json!("SHIPPED")),
        with(order(&company, "S-2"), "placedAt", json!("2026-05-01T10:00:01Z")),
        with(order(&company, "S-2"), "total", json!({ "amount": "10", "currency": "JPY" })),
        order(&company, "S-2"),
        with(order(&company, "S-5"), "total", json!({ "amount": "10.001", "currency": "CNY" })),
        // As Go writes an empty list.
        with(order(&company, "S-6"), "items", Value::Null),
    ]);

    let first = system.send(RECORD, json!({ "input": batch })).await.data()["recordOrders"].clone();
    let second = system.send(RECORD, json!({ "input": batch })).await.data()["recordOrders"].clone();

    let outcomes = |answer: &Value| -> Vec<Value> {
        let outcome = |result: &Value| match &result["error"] {
            Value::Null => result["order"]["effect"].clone(),
            error => json!([error["code"], error["field"], error["detail"]]),
        };
        answer["results"].as_array().expect("results").iter().map(outcome).collect()
    };
    let refused = [
        json!(["INVALID_INPUT", "openId", "the open id is a placeholder for no value"]),
        json!(["ORDER_CLASH", "openId", "the order was placed by another openId"]),
        json!(["ORDER_CLASH", "placedAt", "the order was placed at another time"]),
        json!(["ORDER_CLASH", "total.currency", "the order is in another currency"]),
        json!(["INVALID_INPUT", "total.amount", "CNY has 2 decimal places"]),
    ];
    let expected = |new: &str, shipped: &str| {
        let [mark, owner, time, currency, places] = refused.clone();
        vec![json!(new), mark, owner, json!(shipped), time, currency, json!("UNCHANGED"), places, json!(new)]
    };
    assert_eq!(outcomes(&first), expected("CREATED", "UPDATED"));
    assert_eq!(outcomes(&second), expected("UNCHANGED", "UNCHANGED"));
    let counts = |answer: &Value| ["created", "updated", "unchanged", "refused"].map(|count| answer[count].clone());
    assert_eq!((counts(&first), counts(&second)), ([2, 1, 1, 5].map(Value::from), [0, 0, 4, 5].map(Value::from)));
    assert_eq!(numbers_of_lan(&company).await, ["S-1", "S-2", "S-3", "S-6"]);
}

async fn a_report_that_was_overtaken_changes_nothing(server: Server) {
    let company = Company::open(server).await;
    let system = shop_system(&company).await;
    let at = |time: &str, status: &str| {
        let mut order = order(&company, "S-1");
        (order["shopUpdatedAt"], order["status"]) = (json!(time), json!(status));
        order
    };
    let time_in = |hours| {
        let time = company.clock.now().plus(chrono::TimeDelta::hours(hours));
        chrono::DateTime::<chrono::Utc>::from(time).to_rfc3339()
    };
    let orders =
        [at(&time_in(-1), "SHIPPED"), at(&time_in(-2), "PAID"), at("yesterday", "PAID"), at(&time_in(24), "COMPLETED")];

    let answer = system.send(RECORD, json!({ "input": orders })).await;
    let answer = &answer.data()["recordOrders"];

    assert_eq!(answer["results"][0]["order"]["effect"], "CREATED");
    assert_eq!(answer["results"][1]["order"]["effect"], "OUTDATED");
    assert_eq!(answer["results"][2]["error"]["field"], "shopUpdatedAt");
    assert_eq!(answer["results"][3]["error"]["detail"], "in the future");
    assert_eq!((&answer["outdated"], &answer["refused"]), (&json!(1), &json!(2)));
}

async fn an_atomic_batch_is_recorded_whole_or_not_at_all(server: Server) {
    let company = Company::open(server).await;
    let system = shop_system(&company).await;
    system.record(json!([order(&company, "S-1")])).await;
    let new = order(&company, "S-2");
    let malformed = with(order(&company, "S-3"), "openId", json!("null"));
    let of_another = with(order(&company, "S-1"), "openId", json!(company.sandbox.open_id("shop", "wei")));

    let mut refusals = Vec::new();
    for bad in [malformed, of_another] {
        let refused = system.send(RECORD, json!({ "input": [new, bad], "atomic": true })).await;
        refusals.push((refused.code().to_owned(), refused.0["errors"][0]["extensions"]["detail"].clone()));
    }
    let before = numbers_of_lan(&company).await;
    let whole = system.send(RECORD, json!({ "input": [new, order(&company, "S-3")], "atomic": true })).await;

    let expected = [
        ("INVALID_INPUT", "input[1].openId: the open id is a placeholder for no value"),
        ("ORDER_CLASH", "input[1].openId: the order was placed by another openId"),
    ];
    assert_eq!(refusals, expected.map(|(code, detail)| (code.to_owned(), json!(detail))));
    assert_eq!(before, ["S-1"]);
    assert_eq!(whole.data()["recordOrders"]["created"], 2);
    assert_eq!(numbers_of_lan(&company).await, ["S-1", "S-2", "S-3"]);
}

async fn of_several_reports_of_one_order_each_has_its_outcome(server: Server) {
    let company = Company::open(server).await;
    let system = shop_system(&company).await;
    let paid = order(&company, "S-1");
    let batch = json!([
        paid,
        with(paid.clone(), "openId", json!(company.sandbox.open_id("shop", "wei"))),
        with(paid.clone(), "items", json!([{ "title": "龙井", "quantity": 0, "unitPrice": "1" }])),
        with(paid.clone(), "items", json!([{ "title": "龙井", "quantity": "1.500001", "unitPrice": "6.6667" }])),
        with(paid.clone(), "items", json!([{ "title": "龙井", "quantity": "1.50000100", "unitPrice": "6.66670" }])),
    ]);

    let recorded = system.send(RECORD, json!({ "input": batch })).await.data()["recordOrders"].clone();

    let results = recorded["results"].as_array().expect("results");
    let effects: Vec<_> =
        results.iter().map(|result| result["order"]["effect"].as_str().unwrap_or("refused")).collect();
    assert_eq!(effects, ["CREATED", "refused", "refused", "UPDATED", "UNCHANGED"]);
    assert!([3, 4].into_iter().all(|at| results[at]["order"]["id"] == results[0]["order"]["id"]), "{recorded}");
}

/// Five hundred orders of five lines each, as a fruit shop sells them.
fn real_orders(company: &Company) -> Value {
    let titles = [
        "新疆阿克苏冰糖心苹果 一级大果 单果200g以上 当季现摘现发",
        "云南高山蓝莓 125g×6盒 顺丰冷链 坏果包赔",
        "【次日达】海南贵妃芒果 精品果 净重5斤装",
        "散称 陕西洛川红富士苹果(按实际重量结算)",
        "赠品:手提礼品袋 + 祝福贺卡 节日限定款",
    ];
    let orders = (0..500_usize).map(|at| {
        let line = |(place, title): (usize, &&str)| {
            let (grams, fen) = (1_000 + 7 * at + place, 10_000 + 13 * at + place);
            json!({ "sku": format!("69012345{at:04}{place}-XL"), "title": title, "quantity": format!("{}.{:03}", grams / 1_000, grams % 1_000),
                "unitPrice": format!("{}.{:04}", fen / 10_000, fen % 10_000) })
        };
        with(order(company, &format!("E20260501{at:016}")), "items", titles.iter().enumerate().map(line).collect())
    });
    orders.collect()
}

/// Returns JSON as PHP and Python write it by default: with an escape for every character beyond ASCII.
fn escaped(json: &str) -> String {
    let escape = |c: char| -> String {
        if c.is_ascii() {
            return c.to_string();
        }
        let mut units = [0; 2];
        c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat()
    };
    json.chars().map(escape).collect()
}

/// Sends a body with its length.
async fn send(company: &Company, body: String, token: &str) -> Value {
    let client = reqwest::Client::builder().build().expect("a client");
    let request = client.post(format!("{}/graphql", company.url)).header("content-type", "application/json");
    request.bearer_auth(token).body(body).send().await.expect("an answer").json().await.expect("JSON")
}

/// Sends a body in chunks, without its length.
async fn send_in_chunks(company: &Company, body: &str, token: &str) -> Value {
    let mut stream = begin(company, Some(token), "connection: close\r\ntransfer-encoding: chunked\r\n\r\n").await;
    for part in body.as_bytes().chunks(10_000) {
        let chunk = [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat();
        stream.write_all(&chunk).await.expect("the chunk is sent");
    }
    stream.write_all(b"0\r\n\r\n").await.expect("the end is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    serde_json::from_str(answer.split_once("\r\n\r\n").expect("a body").1).expect("JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_real_orders_are_recorded_by_one_request() {
    let company = Company::open(Server::Sqlite).await;
    let token = shop_system(&company).await.bearer.expect("a token");
    let body = json!({ "query": RECORD, "variables": { "input": real_orders(&company) } }).to_string();
    let escaped = escaped(&body);
    for body in [&body, &escaped] {
        assert!((400_000..1024 * 1024).contains(&body.len()), "{}", body.len());
    }

    let in_chunks = send_in_chunks(&company, &body, &token).await;
    let again = send(&company, body, &token).await;
    let escaped = send(&company, escaped, &token).await;

    let counts = |answer: &Value| {
        let answer = &answer["data"]["recordOrders"];
        ["created", "updated", "unchanged", "refused"].map(|count| answer[count].clone())
    };
    assert_eq!(counts(&in_chunks), [500, 0, 0, 0].map(Value::from), "{}", &in_chunks.to_string()[..300]);
    assert_eq!(counts(&again), [0, 0, 500, 0].map(Value::from));
    assert_eq!(counts(&escaped), [0, 0, 500, 0].map(Value::from));
}

/// Sends the beginning of a request: its line, its headers, and the given part of the body.
async fn begin(company: &Company, token: Option<&str>, rest: &str) -> TcpStream {
    let address = company.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("the API listens");
    let token = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let head = format!("POST /graphql HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n{token}{rest}");
    stream.write_all(head.as_bytes()).await.expect("the head is sent");
    stream
}

/// Returns the response to an incomplete request, if there is one.
async fn answer_to_the_beginning(company: &Company, token: Option<&str>, rest: &str) -> Option<String> {
    let mut stream = begin(company, token, rest).await;
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(2), stream.read_to_string(&mut answer)).await;
    read.is_ok().then_some(answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_that_may_report_orders_a_long_body_is_refused_before_it_comes() {
    let company = Company::open(Server::Sqlite).await;
    let person = company.sign_in("shop", "lan").await.bearer;
    let reader = company.system(&[ServiceScope::OrdersRead, ServiceScope::UsersWrite]).await.bearer;
    let writer = shop_system(&company).await.bearer;
    let invented = Some(format!("gys_{}", "A".repeat(43)));
    let length = |bytes: usize| format!("content-length: {bytes}\r\n\r\n");
    // One byte more than 64 KiB, of a body that may be of any length.
    let chunk = format!("transfer-encoding: chunked\r\n\r\n10001\r\n{{{}\r\n", " ".repeat(0x10000));

    for token in [None, invented, person, reader] {
        for rest in [length(64 * 1024 + 1), length(700_000), length(3_000_000), chunk.clone()] {
            let answer = answer_to_the_beginning(&company, token.as_deref(), &rest).await.expect("an answer at once");

            assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("BODY_TOO_LARGE"), "{answer}");
            assert!(
                answer.contains("at most 65536 bytes, or 2097152 with a service token that has the scope orders:write")
            );
        }
    }
    for rest in [length(64 * 1024 + 1), length(2048 * 1024), chunk] {
        assert_eq!(
            answer_to_the_beginning(&company, writer.as_deref(), &rest).await,
            None,
            "the server waits for the rest"
        );
    }
    let answer = answer_to_the_beginning(&company, writer.as_deref(), &length(2048 * 1024 + 1)).await;
    assert!(answer.expect("an answer at once").starts_with("HTTP/1.1 413 "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_of_a_long_body_is_looked_up_once() {
    let company = Company::open(Server::Sqlite).await;
    let system = shop_system(&company).await;
    // The first use of a service token is recorded.
    system.ask("{ __typename }").await.data();
    let long = "x".repeat(100_000);

    let before = company.app.service().statements();
    let answer = system.send("{ __typename }", json!({ "unused": long })).await;
    let statements = company.app.service().statements() - before;

    assert_eq!((answer.data(), statements), (&json!({ "__typename": "Query" }), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_makes_room_for_a_long_document() {
    let company = Company::open(Server::Sqlite).await;
    let system = shop_system(&company).await;

    let answer = system.ask(&format!("{{ __typename }}{}", " ".repeat(100_000))).await;

    assert_eq!(answer.code(), "BODY_TOO_LARGE");
    assert_eq!(answer.0["errors"][0]["extensions"]["detail"], "the document must be at most 65536 bytes");
}

async fn a_partial_refund_is_shown_and_taken_from_the_net_sum(server: Server) {
    let company = Company::open(server).await;
    let system = shop_system(&company).await;
    let refund = json!([{ "refundNo": "R-1", "amount": "3.50", "refundedAt": "2026-05-03T10:00:00+08:00" }]);
    let delivery = json!([{ "carrier": "顺丰速运", "trackingNo": "SF1000001" }]);
    let parts = with(with(order(&company, "S-1"), "refunds", refund), "deliveries", delivery);
    system.record(json!([parts, order(&company, "S-2")])).await;
    // The report contains neither a refund nor a delivery: both stay.
    system.record(json!([with(order(&company, "S-1"), "status", json!("SHIPPED"))])).await;
    // Without listed refunds, the status determines the refunded amount.
    system.record(json!([with(order(&company, "S-2"), "status", json!("REFUNDED"))])).await;

    let lan = company.sign_in("shop", "lan").await;
    let query = "{ me { orders(sort: OLDEST_FIRST) {
        nodes { orderNo refunded { amount } refunds { refundNo amount { amount currency } refundedAt }
            deliveries { carrier trackingNo shippedAt } statusChanges { from to } }
        totals { gross { amount } refunded { amount } net { amount } } } } }";
    let answer = lan.ask(query).await;
    let orders = &answer.data()["me"]["orders"];
    let mut nodes = orders["nodes"].as_array().expect("nodes").clone();
    nodes.sort_by_key(|node| node["orderNo"].to_string());

    assert_eq!(
        nodes,
        [
            json!({
                "orderNo": "S-1",
                "refunded": { "amount": "3.50" },
                "refunds": [{ "refundNo": "R-1", "amount": { "amount": "3.50", "currency": "CNY" },
                    "refundedAt": "2026-05-03T02:00:00+00:00" }],
                "deliveries": [{ "carrier": "顺丰速运", "trackingNo": "SF1000001", "shippedAt": null }],
                "statusChanges": [{ "from": "PAID", "to": "SHIPPED" }],
            }),
            json!({
                "orderNo": "S-2",
                "refunded": { "amount": "10.00" },
                "refunds": [],
                "deliveries": [],
                "statusChanges": [{ "from": "PAID", "to": "REFUNDED" }],
            }),
        ]
    );
    let sums =
        json!([{ "gross": { "amount": "20.00" }, "refunded": { "amount": "13.50" }, "net": { "amount": "6.50" } }]);
    assert_eq!(orders["totals"], sums);
}

async fn a_thousand_orders_are_one_batch_and_more_are_refused(server: Server) {
    let company = Company::open(server).await;
    let system = shop_system(&company).await;
    let batch = |count: usize| (0..count).map(|n| order(&company, &format!("S-{n}"))).collect::<Vec<_>>();

    let recorded = system.send(RECORD, json!({ "input": batch(1_000) })).await;
    let refused = system.send(RECORD, json!({ "input": batch(1_001) })).await;

    assert_eq!(recorded.data()["recordOrders"]["created"], 1_000);
    assert_eq!(refused.code(), "INVALID_INPUT");
}
