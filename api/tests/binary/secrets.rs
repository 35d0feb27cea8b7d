//! No secret appears in the log at any level, in an error or in a metric: plants values, runs every operation and
//! searches the output. See the database tests for secrets at rest.

use serde_json::{Value, json};

use crate::demo::{CHALLENGE, VERIFIER, Workplace, free_address, start};

struct Session<'a> {
    place: &'a Workplace,
    http: reqwest::Client,
    token: String,
    planted: Vec<(&'static str, String)>,
    /// Every answer with an error.
    errors: String,
}

/// Secrets between WeChat and its apps.
const UPSTREAM: [&str; 6] = ["access_token", "refresh_token", "session_key", "ticket", "secret", "appsecret"];

impl Session<'_> {
    async fn post(&mut self, url: String, body: Value) -> Value {
        let request = self.http.post(url).bearer_auth(&self.token).json(&body);
        let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        if let Some(errors) = answer.get("errors") {
            self.errors += &errors.to_string();
        }
        answer
    }

    /// Adds the secrets of the sandbox's calls to the planted ones.
    async fn plant_upstream(&mut self) {
        let url = format!("http://{}/_sandbox/calls", self.place.sandbox);
        let calls: Value = self.http.get(url).send().await.expect("an answer").json().await.expect("JSON");
        for call in calls.as_array().expect("a list") {
            for (name, value) in url::form_urlencoded::parse(call["query"].as_str().unwrap_or_default().as_bytes()) {
                self.plant_named(&name, &value);
            }
            for side in ["request", "answer"] {
                let body = call[side]["body"].as_str().unwrap_or_default();
                let fields: Value = serde_json::from_str(body).unwrap_or_default();
                for (name, value) in fields.as_object().into_iter().flatten() {
                    self.plant_named(name, value.as_str().unwrap_or_default());
                }
            }
        }
    }

    fn plant_named(&mut self, name: &str, value: &str) {
        if let Some(what) = UPSTREAM.into_iter().find(|what| *what == name && !value.is_empty()) {
            self.planted.push((what, value.to_owned()));
        }
    }

    async fn ask(&mut self, query: &str, variables: Value) -> Value {
        let url = format!("http://{}/graphql", self.place.api);
        self.post(url, json!({ "query": query, "variables": variables })).await
    }

    async fn code(&mut self, app: &str) -> String {
        let url = format!("http://{}/_sandbox/codes", self.place.sandbox);
        let answer = self.post(url, json!({ "app": app, "person": "lan" })).await;
        self.plant("code", &answer["code"])
    }

    fn plant(&mut self, what: &'static str, value: &Value) -> String {
        let value = value.as_str().unwrap_or_else(|| panic!("no {what}")).to_owned();
        self.planted.push((what, value.clone()));
        value
    }

    /// Begins a browser login; returns state and verifier.
    async fn begin(&mut self) -> (String, String) {
        let verifier = VERIFIER;
        self.planted.push(("verifier", verifier.to_owned()));
        let input = json!({
            "app": "shop", "returnTo": format!("http://{}/playground", self.place.api),
            "codeChallenge": CHALLENGE,
        });
        let query = "mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { state } }";
        let begun = self.ask(query, json!({ "input": input })).await;
        (self.plant("state", &begun["data"]["beginLogin"]["state"]), verifier.to_owned())
    }

    async fn log_in(&mut self) {
        let query = "mutation ($code: String!, $app: String!, $state: String, $verifier: String) {
            wechatLogin(code: $code, app: $app, state: $state, codeVerifier: $verifier) {
            accessToken refreshToken deviceToken } }";
        let (state, verifier) = self.begin().await;
        for (app, state) in [("shop", Some(state)), ("mini", None)] {
            let code = self.code(app).await;
            let variables = |verifier: &str| json!({ "code": code, "app": app, "state": state, "verifier": verifier });
            for _ in 0..2 {
                let login = self.ask(query, variables(&verifier)).await["data"]["wechatLogin"].clone();
                self.token = self.plant("access token", &login["accessToken"]);
                self.plant("refresh token", &login["refreshToken"]);
                self.plant("device token", &login["deviceToken"]);
            }
            let used = self.ask(query, variables(&verifier.to_lowercase())).await;
            assert_eq!(used["errors"][0]["extensions"]["code"], "CODE_USED");
        }
    }

    async fn bind(&mut self) {
        let phone = "+8613800000001";
        self.planted.push(("phone", phone.to_owned()));
        self.planted.push(("national phone", phone.trim_start_matches("+86").to_owned()));
        let send = "mutation ($phone: String!, $human: String) {
            sendPhoneCode(phone: $phone, humanToken: $human) { expiresAt } }";
        let human = "planted-human-token";
        self.planted.push(("human token", human.to_owned()));
        self.ask(send, json!({ "phone": phone, "human": human })).await;
        let inbox = format!("http://{}/_sandbox/sms?to=%2B8613800000001", self.place.sandbox);
        let inbox: Value = self.http.get(inbox).send().await.expect("an answer").json().await.expect("JSON");
        let code = self.plant("SMS code", &inbox[0]["code"]);
        let bind = "mutation ($phone: String!, $code: String!) {
            bindPhone(phone: $phone, code: $code) { session { accessToken refreshToken } } }";
        let bound = self.ask(bind, json!({ "phone": phone, "code": code })).await;
        let session = bound["data"]["bindPhone"]["session"].clone();
        self.token = self.plant("access token", &session["accessToken"]);
        let refresh = self.plant("refresh token", &session["refreshToken"]);
        let query = "mutation ($token: String!) { refreshSession(refreshToken: $token) { refreshToken } }";
        let refreshed = self.ask(query, json!({ "token": refresh })).await;
        self.plant("refresh token", &refreshed["data"]["refreshSession"]["refreshToken"]);
    }

    /// Makes an upstream fail after the secret and the code were sent to it.
    async fn fail(&mut self) {
        for fault in [json!({ "status": 502 }), json!({ "errcode": 40125 }), json!({ "body": "<html>" })] {
            let mut fault = fault;
            fault["path"] = "/sns/oauth2/access_token".into();
            fault["times"] = 1.into();
            self.post(format!("http://{}/_sandbox/faults", self.place.sandbox), fault).await;
            let code = self.code("shop").await;
            let (state, verifier) = self.begin().await;
            let query = "mutation ($code: String!, $state: String!, $verifier: String!) {
                wechatLogin(code: $code, state: $state, codeVerifier: $verifier) { openId } }";
            let failed = self.ask(query, json!({ "code": code, "state": state, "verifier": verifier })).await;
            assert!(failed["errors"].is_array());
        }
    }
}

#[tokio::test]
async fn no_secret_is_in_the_log_even_at_its_most_talkative_nor_in_an_error_or_a_metric() {
    let place = Workplace::new();
    let metrics = free_address();
    place.write("guiyi.toml", &format!("[log]\nfilter = \"trace\"\n[metrics]\nlisten = \"{metrics}\"\n"));
    let mut demo = start(&place).await;
    let http = reqwest::Client::builder().build().expect("a client");
    let mut session = Session { place: &place, http, token: String::new(), planted: Vec::new(), errors: String::new() };
    let demo_secrets = ["de300000000000000000000000005409", "demo-key-of-the-demo-company-not-a-secret"];
    session.planted.extend(demo_secrets.map(|secret| ("configured secret", secret.to_owned())));

    session.log_in().await;
    session.bind().await;
    session.fail().await;
    session.plant_upstream().await;

    let metrics =
        reqwest::get(format!("http://{metrics}/metrics")).await.expect("an answer").text().await.expect("text");
    demo.0.kill().expect("the demo can be ended");
    demo.0.wait().expect("it ends");
    let log = place.log();
    assert!(log.contains("TRACE") && log.contains("the provider cannot be used"), "{log}");
    // The demo's banner prints the phone to try, on purpose.
    let log: String = log.lines().filter(|line| !line.contains("Bind the phone")).collect();
    for what in ["access_token", "session_key", "secret", "national phone", "SMS code", "state"] {
        assert!(session.planted.iter().any(|(planted, _)| *planted == what), "no {what} was planted");
    }
    assert!(metrics.contains("guiyi_") && session.errors.contains("CODE_USED"), "{metrics}{}", session.errors);
    for (place, text) in [("log", &log), ("metrics", &metrics), ("errors", &session.errors)] {
        let found: Vec<_> = session.planted.iter().filter(|(_, value)| text.contains(value.as_str())).collect();
        assert!(found.is_empty(), "in the {place}: {found:#?}");
    }
}
