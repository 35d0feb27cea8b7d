//! R15: what an unbound login allows, and that an attacker cannot plant a bound one. See `domain` for each step that
//! needs a bound login.

use acceptance::{Answer, Client, Company, Server, VERIFIER, on_every_database, weakened};
use chrono::TimeDelta;
use serde_json::{Value, json};

on_every_database!(
    r15_a_login_that_a_stranger_began_does_not_end_in_another_browser,
    r15_a_planted_login_opens_nothing_of_the_company_account,
    r15_an_unbound_session_changes_nothing_until_the_person_signs_in_bound,
    r15_a_native_login_is_bound_by_its_beginning,
    r15_a_mini_programs_login_is_bound_by_itself,
    r15_a_repeat_is_as_bound_as_the_login_that_it_repeats,
    r15_an_unbound_login_merges_no_shell_and_the_next_bound_one_does,
    r15_an_unbound_login_is_offered_no_merge,
    r15_a_login_is_added_only_if_both_are_bound,
    r15_a_merge_takes_no_unbound_login_of_the_other_account,
    r15_an_undo_needs_no_bound_login,
);

const LAN: &str = "+8613800000001";
const OTHER: &str = "+8613800000002";
const HERS: &str = "her-own-verifier-which-the-stranger-never-saw";
const SEEN: &str = "{ me { phone externalId openIds { app } orders { totalCount } } }";

fn carry(company: &Company, login: &Answer, field: &str) -> Client {
    let mut client = company.client();
    client.carry(&login.data()[field]);
    client
}

/// An attacker's code with the state of a login that the attacker began, as in the link that the victim opens.
async fn planted(company: &Company, challenge: Option<&str>) -> Value {
    let input = json!({ "app": "shop", "returnTo": format!("{}/playground", company.url), "codeChallenge": challenge });
    let query = "mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { state } }";
    let begun = company.client().send(query, json!({ "input": input })).await;
    json!({ "code": company.code("shop", "wei").await, "state": begun.data()["beginLogin"]["state"] })
}

async fn unbound(company: &Company, app: &str, person: &str) -> Client {
    let login = company.client().log_in_unbound(&company.code(app, person).await, app).await;
    carry(company, &login, "wechatLogin")
}

async fn r15_a_login_that_a_stranger_began_does_not_end_in_another_browser(server: Server) {
    let company = Company::open(server).await;
    let link = planted(&company, Some(acceptance::CHALLENGE)).await;
    let with =
        |verifier: Option<&str>| json!({ "code": link["code"], "state": link["state"], "codeVerifier": verifier });

    // The victim's page has no verifier, or that of its own login.
    for verifier in [None, Some(HERS)] {
        assert_eq!(company.client().log_in_with(&with(verifier)).await.code(), "INVALID_STATE");
    }
    // Without a challenge the attacker gets no link, and a link without a state is useless.
    let to = format!("{}/playground", company.url);
    let query = "mutation ($to: String!) { beginLogin(input: { app: \"shop\", returnTo: $to }) { state } }";
    assert_eq!(company.client().send(query, json!({ "to": to })).await.code(), "CHALLENGE_REQUIRED");
    let alone = json!({ "code": link["code"], "app": "shop", "codeVerifier": HERS });
    assert_eq!(company.client().log_in_with(&alone).await.code(), "STATE_REQUIRED");

    company.client().log_in_with(&with(Some(VERIFIER))).await.data();
}

/// The whole attack, where the configuration lets logins begin without a challenge.
async fn r15_a_planted_login_opens_nothing_of_the_company_account(server: Server) {
    let company = Company::open_with(server, weakened("required")).await;
    company.member("C-1001", LAN, 10).await;
    company.clock.advance(TimeDelta::minutes(1));
    let link = planted(&company, None).await;

    // The victim's browser ends the login that the attacker began, so she is in the attacker's account without knowing
    // it.
    let login = company.client().log_in_with(&link).await;
    let hers = carry(&company, &login, "login");
    let refused = [
        hers.send_code(LAN).await,
        hers.bind(LAN, "000000").await,
        hers.answer(LAN, "000000", Some("MINE")).await,
        hers.change(LAN, "000000").await,
    ];

    assert!(refused.iter().all(|answer| answer.code() == "BOUND_LOGIN_REQUIRED"), "{refused:?}");
    let stranger = company.sign_in("shop", "wei").await.ask(SEEN).await;
    let nothing =
        json!({ "phone": null, "externalId": null, "openIds": [{ "app": "shop" }], "orders": { "totalCount": 0 } });
    assert_eq!(stranger.data()["me"], nothing);
    // After a login from her own page she is in her own account, and may join the company's.
    let lan = company.sign_in("shop", "lan").await;
    let bound = company.prove(&lan, LAN).await;
    assert_eq!(bound.data()["bindPhone"]["user"]["externalId"], "C-1001");
}

async fn r15_an_unbound_session_changes_nothing_until_the_person_signs_in_bound(server: Server) {
    let company = Company::open_with(server, weakened("optional")).await;
    let bound = company.sign_in("shop", "lan").await;
    company.prove(&bound, LAN).await.data();
    company.sign_in("club", "lan").await;
    company.clock.advance(TimeDelta::minutes(2));
    let refresh = "mutation ($token: String!) { refreshSession(refreshToken: $token) { accessToken } }";
    let login = company.client().log_in_unbound(&company.code("shop", "lan").await, "shop").await;
    let mut lan = carry(&company, &login, "wechatLogin");
    let before = lan.ask(SEEN).await;
    let mini = json!({ "app": "mini", "code": company.code("mini", "lan").await });

    for _ in 0..2 {
        let refused = [
            lan.send_code(OTHER).await,
            lan.send_code_for_change(OTHER).await,
            lan.bind(OTHER, "000000").await,
            lan.change(OTHER, "000000").await,
            lan.show("kind: QUICK", json!({ "code": "0" })).await,
            lan.unbind().await,
            lan.unlink("club").await,
            lan.link(&mini).await,
        ];
        assert!(refused.iter().all(|answer| answer.code() == "BOUND_LOGIN_REQUIRED"), "{refused:?}");
        // A refreshed session keeps the boundness of its login.
        let token = login.data()["wechatLogin"]["refreshToken"].clone();
        let refreshed = lan.send(refresh, json!({ "token": token })).await;
        lan.carry(&refreshed.data()["refreshSession"]);
    }

    assert_eq!(lan.ask(SEEN).await.data(), before.data());
    let lan = company.sign_in("shop", "lan").await;
    lan.link(&mini).await.data();
    lan.unlink("club").await.data();
    company.change(&lan, OTHER).await.data();
    lan.unbind().await.data();
}

async fn r15_a_native_login_is_bound_by_its_beginning(server: Server) {
    let company = Company::open(server).await;
    let unbound = unbound(&company, "app", "lan").await;
    let begun = company.client().begin("app").await.expect("a state");
    let code = company.code("app", "wei").await;
    let with = |verifier: Option<&str>| json!({ "code": code, "state": begun, "codeVerifier": verifier });

    assert_eq!(unbound.send_code(LAN).await.code(), "BOUND_LOGIN_REQUIRED");
    for planted in [None, Some(HERS)] {
        assert_eq!(company.client().log_in_with(&with(planted)).await.code(), "INVALID_STATE");
    }
    company.client().log_in_with(&with(Some(VERIFIER))).await.data();
    let bound = company.sign_in("app", "lan").await;
    assert_eq!(bound.id().await, unbound.id().await);
    company.prove(&bound, LAN).await.data();
    for app in ["mini", "shop"] {
        let query = "mutation ($input: BeginNativeLoginInput!) { beginNativeLogin(input: $input) { state } }";
        let input = json!({ "app": app, "codeChallenge": acceptance::CHALLENGE });
        assert_eq!(company.client().send(query, json!({ "input": input })).await.code(), "NOT_A_NATIVE_APP");
    }
}

async fn r15_a_mini_programs_login_is_bound_by_itself(server: Server) {
    let company = Company::open(server).await;

    let lan = unbound(&company, "mini", "lan").await;

    company.prove(&lan, LAN).await.data();
}

async fn r15_a_repeat_is_as_bound_as_the_login_that_it_repeats(server: Server) {
    let company = Company::open(server).await;
    let alone = json!({ "app": "app", "code": company.code("app", "lan").await, "codeVerifier": VERIFIER });
    let state = company.client().begin("app").await.expect("a state");
    let begun = json!({ "code": company.code("app", "wei").await, "state": state, "codeVerifier": VERIFIER });

    for (input, phone, code) in [(alone, LAN, Some("BOUND_LOGIN_REQUIRED")), (begun, OTHER, None)] {
        company.client().log_in_with(&input).await.data();
        let again = company.client().log_in_with(&input).await;
        let sent = carry(&company, &again, "login").send_code(phone).await;
        assert_eq!(sent.0["errors"][0]["extensions"]["code"].as_str(), code, "{sent:?}");
    }
}

/// Creates Lan's two accounts in one scope, the first without its unionId.
async fn two_accounts(company: &Company) -> [Value; 2] {
    let code = company.code_for("shop", "lan", "snsapi_base").await;
    let first = carry(company, &company.client().log_in(&code, "shop").await, "wechatLogin");
    company.clock.advance(TimeDelta::minutes(1));
    let second = company.sign_in("club", "lan").await;
    [first.id().await, second.id().await]
}

async fn r15_an_unbound_login_merges_no_shell_and_the_next_bound_one_does(server: Server) {
    let company = Company::open_with(server, weakened("optional")).await;
    let [first, second] = two_accounts(&company).await;

    let lan = unbound(&company, "shop", "lan").await;

    assert_eq!(lan.id().await, first);
    assert_eq!(lan.ask("{ me { unionIds { unionId } } }").await.data()["me"]["unionIds"], json!([]));
    assert_eq!(company.sign_in("club", "lan").await.id().await, second);
    // Of two shells the older one survives.
    let lan = company.sign_in("shop", "lan").await;
    assert_eq!((lan.id().await, lan.node(&second).await), (first.clone(), first));
}

async fn r15_an_unbound_login_is_offered_no_merge(server: Server) {
    let company = Company::open_with(server, weakened("optional")).await;
    two_accounts(&company).await;
    for (app, phone) in [("shop", LAN), ("club", OTHER)] {
        // By openId only, so that each account gets a phone and neither is a shell.
        let code = company.code_for(app, "lan", "snsapi_base").await;
        let client = carry(&company, &company.client().log_in(&code, app).await, "wechatLogin");
        company.prove(&client, phone).await.data();
    }
    let query = "mutation ($input: LoginInput!) { login(input: $input) { accessToken mergeOffer { token } } }";
    let offer = async |input: Value| {
        let login = company.client().send(query, json!({ "input": input })).await;
        login.data()["login"]["mergeOffer"]["token"].clone()
    };

    let alone = json!({ "app": "shop", "code": company.code("shop", "lan").await });
    assert_eq!(offer(alone).await, Value::Null);
    let state = company.client().begin("shop").await.expect("a state");
    let begun = json!({ "code": company.code("shop", "lan").await, "state": state, "codeVerifier": VERIFIER });
    let token = offer(begun).await;

    let token = token.as_str().expect("a token");
    let unbound = unbound(&company, "shop", "lan").await;
    assert_eq!(unbound.preview(token).await.code(), "BOUND_LOGIN_REQUIRED");
    assert_eq!(unbound.merge(token, None, &json!([])).await.code(), "BOUND_LOGIN_REQUIRED");
    company.sign_in("shop", "lan").await.merge_keeping_own(token).await.data();
}

async fn r15_a_login_is_added_only_if_both_are_bound(server: Server) {
    let company = Company::open_with(server, weakened("optional")).await;
    let (bound, unbound) = (company.sign_in("mini", "lan").await, unbound(&company, "club", "lan").await);
    let state = company.client().begin("shop").await.expect("a state");
    let alone = json!({ "app": "shop", "code": company.code("shop", "lan").await });
    let begun = json!({ "code": company.code("shop", "lan").await, "state": state, "codeVerifier": VERIFIER });
    let native = json!({ "app": "app", "code": company.code("app", "lan").await, "codeVerifier": VERIFIER });

    assert_eq!(unbound.link(&begun).await.code(), "BOUND_LOGIN_REQUIRED");
    assert_eq!(unbound.link(&alone).await.code(), "BOUND_LOGIN_REQUIRED");
    assert_eq!(bound.link(&alone).await.code(), "CHALLENGE_REQUIRED");
    assert_eq!(bound.link(&native).await.code(), "CHALLENGE_REQUIRED");

    assert_eq!(bound.link(&begun).await.data()["linkOpenId"]["added"], true);
}

async fn r15_a_merge_takes_no_unbound_login_of_the_other_account(server: Server) {
    let company = Company::open_with(server, weakened("optional")).await;
    company.prove(&company.sign_in("mini", "lan").await, LAN).await.data();
    company.sign_in("club", "lan").await;
    company.clock.advance(TimeDelta::days(91));
    let code = company.code_for("shop", "lan", "snsapi_base").await;
    let lan = carry(&company, &company.client().log_in(&code, "shop").await, "wechatLogin");
    assert_eq!(company.prove(&lan, LAN).await.code(), "PHONE_PROOF_TOO_OLD");
    let token = lan.answer(LAN, &company.sms(LAN).await, Some("MINE")).await.merge_token();

    let other = unbound(&company, "club", "lan").await;
    assert_eq!(lan.preview_as(&token, Some(&other)).await.code(), "BOUND_LOGIN_REQUIRED");
    assert_eq!(lan.merge_as(&token, Some(&other)).await.code(), "BOUND_LOGIN_REQUIRED");

    let other = company.sign_in("club", "lan").await;
    lan.merge_as(&token, Some(&other)).await.data();
}

async fn r15_an_undo_needs_no_bound_login(server: Server) {
    let company = Company::open_with(server, weakened("optional")).await;
    let (lan, refused) = company.offered().await;
    let merged = lan.merge_keeping_own(&refused.merge_token()).await.data()["mergeUsers"].clone();

    let undone = unbound(&company, "shop", "lan").await.undo(&merged["mergeId"], None).await;

    assert_eq!(undone.data()["undoMerge"]["survivorId"], merged["user"]["id"]);
}

#[tokio::test]
async fn r15_a_native_app_may_refuse_logins_that_are_not_bound() {
    let settings = toml::toml! {
        default_app = ""
        [[apps]]
        name = "app"
        kind = "wechat-mobile"
        app_id = "wxde30000000000a44"
        app_secret = "de300000000000000000000000000a44"
        state = "bound"
    };
    let company = Company::open_with(Server::Sqlite, settings).await;
    let code = company.code("app", "lan").await;

    assert_eq!(company.client().log_in_unbound(&code, "app").await.code(), "STATE_REQUIRED");

    company.client().log_in(&code, "app").await.data();
}
