//! Tests of the command line. They run the binary, as a person or a script does.

use std::path::Path;
use std::process::{Command, Output};

use crate::demo::{Workplace, free_address, start};

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn repository(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn the_committed_schema_is_the_schema() {
    let output = Workplace::new().run(&["schema"]);

    assert!(stdout(&output) == repository("schema.graphql"), "schema.graphql is out of date: run `make generate`");
}

#[test]
fn the_committed_list_of_errors_is_the_list() {
    let output = Workplace::new().run(&["errors"]);

    assert!(stdout(&output) == repository("docs/errors.md"), "docs/errors.md is out of date: run `make generate`");
}

#[test]
fn everything_in_the_schema_is_described() {
    let schema = stdout(&Workplace::new().run(&["schema"]));

    // Every second piece between the quotes of block strings is a description.
    let outside: Vec<&str> = schema.split("\"\"\"").step_by(2).collect();
    let is_item = |line: &str| {
        let word = line.split([' ', '(', ':', '!']).next().unwrap_or_default();
        let named = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        named && !["schema", "query", "mutation", "subscription", "directive", "union"].contains(&word)
    };
    // A piece follows a description, so its first item is described. The other items need their own.
    let described_by_line = |piece: &str| -> Vec<String> {
        let lines: Vec<&str> = piece.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let items = lines.iter().enumerate().skip(1).filter(|(_, line)| is_item(line));
        items.filter(|(at, _)| !lines[at - 1].starts_with('"')).map(|(_, line)| (*line).to_owned()).collect()
    };
    let undescribed: Vec<String> = outside.iter().flat_map(|piece| described_by_line(piece)).collect();
    assert!(undescribed.is_empty(), "{undescribed:#?}");
}

#[test]
fn the_version_is_that_of_the_package_and_says_what_was_built() {
    let output = Workplace::new().run(&["--version"]);

    let said = stdout(&output);
    assert!(said.starts_with(concat!("guiyi ", env!("CARGO_PKG_VERSION"), " (")), "{said}");
}

#[test]
fn completions_and_manual_pages_are_printed_and_written() {
    let place = Workplace::new();

    let script = stdout(&place.run(&["completions", "bash"]));
    let page = stdout(&place.run(&["man"]));
    assert!(place.run(&["man", "pages"]).status.success());

    assert!(script.contains("complete -F _guiyi") && page.contains(".TH guiyi 1"), "{script}{page}");
    let written = |name: &str| std::fs::read_to_string(place.folder.path().join("pages").join(name)).expect("a page");
    assert_eq!(written("guiyi.1"), page);
    assert!(written("guiyi-import.1").contains("guiyi\\-import"), "{}", written("guiyi-import.1"));
    assert!(!place.run(&["completions", "cmd.exe"]).status.success());
}

#[test]
fn check_names_a_bare_reference_to_a_variable_and_goes_on() {
    let place = Workplace::new();
    place.write(
        "guiyi.toml",
        "[http]\nlistn = 1\n[database]\nurl = ${GUIYI_DB} # as in compose\n[log]\nformat = ${X1}\r\n",
    );

    let checked = place.run(&["check"]);

    let said = stderr(&checked);
    for expected in [
        "http.listn (guiyi.toml:2): unknown key `listn`",
        "database.url (guiyi.toml:4): `${GUIYI_DB}` is not replaced by the variable; write { env = \"GUIYI_DB\" }",
        "log.format (guiyi.toml:6): `${X1}` is not replaced by the variable; write { env = \"X1\" }",
    ] {
        assert!(said.contains(expected), "{expected} is not in: {said}");
    }
    assert!(!said.contains("not checked further"), "{said}");
}

#[test]
fn check_says_what_is_wrong_and_what_is_sound() {
    let place = Workplace::new();
    assert!(place.run(&["check", "--demo"]).status.success());
    place.write("guiyi.toml", "mode = \"prod\"\n[http]\nbody_limit_kib = \"x\"\n");

    let output = place.run(&["check"]);

    assert!(!output.status.success());
    insta::assert_snapshot!(stderr(&output), @r#"
    guiyi: the configuration has 4 mistake(s):
      mode (guiyi.toml:1): unknown value `prod`, expected one of: development, production; did you mean `production`?
      http.body_limit_kib (guiyi.toml:3): invalid type: string, expected u32
      tokens.secret_keys: production needs a key, the same on every replica
      http.public_url (guiyi.toml:2): production needs an https address
    "#);
}

#[test]
fn a_file_that_is_not_there_or_not_toml_is_named() {
    let place = Workplace::new();
    place.write("broken.toml", "[http\n");

    for file in ["missing.toml", "broken.toml"] {
        let output = place.run(&["check", "--config", file]);
        assert!(!output.status.success() && stderr(&output).contains(file), "{}", stderr(&output));
    }
}

#[test]
fn without_any_configuration_commands_refuse_and_make_no_database() {
    let place = Workplace::new();
    let run = |arguments: &[&str], language: &str| {
        let mut command = place.command(arguments);
        for name in ["GUIYI_HTTP__LISTEN", "GUIYI_SANDBOX__LISTEN", "GUIYI_SANDBOX__SHOP"] {
            command.env_remove(name);
        }
        // Kubernetes sets this one for a service of the name.
        command.env("GUIYI_SERVICE_HOST", "10.0.0.1").env("LC_ALL", language).output().expect("the binary runs")
    };

    for arguments in [&["migrate"][..], &["token", "list"], &["audit", "verify"], &["doctor"], &["serve"]] {
        let refused = run(arguments, "C");
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        let said = stderr(&refused);
        assert!(said.contains("there is no configuration") && said.contains("/etc/guiyi/guiyi.toml"), "{said}");
    }
    let said = stderr(&run(&["token", "list"], "zh_CN.UTF-8"));
    assert!(said.contains("没有配置：已查找") && said.contains("/etc/guiyi/guiyi.toml"), "{said}");
    assert_eq!(std::fs::read_dir(place.folder.path()).expect("the folder").count(), 0);
}

#[test]
fn migrate_brings_a_database_up_to_date_once() {
    let place = Workplace::new();

    let first = place.run(&["migrate"]);
    let second = place.run(&["migrate"]);

    assert!(stdout(&first).contains("applied m0001_people"), "{}", stdout(&first));
    assert_eq!(stdout(&second), "the database is up to date\n");
}

#[test]
fn operators_are_added_changed_listed_and_removed() {
    let place = Workplace::new();
    place.write("guiyi.toml", "[console]\napps = [\"site\"]\n");
    let add = |app: &str, role: &str| {
        let key = ["--app", app, "--open-id", "o-anna", "--name", "Anna Li", "--role", role];
        place.run(&[&["operator", "add", "--demo"], &key[..]].concat())
    };
    let run = |arguments: &[&str]| place.run(&[&["--demo", "operator"], arguments].concat());

    let added = stdout(&add("site", "agent"));
    let id = added.split_whitespace().find(|word| word.starts_with("opr_")).expect("an id").to_owned();

    assert_eq!(added, format!("added {id} as agent\n"));
    assert_eq!(stdout(&add("site", "agent")), format!("{id} is agent already\n"));
    assert_eq!(stdout(&add("site", "admin")), format!("changed {id}, now admin\n"));
    // People sign in through the shop, but operators do not.
    let refused = add("shop", "admin");
    assert!(stderr(&refused).contains("add it to console.apps") && !refused.status.success(), "{}", stderr(&refused));
    assert!(!add("site", "king").status.success());
    let listed = stdout(&run(&["list"]));
    assert!(listed.starts_with(&format!("{id}  admin  since ")), "{listed}");
    assert!(listed.ends_with("never signed in  site  o-anna  \"Anna Li\"\n"), "{listed}");
    let remove = ["remove", &id, "--reason", "left"];
    assert_eq!(stdout(&run(&remove)), format!("removed {id}\n"));
    assert_eq!(stdout(&run(&remove)), format!("{id} is already removed\n"));
    assert!(stdout(&run(&["list"])).contains("  admin  removed "));
    assert_eq!(stdout(&add("site", "viewer")), format!("added {id} as viewer\n"));
    let told = stdout(&place.run(&["--demo", "audit", "--action", "OPERATOR_ADDED", "--action", "OPERATOR_REMOVED"]));
    assert_eq!(told.lines().count(), 4, "{told}");
}

#[test]
fn a_token_is_shown_once_and_kept_hashed() {
    let place = Workplace::new();

    let output =
        place.run(&["token", "create", "--name", "shop-erp", "--scope", "orders:read", "--scope", "orders:write"]);
    let refused = place.run(&["token", "create", "--name", "other", "--scope", "everything"]);

    let token = stdout(&output).trim().to_owned();
    assert!(token.starts_with("gys_") && token.len() == 47, "{token}");
    let database: Vec<u8> = ["guiyi.db", "guiyi.db-wal"]
        .iter()
        .flat_map(|file| std::fs::read(place.folder.path().join(file)).unwrap_or_default())
        .collect();
    assert!(!database.windows(token.len()).any(|window| window == token.as_bytes()));
    assert!(!refused.status.success() && stderr(&refused).contains("everything"));
}

const USERS: &str = "externalId,phone,nickname,createdAt,lastProofAt\n\
    C-1,13800000001,Lan,2020-01-01T00:00:00Z,\n\
    C-2,12,,,\n\
    C-3,+8613800000001,,,\n\
    ,13800000003,,,\n\
    C-4,13800000004,,yesterday,\n\
    C-5,+14155552671,\"Wei, the second\",,2026-01-01T00:00:00+08:00\n";

#[test]
fn an_import_of_accounts_names_bad_rows_goes_on_and_changes_nothing_the_second_time() {
    let place = Workplace::new();
    place.write("users.csv", USERS);

    let dry = place.run(&["import", "users", "users.csv", "--dry-run"]);
    let first = place.run(&["import", "users", "users.csv"]);
    let second = place.run(&["import", "users", "users.csv"]);

    assert_eq!(
        stdout(&dry),
        "2 would be created, 0 would be updated, 0 unchanged, 0 would be joined, 1 in conflict, 3 bad\n"
    );
    assert_eq!(stdout(&first), "2 created, 0 updated, 0 unchanged, 0 joined, 1 in conflict, 3 bad\n");
    assert_eq!(stdout(&second), "0 created, 0 updated, 2 unchanged, 0 joined, 1 in conflict, 3 bad\n");
    insta::assert_snapshot!(stderr(&first), @r#"
    line 3: phone: "12": not a valid phone number; expected a phone number such as 13800000001 or +85251234567
    line 4: phone: the phone belongs to another account (C-1)
    line 5: externalId: the external id is empty; expected your id of the person, such as C-1001
    line 6: createdAt: "yesterday": not a time; expected a time such as 2026-01-02 03:04:05, 2026/1/2 3:04 or 2026-01-02T03:04:05+08:00
    guiyi: 4 row(s) were not imported
    "#);
}

/// More than one batch: the last rows conflict with the first ones, through each kind of key.
fn many_users() -> String {
    let header = "externalId,phone,openId:shop,unionId:hemu\n".to_owned();
    let rows = (0..1_200).map(|row| format!("C-{row},{},oOld{row},uOld{row}\n", 13_800_000_000_u64 + row));
    let clashes = [
        "D-1,13800000000,,\n",
        "D-2,,oOld1,\n",
        "C-3,,oOther,\n",
        "C-4,13800000004,,uOther\n",
        "D-5,,,undefined\n",
        "C-6,13800000006,oOld6,uOld6\n",
    ];
    rows.chain(clashes.map(str::to_owned)).fold(header, |text, row| text + &row)
}

#[test]
fn a_dry_run_predicts_across_the_whole_file_what_the_import_then_does() {
    let place = Workplace::new();
    place.write("users.csv", &many_users());

    let dry = place.run(&["--demo", "import", "users", "users.csv", "--dry-run", "--report", "dry.csv"]);
    let real = place.run(&["--demo", "import", "users", "users.csv", "--report", "real.csv"]);

    let dry_summary =
        "1200 would be created, 0 would be updated, 1 unchanged, 0 would be joined, 4 in conflict, 1 bad\n";
    assert_eq!(stdout(&dry), dry_summary, "{}", stderr(&dry));
    assert_eq!(stdout(&real), "1200 created, 0 updated, 1 unchanged, 0 joined, 4 in conflict, 1 bad\n");
    insta::assert_snapshot!(stderr(&dry), @r#"
    line 1202: phone: the phone belongs to another account (C-0)
    line 1203: externalId: the openId or unionId belongs to an account with another externalId (C-1)
    line 1204: openId:shop: the account has another openId in this app (C-3)
    line 1205: unionId:hemu: the account has another unionId in this scope (C-4)
    line 1206: unionId:hemu: "undefined": the union id is a placeholder for no value; expected a unionId such as o6_bmasdasdsad6_2sgVt7hMZOPfL
    guiyi: 5 row(s) were not imported
    "#);
    assert_eq!(stderr(&dry), stderr(&real));
    let report = |name| std::fs::read_to_string(place.folder.path().join(name)).expect("a report");
    assert_eq!(report("dry.csv"), report("real.csv"));
    let lines: Vec<String> = report("dry.csv").lines().map(str::to_owned).collect();
    assert_eq!(lines[..2], ["\u{FEFF}line,id,outcome,key,other,reason", "2,C-0,created,,,"]);
    assert_eq!(lines[1_201], "1202,D-1,conflict,phone,C-0,the phone belongs to another account");
    assert_eq!(lines[1_206], "1207,C-6,unchanged,,,");
}

#[test]
fn an_unknown_column_is_named() {
    let place = Workplace::new();
    place.write(
        "users.jsonl",
        "{\"externalId\":\"C-1\",\"openId:nowhere\":\"o1\"}\n\
         {\"externalId\":\"C-2\",\"unionId:nowhere\":\"u1\"}\n\
         {\"externalId\":\"C-3\",\"email\":\"c3\"}\n\
         {\"phone\":\"13800000004\"}\n\
         {\"externalId\":\"C-5\",\"phone\":null,\"openId:shop\":\"o5\",\"openId:shop\":\"o6\"}\n\
         {\"externalId\":\"C-6\",\"phone\":null,\"openId:shop\":\"o6\"}\n",
    );

    let output = place.run(&["--demo", "import", "users", "users.jsonl"]);

    assert_eq!(stdout(&output), "1 created, 0 updated, 0 unchanged, 0 joined, 0 in conflict, 5 bad\n");
    insta::assert_snapshot!(stderr(&output), @r#"
    line 1: openId:nowhere: there is no app "nowhere"; expected one of: shop, club, outlet, site, app, mini
    line 2: unionId:nowhere: there is no union scope "nowhere"; expected one of: hemu
    line 3: there is no column "email": --map "email=…" says what it is, or "email=-" skips it
    line 4: the column externalId is missing; expected your id of the person, such as C-1001
    line 5: the column openId:shop appears twice
    guiyi: 5 row(s) were not imported
    "#);
}

#[test]
fn an_import_of_nothing_is_an_error_and_says_so() {
    let place = Workplace::new();
    for (file, text) in [("empty.csv", ""), ("header.csv", "externalId,phone\n"), ("blank.jsonl", "\n\n")] {
        place.write(file, text);

        let imported = place.run(&["--demo", "import", "users", file]);

        let said = String::from_utf8(imported.stderr).expect("text");
        assert!(!imported.status.success() && said.contains(&format!("{file} has no rows")), "{file}: {said}");
    }
}

#[test]
fn the_ending_of_a_file_may_be_in_capitals() {
    let place = Workplace::new();
    place.write("MEMBERS.CSV", "externalId,phone\nC-1,13800000101\n");

    let imported = place.run(&["--demo", "import", "users", "MEMBERS.CSV"]);

    assert!(imported.status.success(), "{imported:?}");
}

#[test]
fn an_import_of_orders_reads_json_lines_and_csv_alike() {
    let place = Workplace::new();
    place.write(
        "orders.jsonl",
        "{\"app\":\"shop\",\"orderNo\":\"A1\",\"openId\":\"oLan\",\"status\":\"PAID\",\"amount\":\"5.00\",\"currency\":\"CNY\",\
         \"placedAt\":\"2026-01-01T00:00:00Z\",\"items\":[{\"title\":\"Tea\",\"quantity\":1,\"unitPrice\":\"5\"}]}\n\
         \n\
         {\"app\":\"nowhere\"}\n\
         not json\n\
         [\"shop\",\"A9\",\"oLan\",\"PAID\",\"5.00\",\"CNY\",\"2026-01-01T00:00:00Z\",[]]\n",
    );
    place.write(
        "orders.csv",
        "app,orderNo,openId,status,amount,currency,placedAt,items\n\
         shop,A1,oLan,PAID,5.00,CNY,2026-01-01T00:00:00Z,\"[{\"\"title\"\":\"\"Tea\"\",\"\"quantity\"\":\"\"1.000\"\",\"\"unitPrice\"\":\"\"5\"\"}]\"\n\
         shop,A1,oWei,PAID,5.00,CNY,2026-01-01T00:00:00Z,\n\
         shop,A2,oWei,LOST,5.00,CNY,2026-01-01T00:00:00Z,\n\
         shop,A3,oWei,PENDING,7,CNY,2026-01-02T00:00:00Z,\n",
    );

    let lines = place.run(&["--demo", "import", "orders", "orders.jsonl"]);
    let table = place.run(&["--demo", "import", "orders", "orders.csv"]);

    assert_eq!(
        stdout(&lines),
        "1 created, 0 updated, 0 unchanged, 0 joined, 0 in conflict, 3 bad\n",
        "{}",
        stderr(&lines)
    );
    assert_eq!(
        stdout(&table),
        "1 created, 0 updated, 1 unchanged, 0 joined, 1 in conflict, 1 bad\n",
        "{}",
        stderr(&table)
    );
    insta::assert_snapshot!(format!("{}{}", stderr(&lines), stderr(&table)), @r#"
    line 3: the column orderNo is missing; expected an order number such as S-1
    line 4: not a JSON object: expected ident at line 1 column 2
    line 5: not a JSON object: invalid type: sequence, expected an object such as {"externalId": "C-1001"} at line 1 column 0
    guiyi: 3 row(s) were not imported
    line 3: orderNo: the order was placed by another openId
    line 4: status: "LOST": not a status: --status "LOST=…" says which it is; expected PENDING, PAID, SHIPPED, COMPLETED, CANCELLED or REFUNDED
    guiyi: 2 row(s) were not imported
    "#);
}

#[cfg(unix)]
#[tokio::test]
async fn told_to_stop_it_lets_requests_in_flight_finish() {
    let place = Workplace::new();
    let mut demo = start(&place).await;
    let http = reqwest::Client::builder().build().expect("a client");
    let post = async |url: String, body: serde_json::Value| {
        http.post(url).json(&body).send().await.expect("an answer").json::<serde_json::Value>().await.expect("JSON")
    };
    let control = |path: &str| format!("http://{}/_sandbox/{path}", place.sandbox);
    let code = post(control("codes"), serde_json::json!({ "app": "shop", "person": "lan" })).await["code"].clone();
    let slow = serde_json::json!({ "path": "/sns/oauth2/access_token", "times": 1, "delay_ms": 1_500 });
    post(control("faults"), slow).await;
    let login = Workplace::login(&place.begin("shop").await, &code, "openId");
    let in_flight = tokio::spawn(http.post(format!("http://{}/graphql", place.api)).json(&login).send());
    let pending = async || http.get(control("faults")).send().await.expect("an answer").text().await.expect("text");
    while pending().await.contains("access_token") {
        tokio::task::yield_now().await;
    }

    let told = Command::new("kill").args(["-TERM", &demo.0.id().to_string()]).status().expect("kill runs");

    assert!(told.success());
    let answer = in_flight.await.expect("no panic").expect("the response still arrives");
    assert!(answer.text().await.expect("text").contains("\"openId\":\"o"));
    assert!(demo.0.wait().expect("it ends").success());
}

#[tokio::test]
async fn a_second_start_on_the_same_port_says_so() {
    let place = Workplace::new();
    let _demo = start(&place).await;
    let other =
        Workplace { folder: tempfile::tempdir().expect("a folder"), api: place.api.clone(), sandbox: free_address() };

    let output = other.run(&["demo"]);

    assert!(!output.status.success());
    let expected = format!("guiyi: the API cannot listen on {}", place.api);
    assert!(stderr(&output).contains(&expected), "{}", stderr(&output));
}

#[tokio::test]
async fn the_audit_lists_what_an_operator_should_have_seen() {
    let place = Workplace::new();
    let _demo = start(&place).await;
    let http = reqwest::Client::builder().build().expect("a client");
    let post = async |url: String, body: serde_json::Value| {
        http.post(url).json(&body).send().await.expect("an answer").json::<serde_json::Value>().await.expect("JSON")
    };
    let wanted = serde_json::json!({ "app": "shop", "person": "lan" });
    let code = post(format!("http://{}/_sandbox/codes", place.sandbox), wanted).await["code"].clone();
    let nothing = place.run(&["--demo", "audit", "--action", "LOGIN_REPEAT_REFUSED"]);
    for _ in 0..3 {
        // Each time with another browser's login, which does not match the code.
        let login = Workplace::login(&place.begin("shop").await, &code, "openId");
        post(format!("http://{}/graphql", place.api), login).await;
    }

    let text = place.run(&["--demo", "audit", "--since", "1h", "--limit", "1", "--action", "LOGIN_REPEAT_REFUSED"]);
    let json = place.run(&["--demo", "audit", "--action", "LOGIN_REPEAT_REFUSED", "--json"]);
    let wrong = place.run(&["--demo", "audit", "--since", "1w"]);

    assert_eq!((stdout(&nothing), stderr(&nothing)), (String::new(), "no entries\n".to_owned()));
    let line = stdout(&text);
    assert_eq!(line.lines().count(), 1);
    assert!(line.contains("  LOGIN_REPEAT_REFUSED  system  shop  usr_"), "{line}");
    let events: Vec<serde_json::Value> =
        stdout(&json).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(events.len(), 2);
    for event in &events {
        let keys: Vec<&str> = event.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(keys, ["action", "actor", "app", "at", "detail", "id", "session", "user"]);
        assert_eq!(event["detail"]["because"], "another device");
        assert!(!line.contains(code.as_str().expect("a code")));
    }
    assert!(!wrong.status.success() && stderr(&wrong).contains("is not a time such as 30m, 24h or 7d"));
}
