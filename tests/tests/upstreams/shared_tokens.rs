//! Uses of an upstream token that all replicas share, with the whole sandbox: phone numbers, tickets, `WeCom`. See
//! `providers` for the sharing and `store` for the storage.

use std::sync::Arc;
use std::time::Duration;

use acceptance::{Company, Server, on_every_database};
use futures::future::join_all;
use providers::{
    EncryptedData, ErrorKind, Exchange, Http, HttpLimits, IdentityProvider, LoginCode, PhoneCode, Settings, ShownPhone,
    TokensInMemory, builtin,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

on_every_database!(
    a_phone_button_tells_the_number_quickly_or_in_real_time,
    fifty_phone_codes_at_once_cost_one_token,
    a_token_that_was_replaced_elsewhere_is_fetched_again,
    an_encrypted_number_is_read_with_the_code_from_before_it,
    encrypted_data_tells_the_profile_and_no_union_id,
    a_ticket_is_fetched_once_and_shared,
    a_member_logs_in_through_wecom_and_is_the_same_in_two_apps,
    an_outsider_logs_in_through_wecom_although_the_token_was_replaced,
    the_login_page_of_wecom_is_the_sandboxs,
);

/// Builds the demo's app of this name like the service does, with its own tokens.
fn provider(company: &Company, app: &str) -> Arc<dyn IdentityProvider> {
    let (kind, id) = match app {
        "mini" => ("wechat-mini-program", "3191"),
        _ => ("wechat-official-account", "5409"),
    };
    let mut table = toml::Table::new();
    table.insert("app_id".into(), format!("wxde3000000000{id}").into());
    table.insert("app_secret".into(), format!("de30000000000000000000000000{id}").into());
    table.insert("union_scope".into(), "hemu".into());
    let limits = HttpLimits { connect: Duration::from_secs(3), total: Duration::from_secs(5) };
    let factory = builtin::ALL.iter().find(|factory| factory.kind == kind).expect("a kind");
    let settings = Settings {
        table,
        http: Http::new(limits).expect("a client"),
        tokens: Arc::new(TokensInMemory::default()),
        sandbox: Some(company.sandbox_url.parse().expect("an address")),
    };
    (factory.build)(settings).expect("sound settings")
}

async fn order(company: &Company, path: &str, wanted: &Value) -> Value {
    company.sandbox("POST", path, Some(wanted)).await
}

async fn phone_code(company: &Company, wanted: &Value) -> ShownPhone {
    let answer = order(company, "/_sandbox/phone-codes", wanted).await;
    ShownPhone::Code(PhoneCode::parse(answer["code"].as_str().expect("a code")).expect("a code"))
}

async fn login_code(company: &Company, app: &str) -> LoginCode {
    LoginCode::parse(&company.code(app, "lan").await).expect("a code")
}

async fn encrypted(company: &Company, what: &str) -> EncryptedData {
    let wanted = json!({ "app": "mini", "person": "lan", "what": what });
    let answer = order(company, "/_sandbox/encrypted-data", &wanted).await;
    let part = |name: &str| answer[name].as_str().expect("base64").to_owned();
    EncryptedData::parse(&part("encryptedData"), &part("iv")).expect("encrypted data")
}

async fn calls(company: &Company, path: &str) -> usize {
    let calls = company.sandbox("GET", &format!("/_sandbox/calls?path={path}"), None).await;
    calls.as_array().expect("a list").len()
}

async fn a_phone_button_tells_the_number_quickly_or_in_real_time(server: Server) {
    let company = Company::open(server).await;
    let mini = provider(&company, "mini");

    let quick = phone_code(&company, &json!({ "app": "mini", "person": "lan" })).await;
    let real = phone_code(&company, &json!({ "app": "mini", "person": "lan", "button": "real-time" })).await;
    let numbers = [mini.phone_number(&quick).await, mini.phone_number(&real).await];
    let again = mini.phone_number(&real).await.expect_err("a used code");

    let people = company.sandbox("GET", "/_sandbox/people/lan", None).await;
    let first = people["phones"][0].as_str().expect("a number");
    assert_eq!(numbers.map(|number| number.expect("a number").e164().to_owned()), [first, first]);
    assert_eq!(again.kind, ErrorKind::CodeUsed);
}

async fn fifty_phone_codes_at_once_cost_one_token(server: Server) {
    let company = Company::open(server).await;
    let mini = provider(&company, "mini");
    let wanted = json!({ "app": "mini", "person": "lan" });
    let codes = join_all((0..50).map(|_| phone_code(&company, &wanted))).await;

    let numbers = join_all(codes.iter().map(|code| mini.phone_number(code))).await;

    assert!(numbers.iter().all(Result::is_ok), "{numbers:?}");
    assert_eq!(calls(&company, "/cgi-bin/stable_token").await, 1);
}

async fn a_token_that_was_replaced_elsewhere_is_fetched_again(server: Server) {
    let company = Company::open(server).await;
    let mini = provider(&company, "mini");
    let path = "/wxa/business/getuserphonenumber";
    order(&company, "/_sandbox/faults", &json!({ "path": path, "kind": "token-rotated" })).await;

    let shown = phone_code(&company, &json!({ "app": "mini", "person": "lan" })).await;
    let number = mini.phone_number(&shown).await;

    assert!(number.is_ok(), "{number:?}");
    assert_eq!((calls(&company, "/cgi-bin/stable_token").await, calls(&company, path).await), (2, 2));
}

async fn an_encrypted_number_is_read_with_the_code_from_before_it(server: Server) {
    let company = Company::open(server).await;
    let mini = provider(&company, "mini");

    let login = login_code(&company, "mini").await;
    let data = encrypted(&company, "phone").await;
    let number = mini.phone_number(&ShownPhone::Encrypted { login, data: data.clone() }).await.expect("a number");
    let login = login_code(&company, "mini").await;
    let stale =
        mini.phone_number(&ShownPhone::Encrypted { login, data }).await.expect_err("data from before the login");

    assert_eq!((stale.kind, number.e164()), (ErrorKind::StaleData, "+8613800000001"));
}

async fn encrypted_data_tells_the_profile_and_no_union_id(server: Server) {
    let company = Company::open(server).await;
    let mini = provider(&company, "mini");
    let fault = json!({ "path": "/sns/jscode2session", "kind": "late-union-id" });
    order(&company, "/_sandbox/faults", &fault).await;

    let code = login_code(&company, "mini").await;
    let data = encrypted(&company, "profile").await;
    let proof = mini.exchange(&Exchange { encrypted: Some(&data), ..Exchange::of(&code) }).await.expect("a proof");

    let told = |text: &str| Some(text.to_owned());
    assert_eq!(told(proof.key.open_id.as_str()), company.sandbox.open_id("mini", "lan"));
    assert_eq!(proof.union, None);
    assert_eq!(proof.profile.nickname, told("兰心🌿"));
}

async fn a_ticket_is_fetched_once_and_shared(server: Server) {
    let company = Company::open(server).await;
    let shop = provider(&company, "shop");

    let tickets = join_all((0..50).map(|_| shop.js_ticket())).await;

    let path = "/cgi-bin/ticket/getticket";
    let call = company.sandbox("GET", &format!("/_sandbox/calls?path={path}"), None).await;
    let answered = call[0]["answer"].to_string();
    assert!(tickets.iter().flatten().all(|ticket| answered.contains(ticket.expose_secret())), "{answered}");
    assert_eq!((tickets.iter().flatten().count(), calls(&company, path).await), (50, 1));
    assert_eq!(calls(&company, "/cgi-bin/stable_token").await, 1);
}

/// Starts a company with two apps at `WeCom`, a member and an outsider.
async fn at_wecom(server: Server) -> Company {
    let apps = [("office", 1_000_002), ("depot", 1_000_003)].map(|(name, agent_id)| {
        let mut app = toml::toml! {
            kind = "wecom"
            corp_id = "ww0123456789abcdef"
            union_scope = "staff"
            return_to = ["https://office.example.com/"]
            state = "optional"
        };
        app.insert("name".into(), name.into());
        app.insert("agent_id".into(), agent_id.into());
        app.insert("app_secret".into(), secret(name).into());
        toml::Value::Table(app)
    });
    let mut settings = toml::Table::new();
    settings.insert("default_app".into(), "office".into());
    settings.insert("apps".into(), apps.to_vec().into());
    let company = Company::open_with(server, settings).await;
    for (name, agent_id) in [("office", 1_000_002), ("depot", 1_000_003)] {
        let app = json!({ "name": name, "title": name, "kind": "wecom", "app_id": "ww0123456789abcdef",
            "agent_id": agent_id, "secret": secret(name), "redirect_domains": ["office.example.com"] });
        order(&company, "/_sandbox/apps", &app).await;
    }
    let member = json!({ "id": "yan", "nickname": "小燕", "member": true });
    order(&company, "/_sandbox/people", &member).await;
    company
}

/// Returns 43 characters, like a `WeCom` secret.
fn secret(app: &str) -> String {
    format!("{app:-<43}")
}

async fn log_in(company: &Company, app: &str, person: &str) -> Value {
    let login = company.client().log_in_unbound(&company.code(app, person).await, app).await;
    login.data()["wechatLogin"].clone()
}

async fn a_member_logs_in_through_wecom_and_is_the_same_in_two_apps(server: Server) {
    let company = at_wecom(server).await;

    let first = log_in(&company, "office", "yan").await;
    let second = log_in(&company, "office", "yan").await;
    let elsewhere = log_in(&company, "depot", "yan").await;

    let seen = |login: &Value| ["isNewUser", "openId", "unionId"].map(|field| login[field].clone());
    assert_eq!(seen(&first), [json!(true), json!("yan"), json!("yan")]);
    assert_eq!(seen(&second), [json!(false), json!("yan"), json!("yan")]);
    assert_eq!(seen(&elsewhere), [json!(false), json!("yan"), json!("yan")]);
    assert_eq!(elsewhere["user"]["id"], first["user"]["id"]);
    assert_eq!(calls(&company, "/cgi-bin/gettoken").await, 2);
}

async fn an_outsider_logs_in_through_wecom_although_the_token_was_replaced(server: Server) {
    let company = at_wecom(server).await;
    log_in(&company, "office", "yan").await;
    let fault = json!({ "path": "/cgi-bin/auth/getuserinfo", "kind": "token-rotated" });
    order(&company, "/_sandbox/faults", &fault).await;

    let login = log_in(&company, "office", "wei").await;

    let open_id = login["openId"].as_str().expect("an open id");
    assert!(open_id.starts_with('o') && open_id.len() == 28, "{open_id}");
    assert_eq!((&login["isNewUser"], &login["unionId"]), (&json!(true), &Value::Null));
    assert_eq!(calls(&company, "/cgi-bin/gettoken").await, 2);
}

async fn the_login_page_of_wecom_is_the_sandboxs(server: Server) {
    let company = at_wecom(server).await;
    let query = "mutation { beginLogin(input: { app: \"office\", returnTo: \"https://office.example.com/\" }) {
        authorizeUrl } }";

    let begun = company.client().ask(query).await;

    let url = begun.data()["beginLogin"]["authorizeUrl"].as_str().expect("an address");
    let page = reqwest::get(url).await.expect("the sandbox answers").text().await.expect("a page");
    assert!(url.starts_with(&format!("{}/wwlogin/sso/login?login_type=CorpApp&", company.sandbox_url)), "{url}");
    assert!(page.contains("/connect/qrcode/"), "{page}");
}
