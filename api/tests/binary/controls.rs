//! The emergency commands, as an operator uses them.

use std::process::Output;

use serde_json::{Value, json};

use crate::demo::{Workplace, start};

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_token_is_listed_with_its_end_and_revoked() {
    let place = Workplace::new();
    let made = place.run(&["token", "create", "--scope", "orders:read", "--name", "shop-erp"]);
    let id = String::from_utf8_lossy(&made.stderr).split(',').next().expect("an id").to_owned();
    place.run(&["token", "create", "--scope", "orders:read", "--name", "old", "--expires", "never"]);
    let listed = stdout(&place.run(&["token", "list"]));

    let revoked = place.run(&["token", "revoke", &id, "--reason", "found in a chat"]);
    let again = place.run(&["token", "revoke", &id, "--reason", "found in a chat"]);
    let without_reason = place.run(&["token", "revoke", &id]);
    let unknown = place.run(&["token", "revoke", "svc_00000000000000000000000000000000", "--reason", "why"]);

    let lines: Vec<&str> = listed.lines().collect();
    assert!(
        lines.iter().any(|line| line.starts_with(&format!("{id}  valid until "))
            && line.ends_with("never used  orders:read  \"shop-erp\"")),
        "{listed}"
    );
    assert!(
        lines.iter().any(|line| line.ends_with("valid without limit  never used  orders:read  \"old\"")),
        "{listed}"
    );
    assert_eq!(stdout(&revoked), format!("revoked {id}\n"));
    assert_eq!(stdout(&again), "");
    assert!(stdout(&place.run(&["token", "list"])).contains(&format!("{id}  revoked ")));
    assert!(stderr(&without_reason).contains("--reason"));
    assert!(stderr(&unknown).contains("NOT_FOUND"));
    for expires in ["0", "3651", "soon"] {
        assert!(
            !place
                .run(&["token", "create", "--scope", "orders:read", "--name", "x", "--expires", expires])
                .status
                .success()
        );
    }
}

#[test]
fn a_token_has_a_name_that_no_other_valid_token_has() {
    let place = Workplace::new();
    let create = |more: &[&str]| place.run(&[&["token", "create", "--scope", "orders:read"], more].concat());

    let first = create(&["--name", "shop-erp"]);
    let same = create(&["--name", " shop-erp "]);
    let other = create(&["--name", "shop-erp-2"]);
    let (none, blank) = (create(&[]), create(&["--name", " \u{3000}"]));

    let id = String::from_utf8_lossy(&first.stderr).split(',').next().expect("an id").to_owned();
    assert!(first.status.success() && other.status.success());
    let refused = stderr(&same);
    assert!(refused.contains(&format!("the valid token {id} has this name: choose another one")), "{refused}");
    assert!(stderr(&none).contains("--name <NAME>"));
    assert!(stderr(&blank).contains("the name is empty"));
    assert!(place.run(&["token", "revoke", &id, "--reason", "replaced"]).status.success());
    assert!(create(&["--name", "shop-erp"]).status.success());
}

#[tokio::test]
async fn an_account_is_disabled_and_enabled_at_the_command_line_while_the_service_runs() {
    let place = Workplace::new();
    let _demo = start(&place).await;
    let http = reqwest::Client::builder().build().expect("a client");
    let post = async |url: String, body: Value| {
        http.post(url).json(&body).send().await.expect("an answer").json::<Value>().await.expect("JSON")
    };
    let log_in = async || {
        let wanted = json!({ "app": "shop", "person": "lan" });
        let code = post(format!("http://{}/_sandbox/codes", place.sandbox), wanted).await["code"].clone();
        let login = Workplace::login(&place.begin("shop").await, &code, "user { id }");
        post(format!("http://{}/graphql", place.api), login).await
    };
    let id = log_in().await["data"]["wechatLogin"]["user"]["id"].as_str().expect("an id").to_owned();

    let disabled = place.run(&["--demo", "user", "disable", &id, "--reason", "stolen phone"]);
    let refused = log_in().await;
    let enabled = place.run(&["--demo", "user", "enable", &id, "--reason", "it was found"]);
    let again = place.run(&["--demo", "user", "enable", &id, "--reason", "it was found"]);

    assert_eq!(stdout(&disabled), format!("{id} is disabled; 1 session(s) ended\n"));
    assert_eq!(refused["errors"][0]["extensions"]["code"], "ACCOUNT_CLOSED");
    assert_eq!(stdout(&enabled), format!("{id} is enabled; 0 session(s) ended\n"));
    assert_eq!(stdout(&again), format!("{id} is already enabled\n"));
    assert_eq!(log_in().await["data"]["wechatLogin"]["user"]["id"], id.as_str());
    let audit = stdout(&place.run(&["--demo", "audit", "--user", &id, "--action", "USER_DISABLED"]));
    assert!(audit.contains("  USER_DISABLED  command  -  usr_") && audit.contains("stolen phone"), "{audit}");
}

#[test]
fn the_audit_is_verified_against_itself_and_an_anchor() {
    let place = Workplace::new();
    place.run(&["token", "create", "--scope", "orders:read", "--name", "a"]);
    let sound = stdout(&place.run(&["audit", "verify"]));
    let anchor = sound.trim().strip_prefix("1 row(s), anchor ").expect("an anchor").to_owned();
    place.run(&["token", "create", "--scope", "orders:read", "--name", "b"]);

    let grown = place.run(&["audit", "verify", "--anchor", &anchor]);
    let rewritten = place.run(&["audit", "verify", "--anchor", &format!("1:{}", "0".repeat(64))]);
    let cut_off = place.run(&["audit", "verify", "--anchor", &anchor.replacen("1:", "9:", 1)]);

    assert!(stdout(&grown).starts_with("2 row(s), anchor 2:"));
    assert!(stderr(&rewritten).contains("the audit has 1 fault(s)"));
    assert!(String::from_utf8_lossy(&rewritten.stdout).contains("row 1 has a different hash than before"));
    assert!(String::from_utf8_lossy(&cut_off.stdout).contains("the chain is cut off: it had 9 rows"));
    assert!(!place.run(&["audit", "verify", "--anchor", "nonsense"]).status.success());
}
