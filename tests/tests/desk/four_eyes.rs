//! Actions that need a second operator: one operator requests, another one approves, and the action is performed on the
//! state at that time.

use acceptance::{Answer, Client, Company, Server, on_every_database};
use chrono::TimeDelta;
use domain::{AuditAction, ServiceScope};
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    a_merge_waits_for_a_second_operator_and_has_the_words_of_both,
    of_many_approvals_at_once_one_carries_the_act_out,
    who_asked_cannot_approve_nor_can_a_token_of_theirs,
    a_request_that_was_declined_or_has_expired_does_nothing,
    the_act_is_decided_by_what_is_true_at_the_approval,
    a_request_of_an_operator_who_was_removed_is_refused,
    a_double_click_is_one_request_and_another_act_waits_for_it,
    a_number_waits_sealed_and_an_undo_and_an_erasure_wait_too,
    a_merge_that_closes_a_case_waits_too_and_no_other_decision_does,
    of_many_approvals_of_a_case_at_once_one_merges_and_closes_it,
    a_case_that_was_closed_meanwhile_is_not_merged,
);

const APPROVE: &str = "mutation ($id: ID!) { approveRequest(id: $id, reason: \"seen the papers\") {
    request { id kind } merge { mergeId survivorId formerId pending { id } } undo { restoredId pending { id } }
    setPhone { userId changed pending { id } } erase { userId changed pending { id } }
    caseMerge { mergeId conflict { id closed { decision by reason } } pending { id } } } }";
const RESOLVE: &str = "mutation ($id: ID!, $decision: ConflictDecision!) {
    resolveConflict(id: $id, decision: $decision, reason: \"showed both papers\") {
        mergeId conflict { id decisions closed { decision } } pending { id kind caseId userId otherUserId } } }";
const DECLINE: &str = "mutation ($id: ID!) { declineRequest(id: $id, reason: \"no papers\") { request { id } } }";
const MERGE: &str = "mutation ($one: ID!, $other: ID!, $reason: String!) {
    mergePeople(user: $one, other: $other, reason: $reason, keep: []) {
        survivorId formerId mergeId pending { id kind userId otherUserId reason requestedBy isMine expiresAt } } }";

async fn open(server: Server) -> Company {
    let settings = toml::toml! { [support]
    four_eyes = ["merge", "undo", "set_phone", "erase"] };
    Company::open_with(server, settings).await
}

/// Lan has two accounts: one of the club, from a login without a unionId, and one of the shop.
async fn two_halves(company: &Company) -> [Value; 2] {
    let mut club = company.client();
    let code = company.code_for("club", "lan", "snsapi_base").await;
    club.carry(&club.log_in(&code, "club").await.data()["wechatLogin"]);
    company.clock.advance(TimeDelta::minutes(1));
    let shop = company.sign_in("shop", "lan").await;
    [club.id().await, shop.id().await]
}

/// Lan's two accounts have orders, and then WeChat reports that they belong to one person. Returns the case.
async fn case_of(company: &Company) -> Value {
    let shops = company.system(&[ServiceScope::OrdersWrite]).await;
    for app in ["shop", "club"] {
        let order = json!([{ "app": app, "orderNo": format!("F-{app}"), "openId": company.sandbox.open_id(app, "lan"),
            "status": "PAID", "total": { "amount": "2.00", "currency": "CNY" }, "placedAt": "2025-01-01T00:00:00Z" }]);
        shops.record(order).await;
    }
    company.sign_in("club", "lan").await;
    let cases = open_cases(&company.operator("anna").await).await;
    assert_eq!(cases.len(), 1, "{cases:?}");
    cases[0].clone()
}

async fn open_cases(client: &Client) -> Vec<Value> {
    let answer = client.ask("{ conflicts(filter: { open: true }) { nodes { id } } }").await;
    let cases = answer.data()["conflicts"]["nodes"].as_array().expect("cases");
    cases.iter().map(|case| case["id"].clone()).collect()
}

async fn resolve(client: &Client, case: &Value, decision: &str) -> Answer {
    client.send(RESOLVE, json!({ "id": case, "decision": decision })).await
}

async fn merge(client: &Client, [one, other]: &[Value; 2]) -> Answer {
    client.send(MERGE, json!({ "one": one, "other": other, "reason": "knows both" })).await
}

/// Requests a merge. Returns the request's id.
async fn asked(client: &Client, users: &[Value; 2]) -> Value {
    merge(client, users).await.data()["mergePeople"]["pending"]["id"].clone()
}

async fn decide(client: &Client, query: &str, id: &Value) -> Answer {
    client.send(query, json!({ "id": id })).await
}

async fn waiting(client: &Client) -> Vec<Value> {
    let answer = client.ask("{ pendingRequests { nodes { id } } }").await;
    answer.data()["pendingRequests"]["nodes"]
        .as_array()
        .expect("requests")
        .iter()
        .map(|one| one["id"].clone())
        .collect()
}

/// Returns whether the two ids lead to one account.
async fn are_one(client: &Client, [one, other]: &[Value; 2]) -> bool {
    let query = "query ($one: ID!, $other: ID!) { one: user(id: $one) { id } other: user(id: $other) { id } }";
    let answer = client.send(query, json!({ "one": one, "other": other })).await;
    answer.data()["one"] == answer.data()["other"]
}

async fn a_merge_waits_for_a_second_operator_and_has_the_words_of_both(server: Server) {
    let company = open(server).await;
    let users = two_halves(&company).await;
    let [anna, bo, chen] =
        [company.operator("anna").await, company.operator("bo").await, company.operator("chen").await];

    let asked = merge(&bo, &users).await.data()["mergePeople"].clone();

    let pending = &asked["pending"];
    assert_eq!(
        (&asked["mergeId"], &pending["isMine"], &pending["kind"]),
        (&Value::Null, &json!(true), &json!("MERGE"))
    );
    assert_eq!((&pending["userId"], &pending["otherUserId"]), (&asked["survivorId"], &asked["formerId"]));
    assert!(!are_one(&bo, &users).await);
    assert_eq!(waiting(&chen).await, [pending["id"].clone()]);
    assert_eq!(decide(&chen, APPROVE, &pending["id"]).await.code(), "FORBIDDEN");
    let done = decide(&anna, APPROVE, &pending["id"]).await.data()["approveRequest"].clone();
    let merged = &done["merge"];
    assert_eq!((&merged["survivorId"], &merged["formerId"]), (&asked["survivorId"], &asked["formerId"]));
    assert!(merged["mergeId"].is_string() && merged["pending"].is_null(), "{merged}");
    assert_eq!((&done["undo"], &done["setPhone"], &done["erase"]), (&Value::Null, &Value::Null, &Value::Null));
    assert!(are_one(&bo, &users).await);
    assert_eq!(waiting(&chen).await, [Value::Null; 0]);
    assert_eq!(decide(&anna, APPROVE, &pending["id"]).await.code(), "REQUEST_CLOSED");
    assert_eq!(decide(&anna, DECLINE, &pending["id"]).await.code(), "REQUEST_CLOSED");

    let told =
        |entries: Vec<Value>| (entries.len(), entries[0]["actor"].clone(), entries[0]["detail"]["reason"].clone());
    let [of_anna, of_bo] = [who(&anna).await, who(&bo).await];
    let made = told(company.audited(AuditAction::RequestMade).await);
    let approved = told(company.audited(AuditAction::RequestApproved).await);
    let merged = told(company.audited(AuditAction::UsersMerged).await);
    assert_eq!(made, (1, json!(of_bo), json!("knows both")));
    assert_eq!(approved, (1, json!(of_anna), json!("seen the papers")));
    assert_eq!(merged, (1, json!(of_bo), json!("knows both")));
}

/// Returns an operator as the audit names it.
async fn who(client: &Client) -> String {
    let answer = client.ask("{ operator { id } }").await;
    format!("operator:{}", answer.data()["operator"]["id"].as_str().expect("an operator"))
}

async fn of_many_approvals_at_once_one_carries_the_act_out(server: Server) {
    let company = open(server).await;
    let users = two_halves(&company).await;
    let id = asked(&company.operator("bo").await, &users).await;
    let replica = company.replica().await;
    let mut approvers = Vec::new();
    for at in 0..6 {
        let one = company.system(&[ServiceScope::UsersRead, ServiceScope::UsersManage]).await;
        approvers.push(if at % 2 == 0 { one } else { replica.clone().acting_as(&one) });
    }

    let answers = join_all(approvers.iter().map(|approver| decide(approver, APPROVE, &id))).await;

    let code = |answer: &Answer| answer.0["errors"][0]["extensions"]["code"].as_str().map(str::to_owned);
    let mut codes: Vec<_> = answers.iter().map(code).collect();
    codes.sort();
    let closed = || Some("REQUEST_CLOSED".to_owned());
    assert_eq!(codes, [None, closed(), closed(), closed(), closed(), closed()]);
    assert_eq!(company.audited(AuditAction::UsersMerged).await.len(), 1);
    assert_eq!(company.audited(AuditAction::RequestApproved).await.len(), 1);
}

async fn who_asked_cannot_approve_nor_can_a_token_of_theirs(server: Server) {
    let company = open(server).await;
    let users = two_halves(&company).await;
    let anna = company.operator("anna").await;
    let id = asked(&anna, &users).await;
    let create = "mutation { createServiceToken(input: { name: \"helper\", scopes: [USERS_READ, USERS_MANAGE, TOKENS_WRITE] }) { token } }";

    let made = anna.ask(create).await.data()["createServiceToken"]["token"].clone();
    let mut child = company.client();
    child.bearer = made.as_str().map(str::to_owned);
    let made = child.ask(create).await.data()["createServiceToken"]["token"].clone();
    let mut grandchild = company.client();
    grandchild.bearer = made.as_str().map(str::to_owned);

    for own in [&anna, &child, &grandchild] {
        assert_eq!(decide(own, APPROVE, &id).await.code(), "SECOND_OPERATOR_REQUIRED");
    }
    assert!(!are_one(&anna, &users).await);
    // The creator of a token cannot approve a request that the token made either.
    decide(&anna, DECLINE, &id).await.data();
    let id = asked(&child, &users).await;
    assert_eq!(decide(&anna, APPROVE, &id).await.code(), "SECOND_OPERATOR_REQUIRED");
    decide(&company.operator("bo").await, APPROVE, &id).await.data();
    assert!(are_one(&anna, &users).await);
}

async fn a_request_that_was_declined_or_has_expired_does_nothing(server: Server) {
    let company = open(server).await;
    let users = two_halves(&company).await;
    let [anna, bo] = [company.operator("anna").await, company.operator("bo").await];

    let id = asked(&bo, &users).await;
    decide(&anna, DECLINE, &id).await.data();
    assert_eq!(decide(&anna, APPROVE, &id).await.code(), "REQUEST_CLOSED");
    assert_eq!(company.audited(AuditAction::RequestDeclined).await[0]["detail"]["reason"], "no papers");

    let id = asked(&bo, &users).await;
    company.clock.advance(TimeDelta::hours(24));
    let [anna, bo] = [company.operator("anna").await, company.operator("bo").await];
    assert_eq!(waiting(&anna).await, [Value::Null; 0]);
    assert_eq!(decide(&anna, APPROVE, &id).await.code(), "REQUEST_EXPIRED");
    assert_eq!(decide(&anna, DECLINE, &id).await.code(), "REQUEST_EXPIRED");
    // The slot of the request is free again.
    let again = asked(&bo, &users).await;
    assert_ne!(again, id);
    assert_eq!(decide(&anna, APPROVE, &json!("req_0")).await.code(), "NOT_FOUND");
    assert!(!are_one(&anna, &users).await);
}

async fn the_act_is_decided_by_what_is_true_at_the_approval(server: Server) {
    let company = open(server).await;
    let users = two_halves(&company).await;
    let [anna, bo] = [company.operator("anna").await, company.operator("bo").await];
    let id = asked(&bo, &users).await;
    let status = |field: &str| format!("mutation ($id: ID!) {{ {field}(id: $id, reason: \"a test\") {{ changed }} }}");
    bo.send(&status("disableUser"), json!({ "id": users[0] })).await.data();

    assert_eq!(decide(&anna, APPROVE, &id).await.code(), "ACCOUNT_CLOSED");

    // Nothing was executed, and the request is still pending.
    assert_eq!(company.audited(AuditAction::RequestApproved).await.len(), 0);
    assert_eq!(waiting(&anna).await, std::slice::from_ref(&id));
    bo.send(&status("enableUser"), json!({ "id": users[0] })).await.data();
    decide(&anna, APPROVE, &id).await.data();
    assert!(are_one(&anna, &users).await);
}

async fn a_request_of_an_operator_who_was_removed_is_refused(server: Server) {
    let company = open(server).await;
    let users = two_halves(&company).await;
    let [anna, bo] = [company.operator("anna").await, company.operator("bo").await];
    let id = asked(&bo, &users).await;
    let bos = who(&bo).await.trim_start_matches("operator:").parse().expect("an id");
    api::usecase::operator::remove(company.app.service(), bos, "left").await.expect("an operator");

    assert_eq!(decide(&anna, APPROVE, &id).await.code(), "FORBIDDEN");

    assert!(!are_one(&anna, &users).await);
    decide(&anna, DECLINE, &id).await.data();
}

async fn a_double_click_is_one_request_and_another_act_waits_for_it(server: Server) {
    let company = open(server).await;
    let users = two_halves(&company).await;
    let [anna, bo] = [company.operator("anna").await, company.operator("bo").await];

    let clicks = join_all((0..4).map(|_| merge(&bo, &users))).await;
    let ids: Vec<_> = clicks.iter().map(|click| click.data()["mergePeople"]["pending"]["id"].clone()).collect();

    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(company.audited(AuditAction::RequestMade).await.len(), 1);
    let turned = [users[1].clone(), users[0].clone()];
    assert_eq!(merge(&anna, &turned).await.code(), "REQUEST_PENDING");
    let reason = json!({ "one": users[0], "other": users[1], "reason": "another reason" });
    assert_eq!(bo.send(MERGE, reason).await.code(), "REQUEST_PENDING");
}

async fn a_number_waits_sealed_and_an_undo_and_an_erasure_wait_too(server: Server) {
    let company = open(server).await;
    let users = two_halves(&company).await;
    let anna = company.operator("anna").await;
    let second = company.system(ServiceScope::ALL).await;
    let number = "+8613800000055";

    let set = "mutation ($id: ID!, $phone: String!) { setPhone(id: $id, phone: $phone, reason: \"by letter\") {
        changed pending { id maskedPhone } } }";
    let asked_for = anna.send(set, json!({ "id": users[1], "phone": number })).await.data()["setPhone"].clone();
    assert_eq!(
        (&asked_for["changed"], &asked_for["pending"]["maskedPhone"]),
        (&json!(false), &json!("+86*******0055"))
    );
    assert_eq!(company.database.count("requests WHERE payload LIKE '%0000055%'").await, 0);
    let done = decide(&second, APPROVE, &asked_for["pending"]["id"]).await;
    assert_eq!(done.data()["approveRequest"]["setPhone"]["changed"], true);
    let phone = "query ($id: ID!) { user(id: $id) { phone } }";
    assert_eq!(second.send(phone, json!({ "id": users[1] })).await.data()["user"]["phone"], number);

    let id = asked(&anna, &users).await;
    let merged = decide(&second, APPROVE, &id).await.data()["approveRequest"]["merge"]["mergeId"].clone();
    let undo =
        "mutation ($id: ID!) { undoMerge(id: $id, reason: \"they are two\") { restoredId pending { id mergeId } } }";
    let asked_for = anna.send(undo, json!({ "id": merged })).await.data()["undoMerge"].clone();
    assert_eq!(asked_for["pending"]["mergeId"], merged);
    assert!(are_one(&anna, &users).await);
    let done = decide(&second, APPROVE, &asked_for["pending"]["id"]).await.data()["approveRequest"].clone();
    assert_eq!(done["undo"]["restoredId"], asked_for["restoredId"]);
    assert!(!are_one(&anna, &users).await);

    let erase = "mutation ($id: ID!) { eraseUser(id: $id, reason: \"by letter\") { changed pending { id } } }";
    let asked_for = anna.send(erase, json!({ "id": users[0] })).await.data()["eraseUser"].clone();
    assert_eq!(asked_for["changed"], false);
    let user = "query ($id: ID!) { user(id: $id) { id } }";
    assert_eq!(anna.send(user, json!({ "id": users[0] })).await.data()["user"]["id"], users[0]);
    let done = decide(&second, APPROVE, &asked_for["pending"]["id"]).await;
    assert_eq!(done.data()["approveRequest"]["erase"], json!({ "userId": users[0], "changed": true, "pending": null }));
    assert_eq!(anna.send(user, json!({ "id": users[0] })).await.data()["user"], Value::Null);
}

async fn a_merge_that_closes_a_case_waits_too_and_no_other_decision_does(server: Server) {
    let company = open(server).await;
    let users = two_halves(&company).await;
    let case = case_of(&company).await;
    let [anna, bo, chen] =
        [company.operator("anna").await, company.operator("bo").await, company.operator("chen").await];

    let asked = resolve(&bo, &case, "MERGE").await.data()["resolveConflict"].clone();

    let pending = &asked["pending"];
    assert_eq!((&pending["kind"], &pending["caseId"]), (&json!("CASE_MERGE"), &case));
    assert!([&pending["userId"], &pending["otherUserId"]].into_iter().all(|id| users.contains(id)), "{pending}");
    assert_eq!((&asked["mergeId"], &asked["conflict"]["closed"]), (&Value::Null, &Value::Null));
    assert_eq!(asked["conflict"]["decisions"], json!(["MERGE", "KEEP_APART"]));
    assert!(!are_one(&bo, &users).await);
    assert_eq!(open_cases(&bo).await, std::slice::from_ref(&case));
    // A repeated request is one request. The same merge without the case is another request of the same kind.
    assert_eq!(resolve(&bo, &case, "MERGE").await.data()["resolveConflict"]["pending"]["id"], pending["id"]);
    assert_eq!(merge(&anna, &users).await.code(), "REQUEST_PENDING");
    assert_eq!(decide(&chen, APPROVE, &pending["id"]).await.code(), "FORBIDDEN");
    assert_eq!(decide(&bo, APPROVE, &pending["id"]).await.code(), "SECOND_OPERATOR_REQUIRED");

    let done = decide(&anna, APPROVE, &pending["id"]).await.data()["approveRequest"].clone();

    let [of_anna, of_bo] = [who(&anna).await, who(&bo).await];
    let closed = json!({ "decision": "MERGE", "by": of_bo, "reason": "showed both papers" });
    assert_eq!(done["caseMerge"]["conflict"], json!({ "id": case, "closed": closed }));
    assert!(done["caseMerge"]["mergeId"].is_string() && done["caseMerge"]["pending"].is_null(), "{done}");
    assert_eq!((&done["merge"], &done["erase"]), (&Value::Null, &Value::Null));
    assert!(are_one(&bo, &users).await);
    assert_eq!(open_cases(&bo).await, [Value::Null; 0]);
    assert_eq!(decide(&anna, APPROVE, &pending["id"]).await.code(), "REQUEST_CLOSED");
    let closed = company.audited(AuditAction::CaseClosed).await;
    let approved = company.audited(AuditAction::RequestApproved).await;
    assert_eq!((closed.len(), &closed[0]["actor"]), (1, &json!(of_bo)));
    assert_eq!((approved.len(), &approved[0]["actor"]), (1, &json!(of_anna)));
}

async fn of_many_approvals_of_a_case_at_once_one_merges_and_closes_it(server: Server) {
    let company = open(server).await;
    let users = two_halves(&company).await;
    let case = case_of(&company).await;
    let bo = company.operator("bo").await;
    let id = resolve(&bo, &case, "MERGE").await.data()["resolveConflict"]["pending"]["id"].clone();
    let replica = company.replica().await;
    let mut approvers = Vec::new();
    for at in 0..6 {
        let one = company.system(&[ServiceScope::UsersRead, ServiceScope::ConflictsWrite]).await;
        approvers.push(if at % 2 == 0 { one } else { replica.clone().acting_as(&one) });
    }

    let answers = join_all(approvers.iter().map(|approver| decide(approver, APPROVE, &id))).await;

    let code = |answer: &Answer| answer.0["errors"][0]["extensions"]["code"].as_str().map(str::to_owned);
    let mut codes: Vec<_> = answers.iter().map(code).collect();
    codes.sort();
    let closed = || Some("REQUEST_CLOSED".to_owned());
    assert_eq!(codes, [None, closed(), closed(), closed(), closed(), closed()]);
    assert_eq!(company.audited(AuditAction::CaseClosed).await.len(), 1);
    assert!(are_one(&bo, &users).await);
}

async fn a_case_that_was_closed_meanwhile_is_not_merged(server: Server) {
    let company = open(server).await;
    let users = two_halves(&company).await;
    let case = case_of(&company).await;
    let [anna, bo] = [company.operator("anna").await, company.operator("bo").await];
    let id = resolve(&bo, &case, "MERGE").await.data()["resolveConflict"]["pending"]["id"].clone();

    // Keeping the two accounts apart needs no second operator.
    let kept = resolve(&anna, &case, "KEEP_APART").await.data()["resolveConflict"].clone();

    assert_eq!((&kept["conflict"]["closed"]["decision"], &kept["pending"]), (&json!("KEEP_APART"), &Value::Null));
    assert_eq!(decide(&anna, APPROVE, &id).await.code(), "CONFLICT_CLOSED");
    assert_eq!(resolve(&bo, &case, "MERGE").await.code(), "CONFLICT_CLOSED");
    assert!(!are_one(&bo, &users).await);
    assert_eq!(waiting(&bo).await, std::slice::from_ref(&id));
    decide(&bo, DECLINE, &id).await.data();
    assert_eq!(company.audited(AuditAction::RequestApproved).await.len(), 0);
}
