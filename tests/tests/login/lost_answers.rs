//! A client that lost the response to a mutation sends it again, and gets the same response.

use std::time::Duration;

use acceptance::merging::{LAN, OTHER};
use acceptance::{Answer, Client, Company, Server, VERIFIER, on_every_database};
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;

on_every_database!(
    a_join_by_phone_is_answered_again_with_its_session,
    a_connection_that_is_cut_loses_no_session,
    a_bound_phone_is_answered_again,
    a_changed_phone_is_answered_again,
    a_refusal_is_answered_again_with_its_offer,
    a_shown_phone_is_answered_again,
    a_merge_is_answered_again_with_its_session,
    an_undone_merge_is_answered_again_with_its_session,
    an_added_login_is_answered_again,
    a_removal_with_an_idempotency_key_is_answered_again,
    the_same_request_four_times_at_once_is_carried_out_once,
    the_same_removal_four_times_at_once_is_carried_out_once,
    a_key_whose_session_was_reassigned_is_refused,
    nothing_is_answered_again_to_another_session_or_after_five_minutes,
    nothing_is_answered_again_once_its_tokens_were_used,
);

/// Lan, who proves the number of a company account, and the code that was sent to it.
async fn about_to_join(company: &Company) -> (Client, String) {
    company.member("C-1001", LAN, 10).await;
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(LAN).await.data();
    let code = company.sms(LAN).await;
    (lan, code)
}

async fn refresh(client: &Client, token: &Value) -> Answer {
    let query = "mutation ($token: String!) { refreshSession(refreshToken: $token) { refreshToken } }";
    client.send(query, json!({ "token": token })).await
}

/// Asserts that both responses have the same refresh token, and that the session continues with it.
async fn same_session(client: &Client, first: &Value, second: &Value) {
    let token = &first["session"]["refreshToken"];
    assert!(token.is_string(), "{first}");
    assert_eq!(token, &second["session"]["refreshToken"]);
    refresh(client, token).await.data();
}

async fn a_join_by_phone_is_answered_again_with_its_session(server: Server) {
    let company = Company::open(server).await;
    let (lan, code) = about_to_join(&company).await;

    let first = lan.bind(LAN, &code).await.data()["bindPhone"].clone();
    let second = lan.bind(LAN, &code).await.data()["bindPhone"].clone();

    assert_eq!((&first["merged"], &second["merged"]), (&json!(true), &json!(true)));
    assert_eq!(first["user"]["id"], second["user"]["id"]);
    same_session(&lan, &first, &second).await;
}

/// Sends a request and closes the connection before the response.
async fn send_and_hang_up(company: &Company, client: &Client, body: &Value) {
    let address = company.url.trim_start_matches("http://");
    let (body, bearer) = (body.to_string(), client.bearer.as_deref().expect("a token"));
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\nauthorization: Bearer {bearer}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("the head");
    stream.write_all(body.as_bytes()).await.expect("the body");
    stream.flush().await.expect("all of it");
}

async fn a_connection_that_is_cut_loses_no_session(server: Server) {
    let company = Company::open(server).await;
    let (lan, code) = about_to_join(&company).await;
    let query = format!(
        "mutation {{ bindPhone(phone: \"{LAN}\", code: \"{code}\") {{ merged user {{ id }} session {{ refreshToken }} }} }}"
    );

    send_and_hang_up(&company, &lan, &json!({ "query": query })).await;
    let own = lan.id().await;
    for _ in 0..200 {
        if lan.id().await != own {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }

    let bound = lan.ask(&query).await.data()["bindPhone"].clone();
    assert_eq!(bound["merged"], true);
    refresh(&lan, &bound["session"]["refreshToken"]).await.data();
}

async fn a_bound_phone_is_answered_again(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(LAN).await.data();
    let code = company.sms(LAN).await;

    let [first, second] = [lan.bind(LAN, &code).await, lan.bind(LAN, &code).await];

    assert_eq!(first.data(), second.data());
    assert_eq!(lan.bind(LAN, "000000").await.code(), "PHONE_CODE_REJECTED");
}

async fn a_changed_phone_is_answered_again(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, LAN).await.data();
    lan.send_code_for_change(OTHER).await.data();
    let code = company.sms(OTHER).await;

    let [first, second] = [lan.change(OTHER, &code).await, lan.change(OTHER, &code).await];

    assert_eq!(first.data(), second.data());
}

async fn a_refusal_is_answered_again_with_its_offer(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 10).await;
    company.clock.advance(TimeDelta::minutes(1));
    let lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, OTHER).await.data();
    lan.send_code(LAN).await.data();
    let code = company.sms(LAN).await;

    let [first, second] = [lan.bind(LAN, &code).await, lan.bind(LAN, &code).await];

    assert_eq!((first.code(), second.code()), ("PHONE_OWNED_BY_ANOTHER", "PHONE_OWNED_BY_ANOTHER"));
    for field in ["mergeToken", "mergeTokenExpiresAt", "maskedPhone", "maskedNickname"] {
        let of = |answer: &Answer| answer.0["errors"][0]["extensions"][field].clone();
        assert_eq!(of(&first), of(&second), "{field}");
    }
    lan.merge_keeping_own(&second.merge_token()).await.data();
    assert_eq!(lan.bind(LAN, &code).await.code(), "PHONE_CODE_REJECTED", "the offer was taken");
}

async fn a_shown_phone_is_answered_again(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("mini", "lan").await;
    let code = company.sandbox("POST", "/_sandbox/phone-codes", Some(&json!({ "app": "mini", "person": "lan" }))).await;
    let shown = json!({ "code": code["code"] });

    let [first, second] = [lan.show("kind: QUICK", shown.clone()).await, lan.show("kind: QUICK", shown).await];

    assert_eq!(first.data(), second.data());
}

async fn a_merge_is_answered_again_with_its_session(server: Server) {
    let company = Company::open(server).await;
    let (lan, refused) = company.offered().await;
    // The company's account survives, and the session continues.
    let preview = lan.preview(&refused.merge_token()).await.data()["mergePreview"].clone();
    let (own, other) = (&preview["own"]["id"], Some(&preview["other"]["id"]));
    let keep = json!([{ "field": "PHONE", "user": own }, { "field": "NICKNAME", "user": own }]);

    let first = lan.merge(&refused.merge_token(), other, &keep).await.data()["mergeUsers"].clone();
    let second = lan.merge(&refused.merge_token(), other, &keep).await.data()["mergeUsers"].clone();

    assert_eq!((&first["mergeId"], &first["user"]), (&second["mergeId"], &second["user"]));
    same_session(&lan, &first, &second).await;
}

async fn an_undone_merge_is_answered_again_with_its_session(server: Server) {
    let company = Company::open(server).await;
    let (lan, refused) = company.offered().await;
    // The company's account survives, so undoing the merge returns the session to the account that she logged in to.
    let preview = lan.preview(&refused.merge_token()).await.data()["mergePreview"].clone();
    let (own, other) = (&preview["own"]["id"], &preview["other"]["id"]);
    let keep = json!([{ "field": "PHONE", "user": own }, { "field": "NICKNAME", "user": own }]);
    let merged = lan.merge(&refused.merge_token(), Some(other), &keep).await.data()["mergeUsers"].clone();
    let mut lan = company.sign_in_on(&lan, "shop", "lan").await;
    lan.idempotency_key = Some("0197c0de-undo".to_owned());

    let first = lan.undo(&merged["mergeId"], None).await.data()["undoMerge"].clone();
    let second = lan.undo(&merged["mergeId"], None).await.data()["undoMerge"].clone();

    for field in ["survivorId", "restoredId", "user"] {
        assert_eq!(first[field], second[field], "{field}");
    }
    same_session(&lan, &first, &second).await;
    lan.carry(&second["session"]);
    assert_eq!(lan.id().await, second["restoredId"]);
}

async fn an_added_login_is_answered_again(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let input = json!({ "code": company.code("mini", "lan").await, "app": "mini", "codeVerifier": VERIFIER });

    let [first, second] = [lan.link(&input).await, lan.link(&input).await];

    assert_eq!(first.data()["linkOpenId"]["added"], true);
    assert_eq!(first.data(), second.data());
}

async fn a_removal_with_an_idempotency_key_is_answered_again(server: Server) {
    let company = Company::open(server).await;
    let mut lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, LAN).await.data();
    lan.idempotency_key = Some("0197c0de-unbind".to_owned());

    let [first, second] = [lan.unbind().await, lan.unbind().await];

    assert_eq!(first.data(), second.data());
    lan.idempotency_key = Some("another".to_owned());
    assert_eq!(lan.unbind().await.code(), "NOT_FOUND");
    lan.idempotency_key = Some("not one key".to_owned());
    assert_eq!(lan.unbind().await.code(), "INVALID_INPUT");
}

async fn the_same_request_four_times_at_once_is_carried_out_once(server: Server) {
    let company = Company::open(server).await;
    let (lan, code) = about_to_join(&company).await;

    let answers = join_all((0..4).map(|_| lan.bind(LAN, &code))).await;

    let tokens: Vec<_> =
        answers.iter().map(|answer| answer.data()["bindPhone"]["session"]["refreshToken"].clone()).collect();
    assert!(tokens.iter().all(|token| token.is_string() && *token == tokens[0]), "{tokens:?}");
    refresh(&lan, &tokens[0]).await.data();
    assert_eq!(company.deliver().await, 1, "one notice");
}

async fn the_same_removal_four_times_at_once_is_carried_out_once(server: Server) {
    let company = Company::open(server).await;
    let mut lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, LAN).await.data();
    lan.idempotency_key = Some("0197c0de-unbind".to_owned());

    let answers = join_all((0..4).map(|_| lan.unbind())).await;

    for answer in &answers {
        assert_eq!(answer.data(), answers[0].data());
    }
    assert_eq!(company.deliver().await, 1, "one notice");
}

async fn a_key_whose_session_was_reassigned_is_refused(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 10).await;
    let mut lan = company.sign_in("shop", "lan").await;
    let joined = company.prove(&lan, LAN).await.data()["bindPhone"].clone();
    lan.carry(&joined["session"]);
    lan.idempotency_key = Some("0197c0de-unbind".to_owned());
    lan.unbind().await.data();
    // The session returns to the account that it was opened through, which gets its own phone.
    let merges = lan.ask("{ me { merges { id } } }").await.data()["me"]["merges"].clone();
    let undone = lan.undo(&merges[0]["id"], None).await.data()["undoMerge"].clone();
    lan.carry(&undone["session"]);
    company.prove(&lan, OTHER).await.data();

    let again = lan.unbind().await;

    assert_eq!(again.code(), "INVALID_INPUT");
    assert_eq!(lan.ask("{ me { phone } }").await.data()["me"]["phone"], OTHER);
}

async fn nothing_is_answered_again_to_another_session_or_after_five_minutes(server: Server) {
    let company = Company::open(server).await;
    let (lan, code) = about_to_join(&company).await;
    let elsewhere = company.sign_in("shop", "lan").await;
    lan.bind(LAN, &code).await.data();

    let other = company.sign_in("shop", "wei").await;
    assert_eq!(other.bind(LAN, &code).await.code(), "PHONE_CODE_REJECTED");
    assert_eq!(elsewhere.bind(LAN, &code).await.code(), "UNAUTHENTICATED", "the join ended it");
    company.clock.advance(TimeDelta::minutes(5));
    assert_eq!(lan.bind(LAN, &code).await.code(), "PHONE_CODE_REJECTED");
}

async fn nothing_is_answered_again_once_its_tokens_were_used(server: Server) {
    let company = Company::open(server).await;
    let (lan, code) = about_to_join(&company).await;
    let bound = lan.bind(LAN, &code).await.data()["bindPhone"].clone();

    refresh(&lan, &bound["session"]["refreshToken"]).await.data();

    assert_eq!(lan.bind(LAN, &code).await.code(), "PHONE_CODE_REJECTED");
}
