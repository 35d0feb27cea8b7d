//! Orders that cannot be recorded: the error names the field and the expected value.

use acceptance::{Company, Server};
use domain::ServiceScope;
use serde_json::{Value, json};

#[tokio::test]
async fn a_malformed_order_is_named_by_its_field_and_what_was_expected() {
    let company = Company::open(Server::Sqlite).await;
    let system = company.system(&[ServiceScope::OrdersWrite]).await;
    let order = json!({ "app": "shop", "orderNo": "S1", "openId": "oLan", "status": "PAID",
        "total": { "amount": "1.00", "currency": "CNY" }, "placedAt": "2026-01-01T00:00:00Z" });

    let title = "must have 1 to 255 characters, and no control characters";
    let quantity = "must be a decimal number above 0 and below 2147483648, with at most 6 decimal places: 2, 1.5";
    let time = "must be a time with its offset from UTC (RFC 3339): 2026-05-01T10:00:00+08:00";
    let zero = "must be after 1970-01-01: this is a program's time for none";
    let money = |amount: &str, currency: &str| json!({ "amount": amount, "currency": currency });
    let item = |key: &str, value: Value| {
        let mut item = json!({ "title": "Cup", "quantity": 1, "unitPrice": "1" });
        item[key] = value;
        json!([{ "title": "Tea", "quantity": "1.5", "unitPrice": "3.3333" }, item])
    };

    for (key, value, code, field, detail) in [
        ("app", json!("nowhere"), "UNKNOWN_APP", "app", "no app has this name"),
        ("orderNo", json!(" "), "INVALID_INPUT", "orderNo", "the order number is empty"),
        ("openId", json!("undefined"), "INVALID_INPUT", "openId", "the open id is a placeholder for no value"),
        ("placedAt", json!("0000-00-00 00:00:00"), "INVALID_INPUT", "placedAt", time),
        ("placedAt", json!(""), "INVALID_INPUT", "placedAt", time),
        ("placedAt", json!("0001-01-01T00:00:00Z"), "INVALID_INPUT", "placedAt", zero),
        ("placedAt", json!("1970-01-01T08:00:00+08:00"), "INVALID_INPUT", "placedAt", zero),
        ("total", money("1.005", "CNY"), "INVALID_INPUT", "total.amount", "CNY has 2 decimal places"),
        ("total", money("", "CNY"), "INVALID_INPUT", "total.amount", "`` is not a decimal amount such as 128.50"),
        ("total", money("1", "XYZ"), "INVALID_INPUT", "total.currency", "`XYZ` is not a currency of ISO 4217"),
        ("items", item("title", json!("")), "INVALID_INPUT", "items[1].title", title),
        ("items", item("title", json!("a\u{0}b")), "INVALID_INPUT", "items[1].title", title),
        ("items", item("sku", json!("a".repeat(256))), "INVALID_INPUT", "items[1].sku", title),
        ("items", item("quantity", json!(0)), "INVALID_INPUT", "items[1].quantity", quantity),
        ("items", item("quantity", json!(-1.5)), "INVALID_INPUT", "items[1].quantity", quantity),
        ("items", item("quantity", json!("1.0000001")), "INVALID_INPUT", "items[1].quantity", quantity),
        ("items", item("quantity", json!(1e300)), "INVALID_INPUT", "items[1].quantity", quantity),
        ("items", item("quantity", json!("1.5 kg")), "INVALID_INPUT", "items[1].quantity", quantity),
        (
            "items",
            item("unitPrice", json!("3.333333333")),
            "INVALID_INPUT",
            "items[1].unitPrice",
            "a unit price in CNY has at most 8 decimal places",
        ),
        ("items", json!(vec![item("sku", json!("a"))[0].clone(); 101]), "INVALID_INPUT", "items", "more than 100"),
    ] {
        let mut bad = order.clone();
        bad[key] = value;
        let query =
            "mutation ($input: [OrderInput!]!, $atomic: Boolean!) { recordOrders(input: $input, atomic: $atomic) {
            results { order { id } error { code field detail } } } }";
        let answer = system.send(query, json!({ "input": [order, bad], "atomic": false })).await;
        let refused = system.send(query, json!({ "input": [order, bad], "atomic": true })).await;

        let results = &answer.data()["recordOrders"]["results"];
        assert!(results[0]["order"]["id"].is_string() && results[1]["order"].is_null(), "{results}");
        assert_eq!(results[1]["error"], json!({ "code": code, "field": field, "detail": detail }));
        let whole = format!("input[1].{field}: {detail}");
        assert_eq!((refused.code(), &refused.0["errors"][0]["extensions"]["detail"]), (code, &json!(whole)));
    }
}

#[tokio::test]
async fn a_batch_that_does_not_fit_the_schema_is_refused_as_a_whole_with_the_place() {
    let company = Company::open(Server::Sqlite).await;
    let system = company.system(&[ServiceScope::OrdersWrite]).await;
    let order = json!({ "app": "shop", "orderNo": "S1", "openId": "oLan", "status": "PAID",
        "total": { "amount": "1.00", "currency": "CNY" }, "placedAt": "2026-01-01T00:00:00Z" });

    for (key, value, place) in [
        ("status", json!("PAYED"), "input.1.status"),
        ("openId", json!(null), "input.1.openId"),
        ("orderNo", json!(7), "input.1.orderNo"),
        ("placedAt", json!(null), "input.1.placedAt"),
        ("items", json!([{ "title": "Cup", "quantity": true, "unitPrice": "1" }]), "input.1.items.0.quantity"),
        ("items", json!([{ "title": "Cup", "quantity": null, "unitPrice": "1" }]), "input.1.items.0.quantity"),
    ] {
        let mut bad = order.clone();
        bad[key] = value;
        let query = "mutation ($input: [OrderInput!]!) { recordOrders(input: $input) { refused } }";
        let answer = system.send(query, json!({ "input": [order, bad] })).await;

        let detail = answer.0["errors"][0]["extensions"]["detail"].as_str().unwrap_or_default();
        assert_eq!(answer.code(), "INVALID_QUERY", "{key}");
        assert!(detail.contains(place), "{detail}");
    }
}

#[tokio::test]
async fn a_malformed_refund_or_delivery_is_named_by_its_field_and_what_was_expected() {
    let company = Company::open(Server::Sqlite).await;
    let system = company.system(&[ServiceScope::OrdersWrite]).await;
    let order = json!({ "app": "shop", "orderNo": "S1", "openId": "oLan", "status": "PAID",
        "total": { "amount": "1.00", "currency": "CNY" }, "placedAt": "2026-01-01T00:00:00Z" });
    let time = "must be a time with its offset from UTC (RFC 3339): 2026-05-01T10:00:00+08:00";
    let printable = "must have 1 to 64 printable characters";
    let refund = |key: &str, value: Value| {
        let mut refund = json!({ "refundNo": "R-1", "amount": "0.01", "refundedAt": "2026-01-02T00:00:00Z" });
        refund[key] = value;
        ("refunds", json!([refund]))
    };
    let delivery = |key: &str, value: Value| {
        let mut delivery = json!({ "carrier": "SF", "trackingNo": "SF1" });
        delivery[key] = value;
        ("deliveries", json!([delivery]))
    };
    let twice = ("refunds", json!(vec![refund("amount", json!("0.01")).1[0].clone(); 2]));

    for ((key, value), field, detail) in [
        (refund("refundNo", json!("\\N")), "refunds[0].refundNo", "the refund number is a placeholder for no value"),
        (refund("amount", json!("1.005")), "refunds[0].amount", "CNY has 2 decimal places"),
        (refund("refundedAt", json!("yesterday")), "refunds[0].refundedAt", time),
        (refund("amount", json!("0")), "refunds", "the amount of a refund must be above 0"),
        (refund("amount", json!("1.01")), "refunds", "the refunds are more than the total of the order"),
        (twice, "refunds", "two refunds have the same number"),
        (delivery("carrier", json!("")), "deliveries[0].carrier", printable),
        (delivery("trackingNo", json!("a\u{202e}b")), "deliveries[0].trackingNo", printable),
        (delivery("shippedAt", json!("soon")), "deliveries[0].shippedAt", time),
    ] {
        let mut bad = order.clone();
        bad[key] = value;
        let query = "mutation ($input: [OrderInput!]!) { recordOrders(input: $input) {
            results { error { code field detail } } } }";
        let answer = system.send(query, json!({ "input": [bad] })).await;

        let expected = json!({ "code": "INVALID_INPUT", "field": field, "detail": detail });
        assert_eq!(answer.data()["recordOrders"]["results"][0]["error"], expected);
    }
}
