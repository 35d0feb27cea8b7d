//! A login by a QR code that a follower scans: the browser shows it, the person confirms on the phone, and only the
//! browser that began the login is logged in.

use acceptance::pushing::{KEY, keys, later, open, push_settings};
use acceptance::socket::Socket;
use acceptance::{Answer, CHALLENGE, Client, Company, Server, VERIFIER, on_every_database};
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    a_follower_scans_confirms_and_is_signed_in_on_the_computer,
    r2_a_person_who_is_known_by_the_union_id_is_recognised,
    a_refused_or_expired_code_signs_no_one_in,
    who_knows_the_qr_code_or_the_state_gets_nothing,
    of_two_who_scan_one_code_the_first_is_asked,
    a_confirmed_login_is_answered_again_to_its_browser_only,
    a_code_that_wechat_does_not_make_begins_no_login_and_is_told_by_its_error,
    the_browser_is_told_each_step_whichever_replica_the_phone_talks_to,
    the_browser_is_told_that_its_code_was_refused_or_has_expired,
    who_watches_without_the_state_is_told_nothing,
);

/// Starts the company with an official account whose scans are pushed to it.
async fn company(server: Server) -> Company {
    let company = Box::pin(open(server, &keys(&[KEY]))).await;
    push_settings(&company, "shop", "secure").await;
    company
}

/// A QR code that a browser shows.
struct Shown {
    state: String,
    qr_text: String,
    check_number: String,
}

async fn start(company: &Company) -> Shown {
    let query = "mutation ($challenge: String!) { startQrLogin(input: { app: \"shop\", codeChallenge: $challenge }) \
        { state qrText checkNumber expiresAt } }";
    let started = company.client().send(query, json!({ "challenge": CHALLENGE })).await.data()["startQrLogin"].clone();
    let text = |name: &str| started[name].as_str().expect("a text").to_owned();
    Shown { state: text("state"), qr_text: text("qrText"), check_number: text("checkNumber") }
}

async fn progress(company: &Company, state: &str) -> Value {
    let query = "query ($state: String!) { qrLogin(state: $state) { status code } }";
    company.client().send(query, json!({ "state": state })).await.data()["qrLogin"].clone()
}

async fn status(company: &Company, state: &str) -> String {
    progress(company, state).await["status"].as_str().expect("a status").to_owned()
}

async fn log_in(company: &Company, code: &Value, state: &str, verifier: &str) -> Answer {
    let query = "mutation ($input: LoginInput!) { login(input: $input) { accessToken isNewUser openId user { id } } }";
    let input = json!({ "code": code, "state": state, "codeVerifier": verifier, "app": "shop" });
    company.client().send(query, json!({ "input": input })).await
}

/// Scans a QR code on a person's phone in the sandbox. Returns the address in the account's reply.
async fn scan(shown: &Shown, person: &str) -> Option<String> {
    let form = [("decision", "allow"), ("person", person)];
    let page = reqwest::Client::builder()
        .build()
        .expect("a client")
        .post(&shown.qr_text)
        .form(&form)
        .send()
        .await
        .expect("the sandbox answers");
    assert_eq!(page.status(), 200);
    let page = page.text().await.expect("a page");
    let (_, rest) = page.split_once("<a href=\"http")?;
    rest.split_once('"').map(|(link, _)| format!("http{link}"))
}

async fn page(link: &str) -> (u16, String) {
    let answer = reqwest::Client::builder()
        .build()
        .expect("a client")
        .get(link)
        .header("accept-language", "en")
        .send()
        .await
        .expect("a page");
    (answer.status().as_u16(), answer.text().await.expect("a page"))
}

async fn decide(link: &str, decision: &str) -> u16 {
    let request = reqwest::Client::builder().build().expect("a client").post(link).form(&[("decision", decision)]);
    request.send().await.expect("a page").status().as_u16()
}

async fn a_follower_scans_confirms_and_is_signed_in_on_the_computer(server: Server) {
    let company = company(server).await;
    let before = company.sign_in("shop", "lan").await.ask("{ me { id } }").await.data()["me"]["id"].clone();
    let shown = start(&company).await;
    assert_eq!(status(&company, &shown.state).await, "WAITING");

    let link = scan(&shown, "lan").await.expect("a link");
    assert_eq!(progress(&company, &shown.state).await, json!({ "status": "SCANNED", "code": null }));
    let (code, asked) = page(&link).await;
    assert_eq!(code, 200);
    assert!(asked.contains(&shown.check_number) && asked.contains("禾木商城"), "{asked}");
    assert_eq!(decide(&link, "confirm").await, 200);
    let confirmed = progress(&company, &shown.state).await;
    let login = log_in(&company, &confirmed["code"], &shown.state, VERIFIER).await;

    let login = &login.data()["login"];
    assert_eq!((&login["user"]["id"], &login["isNewUser"]), (&before, &json!(false)));
    let mut client = company.client();
    client.carry(login);
    // R15: the login was bound to the browser that began it.
    client.send_code("+8613800138000").await.data();
    // The scan is also an event of a follower.
    assert_eq!(api::usecase::push::act_on_due(company.app.service()).await.expect("the database"), 1);
    let links = client.ask("{ me { openIds { app follows } } }").await.data()["me"]["openIds"].clone();
    assert_eq!(links, json!([{ "app": "shop", "follows": true }]));
}

async fn r2_a_person_who_is_known_by_the_union_id_is_recognised(server: Server) {
    let company = company(server).await;
    let before = company.sign_in("club", "lan").await.ask("{ me { id } }").await.data()["me"]["id"].clone();
    let shown = start(&company).await;
    let link = scan(&shown, "lan").await.expect("a link");
    decide(&link, "confirm").await;
    let code = progress(&company, &shown.state).await["code"].clone();

    let login = log_in(&company, &code, &shown.state, VERIFIER).await;

    let login = &login.data()["login"];
    assert_eq!((&login["user"]["id"], &login["isNewUser"]), (&before, &json!(false)));
}

async fn a_refused_or_expired_code_signs_no_one_in(server: Server) {
    let company = company(server).await;
    let refused = start(&company).await;
    let link = scan(&refused, "lan").await.expect("a link");
    assert_eq!(decide(&link, "perhaps").await, 404);
    assert_eq!(decide(&link, "refuse").await, 200);
    assert_eq!(decide(&link, "confirm").await, 404);
    assert_eq!(status(&company, &refused.state).await, "REFUSED");

    let expired = start(&company).await;
    let link = scan(&expired, "lan").await.expect("a link");
    later(&company, 301).await;

    assert_eq!((page(&link).await.0, decide(&link, "confirm").await), (404, 404));
    assert_eq!(status(&company, &expired.state).await, "EXPIRED");
    assert_eq!(status(&company, "unheard-of").await, "EXPIRED");
}

async fn who_knows_the_qr_code_or_the_state_gets_nothing(server: Server) {
    let company = company(server).await;
    let shown = start(&company).await;
    let link = scan(&shown, "lan").await.expect("a link");
    // A code that was not confirmed, for any guess.
    let guessed = format!("guiyi.qr.{}", "A".repeat(43));
    assert_eq!(log_in(&company, &json!(guessed), &shown.state, VERIFIER).await.code(), "INVALID_CODE");
    decide(&link, "confirm").await;
    let code = progress(&company, &shown.state).await["code"].clone();
    let other = start(&company).await;

    // The code without the state, with another login's state, and without the verifier of the browser that began the
    // login.
    let without_state = "mutation ($code: String!) { login(input: { code: $code, app: \"shop\" }) { accessToken } }";
    let without_state = company.client().send(without_state, json!({ "code": code })).await;
    assert_eq!(without_state.code(), "STATE_REQUIRED");
    assert_eq!(log_in(&company, &code, &other.state, VERIFIER).await.code(), "INVALID_CODE");
    let thief = log_in(&company, &code, &shown.state, &"b".repeat(43)).await;
    assert_eq!(thief.code(), "INVALID_STATE");
    // A mini program's login does not accept such a code.
    let mini = "mutation ($code: String!) { login(input: { code: $code, app: \"mini\" }) { accessToken } }";
    assert_eq!(company.client().send(mini, json!({ "code": code })).await.code(), "INVALID_CODE");
    // A modified address of the page on the phone.
    let (start_of_link, _) = link.rsplit_once('.').expect("a token of two parts");
    for wrong in
        [format!("{start_of_link}.{}", "A".repeat(43)), start_of_link.to_owned(), format!("{}/qr/x", company.url)]
    {
        assert_eq!((page(&wrong).await.0, decide(&wrong, "confirm").await), (404, 404), "{wrong}");
    }
    assert!(log_in(&company, &code, &shown.state, VERIFIER).await.data()["login"]["accessToken"].is_string());
}

async fn of_two_who_scan_one_code_the_first_is_asked(server: Server) {
    let company = company(server).await;
    let shown = start(&company).await;

    let links = join_all(["lan", "mei"].map(|person| scan(&shown, person))).await;

    let asked: Vec<_> = links.iter().flatten().collect();
    assert_eq!(asked.len(), 1, "{links:?}");
    // The same person scans again and gets the same address.
    let first = if links[0].is_some() { "lan" } else { "mei" };
    assert_eq!(scan(&shown, first).await.as_ref(), Some(asked[0]));
    let decisions = join_all(["confirm", "refuse"].map(|decision| decide(asked[0], decision))).await;
    assert_eq!(decisions.iter().filter(|status| **status == 200).count(), 1, "{decisions:?}");
}

async fn a_confirmed_login_is_answered_again_to_its_browser_only(server: Server) {
    let company = company(server).await;
    let shown = start(&company).await;
    let link = scan(&shown, "lan").await.expect("a link");
    decide(&link, "confirm").await;
    let code = progress(&company, &shown.state).await["code"].clone();

    let answers = join_all((0..4).map(|_| log_in(&company, &code, &shown.state, VERIFIER))).await;

    let users: Vec<_> = answers.iter().map(|answer| answer.data()["login"]["user"]["id"].clone()).collect();
    assert!(users.iter().all(|user| *user == users[0]), "{users:?}");
    let mut client: Client = company.client();
    client.carry(&answers[0].data()["login"]);
    let sessions = client.ask("{ sessions { id } }").await.data()["sessions"].as_array().map(Vec::len);
    assert_eq!(sessions, Some(1));
}

async fn a_code_that_wechat_does_not_make_begins_no_login_and_is_told_by_its_error(server: Server) {
    let company = company(server).await;
    let query = "mutation ($challenge: String!) { startQrLogin(input: { app: \"shop\", codeChallenge: $challenge }) \
        { state } }";
    for (fault, code) in [
        (json!({ "status": 503 }), "UPSTREAM_UNAVAILABLE"),
        (json!({ "kind": "reset" }), "UPSTREAM_UNAVAILABLE"),
        (json!({ "errcode": -1 }), "UPSTREAM_UNAVAILABLE"),
        (json!({ "kind": "html" }), "UPSTREAM_FAULT"),
        (json!({ "body": "{\"ticket\":\"x\"}" }), "UPSTREAM_FAULT"),
        (json!({ "errcode": 48001 }), "UPSTREAM_FAULT"),
        (json!({ "kind": "quota" }), "UPSTREAM_BUSY"),
    ] {
        company.fault("/cgi-bin/qrcode/create", &fault).await;

        let refused = company.client().send(query, json!({ "challenge": CHALLENGE })).await;

        assert_eq!((refused.code(), company.database.count("qr_logins").await), (code, 0), "{fault}");
    }
    // The token is fetched again, and the login begins.
    company.fault("/cgi-bin/qrcode/create", &json!({ "kind": "token-rotated" })).await;
    let shown = start(&company).await;
    assert_eq!(status(&company, &shown.state).await, "WAITING");
}

/// Opens a socket of a service and watches a login.
async fn watch(url: &str, state: &str) -> Socket {
    let mut socket = Socket::anonymous(url).await;
    let query = "subscription ($state: String!) { qrLoginStatus(state: $state) { status code } }";
    socket.subscribe("1", query, json!({ "state": state })).await;
    socket
}

/// Returns the next step that a socket receives.
async fn step(socket: &mut Socket) -> Value {
    let told = socket.next().await;
    assert_eq!(told.ty(), "next");
    told.payload()["data"]["qrLoginStatus"].clone()
}

async fn the_browser_is_told_each_step_whichever_replica_the_phone_talks_to(server: Server) {
    let company = company(server).await;
    let shown = start(&company).await;
    let replica = company.replica().await;
    let mut sockets = [watch(&company.url, &shown.state).await, watch(replica.origin(), &shown.state).await];
    for socket in &mut sockets {
        assert_eq!(step(socket).await, json!({ "status": "WAITING", "code": null }));
    }

    let link = scan(&shown, "lan").await.expect("a link");
    for socket in &mut sockets {
        assert_eq!(step(socket).await, json!({ "status": "SCANNED", "code": null }));
    }
    assert_eq!(decide(&link, "confirm").await, 200);

    let mut codes = Vec::new();
    for socket in &mut sockets {
        let confirmed = step(socket).await;
        assert_eq!(confirmed["status"], "CONFIRMED");
        codes.push(confirmed["code"].clone());
        assert_eq!(socket.next().await.ty(), "complete");
    }
    assert_eq!(codes[0], codes[1]);
    // A client that connects later receives the last step at once.
    let mut late = watch(replica.origin(), &shown.state).await;
    assert_eq!((step(&mut late).await["code"].clone(), late.next().await.ty()), (codes[0].clone(), "complete"));
    let login = log_in(&company, &codes[0], &shown.state, VERIFIER).await;
    assert!(login.data()["login"]["accessToken"].is_string());
}

async fn the_browser_is_told_that_its_code_was_refused_or_has_expired(server: Server) {
    let company = company(server).await;
    let refused = start(&company).await;
    let expired = start(&company).await;
    let mut of_refused = watch(&company.url, &refused.state).await;
    let mut of_expired = watch(&company.url, &expired.state).await;
    for socket in [&mut of_refused, &mut of_expired] {
        assert_eq!(step(socket).await["status"], "WAITING");
    }
    let link = scan(&refused, "lan").await.expect("a link");
    assert_eq!(step(&mut of_refused).await["status"], "SCANNED");
    decide(&link, "refuse").await;
    assert_eq!(step(&mut of_refused).await, json!({ "status": "REFUSED", "code": null }));
    assert_eq!(of_refused.next().await.ty(), "complete");

    later(&company, 301).await;

    assert_eq!(step(&mut of_expired).await, json!({ "status": "EXPIRED", "code": null }));
    assert_eq!(of_expired.next().await.ty(), "complete");
}

async fn who_watches_without_the_state_is_told_nothing(server: Server) {
    let company = company(server).await;
    let shown = start(&company).await;
    let link = scan(&shown, "lan").await.expect("a link");
    let (_, page) = link.rsplit_once('/').expect("an address");
    let (scene_hash, mac) = page.split_once('.').expect("a token of two parts");
    let scene = shown.qr_text.rsplit(['=', '/']).next().expect("a scene").to_owned();
    decide(&link, "confirm").await;

    // Values that the QR code and the phone know, and similar ones.
    for guess in [&shown.qr_text, &scene, page, scene_hash, mac, &link, "", "%", &shown.state.to_uppercase()] {
        let mut thief = watch(&company.url, guess).await;
        assert_eq!(step(&mut thief).await, json!({ "status": "EXPIRED", "code": null }), "{guess}");
        assert_eq!(thief.next().await.ty(), "complete");
    }
    assert_eq!(status(&company, &shown.state).await, "CONFIRMED");
}
