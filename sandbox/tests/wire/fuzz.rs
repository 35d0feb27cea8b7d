//! Fuzz tests with random requests: nearly valid ones, which pass the first checks, and arbitrary ones. See `malformed` for
//! known kinds of invalid requests.

use axum::body::Body;
use axum::http::Method;
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Just, ProptestConfig, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use sandbox::Sandbox;
use serde_json::{Map, Value};

use crate::laptop::{Laptop, PATHS, request};

/// Names that are parameters or fields somewhere.
const NAMES: &[&str] = &[
    "appid",
    "app",
    "secret",
    "code",
    "js_code",
    "grant_type",
    "access_token",
    "refresh_token",
    "openid",
    "openid_list",
    "from_appid",
    "user_list",
    "next_openid",
    "lang",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "agentid",
    "corpid",
    "corpsecret",
    "uuid",
    "last",
    "decision",
    "person",
    "then",
    "forceSnapShot",
    "login_type",
    "self_redirect",
    "type",
    "sig_method",
    "signature",
    "force_refresh",
    "advance_seconds",
    "stop_at",
    "path",
    "times",
    "share",
    "kind",
    "errcode",
    "status",
    "delay_ms",
    "to",
    "from",
    "most",
    "find",
    "event",
    "what",
    "id",
    "name",
    "nickname",
    "phones",
    "follows",
];

/// Values that pass some check.
const VALUES: &[&str] = &[
    "",
    "wxde30000000005409",
    "de300000000000000000000000005409",
    "wxde30000000003191",
    "de300000000000000000000000003191",
    "authorization_code",
    "client_credential",
    "refresh_token",
    "http://localhost/back?x=1#/y",
    "code",
    "snsapi_base",
    "snsapi_userinfo",
    "snsapi_login",
    "allow",
    "refuse",
    "lan",
    "ghost",
    "shop",
    "mini",
    "true",
    "404",
    "jsapi",
    "-1",
    "hmac_sha256",
    "9223372036854775807",
    "/sns/userinfo",
    "o321r55vyeAyJL2n_H4wp6gJHGnb",
    "subscribe",
    "\u{0}",
    "%",
    "🌿",
];

/// The fields of a seed.
const FIELDS: &[&str] = &[
    "name",
    "title",
    "kind",
    "app_id",
    "agent_id",
    "secret",
    "original_id",
    "union_scope",
    "redirect_domains",
    "ip_list",
    "standing",
    "on_refusal",
    "refresh_days",
    "frozen",
    "strict",
    "unlimited",
    "numeric_country_code",
    "id",
    "nickname",
    "phones",
    "follows",
    "avatar",
    "snapshot",
    "blocked",
    "member",
    "push",
];

#[derive(Debug, Clone)]
struct Wild {
    method: Method,
    path: &'static str,
    query: Vec<(String, String)>,
    content_type: &'static str,
    body: Vec<u8>,
}

fn text() -> BoxedStrategy<String> {
    prop_oneof![3 => select(VALUES).prop_map(str::to_owned), 1 => any::<String>()].boxed()
}

fn pair() -> BoxedStrategy<(String, String)> {
    (prop_oneof![9 => select(NAMES).prop_map(str::to_owned), 1 => any::<String>()], text()).boxed()
}

fn json() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        text().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let name = select(NAMES).prop_map(str::to_owned);
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((name.clone(), inner), 0..6).prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
    .boxed()
}

fn encoded(pairs: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn wild() -> impl Strategy<Value = Wild> {
    let body = prop_oneof![
        vec(pair(), 0..8).prop_map(|form| ("application/x-www-form-urlencoded", encoded(&form).into_bytes())),
        json().prop_map(|json| ("application/json", json.to_string().into_bytes())),
        vec(any::<u8>(), 0..64).prop_map(|bytes| ("application/x-www-form-urlencoded", bytes)),
        vec(any::<u8>(), 0..64).prop_map(|bytes| ("", bytes)),
    ];
    let method = select(vec![Method::GET, Method::POST, Method::PATCH, Method::DELETE]);
    (method, select(PATHS), vec(pair(), 0..8), body).prop_map(|(method, path, query, (content_type, body))| Wild {
        method,
        path,
        query,
        content_type,
        body,
    })
}

/// Runs this many cases, new in every run; a failure prints the case.
fn cases(number: u32) -> TestRunner {
    TestRunner::new(ProptestConfig { cases: number, failure_persistence: None, ..ProptestConfig::default() })
}

#[test]
fn no_request_by_chance_is_answered_with_a_500() {
    // A new sandbox for each hundred cases, since faults and people accumulate; the paused clock shortens every wait.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    for _ in 0..200 {
        let laptop = runtime.block_on(Laptop::new());

        cases(100)
            .run(&wild(), |wild| {
                let path = format!("{}?{}", wild.path, encoded(&wild.query));
                let headers = [("content-type", wild.content_type), ("cookie", "sandbox_person=lan")];
                let request = request(wild.method.clone(), &path, &headers, Body::from(wild.body.clone()));

                let status = runtime.block_on(laptop.status(request));

                // No random value here is a fault that answers with a 5xx.
                proptest::prop_assert!(status < 500, "{status}: {wild:?}");
                Ok(())
            })
            .unwrap();
    }
}

#[test]
fn no_seed_by_chance_brings_the_reader_down() {
    let lines: Vec<&str> = sandbox::DEMO.lines().collect();
    let spoilt = (0..lines.len(), select(FIELDS), json(), any::<bool>()).prop_map(|(at, name, value, replace)| {
        let line = format!("{name} = {value}");
        let mut lines = lines.clone();
        if replace {
            lines[at] = &line;
        } else {
            lines.insert(at, &line);
        }
        lines.join("\n")
    });

    cases(4_000)
        .run(&spoilt, |seed| {
            // Either result is fine; a panic, which the runner reports, is not.
            let _ = Sandbox::from_toml(&seed);
            Ok(())
        })
        .unwrap();
}
