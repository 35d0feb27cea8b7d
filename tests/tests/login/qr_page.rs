//! A login by a QR code that leads to a page of the service: the account's silent authorization proves who holds the
//! phone, the person confirms, and only the browser that began the login is logged in.

use acceptance::{Answer, CHALLENGE, Company, Server, VERIFIER, on_every_database};
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    a_phone_opens_the_page_confirms_and_the_computer_is_signed_in,
    r2_a_person_who_is_known_by_the_union_id_is_recognised,
    of_two_phones_the_first_is_asked_and_the_other_is_told,
    a_return_that_is_repeated_leads_to_the_same_page,
    another_browser_cannot_return_in_place_of_the_phone,
    a_code_that_was_refused_or_has_expired_opens_nothing,
);

/// A QR code that a browser shows.
struct Shown {
    state: String,
    address: String,
    check_number: String,
}

const START: &str = "mutation ($app: String!, $challenge: String!) {
    startQrLogin(input: { app: $app, codeChallenge: $challenge, way: PAGE }) { state qrText checkNumber } }";

async fn start(company: &Company) -> Shown {
    let started = company.client().send(START, json!({ "app": "shop", "challenge": CHALLENGE })).await;
    let text = |name: &str| started.data()["startQrLogin"][name].as_str().expect("a text").to_owned();
    Shown { state: text("state"), address: text("qrText"), check_number: text("checkNumber") }
}

async fn progress(company: &Company, state: &str) -> Value {
    let query = "query ($state: String!) { qrLogin(state: $state) { status code } }";
    company.client().send(query, json!({ "state": state })).await.data()["qrLogin"].clone()
}

async fn log_in(company: &Company, state: &str, verifier: &str) -> Answer {
    let code = progress(company, state).await["code"].clone();
    let query = "mutation ($input: LoginInput!) { login(input: $input) { accessToken isNewUser unionId user { id } } }";
    let input = json!({ "code": code, "state": state, "codeVerifier": verifier, "app": "shop" });
    company.client().send(query, json!({ "input": input })).await
}

/// A phone: WeChat's browser, which keeps one cookie.
#[derive(Clone, Default)]
struct Phone {
    cookie: Option<String>,
}

/// A response to a phone.
#[derive(Debug)]
struct Page {
    status: u16,
    location: Option<String>,
    text: String,
}

impl Phone {
    async fn get(&mut self, address: &str) -> Page {
        let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.49";
        let request = http().get(address).header("user-agent", agent).header("accept-language", "en");
        self.send(request).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Page {
        let request = match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        };
        let answer = request.send().await.expect("an answer");
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
        if let Some(cookie) = header("set-cookie").filter(|cookie| cookie.starts_with("guiyi-phone=")) {
            assert!(cookie.ends_with("; HttpOnly; SameSite=Lax"), "{cookie}");
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        let (status, location) = (answer.status().as_u16(), header("location"));
        Page { status, location, text: answer.text().await.expect("a page") }
    }

    /// Opens the address of a QR code, and authorizes as this person. Returns the address to which WeChat redirects the
    /// phone.
    async fn authorize(&mut self, shown: &Shown, person: &str) -> String {
        let opened = self.get(&shown.address).await;
        let wechat = opened.location.unwrap_or_else(|| panic!("{} {}", opened.status, opened.text));
        assert!(wechat.contains("scope=snsapi_base") && wechat.contains("/connect/oauth2/authorize"), "{wechat}");
        let wechat = wechat.split('#').next().expect("an address");
        let form = [("decision", "allow"), ("person", person)];
        let allowed = http().post(wechat).form(&form).send().await.expect("the sandbox answers");
        allowed.headers()["location"].to_str().expect("text").to_owned()
    }

    /// Scans a QR code as this person. Returns the address of the confirmation page.
    async fn scan(&mut self, shown: &Shown, person: &str) -> Page {
        let back = self.authorize(shown, person).await;
        self.get(&back).await
    }
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}

async fn decide(page: &str, decision: &str) -> u16 {
    http().post(page).form(&[("decision", decision)]).send().await.expect("a page").status().as_u16()
}

async fn a_phone_opens_the_page_confirms_and_the_computer_is_signed_in(server: Server) {
    let company = Company::open(server).await;
    let before = company.sign_in("shop", "lan").await.id().await;
    let shown = start(&company).await;
    assert!(shown.address.starts_with(&format!("{}/qr/open/", company.url)), "{}", shown.address);
    let mut phone = Phone::default();
    assert_eq!(progress(&company, &shown.state).await, json!({ "status": "WAITING", "code": null }));

    let page = phone.scan(&shown, "lan").await.location.expect("a page");
    assert!(page.starts_with(&format!("{}/qr/", company.url)), "{page}");
    assert_eq!(progress(&company, &shown.state).await, json!({ "status": "SCANNED", "code": null }));
    let asked = phone.get(&page).await;
    assert!(asked.status == 200 && asked.text.contains(&shown.check_number), "{asked:?}");
    assert_eq!(decide(&page, "confirm").await, 200);
    let thief = log_in(&company, &shown.state, &"b".repeat(43)).await;
    let login = log_in(&company, &shown.state, VERIFIER).await;

    assert_eq!(thief.code(), "INVALID_STATE");
    let login = &login.data()["login"];
    assert_eq!((&login["user"]["id"], &login["isNewUser"]), (&before, &json!(false)));
    // R15: the login was bound to the browser that began it.
    let mut client = company.client();
    client.carry(login);
    client.send_code("+8613800138000").await.data();
}

async fn r2_a_person_who_is_known_by_the_union_id_is_recognised(server: Server) {
    let company = Company::open(server).await;
    let before = company.sign_in("club", "mei").await.id().await;
    let shown = start(&company).await;
    let page = Phone::default().scan(&shown, "mei").await.location.expect("a page");
    decide(&page, "confirm").await;

    let login = log_in(&company, &shown.state, VERIFIER).await;

    // As at a silent login inside WeChat: the account is found if WeChat returns the unionId for a silent
    // authorization.
    let login = login.data()["login"].clone();
    let inside = company.client().log_in(&company.code_for("shop", "mei", "snsapi_base").await, "shop").await;
    assert_eq!(inside.data()["wechatLogin"]["user"]["id"], login["user"]["id"]);
    assert_eq!(login["unionId"].is_null(), login["user"]["id"] != before);
}

async fn of_two_phones_the_first_is_asked_and_the_other_is_told(server: Server) {
    let company = Company::open(server).await;
    let shown = start(&company).await;
    let (mut lan, mut mei) = (Phone::default(), Phone::default());
    let backs = [lan.authorize(&shown, "lan").await, mei.authorize(&shown, "mei").await];

    let (first, second) = tokio::join!(lan.get(&backs[0]), mei.get(&backs[1]));

    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{first:?} {second:?}");
    // A later phone gets the result at once, and WeChat is not asked.
    let mut late = Phone::default();
    assert_eq!(late.get(&shown.address).await.status, 409);
    let (mut winner, page) = if first.status == 303 { (lan, first) } else { (mei, second) };
    // The first phone scans again, and gets its page.
    assert_eq!(winner.get(&shown.address).await.location, page.location);
    let page = page.location.expect("a page");
    let decisions = join_all(["confirm", "refuse"].map(|decision| decide(&page, decision))).await;
    assert_eq!(decisions.iter().filter(|status| **status == 200).count(), 1, "{decisions:?}");
}

async fn a_return_that_is_repeated_leads_to_the_same_page(server: Server) {
    let company = Company::open(server).await;
    let shown = start(&company).await;
    let mut phone = Phone::default();
    let back = phone.authorize(&shown, "lan").await;

    let pages = join_all((0..4).map(|_| {
        let (mut phone, back) = (phone.clone(), back.clone());
        async move { phone.get(&back).await.location }
    }))
    .await;

    assert!(pages[0].is_some() && pages.iter().all(|page| *page == pages[0]), "{pages:?}");
    assert_eq!(company.calls("/sns/oauth2/access_token").await, 1);
    assert_eq!(phone.get(&back).await.location, pages[0]);
    // The code of the authorization logs no one in.
    let code = back.split("code=").nth(1).and_then(|rest| rest.split('&').next()).expect("a code");
    let state = back.split("state=").nth(1).expect("a state");
    let query =
        "mutation ($code: String!, $state: String!) { login(input: { code: $code, state: $state }) { accessToken } }";
    let stolen = company.client().send(query, json!({ "code": code, "state": state })).await;
    assert_eq!(stolen.code(), "CODE_USED");
}

async fn another_browser_cannot_return_in_place_of_the_phone(server: Server) {
    let company = Company::open(server).await;
    let shown = start(&company).await;
    let mut phone = Phone::default();
    let back = phone.authorize(&shown, "lan").await;
    let mut other = Phone::default();
    other.get(&shown.address).await;
    let twice = phone.cookie.as_ref().map(|cookie| format!("{cookie}; {cookie}"));

    for cookie in [None, other.cookie, Some("guiyi-phone=x".to_owned()), twice] {
        let refused = Phone { cookie }.get(&back).await;
        assert_eq!((refused.status, refused.location), (404, None));
    }
    for odd in ["", "?code=&state=", "?code=x", "?state=x&code=x&code=y", "?code=guiyi.qr.x&state=x"] {
        let refused = phone.get(&format!("{}/qr/back{odd}", company.url)).await;
        assert_eq!((refused.status, refused.location), (404, None), "{odd}");
    }

    assert_eq!(company.calls("/sns/oauth2/access_token").await, 0);
    assert_eq!(progress(&company, &shown.state).await["status"], "WAITING");
    assert!(phone.get(&back).await.location.is_some());
}

async fn a_code_that_was_refused_or_has_expired_opens_nothing(server: Server) {
    let company = Company::open(server).await;
    let (refused, expired) = (start(&company).await, start(&company).await);
    let mut phone = Phone::default();
    let page = phone.scan(&refused, "lan").await.location.expect("a page");
    assert_eq!(decide(&page, "refuse").await, 200);
    assert_eq!(decide(&page, "confirm").await, 404);
    assert_eq!(progress(&company, &refused.state).await, json!({ "status": "REFUSED", "code": null }));
    let back = phone.authorize(&expired, "lan").await;

    company.clock.advance(TimeDelta::seconds(301));

    assert_eq!((phone.get(&back).await.status, phone.get(&expired.address).await.status), (404, 404));
    assert_eq!(phone.get(&format!("{}/qr/open/unheard-of", company.url)).await.status, 404);
    assert_eq!(progress(&company, &expired.state).await["status"], "EXPIRED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_has_no_such_page_says_what_is_missing() {
    let demo: toml::Table = api::config::DEMO.parse().expect("the demo's configuration is TOML");
    let mut apps = demo["apps"].as_array().expect("a list").clone();
    for app in apps.iter_mut().filter_map(toml::Value::as_table_mut).filter(|app| app.contains_key("return_to")) {
        app.insert("return_to".to_owned(), vec!["/playground"].into());
    }
    let company = Company::open_with(Server::Sqlite, toml::Table::from_iter([("apps".to_owned(), apps.into())])).await;
    let refused = async |app: &str| company.client().send(START, json!({ "app": app, "challenge": CHALLENGE })).await;
    let detail = |answer: &Answer| answer.0["errors"][0]["extensions"]["detail"].clone();

    let shop = refused("shop").await;
    let mini = refused("mini").await;

    assert_eq!(shop.code(), "RETURN_TO_NOT_ALLOWED");
    assert_eq!(detail(&shop), format!("the way PAGE needs {}/qr/back in the app's return_to", company.url));
    assert_eq!((mini.code(), detail(&mini)), ("INVALID_INPUT", json!("app: the way PAGE needs an official account")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outside_wechat_the_page_says_where_to_open_it() {
    let company = Company::open(Server::Sqlite).await;
    let shown = start(&company).await;
    let scene = shown.address.rsplit('/').next().expect("a scene").to_owned();
    let replica = company.replica_with(|config| config.sandbox.enabled = false).await;
    let address = format!("{}/qr/open/{scene}", replica.origin());

    for (language, words) in [("en", "Open this in WeChat"), ("zh-CN", "请在微信中打开")] {
        let page = http().get(&address).header("accept-language", language).send().await.expect("a page");
        let policy = page.headers()["content-security-policy"].to_str().expect("text").to_owned();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert_eq!(page.status().as_u16(), 403);
        assert!(page.text().await.expect("a page").contains(words), "{language}");
    }
    assert_eq!(Phone::default().get(&address).await.status, 303);
}
