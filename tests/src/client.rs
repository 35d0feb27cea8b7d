//! A client of the API: sends GraphQL over HTTP and keeps its tokens.

use reqwest::header::{ACCEPT_LANGUAGE, AUTHORIZATION};
use serde_json::{Value, json};

use crate::socket::Socket;

/// An answer of the API.
#[derive(Debug, Clone)]
pub struct Answer(pub Value);

impl Answer {
    /// Returns the data of an answer without errors.
    ///
    /// # Panics
    ///
    /// When there are errors.
    #[expect(clippy::must_use_candidate, reason = "to find no error is a use of the answer")]
    pub fn data(&self) -> &Value {
        assert!(self.0.get("errors").is_none(), "{}", self.0);
        &self.0["data"]
    }

    /// Returns the code of the first error.
    ///
    /// # Panics
    ///
    /// When there is no error.
    #[must_use]
    pub fn code(&self) -> &str {
        self.0["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no error in {}", self.0))
    }
}

/// The verifier of all logins in the tests; [`CHALLENGE`] is its challenge. RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// See [`VERIFIER`].
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Returns the challenge of a verifier (S256 of RFC 7636).
fn challenge_of(verifier: &str) -> String {
    let verifier = api::token::CodeVerifier::parse(verifier).expect("a verifier");
    let api::token::CodeChallenge(hash) = verifier.challenge();
    data_encoding::BASE64URL_NOPAD.encode(&hash)
}

/// A client of the API.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    /// The address that browsers return to.
    return_to: String,
    /// The token to send, if any.
    pub bearer: Option<String>,
    /// The cookie of an operator's session, if any: `name=value`.
    pub cookie: Option<String>,
    /// The device token of the last login, sent with the next one.
    pub device: Option<String>,
    /// The language of error messages.
    pub language: &'static str,
    /// The idempotency key to send, if any.
    pub idempotency_key: Option<String>,
    /// The client's address according to a proxy, where the service reads it.
    pub forwarded_for: Option<String>,
}

/// Creates an HTTP client that follows no redirects.
pub(crate) fn http() -> reqwest::Client {
    // The service installs the TLS crypto provider; all calls here are on loopback.
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("an HTTP client")
}

impl Client {
    /// Returns the address of the service.
    #[must_use]
    pub fn address(&self) -> &str {
        self.url.trim_end_matches("/graphql")
    }

    /// Creates a client of the service at `url`, which browsers reach at `public_url`.
    pub(crate) fn new(url: &str, public_url: &str) -> Self {
        Self {
            http: http(),
            url: format!("{url}/graphql"),
            return_to: format!("{public_url}/playground"),
            bearer: None,
            cookie: None,
            device: None,
            language: "en",
            idempotency_key: None,
            forwarded_for: None,
        }
    }

    /// Returns this client with the token and the cookie of another one, as on another replica.
    #[must_use]
    pub fn acting_as(self, other: &Self) -> Self {
        Self { bearer: other.bearer.clone(), cookie: other.cookie.clone(), ..self }
    }

    /// Sends an operation: a subscription over a socket, of which this returns the first answer.
    ///
    /// # Panics
    ///
    /// When the answer is not JSON.
    pub async fn send(&self, query: &str, variables: Value) -> Answer {
        if query.trim_start().starts_with("subscription") {
            return Answer(Socket::first(self.origin(), self.bearer.as_deref(), (query, variables)).await);
        }
        self.post(&json!({ "query": query, "variables": variables })).await
    }

    /// Returns the address of the service.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.url.trim_end_matches("/graphql")
    }

    /// Sends a request body.
    ///
    /// # Panics
    ///
    /// When the answer is not JSON.
    pub async fn post(&self, body: &Value) -> Answer {
        let request = self.http.post(&self.url).json(body);
        let request = request.header(ACCEPT_LANGUAGE, self.language);
        let request = match &self.bearer {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        };
        let request = match &self.cookie {
            Some(cookie) => request.header("guiyi-session", "operator").header("cookie", cookie),
            None => request,
        };
        let request = match &self.forwarded_for {
            Some(address) => request.header("x-forwarded-for", address),
            None => request,
        };
        let request = match &self.idempotency_key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        };
        Answer(request.send().await.expect("the API answers").json().await.expect("JSON"))
    }

    /// Fetches an address of the service, such as `/export`. Returns the status, the headers and the body.
    ///
    /// # Panics
    ///
    /// When the service does not answer.
    pub async fn get(&self, path: &str) -> (u16, reqwest::header::HeaderMap, String) {
        let address = format!("{}{path}", self.url.trim_end_matches("/graphql"));
        let request = self.http.get(address).header(ACCEPT_LANGUAGE, self.language);
        let request = match &self.bearer {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        };
        let answer = request.send().await.expect("the API answers");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        (status, headers, answer.text().await.expect("a body"))
    }

    /// Records orders, all or none. Returns the id and the effect of each.
    ///
    /// # Panics
    ///
    /// When one of them is refused.
    pub async fn record(&self, orders: Value) -> Vec<Value> {
        let query = "mutation ($input: [OrderInput!]!) {
            recordOrders(input: $input, atomic: true) { results { order { id effect } } } }";
        let recorded = self.send(query, json!({ "input": orders })).await;
        let results = recorded.data()["recordOrders"]["results"].as_array().expect("results").iter();
        results.map(|result| result["order"].clone()).collect()
    }

    /// Sends an operation without variables.
    pub async fn ask(&self, query: &str) -> Answer {
        self.send(query, Value::Null).await
    }

    /// Logs in with a code, bound to this client. Returns the error if the beginning is refused.
    pub async fn log_in(&self, code: &str, app: &str) -> Answer {
        let state = match self.begin(app).await {
            Ok(state) => state,
            Err(refused) => return refused,
        };
        // A host app's login has no beginning, and its verifier would only serve a retry.
        let verifier = (!state.is_null()).then_some(VERIFIER);
        let query = "mutation ($code: String!, $app: String, $state: String, $verifier: String, $device: String) {
            wechatLogin(code: $code, app: $app, state: $state, codeVerifier: $verifier, deviceToken: $device) {
            accessToken refreshToken expiresAt deviceToken isNewUser openId unionId user { id nickname } } }";
        let variables =
            json!({ "code": code, "app": app, "state": state, "verifier": verifier, "device": self.device });
        self.send(query, variables).await
    }

    /// Logs in with a code alone, without the state and verifier of a beginning: the login is not bound.
    pub async fn log_in_unbound(&self, code: &str, app: &str) -> Answer {
        let query = "mutation ($code: String!, $app: String, $device: String) {
            wechatLogin(code: $code, app: $app, deviceToken: $device) {
            accessToken refreshToken expiresAt deviceToken isNewUser openId unionId user { id nickname } } }";
        self.send(query, json!({ "code": code, "app": app, "device": self.device })).await
    }

    /// Begins a login with the tests' challenge, and returns its state: null for a host app, whose logins have none.
    ///
    /// # Errors
    ///
    /// The error answer.
    pub async fn begin(&self, app: &str) -> Result<Value, Answer> {
        let (field, input) = match app {
            "mini" => return Ok(Value::Null),
            "app" => ("beginNativeLogin", json!({ "app": app, "codeChallenge": CHALLENGE })),
            _ => ("beginLogin", json!({ "app": app, "codeChallenge": CHALLENGE, "returnTo": self.return_to })),
        };
        let kind = if app == "app" { "BeginNativeLoginInput" } else { "BeginLoginInput" };
        let query = format!("mutation ($input: {kind}!) {{ {field}(input: $input) {{ state }} }}");
        let begun = self.send(&query, json!({ "input": input })).await;
        if begun.0.get("errors").is_some() {
            return Err(begun);
        }
        Ok(begun.data()[field]["state"].clone())
    }

    /// Logs in with this input.
    pub async fn log_in_with(&self, input: &Value) -> Answer {
        let query = "mutation ($input: LoginInput!) { login(input: $input) {
            accessToken refreshToken expiresAt deviceToken isNewUser openId unionId user { id nickname } } }";
        self.send(query, json!({ "input": input })).await
    }

    /// Uses the tokens of an answer from now on.
    ///
    /// # Panics
    ///
    /// When the answer has none.
    pub fn carry(&mut self, tokens: &Value) {
        self.bearer = Some(tokens["accessToken"].as_str().expect("an access token").to_owned());
        if let Some(device) = tokens["deviceToken"].as_str() {
            self.device = Some(device.to_owned());
        }
    }

    /// Requests a code to a number.
    pub async fn send_code(&self, phone: &str) -> Answer {
        self.send(
            "mutation ($phone: String!) { sendPhoneCode(phone: $phone) { expiresAt resendAt } }",
            json!({ "phone": phone }),
        )
        .await
    }

    /// Requests a code to a number, for replacing the account's phone.
    pub async fn send_code_for_change(&self, phone: &str) -> Answer {
        let query =
            "mutation ($phone: String!) { sendPhoneCode(phone: $phone, purpose: CHANGE) { expiresAt resendAt } }";
        self.send(query, json!({ "phone": phone })).await
    }

    /// Requests a code to sign in with, for this client alone.
    pub async fn send_login_code(&self, phone: &str) -> Answer {
        self.send_login_code_for(phone, VERIFIER).await
    }

    /// Requests a code to sign in with, for the client that has this verifier.
    pub async fn send_login_code_for(&self, phone: &str, verifier: &str) -> Answer {
        let query = "mutation ($phone: String!, $challenge: String!, $device: String) {
            sendLoginCode(phone: $phone, codeChallenge: $challenge, deviceToken: $device) { expiresAt resendAt } }";
        let variables = json!({ "phone": phone, "challenge": challenge_of(verifier), "device": self.device });
        self.send(query, variables).await
    }

    /// Signs in with a number and its code, and with a claim: `MINE` or `NEW_TO_ME`.
    pub async fn log_in_by_phone(&self, phone: &str, code: &str, claim: Option<&str>) -> Answer {
        self.log_in_by_phone_with(phone, code, (VERIFIER, claim)).await
    }

    /// Signs in with a number, its code and a verifier.
    pub async fn log_in_by_phone_with(
        &self,
        phone: &str,
        code: &str,
        (verifier, claim): (&str, Option<&str>),
    ) -> Answer {
        let query =
            "mutation ($phone: String!, $code: String!, $verifier: String!, $claim: PhoneClaim, $device: String) {
            loginByPhone(phone: $phone, code: $code, codeVerifier: $verifier, claim: $claim, deviceToken: $device) {
            accessToken refreshToken expiresAt deviceToken isNewUser user { id phone externalId } } }";
        let variables =
            json!({ "phone": phone, "code": code, "verifier": verifier, "claim": claim, "device": self.device });
        self.send(query, variables).await
    }

    /// Verifies a number with a code.
    pub async fn bind(&self, phone: &str, code: &str) -> Answer {
        self.answer(phone, code, None).await
    }

    /// Verifies a number with a code and a claim: `MINE` or `NEW_TO_ME`.
    pub async fn answer(&self, phone: &str, code: &str, claim: Option<&str>) -> Answer {
        let query = "mutation ($phone: String!, $code: String!, $claim: PhoneClaim) {
            bindPhone(phone: $phone, code: $code, claim: $claim) {
            merged user { id phone phoneBound externalId } session { accessToken refreshToken expiresAt } } }";
        self.send(query, json!({ "phone": phone, "code": code, "claim": claim })).await
    }

    /// Replaces the account's phone, with a code.
    pub async fn change(&self, phone: &str, code: &str) -> Answer {
        let query = "mutation ($phone: String!, $code: String!) { changePhone(phone: $phone, code: $code) {
            merged user { id phone } session { accessToken } } }";
        self.send(query, json!({ "phone": phone, "code": code })).await
    }

    /// Binds a number through a mini program; `phone` has the field's further arguments, in GraphQL.
    pub async fn show(&self, phone: &str, variables: Value) -> Answer {
        let query = format!(
            "mutation ($code: String, $encrypted: EncryptedPhone) {{
            bindPhoneWithWechat(app: \"mini\", code: $code, encrypted: $encrypted, {phone}) {{
            merged user {{ id phone externalId }} session {{ accessToken }} }} }}"
        );
        self.send(&query, variables).await
    }

    /// Unbinds the phone.
    pub async fn unbind(&self) -> Answer {
        self.ask("mutation { unbindPhone { user { id phone } } }").await
    }

    /// Unlinks an app.
    pub async fn unlink(&self, app: &str) -> Answer {
        let query = "mutation ($app: String!) { unlinkOpenId(app: $app) {
            user { openIds { app } unionIds { unionId } orders(first: 100) { edges { node { orderNo } } } } } }";
        self.send(query, json!({ "app": app })).await
    }
}
