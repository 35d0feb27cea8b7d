//! Lists of orders in other orders, with other filters, and by number: what is refused, and with which code. See
//! `store/tests/every_database/lists.rs` for the lists themselves.

use acceptance::{Client, Company, Server, on_every_database};
use domain::ServiceScope;
use serde_json::{Value, json};

on_every_database!(
    a_list_is_sorted_by_time_or_by_amount,
    a_cursor_of_another_list_or_person_is_refused_and_survives_a_merge,
    what_no_index_serves_is_refused_with_what_to_do,
    an_order_is_found_by_its_number_by_its_owner_and_by_a_system,
);

const LIST: &str =
    "query ($first: Int, $after: String, $last: Int, $before: String, $filter: OrderFilter, $sort: OrderSort) {
    me { orders(first: $first, after: $after, last: $last, before: $before, filter: $filter, sort: $sort) {
        nodes { orderNo } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }";

async fn record(company: &Company, orders: &[(&str, &str, &str, &str)]) {
    let order = |(n, (app, person, status, amount)): (usize, &(&str, &str, &str, &str))| {
        json!({
            "app": app, "orderNo": format!("N{n}"), "openId": company.sandbox.open_id(app, person), "status": status,
            "total": { "amount": amount, "currency": "CNY" }, "placedAt": format!("2026-05-{:02}T10:00:00Z", n + 1),
        })
    };
    let input: Vec<Value> = orders.iter().enumerate().map(order).collect();
    company.system(&[ServiceScope::OrdersWrite]).await.record(json!(input)).await;
}

/// Lan with five orders in two apps, and Wei with one.
async fn lan(company: &Company) -> Client {
    record(
        company,
        &[
            ("shop", "lan", "PAID", "30.00"),
            ("club", "lan", "PAID", "10.00"),
            ("shop", "lan", "REFUNDED", "50.00"),
            ("club", "lan", "SHIPPED", "20.00"),
            ("shop", "lan", "PAID", "40.00"),
            ("shop", "wei", "PAID", "99.00"),
        ],
    )
    .await;
    let lan = company.sign_in("shop", "lan").await;
    company.sign_in("club", "lan").await;
    lan
}

async fn list(client: &Client, variables: Value) -> Value {
    client.send(LIST, variables).await.data()["me"]["orders"].clone()
}

fn numbers(page: &Value) -> Vec<&str> {
    page["nodes"].as_array().expect("nodes").iter().map(|node| node["orderNo"].as_str().expect("a number")).collect()
}

fn amount(min: Option<&str>, max: Option<&str>) -> Value {
    json!({ "currency": "CNY", "min": min, "max": max })
}

async fn a_list_is_sorted_by_time_or_by_amount(server: Server) {
    let company = Company::open(server).await;
    let lan = lan(&company).await;
    let all = amount(None, None);

    for (sort, filter, expected) in [
        ("NEWEST_FIRST", json!({}), vec!["N4", "N3", "N2", "N1", "N0"]),
        ("OLDEST_FIRST", json!({ "statuses": ["PAID"] }), vec!["N0", "N1", "N4"]),
        ("LARGEST_FIRST", json!({ "amount": all }), vec!["N2", "N4", "N0", "N3", "N1"]),
        ("SMALLEST_FIRST", json!({ "amount": all, "apps": ["shop"] }), vec!["N0", "N4", "N2"]),
        ("LARGEST_FIRST", json!({ "amount": amount(Some("20"), Some("40.00")) }), vec!["N4", "N0", "N3"]),
        ("LARGEST_FIRST", json!({ "amount": { "currency": "JPY" } }), vec![]),
        ("NEWEST_FIRST", json!({ "orderNo": "N3" }), vec!["N3"]),
        ("NEWEST_FIRST", json!({ "orderNo": "N5" }), vec![]),
    ] {
        let whole = list(&lan, json!({ "filter": filter, "sort": sort })).await;
        assert_eq!(numbers(&whole), expected, "{sort} {filter}");
        // Two at a time, from either end.
        let (mut forwards, mut after) = (Vec::new(), Value::Null);
        let (mut backwards, mut before) = (Vec::new(), Value::Null);
        for _ in 0..expected.len().div_ceil(2) {
            let page = list(&lan, json!({ "first": 2, "after": after, "filter": filter, "sort": sort })).await;
            forwards.extend(numbers(&page).into_iter().map(str::to_owned));
            after = page["pageInfo"]["endCursor"].clone();
            assert_eq!(page["pageInfo"]["hasNextPage"], json!(forwards.len() < expected.len()));
            let page = list(&lan, json!({ "last": 2, "before": before, "filter": filter, "sort": sort })).await;
            backwards.splice(0..0, numbers(&page).into_iter().map(str::to_owned));
            before = page["pageInfo"]["startCursor"].clone();
            assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(backwards.len() < expected.len()));
        }
        assert_eq!(forwards, expected, "{sort} {filter}");
        assert_eq!(backwards, expected, "{sort} {filter}");
    }
}

async fn a_cursor_of_another_list_or_person_is_refused_and_survives_a_merge(server: Server) {
    let company = Company::open(server).await;
    record(
        &company,
        &[("shop", "lan", "PAID", "1.00"), ("shop", "lan", "PAID", "2.00"), ("club", "lan", "PAID", "3.00")],
    )
    .await;
    let lan = company.sign_in("shop", "lan").await;
    let wei = company.sign_in("shop", "wei").await;
    let page = list(&lan, json!({ "first": 1 })).await;
    assert_eq!(numbers(&page), ["N1"]);
    let cursor = &page["pageInfo"]["endCursor"];

    for (client, other) in [
        (&lan, json!({ "after": cursor, "sort": "OLDEST_FIRST" })),
        (&lan, json!({ "after": cursor, "filter": { "apps": ["shop"] } })),
        (&lan, json!({ "before": cursor, "filter": { "statuses": ["PAID"] } })),
        (&lan, json!({ "after": cursor, "filter": { "amount": amount(None, None) }, "sort": "LARGEST_FIRST" })),
        (&wei, json!({ "after": cursor })),
    ] {
        assert_eq!(client.send(LIST, other.clone()).await.code(), "INVALID_CURSOR", "{other}");
    }
    // The second login has a unionId, which adds the openId of the club and its order.
    company.sign_in("club", "lan").await;
    assert_eq!(numbers(&list(&lan, json!({ "after": cursor })).await), ["N0"]);
    assert_eq!(numbers(&list(&lan, json!({ "last": 5, "before": cursor })).await), ["N2"]);
}

async fn what_no_index_serves_is_refused_with_what_to_do(server: Server) {
    let company = Company::open(server).await;
    let lan = lan(&company).await;
    let day = "2026-05-02T00:00:00Z";
    let reversed = json!({ "placedFrom": day, "placedUntil": day });

    for (filter, sort, detail) in [
        (json!({}), "LARGEST_FIRST", "a sort by amount needs"),
        (json!({ "amount": amount(None, None) }), "OLDEST_FIRST", "a filter by amount needs"),
        (json!({ "amount": amount(None, None), "placedFrom": day }), "SMALLEST_FIRST", "a list by amount has no"),
        (json!({ "amount": amount(Some("2"), Some("1.99")) }), "SMALLEST_FIRST", "filter: `amount.min`"),
        (json!({ "amount": amount(Some("1.001"), None) }), "SMALLEST_FIRST", "filter.amount.min: "),
        (json!({ "amount": { "currency": "yuan" } }), "SMALLEST_FIRST", "filter.amount.currency: "),
        (reversed, "NEWEST_FIRST", "filter: `placedFrom`"),
        (json!({ "orderNo": " " }), "NEWEST_FIRST", "filter.orderNo: "),
    ] {
        let refused = lan.send(LIST, json!({ "filter": filter, "sort": sort })).await;
        assert_eq!(refused.code(), "INVALID_INPUT", "{filter} {sort}");
        let told = refused.0["errors"][0]["extensions"]["detail"].as_str().unwrap_or_default();
        assert!(told.starts_with(detail), "{told}");
    }
    // Sums are kept by currency, not by amount or number. The page itself is still answered.
    let sums = "query ($filter: OrderFilter, $sort: OrderSort) { me { orders(filter: $filter, sort: $sort) {
        totalCount totals { count } nodes { orderNo } } } }";
    let by_currency = json!({ "filter": { "amount": amount(None, None) }, "sort": "LARGEST_FIRST" });
    assert_eq!(lan.send(sums, by_currency).await.data()["me"]["orders"]["totalCount"], 5);
    for (filter, sort) in
        [(json!({ "amount": amount(Some("40"), None) }), "LARGEST_FIRST"), (json!({ "orderNo": "N4" }), "NEWEST_FIRST")]
    {
        let answer = lan.send(sums, json!({ "filter": filter, "sort": sort })).await;
        let orders = &answer.0["data"]["me"]["orders"];
        assert_eq!((&orders["totalCount"], &orders["totals"]), (&Value::Null, &Value::Null));
        assert_eq!(orders["nodes"].as_array().map(Vec::len), Some(if sort == "LARGEST_FIRST" { 2 } else { 1 }));
        assert_eq!(answer.code(), "NO_TOTALS");
    }
}

async fn an_order_is_found_by_its_number_by_its_owner_and_by_a_system(server: Server) {
    let company = Company::open(server).await;
    let lan = lan(&company).await;
    let wei = company.sign_in("shop", "wei").await;
    let reader = company.system(&[ServiceScope::OrdersRead]).await;
    let find = "query ($app: String!, $orderNo: String!) { order(app: $app, orderNo: $orderNo) { orderNo openId } }";
    let found = async |client: &Client, app: &str, number: &str| {
        let answer = client.send(find, json!({ "app": app, "orderNo": number })).await;
        assert!(answer.0.get("errors").is_none(), "{answer:?}");
        answer.data()["order"]["orderNo"].clone()
    };

    assert_eq!(found(&lan, "shop", " N0 ").await, "N0");
    assert_eq!(found(&reader, "club", "N1").await, "N1");
    for (client, app, number) in [
        (&lan, "shop", "N5"),
        (&wei, "shop", "N0"),
        (&lan, "club", "N0"),
        (&reader, "shop", "N9"),
        (&reader, "shop", ""),
    ] {
        assert_eq!(found(client, app, number).await, Value::Null, "{app} {number}");
    }
    let anonymous = company.client();
    let writer = company.system(&[ServiceScope::OrdersWrite]).await;
    for (client, app, code) in
        [(&anonymous, "shop", "UNAUTHENTICATED"), (&writer, "shop", "FORBIDDEN"), (&lan, "nowhere", "UNKNOWN_APP")]
    {
        assert_eq!(client.send(find, json!({ "app": app, "orderNo": "N0" })).await.code(), code);
    }
}
