//! The audit records the actions of operators, commands and the service, in full and without secrets. See `store` for
//! its immutability and chain, and `controls` for the actions of persons and tokens.

use acceptance::merging::LAN;
use acceptance::{Client, Company, Server, VERIFIER, on_every_database};
use api::config::Config;
use api::usecase::import::UserText;
use api::usecase::order::ReportText;
use chrono::TimeDelta;
use domain::order::OrderStatus;
use domain::union_scope::{Renaming, Step};
use domain::{AuditAction, ServiceScope, UnionKey};
use serde_json::{Value, json};

on_every_database!(
    r14_a_case_that_an_operator_closed_is_in_the_audit,
    r14_a_merge_that_an_operator_undid_is_in_the_audit_and_one_that_its_person_undid_is_in_the_journal_alone,
    an_import_of_accounts_is_in_the_audit_by_its_numbers,
    an_import_of_orders_is_in_the_audit_and_a_dry_run_is_not,
    r5_a_migration_of_a_scope_is_in_the_audit_and_a_dry_run_is_not,
    what_a_back_office_told_is_in_the_audit_if_it_changed_something,
    a_refused_repeat_of_a_login_is_in_the_audit_without_its_code,
    a_replayed_refresh_token_is_in_the_audit_once_with_its_session,
    a_key_is_in_the_audit_from_its_first_use_on,
);

/// Creates a service token with these scopes; returns its client and its name in the audit.
async fn operator(company: &Company, scopes: &[ServiceScope]) -> (Client, String) {
    let made = api::usecase::service_token::create(company.app.service(), "office", scopes.to_vec(), None)
        .await
        .expect("a token");
    let mut client = company.client();
    client.bearer = Some(made.token);
    (client, format!("operator:{}", made.id))
}

fn entry(actor: &str, user: &Value, detail: &Value) -> Value {
    json!({ "actor": actor, "app": null, "user": user, "session": null, "detail": detail })
}

/// Returns the app's id at its provider.
fn app_id(company: &Company, name: &str) -> String {
    let app =
        api::usecase::app::all(company.app.service()).iter().find(|app| app.name.as_str() == name).expect("an app");
    app.provider.app_id().to_string()
}

async fn r14_a_case_that_an_operator_closed_is_in_the_audit(server: Server) {
    let company = Company::open(server).await;
    let (lan, _) = company.offered().await;
    let (office, name) = operator(&company, &[ServiceScope::ConflictsRead, ServiceScope::ConflictsWrite]).await;
    let cases = office.ask("{ conflicts { nodes { id otherUserId } } }").await;
    let case = cases.data()["conflicts"]["nodes"][0].clone();
    let resolve = async |decision: &str| {
        let query = "mutation ($id: ID!, $decision: ConflictDecision!) {
            resolveConflict(id: $id, decision: $decision, reason: \"showed both papers\") { mergeId } }";
        office.send(query, json!({ "id": case["id"], "decision": decision })).await
    };

    assert_eq!(resolve("ACCEPT_UNION_ID").await.code(), "DECISION_DOES_NOT_FIT");
    resolve("KEEP_APART").await.data();
    assert_eq!(resolve("KEEP_APART").await.code(), "CONFLICT_CLOSED");

    let detail = json!({
        "case": case["id"], "other": case["otherUserId"], "decision": "KEEP_APART", "reason": "showed both papers",
    });
    assert_eq!(company.audited(AuditAction::CaseClosed).await, [entry(&name, &lan.id().await, &detail)]);
}

async fn r14_a_merge_that_an_operator_undid_is_in_the_audit_and_one_that_its_person_undid_is_in_the_journal_alone(
    server: Server,
) {
    let company = Company::open(server).await;
    let (lan, refused) = company.offered().await;
    let merged = lan.merge_keeping_own(&refused.merge_token()).await.data()["mergeUsers"].clone();
    let (office, name) = operator(&company, &[ServiceScope::UsersWrite]).await;

    let undone = office.undo(&merged["mergeId"], Some("they are two")).await.data()["undoMerge"].clone();
    let again = office.undo(&merged["mergeId"], Some("they are two")).await;

    assert_eq!(again.code(), "UNDO_IMPOSSIBLE");
    let detail = json!({ "merge": merged["mergeId"], "restored": undone["restoredId"], "reason": "they are two" });
    let expected = [entry(&name, &undone["survivorId"], &detail)];
    assert_eq!(company.audited(AuditAction::MergeUndone).await, expected);
    company.clock.advance(TimeDelta::minutes(2));
    let lan = company.sign_in("shop", "lan").await;
    let refused = company.prove(&lan, LAN).await;
    let merged = lan.merge_keeping_own(&refused.merge_token()).await.data()["mergeUsers"].clone();
    lan.undo(&merged["mergeId"], None).await.data();
    assert_eq!(company.audited(AuditAction::MergeUndone).await, expected);
}

async fn an_import_of_accounts_is_in_the_audit_by_its_numbers(server: Server) {
    let company = Company::open(server).await;
    let service = company.app.service();
    let member = |id: &str, phone: &str| {
        let (external_id, phone) = (id.to_owned(), Some(phone.to_owned()));
        api::usecase::import::read_user(service, &UserText { external_id, phone, ..UserText::default() })
            .expect("an account")
    };

    api::usecase::import::import_users(service, &[member("C-1", LAN)]).await.expect("an import");
    api::usecase::import::import_users(service, &[member("C-1", LAN), member("C-2", LAN)]).await.expect("an import");

    let of = |created: u32, unchanged: u32, conflicts: u32| {
        let detail = json!({
            "created": created, "updated": 0, "unchanged": unchanged, "joined": 0, "conflicts": conflicts,
        });
        entry("command", &Value::Null, &detail)
    };
    let mut audited = company.audited(AuditAction::UsersImported).await;
    audited.sort_by_key(|entry| entry["detail"]["unchanged"].as_u64());
    assert_eq!(audited, [of(1, 0, 0), of(0, 1, 1)]);
}

async fn an_import_of_orders_is_in_the_audit_and_a_dry_run_is_not(server: Server) {
    let company = Company::open(server).await;
    let service = company.app.service();
    let order = ReportText {
        app: "shop".to_owned(),
        order_no: "A-1".to_owned(),
        open_id: company.sandbox.open_id("shop", "lan").expect("an open id"),
        status: OrderStatus::Paid,
        amount: "128.50".to_owned(),
        currency: "CNY".to_owned(),
        placed_at: company.clock.now(),
        shop_updated_at: None,
        items: vec![],
        refunds: None,
        deliveries: None,
    };
    let orders = [api::usecase::order::read_report(service, order).expect("an order")];

    api::usecase::import::import_orders(service, &orders, true).await.expect("a dry run");
    let after_dry_run = company.audited(AuditAction::OrdersImported).await;
    api::usecase::import::import_orders(service, &orders, false).await.expect("an import");

    let detail = json!({ "created": 1, "updated": 0, "unchanged": 0, "joined": 0, "conflicts": 0 });
    assert_eq!(after_dry_run, [0; 0]);
    assert_eq!(company.audited(AuditAction::OrdersImported).await, [entry("command", &Value::Null, &detail)]);
}

async fn r5_a_migration_of_a_scope_is_in_the_audit_and_a_dry_run_is_not(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let old = company.sandbox.union_id("shop", "lan").expect("a union id");
    let key = |scope: &str, id: &str| UnionKey {
        scope: scope.parse().expect("a scope"),
        union_id: id.parse().expect("a union id"),
    };
    let batch = [
        Renaming { old: key("hemu", &old), new: key("hemu-two", "o-new-1") },
        Renaming { old: key("hemu", "o-nobody"), new: key("hemu-two", "o-new-2") },
    ];

    api::usecase::union_scope::migrate(company.app.service(), &batch, true).await.expect("a dry run");
    let after_dry_run = company.audited(AuditAction::ScopeMigrated).await;
    let steps = api::usecase::union_scope::migrate(company.app.service(), &batch, false).await.expect("a migration");

    assert!(matches!(steps[..], [Step::Replace(_), Step::Unknown]), "{steps:?}");
    assert_eq!(after_dry_run, [0; 0]);
    let detail = json!({ "scopes": ["hemu", "hemu-two"], "unionIds": 2, "moved": 1 });
    assert_eq!(company.audited(AuditAction::ScopeMigrated).await, [entry("command", &Value::Null, &detail)]);
    assert_eq!(lan.ask("{ me { unionIds { unionId } } }").await.data()["me"]["unionIds"][0]["unionId"], "o-new-1");
}

async fn what_a_back_office_told_is_in_the_audit_if_it_changed_something(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let user = lan.id().await;
    let (office, name) = operator(&company, &[ServiceScope::UsersWrite]).await;
    let tell = async |kind: &str, fields: Value| {
        let query = "mutation ($input: PersonEventInput!) { recordPersonEvent(input: $input) { changed } }";
        let at = chrono::DateTime::<chrono::Utc>::from(company.clock.now()).to_rfc3339();
        let open_id = company.sandbox.open_id("shop", "lan");
        let event = json!({ "app": "shop", "openId": open_id, "kind": kind, "fields": fields, "at": at });
        let told = office.send(query, json!({ "input": event })).await;
        company.clock.advance(TimeDelta::seconds(1));
        told.data()["recordPersonEvent"]["changed"].clone()
    };

    assert_eq!(tell("FOLLOWED", json!([])).await, true);
    assert_eq!(tell("REVOKED", json!(["NICKNAME"])).await, true);
    assert_eq!(tell("REVOKED", json!(["NICKNAME"])).await, false);
    assert_eq!(tell("CANCELLED", json!([])).await, true);

    let of = |detail: Value| json!({ "actor": name, "app": app_id(&company, "shop"), "user": user, "session": null, "detail": detail });
    let expected = [
        of(json!({ "event": "CANCELLED" })),
        of(json!({ "event": "REVOKED", "fields": { "nickname": true, "avatarUrl": false } })),
        of(json!({ "event": "FOLLOWED" })),
    ];
    assert_eq!(company.audited(AuditAction::PersonEventRecorded).await, expected);
}

async fn a_refused_repeat_of_a_login_is_in_the_audit_without_its_code(server: Server) {
    let company = Company::open(server).await;
    let mut client = company.client();
    let state = client.begin("shop").await.expect("a state");
    let mut input = json!({ "code": company.code("shop", "lan").await, "state": state, "codeVerifier": VERIFIER });
    client.carry(&client.log_in_with(&input).await.data()["login"]);
    let session = client.ask("{ sessions { id } }").await.data()["sessions"][0]["id"].clone();
    company.clock.advance(TimeDelta::seconds(42));

    input["codeVerifier"] = json!("another-verifier-that-nobody-has-hashed-yet");
    assert_eq!(company.client().log_in_with(&input).await.code(), "CODE_USED");

    let expected = json!({
        "actor": "system", "app": app_id(&company, "shop"), "user": client.id().await, "session": session,
        "detail": { "because": "another device", "secondsAfterFirst": 42 },
    });
    assert_eq!(company.audited(AuditAction::LoginRepeatRefused).await, [expected]);
}

async fn a_replayed_refresh_token_is_in_the_audit_once_with_its_session(server: Server) {
    let company = Company::open(server).await;
    let mut client = company.client();
    let login = client.log_in(&company.code("shop", "lan").await, "shop").await.data()["wechatLogin"].clone();
    client.carry(&login);
    let (user, sessions) = (client.id().await, client.ask("{ sessions { id } }").await);
    let query = "mutation ($token: String!) { refreshSession(refreshToken: $token) { refreshToken } }";
    let refresh = async |token: &Value| client.send(query, json!({ "token": token })).await;
    let mut newest = login["refreshToken"].clone();
    for _ in 0..2 {
        newest = refresh(&newest).await.data()["refreshSession"]["refreshToken"].clone();
    }

    for _ in 0..3 {
        assert_eq!(refresh(&login["refreshToken"]).await.code(), "INVALID_REFRESH_TOKEN");
    }

    let session = &sessions.data()["sessions"][0]["id"];
    let expected = json!({ "actor": "system", "app": null, "user": user, "session": session, "detail": {} });
    assert_eq!(company.audited(AuditAction::RefreshTokenReplayed).await, [expected]);
}

async fn a_key_is_in_the_audit_from_its_first_use_on(server: Server) {
    let (old, new) = ("an-old-key-of-at-least-32-characters", "a-new-key-of-at-least-32-characters!");
    let company =
        Company::open_with(server, toml::toml! { tokens = { secret_keys = ["an-old-key-of-at-least-32-characters"] } })
            .await;
    let keys = |keys: [&str; 2]| {
        let keys = keys.map(Into::into).to_vec();
        move |config: &mut Config| config.tokens.secret_keys = keys
    };
    let key_ids = async || {
        let entries = company.audited(AuditAction::KeyInUse).await;
        entries.into_iter().map(|entry| entry["detail"]["keyId"].clone()).collect::<Vec<_>>()
    };
    api::usecase::audit::audit_keys(company.app.service()).await.expect("the database answers");
    api::usecase::audit::audit_keys(company.app_with(keys([old, new])).await.service())
        .await
        .expect("the database answers");
    let before = key_ids().await;

    company.clock.advance(TimeDelta::minutes(1));
    let rotated = company.app_with(keys([new, old])).await;
    for _ in 0..2 {
        api::usecase::audit::audit_keys(rotated.service()).await.expect("the database answers");
    }

    let published =
        serde_json::to_value(rotated.service().jwks()).expect("JSON")["keys"].as_array().expect("a list").clone();
    let [signs, verifies] = [0, 1].map(|at| published[at]["kid"].clone());
    assert_eq!((before, key_ids().await), (vec![verifies.clone()], vec![signs.clone(), verifies]));
    let detail = json!({ "keyId": signs, "for": "access tokens, seals" });
    assert_eq!(company.audited(AuditAction::KeyInUse).await[0], entry("system", &Value::Null, &detail));
}
