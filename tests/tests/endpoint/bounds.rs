//! Limits of one request: beyond them nothing is executed, and the refusal is short and has a code. See `cost` for the
//! cost of each field.

use std::path::Path;

use acceptance::{Answer, Client, Company, Server, on_every_database};
use domain::ServiceScope;
use serde_json::{Value, json};

on_every_database!(a_filter_that_names_things_again_and_again_asks_for_them_once);

async fn company() -> Company {
    Company::open(Server::Sqlite).await
}

/// Returns the answer to a request, and how many statements it ran in addition to authentication.
async fn ask(company: &Company, client: &Client, (query, variables): (&str, Value)) -> (Answer, u64) {
    // The first use of a service token is recorded.
    client.ask("{ __typename }").await;
    let before = company.app.service().statements();
    let answer = client.send(query, variables).await;
    let who = u64::from(client.bearer.is_some());
    (answer, company.app.service().statements() - before - who)
}

fn detail(answer: &Answer) -> &str {
    answer.0["errors"][0]["extensions"]["detail"].as_str().unwrap_or_default()
}

fn repeated(times: usize, field: impl Fn(usize) -> String) -> String {
    (0..times).map(field).collect()
}

#[tokio::test]
async fn an_operation_that_costs_too_much_is_refused_before_a_resolver_runs() {
    let company = company().await;
    let lan = company.sign_in("shop", "lan").await;
    let cut = "filter: { placedFrom: \"2026-05-01T10:00:00Z\" }";
    let counts =
        |n| format!("{{ me {{ {} }} }}", repeated(n, |at| format!("a{at}: orders(first: 1, {cut}) {{ totalCount }} ")));
    let pages = |n| format!("{{ me {{ {} }} }}", repeated(n, |at| format!("a{at}: orders {{ nodes {{ id }} }} ")));
    let nodes = |n| format!("{{ {} }}", repeated(n, |at| format!("a{at}: node(id: \"ord_{at:032x}\") {{ id }} ")));
    let apps = |n| format!("{{ apps {{ {} }} }}", repeated(n, |at| format!("a{at}: name ")));
    let items = "{ me { orders(first: 100) { edges { node { items { title } } } nodes { items { title } } } } }";

    for query in [counts(5), pages(30), nodes(70), items.to_owned()] {
        let (answer, statements) = ask(&company, &lan, (&query, Value::Null)).await;
        assert_eq!((answer.code(), statements), ("QUERY_TOO_COMPLEX", 0), "{query}");
        assert!(answer.0["errors"].as_array().is_some_and(|errors| errors.len() == 1), "{answer:?}");
    }
    for query in [counts(2), pages(10), nodes(40), apps(1_500)] {
        ask(&company, &lan, (&query, Value::Null)).await.0.data();
    }
}

#[tokio::test]
async fn the_refusal_says_what_the_operation_costs() {
    let company = Company::open_with(
        Server::Sqlite,
        toml::toml! { [graphql]
        max_complexity = 10 },
    )
    .await;

    let refused =
        company.client().ask("{ me { orders(first: 7, filter: { statuses: [PAID] }) { nodes { id } } } }").await;

    assert_eq!(refused.code(), "QUERY_TOO_COMPLEX");
    let cost = "380 points (3 statements, 0 scans, 7 rows, 10 values)";
    assert_eq!(detail(&refused), format!("the operation costs {cost}; at most 10 are allowed"));
}

#[tokio::test]
async fn a_large_variable_is_not_looked_at_again_and_again() {
    let company = company().await;
    let lan = company.sign_in("shop", "lan").await;
    let field = |at| format!("a{at}: orders(first: 1, filter: {{ statuses: $s }}) {{ totalCount }} ");
    let query = format!("query ($s: [OrderStatus!]) {{ me {{ {} }} }}", repeated(100, field));

    for (many, code) in [(4_000, "INVALID_INPUT"), (400, "QUERY_TOO_COMPLEX")] {
        let (answer, statements) = ask(&company, &lan, (&query, json!({ "s": vec!["PAID"; many] }))).await;
        assert_eq!((answer.code(), statements), (code, 0));
    }
}

#[tokio::test]
async fn a_list_that_is_too_long_is_refused_wherever_it_stands() {
    let company = company().await;
    let lan = company.sign_in("shop", "lan").await;
    let system = company.system(ServiceScope::ALL).await;
    let order = json!({ "app": "shop", "orderNo": "S1", "openId": "oLan", "status": "PAID",
        "total": { "amount": "1.00", "currency": "CNY" }, "placedAt": "2026-01-01T00:00:00Z" });
    let mut with_items = order.clone();
    with_items["items"] = vec![json!({ "title": "Cup", "quantity": 1, "unitPrice": "1" }); 1_001].into();
    let event = json!({ "app": "shop", "openId": "oLan", "kind": "REVOKED", "fields": vec!["NICKNAME"; 1_001],
        "at": "2026-01-01T00:00:00Z" });
    let choice = json!({ "field": "PHONE", "user": "usr_0" });
    let orders = "query ($f: OrderFilter) { me { orders(filter: $f) { nodes { id } } } }";

    for (client, query, variables) in [
        (&lan, orders, json!({ "f": { "statuses": vec!["PAID"; 8_000], "apps": ["shop", "club", "outlet"] } })),
        (&lan, orders, json!({ "f": { "apps": vec!["shop"; 1_001] } })),
        (
            &lan,
            "mutation ($keep: [MergeChoice!]!) { mergeUsers(token: \"x\", keep: $keep) { mergeId } }",
            json!({ "keep": vec![choice; 1_001] }),
        ),
        (
            &system,
            "query ($f: ConflictFilter!) { conflicts(filter: $f) { nodes { id } } }",
            json!({ "f": { "kind": vec!["TWO_ACCOUNTS"; 1_001] } }),
        ),
        (
            &system,
            "mutation ($input: PersonEventInput!) { recordPersonEvent(input: $input) { changed } }",
            json!({ "input": event }),
        ),
        (
            &system,
            "mutation ($input: [OrderInput!]!) { recordOrders(input: $input) { refused } }",
            json!({ "input": [with_items] }),
        ),
    ] {
        let (answer, statements) = ask(&company, client, (query, variables)).await;
        assert_eq!((answer.code(), statements), ("INVALID_INPUT", 0), "{query}");
        assert!(detail(&answer).starts_with("a list of "), "{answer:?}");
    }
    let query = "mutation ($input: [OrderInput!]!) { recordOrders(input: $input) { refused } }";
    let (answer, statements) = ask(&company, &system, (query, json!({ "input": vec![order.clone(); 1_001] }))).await;
    assert_eq!((answer.code(), statements), ("INVALID_INPUT", 0));
    system.record(json!(vec![order; 1_000])).await;
}

fn twice(times: usize, one: &'static str, other: &'static str) -> Vec<&'static str> {
    [one, other].repeat(times)
}

async fn a_filter_that_names_things_again_and_again_asks_for_them_once(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    for app in ["club", "outlet", "mini"] {
        company.sign_in(app, "lan").await;
    }
    let system = company.system(&[ServiceScope::OrdersWrite, ServiceScope::ConflictsRead]).await;
    let order = json!([{ "app": "shop", "orderNo": "S1", "openId": company.sandbox.open_id("shop", "lan"),
        "status": "PAID", "total": { "amount": "1.00", "currency": "CNY" }, "placedAt": "2026-01-01T00:00:00Z" }]);
    system.record(order).await;

    let filter = json!({ "statuses": twice(250, "PAID", "SHIPPED"), "apps": twice(250, "shop", "club") });
    let query = "query ($f: OrderFilter) { me { orders(filter: $f) { totalCount nodes { orderNo } } } }";
    let orders = lan.send(query, json!({ "f": filter })).await.data()["me"]["orders"].clone();
    let cases = "query ($f: ConflictFilter!) { conflicts(filter: $f) { nodes { id } } }";
    let filter = json!({ "kind": twice(250, "TWO_ACCOUNTS", "PHONE_OWNED") });
    let cases = system.send(cases, json!({ "f": filter })).await;

    assert_eq!(orders, json!({ "totalCount": 1, "nodes": [{ "orderNo": "S1" }] }));
    assert_eq!(cases.data()["conflicts"]["nodes"], json!([]));
}

#[tokio::test]
async fn an_answer_has_twenty_errors_at_most_and_says_how_many_more_there_were() {
    let company = company().await;

    let unknown = company.client().ask(&format!("{{ {} }}", repeated(1_000, |at| format!("unknown{at} ")))).await;
    let failing =
        format!("{{ {} }}", repeated(100, |at| format!("a{at}: jsSdkConfig(app: \"x\", url: \"x\") {{ url }} ")));
    let failing = company.client().ask(&failing).await;

    assert_eq!(unknown.0["errors"].as_array().map(Vec::len), Some(20));
    assert_eq!(unknown.0["errors"][19]["extensions"]["moreErrors"], 980);
    assert!(unknown.0.to_string().len() < 10_000, "{unknown:?}");
    assert!(failing.0["errors"].as_array().is_some_and(|errors| errors.len() <= 20), "{failing:?}");
}

#[tokio::test]
async fn an_error_quotes_no_more_than_a_line_of_what_was_sent() {
    let company = company().await;
    let long = "x".repeat(50_000);
    let uses = repeated(40, |at| format!("query Q{at} {{ ...F }} "));
    for query in [
        format!("{{ {long} }}"),
        format!("query {long} {{ me {{ id }} }} query B {{ me {{ id }} }}"),
        format!("{uses} fragment F on Query {{ node(id: ${long}) {{ id }} }}"),
        format!("{{ me {{ id(a: \"{long}\") }} }}"),
        format!("{{ node(id: {long}) {{ id }} }}"),
    ] {
        let answer = company.client().ask(&query).await;
        assert!(answer.0.to_string().len() < 20_000, "{}", answer.0.to_string().len());
        assert_eq!(answer.code(), "INVALID_QUERY");
    }
}

#[tokio::test]
async fn an_answer_is_not_made_large_by_its_aliases() {
    let company = company().await;
    let lan = company.sign_in("shop", "lan").await;

    let answer = lan.ask(&format!("{{ me {{ orders {{ nodes {{ {}: id }} }} }} }}", "a".repeat(60_000))).await;

    assert_eq!(answer.code(), "QUERY_TOO_COMPLEX");
}

#[tokio::test]
async fn introspection_answers_the_question_of_tools_and_does_not_multiply() {
    let company = company().await;
    // The introspection query of graphql.js 16 with all options, as GraphiQL and code generators send it.
    let nested = (0..9).fold(String::new(), |inner, _| format!(" ofType {{ name kind{inner} }}"));
    let tools = format!(
        "query IntrospectionQuery {{ __schema {{ description queryType {{ name kind }} mutationType {{ name kind }}
        subscriptionType {{ name kind }} types {{ ...FullType }}
        directives {{ name description isRepeatable locations args(includeDeprecated: true) {{ ...InputValue }} }} }} }}
        fragment FullType on __Type {{ kind name description specifiedByURL isOneOf
        fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) {{ ...InputValue }}
        type {{ ...TypeRef }} isDeprecated deprecationReason }}
        inputFields(includeDeprecated: true) {{ ...InputValue }} interfaces {{ ...TypeRef }}
        enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }}
        possibleTypes {{ ...TypeRef }} }}
        fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue isDeprecated
        deprecationReason }}
        fragment TypeRef on __Type {{ kind name{nested} }}"
    );
    let around = "possibleTypes { interfaces { ".repeat(3);
    let names = repeated(30, |at| format!("a{at}: name "));
    let deep = format!("{{ __type(name: \"Node\") {{ {around} fields {{ {names} }} {} }} }}", "} ".repeat(6));
    let wide = repeated(450, |at| format!("a{at}: name "));
    let long = repeated(30, |at| format!("{}{at}: name ", "a".repeat(120)));

    company.client().ask(&tools).await.data();
    for query in [
        deep,
        format!("{{ __schema {{ types {{ fields {{ {wide} }} }} }} }}"),
        format!("{{ __schema {{ types {{ {long} }} }} }}"),
    ] {
        assert_eq!(company.client().ask(&query).await.code(), "QUERY_TOO_COMPLEX", "{query}");
    }
}

#[tokio::test]
async fn a_long_alias_costs_what_it_adds_to_the_answer() {
    let company = company().await;
    let titles = repeated(68, |at| format!("{}{at}: title ", "a".repeat(125)));
    let apps = repeated(28, |at| format!("x{at}: apps {{ ...F }} "));

    let answer = company.client().ask(&format!("{{ {apps} }} fragment F on App {{ {titles} }}")).await;

    assert_eq!(answer.code(), "QUERY_TOO_COMPLEX");
}

#[tokio::test]
async fn directives_are_counted() {
    let company = company().await;

    let many = company.client().ask(&format!("{{ {} }}", "me @skip(if: true) { id } ".repeat(101))).await;
    let one = company.client().ask("{ __typename me @skip(if: true) { id } apps @include(if: false) { name } }").await;

    assert_eq!(many.code(), "QUERY_TOO_COMPLEX");
    assert_eq!(one.data(), &json!({ "__typename": "Query" }));
}

#[tokio::test]
async fn who_may_not_see_a_thing_does_not_make_the_database_look_for_it() {
    let company = company().await;
    let wei = company.sign_in("shop", "wei").await;
    let lan = company.sign_in("shop", "lan").await;
    let known = lan.ask("{ me { id } }").await.data()["me"]["id"].as_str().expect("an id").to_owned();
    let unknown = "usr_01900000000070008000000000000000".to_owned();
    let order = "ord_01900000000070008000000000000000".to_owned();
    let query = "query ($id: ID!) { node(id: $id) { id } }";
    let mut rejected = company.client();
    rejected.bearer = Some("gys_unknown".to_owned());

    for client in [company.client(), rejected, company.system(&[ServiceScope::UsersWrite]).await] {
        for id in [&known, &unknown, &order] {
            let (answer, statements) = ask(&company, &client, (query, json!({ "id": id }))).await;
            assert_eq!((&answer.data()["node"], statements), (&Value::Null, 0), "{id}");
        }
    }
    // A node of another account costs as much work as a missing one.
    let mut works = Vec::new();
    for id in [&known, &unknown] {
        let (answer, statements) = ask(&company, &wei, (query, json!({ "id": id }))).await;
        assert_eq!(answer.data()["node"], Value::Null);
        works.push(statements);
    }
    let by_union_id = "query ($id: String!) { ordersByUnionId(unionId: $id) { nodes { id } } }";
    for id in [company.sandbox.union_id("shop", "lan").expect("a unionId"), "oNobody000000000000000000000".to_owned()] {
        let (answer, statements) = ask(&company, &wei, (by_union_id, json!({ "id": id }))).await;
        assert_eq!(answer.code(), "NOT_FOUND");
        works.push(statements);
    }
    // A person's own unionIds are read with the caller.
    assert_eq!(works, [1, 1, 0, 0]);
}

/// Returns the documented operations, and those that the playground starts with.
fn operations() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root");
    let read = |path: &Path| std::fs::read_to_string(path).expect("a file");
    let mut documents = Vec::new();
    for page in ["README.md", "README.zh-CN.md", "docs/integrators.md", "docs/operations.md", "docs/wechat.md"] {
        let text = read(&root.join(page));
        let blocks = text.split("```graphql").skip(1).filter_map(|rest| rest.split("```").next());
        documents.extend(blocks.map(|block| (page.to_owned(), block.to_owned())));
    }
    for entry in std::fs::read_dir(root.join("web/playground/src/documents")).expect("a folder") {
        let path = entry.expect("an entry").path();
        documents.push((path.display().to_string(), read(&path)));
    }
    let mut operations: Vec<(String, String)> = Vec::new();
    for (place, document) in documents {
        for line in document.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            if line.starts_with("query") || line.starts_with("mutation") || line.starts_with('{') {
                operations.push((place.clone(), String::new()));
            }
            let (_, operation) = operations.last_mut().expect("a document begins with an operation");
            operation.push_str(line);
            operation.push('\n');
        }
    }
    operations
}

#[tokio::test]
async fn the_operations_of_the_readme_and_of_the_playground_are_let_in() {
    let company = company().await;
    let operations = operations();
    assert!(operations.len() > 10, "{operations:?}");

    for (place, operation) in operations {
        let answer = company.client().ask(&operation).await;
        let refused = ["INVALID_QUERY", "QUERY_TOO_COMPLEX"].iter().any(|code| answer.0.to_string().contains(code));
        assert!(!refused || operation.contains('$'), "{place}: {operation} {answer:?}");
        assert!(!answer.0.to_string().contains("QUERY_TOO_COMPLEX"), "{place}: {operation} {answer:?}");
    }
}
