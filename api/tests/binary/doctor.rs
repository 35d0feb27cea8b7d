//! `guiyi doctor`: what it reports as sound, and what it reports as broken, with advice.

use std::process::Output;

use crate::demo::{Workplace, start_at};

/// An app whose upstream is this machine, which the doctor does not contact.
fn settings(place: &Workplace) -> String {
    format!(
        "default_app = \"shop\"\n[http]\npublic_url = \"http://{}\"\n[[apps]]\nname = \"shop\"\n\
         kind = \"wechat-official-account\"\napp_id = \"wx0123456789abcdef\"\napp_secret = \"secret\"\n\
         open_url = \"http://127.0.0.1:1\"\napi_url = \"http://127.0.0.1:1\"\nreturn_to = [\"/no-such-page\"]\n\
         files = [{{ name = \"MP_verify_a.txt\", content = \"a\" }}]\n",
        place.api
    )
}

fn said(output: &Output) -> String {
    String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).expect("text")
}

#[tokio::test]
async fn a_running_service_is_sound_and_a_page_that_is_missing_is_named() {
    let place = Workplace::new();
    place.write("guiyi.toml", &settings(&place));
    let _running = start_at(&place, "serve", (&place.api, "log")).await;

    let output = place.run(&["doctor"]);

    let said = said(&output);
    assert!(output.status.success(), "{said}");
    let url = format!("http://{}", place.api);
    for expected in [
        "the configuration is valid: 1 app(s)".to_owned(),
        "ok       the database, SQLite 3.".to_owned(),
        "ok       the keys of the phone numbers can be decrypted".to_owned(),
        "ok       the tables are those of this version".to_owned(),
        format!("ok       {url}/healthz is this service"),
        format!("ok       {url}/MP_verify_a.txt has the content of the configuration"),
        format!("look at  {url}/no-such-page answers 404 Not Found, and not what it should"),
        "→ people end there after a login: deploy the page, or correct return_to".to_owned(),
    ] {
        assert!(said.contains(&expected), "{expected} is not in: {said}");
    }
}

#[test]
fn a_file_that_is_not_served_is_broken() {
    let place = Workplace::new();
    place.write("guiyi.toml", &settings(&place));

    let output = place.run(&["doctor"]);

    let said = said(&output);
    assert!(!output.status.success(), "{said}");
    for expected in [
        "look at  the database guiyi.db is not there yet",
        "/MP_verify_a.txt: ",
        "→ WeChat will not verify the domain: let the proxy pass this path on to Guiyi, unchanged",
        "guiyi: 1 thing(s) are broken",
    ] {
        assert!(said.contains(expected), "{expected} is not in: {said}");
    }
    assert!(!place.folder.path().join("guiyi.db").exists(), "the doctor made a database");
}

#[test]
fn a_secret_that_decrypts_nothing_and_a_database_that_is_gone_are_broken() {
    let place = Workplace::new();
    place.write("guiyi.toml", &settings(&place));
    assert!(place.run(&["migrate"]).status.success());
    let with = |name: &str, value: &str| place.command(&["doctor"]).env(name, value).output().expect("the binary runs");

    let another = said(&with("GUIYI_TOKENS__SECRET_KEYS", "[\"another-secret-of-at-least-32-characters\"]"));
    let gone = place
        .command(&["doctor"])
        .env("GUIYI_TOKENS__SECRET_KEYS", "[\"another-secret-of-at-least-32-characters\"]")
        .env("GUIYI_DATABASE__URL", "postgres://guiyi:hidden@127.0.0.1:1/guiyi")
        .output()
        .expect("the binary runs");

    assert!(another.contains("→ put the secret back that was the first of tokens.secret_keys"), "{another}");
    let gone = said(&gone);
    assert!(gone.contains("→ check database.url, the password, the network") && !gone.contains("hidden"), "{gone}");
}
