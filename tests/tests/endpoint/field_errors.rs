//! Responses with errors, and the order of their fields, as the GraphQL specification requires (6.4.4, 7.1.7, 7.2.2):
//! tests the whole service, byte by byte. The specification's own examples are in `api::graphql::field_errors`.

use acceptance::{Company, Server, on_every_database};
use domain::ServiceScope;
use serde_json::{Value, json};

on_every_database!(
    a_field_that_fails_is_null_and_the_others_are_answered,
    a_mutation_that_fails_has_no_data,
    a_page_whose_argument_cannot_be_read_fails_alone,
    fields_are_answered_in_the_order_of_the_document,
);

/// Returns the response as text: a JSON value would sort its keys.
async fn text(company: &Company, token: Option<&str>, query: &str, variables: Value) -> String {
    let http = reqwest::Client::builder().build().expect("an HTTP client");
    let request = http.post(format!("{}/graphql", company.url));
    let request = request.json(&json!({ "query": query, "variables": variables }));
    let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
    request.send().await.expect("the API answers").text().await.expect("text")
}

/// Returns the data as text, and the errors without what belongs to Guiyi.
fn read(text: &str) -> (String, Vec<Value>) {
    let (_, data) = text.split_once("\"data\":").unwrap_or_else(|| panic!("no data in {text}"));
    let mut answer: Value = serde_json::from_str(text).expect("JSON");
    let mut errors = answer["errors"].take();
    let errors = errors.as_array_mut().map(std::mem::take).unwrap_or_default().into_iter().map(
        |error| json!({ "path": error["path"], "locations": error["locations"], "code": error["extensions"]["code"] }),
    );
    (data.strip_suffix('}').expect("an object").to_owned(), errors.collect())
}

fn error(path: &Value, (line, column): (usize, usize), code: &str) -> Value {
    json!({ "path": path, "locations": [{ "line": line, "column": column }], "code": code })
}

async fn a_field_that_fails_is_null_and_the_others_are_answered(server: Server) {
    let company = Company::open(server).await;
    let query = "{
  first: sessions { id }
  apps { name }
  second: user(id: \"usr_1\") { id }
  me { id }
  sessions { device }
  sessions { id }
}";

    let (data, errors) = read(&text(&company, None, query, json!({})).await);

    let apps: Vec<_> = ["shop", "club", "outlet", "site", "app", "mini"].map(|app| json!({ "name": app })).to_vec();
    let apps = serde_json::to_string(&apps).expect("JSON");
    assert_eq!(data, format!(r#"{{"first":null,"apps":{apps},"second":null,"me":null,"sessions":null}}"#));
    let expected = [("first", (2, 3)), ("second", (4, 3)), ("sessions", (6, 3))];
    let expected = expected.map(|(field, at)| error(&json!([field]), at, "UNAUTHENTICATED"));
    assert_eq!(errors, expected);
}

async fn a_mutation_that_fails_has_no_data(server: Server) {
    let company = Company::open(server).await;
    let query = "mutation ($code: String!) {\n  it: bindPhone(phone: \"13800000001\", code: $code) { user { id } } }";

    let (data, errors) = read(&text(&company, None, query, json!({ "code": "123456" })).await);

    assert_eq!(data, "null");
    assert_eq!(errors, [error(&json!(["it"]), (2, 3), "UNAUTHENTICATED")]);
}

async fn a_page_whose_argument_cannot_be_read_fails_alone(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let query = "query ($from: DateTime, $after: String) { me {
  nickname
  bad: orders(filter: { placedFrom: $from }) { totalCount }
  orders(after: $after) { totalCount }
  phoneBound
} }";
    let variables = json!({ "from": "yesterday", "after": "nonsense" });

    let (data, errors) = read(&text(&company, lan.bearer.as_deref(), query, variables).await);

    assert_eq!(data, r#"{"me":{"nickname":"兰心🌿","bad":null,"orders":null,"phoneBound":false}}"#);
    let paths: Vec<_> = errors.iter().map(|error| (error["path"].clone(), error["code"].clone())).collect();
    let expected = [(json!(["me", "orders"]), json!("INVALID_CURSOR")), (json!(["me", "bad"]), json!("INVALID_QUERY"))];
    assert!(expected.iter().all(|one| paths.contains(one)) && paths.len() == 2, "{errors:?}");
    // The location is that of the invalid argument, the path that of the failing field.
    assert!(errors.iter().all(|error| error["locations"][0]["line"].as_u64() > Some(2)), "{errors:?}");
}

async fn fields_are_answered_in_the_order_of_the_document(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let order = json!([{
        "app": "shop", "orderNo": "S-1", "openId": company.sandbox.open_id("shop", "lan"), "status": "PAID",
        "placedAt": "2025-10-01T08:00:00Z", "total": { "amount": "1.00", "currency": "CNY" },
    }]);
    company.system(&[ServiceScope::OrdersWrite]).await.record(order).await;
    let query = "{ me {
        orders { totalCount nodes { items { title } total { currency amount } orderNo } }
        z: linkHistory { nodes { rule actor } }
        nickname
        ...Keys
        a: phoneBound
    } }
    fragment Keys on User { unionIds { scope } openIds { app } nickname }";

    for _ in 0..5 {
        let (data, errors) = read(&text(&company, lan.bearer.as_deref(), query, json!({})).await);

        let order = r#"{"items":[],"total":{"currency":"CNY","amount":"1.00"},"orderNo":"S-1"}"#;
        let expected = format!(
            r#"{{"me":{{"orders":{{"totalCount":1,"nodes":[{order}]}},"z":{{"nodes":[{{"rule":"R3","actor":"PERSON"}}]}},"nickname":"兰心🌿","unionIds":[{{"scope":"hemu"}}],"openIds":[{{"app":"shop"}}],"a":false}}}}"#
        );
        assert_eq!((data, errors), (expected, Vec::<Value>::new()));
    }
}
