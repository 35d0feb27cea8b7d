//! The account in a mutation's payload is read as the person whom the mutation has just logged in, regardless of the
//! caller before: anonymous, a service token, or a session that has moved to another account.

use acceptance::merging::LAN;
use acceptance::tour::{Schema, mutations};
use acceptance::{Client, Company, Server, VERIFIER, on_every_database};
use chrono::TimeDelta;
use domain::ServiceScope;
use serde_json::{Value, json};

on_every_database!(
    a_login_shows_the_persons_orders_and_history_at_once,
    a_login_with_a_service_token_is_read_by_its_person,
    a_login_by_phone_shows_the_persons_orders_and_history_at_once,
    an_account_that_was_joined_or_merged_is_read_by_its_person,
    a_merge_that_is_undone_shows_the_restored_account_to_its_person,
    an_account_that_gains_and_loses_keys_is_read_by_its_person,
);

/// Fields that only the account's person may read, and systems with a scope.
const OWN: &str = "user { id orders { nodes { orderNo } } linkHistory { nodes { rule evidence { reason } } } }";

/// The tests below cover every payload that has an account.
#[test]
fn every_payload_with_an_account_is_covered() {
    let schema = Schema::read();
    let with_user = mutations(&schema).into_iter().filter(|field| {
        let ty = field.ty.trim_end_matches('!');
        schema.fields(ty).iter().any(|inner| inner.ty.trim_end_matches('!') == "User")
    });
    let mut names: Vec<_> = with_user.map(|field| field.name.clone()).collect();
    names.sort();

    let covered = [
        "bindPhone",
        "bindPhoneWithWechat",
        "changePhone",
        "linkOpenId",
        "login",
        "loginByPhone",
        "loginByWechatPhone",
        "mergeUsers",
        "unbindPhone",
        "undoMerge",
        "unlinkOpenId",
        "updateProfile",
        "wechatLogin",
    ];
    assert_eq!(names, covered);
}

/// Records an order of a person who need not have signed in yet.
async fn order(company: &Company, person: &str, order_no: &str) {
    let order = json!([{
        "app": "shop", "orderNo": order_no, "openId": company.sandbox.open_id("shop", person), "status": "PAID",
        "placedAt": "2025-10-01T08:00:00Z", "total": { "amount": "1.00", "currency": "CNY" },
    }]);
    company.system(&[ServiceScope::OrdersWrite]).await.record(order).await;
}

/// Sends a mutation whose payload has an account, and returns the order numbers and the rules in the payload.
async fn shown(client: &Client, field: &str, call: &str, variables: Value) -> (Value, Vec<Value>, Vec<Value>) {
    let answer = client.send(call, variables).await;
    let payload = answer.data()[field].clone();
    let all = |path: &str, of: fn(&Value) -> Value| {
        let nodes = payload["user"][path]["nodes"].as_array().unwrap_or_else(|| panic!("no {path} in {payload}"));
        nodes.iter().map(of).collect()
    };
    let orders = all("orders", |order| order["orderNo"].clone());
    let rules = all("linkHistory", |entry| entry["rule"].clone());
    (payload, orders, rules)
}

async fn wechat_login(company: &Company, client: &Client, app: &str) -> (Value, Vec<Value>, Vec<Value>) {
    let (code, state) = (company.code(app, "lan").await, client.begin(app).await.expect("a state"));
    let call = format!(
        "mutation ($code: String!, $state: String!, $verifier: String!) {{
        wechatLogin(code: $code, state: $state, codeVerifier: $verifier) {{ accessToken {OWN} }} }}"
    );
    shown(client, "wechatLogin", &call, json!({ "code": code, "state": state, "verifier": VERIFIER })).await
}

async fn a_login_shows_the_persons_orders_and_history_at_once(server: Server) {
    let company = Company::open(server).await;
    order(&company, "lan", "S-1").await;
    let call = format!("mutation ($input: LoginInput!) {{ login(input: $input) {{ accessToken {OWN} }} }}");
    let code = company.code("mini", "lan").await;

    let (_, orders, rules) = wechat_login(&company, &company.client(), "shop").await;
    // Entries of one moment are unordered.
    company.clock.advance(TimeDelta::seconds(1));
    let input = json!({ "input": { "app": "mini", "code": code, "codeVerifier": VERIFIER } });
    let first = shown(&company.client(), "login", &call, input.clone()).await;
    let repeated = shown(&company.client(), "login", &call, input).await;

    assert_eq!((orders, rules), (vec![json!("S-1")], vec![json!("R3")]));
    assert_eq!((&first.1, &first.2), (&vec![json!("S-1")], &vec![json!("R2"), json!("R3")]));
    assert_eq!((&repeated.1, &repeated.2), (&first.1, &first.2));
}

async fn a_login_with_a_service_token_is_read_by_its_person(server: Server) {
    let company = Company::open(server).await;
    order(&company, "lan", "S-1").await;
    // Without the scopes, the token itself may read neither.
    let system = company.system(&[ServiceScope::OrdersWrite]).await;

    let (payload, orders, rules) = wechat_login(&company, &system, "shop").await;

    assert_eq!((orders, rules), (vec![json!("S-1")], vec![json!("R3")]));
    let query = "query ($id: ID!) { user(id: $id) { orders { nodes { orderNo } } } }";
    assert_eq!(system.send(query, json!({ "id": payload["user"]["id"] })).await.code(), "FORBIDDEN");
}

async fn a_login_by_phone_shows_the_persons_orders_and_history_at_once(server: Server) {
    let company = Company::open(server).await;
    order(&company, "lan", "S-1").await;
    let lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, LAN).await.data();
    company.clock.advance(TimeDelta::seconds(61));
    let browser = company.client();
    browser.send_login_code(LAN).await.data();
    let by_code = format!(
        "mutation ($phone: String!, $code: String!, $verifier: String!) {{
        loginByPhone(phone: $phone, code: $code, codeVerifier: $verifier) {{ {OWN} }} }}"
    );
    let by_wechat =
        format!("mutation ($input: WechatPhoneLoginInput!) {{ loginByWechatPhone(input: $input) {{ {OWN} }} }}");
    let code = json!({ "phone": LAN, "code": company.sms(LAN).await, "verifier": VERIFIER });
    let tapped = json!({ "app": "mini", "person": "lan", "button": "quick" });
    let tapped = company.sandbox("POST", "/_sandbox/phone-codes", Some(&tapped)).await["code"].clone();
    let input = json!({
        "app": "mini", "code": company.code("mini", "lan").await, "phoneCode": tapped, "kind": "QUICK",
        "codeVerifier": VERIFIER,
    });

    let by_code = shown(&browser, "loginByPhone", &by_code, code).await;
    let by_wechat = shown(&company.client(), "loginByWechatPhone", &by_wechat, json!({ "input": input })).await;

    for (_, orders, rules) in [by_code, by_wechat] {
        assert_eq!(orders, [json!("S-1")]);
        assert!(rules.contains(&json!("R4a")) && rules.contains(&json!("R3")), "{rules:?}");
    }
}

async fn an_account_that_was_joined_or_merged_is_read_by_its_person(server: Server) {
    let company = Company::open(server).await;
    order(&company, "lan", "S-1").await;
    order(&company, "wei", "S-2").await;
    company.member("C-1001", LAN, 10).await;
    let wei = company.sign_in("shop", "wei").await;
    wei.send_code(LAN).await.data();
    let bind = format!(
        "mutation ($phone: String!, $code: String!) {{ bindPhone(phone: $phone, code: $code) {{ merged {OWN} }} }}"
    );
    let input = json!({ "phone": LAN, "code": company.sms(LAN).await });

    let joined = shown(&wei, "bindPhone", &bind, input.clone()).await;
    let repeated = shown(&wei, "bindPhone", &bind, input).await;

    assert_eq!(joined.0["merged"], true);
    assert_eq!((&joined.1, joined.2.len()), (&vec![json!("S-2")], 3));
    assert_eq!(joined.0, repeated.0);
    let other = Company::open(server).await;
    order(&other, "lan", "S-1").await;
    let (lan, refused) = other.offered().await;
    let (token, own) = (refused.merge_token(), lan.id().await);
    let survivor = lan.preview(&token).await.data()["mergePreview"]["other"]["id"].clone();
    let call = format!(
        "mutation ($token: String!, $survivor: ID!, $keep: [MergeChoice!]!) {{
        mergeUsers(token: $token, survivor: $survivor, keep: $keep) {{ {OWN} }} }}"
    );
    other.clock.advance(TimeDelta::seconds(1));
    let keep = json!([{ "field": "PHONE", "user": survivor }, { "field": "NICKNAME", "user": own }]);
    let variables = json!({ "token": token, "survivor": survivor, "keep": keep });
    let (payload, orders, rules) = shown(&lan, "mergeUsers", &call, variables).await;
    assert_eq!((&payload["user"]["id"], orders), (&survivor, vec![json!("S-1")]));
    assert_eq!(rules.first(), Some(&json!("R8")));
}

async fn a_merge_that_is_undone_shows_the_restored_account_to_its_person(server: Server) {
    let company = Company::open(server).await;
    order(&company, "lan", "S-1").await;
    company.member("C-1001", LAN, 10).await;
    let mut lan = company.sign_in("shop", "lan").await;
    let own = lan.id().await;
    let joined = company.prove(&lan, LAN).await;
    lan.carry(&joined.data()["bindPhone"]["session"]);
    let merges = lan.ask("{ me { merges { id } } }").await;
    let merge = merges.data()["me"]["merges"][0]["id"].clone();

    let call = format!("mutation ($id: ID!) {{ undoMerge(id: $id) {{ {OWN} }} }}");
    let (payload, orders, rules) = shown(&lan, "undoMerge", &call, json!({ "id": merge })).await;

    assert_eq!((&payload["user"]["id"], orders), (&own, vec![json!("S-1")]));
    assert!(rules.contains(&json!("R3")), "{rules:?}");
}

async fn an_account_that_gains_and_loses_keys_is_read_by_its_person(server: Server) {
    let company = Company::open(server).await;
    order(&company, "lan", "S-1").await;
    let lan = company.sign_in("shop", "lan").await;
    let code = company.code("mini", "lan").await;
    let link = format!("mutation ($input: LoginInput!) {{ linkOpenId(input: $input) {{ {OWN} }} }}");
    let unlink = format!("mutation {{ unlinkOpenId(app: \"mini\") {{ {OWN} }} }}");
    let name = format!("mutation {{ updateProfile(nickname: \"Orchid\") {{ {OWN} }} }}");
    let unbind = format!("mutation {{ unbindPhone {{ {OWN} }} }}");
    let change =
        format!("mutation ($phone: String!, $code: String!) {{ changePhone(phone: $phone, code: $code) {{ {OWN} }} }}");
    let tap = format!(
        "mutation ($code: String!) {{ bindPhoneWithWechat(app: \"mini\", kind: QUICK, code: $code) {{ {OWN} }} }}"
    );

    let linked = shown(&lan, "linkOpenId", &link, json!({ "input": { "app": "mini", "code": code } })).await;
    company.prove(&lan, LAN).await.data();
    company.clock.advance(TimeDelta::seconds(61));
    lan.send_code_for_change("+8613800000009").await.data();
    let code = company.sms("+8613800000009").await;
    let changed = shown(&lan, "changePhone", &change, json!({ "phone": "+8613800000009", "code": code })).await;
    let unbound = shown(&lan, "unbindPhone", &unbind, json!({})).await;
    let tapped = json!({ "app": "mini", "person": "lan", "button": "quick" });
    let tapped = company.sandbox("POST", "/_sandbox/phone-codes", Some(&tapped)).await;
    let shared = shown(&lan, "bindPhoneWithWechat", &tap, json!({ "code": tapped["code"] })).await;
    let named = shown(&lan, "updateProfile", &name, json!({})).await;
    let unlinked = shown(&lan, "unlinkOpenId", &unlink, json!({})).await;

    for (payload, orders, rules) in [linked, changed, unbound, shared, named, unlinked] {
        assert_eq!(orders, [json!("S-1")], "{payload}");
        assert!(rules.contains(&json!("R3")), "{payload}");
    }
}
