//! `guiyi migrate-scope`, as an operator uses it: runs the binary on existing accounts.

use serde_json::json;

use crate::demo::{Workplace, start};

async fn post(url: String, body: serde_json::Value) -> serde_json::Value {
    let http = reqwest::Client::builder().build().expect("a client");
    http.post(url).json(&body).send().await.expect("an answer").json().await.expect("JSON")
}

/// Logs a person in and returns the unionId.
async fn sign_in(place: &Workplace, person: &str) -> String {
    let codes = format!("http://{}/_sandbox/codes", place.sandbox);
    let code = post(codes, json!({ "app": "shop", "person": person })).await["code"].clone();
    let login = Workplace::login(&place.begin("shop").await, &code, "unionId");
    let answer = post(format!("http://{}/graphql", place.api), login).await;
    answer["data"]["wechatLogin"]["unionId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test]
async fn r5_a_scope_is_moved_by_a_file_as_the_dry_run_said_and_once() {
    let place = Workplace::new();
    let mut demo = start(&place).await;
    let [lan, wei] = [sign_in(&place, "lan").await, sign_in(&place, "wei").await];
    demo.0.kill().expect("it can be ended");
    demo.0.wait().expect("it ends");
    place.write("lan.csv", &format!("oldUnionId,newUnionId\n{lan},oNewLan\n"));
    place.write(
        "all.csv",
        &format!("oldUnionId,newUnionId\n{lan},oNewLan\n{wei},oNewLan\nundefined,oNew\noStranger,oNewStranger\n"),
    );
    let run = |file: &str, more: &[&str]| {
        let arguments = ["--demo", "migrate-scope", "--from", "hemu", "--to", "hemu2", "--file", file];
        let output = place.run(&[&arguments, more].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    };

    let (dry, _) = run("lan.csv", &["--dry-run"]);
    let (first, _) = run("lan.csv", &[]);
    let (dry_again, _) = run("all.csv", &["--dry-run"]);
    let (again, complaints) = run("all.csv", &[]);

    assert_eq!(dry, "1 would be moved, 0 already there, 0 unknown, 0 clash(es), 0 bad\n");
    assert_eq!(first, "1 moved, 0 already there, 0 unknown, 0 clash(es), 0 bad\n");
    assert_eq!(dry_again, "0 would be moved, 1 already there, 1 unknown, 1 clash(es), 1 bad\n");
    assert_eq!(again, "0 moved, 1 already there, 1 unknown, 1 clash(es), 1 bad\n", "{complaints}");
    assert!(complaints.contains("line 3: usr_") && complaints.contains("line 4: oldUnionId"), "{complaints}");
    assert!(!complaints.contains(&wei), "{complaints}");
}

#[tokio::test]
async fn r5_a_scope_gets_another_name_without_a_file() {
    let place = Workplace::new();
    let mut demo = start(&place).await;
    sign_in(&place, "lan").await;
    sign_in(&place, "wei").await;
    demo.0.kill().expect("it can be ended");
    demo.0.wait().expect("it ends");
    let run = |to: &str| place.run(&["--demo", "migrate-scope", "--from", "hemu", "--to", to]);
    let stdout = |output: std::process::Output| String::from_utf8_lossy(&output.stdout).into_owned();

    assert!(!run("hemu").status.success());
    assert_eq!(stdout(run("hemu2")), "2 moved, 0 already there, 0 unknown, 0 clash(es), 0 bad\n");
    assert_eq!(stdout(run("hemu2")), "0 moved, 0 already there, 0 unknown, 0 clash(es), 0 bad\n");
}
