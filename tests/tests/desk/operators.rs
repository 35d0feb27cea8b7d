//! Operators of the support desk: how they log in, what their cookie allows, and when it is invalid.

use acceptance::{Answer, Client, Company, Server, VERIFIER, on_every_database};
use api::config::FourEyes;
use api::usecase::operator::{self, WantedOperator};
use chrono::TimeDelta;
use domain::{AuditAction, OperatorId, OperatorRole, ServiceScope};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

on_every_database!(
    an_operator_signs_in_through_a_provider_and_has_the_scopes_of_the_role,
    a_person_who_is_no_operator_is_told_so_and_nothing_is_stored,
    a_login_ends_only_in_the_browser_that_began_it,
    a_state_ends_one_login_and_none_of_a_person,
    an_operator_who_was_removed_is_refused_at_once,
    another_role_counts_at_once,
    a_session_ends_when_it_is_unused_or_old_or_the_operator_signs_out,
    an_act_of_an_operator_has_their_name_in_the_journal_and_the_audit,
    a_service_token_of_an_operator_has_at_most_the_scopes_of_the_role,
);

const WHO: &str = "{ operator { id name role scopes } }";

/// A browser that keeps the cookies that it receives.
struct Browser {
    http: reqwest::Client,
    url: String,
    cookies: Vec<(String, String)>,
}

/// The response of a page.
struct Page {
    status: u16,
    headers: HeaderMap,
    set: Vec<String>,
    text: String,
}

impl Page {
    fn location(&self) -> &str {
        self.headers["location"].to_str().expect("text")
    }
}

impl Browser {
    fn new(company: &Company) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        Self { http: http.expect("an HTTP client"), url: company.url.clone(), cookies: Vec::new() }
    }

    async fn get(&mut self, path: &str, language: &str) -> Page {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.get(format!("{}{path}", self.url)).header("accept-language", language);
        let answer = request.header("cookie", cookies.join("; ")).send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let set: Vec<_> =
            headers.get_all("set-cookie").iter().map(|set| set.to_str().expect("text").to_owned()).collect();
        for pair in set.iter().filter_map(|set| set.split(';').next()) {
            let (name, value) = pair.split_once('=').expect("a pair");
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Page { status, headers, set, text: answer.text().await.expect("text") }
    }

    /// Begins a login, and returns its state.
    async fn begin(&mut self) -> String {
        let begun = self.get("/console/login?app=shop", "en").await;
        assert_eq!(begun.status, 303, "{}", begun.text);
        let address = url::Url::parse(begun.location()).expect("an address");
        let state = address.query_pairs().find(|(name, _)| name == "state");
        state.expect("a state").1.into_owned()
    }

    /// Ends a login as a person of the sandbox.
    async fn end(&mut self, company: &Company, person: &str, state: &str) -> Page {
        let code = company.code("shop", person).await;
        self.get(&format!("/console/callback?code={code}&state={state}"), "en").await
    }

    /// Returns a client with the cookie of the session.
    fn client(&self, company: &Company) -> Client {
        let found = self.cookies.iter().find(|(name, _)| name == "__Host-guiyi-operator");
        let cookie = found.map(|(name, value)| format!("{name}={value}"));
        assert!(cookie.is_some(), "no session: {:?}", self.cookies);
        let mut client = company.client();
        client.cookie = cookie;
        client
    }
}

/// The demo, whose operators log in through the shop.
async fn open(server: Server) -> Company {
    let settings = toml::toml! { [console]
    apps = ["shop"] };
    Company::open_with(server, settings).await
}

async fn add(company: &Company, person: &str, role: OperatorRole) -> OperatorId {
    let open_id = company.sandbox.open_id("shop", person).expect("an openId").parse().expect("an openId");
    let app = "shop".parse().expect("a name");
    let wanted = WantedOperator { app, open_id, name: format!("{person} of the desk"), role };
    operator::add(company.app.service(), &wanted).await.expect("an operator").0
}

async fn signed_in(company: &Company, person: &str) -> Client {
    let mut browser = Browser::new(company);
    let state = browser.begin().await;
    let ended = browser.end(company, person, &state).await;
    assert_eq!((ended.status, ended.location()), (303, "/console/"), "{}", ended.text);
    browser.client(company)
}

async fn who(client: &Client) -> Value {
    client.ask(WHO).await.data()["operator"].clone()
}

/// Sends an operation with these headers.
async fn send_with(company: &Company, headers: &[(&str, &str)], query: &str) -> Answer {
    let http = reqwest::Client::builder().build().expect("an HTTP client");
    let request = http.post(format!("{}/graphql", company.url)).json(&json!({ "query": query }));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    Answer(request.send().await.expect("an answer").json().await.expect("JSON"))
}

async fn an_operator_signs_in_through_a_provider_and_has_the_scopes_of_the_role(server: Server) {
    let company = open(server).await;
    let id = add(&company, "lan", OperatorRole::Viewer).await;
    let mut browser = Browser::new(&company);

    let begun = browser.get("/console/login?app=shop", "en").await;
    let address = url::Url::parse(begun.location()).expect("an address");
    let given =
        |name: &str| address.query_pairs().find(|(known, _)| known == name).expect("a parameter").1.into_owned();
    let ended = browser.end(&company, "lan", &given("state")).await;

    assert_eq!(given("redirect_uri"), format!("{}/console/callback", company.url));
    assert_eq!(begun.set.len(), 1);
    assert!(begun.set[0].starts_with("__Host-guiyi-operator-login="), "{:?}", begun.set);
    assert!(begun.set[0].ends_with("; Max-Age=600; Path=/; Secure; HttpOnly; SameSite=Lax"), "{:?}", begun.set);
    assert_eq!((ended.status, ended.location()), (303, "/console/"));
    assert_eq!(ended.headers["cache-control"], "no-store");
    assert!(ended.set[0].starts_with("__Host-guiyi-operator="), "{:?}", ended.set);
    assert!(ended.set[0].ends_with("; Max-Age=28800; Path=/; Secure; HttpOnly; SameSite=Strict"), "{:?}", ended.set);
    assert_eq!(ended.set[1], "__Host-guiyi-operator-login=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax");
    let client = browser.client(&company);
    let scopes = ["ORDERS_READ", "USERS_READ", "CONFLICTS_READ", "STATISTICS_READ"];
    let expected = json!({ "id": id.to_string(), "name": "lan of the desk", "role": "VIEWER", "scopes": scopes });
    assert_eq!(who(&client).await, expected);
    client.ask("{ people(search: \"nobody\") { nodes { matches { kind } } } }").await.data();
    assert_eq!(client.ask("{ auditEvents { nodes { id } } }").await.code(), "FORBIDDEN");
    assert_eq!(client.ask("{ me { id } }").await.data()["me"], Value::Null);
    let told = company.audited(AuditAction::OperatorSignedIn).await;
    assert_eq!(told[0]["actor"], format!("operator:{id}"));
    assert_eq!(told[0]["detail"], json!({ "name": "lan of the desk", "role": "viewer" }));
    // An operator is not a person of the service: only the session was stored.
    assert_eq!((company.database.count("users").await, company.database.count("sessions").await), (0, 0));
}

async fn a_person_who_is_no_operator_is_told_so_and_nothing_is_stored(server: Server) {
    let company = open(server).await;
    let open_id = company.sandbox.open_id("shop", "lan").expect("an openId");

    for (language, words) in [("en", "You are not an operator"), ("zh-CN", "您不是客服人员")] {
        let mut browser = Browser::new(&company);
        let state = browser.begin().await;
        let code = company.code("shop", "lan").await;
        let page = browser.get(&format!("/console/callback?code={code}&state={state}"), language).await;

        assert_eq!(page.status, 403);
        assert!(page.text.contains(words) && page.text.contains(&open_id), "{}", page.text);
        assert!(page.set.is_empty(), "{:?}", page.set);
        let policy = page.headers["content-security-policy"].to_str().expect("text");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    }
    for table in ["users", "open_ids", "sessions", "operators", "operator_sessions"] {
        assert_eq!(company.database.count(table).await, 0, "{table}");
    }
}

async fn a_login_ends_only_in_the_browser_that_began_it(server: Server) {
    let company = open(server).await;
    add(&company, "lan", OperatorRole::Admin).await;
    let mut attacker = Browser::new(&company);
    let state = attacker.begin().await;

    // The victim opens the address to which the attacker's provider would have returned the attacker.
    let mut bare = Browser::new(&company);
    let mut busy = Browser::new(&company);
    busy.begin().await;
    for victim in [&mut bare, &mut busy] {
        let page = victim.end(&company, "lan", &state).await;
        assert_eq!(page.status, 403);
        assert!(page.text.contains("INVALID_STATE"), "{}", page.text);
        assert!(page.set.is_empty(), "{:?}", page.set);
    }
    assert_eq!(company.database.count("operator_sessions").await, 0);

    // The state was not used up: the browser that began the login ends it.
    assert_eq!(attacker.end(&company, "lan", &state).await.status, 303);
}

async fn a_state_ends_one_login_and_none_of_a_person(server: Server) {
    let company = open(server).await;
    add(&company, "lan", OperatorRole::Admin).await;
    let mut browser = Browser::new(&company);
    let [state, second] = [browser.begin().await, browser.begin().await];

    assert_eq!(browser.end(&company, "lan", &state).await.status, 303);

    // The cookie of the login is deleted, and the state is used up even for a browser that kept the cookie.
    let again = browser.end(&company, "lan", &second).await;
    assert!(again.text.contains("INVALID_STATE"), "{}", again.text);
    let log_in = "mutation ($code: String!, $state: String!, $verifier: String) {
        wechatLogin(code: $code, state: $state, codeVerifier: $verifier) { openId } }";
    let code = company.code("shop", "lan").await;
    let variables = json!({ "code": code, "state": second, "verifier": VERIFIER });
    assert_eq!(company.client().send(log_in, variables).await.code(), "INVALID_STATE");
    // The state of a person's login does not open the console either.
    let of_person = company.client().begin("shop").await.expect("a state");
    let mut other = Browser::new(&company);
    other.cookies.push(("__Host-guiyi-operator-login".to_owned(), VERIFIER.to_owned()));
    let page = other.end(&company, "lan", of_person.as_str().expect("text")).await;
    assert!(page.text.contains("INVALID_STATE"), "{}", page.text);
}

async fn an_operator_who_was_removed_is_refused_at_once(server: Server) {
    let company = open(server).await;
    let id = add(&company, "lan", OperatorRole::Admin).await;
    let replica = company.replica().await;
    let lan = signed_in(&company, "lan").await;
    let elsewhere = replica.acting_as(&lan);
    lan.ask("{ serviceTokens { nodes { id } } }").await.data();
    elsewhere.ask("{ serviceTokens { nodes { id } } }").await.data();

    assert!(operator::remove(company.app.service(), id, "left the company").await.expect("an operator"));

    for client in [&lan, &elsewhere] {
        assert_eq!(who(client).await, Value::Null);
        assert_eq!(client.ask("{ serviceTokens { nodes { id } } }").await.code(), "UNAUTHENTICATED");
    }
    assert!(!operator::remove(company.app.service(), id, "again").await.expect("an operator"));
    let mut browser = Browser::new(&company);
    let state = browser.begin().await;
    assert_eq!(browser.end(&company, "lan", &state).await.status, 403);
    // An operator who is added again must log in again: the old cookie stays invalid.
    assert_eq!(add(&company, "lan", OperatorRole::Viewer).await, id);
    assert_eq!(who(&lan).await, Value::Null);
    assert_eq!(who(&signed_in(&company, "lan").await).await["role"], "VIEWER");
}

async fn another_role_counts_at_once(server: Server) {
    let company = open(server).await;
    add(&company, "lan", OperatorRole::Admin).await;
    let lan = signed_in(&company, "lan").await;
    lan.ask("{ auditEvents { nodes { id } } }").await.data();

    add(&company, "lan", OperatorRole::Viewer).await;

    assert_eq!(lan.ask("{ auditEvents { nodes { id } } }").await.code(), "FORBIDDEN");
    assert_eq!(who(&lan).await["role"], "VIEWER");
}

async fn a_session_ends_when_it_is_unused_or_old_or_the_operator_signs_out(server: Server) {
    let company = open(server).await;
    add(&company, "lan", OperatorRole::Viewer).await;

    let unused = signed_in(&company, "lan").await;
    company.clock.advance(TimeDelta::minutes(29));
    assert_eq!(who(&unused).await["role"], "VIEWER");
    company.clock.advance(TimeDelta::minutes(30));
    assert_eq!(who(&unused).await, Value::Null);

    let old = signed_in(&company, "lan").await;
    for _ in 0..23 {
        company.clock.advance(TimeDelta::minutes(20));
        assert_eq!(who(&old).await["role"], "VIEWER");
    }
    company.clock.advance(TimeDelta::minutes(20));
    assert_eq!(who(&old).await, Value::Null);

    let [left, stays] = [signed_in(&company, "lan").await, signed_in(&company, "lan").await];
    let ended = left.ask("mutation { endOperatorSession { ended } }").await;
    assert_eq!(ended.data()["endOperatorSession"]["ended"], true);
    assert_eq!(who(&left).await, Value::Null);
    assert_eq!(who(&stays).await["role"], "VIEWER");
    let again = left.ask("mutation { endOperatorSession { ended } }").await;
    assert_eq!(again.data()["endOperatorSession"]["ended"], false);
    assert_eq!(company.audited(AuditAction::OperatorSignedOut).await.len(), 1);
}

async fn an_act_of_an_operator_has_their_name_in_the_journal_and_the_audit(server: Server) {
    let company = open(server).await;
    let [anna, bo] = [company.operator("anna").await, company.operator("bo").await];
    let id = company.sign_in("shop", "lan").await.id().await;
    company.clock.advance(TimeDelta::minutes(1));
    let number = "+8613800000055";

    let set = "mutation ($id: ID!, $phone: String!) { setPhone(id: $id, phone: $phone, reason: \"by letter\") {
        changed pending { id } } }";
    let set = bo.send(set, json!({ "id": id, "phone": number })).await;
    assert_eq!(set.data()["setPhone"], json!({ "changed": true, "pending": null }));
    let read = "query ($id: ID!) { user(id: $id) { phone linkHistory(first: 1) { nodes { rule actor evidence { reason } } } } }";
    let read = bo.send(read, json!({ "id": id })).await.data()["user"].clone();

    assert_eq!(read["phone"], number);
    let entry = json!({ "rule": "R14", "actor": "OPERATOR", "evidence": { "reason": "by letter" } });
    assert_eq!(read["linkHistory"]["nodes"], json!([entry]));
    let bos = who(&bo).await["id"].as_str().expect("an id").to_owned();
    let query =
        "query ($bo: ID!) { auditEvents(filter: { operator: $bo }) { nodes { action actor actorName userId } } }";
    let told = anna.send(query, json!({ "bo": bos })).await.data()["auditEvents"]["nodes"].clone();
    let actor = format!("operator:{bos}");
    let entry =
        |action: &str, user: &Value| json!({ "action": action, "actor": actor, "actorName": "Bo 柏", "userId": user });
    let expected = [entry("PHONE_READ", &id), entry("PHONE_SET", &id), entry("OPERATOR_SIGNED_IN", &Value::Null)];
    let mut told = told.as_array().expect("entries").clone();
    told.sort_by_key(|entry| expected.iter().position(|wanted| wanted == entry));
    assert_eq!(told, expected);
}

async fn a_service_token_of_an_operator_has_at_most_the_scopes_of_the_role(server: Server) {
    let company = open(server).await;
    let id = add(&company, "lan", OperatorRole::Admin).await;
    let lan = signed_in(&company, "lan").await;
    let create = "mutation { createServiceToken(input: { name: \"erp\", scopes: [ORDERS_WRITE] }) { id token } }";

    let made = lan.ask(create).await.data()["createServiceToken"].clone();

    let tokens = lan.ask("{ serviceTokens { nodes { id madeById } } }").await;
    assert_eq!(tokens.data()["serviceTokens"]["nodes"], json!([{ "id": made["id"], "madeById": id.to_string() }]));
    assert_eq!(company.operator("bo").await.ask(create).await.code(), "FORBIDDEN");
    assert_eq!(company.operator("chen").await.ask(create).await.code(), "FORBIDDEN");
    let revoke = "mutation ($id: ID!) { revokeServiceToken(id: $id, reason: \"it was lost\") { revokedIds } }";
    let revoked = lan.send(revoke, json!({ "id": made["id"] })).await;
    assert_eq!(revoked.data()["revokeServiceToken"]["revokedIds"], json!([made["id"]]));
}

#[tokio::test]
async fn without_the_header_and_on_pages_of_other_origins_the_cookie_is_worth_nothing() {
    let settings = toml::toml! { [http]
    allowed_origins = ["https://shop.example.com"] };
    let company = Company::open_with(Server::Sqlite, settings).await;
    let cookie = company.operator("anna").await.cookie.expect("a cookie");
    let tokens = "{ serviceTokens { nodes { id } } }";
    let send = async |headers: &[(&str, &str)]| {
        let all: Vec<_> = headers.iter().copied().chain([("cookie", cookie.as_str())]).collect();
        let answer = send_with(&company, &all, tokens).await;
        answer.0["errors"][0]["extensions"]["code"].as_str().unwrap_or("yes").to_owned()
    };
    let header = ("guiyi-session", "operator");

    assert_eq!(send(&[header]).await, "yes");
    assert_eq!(send(&[header, ("origin", &company.url), ("sec-fetch-site", "same-origin")]).await, "yes");
    assert_eq!(send(&[]).await, "UNAUTHENTICATED");
    assert_eq!(send(&[("guiyi-session", "cookie")]).await, "UNAUTHENTICATED");
    assert_eq!(send(&[("guiyi-session", "Operator")]).await, "INVALID_INPUT");
    for origin in ["https://evil.example.com", "https://shop.example.com", "null", "http://localhost:1"] {
        assert_eq!(send(&[header, ("origin", origin)]).await, "FORBIDDEN", "{origin}");
    }
    for site in ["cross-site", "same-site", "none"] {
        assert_eq!(send(&[header, ("sec-fetch-site", site)]).await, "FORBIDDEN", "{site}");
    }
    // One of two cookies may have been planted.
    assert_eq!(send(&[header, ("cookie", "__Host-guiyi-operator=planted")]).await, "UNAUTHENTICATED");
    // An explicit token takes precedence.
    assert_eq!(send(&[header, ("authorization", "Bearer gys_unknown")]).await, "UNAUTHENTICATED");
    let sign_out = "mutation { endOperatorSession { ended } }";
    let out = send_with(&company, &[("cookie", cookie.as_str())], sign_out).await;
    assert_eq!(out.data()["endOperatorSession"]["ended"], false);
    assert_eq!(send(&[header]).await, "yes");
}

#[tokio::test]
async fn the_operators_of_the_demo_sign_in_only_from_its_own_page_and_only_in_a_demo() {
    let company = Company::open(Server::Sqlite).await;
    let sign_in = async |origin: Option<&str>, name: &str| {
        let request = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        let request = request.expect("a client").post(format!("{}/console/demo", company.url));
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").body(format!("operator={name}"));
        let request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
        request.send().await.expect("an answer").status().as_u16()
    };

    assert_eq!(sign_in(Some(&company.url), "anna").await, 303);
    assert_eq!(sign_in(Some("https://evil.example.com"), "anna").await, 403);
    assert_eq!(sign_in(Some("null"), "anna").await, 403);
    assert_eq!(sign_in(None, "nobody").await, 404);
    let anna = company.operator("anna").await;
    let strict = company.replica_with(|config| config.console.demo_operators = false).await;
    assert_eq!(who(&strict.acting_as(&anna)).await, Value::Null);
    let off = company.replica_with(|config| config.console.enabled = false).await;
    assert_eq!(off.get("/console/").await.0, 404);
    assert_eq!(off.get("/console/login").await.0, 404);
    assert_eq!(who(&off.acting_as(&anna)).await, Value::Null);
}

#[tokio::test]
async fn the_page_of_the_login_shows_the_ways_in_and_unknown_apps_are_refused() {
    let company = Company::open_with(Server::Sqlite, toml::toml! { console = { apps = ["site"] } }).await;
    let mut browser = Browser::new(&company);

    let page = browser.get("/console/login", "zh-CN").await;

    assert_eq!(page.status, 200);
    for part in ["登录控制台", "value=\"anna\"", "value=\"site\"", "禾木官网"] {
        assert!(page.text.contains(part), "{part} is not in {}", page.text);
    }
    assert_eq!(page.headers["referrer-policy"], "same-origin");
    // People log in through the club, but operators do not.
    for app in ["club", "unheard-of", "%3Cscript%3E"] {
        let page = browser.get(&format!("/console/login?app={app}"), "en").await;
        assert_eq!(page.status, 404, "{app}");
        assert!(!page.text.contains("<script>"));
    }
    let page = browser.get("/console/callback?code=x", "en").await;
    assert!(page.text.contains("INVALID_STATE"), "{}", page.text);
}

#[tokio::test]
async fn a_role_cannot_do_what_four_eyes_forbid_one_operator() {
    let company = Company::open(Server::Sqlite).await;
    let careful = |config: &mut api::config::Config| config.support.four_eyes = vec![FourEyes::Erase];
    let replica = company.replica_with(careful).await;
    let anna = replica.acting_as(&company.operator("anna").await);
    let id = company.sign_in("shop", "lan").await.id().await;
    let erase = "mutation ($id: ID!) { eraseUser(id: $id, reason: \"by letter\") { changed pending { kind isMine requestedByName } } }";

    let asked = anna.send(erase, json!({ "id": id })).await;

    let pending = json!({ "kind": "ERASE", "isMine": true, "requestedByName": "Anna 安娜" });
    assert_eq!(asked.data()["eraseUser"], json!({ "changed": false, "pending": pending }));
    let reader = company.system(&[ServiceScope::UsersRead]).await;
    assert_eq!(
        reader.send("query ($id: ID!) { user(id: $id) { id } }", json!({ "id": id })).await.data()["user"]["id"],
        id
    );
}
