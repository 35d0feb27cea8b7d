//! Requests that once crashed the process, and variants of them: each gets a response, and the process survives. `make
//! test-release` runs the same tests against the release binary.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::demo::{Running, Workplace, start};

/// The service's limit, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

#[derive(serde::Deserialize)]
struct Seed {
    before: String,
    open: String,
    times: usize,
    middle: String,
    close: String,
    after: String,
}

impl Seed {
    fn document(&self, times: usize) -> String {
        let Self { before, open, middle, close, after, .. } = self;
        format!("{before}{}{middle}{}{after}", open.repeat(times), close.repeat(times))
    }

    /// How often the document repeats in a body of the largest size.
    fn largest(&self) -> usize {
        let once = self.open.len() + self.close.len();
        // Quotes and line ends take two bytes in JSON.
        (BODY_LIMIT - 500) / (once + self.open.matches(['"', '\r']).count())
    }
}

fn seeds() -> Vec<Seed> {
    let kept = include_str!("../documents/seeds.jsonl").lines();
    kept.map(|line| serde_json::from_str(line).expect("a document")).collect()
}

/// A demo that receives hostile requests.
struct Asked {
    place: Workplace,
    demo: Running,
    client: Client,
}

impl Asked {
    async fn open() -> Self {
        let place = Workplace::new();
        let demo = start(&place).await;
        let asked = Self { place, demo, client: Client::builder().build().expect("a client") };
        let sound = asked.request(Method::POST).json(&json!({ "query": "{ __typename }" }));
        let answer: Value = sound.send().await.expect("an answer").json().await.expect("JSON");
        assert_eq!(answer, json!({ "data": { "__typename": "Query" } }));
        asked
    }

    /// Asserts that the response has an error and is not a server fault. Returns the error's code.
    async fn answers(&self, request: reqwest::RequestBuilder, what: &str) -> String {
        let answer = request.send().await.unwrap_or_else(|error| panic!("{what}: {error}"));
        let status = answer.status();
        let text = answer.text().await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(!status.is_server_error(), "{what}: {status} {text}");
        // The HTTP server itself refuses an address that is too long, without a body.
        if status != StatusCode::URI_TOO_LONG && status != StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE {
            let answer: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{what}: {status} {text}"));
            let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
            assert!(["INVALID_QUERY", "QUERY_TOO_COMPLEX", "UNAUTHENTICATED"].contains(&code), "{what}: {answer}");
            return code.to_owned();
        }
        String::new()
    }

    async fn post(&self, body: String, what: &str) -> String {
        assert!(body.len() <= BODY_LIMIT, "{what}: {}", body.len());
        self.answers(self.request(Method::POST).header(CONTENT_TYPE, "application/json").body(body), what).await
    }

    fn request(&self, method: Method) -> reqwest::RequestBuilder {
        self.client.request(method, format!("http://{}/graphql", self.place.api))
    }

    /// Asserts that the same process still responds.
    async fn lives(mut self) {
        let health = self.client.get(format!("http://{}/healthz", self.place.api)).send().await.expect("an answer");
        assert_eq!(health.status(), StatusCode::OK);
        assert!(self.demo.0.try_wait().expect("a child").is_none(), "{}", self.place.log());
    }
}

#[tokio::test]
async fn no_document_ends_the_process() {
    let asked = Asked::open().await;

    for (at, seed) in seeds().iter().enumerate() {
        for times in [64, 350, seed.times, 2 * seed.times, seed.largest()] {
            let times = times.min(seed.largest());
            let document = seed.document(times);
            let what = format!("seed {at}, {times} times");
            let code = asked.post(json!({ "query": document }).to_string(), &what).await;
            let brackets = document.matches(['(', '[', '{']).count();
            assert!(brackets <= 400 || code == "QUERY_TOO_COMPLEX", "{what}: {code}");
            // An address must be shorter, and each bracket takes three characters in it.
            let short = seed.document(times.min(seed.largest() / 4));
            asked.answers(asked.request(Method::GET).query(&[("query", &short)]), &what).await;
        }
    }

    asked.lives().await;
}

#[tokio::test]
async fn no_json_ends_the_process() {
    let asked = Asked::open().await;
    let nested = |open: &str, close: &str, times: usize| format!("{}1{}", open.repeat(times), close.repeat(times));

    for times in [127, 1_000, 30_000] {
        let list = nested("[", "]", times);
        let object = nested("{\"a\":", "}", times.min(10_000));
        for deep in [&list, &object] {
            let what = format!("{times} times {}", &deep[..1]);
            asked.post(deep.clone(), &what).await;
            asked.post("[".repeat(times), &what).await;
            for key in ["variables", "extensions", "operationName", "query", "other"] {
                let value = if key == "other" { deep.clone() } else { format!("{{\"a\":{deep}}}") };
                asked.post(format!("{{\"query\":\"{{ nothing }}\",\"{key}\":{value}}}"), &what).await;
                let address = [("query", "{ nothing }"), (key, &value)];
                let short = value.len() < 20_000 && key != "query" && key != "other";
                if short {
                    asked.answers(asked.request(Method::GET).query(&address), &what).await;
                }
            }
        }
    }

    asked.lives().await;
}

#[tokio::test]
async fn neither_tokens_nor_arguments_end_the_process() {
    let asked = Asked::open().await;
    let base64 = |text: &str| data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());

    for times in [100, 5_000, 20_000] {
        let deep = format!("{}{}", "[".repeat(times), "]".repeat(times));
        let header = base64(r#"{"typ":"at+jwt","alg":"EdDSA"}"#);
        let deep_header = base64(&format!("{{\"alg\":{deep}}}"));
        for token in [format!("{header}.{}.c2ln", base64(&deep)), format!("{deep_header}.{header}.c2ln")] {
            let request = asked.request(Method::POST).header(AUTHORIZATION, format!("Bearer {token}"));
            let request = request.json(&json!({ "query": "{ me { id } }" }));
            asked.answers(request, &format!("a token, {times} times")).await;
        }
        let argument =
            json!({ "query": "query ($a: String!) { node(id: $a) { nothing } }", "variables": { "a": deep } });
        asked.post(argument.to_string(), &format!("an argument, {times} times")).await;
    }

    asked.lives().await;
}
