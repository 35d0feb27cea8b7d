//! `guiyi backfill-union-ids` and `guiyi change-open-ids`, as an operator uses them: runs the binary against a sandbox,
//! and also kills it.

use std::process::{Output, Stdio};
use std::time::Duration;

use migration::throwaway::{Database, Server};
use serde_json::{Value, json};

use crate::demo::{Workplace, start};

const PEOPLE: usize = 600;

/// A WeChat with followers of the shop, and a company that knows their openIds.
fn open(database: &Database) -> Workplace {
    let place = Workplace::new();
    let seed = (0..PEOPLE).map(|n| format!("\n[[people]]\nid = \"p{n}\"\nnickname = \"P{n}\"\nfollows = [\"shop\"]\n"));
    let seed = format!("{}{}", sandbox::DEMO, seed.collect::<String>());
    let wechat = sandbox::Sandbox::from_toml(&seed).expect("a sound seed");
    let users = (0..PEOPLE).map(|n| format!("M-{n},{}\n", wechat.open_id("shop", &format!("p{n}")).expect("a person")));
    place.write("people.toml", &seed);
    place.write("users.csv", &format!("externalId,openId:shop\n{}", users.collect::<String>()));
    let keys = "[tokens]\nsecret_keys = [\"a-key-of-this-test-a-key-of-this-test\"]\n";
    place.write(
        "guiyi.toml",
        &format!("[sandbox]\nseed = \"people.toml\"\n{keys}[database]\nurl = \"{}\"\n", database.url()),
    );
    let imported = place.run(&["--demo", "import", "users", "users.csv"]);
    assert!(imported.status.success(), "{imported:?}");
    place
}

async fn sandbox(place: &Workplace, path: &str, body: Value) {
    let http = reqwest::Client::builder().build().expect("a client");
    let request = http.post(format!("http://{}{path}", place.sandbox)).json(&body);
    request.send().await.expect("an answer").error_for_status().expect("the sandbox accepts it");
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

macro_rules! on_a_database {
    ($module:ident, $server:expr) => {
        mod $module {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_backfill_that_was_killed_is_continued_and_asks_about_no_one_twice() {
                super::kill_a_backfill($server).await;
            }
        }
    };
}

on_a_database!(sqlite, migration::throwaway::Server::Sqlite);
#[cfg(feature = "postgres")]
on_a_database!(postgres, migration::throwaway::Server::Postgres);
#[cfg(feature = "mariadb")]
on_a_database!(mariadb, migration::throwaway::Server::MariaDb);

async fn kill_a_backfill(server: Server) {
    let database = Database::create(server).await;
    let place = open(&database);
    let _demo = start(&place).await;
    let path = "/cgi-bin/user/info/batchget";
    sandbox(&place, "/_sandbox/faults", json!({ "path": path, "times": 1000, "delay_ms": 700 })).await;
    let arguments = ["--demo", "--set", "backfill.concurrency=1", "backfill-union-ids", "shop", "--json"];
    let mut killed = place.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a child");
    let calls = async || {
        let url = format!("http://{}/_sandbox/calls?path={path}", place.sandbox);
        let calls: Vec<Value> = reqwest::get(url).await.expect("an answer").json().await.expect("a list");
        calls.len()
    };

    while calls().await < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    killed.kill().expect("a child can be killed");
    killed.wait().expect("it ends");
    let busy = place.run(&arguments);
    // The clock of the command is the system's: the half minute of the lease is taken off the row.
    database.run("UPDATE follower_runs SET lease_until = lease_until - 30000").await;
    let resumed = place.run(&arguments);

    assert!(String::from_utf8_lossy(&busy.stderr).contains("another process works on it"), "{busy:?}");
    let report: Value = serde_json::from_str(&stdout(&resumed)).unwrap_or_else(|_| panic!("{resumed:?}"));
    assert_eq!(
        (&report["resumed"], &report["seen"], &report["stopped"]),
        (&json!(true), &json!(PEOPLE + 2), &json!(null))
    );
    assert_eq!(report["people"], json!({ "ATTACHED": PEOPLE, "UNKNOWN": 2 }));
    // Seven lists. The one whose response the killed process did not record was requested again.
    assert!(calls().await <= 8, "{}", calls().await);
}

#[tokio::test]
async fn a_report_is_for_people_or_for_programs_in_the_language_of_the_operator() {
    let database = Database::create(Server::Sqlite).await;
    let place = open(&database);
    let _demo = start(&place).await;

    // Two pages, of which the second is empty, and seven lists. The two people without an account have orders, so each
    // run asks about them.
    let dry = place.run(&["--demo", "backfill-union-ids", "shop", "--dry-run"]);
    let chinese = place.command(&["--demo", "backfill-union-ids", "shop"]).env("LC_ALL", "zh_CN.UTF-8").output();
    let nothing = place.run(&["--demo", "backfill-union-ids", "shop", "--json"]);

    assert_eq!(
        stdout(&dry),
        "602 people, 9 calls; nothing was written\n      600  got their unionId\n        2  belong to no account\n"
    );
    let chinese = stdout(&chinese.expect("the binary runs"));
    assert!(chinese.starts_with("共 602 人，调用 9 次\n      600  补上了 unionId\n"), "{chinese}");
    let nothing: Value = serde_json::from_str(&stdout(&nothing)).expect("JSON");
    assert_eq!((&nothing["people"], &nothing["calls"]), (&json!({ "UNCHANGED": 600, "UNKNOWN": 2 }), &json!(3)));
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_said_plainly() {
    let database = Database::create(Server::Sqlite).await;
    let place = open(&database);
    let said = |arguments: &[&str]| {
        let output = place.run(arguments);
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };

    assert!(said(&["--demo", "backfill-union-ids", "mini"]).contains("official accounts have"));
    assert!(said(&["--demo", "backfill-union-ids", "nowhere"]).contains("no app is called nowhere"));
    assert!(said(&["--demo", "change-open-ids", "--app", "club"]).contains("--from"));
    assert!(said(&["--demo", "change-open-ids", "--from", "club", "--app", "club"]).contains("must differ"));
    let run = "run_00000000000000000000000000000001";
    assert!(said(&["--demo", "change-open-ids", "--undo", run]).contains("there is no finished run"));
    assert!(said(&["--demo", "change-open-ids", "--undo", run, "--app", "club"]).contains("cannot be used with"));
}
