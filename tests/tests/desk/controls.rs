//! Emergency controls: listing and ending sessions, disabling accounts, revoking tokens. See `store` for the
//! statements.

use acceptance::merging::OTHER;
use acceptance::{Answer, Client, Company, Server, on_every_database};
use api::usecase::audit::Expected;
use chrono::TimeDelta;
use domain::ServiceScope;
use serde_json::{Value, json};

on_every_database!(
    a_person_sees_where_the_account_is_signed_in,
    a_person_ends_one_session_and_its_tokens_are_refused_at_once,
    another_persons_session_is_as_unknown_as_one_that_never_was,
    a_person_signs_out_everywhere_with_or_without_this_session,
    r14_a_disabled_account_is_closed_to_everything_until_it_is_enabled,
    r14_a_disabled_account_is_neither_joined_nor_merged_nor_opened_by_its_number,
    r14_a_number_that_is_kept_for_a_disabled_account_is_closed,
    r14_a_merge_on_offer_is_closed_once_the_other_account_is_disabled,
    r14_disabling_needs_its_scope_and_a_reason,
    a_revoked_token_is_refused_at_once_with_what_it_made,
    a_token_grants_no_scope_that_it_does_not_have,
    a_token_makes_none_that_lives_longer,
    a_token_ends_after_a_year_unless_asked_otherwise,
    the_audit_tells_who_did_what,
    a_token_in_use_writes_one_entry_a_day_and_block,
);

const ME: &str = "{ me { id } }";
const LAN: &str = "+8613800000001";

struct Phone {
    client: Client,
    refresh_token: String,
}

async fn sign_in(company: &Company, app: &str, person: &str) -> Phone {
    let mut client = company.client();
    let login = client.log_in(&company.code(app, person).await, app).await;
    let tokens = &login.data()["wechatLogin"];
    client.carry(tokens);
    Phone { client, refresh_token: tokens["refreshToken"].as_str().expect("a refresh token").to_owned() }
}

async fn refresh(phone: &Phone) -> Answer {
    let query = "mutation ($token: String!) { refreshSession(refreshToken: $token) { accessToken } }";
    phone.client.send(query, json!({ "token": phone.refresh_token })).await
}

async fn sessions(client: &Client) -> Vec<Value> {
    let query = "{ sessions { id app device addressBlock signedInAt lastUsedAt isCurrent } }";
    client.ask(query).await.data()["sessions"].as_array().expect("a list").clone()
}

async fn id_of(client: &Client) -> Value {
    client.ask(ME).await.data()["me"]["id"].clone()
}

async fn order(operator: &Client, field: &str, id: &Value, reason: &str) -> Answer {
    let query = format!(
        "mutation ($id: ID!, $reason: String!) {{ {field}(id: $id, reason: $reason) {{ userId changed endedSessions }} }}"
    );
    operator.send(&query, json!({ "id": id, "reason": reason })).await
}

async fn create(operator: &Client, input: Value) -> Answer {
    let query =
        "mutation ($input: CreateServiceTokenInput!) { createServiceToken(input: $input) { id token expiresAt } }";
    operator.send(query, json!({ "input": input })).await
}

async fn revoke(operator: &Client, id: &Value, with_made: bool) -> Answer {
    let query = "mutation ($id: ID!, $withMade: Boolean!) {
        revokeServiceToken(id: $id, reason: \"found in a chat\", withMade: $withMade) { revokedIds } }";
    operator.send(query, json!({ "id": id, "withMade": with_made })).await
}

fn with_token(company: &Company, token: &Value) -> Client {
    let mut client = company.client();
    client.bearer = Some(token.as_str().expect("a token").to_owned());
    client
}

async fn a_person_sees_where_the_account_is_signed_in(server: Server) {
    let company = Company::open(server).await;
    let first = sign_in(&company, "shop", "lan").await;
    company.clock.advance(TimeDelta::minutes(1));
    let second = sign_in(&company, "shop", "lan").await;
    sign_in(&company, "shop", "wei").await;
    company.clock.advance(TimeDelta::minutes(10));
    let before = sessions(&second.client).await;

    refresh(&first).await.data();

    let seen = sessions(&second.client).await;
    let one = |at: usize, signed_in: &str, used: &str, is_current: bool| {
        json!({
            "id": seen[at]["id"], "app": "shop", "device": null, "addressBlock": "127.0.0.0/24",
            "signedInAt": format!("2025-10-09T{signed_in}:20+00:00"), "lastUsedAt": format!("2025-10-09T{used}:20+00:00"),
            "isCurrent": is_current,
        })
    };
    assert_eq!(before.iter().map(|session| &session["isCurrent"]).collect::<Vec<_>>(), [true, false]);
    assert_eq!(seen, [one(0, "08:53", "09:04", false), one(1, "08:54", "08:54", true)]);
    assert_eq!(company.client().ask("{ sessions { id } }").await.code(), "UNAUTHENTICATED");
}

async fn a_person_ends_one_session_and_its_tokens_are_refused_at_once(server: Server) {
    let company = Company::open(server).await;
    let lost = sign_in(&company, "shop", "lan").await;
    company.clock.advance(TimeDelta::minutes(1));
    let own = sign_in(&company, "shop", "lan").await;
    let id = sessions(&own.client).await[1]["id"].clone();
    let end = async || own.client.send("mutation ($id: ID!) { endSession(id: $id) }", json!({ "id": id })).await;

    assert_eq!(end().await.data()["endSession"], true);

    assert_eq!(lost.client.ask(ME).await.code(), "UNAUTHENTICATED");
    assert_eq!(refresh(&lost).await.code(), "INVALID_REFRESH_TOKEN");
    assert_eq!(sessions(&own.client).await.len(), 1);
    assert_eq!(end().await.data()["endSession"], false);
}

async fn another_persons_session_is_as_unknown_as_one_that_never_was(server: Server) {
    let company = Company::open(server).await;
    let lan = sign_in(&company, "shop", "lan").await;
    let wei = sign_in(&company, "shop", "wei").await;
    let of_lan = sessions(&lan.client).await[0]["id"].clone();

    for id in [of_lan, json!(domain::SessionId::new(acceptance::START).to_string()), json!("usr_1"), json!("")] {
        let ended = wei.client.send("mutation ($id: ID!) { endSession(id: $id) }", json!({ "id": id })).await;
        assert_eq!(ended.0, json!({ "data": { "endSession": false } }));
    }

    assert!(id_of(&lan.client).await.is_string());
}

async fn a_person_signs_out_everywhere_with_or_without_this_session(server: Server) {
    let company = Company::open(server).await;
    let [one, two, own] = [
        sign_in(&company, "shop", "lan").await,
        sign_in(&company, "shop", "lan").await,
        sign_in(&company, "shop", "lan").await,
    ];
    let stranger = sign_in(&company, "shop", "wei").await;

    let others = own.client.ask("mutation { logoutEverywhere(exceptThis: true) }").await;
    let left = [one.client.ask(ME).await.code().to_owned(), two.client.ask(ME).await.code().to_owned()];
    let still = id_of(&own.client).await;
    let all = own.client.ask("mutation { logoutEverywhere }").await;

    assert_eq!(others.data()["logoutEverywhere"], 2);
    assert_eq!(left, ["UNAUTHENTICATED", "UNAUTHENTICATED"]);
    assert!(still.is_string());
    assert_eq!(all.data()["logoutEverywhere"], 1);
    assert_eq!(own.client.ask(ME).await.code(), "UNAUTHENTICATED");
    assert_eq!(refresh(&own).await.code(), "INVALID_REFRESH_TOKEN");
    assert!(id_of(&stranger.client).await.is_string());
}

async fn r14_a_disabled_account_is_closed_to_everything_until_it_is_enabled(server: Server) {
    let company = Company::open(server).await;
    let lan = sign_in(&company, "shop", "lan").await;
    let id = id_of(&lan.client).await;
    let operator = company.system(&[ServiceScope::UsersDisable]).await;

    let disabled = order(&operator, "disableUser", &id, "stolen phone").await;

    let expected = json!({ "userId": id, "changed": true, "endedSessions": 1 });
    assert_eq!(disabled.data()["disableUser"], expected);
    let closed = [
        lan.client.ask(ME).await,
        lan.client.ask("{ sessions { id } }").await,
        lan.client.send_code(LAN).await,
        lan.client.bind(LAN, "000000").await,
        lan.client.ask("mutation { logoutEverywhere }").await,
        refresh(&lan).await,
        company.client().log_in(&company.code("shop", "lan").await, "shop").await,
        company.client().log_in(&company.code("club", "lan").await, "club").await,
    ];
    assert_eq!(closed.each_ref().map(Answer::code), ["ACCOUNT_CLOSED"; 8]);
    let again = order(&operator, "disableUser", &id, "stolen phone").await;
    assert_eq!(again.data()["disableUser"]["changed"], false);
    let enabled = order(&operator, "enableUser", &id, "it was found").await;
    assert_eq!(enabled.data()["enableUser"], json!({ "userId": id, "changed": true, "endedSessions": 0 }));
    assert_eq!(lan.client.ask(ME).await.code(), "UNAUTHENTICATED");
    assert_eq!(id_of(&sign_in(&company, "shop", "lan").await.client).await, id);
}

async fn r14_a_disabled_account_is_neither_joined_nor_merged_nor_opened_by_its_number(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 1).await;
    let operator = company.system(&[ServiceScope::UsersDisable]).await;
    let lan = company.sign_in("shop", "lan").await;
    let joined = company.prove(&lan, LAN).await;
    let member = joined.data()["bindPhone"]["user"]["id"].clone();
    order(&operator, "disableUser", &member, "fraud").await.data();

    company.clock.advance(TimeDelta::minutes(2));
    let stranger = company.sign_in("shop", "wei").await;
    let own = id_of(&stranger).await;
    let joins = company.prove(&stranger, LAN).await;
    company.clock.advance(TimeDelta::minutes(2));
    stranger.send_code(LAN).await.data();
    let takes_over = stranger.answer(LAN, &company.sms(LAN).await, Some("NEW_TO_ME")).await;

    assert_eq!([joins.code(), takes_over.code()], ["ACCOUNT_CLOSED"; 2]);
    assert_eq!(stranger.ask("{ me { id phone } }").await.data()["me"], json!({ "id": own, "phone": null }));
}

async fn r14_a_number_that_is_kept_for_a_disabled_account_is_closed(server: Server) {
    let company = Company::open(server).await;
    let operator = company.system(&[ServiceScope::UsersDisable]).await;
    let lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, LAN).await.data();
    company.change(&lan, OTHER).await.data();
    order(&operator, "disableUser", &id_of(&lan).await, "fraud").await.data();

    company.clock.advance(TimeDelta::minutes(2));
    let wei = company.sign_in("shop", "wei").await;
    let binds = company.prove(&wei, LAN).await;
    company.clock.advance(TimeDelta::minutes(2));
    wei.send_code(LAN).await.data();
    let takes_over = wei.answer(LAN, &company.sms(LAN).await, Some("NEW_TO_ME")).await;
    company.clock.advance(TimeDelta::minutes(2));
    let changes = company.change(&wei, LAN).await;

    assert_eq!([binds.code(), takes_over.code(), changes.code()], ["ACCOUNT_CLOSED"; 3]);
}

async fn r14_a_merge_on_offer_is_closed_once_the_other_account_is_disabled(server: Server) {
    let company = Company::open(server).await;
    let operator = company.system(&[ServiceScope::UsersDisable]).await;
    let (lan, refused) = company.offered().await;
    let token = refused.merge_token();
    let other = lan.preview(&token).await.data()["mergePreview"]["other"]["id"].clone();
    order(&operator, "disableUser", &other, "fraud").await.data();

    let answers = [lan.preview(&token).await, lan.merge(&token, None, &json!([])).await];

    assert_eq!(answers.each_ref().map(Answer::code), ["ACCOUNT_CLOSED"; 2]);
    // An offer made before the account was disabled stays invalid after it is enabled: the journal has new events.
    order(&operator, "enableUser", &other, "it was not").await.data();
    assert_eq!(lan.merge(&token, None, &json!([])).await.code(), "MERGE_TOKEN_REJECTED");
}

async fn r14_disabling_needs_its_scope_and_a_reason(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let id = id_of(&lan).await;
    let others: Vec<_> =
        ServiceScope::ALL.iter().copied().filter(|scope| *scope != ServiceScope::UsersDisable).collect();
    let other = company.system(&others).await;
    let operator = company.system(&[ServiceScope::UsersDisable]).await;

    for field in ["disableUser", "enableUser"] {
        assert_eq!(order(&company.client(), field, &id, "why").await.code(), "UNAUTHENTICATED");
        assert_eq!(order(&lan, field, &id, "why").await.code(), "FORBIDDEN");
        assert_eq!(order(&other, field, &id, "why").await.code(), "FORBIDDEN");
        assert_eq!(order(&operator, field, &id, "  ").await.code(), "INVALID_INPUT");
        let unknown = json!(domain::UserId::new(acceptance::START).to_string());
        assert_eq!(order(&operator, field, &unknown, "why").await.code(), "NOT_FOUND");
        assert_eq!(order(&operator, field, &json!("nonsense"), "why").await.code(), "NOT_FOUND");
    }

    assert_eq!(id_of(&lan).await, id);
}

async fn a_revoked_token_is_refused_at_once_with_what_it_made(server: Server) {
    let company = Company::open(server).await;
    let operator =
        company.system(&[ServiceScope::TokensWrite, ServiceScope::TokensRead, ServiceScope::UsersRead]).await;
    company.clock.advance(TimeDelta::seconds(1));
    let stolen = create(&operator, json!({ "name": "mother", "scopes": ["TOKENS_WRITE", "USERS_READ"] })).await;
    let stolen = stolen.data()["createServiceToken"].clone();
    company.clock.advance(TimeDelta::seconds(1));
    let made = create(
        &with_token(&company, &stolen["token"]),
        json!({ "name": "child", "scopes": ["USERS_READ"], "days": 30 }),
    )
    .await;
    let made = made.data()["createServiceToken"].clone();
    let child = with_token(&company, &made["token"]);
    let question = "{ user(id: \"usr_00000000000000000000000000000000\") { id } }";
    child.ask(question).await.data();

    company.clock.advance(TimeDelta::seconds(1));
    let revoked = revoke(&operator, &stolen["id"], true).await;

    assert_eq!(revoked.data()["revokeServiceToken"]["revokedIds"], json!([stolen["id"], made["id"]]));
    assert_eq!(child.ask(question).await.code(), "UNAUTHENTICATED");
    assert_eq!(with_token(&company, &stolen["token"]).ask(question).await.code(), "UNAUTHENTICATED");
    assert_eq!(revoke(&operator, &stolen["id"], false).await.data()["revokeServiceToken"]["revokedIds"], json!([]));
    assert_eq!(revoke(&operator, &json!("svc_1"), false).await.code(), "NOT_FOUND");
    assert_eq!(
        revoke(&company.system(&[ServiceScope::TokensRead]).await, &made["id"], false).await.code(),
        "FORBIDDEN"
    );
    let list = "{ serviceTokens(first: 3) { nodes { name madeById revokedAt lastUsedAt } pageInfo { hasNextPage } } }";
    let list = operator.ask(list).await.data()["serviceTokens"].clone();
    let names: Vec<_> = list["nodes"].as_array().expect("a list").iter().map(|token| &token["name"]).collect();
    assert_eq!(names, ["test", "mother", "child"]);
    assert_eq!(list["pageInfo"]["hasNextPage"], true);
    assert_eq!(list["nodes"][2]["madeById"], stolen["id"]);
    assert!(list["nodes"][2]["revokedAt"].is_string() && list["nodes"][2]["lastUsedAt"].is_string());
    assert!(list["nodes"][0]["revokedAt"].is_null());
}

async fn a_token_grants_no_scope_that_it_does_not_have(server: Server) {
    let company = Company::open(server).await;
    let operator = company.system(&[ServiceScope::TokensWrite, ServiceScope::OrdersRead]).await;
    let lan = company.sign_in("shop", "lan").await;

    let more = create(&operator, json!({ "scopes": ["ORDERS_READ", "ORDERS_WRITE"] })).await;
    let none = create(&operator, json!({ "scopes": [] })).await;
    let less = create(&operator, json!({ "scopes": ["ORDERS_READ", "ORDERS_READ"] })).await;

    assert_eq!([more.code(), none.code()], ["FORBIDDEN", "INVALID_INPUT"]);
    assert!(less.data()["createServiceToken"]["token"].is_string());
    assert_eq!(create(&lan, json!({ "scopes": ["ORDERS_READ"] })).await.code(), "FORBIDDEN");
    assert_eq!(operator.ask("{ serviceTokens { nodes { id } } }").await.code(), "FORBIDDEN");
}

async fn a_token_makes_none_that_lives_longer(server: Server) {
    let company = Company::open(server).await;
    let operator = company.system(&[ServiceScope::TokensWrite]).await;
    let scopes = ["TOKENS_WRITE"];
    let short = create(&operator, json!({ "scopes": scopes, "days": 10 })).await;
    let mut holder = company.client();
    holder.bearer = short.data()["createServiceToken"]["token"].as_str().map(str::to_owned);

    for longer in [
        json!({ "scopes": scopes }),
        json!({ "scopes": scopes, "neverExpires": true }),
        json!({ "scopes": scopes, "days": 11 }),
    ] {
        assert_eq!(create(&holder, longer).await.code(), "FORBIDDEN");
    }
    create(&holder, json!({ "scopes": scopes, "days": 10 })).await.data();
}

async fn a_token_ends_after_a_year_unless_asked_otherwise(server: Server) {
    let company = Company::open(server).await;
    let operator = company.system(&[ServiceScope::TokensWrite]).await;
    let scopes = ["TOKENS_WRITE"];
    let made = async |input: Value| create(&operator, input).await.data()["createServiceToken"].clone();

    let usual = made(json!({ "scopes": scopes })).await;
    let short = made(json!({ "scopes": scopes, "days": 1 })).await;
    let for_ever = made(json!({ "scopes": scopes, "neverExpires": true })).await;

    assert_eq!(usual["expiresAt"], "2026-10-09T08:53:20+00:00");
    assert_eq!(short["expiresAt"], "2025-10-10T08:53:20+00:00");
    assert!(for_ever["expiresAt"].is_null());
    for days in [0, 3_651, -1] {
        assert_eq!(create(&operator, json!({ "scopes": scopes, "days": days })).await.code(), "INVALID_INPUT");
    }
    let both = json!({ "scopes": scopes, "days": 1, "neverExpires": true });
    assert_eq!(create(&operator, both).await.code(), "INVALID_INPUT");
    company.clock.advance(TimeDelta::days(365));
    let uses = [&usual, &for_ever].map(|made| with_token(&company, &made["token"]));
    assert_eq!(create(&uses[0], json!({ "scopes": scopes })).await.code(), "UNAUTHENTICATED");
    create(&uses[1], json!({ "scopes": scopes })).await.data();
}

async fn events(auditor: &Client, filter: Value) -> Vec<Value> {
    let query = "query ($filter: AuditFilter!) { auditEvents(filter: $filter, first: 100) {
        nodes { action actor userId sessionId detail } } }";
    auditor.send(query, json!({ "filter": filter })).await.data()["auditEvents"]["nodes"]
        .as_array()
        .expect("a list")
        .clone()
}

async fn the_audit_tells_who_did_what(server: Server) {
    let company = Company::open(server).await;
    let auditor = company.system(&[ServiceScope::AuditRead]).await;
    let operator = company.system(&[ServiceScope::UsersDisable]).await;
    let lan = company.sign_in("shop", "lan").await;
    let (user, session) = (id_of(&lan).await, sessions(&lan).await[0]["id"].clone());

    company.clock.advance(TimeDelta::minutes(1));
    lan.ask("mutation { logout }").await.data();
    company.clock.advance(TimeDelta::minutes(1));
    order(&operator, "disableUser", &user, "stolen phone").await.data();

    let about = events(&auditor, json!({ "user": user })).await;
    let by = about[0]["actor"].clone();
    let expected = [
        json!({
            "action": "USER_DISABLED", "actor": by, "userId": user, "sessionId": null,
            "detail": { "reason": "stolen phone", "changed": true, "endedSessions": 0 },
        }),
        json!({
            "action": "SESSION_ENDED", "actor": "person", "userId": user, "sessionId": session,
            "detail": { "bySession": session },
        }),
    ];
    assert_eq!(about, expected);
    let token = by.as_str().and_then(|by| by.strip_prefix("operator:")).expect("a token").to_owned();
    let by_token = events(&auditor, json!({ "token": token })).await;
    let actions: Vec<_> = by_token.iter().map(|event| &event["action"]).collect();
    assert_eq!(actions.iter().filter(|action| **action == "USER_DISABLED").count(), 1);
    assert_eq!(actions.iter().filter(|action| **action == "TOKEN_USED").count(), 1);
    assert_eq!(actions.len(), 2);
    assert_eq!(events(&auditor, json!({ "action": ["TOKEN_CREATED"] })).await.len(), 2);
    assert_eq!(operator.ask("{ auditEvents { nodes { id } } }").await.code(), "FORBIDDEN");
    assert_eq!(company.client().ask("{ auditEvents { nodes { id } } }").await.code(), "UNAUTHENTICATED");
    assert_eq!(auditor.ask("{ auditEvents(first: 101) { nodes { id } } }").await.code(), "INVALID_PAGE");
    let checked = api::usecase::audit::check(company.app.service(), &Expected::default()).await.expect("a check");
    assert_eq!(checked.faults, []);
}

async fn a_token_in_use_writes_one_entry_a_day_and_block(server: Server) {
    let company = Company::open(server).await;
    let auditor = company.system(&[ServiceScope::AuditRead]).await;
    let mut there = company.replica().await;
    there.bearer.clone_from(&auditor.bearer);

    for _ in 0..5 {
        events(&auditor, json!({})).await;
        events(&there, json!({})).await;
        company.clock.advance(TimeDelta::hours(2));
    }

    let used = events(&auditor, json!({ "action": ["TOKEN_USED"] })).await;
    let details: Vec<_> = used.iter().map(|event| event["detail"].clone()).collect();
    assert_eq!(details, [json!({ "addressBlock": "127.0.0.0/24" })]);
    company.clock.advance(TimeDelta::days(1));
    assert_eq!(events(&auditor, json!({ "action": ["TOKEN_USED"] })).await.len(), 2);
}
