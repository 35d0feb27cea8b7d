//! Responses to invalid input: an error code of the list, advice, and no partial write. The sandbox simulates upstream
//! failures.

use acceptance::{Answer, Client, Company, Server, weakened};
use api::usecase::import::UserText;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};

async fn company() -> Company {
    Company::open(Server::Sqlite).await
}

async fn log_in(company: &Company, code: &str, app: &str) -> Answer {
    company.client().log_in(code, app).await
}

#[tokio::test]
async fn a_wrong_used_or_malformed_code_has_its_own_answer() {
    let company = company().await;
    let used = company.code("shop", "lan").await;
    log_in(&company, &used, "shop").await.data();
    let of_another_app = company.code("club", "lan").await;

    for (code, expected) in [
        (used.as_str(), "CODE_USED"),
        ("091eXm0w3pLeC0deQtt0w3ABCD62eXm0", "INVALID_CODE"),
        (of_another_app.as_str(), "INVALID_CODE"),
        ("", "LOGIN_DENIED"),
        ("a b", "INVALID_CODE"),
        (&"0".repeat(513), "INVALID_CODE"),
    ] {
        assert_eq!(log_in(&company, code, "shop").await.code(), expected, "{code}");
    }
}

#[tokio::test]
async fn an_expired_code_is_invalid() {
    let company = company().await;
    let code = company.code("shop", "lan").await;
    company.sandbox("POST", "/_sandbox/clock", Some(&json!({ "advance_seconds": 301 }))).await;

    assert_eq!(log_in(&company, &code, "shop").await.code(), "INVALID_CODE");
}

#[tokio::test]
async fn an_unknown_app_is_told_before_the_code_is_spent() {
    let company = company().await;
    let code = company.code("shop", "lan").await;

    assert_eq!(log_in(&company, &code, "nowhere").await.code(), "UNKNOWN_APP");
    assert_eq!(log_in(&company, &code, "../shop").await.code(), "UNKNOWN_APP");

    log_in(&company, &code, "shop").await.data();
}

#[tokio::test]
async fn without_app_and_state_the_default_app_is_meant() {
    let company = Company::open_with(Server::Sqlite, weakened("optional")).await;
    let query = "mutation ($code: String!) { wechatLogin(code: $code) { openId } }";

    let login = company.client().send(query, json!({ "code": company.code("shop", "lan").await })).await;

    assert_eq!(
        login.data()["wechatLogin"]["openId"].as_str().map(str::to_owned),
        company.sandbox.open_id("shop", "lan")
    );
    let none = Company::open_with(Server::Sqlite, toml::toml! { default_app = "" }).await;
    let refused = none.client().send(query, json!({ "code": none.code("shop", "lan").await })).await;
    assert_eq!(refused.code(), "APP_REQUIRED");
}

#[tokio::test]
async fn empty_text_in_an_optional_field_is_as_good_as_none() {
    let company = Company::open_with(Server::Sqlite, weakened("optional")).await;
    let code = async |app| company.code(app, "lan").await;
    let default = "mutation ($code: String!, $none: String) {
        wechatLogin(code: $code, app: $none, state: $none, codeVerifier: $none, deviceToken: $none) { openId } }";
    let named = "mutation ($code: String!, $none: String) { login(input: { app: \"mini\", code: $code, state: $none,
        codeVerifier: $none, deviceToken: $none, encryptedData: $none, iv: $none }) { openId } }";
    let begin = "mutation ($url: String!, $none: String) {
        beginLogin(input: { app: \"shop\", returnTo: $url, codeChallenge: $none }) { state } }";
    let lan = company.sign_in("shop", "lan").await;
    let merge = "mutation ($none: ID) { mergeUsers(token: \"x\", survivor: $none) { mergeId } }";

    for none in [json!(null), json!(""), json!(" ")] {
        let by_default = company.client().send(default, json!({ "code": code("shop").await, "none": none })).await;
        assert!(by_default.data()["wechatLogin"]["openId"].is_string(), "{none}");
        let by_name = company.client().send(named, json!({ "code": code("mini").await, "none": none })).await;
        assert!(by_name.data()["login"]["openId"].is_string(), "{none}");
        let state =
            company.client().send(begin, json!({ "url": format!("{}/playground", company.url), "none": none })).await;
        assert!(state.data()["beginLogin"]["state"].is_string(), "{none}");
        assert_eq!(lan.send(merge, json!({ "none": none })).await.code(), "MERGE_TOKEN_REJECTED", "{none}");
    }
}

#[tokio::test]
async fn every_failure_of_wechat_has_its_answer() {
    let company = company().await;

    for (fault, expected) in [
        (json!({ "errcode": -1 }), "UPSTREAM_UNAVAILABLE"),
        (json!({ "errcode": 40125 }), "UPSTREAM_FAULT"),
        (json!({ "errcode": 45011 }), "UPSTREAM_BUSY"),
        (json!({ "errcode": 40226 }), "LOGIN_BLOCKED"),
        (json!({ "status": 502 }), "UPSTREAM_UNAVAILABLE"),
        (json!({ "body": "<html>" }), "UPSTREAM_FAULT"),
        (json!({ "body": "" }), "UPSTREAM_UNAVAILABLE"),
    ] {
        let mut fault = fault;
        fault["path"] = "/sns/oauth2/access_token".into();
        fault["times"] = 1.into();
        company.sandbox("POST", "/_sandbox/faults", Some(&fault)).await;

        let answer = log_in(&company, &company.code("shop", "lan").await, "shop").await;

        assert_eq!(answer.code(), expected, "{fault}");
    }
    assert_eq!(company.client().ask("{ me { id } }").await.data()["me"], Value::Null);
    let first = log_in(&company, &company.code("shop", "lan").await, "shop").await;
    assert_eq!(first.data()["wechatLogin"]["isNewUser"], true);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let settings = toml::toml! { [http]
    request_timeout_seconds = 1 };
    let company = Company::open_with(Server::Sqlite, settings).await;
    let fault = json!({ "path": "/sns/oauth2/access_token", "times": 1, "delay_ms": 3_000 });
    company.sandbox("POST", "/_sandbox/faults", Some(&fault)).await;

    assert_eq!(log_in(&company, &company.code("shop", "lan").await, "shop").await.code(), "TIMEOUT");

    log_in(&company, &company.code("shop", "lan").await, "shop").await.data();
}

#[tokio::test]
async fn a_login_that_fails_after_the_code_was_spent_writes_nothing() {
    let company = company().await;
    let fault = json!({ "path": "/sns/oauth2/access_token", "times": 1, "errcode": -1, "after": true });
    company.sandbox("POST", "/_sandbox/faults", Some(&fault)).await;

    assert_eq!(log_in(&company, &company.code("shop", "lan").await, "shop").await.code(), "UPSTREAM_UNAVAILABLE");

    let again = log_in(&company, &company.code("shop", "lan").await, "shop").await;
    assert_eq!(again.data()["wechatLogin"]["isNewUser"], true);
}

#[tokio::test]
async fn an_error_speaks_the_readers_language_and_carries_code_advice_and_id() {
    let company = company().await;
    let mut client = company.client();

    let error = |answer: &Answer| {
        let mut error = answer.0["errors"][0].clone();
        let id = error["extensions"]["errorId"].take();
        assert_eq!(id.as_str().map(str::len), Some(32));
        error
    };
    let query = "mutation { sendPhoneCode(phone: \"1\") { expiresAt } }";
    let english = error(&client.ask(query).await);
    client.language = "zh-CN,zh;q=0.9";
    let chinese = error(&client.ask(query).await);

    insta::assert_json_snapshot!([english, chinese], @r#"
    [
      {
        "extensions": {
          "advice": "Refresh the session, or sign in again.",
          "code": "UNAUTHENTICATED",
          "errorId": null
        },
        "locations": [
          {
            "column": 12,
            "line": 1
          }
        ],
        "message": "Please sign in.",
        "path": [
          "sendPhoneCode"
        ]
      },
      {
        "extensions": {
          "advice": "请刷新会话或重新登录。",
          "code": "UNAUTHENTICATED",
          "errorId": null
        },
        "locations": [
          {
            "column": 12,
            "line": 1
          }
        ],
        "message": "请先登录。",
        "path": [
          "sendPhoneCode"
        ]
      }
    ]
    "#);
}

#[tokio::test]
async fn malformed_phones_pages_and_cursors_are_named() {
    let company = company().await;
    let lan = company.sign_in("shop", "lan").await;

    for (query, expected) in [
        ("mutation { sendPhoneCode(phone: \"12\") { expiresAt } }", "INVALID_PHONE"),
        ("mutation { bindPhone(phone: \"\", code: \"1\") { merged } }", "INVALID_PHONE"),
        ("mutation { bindPhone(phone: \"13800000001\", code: \"1\") { merged } }", "PHONE_CODE_REJECTED"),
        ("{ me { orders(first: 0) { totalCount } } }", "INVALID_PAGE"),
        ("{ me { orders(first: 101) { totalCount } } }", "INVALID_PAGE"),
        ("{ me { orders(last: -1) { totalCount } } }", "INVALID_PAGE"),
        ("{ me { orders(first: 1, last: 1) { totalCount } } }", "INVALID_PAGE"),
        ("{ me { orders(after: \"x\") { totalCount } } }", "INVALID_CURSOR"),
        ("{ me { orders(before: \"\") { totalCount } } }", "INVALID_CURSOR"),
    ] {
        assert_eq!(lan.ask(query).await.code(), expected, "{query}");
    }
}

/// The media type whose responses have their own HTTP status.
const RESPONSE: &str = "application/graphql-response+json";

/// Sends a raw request to `/graphql`.
async fn raw(company: &Company, body: impl Into<reqwest::Body>, content_type: &str, accept: &str) -> (u16, Value) {
    let request = reqwest::Client::builder().build().expect("a client").post(format!("{}/graphql", company.url));
    let answer =
        request.header(CONTENT_TYPE, content_type).header(ACCEPT, accept).body(body).send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn what_is_not_one_graphql_request_is_refused_before_anything_runs() {
    let company = company().await;
    let large = format!(r#"{{"query":"{{ me {{ id }} }}","x":"{}"}}"#, "x".repeat(70_000));
    let deep =
        format!("{{\"query\":\"{{ {} }}\"}}", "me { orders { nodes { items { title } } } } ".repeat(1_000).as_str());
    let page = |at: usize| format!("m{at}: me {{ orders(first: 100) {{ nodes {{ id status }} }} }} ");
    let costly = format!(r#"{{"query":"{{ {} }}"}}"#, (0..30).map(page).collect::<Vec<_>>().concat());

    for (body, content_type, statuses, code) in [
        ("{".to_owned(), "application/json", [400, 400], "INVALID_QUERY"),
        (r#"[{"query":"{ me { id } }"}]"#.to_owned(), "application/json", [400, 400], "INVALID_QUERY"),
        (r#"["{ me { id } }"]"#.to_owned(), "application/json", [400, 400], "INVALID_QUERY"),
        (r#" ["{ me { id } }", null, {}, {}]"#.to_owned(), "application/json", [400, 400], "INVALID_QUERY"),
        (r#"{"query":"{ me { id } }"}"#.to_owned(), "text/plain", [415, 415], "INVALID_QUERY"),
        (r#"{"query":"{ me { id } }"}"#.to_owned(), "application/json; charset=utf-16", [415, 415], "INVALID_QUERY"),
        (r#"{"query":"{ me { id } }"}"#.to_owned(), "application/vnd.x+json", [415, 415], "INVALID_QUERY"),
        (r#"{"query":" "}"#.to_owned(), "application/json", [400, 400], "INVALID_QUERY"),
        (
            r#"{"query":"{ me { id } }","query":"{ apps { name } }"}"#.to_owned(),
            "application/json",
            [400, 400],
            "INVALID_QUERY",
        ),
        (r#"{"query":"{ nothing }"}"#.to_owned(), "application/json", [400, 200], "INVALID_QUERY"),
        (r#"{"query":"{ me "}"#.to_owned(), "application/json", [400, 200], "INVALID_QUERY"),
        (r#"{"query":"{ __typename @nope }"}"#.to_owned(), "application/json", [400, 200], "INVALID_QUERY"),
        (
            r#"{"query":"query ($a: ID! @nope) { node(id: $a) { id } }"}"#.to_owned(),
            "application/json",
            [400, 200],
            "INVALID_QUERY",
        ),
        (large, "application/json", [413, 413], "BODY_TOO_LARGE"),
        (deep, "application/json; charset=utf-8", [400, 200], "QUERY_TOO_COMPLEX"),
        (costly, "application/json", [400, 200], "QUERY_TOO_COMPLEX"),
        (
            r#"{"query":"mutation { a: logout b: logout }"}"#.to_owned(),
            "application/json",
            [400, 200],
            "QUERY_TOO_COMPLEX",
        ),
    ] {
        for (accept, status) in [RESPONSE, "application/json"].into_iter().zip(statuses) {
            let (got, answer) = raw(&company, body.clone(), content_type, accept).await;

            let short = &body[..body.len().min(60)];
            assert!(answer.get("data").is_none(), "{short}: {answer}");
            assert_eq!((got, Answer(answer).code()), (status, code), "{short}");
        }
    }
}

#[tokio::test]
async fn a_get_asks_and_does_not_change() {
    let company = company().await;
    let get = async |query: &[(&str, &str)]| {
        let mut url = reqwest::Url::parse(&format!("{}/graphql", company.url)).expect("an address");
        url.query_pairs_mut().extend_pairs(query);
        let answer: Value = reqwest::get(url).await.expect("an answer").json().await.expect("JSON");
        Answer(answer)
    };

    let variables = ("variables", r#"{"id":"usr_x"}"#);
    let asked = get(&[
        ("query", "query A { apps { name } } query B($id: ID!) { node(id: $id) { id } }"),
        ("operationName", "B"),
        variables,
    ])
    .await;
    assert_eq!(asked.data(), &json!({ "node": null }));
    assert_eq!(get(&[("query", "mutation { logout }")]).await.code(), "INVALID_QUERY");
    assert_eq!(
        get(&[("query", "query A { me { id } } mutation B { logout }"), ("operationName", "B")]).await.code(),
        "INVALID_QUERY"
    );
    assert_eq!(get(&[]).await.code(), "INVALID_QUERY");
    assert_eq!(get(&[("query", "{ me { id } }"), ("variables", "{")]).await.code(), "INVALID_QUERY");
}

#[tokio::test]
async fn an_invalid_token_is_refused_where_a_login_is_required() {
    let company = company().await;
    let mut client: Client = company.client();

    for token in ["x", "gys_unknown", "eyJhbGciOiJub25lIn0.e30."] {
        client.bearer = Some(token.to_owned());
        assert_eq!(client.ask("{ me { id } }").await.code(), "UNAUTHENTICATED", "{token}");
        client.ask("{ apps { name } }").await.data();
    }
}

#[tokio::test]
async fn a_token_without_the_word_bearer_is_refused_with_a_hint() {
    let company = company().await;
    let token = company.sign_in("shop", "lan").await.bearer.expect("a token");
    let ask = async |header: String| {
        let request = reqwest::Client::builder()
            .build()
            .expect("a client")
            .post(format!("{}/graphql", company.url))
            .header("authorization", header);
        let answer = request.json(&json!({ "query": "{ me { id } }" })).send().await.expect("an answer");
        Answer(answer.json().await.expect("JSON"))
    };

    for header in [token.clone(), format!("Token {token}"), format!("JWT {token}"), "gys_abc".to_owned()] {
        let answer = ask(header.clone()).await;
        assert_eq!(answer.code(), "UNAUTHENTICATED");
        let detail = &answer.0["errors"][0]["extensions"]["detail"];
        assert_eq!(detail, "the header Authorization must be `Bearer`, a space and the token");
    }
    for header in [format!("Bearer {token}"), format!("bearer  {token} ")] {
        assert!(ask(header).await.data()["me"]["id"].is_string());
    }
    // The credentials of a proxy in front of the service.
    for header in ["Basic Z3VpeWk6eA==", "Negotiate", "", "Bearer"] {
        assert!(ask(header.to_owned()).await.data()["me"].is_null(), "{header}");
    }
}

/// GraphQL, section 2.9.4.
#[tokio::test]
async fn characters_beyond_the_basic_plane_are_read_however_they_are_escaped() {
    let company = company().await;
    let lan = company.sign_in("shop", "lan").await;

    for id in [r"\ud83c\udf3f", r"\u{1F33F}", "🌿"] {
        let answer = lan.ask(&format!("{{ user(id: \"{id}\") {{ id }} }}")).await;
        assert_eq!(answer.code(), "FORBIDDEN", "{id}");
    }
    for id in [r"\ud83c", r"\u{110000}"] {
        let answer = lan.ask(&format!("{{ user(id: \"{id}\") {{ id }} }}")).await;
        assert_eq!(answer.code(), "INVALID_QUERY", "{id}");
    }
}

#[tokio::test]
async fn the_apps_show_no_secret() {
    let company = company().await;

    let apps = company.client().ask("{ apps { name title kind appId start } }").await;

    let text = apps.0.to_string();
    assert!(company.sandbox.apps().iter().all(|app| !text.contains(&app.secret)));
    assert_eq!(apps.data()["apps"].as_array().map(Vec::len), Some(6));
}

#[tokio::test]
async fn pages_of_other_origins_may_call_only_when_the_configuration_names_them() {
    let settings = toml::toml! { [http]
    allowed_origins = ["https://shop.example.com"] };
    let company = Company::open_with(Server::Sqlite, settings).await;
    let allowed = async |origin: &str| {
        let request = reqwest::Client::builder()
            .build()
            .expect("a client")
            .request(reqwest::Method::OPTIONS, format!("{}/graphql", company.url));
        let request = request.header("origin", origin).header("access-control-request-method", "POST");
        request.send().await.expect("an answer").headers().get("access-control-allow-origin").is_some()
    };

    assert!(allowed("https://shop.example.com").await);
    assert!(!allowed("https://evil.example.com").await);
    assert!(!allowed("https://shop.example.com.evil.example").await);
}

#[tokio::test]
async fn machines_and_people_find_their_pages() {
    let company = company().await;

    for (path, status, part) in [
        ("/", 200, "Guiyi"),
        ("/healthz", 200, "ok"),
        ("/readyz", 200, "ok"),
        ("/.well-known/jwks.json", 200, "Ed25519"),
        ("/playground", 200, "<html"),
        ("/playground/config.json", 200, &company.sandbox_url),
        ("/playground/../Cargo.toml", 404, ""),
        ("/nothing", 404, ""),
    ] {
        let answer = reqwest::get(format!("{}{path}", company.url)).await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert!(answer.headers().contains_key("x-request-id"), "{path}");
        assert!(answer.text().await.expect("text").contains(part), "{path}");
    }
}

#[tokio::test]
async fn in_production_the_schema_and_the_playground_are_hidden() {
    let settings = toml::toml! { [graphql]
    playground = "off"
    introspection = "off" };
    let company = Company::open_with(Server::Sqlite, settings).await;

    let hidden = company.client().ask("{ __schema { queryType { name } } }").await;
    assert!(hidden.0["data"]["__schema"].is_null(), "{hidden:?}");
    let playground = reqwest::get(format!("{}/playground", company.url)).await.expect("an answer");
    assert_eq!(playground.status().as_u16(), 404);
    let guess = company.client().ask("{ mee { id } }").await;
    assert!(!guess.0.to_string().contains("Did you mean"), "{guess:?}");
}

/// R9: placeholders for missing values, and damaged values. The tests of the types cover the list.
#[tokio::test]
async fn r9_null_marks_and_damaged_values_are_no_key_wherever_a_key_enters() {
    use domain::ServiceScope::{OrdersRead, OrdersWrite, UsersWrite};
    let company = company().await;
    let system = company.system(&[OrdersRead, OrdersWrite, UsersWrite]).await;
    let service = company.app.service();
    let orders =
        "mutation ($input: [OrderInput!]!) { recordOrders(input: $input) { results { error { code field } } } }";
    let event = "mutation ($input: PersonEventInput!) { recordPersonEvent(input: $input) { changed } }";
    let by_union_id = "query ($id: String!) { ordersByUnionId(unionId: $id) { nodes { id } } }";

    let marks = [
        "",
        " ",
        "null",
        "undefined",
        "0000",
        "\\N",
        "#N/A",
        "(null)",
        "NaN",
        "{}",
        "/",
        "*****",
        "1.3800000E+10",
        "1001.0",
        "=\"oA\"",
        "'oA",
    ];
    for mark in marks {
        let row = |text: UserText| {
            api::usecase::import::read_user(service, &UserText { external_id: "C-1".to_owned(), ..text }).is_err()
        };
        let own = |name: &str| vec![(name.to_owned(), mark.to_owned())];
        assert!(
            api::usecase::import::read_user(service, &UserText { external_id: mark.to_owned(), ..UserText::default() })
                .is_err(),
            "{mark}"
        );
        assert!(row(UserText { open_ids: own("shop"), ..UserText::default() }), "{mark}");
        assert!(row(UserText { union_ids: own("hemu"), ..UserText::default() }), "{mark}");
        // An account without a phone stays without one when the given phone is invalid.
        let has_none = mark.trim().is_empty();
        assert_eq!(row(UserText { phone: Some(mark.to_owned()), ..UserText::default() }), !has_none, "{mark}");
        for (number, open_id, field) in [("A-1", mark, "openId"), (mark, "oA", "orderNo")] {
            let order = json!([{ "app": "shop", "orderNo": number, "openId": open_id, "status": "PAID",
                "total": { "amount": "5.00", "currency": "CNY" }, "placedAt": "2025-01-01T00:00:00Z" }]);
            let refused = json!([{ "error": { "code": "INVALID_INPUT", "field": field } }]);
            let answer = system.send(orders, json!({ "input": order })).await;
            assert_eq!(answer.data()["recordOrders"]["results"], refused, "{mark}");
        }
        let told = json!({ "app": "shop", "openId": mark, "kind": "FOLLOWED", "at": "2025-01-01T00:00:00Z" });
        assert_eq!(system.send(event, json!({ "input": told })).await.code(), "INVALID_INPUT", "{mark}");
        assert_eq!(system.send(by_union_id, json!({ "id": mark })).await.code(), "NOT_FOUND", "{mark}");
    }
}

#[tokio::test]
async fn a_subscription_needs_a_socket_and_a_socket_a_handshake() {
    let company = company().await;
    let url = format!("{}/graphql", company.url);
    let subscription = "subscription { qrLoginStatus(state: \"x\") { status } }";
    let asked = company.client().post(&json!({ "query": subscription })).await;
    let http = reqwest::Client::builder().build().expect("a client");
    let address = http.get(&url).query(&[("query", subscription)]).send().await.expect("an answer");
    let upgrade = |version: &'static str| {
        let upgrade = http.get(&url).header("connection", "upgrade").header("upgrade", "websocket");
        upgrade.header("sec-websocket-version", version)
    };

    // Without a key, and of another version.
    let without_key = upgrade("13").send().await.expect("an answer");
    let of_old = upgrade("8").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==").send().await.expect("an answer");

    assert_eq!(asked.code(), "INVALID_QUERY");
    assert_eq!(address.json::<Value>().await.expect("JSON")["errors"][0]["extensions"]["code"], "INVALID_QUERY");
    for answer in [without_key, of_old] {
        let is_refused = answer.status().is_client_error() && answer.headers().get("sec-websocket-accept").is_none();
        assert!(is_refused, "{answer:?}");
    }
}
