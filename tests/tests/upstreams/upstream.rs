//! Upstream failures: each leads to a typed error without partial writes, and no profile data from WeChat can damage a
//! profile. The sandbox simulates the faults: see docs/sandbox.md.

use acceptance::{Company, Server, on_every_database};
use serde_json::{Value, json};

on_every_database!(
    a_failing_login_is_told_by_a_code_and_writes_no_row,
    a_profile_that_says_nothing_overwrites_nothing,
    nicknames_of_every_kind_are_kept,
);

const EXCHANGE: &str = "/sns/oauth2/access_token";
const PROFILE: &str = "/sns/userinfo";
const MINI: &str = "/sns/jscode2session";

/// The tables that a login writes.
const TABLES: [&str; 5] = ["users", "open_ids", "union_ids", "sessions", "link_events"];

async fn rows(company: &Company) -> Vec<i64> {
    let mut rows = Vec::new();
    for table in TABLES {
        rows.push(company.database.count(table).await);
    }
    rows
}

/// A path, its fault, and the client's error.
fn faults() -> Vec<(&'static str, Value, &'static str)> {
    let mut faults = Vec::new();
    for path in [EXCHANGE, MINI] {
        faults.extend([
            (path, json!({ "kind": "hang" }), "UPSTREAM_UNAVAILABLE"),
            (path, json!({ "kind": "hang", "after": true }), "UPSTREAM_UNAVAILABLE"),
            (path, json!({ "kind": "reset" }), "UPSTREAM_UNAVAILABLE"),
            (path, json!({ "kind": "empty" }), "UPSTREAM_UNAVAILABLE"),
            (path, json!({ "kind": "quota" }), "UPSTREAM_BUSY"),
            (path, json!({ "errcode": -1 }), "UPSTREAM_UNAVAILABLE"),
            (path, json!({ "errcode": -1, "after": true }), "UPSTREAM_UNAVAILABLE"),
            (path, json!({ "errcode": 40125 }), "UPSTREAM_FAULT"),
            (path, json!({ "status": 502, "body": "<html>busy</html>" }), "UPSTREAM_UNAVAILABLE"),
            (path, json!({ "status": 429 }), "UPSTREAM_BUSY"),
            (path, json!({ "kind": "html" }), "UPSTREAM_FAULT"),
            (path, json!({ "kind": "html", "after": true }), "UPSTREAM_FAULT"),
            (path, json!({ "body": "[]" }), "UPSTREAM_FAULT"),
        ]);
    }
    faults.extend([
        (EXCHANGE, json!({ "body": "{}" }), "UPSTREAM_FAULT"),
        (MINI, json!({ "body": "{}" }), "UPSTREAM_FAULT"),
        (PROFILE, json!({ "errcode": 48001 }), "CONSENT_REQUIRED"),
        (EXCHANGE, json!({ "errcode": 40029 }), "INVALID_CODE"),
        (EXCHANGE, json!({ "errcode": 40163 }), "CODE_USED"),
        (EXCHANGE, json!({ "body": r#"{"access_token":"t","openid":" ","scope":"snsapi_base"}"# }), "UPSTREAM_FAULT"),
        (EXCHANGE, json!({ "body": r#"{"errcode":"40029","errmsg":"invalid code"}"# }), "INVALID_CODE"),
        (MINI, json!({ "errcode": 40226 }), "LOGIN_BLOCKED"),
    ]);
    faults
}

/// The settings of a service that waits a second for its upstream.
fn patience() -> toml::Table {
    toml::toml! {
        [upstream]
        connect_seconds = 1
        total_seconds = 1
        failures = 1000
    }
}

async fn a_failing_login_is_told_by_a_code_and_writes_no_row(server: Server) {
    let company = Company::open_with(server, patience()).await;
    let before = rows(&company).await;

    for (path, fault, expected) in faults() {
        let app = if path == MINI { "mini" } else { "shop" };
        company.fault(path, &fault).await;
        let answer = company.client().log_in(&company.code(app, "lan").await, app).await;
        assert_eq!(answer.code(), expected, "{path} {fault}");
        assert_eq!(rows(&company).await, before, "{path} {fault}");
    }
    let snapshot = json!({ "app": "shop", "person": "lan", "snapshot": true });
    let code = company.sandbox("POST", "/_sandbox/codes", Some(&snapshot)).await["code"].clone();
    let answer = company.client().log_in(code.as_str().expect("a code"), "shop").await;

    assert_eq!((answer.code(), rows(&company).await), ("SNAPSHOT_USER", before));
}

async fn nickname(company: &Company) -> Value {
    let me = company.sign_in("shop", "lan").await.ask("{ me { nickname } }").await;
    me.data()["me"]["nickname"].clone()
}

async fn rename(company: &Company, nickname: &str) {
    company.sandbox("PATCH", "/_sandbox/people/lan", Some(&json!({ "nickname": nickname }))).await;
}

async fn a_profile_that_says_nothing_overwrites_nothing(server: Server) {
    let company = Company::open_with(server, patience()).await;
    let real = company.sign_in("shop", "lan").await.ask("{ me { nickname avatarUrl } }").await;
    let open_id = company.sandbox.open_id("shop", "lan");

    rename(&company, "微信用户").await;
    let anonymous = company.sign_in("shop", "lan").await.ask("{ me { nickname avatarUrl } }").await;
    let told = json!({ "openid": open_id, "nickname": "", "headimgurl": "" }).to_string();
    company.fault(PROFILE, &json!({ "body": told })).await;
    let empty = company.sign_in("shop", "lan").await.ask("{ me { nickname avatarUrl } }").await;
    let told = json!({ "openid": open_id, "nickname": " \u{3000}", "headimgurl": "" }).to_string();
    company.fault(PROFILE, &json!({ "body": told })).await;
    let blank = company.sign_in("shop", "lan").await.ask("{ me { nickname avatarUrl } }").await;
    let base = company.client().log_in(&company.code_for("shop", "lan", "snsapi_base").await, "shop").await;
    for broken in [
        json!({ "kind": "html" }),
        json!({ "kind": "html", "after": true }),
        json!({ "body": "[]" }),
        json!({ "body": r#"{"nickname":"\ud83c","headimgurl":null,"unionid":null}"# }),
        json!({ "body": r#"{"nickname":null,"headimgurl":{},"privilege":1e999}"# }),
        json!({ "kind": "hang" }),
        json!({ "kind": "reset" }),
        json!({ "kind": "empty" }),
        json!({ "kind": "quota" }),
        json!({ "errcode": -1, "after": true }),
        json!({ "errcode": 40125 }),
        json!({ "status": 502, "body": "<html>busy</html>" }),
        json!({ "status": 429 }),
    ] {
        company.fault(PROFILE, &broken).await;
        let me = company.sign_in("shop", "lan").await.ask("{ me { nickname avatarUrl } }").await;
        assert_eq!(me.data(), real.data(), "{broken}");
    }

    assert_eq!(real.data()["me"]["nickname"], "兰心🌿");
    assert!(real.data()["me"]["avatarUrl"].is_string());
    assert_eq!([anonymous.data(), empty.data(), blank.data()], [real.data(); 3]);
    assert_eq!(base.data()["wechatLogin"]["user"]["nickname"], "兰心🌿");
}

async fn nicknames_of_every_kind_are_kept(server: Server) {
    let company = Company::open(server).await;

    for kind in ["👨‍👩‍👧‍👦 一家人", "🏳️‍🌈👩🏽‍💻", "𠮷野家", "e\u{301}", "<b>&quot;'`\\", "مرحبا", &"🌿".repeat(64)]
    {
        rename(&company, kind).await;
        assert_eq!(nickname(&company).await, kind);
    }
    rename(&company, "兰心🌿").await;
    company.fault(PROFILE, &json!({ "kind": "control-characters" })).await;
    assert_eq!(nickname(&company).await, "兰心🌿");
    company.fault(PROFILE, &json!({ "kind": "bad-utf8" })).await;
    assert_eq!(nickname(&company).await, "兰心🌿", "half a character is no part of a name");
}
