//! The company's systems report orders, and people read theirs. See `store` for the paging, `order_batches` for the
//! outcomes of a batch.

use acceptance::{Client, Company, Server, on_every_database};
use domain::ServiceScope;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    orders_of_all_apps_are_one_list_newest_first,
    a_list_can_be_walked_in_both_directions,
    a_filter_chooses_apps_statuses_and_times,
    recording_twice_changes_nothing_and_another_status_is_an_update,
    an_order_from_before_the_first_login_is_the_persons_after_it,
    concurrent_reports_of_one_order_make_one_order,
    money_and_quantities_are_exact_and_items_come_along,
    another_persons_orders_are_not_found_in_any_way,
    a_service_token_reads_with_its_scope_only,
    a_merge_rewrites_no_order,
);

const RECORD: &str =
    "mutation ($input: [OrderInput!]!) { recordOrders(input: $input) { results { order { id effect } } } }";
const LIST: &str =
    "query ($unionId: String!, $first: Int, $after: String, $last: Int, $before: String, $filter: OrderFilter) {
    ordersByUnionId(unionId: $unionId, first: $first, after: $after, last: $last, before: $before, filter: $filter) {
        totalCount nodes { orderNo } edges { cursor node { orderNo } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

async fn shop_system(company: &Company) -> Client {
    company.system(&[ServiceScope::OrdersWrite]).await
}

fn order(company: &Company, app: &str, person: &str, (number, placed_at): (&str, &str)) -> Value {
    json!({
        "app": app, "orderNo": number, "openId": company.sandbox.open_id(app, person), "status": "PAID",
        "total": { "amount": "10.00", "currency": "CNY" }, "placedAt": placed_at, "items": [],
    })
}

/// Records seven orders of lan in three apps, two of them at the same moment, and one of wei.
async fn seven(company: &Company) -> Client {
    let of = |app, number, day: &str| order(company, app, "lan", (number, &format!("2026-05-{day}T10:00:00Z")));
    let input = json!([
        of("shop", "S1", "01"),
        of("club", "C1", "02"),
        of("outlet", "O1", "03"),
        of("shop", "S2", "04"),
        of("club", "C2", "04"),
        of("outlet", "O2", "06"),
        of("shop", "S3", "07"),
        order(company, "shop", "wei", ("W1", "2026-05-05T10:00:00Z")),
    ]);
    shop_system(company).await.record(input).await;
    let lan = company.sign_in("shop", "lan").await;
    company.sign_in("club", "lan").await;
    company.sign_in("outlet", "lan").await;
    lan
}

fn union_id(company: &Company, person: &str) -> String {
    company.sandbox.union_id("shop", person).expect("a unionId")
}

async fn list(company: &Company, client: &Client, mut variables: Value) -> Value {
    variables["unionId"] = union_id(company, "lan").into();
    client.send(LIST, variables).await.data()["ordersByUnionId"].clone()
}

fn numbers(page: &Value) -> Vec<&str> {
    page["nodes"].as_array().expect("nodes").iter().map(|node| node["orderNo"].as_str().expect("a number")).collect()
}

async fn orders_of_all_apps_are_one_list_newest_first(server: Server) {
    let company = Company::open(server).await;
    let lan = seven(&company).await;

    let page = list(&company, &lan, json!({})).await;

    let got = numbers(&page);
    assert_eq!((got[0], got[1], got.len()), ("S3", "O2", 7));
    assert_eq!(&got[4..], ["O1", "C1", "S1"]);
    assert_eq!(page["totalCount"], 7);
    let mine = lan.ask("{ me { orders(first: 2) { totalCount nodes { orderNo app openId } } } }").await;
    let expected = |app: &str, number: &str| json!({ "orderNo": number, "app": app, "openId": company.sandbox.open_id(app, "lan") });
    assert_eq!(
        mine.data()["me"]["orders"],
        json!({ "totalCount": 7, "nodes": [expected("shop", "S3"), expected("outlet", "O2")] })
    );
}

async fn a_list_can_be_walked_in_both_directions(server: Server) {
    let company = Company::open(server).await;
    let lan = seven(&company).await;
    let whole = list(&company, &lan, json!({ "first": 100 })).await;

    let (mut forwards, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = list(&company, &lan, json!({ "first": 3, "after": after })).await;
        forwards.extend(numbers(&page).into_iter().map(str::to_owned));
        after = page["pageInfo"]["endCursor"].clone();
        assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(forwards.len() > 3));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    let (mut backwards, mut before) = (Vec::new(), Value::Null);
    loop {
        let page = list(&company, &lan, json!({ "last": 2, "before": before })).await;
        backwards.splice(0..0, numbers(&page).into_iter().map(str::to_owned));
        before = page["pageInfo"]["startCursor"].clone();
        if page["pageInfo"]["hasPreviousPage"] == json!(false) {
            break;
        }
    }

    assert_eq!(forwards, numbers(&whole));
    assert_eq!(backwards, numbers(&whole));
}

async fn a_filter_chooses_apps_statuses_and_times(server: Server) {
    let company = Company::open(server).await;
    let lan = seven(&company).await;
    let mut refunded = order(&company, "club", "lan", ("C2", "2026-05-04T10:00:00Z"));
    refunded["status"] = "REFUNDED".into();
    shop_system(&company).await.record(json!([refunded])).await;

    for (filter, expected) in [
        (json!({ "apps": ["outlet"] }), vec!["O2", "O1"]),
        (json!({ "statuses": ["REFUNDED"] }), vec!["C2"]),
        (json!({ "placedFrom": "2026-05-06T10:00:00Z" }), vec!["S3", "O2"]),
        (json!({ "placedUntil": "2026-05-02T18:00:00+08:00" }), vec!["S1"]),
        (
            json!({ "apps": ["shop"], "placedFrom": "2026-05-02T00:00:00Z", "placedUntil": "2026-05-07T00:00:00Z" }),
            vec!["S2"],
        ),
        (json!({ "apps": [] }), vec![]),
    ] {
        let page = list(&company, &lan, json!({ "filter": filter })).await;

        assert_eq!((numbers(&page), &page["totalCount"]), (expected.clone(), &json!(expected.len())), "{filter}");
    }
    let variables = json!({ "unionId": union_id(&company, "lan"), "filter": { "apps": ["nowhere"] } });
    assert_eq!(lan.send(LIST, variables).await.code(), "UNKNOWN_APP");
}

async fn recording_twice_changes_nothing_and_another_status_is_an_update(server: Server) {
    let company = Company::open(server).await;
    let system = shop_system(&company).await;
    let paid = order(&company, "shop", "lan", ("S1", "2026-05-01T10:00:00Z"));
    let mut shipped = paid.clone();
    shipped["status"] = "SHIPPED".into();

    let mut effects = Vec::new();
    for input in [&paid, &paid, &shipped, &shipped] {
        effects.extend(system.record(json!([input])).await);
    }

    let id = effects[0]["id"].clone();
    let expected = ["CREATED", "UNCHANGED", "UPDATED", "UNCHANGED"].map(|effect| json!({ "id": id, "effect": effect }));
    assert_eq!(effects, expected);
}

async fn an_order_from_before_the_first_login_is_the_persons_after_it(server: Server) {
    let company = Company::open(server).await;
    let input = json!([order(&company, "club", "mei", ("C1", "2026-05-01T10:00:00Z"))]);
    shop_system(&company).await.record(input).await;
    let mei = company.sign_in("shop", "mei").await;
    let orders = "{ me { orders { nodes { orderNo } } } }";
    assert_eq!(mei.ask(orders).await.data()["me"]["orders"]["nodes"], json!([]));

    company.sign_in("club", "mei").await;

    assert_eq!(mei.ask(orders).await.data()["me"]["orders"]["nodes"], json!([{ "orderNo": "C1" }]));
}

async fn concurrent_reports_of_one_order_make_one_order(server: Server) {
    let company = Company::open(server).await;
    let system = shop_system(&company).await;
    let input = json!([order(&company, "shop", "lan", ("S1", "2026-05-01T10:00:00Z"))]);

    let answers = join_all((0..16).map(|_| system.send(RECORD, json!({ "input": input })))).await;

    let effect = |answer: &acceptance::Answer| answer.data()["recordOrders"]["results"][0]["order"]["effect"].clone();
    let created = answers.iter().filter(|answer| effect(answer) == "CREATED").count();
    assert_eq!(created, 1);
    let lan = company.sign_in("shop", "lan").await;
    assert_eq!(list(&company, &lan, json!({})).await["totalCount"], 1);
}

async fn money_and_quantities_are_exact_and_items_come_along(server: Server) {
    let company = Company::open(server).await;
    let mut input = order(&company, "shop", "lan", ("S1", "2026-05-01T10:00:00Z"));
    input["total"] = json!({ "amount": "90071992547409.93", "currency": "CNY" });
    input["items"] = json!([
        { "sku": "A-1", "title": "龙井 🍵", "quantity": 3, "unitPrice": "0.1" },
        { "sku": "", "title": "Cup", "quantity": "1.000", "unitPrice": "-2.50" },
        { "sku": " ", "title": "Apples, weighed", "quantity": "1.500", "unitPrice": "3.3333" },
        { "sku": null, "title": "Saffron", "quantity": 0.000_001, "unitPrice": "33.33333333" },
        { "title": "Cherries", "quantity": 2_147_483_647.999_999, "unitPrice": "0" },
    ]);
    shop_system(&company).await.record(json!([input])).await;
    let lan = company.sign_in("shop", "lan").await;

    let orders = lan.ask("{ me { orders { nodes { total { amount currency } items { sku title quantity unitPrice { amount currency } } } } } }").await;

    let price = |amount: &str| json!({ "amount": amount, "currency": "CNY" });
    let expected = json!([{ "total": price("90071992547409.93"), "items": [
        { "sku": "A-1", "title": "龙井 🍵", "quantity": "3", "unitPrice": price("0.10") },
        { "sku": null, "title": "Cup", "quantity": "1", "unitPrice": price("-2.50") },
        { "sku": null, "title": "Apples, weighed", "quantity": "1.5", "unitPrice": price("3.3333") },
        { "sku": null, "title": "Saffron", "quantity": "0.000001", "unitPrice": price("33.33333333") },
        { "sku": null, "title": "Cherries", "quantity": "2147483647.999999", "unitPrice": price("0.00") },
    ] }]);
    assert_eq!(orders.data()["me"]["orders"]["nodes"], expected);
}

async fn another_persons_orders_are_not_found_in_any_way(server: Server) {
    let company = Company::open(server).await;
    let lan = seven(&company).await;
    let wei = company.sign_in("shop", "wei").await;
    let first = lan.ask("{ me { id orders(first: 1) { nodes { id } } } }").await;
    let order_id = &first.data()["me"]["orders"]["nodes"][0]["id"];

    for union_id in [union_id(&company, "lan").as_str(), "oUnknown", "", "null"] {
        let refused = wei.send(LIST, json!({ "unionId": union_id })).await;
        assert_eq!(refused.code(), "NOT_FOUND", "{union_id}");
    }
    let node = "query ($id: ID!) { node(id: $id) { id } }";
    for id in [order_id, &first.data()["me"]["id"]] {
        assert_eq!(wei.send(node, json!({ "id": id })).await.data()["node"], Value::Null);
        assert_eq!(lan.send(node, json!({ "id": id })).await.data()["node"]["id"], *id);
    }
    let anonymous = company.client().send(LIST, json!({ "unionId": union_id(&company, "lan") })).await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
}

async fn a_service_token_reads_with_its_scope_only(server: Server) {
    let company = Company::open(server).await;
    seven(&company).await;
    let variables = json!({ "unionId": union_id(&company, "lan") });

    let reader = company.system(&[ServiceScope::OrdersRead]).await;
    let writer = shop_system(&company).await;

    let read = reader.send(LIST, variables.clone()).await;
    assert_eq!(read.data()["ordersByUnionId"]["totalCount"], 7);
    assert_eq!(writer.send(LIST, variables).await.code(), "FORBIDDEN");
    assert_eq!(reader.send(RECORD, json!({ "input": [] })).await.code(), "FORBIDDEN");
    let lan = company.sign_in("shop", "lan").await.ask("{ me { id } }").await;
    let through_node = "query ($id: ID!) { node(id: $id) { ... on User { nickname orders { totalCount } } } }";
    let people = company.system(&[ServiceScope::UsersRead]).await;
    let refused = people.send(through_node, json!({ "id": lan.data()["me"]["id"] })).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    assert_eq!(company.client().send(RECORD, json!({ "input": [] })).await.code(), "UNAUTHENTICATED");
}

async fn a_merge_rewrites_no_order(server: Server) {
    let company = Company::open(server).await;
    let lan = seven(&company).await;
    let query = "{ me { orders { nodes { id orderNo app openId placedAt } } } }";
    let before = lan.ask(query).await;
    let text = api::usecase::import::UserText {
        external_id: "C-1001".to_owned(),
        phone: Some("13800000001".to_owned()),
        ..api::usecase::import::UserText::default()
    };
    let service = company.app.service();
    let user = api::usecase::import::read_user(service, &text).expect("an account");
    assert_eq!(
        api::usecase::import::import_users(service, &[user]).await.expect("an import"),
        [api::usecase::import::Outcome::Created]
    );
    lan.send_code("13800000001").await.data();

    let bound = lan.bind("13800000001", &company.sms("+8613800000001").await).await;

    assert_eq!(bound.data()["bindPhone"]["merged"], true);
    assert_eq!(lan.ask(query).await.data(), before.data());
}
