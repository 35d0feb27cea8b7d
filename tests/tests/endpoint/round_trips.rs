//! How often the paths that every client uses wait for the database. Statements, `BEGIN`, `COMMIT`, savepoints and
//! pings count. Preparing a statement does not, because a connection prepares each statement once.

use acceptance::{Client, Company, Server, VERIFIER, on_every_database};
use domain::ServiceScope;
use serde_json::{Value, json};

on_every_database!(
    me_is_one_round_trip,
    a_page_of_orders_is_two_round_trips_and_its_items_a_third,
    a_login_of_a_known_person_has_a_budget,
    a_login_of_a_new_person_has_a_budget,
    a_refresh_has_a_budget,
);

/// Asks twice, and returns the count of the second request: the first one may load keys.
async fn of(company: &Company, client: &Client, document: &str) -> (u64, Value) {
    client.ask(document).await.data();
    let before = company.app.service().round_trips();
    let answer = client.ask(document).await;
    (company.app.service().round_trips() - before, answer.data().clone())
}

async fn me_is_one_round_trip(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;

    let (trips, answer) = of(&company, &lan, "{ me { id nickname phone } }").await;
    let (with_keys, keys) =
        of(&company, &lan, "{ me { id phone openIds { app openId unionId } unionIds { scope unionId } } }").await;

    assert_eq!((trips, with_keys), (1, 1));
    assert_eq!(answer["me"]["id"], keys["me"]["id"]);
    assert_eq!(keys["me"]["openIds"].as_array().map(Vec::len), Some(1));
    assert_eq!(keys["me"]["unionIds"][0]["unionId"], keys["me"]["openIds"][0]["unionId"]);
}

async fn a_page_of_orders_is_two_round_trips_and_its_items_a_third(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let order = json!({
        "app": "shop", "orderNo": "S-1", "openId": company.sandbox.open_id("shop", "lan"), "status": "PAID",
        "total": { "amount": "10.00", "currency": "CNY" }, "placedAt": "2026-05-01T10:00:00Z",
        "items": [{ "title": "tea", "quantity": 1, "unitPrice": "10.00" }],
    });
    company.system(&[ServiceScope::OrdersWrite]).await.record(json!([order])).await;

    let union_id = company.sandbox.union_id("shop", "lan").expect("a unionId");
    let by_union_id = format!("{{ ordersByUnionId(unionId: \"{union_id}\") {{ nodes {{ orderNo }} }} }}");
    let (of_me, _) = of(&company, &lan, "{ me { orders(first: 20) { nodes { orderNo } } } }").await;
    let (of_union_id, found) = of(&company, &lan, &by_union_id).await;
    let (with_items, answer) =
        of(&company, &lan, "{ me { orders(first: 20) { nodes { orderNo items { title } } } } }").await;
    let (with_sums, sums) =
        of(&company, &lan, "{ me { orders { totalCount totals { gross { amount } } nodes { orderNo } } } }").await;

    // The caller with the openIds and unionIds, the orders; their lines; the sums.
    assert_eq!((of_me, of_union_id, with_items, with_sums), (2, 2, 3, 3));
    assert_eq!(found["ordersByUnionId"]["nodes"][0]["orderNo"], "S-1");
    assert_eq!(answer["me"]["orders"]["nodes"][0]["items"][0]["title"], "tea");
    assert_eq!(sums["me"]["orders"]["totalCount"], 1);
}

/// Returns the settings without and with events. An event costs a round trip only where deferred writes are sent one by
/// one.
fn with_events(server: Server) -> [(toml::Table, u64); 2] {
    let feed = toml::toml! { events = { feed = true } };
    [(toml::Table::new(), 0), (feed, u64::from(server != Server::Postgres))]
}

async fn a_login_of_a_known_person_has_a_budget(server: Server) {
    for (settings, events) in with_events(server) {
        a_login_of_a_known_person(server, settings, events).await;
    }
}

async fn a_login_of_a_known_person(server: Server, settings: toml::Table, events: u64) {
    let company = Company::open_with(server, settings).await;
    let mut client = company.client();
    let mut trips = Vec::new();
    for _ in 0..4 {
        let code = company.code("shop", "lan").await;
        let state = client.begin("shop").await.expect("a begun login");
        let before = company.app.service().round_trips();
        let input = json!({ "code": code, "app": "shop", "state": state, "codeVerifier": VERIFIER, "deviceToken": client.device });
        let login = client.log_in_with(&input).await;
        trips.push(company.app.service().round_trips() - before);
        // A page that logs in has no access token, which would be looked up.
        client.device = login.data()["login"]["deviceToken"].as_str().map(str::to_owned);
    }

    // The state. The claim of the code: BEGIN, three writes, COMMIT. The login: BEGIN, one read of the account, four
    // writes, COMMIT. PostgreSQL gets the writes of a transaction in one statement; MariaDB needs one more statement,
    // for the account's lock.
    let expected = match server {
        Server::Postgres => 8,
        Server::Sqlite => 13,
        Server::MariaDb => 14,
    };
    // The first login creates the person. A statement is sent again if the server refused it because it closed the
    // connection, so one of the others may take one more.
    assert_eq!(trips[1..].iter().min(), Some(&(expected + events)), "{trips:?}");
}

async fn a_login_of_a_new_person_has_a_budget(server: Server) {
    for (settings, events) in with_events(server) {
        // The account and the login are two events, in one insert.
        a_login_of_a_new_person(server, settings, events).await;
    }
}

async fn a_login_of_a_new_person(server: Server, settings: toml::Table, events: u64) {
    let company = Company::open_with(server, settings).await;
    company.client().log_in(&company.code("shop", "lan").await, "shop").await.data();
    let code = company.code("shop", "wei").await;
    let client = company.client();
    let state = client.begin("shop").await.expect("a begun login");
    let before = company.app.service().round_trips();
    let input = json!({ "code": code, "app": "shop", "state": state, "codeVerifier": VERIFIER });

    let login = client.log_in_with(&input).await;

    assert_eq!(login.data()["login"]["isNewUser"], true);
    // As above; three reads of the keys instead of one; the rows of a new person, on which the other writes depend; the
    // account.
    let expected = match server {
        Server::Postgres => 12,
        Server::Sqlite | Server::MariaDb => 20,
    };
    assert_eq!(company.app.service().round_trips() - before, expected + events);
}

async fn a_refresh_has_a_budget(server: Server) {
    let company = Company::open(server).await;
    let client = company.client();
    let login = client.log_in(&company.code("shop", "lan").await, "shop").await;
    let token = login.data()["wechatLogin"]["refreshToken"].clone();
    let before = company.app.service().round_trips();

    let query = "mutation ($token: String!) { refreshSession(refreshToken: $token) { accessToken } }";
    client.send(query, json!({ "token": token })).await.data();

    // BEGIN, one update that returns the session, COMMIT. MariaDB does not return updated rows.
    let expected = if server == Server::MariaDb { 4 } else { 3 };
    assert_eq!(company.app.service().round_trips() - before, expected);
}
