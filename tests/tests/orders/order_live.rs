//! Changes of orders are sent to open sockets: to those of the order's person and of systems, across replicas, and to
//! no others.

use std::time::Duration;

use acceptance::socket::{Received, Socket};
use acceptance::{Client, Company, Server, on_every_database};
use domain::ServiceScope;
use serde_json::{Value, json};

on_every_database!(
    a_person_is_told_each_change_of_an_order_whichever_replica_records_it,
    a_system_follows_the_person_with_a_union_id,
    an_order_that_goes_to_another_person_is_not_shown_to_the_former_one,
    many_changes_at_once_are_one_event_to_read_the_list_again,
    who_may_not_read_the_orders_may_not_follow_them,
    a_socket_ends_with_its_session_or_its_token_and_tells_nothing_afterwards,
    a_merge_changes_whose_orders_are_told,
);

const MINE: &str = "subscription { orderChanged { order { orderNo status openId items { title } } } }";
const OF_UNION_ID: &str =
    "subscription ($unionId: String!) { orderChanged(unionId: $unionId) { order { orderNo status } } }";

fn order(company: &Company, app: &str, person: &str, (number, status): (&str, &str)) -> Value {
    json!({
        "app": app, "orderNo": number, "openId": company.sandbox.open_id(app, person), "status": status,
        "total": { "amount": "10.00", "currency": "CNY" }, "placedAt": "2026-05-01T10:00:00Z",
        "items": [{ "title": "茶", "quantity": 1, "unitPrice": "10.00" }],
    })
}

async fn shop(company: &Company) -> Client {
    company.system(&[ServiceScope::OrdersWrite]).await
}

/// Opens a socket, subscribes, and receives the first event, which has no order.
async fn follow(url: &str, client: &Client, query: &str, variables: Value) -> Socket {
    let (mut socket, told) = Socket::begin(url, client.bearer.as_deref()).await;
    assert_eq!(told.ty(), "connection_ack");
    socket.subscribe("1", query, variables).await;
    assert_eq!(changed(&socket.next().await), &Value::Null);
    socket
}

/// Returns the order of an event.
fn changed(told: &Received) -> &Value {
    assert_eq!(told.ty(), "next", "{told:?}");
    &told.payload()["data"]["orderChanged"]["order"]
}

/// Expects no event for longer than a change takes to arrive.
async fn nothing(socket: &mut Socket) {
    assert_eq!(socket.next_within(Duration::from_secs(2)).await, None);
}

async fn a_person_is_told_each_change_of_an_order_whichever_replica_records_it(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let wei = company.sign_in("shop", "wei").await;
    let elsewhere = company.replica().await;
    let mut here = follow(&company.url, &lan, MINE, json!({})).await;
    let mut there = follow(elsewhere.origin(), &lan, MINE, json!({})).await;
    let mut of_wei = follow(&company.url, &wei, MINE, json!({})).await;
    let (shop, other_shop) = (shop(&company).await, elsewhere.acting_as(&shop(&company).await));

    shop.record(json!([order(&company, "shop", "lan", ("L-1", "PAID"))])).await;
    let open_id = company.sandbox.open_id("shop", "lan");
    let told = json!({ "orderNo": "L-1", "status": "PAID", "openId": open_id, "items": [{ "title": "茶" }] });
    assert_eq!((changed(&here.next().await), changed(&there.next().await)), (&told, &told));
    // Unchanged, and then changed by the other replica.
    shop.record(json!([order(&company, "shop", "lan", ("L-1", "PAID"))])).await;
    other_shop.record(json!([order(&company, "shop", "lan", ("L-1", "SHIPPED"))])).await;
    for socket in [&mut here, &mut there] {
        assert_eq!(changed(&socket.next().await)["status"], "SHIPPED");
    }
    // An openId of another app, which is added to the account later.
    company.sign_in("club", "lan").await;
    other_shop.record(json!([order(&company, "club", "lan", ("C-1", "PAID"))])).await;
    for socket in [&mut here, &mut there] {
        assert_eq!(changed(&socket.next().await)["orderNo"], "C-1");
    }

    nothing(&mut of_wei).await;
    nothing(&mut here).await;
}

async fn a_system_follows_the_person_with_a_union_id(server: Server) {
    let company = Company::open(server).await;
    company.sign_in("shop", "lan").await;
    let crm = company.system(&[ServiceScope::OrdersRead]).await;
    let union_id = company.sandbox.union_id("shop", "lan").expect("a unionId");
    let mut socket = follow(&company.url, &crm, OF_UNION_ID, json!({ "unionId": union_id })).await;

    shop(&company)
        .await
        .record(json!([
            order(&company, "shop", "wei", ("W-1", "PAID")),
            order(&company, "shop", "lan", ("L-1", "PAID")),
        ]))
        .await;

    assert_eq!(changed(&socket.next().await), &json!({ "orderNo": "L-1", "status": "PAID" }));
    nothing(&mut socket).await;
}

async fn an_order_that_goes_to_another_person_is_not_shown_to_the_former_one(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let wei = company.sign_in("shop", "wei").await;
    shop(&company).await.record(json!([order(&company, "shop", "lan", ("L-1", "PAID"))])).await;
    let mut of_lan = follow(&company.url, &lan, MINE, json!({})).await;
    let mut of_wei = follow(&company.url, &wei, MINE, json!({})).await;
    let agent = company.system(&[ServiceScope::UsersManage]).await;
    let correct = "mutation ($input: CorrectOrderInput!) { correctOrder(input: $input) { changed order { openId } } }";
    let to = company.sandbox.open_id("shop", "wei");
    let input = json!({ "app": "shop", "orderNo": "L-1", "openId": to, "reason": "the wrong code was scanned" });

    let corrected = agent.send(correct, json!({ "input": input })).await;
    assert_eq!(corrected.data()["correctOrder"], json!({ "changed": true, "order": { "openId": to } }));

    assert_eq!(changed(&of_lan.next().await), &Value::Null);
    assert_eq!(changed(&of_wei.next().await)["orderNo"], "L-1");
    nothing(&mut of_lan).await;
}

async fn many_changes_at_once_are_one_event_to_read_the_list_again(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let mut socket = follow(&company.url, &lan, MINE, json!({})).await;
    let many: Vec<Value> = (0..60).map(|n| order(&company, "shop", "lan", (&format!("L-{n}"), "PAID"))).collect();

    shop(&company).await.record(json!(many)).await;

    assert_eq!(changed(&socket.next().await), &Value::Null);
    nothing(&mut socket).await;
}

async fn who_may_not_read_the_orders_may_not_follow_them(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    company.sign_in("shop", "wei").await;
    let [of_lan, of_wei] = ["lan", "wei"].map(|person| company.sandbox.union_id("shop", person).expect("a unionId"));
    let crm = company.system(&[ServiceScope::OrdersRead]).await;
    let refused = async |client: &Client, query: &str, variables: Value| {
        let (mut socket, told) = Socket::begin(&company.url, client.bearer.as_deref()).await;
        assert_eq!(told.ty(), "connection_ack");
        socket.subscribe("1", query, variables).await;
        let told = socket.next().await;
        assert_eq!(told.ty(), "error", "{told:?}");
        told.payload()[0]["extensions"]["code"].as_str().expect("a code").to_owned()
    };

    assert_eq!(refused(&company.client(), MINE, json!({})).await, "UNAUTHENTICATED");
    assert_eq!(refused(&company.client(), OF_UNION_ID, json!({ "unionId": of_lan })).await, "UNAUTHENTICATED");
    assert_eq!(refused(&lan, OF_UNION_ID, json!({ "unionId": of_wei })).await, "NOT_FOUND");
    assert_eq!(refused(&crm, OF_UNION_ID, json!({ "unionId": "nobody" })).await, "NOT_FOUND");
    assert_eq!(refused(&crm, MINE, json!({})).await, "FORBIDDEN");
    let writer = company.system(&[ServiceScope::OrdersWrite]).await;
    let (_, told) = Socket::begin(&company.url, writer.bearer.as_deref()).await;
    assert_eq!(told, Received::Closed(4403, "The service token lacks orders:read".to_owned()));
    follow(&company.url, &lan, OF_UNION_ID, json!({ "unionId": of_lan })).await;
}

async fn a_socket_ends_with_its_session_or_its_token_and_tells_nothing_afterwards(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let crm = company.system(&[ServiceScope::OrdersRead]).await;
    let admin = company.system(&[ServiceScope::TokensWrite, ServiceScope::TokensRead]).await;
    let union_id = company.sandbox.union_id("shop", "lan").expect("a unionId");
    let mut of_lan = follow(&company.url, &lan, MINE, json!({})).await;
    let mut of_crm = follow(&company.url, &crm, OF_UNION_ID, json!({ "unionId": union_id })).await;
    let tokens = admin.ask("{ serviceTokens(first: 100) { nodes { id scopes } } }").await;
    let tokens = tokens.data()["serviceTokens"]["nodes"].as_array().expect("tokens").clone();
    let id = tokens.iter().find(|token| token["scopes"] == json!(["ORDERS_READ"])).expect("the token")["id"].clone();

    lan.ask("mutation { logoutEverywhere }").await.data();
    let revoke = "mutation ($id: ID!) { revokeServiceToken(id: $id, reason: \"stolen\") { revokedIds } }";
    admin.send(revoke, json!({ "id": id })).await.data();

    assert_eq!(of_lan.next().await, Received::Closed(4403, "The session has ended".to_owned()));
    let invalid = "The service token has expired or was revoked";
    assert_eq!(of_crm.next().await, Received::Closed(4403, invalid.to_owned()));
}

async fn a_merge_changes_whose_orders_are_told(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    // An account without a unionId, so that it can be merged.
    let mut xue = company.client();
    let code = company.code_for("club", "xue", "snsapi_base").await;
    xue.carry(&xue.log_in(&code, "club").await.data()["wechatLogin"]);
    let [lan_id, xue_id] = [lan.id().await, xue.id().await];
    let mut of_lan = follow(&company.url, &lan, MINE, json!({})).await;
    let agent = company.system(domain::ServiceScope::ALL).await;
    let merge = "mutation ($user: ID!, $other: ID!) { mergePeople(user: $user, other: $other, survivor: $user, \
        reason: \"one person\") { survivorId mergeId } }";

    agent.send(merge, json!({ "user": lan_id, "other": xue_id })).await.data();
    shop(&company).await.record(json!([order(&company, "club", "xue", ("X-1", "PAID"))])).await;

    assert_eq!(changed(&of_lan.next().await)["orderNo"], "X-1");
}
