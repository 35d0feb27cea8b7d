//! What one person bought in several official accounts: `totals` and `totalCount`, before and after every change of
//! accounts. See `store/tests/model/totals.rs` for the sums themselves.

use acceptance::merging::{LAN, OTHER};
use acceptance::{Client, Company, Server, on_every_database};
use chrono::TimeDelta;
use domain::ServiceScope;
use serde_json::{Value, json};

on_every_database!(
    the_sum_of_three_official_accounts_is_one_answer,
    an_order_from_before_the_first_login_is_in_the_sums_after_it,
    sums_follow_a_late_union_id_a_merge_and_its_undo,
    a_filter_applies_to_the_sums,
    a_sum_is_wider_than_an_amount,
);

const TOTALS: &str = "query ($filter: OrderFilter) { me { orders(filter: $filter) { totalCount totals {
    currency count gross { amount currency } refunded { amount } net { amount }
    byApp { app count net { amount } } byMonth { month count gross { amount } } byStatus { status count total { amount } }
} } } }";
const NET: &str =
    "query ($filter: OrderFilter) { me { orders(filter: $filter) { totalCount totals { net { amount } } } } }";

fn order(
    company: &Company,
    (app, person): (&str, &str),
    number: &str,
    (status, amount, placed): (&str, &str, &str),
) -> Value {
    json!({
        "app": app, "orderNo": number, "openId": company.sandbox.open_id(app, person), "status": status,
        "total": { "amount": amount, "currency": "CNY" }, "placedAt": placed,
    })
}

async fn record(company: &Company, orders: Value) {
    company.system(&[ServiceScope::OrdersWrite]).await.record(orders).await;
}

async fn orders(client: &Client, query: &str, filter: Value) -> Value {
    client.send(query, json!({ "filter": filter })).await.data()["me"]["orders"].clone()
}

fn net(count: u64, amount: &str) -> Value {
    json!({ "totalCount": count, "totals": [{ "net": { "amount": amount } }] })
}

/// Lan's orders in three apps, in two currencies and three months.
async fn lan_buys(company: &Company) -> Client {
    let mut in_yen = order(company, ("outlet", "lan"), "O1", ("PAID", "300", "2026-05-03T10:00:00+08:00"));
    in_yen["total"]["currency"] = "JPY".into();
    let input = json!([
        order(company, ("shop", "lan"), "S1", ("COMPLETED", "100.10", "2026-04-30T23:59:59+08:00")),
        order(company, ("shop", "lan"), "S2", ("PAID", "20.00", "2026-05-01T00:00:00+08:00")),
        order(company, ("club", "lan"), "C1", ("REFUNDED", "5.00", "2026-05-02T10:00:00+08:00")),
        order(company, ("club", "lan"), "C2", ("PENDING", "7.00", "2026-06-02T10:00:00+08:00")),
        in_yen,
        order(company, ("shop", "wei"), "W1", ("PAID", "9.00", "2026-05-02T10:00:00+08:00")),
    ]);
    record(company, input).await;
    let lan = company.sign_in("shop", "lan").await;
    company.sign_in("club", "lan").await;
    company.sign_in("outlet", "lan").await;
    lan
}

async fn the_sum_of_three_official_accounts_is_one_answer(server: Server) {
    let company = Company::open(server).await;
    let lan = lan_buys(&company).await;

    let sums = orders(&lan, TOTALS, Value::Null).await;

    let amount = |amount: &str| json!({ "amount": amount });
    let expected = json!({ "totalCount": 5, "totals": [
        {
            "currency": "CNY", "count": 4, "gross": { "amount": "125.10", "currency": "CNY" },
            "refunded": amount("5.00"), "net": amount("120.10"),
            "byApp": sums["totals"][0]["byApp"],
            "byMonth": [
                { "month": "2026-06", "count": 1, "gross": amount("0.00") },
                { "month": "2026-05", "count": 2, "gross": amount("25.00") },
                { "month": "2026-04", "count": 1, "gross": amount("100.10") },
            ],
            "byStatus": [
                { "status": "PENDING", "count": 1, "total": amount("7.00") },
                { "status": "PAID", "count": 1, "total": amount("20.00") },
                { "status": "COMPLETED", "count": 1, "total": amount("100.10") },
                { "status": "REFUNDED", "count": 1, "total": amount("5.00") },
            ],
        },
        {
            "currency": "JPY", "count": 1, "gross": { "amount": "300", "currency": "JPY" },
            "refunded": amount("0"), "net": amount("300"),
            "byApp": [{ "app": "outlet", "count": 1, "net": amount("300") }],
            "byMonth": [{ "month": "2026-05", "count": 1, "gross": amount("300") }],
            "byStatus": [{ "status": "PAID", "count": 1, "total": amount("300") }],
        },
    ] });
    assert_eq!(sums, expected);
    let mut by_app = sums["totals"][0]["byApp"].as_array().expect("a list").clone();
    by_app.sort_by_key(|entry| entry["app"].to_string());
    let expected = json!([
        { "app": "club", "count": 2, "net": amount("0.00") },
        { "app": "shop", "count": 2, "net": amount("120.10") },
    ]);
    assert_eq!(json!(by_app), expected);

    // The same order again changes nothing; another status moves it.
    let refunded = order(&company, ("shop", "lan"), "S1", ("REFUNDED", "100.10", "2026-04-30T23:59:59+08:00"));
    for _ in 0..2 {
        record(&company, json!([refunded])).await;
        let sums = orders(&lan, NET, Value::Null).await;
        assert_eq!((&sums["totalCount"], &sums["totals"][0]["net"]["amount"]), (&json!(5), &json!("20.00")));
    }
}

async fn an_order_from_before_the_first_login_is_in_the_sums_after_it(server: Server) {
    let company = Company::open(server).await;
    let placed = "2026-05-01T10:00:00Z";
    record(&company, json!([order(&company, ("club", "mei"), "C1", ("PAID", "3.00", placed))])).await;
    let mei = company.sign_in("shop", "mei").await;
    assert_eq!(orders(&mei, NET, Value::Null).await, json!({ "totalCount": 0, "totals": [] }));

    company.sign_in("club", "mei").await;

    assert_eq!(orders(&mei, NET, Value::Null).await, net(1, "3.00"));
}

async fn sums_follow_a_late_union_id_a_merge_and_its_undo(server: Server) {
    let company = Company::open(server).await;
    let paid = |app, number, amount| order(&company, (app, "lan"), number, ("PAID", amount, "2026-05-01T10:00:00Z"));
    company.member("C-1001", LAN, 10).await;
    record(&company, json!([paid("shop", "S1", "3.00"), paid("club", "C1", "4.00")])).await;
    company.clock.advance(TimeDelta::minutes(1));
    let lan = company.sign_in("shop", "lan").await;
    assert_eq!(orders(&lan, NET, Value::Null).await, net(1, "3.00"));

    // The unionId shows that the second openId is hers.
    company.sign_in("club", "lan").await;
    assert_eq!(orders(&lan, NET, Value::Null).await, net(2, "7.00"));

    company.prove(&lan, OTHER).await.data();
    let refused = company.prove(&lan, LAN).await;
    let merged = lan.merge_keeping_own(&refused.merge_token()).await.data()["mergeUsers"].clone();
    assert_eq!(orders(&lan, NET, Value::Null).await, net(2, "7.00"));
    record(&company, json!([paid("shop", "S2", "1.00")])).await;
    assert_eq!(orders(&lan, NET, Value::Null).await, net(3, "8.00"));

    lan.undo(&merged["mergeId"], None).await.data();
    assert_eq!(orders(&lan, NET, Value::Null).await, net(3, "8.00"));
}

async fn a_filter_applies_to_the_sums(server: Server) {
    let company = Company::open(server).await;
    let lan = lan_buys(&company).await;
    let of = |from: &str, until: &str| json!({ "placedFrom": from, "placedUntil": until, "apps": ["shop", "club"] });

    for (filter, expected) in [
        (json!({ "apps": ["shop"] }), net(2, "120.10")),
        (json!({ "apps": [] }), json!({ "totalCount": 0, "totals": [] })),
        (json!({ "statuses": ["COMPLETED"] }), net(1, "100.10")),
        (of("2026-05-01T00:00:00+08:00", "2026-06-01T00:00:00+08:00"), net(2, "20.00")),
        (of("2026-04-30T23:59:59+08:00", "2026-05-01T00:00:00.001+08:00"), net(2, "120.10")),
        (of("2026-05-01T00:00:00.001+08:00", "2027-05-01T01:00:00Z"), net(2, "0.00")),
    ] {
        assert_eq!(orders(&lan, NET, filter.clone()).await, expected, "{filter}");
    }
}

async fn a_sum_is_wider_than_an_amount(server: Server) {
    let company = Company::open(server).await;
    let most = ("PAID", "92233720368547758.07", "2026-05-01T10:00:00Z");
    let input = (0..3).map(|n| order(&company, ("shop", "lan"), &format!("S{n}"), most));
    record(&company, input.collect()).await;
    let lan = company.sign_in("shop", "lan").await;

    assert_eq!(orders(&lan, NET, Value::Null).await, net(3, "276701161105643274.21"));
}
