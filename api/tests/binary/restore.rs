//! `guiyi after-restore`: no session and no upstream token of a backup stays valid.

use reqwest::Client;
use serde_json::{Value, json};

use crate::demo::{Running, Workplace, start};

async fn ask(place: &Workplace, token: Option<&Value>, query: &str) -> Value {
    let request = Client::builder().build().expect("a client").post(format!("http://{}/graphql", place.api));
    let request = request.json(&json!({ "query": query }));
    let request = if let Some(token) = token { request.bearer_auth(token.as_str().expect("a token")) } else { request };
    request.send().await.expect("an answer").json().await.expect("JSON")
}

async fn log_in(place: &Workplace) -> Value {
    let url = format!("http://{}/_sandbox/codes", place.sandbox);
    let order = Client::builder().build().expect("a client").post(url).json(&json!({ "app": "mini", "person": "lan" }));
    let code: Value = order.send().await.expect("an answer").json().await.expect("JSON");
    let code = code["code"].as_str().expect("a code");
    let login = format!(
        "mutation {{ wechatLogin(code: \"{code}\", app: \"mini\") {{ accessToken refreshToken isNewUser user {{ id }} }} }}"
    );
    ask(place, None, &login).await["data"]["wechatLogin"].clone()
}

#[tokio::test]
async fn after_a_restore_everyone_signs_in_again_and_is_who_they_were() {
    let place = Workplace::new();
    let running = start(&place).await;
    let before = log_in(&place).await;
    let me = "{ me { id } }";
    assert_eq!(ask(&place, Some(&before["accessToken"]), me).await["data"]["me"], before["user"], "signed in");
    drop::<Running>(running);

    let done = place.run(&["--demo", "after-restore"]);
    let again = place.run(&["--demo", "after-restore"]);
    let _running = start(&place).await;

    let said = |output: &std::process::Output| String::from_utf8(output.stdout.clone()).expect("text");
    assert!(said(&done).starts_with("1 session(s) ended: everyone signs in again\n"), "{done:?}");
    assert!(said(&again).starts_with("0 session(s) ended"), "{again:?}");
    let refused = ask(&place, Some(&before["accessToken"]), me).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{refused}");
    let refresh = format!("mutation {{ refreshSession(refreshToken: {}) {{ accessToken }} }}", before["refreshToken"]);
    let refused = ask(&place, None, &refresh).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "INVALID_REFRESH_TOKEN", "{refused}");
    let after = log_in(&place).await;
    assert_eq!((&after["isNewUser"], &after["user"]), (&json!(false), &before["user"]));
    let audit = place.run(&["--demo", "audit", "--action", "SESSIONS_ENDED", "--json"]);
    assert!(said(&audit).replace(' ', "").contains("\"afterRestore\":true"), "{audit:?}");
}
