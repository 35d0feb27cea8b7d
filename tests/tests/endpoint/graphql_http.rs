//! GraphQL over HTTP beyond the published audits (`make test-http`): methods, media types, the parameters of a GET.
//! <https://graphql.github.io/graphql-over-http/draft/>

use acceptance::{Answer, Company, Server};
use reqwest::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use reqwest::{Client, Method, Response, Url};
use serde_json::{Value, json};

const RESPONSE: &str = "application/graphql-response+json";

async fn company() -> Company {
    Company::open(Server::Sqlite).await
}

fn client() -> Client {
    Client::builder().build().expect("a client")
}

async fn get(company: &Company, query: &[(&str, &str)]) -> Response {
    let mut url = Url::parse(&format!("{}/graphql", company.url)).expect("an address");
    url.query_pairs_mut().extend_pairs(query);
    client().get(url).header(ACCEPT, RESPONSE).send().await.expect("an answer")
}

fn header(answer: &Response, name: reqwest::header::HeaderName) -> Vec<String> {
    answer.headers().get_all(name).iter().map(|value| value.to_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn another_method_is_told_which_there_are() {
    let company = company().await;

    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let request = client().request(method.clone(), format!("{}/graphql", company.url));
        let answer = request.header(CONTENT_TYPE, "application/json").body("{}").send().await.expect("an answer");

        assert_eq!((answer.status().as_u16(), header(&answer, ALLOW)), (405, vec!["GET, HEAD, POST".to_owned()]));
        assert_eq!(Answer(answer.json().await.expect("JSON")).code(), "INVALID_QUERY", "{method}");
    }
}

#[tokio::test]
async fn the_answer_has_the_media_type_that_the_client_prefers() {
    let company = company().await;

    for (accept, status, kind) in [
        ("application/json;q=0.4, application/graphql-response+json;q=0.5", 200, RESPONSE),
        ("application/graphql-response+json;q=0.4, application/json;q=0.5", 200, "application/json"),
        ("text/html, */*;q=0.1", 200, "application/json"),
        ("text/html", 406, "application/json"),
    ] {
        let request = client().post(format!("{}/graphql", company.url)).header(ACCEPT, accept);
        let answer = request.json(&json!({ "query": "{ __typename }" })).send().await.expect("an answer");

        assert_eq!(
            (answer.status().as_u16(), header(&answer, CONTENT_TYPE)),
            (status, vec![kind.to_owned()]),
            "{accept}"
        );
        assert_eq!(header(&answer, CACHE_CONTROL), ["no-store"]);
    }
}

#[tokio::test]
async fn a_mutation_by_get_is_a_method_that_is_not_allowed() {
    let company = company().await;

    for query in ["mutation { logout }", "mutation { __typename }", "query A { __typename } mutation B { logout }"] {
        let answer = get(&company, &[("query", query)]).await;

        assert_eq!(answer.status().as_u16(), 405, "{query}");
        let answer: Value = answer.json().await.expect("JSON");
        assert_eq!(answer["errors"][0]["extensions"]["detail"], "a mutation needs POST", "{query}");
    }
}

#[tokio::test]
async fn tokens_never_travel_in_a_get() {
    let company = company().await;
    let preview = "query ($token: String!) { mergePreview(token: $token) { merged { id } } }";
    let hidden = "{ ...F } fragment F on Query { ... { a: mergePreview(token: \"gym_x\") { merged { id } } } }";

    for query in [preview, hidden] {
        let answer = get(&company, &[("query", query), ("variables", r#"{"token":"gym_x"}"#)]).await;

        assert_eq!(answer.status().as_u16(), 400, "{query}");
        let answer: Value = answer.json().await.expect("JSON");
        assert_eq!(answer["errors"][0]["extensions"]["detail"], "`token` is a secret and needs POST", "{query}");
    }
}

#[tokio::test]
async fn the_variables_and_extensions_of_a_get_are_objects() {
    let company = company().await;

    for (name, text) in [("variables", "[]"), ("variables", "{"), ("variables", "\"x\""), ("extensions", "[1]")] {
        let answer = get(&company, &[("query", "{ __typename }"), (name, text)]).await;

        assert_eq!(answer.status().as_u16(), 400, "{name}={text}");
    }
    let twice = get(&company, &[("query", "{ __typename }"), ("query", "{ me { id } }")]).await;
    assert_eq!(twice.status().as_u16(), 400);
}

#[tokio::test]
async fn an_undeclared_directive_is_refused_wherever_it_stands() {
    let company = company().await;

    for query in [
        "query @nope { me { id } }",
        "{ me @nope { id } }",
        "{ __typename @nope }",
        "{ ... @nope { me { id } } }",
        "{ ...F @nope } fragment F on Query { me { id } }",
        "{ ...F } fragment F on Query @nope { me { id } }",
        "query ($a: Boolean! @nope) { me @skip(if: $a) { id } }",
    ] {
        let answer = company.client().send(query, json!({ "a": false })).await;

        assert_eq!(answer.code(), "INVALID_QUERY", "{query}: {answer:?}");
    }
}

#[tokio::test]
async fn a_request_id_of_a_safe_form_is_kept_and_any_other_is_replaced() {
    let company = company().await;
    let longest = "a".repeat(128);
    let kept = async |ids: &[&str]| {
        let request = client().get(format!("{}/healthz", company.url));
        let request = ids.iter().fold(request, |request, id| request.header("x-request-id", *id));
        let answer = request.send().await.expect("an answer");
        let given = header(&answer, reqwest::header::HeaderName::from_static("x-request-id"));
        assert_eq!(given.len(), 1, "{ids:?}: {given:?}");
        assert!((1..=128).contains(&given[0].len()), "{given:?}");
        ids.contains(&given[0].as_str())
    };

    for id in ["7", "5f3c-A_b.c", &longest] {
        assert!(kept(&[id]).await, "{id}");
    }
    for id in [&format!("{longest}a"), "", "a b", "a\"b", "a;b", "<a>", "a\tb", "{}"] {
        assert!(!kept(&[id]).await, "{id}");
    }
    assert!(!kept(&["one", "two"]).await);
}

#[tokio::test]
async fn a_field_that_fails_is_null_and_its_siblings_are_answered() {
    let company = company().await;
    let lan = company.sign_in("shop", "lan").await;
    let query = "{
        me { before: phoneBound orders(first: 0) { totalCount } linkHistory(after: \"x\") { nodes { id } } after: phoneBound }
        ordersByUnionId(unionId: \"no such one\") { totalCount }
        conflicts { nodes { id } }
        jsSdkConfig(app: \"nowhere\", url: \"https://shop.example.com/\") { signature }
        apps { name }
    }";

    let answer = lan.ask(query).await.0;

    let mut data = answer["data"].clone();
    assert_eq!(data["apps"].take().as_array().map(Vec::len), Some(6));
    let me = json!({ "before": false, "orders": null, "linkHistory": null, "after": false });
    let expected = json!({ "me": me, "ordersByUnionId": null, "conflicts": null, "jsSdkConfig": null, "apps": null });
    assert_eq!(data, expected);
    let errors = answer["errors"].as_array().expect("errors");
    let mut failed: Vec<String> =
        errors.iter().map(|error| format!("{} {}", error["path"], error["extensions"]["code"])).collect();
    failed.sort();
    let expected = [
        r#"["conflicts"] "FORBIDDEN""#,
        r#"["jsSdkConfig"] "UNKNOWN_APP""#,
        r#"["me","linkHistory"] "INVALID_CURSOR""#,
        r#"["me","orders"] "INVALID_PAGE""#,
        r#"["ordersByUnionId"] "NOT_FOUND""#,
    ];
    assert_eq!(failed, expected);
}

#[tokio::test]
async fn a_refused_token_does_not_hide_public_fields() {
    let company = company().await;
    let mut client = company.client();
    client.bearer = Some("gys_unknown".to_owned());

    let answer = client.ask("{ me { id } apps { name } }").await.0;

    assert_eq!(answer["data"]["me"], Value::Null);
    assert_eq!(answer["data"]["apps"].as_array().map(Vec::len), Some(6));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}
