//! The refresh token in a cookie, for browser apps: which clients get it, and which may use it. `scripts/browser-test`
//! verifies a browser's handling of such cookies.

use acceptance::{Company, Server, VERIFIER, on_every_database};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderValue, ORIGIN};
use serde_json::{Value, json};

on_every_database!(
    a_login_with_the_header_puts_the_refresh_token_into_a_cookie_alone,
    a_refresh_takes_the_cookie_and_renews_it,
    a_logout_succeeds_although_a_neighbour_has_failed_too_often,
    without_the_header_no_cookie_is_looked_at,
    a_page_of_another_origin_may_not_use_the_cookie,
    a_token_that_is_named_wins_over_the_cookie,
    a_logout_ends_the_session_of_the_cookie_and_takes_it_away,
    an_account_that_a_session_goes_on_as_gets_a_cookie_too,
    r15_a_login_that_began_with_the_header_is_bound_to_the_browser_by_a_cookie,
    r15_a_login_that_began_in_another_browser_does_not_end_here_whatever_cookie_is_here,
    r15_a_code_to_sign_in_with_is_bound_to_the_browser_by_a_cookie,
    two_tabs_that_begin_a_login_share_the_cookie,
    a_login_that_is_sent_twice_from_the_browser_gets_the_same_answer,
    without_the_header_a_login_needs_a_challenge_of_its_own,
);

const REFRESH: &str = "mutation { refreshSession { accessToken refreshToken } }";
const ME: &str = "{ me { nickname } }";

/// A minimal browser: keeps the cookie it receives and sends it to the API.
struct Browser {
    url: String,
    cookie: Option<String>,
    /// The cookie of a login that began in this browser.
    login: Option<String>,
    bearer: Option<String>,
    headers: Vec<(&'static str, String)>,
}

struct Seen {
    set_cookie: Vec<String>,
    headers: HeaderMap,
    body: Value,
}

impl Seen {
    fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no error in {}", self.body))
    }
}

impl Browser {
    fn new(company: &Company) -> Self {
        let headers = vec![("guiyi-session", "cookie".to_owned())];
        Self { url: format!("{}/graphql", company.url), cookie: None, login: None, bearer: None, headers }
    }

    fn on_page_of(self, origin: &str) -> Self {
        let headers = self.headers.into_iter().chain([(ORIGIN.as_str(), origin.to_owned())]).collect();
        Self { headers, ..self }
    }

    async fn send(&mut self, query: &str, variables: Value) -> Seen {
        let http = reqwest::Client::builder().build().expect("an HTTP client");
        let mut request = http.post(&self.url).json(&json!({ "query": query, "variables": variables }));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let cookies: Vec<_> = self.cookie.iter().chain(&self.login).cloned().collect();
        if !cookies.is_empty() {
            request = request.header("cookie", format!("theme=dark; {}", cookies.join("; ")));
        }
        if let Some(bearer) = &self.bearer {
            request = request.bearer_auth(bearer);
        }
        let answer = request.send().await.expect("an answer");
        let headers = answer.headers().clone();
        let text = |value: &HeaderValue| value.to_str().expect("text").to_owned();
        let set_cookie: Vec<_> = headers.get_all("set-cookie").iter().map(text).collect();
        if let [set] = set_cookie.as_slice() {
            let (pair, _) = set.split_once(';').expect("attributes");
            let kept = Some(pair.to_owned()).filter(|pair| !pair.ends_with('='));
            if pair.starts_with("__Host-guiyi-login=") { self.login = kept } else { self.cookie = kept }
        }
        Seen { set_cookie, headers, body: answer.json().await.expect("JSON") }
    }

    async fn ask(&mut self, query: &str) -> Seen {
        self.send(query, Value::Null).await
    }

    async fn log_in(&mut self, company: &Company) -> Seen {
        let code = company.code("shop", "lan").await;
        let query = "mutation ($code: String!, $state: String!, $verifier: String!) {
            wechatLogin(code: $code, state: $state, codeVerifier: $verifier) { accessToken refreshToken } }";
        let state = company.client().begin("shop").await.expect("a state");
        let login = self.send(query, json!({ "code": code, "state": state, "verifier": VERIFIER })).await;
        self.bearer = login.body["data"]["wechatLogin"]["accessToken"].as_str().map(str::to_owned);
        login
    }

    /// Begins a login without its own challenge.
    async fn begin(&mut self, company: &Company) -> Seen {
        let query = "mutation ($to: String!) { beginLogin(input: { app: \"shop\", returnTo: $to }) { state } }";
        self.send(query, json!({ "to": format!("{}/playground", company.url) })).await
    }

    /// Ends a login without its own verifier.
    async fn end(&mut self, code: &str, state: &Value) -> Seen {
        let query = "mutation ($code: String!, $state: String!) {
            wechatLogin(code: $code, state: $state) { accessToken user { id } } }";
        let login = self.send(query, json!({ "code": code, "state": state })).await;
        self.bearer = login.body["data"]["wechatLogin"]["accessToken"].as_str().map(str::to_owned);
        login
    }

    /// Returns the token in the cookie.
    fn token(&self) -> String {
        let (name, value) = self.cookie.as_deref().and_then(|pair| pair.split_once('=')).expect("a cookie");
        assert_eq!(name, "__Host-guiyi-refresh");
        value.to_owned()
    }
}

async fn a_login_with_the_header_puts_the_refresh_token_into_a_cookie_alone(server: Server) {
    let company = Company::open(server).await;
    let mut browser = Browser::new(&company);

    let login = browser.log_in(&company).await;

    let token = browser.token();
    assert!(browser.bearer.is_some(), "{}", login.body);
    assert_eq!(login.body["data"]["wechatLogin"]["refreshToken"], Value::Null);
    assert!(!login.body.to_string().contains(&token));
    let days = 30 * 24 * 60 * 60;
    let expected = format!("__Host-guiyi-refresh={token}; Max-Age={days}; Path=/; Secure; HttpOnly; SameSite=Strict");
    assert_eq!(login.set_cookie, [expected]);
    assert_eq!(login.headers["cache-control"], "no-store");
}

async fn a_refresh_takes_the_cookie_and_renews_it(server: Server) {
    let company = Company::open(server).await;
    let mut browser = Browser::new(&company);
    browser.log_in(&company).await;
    let first = browser.token();
    company.clock.advance(chrono::TimeDelta::minutes(20));
    assert_eq!(browser.ask(ME).await.code(), "UNAUTHENTICATED");
    browser.bearer = None;

    let refreshed = browser.ask(REFRESH).await;

    let session = &refreshed.body["data"]["refreshSession"];
    assert_eq!(session["refreshToken"], Value::Null);
    assert_ne!(browser.token(), first);
    let left = 30 * 24 * 60 * 60 - 20 * 60;
    assert!(refreshed.set_cookie[0].contains(&format!("; Max-Age={left}; ")), "{:?}", refreshed.set_cookie);
    // The cookie alone only allows a refresh.
    assert_eq!(browser.ask(ME).await.body, json!({ "data": { "me": null } }));
    browser.bearer = session["accessToken"].as_str().map(str::to_owned);
    assert_eq!(browser.ask(ME).await.body["errors"], Value::Null);
}

async fn without_the_header_no_cookie_is_looked_at(server: Server) {
    let company = Company::open(server).await;
    let mut browser = Browser::new(&company);
    browser.log_in(&company).await;
    let (bearer, token) = (browser.bearer.take(), browser.token());

    // What a form, an image or a link of another page can send: the cookie, but no header.
    browser.headers.clear();
    assert_eq!(browser.ask(REFRESH).await.code(), "INVALID_REFRESH_TOKEN");
    assert_eq!(browser.ask("mutation { logout }").await.body, json!({ "data": { "logout": false } }));
    let http = reqwest::Client::builder().build().expect("an HTTP client");
    let cookie = format!("__Host-guiyi-refresh={token}");
    let get = http.get(format!("{}/graphql", company.url)).header("guiyi-session", "cookie").header("cookie", &cookie);
    let by_get = get.query(&[("query", REFRESH)]).send().await.expect("an answer");
    assert_eq!(by_get.headers().get("set-cookie"), None);
    assert!(by_get.text().await.expect("text").contains("\"errors\""));
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let body = json!({ "query": REFRESH }).to_string();
        let post = http.post(format!("{}/graphql", company.url)).header("guiyi-session", "cookie");
        let answer = post.header("cookie", &cookie).header("content-type", kind).body(body).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.headers().get("set-cookie"), None, "{kind}");
        assert!(answer.text().await.expect("text").contains("\"errors\""), "{kind}");
    }
    browser.headers = vec![("guiyi-session", "yes".to_owned())];
    assert_eq!(browser.ask(REFRESH).await.code(), "INVALID_INPUT");

    // These requests neither used up the token nor ended the session.
    let mut same = Browser { bearer, cookie: Some(cookie), ..Browser::new(&company) };
    assert_eq!(same.ask(ME).await.body["errors"], Value::Null);
    assert_eq!(same.ask(REFRESH).await.set_cookie.len(), 1);
}

async fn a_page_of_another_origin_may_not_use_the_cookie(server: Server) {
    let settings = toml::toml! { http = { allowed_origins = ["https://shop.example.com"] } };
    let company = Company::open_with(server, settings).await;
    let mut browser = Browser::new(&company);
    browser.log_in(&company).await;
    let cookie = browser.cookie.clone();

    for origin in ["https://evil.example", "null", "https://shop.example.com.evil.example", "http://shop.example.com"] {
        let mut page = Browser { cookie: cookie.clone(), ..Browser::new(&company).on_page_of(origin) };
        let refused = page.ask(REFRESH).await;
        assert_eq!((refused.code(), refused.set_cookie.len()), ("FORBIDDEN", 0), "{origin}");
        assert_eq!(refused.headers.get("access-control-allow-origin"), None, "{origin}");
    }
    for origin in ["https://shop.example.com", &company.url] {
        let mut page = Browser { cookie: cookie.clone(), ..Browser::new(&company).on_page_of(origin) };
        assert_eq!(page.ask(REFRESH).await.set_cookie.len(), 1, "{origin}");
    }
    let preflight = async |origin: &str| {
        let http = reqwest::Client::builder().build().expect("an HTTP client");
        let request = http.request(Method::OPTIONS, format!("{}/graphql", company.url)).header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        let asked = request.header("access-control-request-headers", "content-type,guiyi-session");
        let headers = asked.send().await.expect("an answer").headers().clone();
        let shown = |name: &str| headers.get(name).map(|value| value.to_str().expect("text").to_owned());
        ["allow-origin", "allow-credentials", "max-age"].map(|name| shown(&format!("access-control-{name}")))
    };
    let granted = ["https://shop.example.com", "true", "7200"].map(|value| Some(value.to_owned()));
    assert_eq!(preflight("https://shop.example.com").await, granted);
    assert_eq!(preflight("https://evil.example").await[0], None);
}

async fn a_token_that_is_named_wins_over_the_cookie(server: Server) {
    let company = Company::open(server).await;
    let (mut browser, mut other) = (Browser::new(&company), Browser::new(&company));
    browser.log_in(&company).await;
    other.log_in(&company).await;
    let query = "mutation ($token: String!) { refreshSession(refreshToken: $token) { refreshToken } }";

    // How an app moves a token from the page's storage into the cookie.
    let moved = browser.send(query, json!({ "token": other.token() })).await;

    assert_eq!(moved.body, json!({ "data": { "refreshSession": { "refreshToken": null } } }));
    let of_other = other.ask(REFRESH).await;
    assert_eq!(of_other.body["errors"], Value::Null);
    assert_eq!(browser.token(), other.token());

    // An empty cookie counts as no cookie.
    let unnamed = browser.send(query, json!({ "token": "" })).await;
    assert_eq!(unnamed.body, json!({ "data": { "refreshSession": { "refreshToken": null } } }));

    // A bearer token determines the caller, regardless of the cookie.
    let mut wei = company.sign_in("shop", "wei").await;
    browser.bearer = wei.bearer.take();
    assert_eq!(browser.ask(ME).await.body["data"]["me"]["nickname"], "阿伟");
}

async fn a_logout_succeeds_although_a_neighbour_has_failed_too_often(server: Server) {
    let settings = toml::toml! { limits = { per_block = 3, reserved_percent = 0 } };
    let company = Company::open_with(server, settings).await;
    let mut browser = Browser::new(&company);
    browser.log_in(&company).await;
    // Its access token has expired.
    browser.bearer = None;
    let guess = "mutation { refreshSession(refreshToken: \"invented\") { accessToken } }";
    while company.client().ask(guess).await.code() != "RATE_LIMITED" {}

    let out = browser.ask("mutation { logout }").await;

    assert_eq!((out.body, out.set_cookie.len()), (json!({ "data": { "logout": true } }), 2));
}

async fn a_logout_ends_the_session_of_the_cookie_and_takes_it_away(server: Server) {
    let company = Company::open(server).await;
    let mut browser = Browser::new(&company);
    browser.log_in(&company).await;
    let (bearer, cookie) = (browser.bearer.take(), browser.cookie.clone());

    let out = browser.ask("mutation { logout }").await;

    assert_eq!(out.body, json!({ "data": { "logout": true } }));
    let removed = |name: &str| format!("{name}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict");
    assert_eq!(out.set_cookie, [removed("__Host-guiyi-refresh"), removed("__Host-guiyi-login")]);
    let mut thief = Browser { cookie, bearer, ..Browser::new(&company) };
    assert_eq!(thief.ask(ME).await.code(), "UNAUTHENTICATED");
    thief.bearer = None;
    assert_eq!(thief.ask(REFRESH).await.code(), "INVALID_REFRESH_TOKEN");
}

async fn an_account_that_a_session_goes_on_as_gets_a_cookie_too(server: Server) {
    let company = Company::open(server).await;
    company.member("M-1", "13800000001", 1).await;
    let mut browser = Browser::new(&company);
    browser.log_in(&company).await;
    let before = browser.token();
    let send = "mutation { sendPhoneCode(phone: \"13800000001\") { expiresAt } }";
    assert_eq!(browser.ask(send).await.body["errors"], Value::Null);

    let query = "mutation ($code: String!) { bindPhone(phone: \"13800000001\", code: $code) {
        merged session { accessToken refreshToken } } }";
    let bound = browser.send(query, json!({ "code": company.sms("+8613800000001").await })).await;

    let bind = &bound.body["data"]["bindPhone"];
    assert_eq!((&bind["merged"], &bind["session"]["refreshToken"]), (&json!(true), &Value::Null), "{}", bound.body);
    assert_ne!(browser.token(), before);
    browser.bearer = None;
    assert_eq!(browser.ask(REFRESH).await.body["errors"], Value::Null);
}

fn state(begun: &Seen) -> Value {
    let state = begun.body["data"]["beginLogin"]["state"].clone();
    assert!(state.is_string(), "{}", begun.body);
    state
}

async fn r15_a_login_that_began_with_the_header_is_bound_to_the_browser_by_a_cookie(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", "+8613800000001", 10).await;
    let mut browser = Browser::new(&company);

    let begun = browser.begin(&company).await;
    browser.end(&company.code("shop", "lan").await, &state(&begun)).await;

    let pair = browser.login.clone().expect("a cookie");
    assert_eq!(begun.set_cookie, [format!("{pair}; Max-Age=600; Path=/; Secure; HttpOnly; SameSite=Strict")]);
    assert_eq!(pair.len(), "__Host-guiyi-login=".len() + 43);
    assert!(!begun.body.to_string().contains(pair.rsplit('=').next().expect("a value")));
    // An unbound session cannot join an existing account; this one can.
    let mut lan = company.client();
    lan.bearer.clone_from(&browser.bearer);
    let joined = company.prove(&lan, "+8613800000001").await;
    assert_eq!(joined.data()["bindPhone"]["user"]["externalId"], "C-1001");
}

async fn r15_a_login_that_began_in_another_browser_does_not_end_here_whatever_cookie_is_here(server: Server) {
    let company = Company::open(server).await;
    let mut attacker = Browser::new(&company);
    let planted = state(&attacker.begin(&company).await);
    let code = company.code("shop", "wei").await;
    let mut without = Browser::new(&company);
    let mut with_own = Browser::new(&company);
    with_own.begin(&company).await;
    let mut twice = Browser::new(&company);
    twice.login = attacker.login.as_ref().map(|pair| format!("{pair}; {pair}"));
    let mut without_the_header = Browser::new(&company);
    without_the_header.login.clone_from(&attacker.login);
    without_the_header.headers.clear();

    for victim in [&mut without, &mut with_own, &mut twice, &mut without_the_header] {
        assert_eq!(victim.end(&code, &planted).await.code(), "INVALID_STATE");
    }

    assert_eq!(company.calls("/sns/oauth2/access_token").await, 0);
    assert_eq!(attacker.end(&code, &planted).await.body["errors"], Value::Null);
}

async fn r15_a_code_to_sign_in_with_is_bound_to_the_browser_by_a_cookie(server: Server) {
    let company = Company::open(server).await;
    let [mut browser, mut other] = [Browser::new(&company), Browser::new(&company)];
    let phone = "+8613800000001";
    let send = "mutation ($phone: String!) { sendLoginCode(phone: $phone) { expiresAt } }";
    let asked = browser.send(send, json!({ "phone": phone })).await;
    assert!(asked.set_cookie[0].starts_with("__Host-guiyi-login="), "{:?}", asked.set_cookie);
    let code = company.sms(phone).await;
    let login = "mutation ($phone: String!, $code: String!) {
        loginByPhone(phone: $phone, code: $code) { accessToken refreshToken user { phone } } }";
    let variables = json!({ "phone": phone, "code": code });

    other.begin(&company).await;
    assert_eq!(other.send(login, variables.clone()).await.code(), "PHONE_CODE_REJECTED");
    let signed_in = browser.send(login, variables).await;

    let answer = &signed_in.body["data"]["loginByPhone"];
    assert_eq!((&answer["refreshToken"], &answer["user"]["phone"]), (&Value::Null, &json!(phone)));
    assert!(signed_in.set_cookie[0].starts_with("__Host-guiyi-refresh="), "{:?}", signed_in.set_cookie);
}

async fn two_tabs_that_begin_a_login_share_the_cookie(server: Server) {
    let company = Company::open(server).await;
    let mut browser = Browser::new(&company);

    let [one, other] = [state(&browser.begin(&company).await), state(&browser.begin(&company).await)];

    for state in [other, one] {
        let login = browser.end(&company.code("shop", "lan").await, &state).await;
        assert_eq!(login.body["errors"], Value::Null);
    }
}

async fn a_login_that_is_sent_twice_from_the_browser_gets_the_same_answer(server: Server) {
    let company = Company::open(server).await;
    let mut browser = Browser::new(&company);
    let state = state(&browser.begin(&company).await);
    let code = company.code("shop", "lan").await;

    browser.end(&code, &state).await;
    let first = browser.token();
    browser.end(&code, &state).await;

    assert_eq!(browser.token(), first);
    assert_eq!(company.calls("/sns/oauth2/access_token").await, 1);
}

async fn without_the_header_a_login_needs_a_challenge_of_its_own(server: Server) {
    let company = Company::open(server).await;
    let mut browser = Browser::new(&company);
    browser.headers.clear();

    let begun = browser.begin(&company).await;

    assert_eq!((begun.code(), begun.set_cookie.len()), ("CHALLENGE_REQUIRED", 0));
}
