//! R8: a person is offered a merge, previews it, chooses, and confirms. See `undo` for its reversal.

use acceptance::merging::{LAN, OTHER};
use acceptance::{Client, Company, Server, VERIFIER, on_every_database};
use chrono::TimeDelta;
use domain::ServiceScope;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    r4b_a_refused_number_offers_a_merge_that_can_be_looked_at,
    r8_a_merge_is_done_as_the_person_chose,
    r8_a_merge_needs_a_choice_for_each_clash_and_no_other,
    r8_a_merge_needs_a_login_of_just_now,
    r8_a_merge_token_is_refused_alike_whatever_is_wrong_with_it,
    r8_of_ten_confirmations_at_once_one_merges,
    r8_of_a_merge_and_a_number_bound_at_once_one_sees_the_other,
    r8_all_other_sessions_of_both_accounts_end,
    r1c_a_login_offers_the_merge_of_two_accounts_with_orders,
    r6_a_number_with_an_old_proof_opens_its_account_to_who_signs_in_to_it_too,
    r6_an_account_that_took_a_number_over_is_not_merged_for_a_day,
);

/// Creates an order of lan in an app.
async fn order(company: &Company, app: &str, number: &str) {
    let input = json!([{
        "app": app, "orderNo": number, "openId": company.sandbox.open_id(app, "lan"), "status": "PAID",
        "total": { "amount": "10.00", "currency": "CNY" }, "placedAt": "2025-05-01T10:00:00Z", "items": [],
    }]);
    company.system(&[ServiceScope::OrdersWrite]).await.record(input).await;
}

async fn r4b_a_refused_number_offers_a_merge_that_can_be_looked_at(server: Server) {
    let company = Company::open(server).await;
    order(&company, "shop", "S-1").await;

    let (lan, refused) = company.offered().await;

    let extensions = &refused.0["errors"][0]["extensions"];
    assert_eq!(extensions["maskedPhone"], "+86*******0001");
    assert_eq!(extensions["maskedNickname"], "L**");
    assert_eq!(extensions["mergeTokenExpiresAt"], "2025-10-09T09:09:20Z");
    let own = lan.id().await;
    let preview = lan.preview(&refused.merge_token()).await.data()["mergePreview"].clone();
    assert_eq!(lan.preview(&refused.merge_token()).await.data()["mergePreview"], preview);
    let expected = json!({
        "own": {
            "id": own, "createdAt": "2025-10-09T08:54:20+00:00", "maskedPhone": "+86*******0002", "nickname": "兰心🌿",
            "hasExternalId": false, "openIds": 1, "unionIds": 1, "orders": 1,
        },
        "other": {
            "id": preview["other"]["id"], "createdAt": "2025-10-09T08:53:20+00:00", "maskedPhone": "+86*******0001",
            "nickname": "Lan Xin", "hasExternalId": true, "openIds": 0, "unionIds": 0, "orders": 0,
        },
        "survivor": own,
        "clashes": ["PHONE", "NICKNAME"],
        "moves": { "openIds": 0, "unionIds": 0, "orders": 0, "fields": ["EXTERNAL_ID"] },
        "expiresAt": "2025-10-09T09:09:20+00:00",
    });
    assert_eq!(preview, expected);
}

async fn r8_a_merge_is_done_as_the_person_chose(server: Server) {
    let company = Company::open(server).await;
    order(&company, "shop", "S-1").await;
    let (mut lan, refused) = company.offered().await;
    let token = refused.merge_token();
    let preview = lan.preview(&token).await.data()["mergePreview"].clone();
    let (own, other) = (&preview["own"]["id"], &preview["other"]["id"]);
    let keep = json!([{ "field": "PHONE", "user": own }, { "field": "NICKNAME", "user": other }]);

    let merged = lan.merge(&token, Some(other), &keep).await.data()["mergeUsers"].clone();

    let expected = json!({
        "id": other, "phone": OTHER, "nickname": "Lan Xin", "externalId": "C-1001", "openIds": [{ "app": "shop" }],
        "orders": { "nodes": [{ "orderNo": "S-1" }] },
    });
    assert_eq!(merged["user"], expected);
    assert!(merged["mergeId"].as_str().is_some_and(|id| id.starts_with("evt_")), "{merged}");
    // The access token of the former id remains valid, and so do the new ones.
    assert_eq!(&lan.id().await, other);
    lan.carry(&merged["session"]);
    assert_eq!(&lan.id().await, other);
    assert_eq!((&lan.node(own).await, &lan.node(other).await), (other, other));
    let system = company.system(&[ServiceScope::UsersRead, ServiceScope::OrdersRead]).await;
    assert_eq!(&system.node(own).await, other);
    let orders = "query ($id: String!) { ordersByUnionId(unionId: $id) { nodes { orderNo } } }";
    for client in [&lan, &system] {
        let found = client.send(orders, json!({ "id": company.sandbox.union_id("shop", "lan") })).await;
        assert_eq!(found.data()["ordersByUnionId"]["nodes"], json!([{ "orderNo": "S-1" }]));
    }
    assert_eq!(&company.sign_in("shop", "lan").await.id().await, other);
}

async fn r8_a_merge_needs_a_choice_for_each_clash_and_no_other(server: Server) {
    let company = Company::open(server).await;
    let (lan, refused) = company.offered().await;
    let token = refused.merge_token();
    let own = lan.id().await;
    let keep = |field: &str, user: &Value| json!({ "field": field, "user": user });
    let both = [keep("PHONE", &own), keep("NICKNAME", &own)];
    let stranger = json!("usr_00000000000000000000000000000000");

    let detail = |answer: &acceptance::Answer| answer.0["errors"][0]["extensions"]["detail"].clone();
    let none = lan.merge(&token, None, &json!([])).await;
    assert_eq!((none.code(), detail(&none)), ("MERGE_CHOICE_REQUIRED", json!("PHONE, NICKNAME")));
    for (survivor, keep) in [
        (None, json!([both.to_vec(), vec![keep("EXTERNAL_ID", &own)]].concat())),
        (None, json!([both.to_vec(), vec![keep("PHONE", &own)]].concat())),
        (None, json!([keep("PHONE", &stranger), keep("NICKNAME", &own)])),
        (Some(&stranger), json!(both)),
        (Some(&json!("usr_1")), json!(both)),
    ] {
        assert_eq!(lan.merge(&token, survivor, &keep).await.code(), "INVALID_INPUT", "{survivor:?} {keep}");
    }

    lan.merge(&token, None, &json!(both)).await.data();
}

async fn r8_a_merge_needs_a_login_of_just_now(server: Server) {
    let company = Company::open(server).await;
    let (lan, refused) = company.offered().await;
    company.clock.advance(TimeDelta::minutes(6));

    assert_eq!(lan.merge_keeping_own(&refused.merge_token()).await.code(), "FRESH_LOGIN_REQUIRED");

    let again = company.sign_in("shop", "lan").await;
    again.merge_keeping_own(&refused.merge_token()).await.data();
}

async fn r8_a_merge_token_is_refused_alike_whatever_is_wrong_with_it(server: Server) {
    let company = Company::open(server).await;
    let (lan, refused) = company.offered().await;
    let (token, wei) = (refused.merge_token(), company.sign_in("shop", "wei").await);
    let told = |answer: &acceptance::Answer| {
        let mut error = answer.0["errors"][0].clone();
        error["extensions"]["errorId"].take();
        error
    };
    let mut answers = Vec::new();

    for wrong in [&token, "unknown", ""] {
        answers.push(told(&wei.preview(wrong).await));
        answers.push(told(&wei.merge(wrong, None, &json!([])).await));
    }
    // Another login of the same person, through an app that is new to the account, changes the account.
    company.clock.advance(TimeDelta::seconds(61));
    company.sign_in("club", "lan").await;
    answers.push(told(&lan.preview(&token).await));
    answers.push(told(&lan.merge(&token, None, &json!([])).await));
    let fresh = company.prove(&lan, LAN).await.merge_token();
    lan.preview(&fresh).await.data();
    company.clock.advance(TimeDelta::minutes(15));
    let lan = company.sign_in("shop", "lan").await;
    answers.push(told(&lan.preview(&fresh).await));
    answers.push(told(&lan.merge(&fresh, None, &json!([])).await));
    let used = company.prove(&lan, LAN).await.merge_token();
    lan.merge_keeping_own(&used).await.data();
    answers.push(told(&lan.preview(&used).await));
    answers.push(told(&lan.merge(&used, None, &json!([])).await));

    for answer in &mut answers {
        assert_eq!(answer["extensions"]["code"], "MERGE_TOKEN_REJECTED", "{answer}");
        // The path and the location differ between the two fields.
        let (_, _) = (answer["path"].take(), answer["locations"].take());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let nobody = company.client().preview(&token).await;
    assert_eq!(nobody.code(), "UNAUTHENTICATED");
}

async fn r8_of_ten_confirmations_at_once_one_merges(server: Server) {
    let company = Company::open(server).await;
    let (lan, refused) = company.offered().await;
    let (token, own) = (refused.merge_token(), lan.id().await);
    let keep = json!([{ "field": "PHONE", "user": own }, { "field": "NICKNAME", "user": own }]);

    let answers = join_all((0..10).map(|_| lan.merge(&token, None, &keep))).await;

    let (merged, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.0.get("errors").is_none());
    assert!(!merged.is_empty(), "{answers:?}");
    let merge_ids: Vec<_> = merged.iter().map(|answer| &answer.data()["mergeUsers"]["mergeId"]).collect();
    assert!(merge_ids.iter().all(|id| *id == merge_ids[0]), "the same request has the same answer: {merge_ids:?}");
    assert!(refused.iter().all(|answer| answer.code() == "MERGE_TOKEN_REJECTED"), "{refused:?}");
    let listed = lan.ask("{ me { merges { id formerId undoableUntil } } }").await.data()["me"]["merges"].clone();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(listed[0]["id"], merged[0].data()["mergeUsers"]["mergeId"]);
}

async fn r8_of_a_merge_and_a_number_bound_at_once_one_sees_the_other(server: Server) {
    let company = Company::open(server).await;
    // Two accounts of the company: lan joins one, and then proves the number of the other.
    company.member("C-1001", LAN, 10).await;
    company.member("C-1002", OTHER, 10).await;
    company.clock.advance(TimeDelta::minutes(1));
    let mut lan = company.sign_in("shop", "lan").await;
    let bound = company.prove(&lan, OTHER).await;
    lan.carry(&bound.data()["bindPhone"]["session"]);
    let token = company.prove(&lan, LAN).await.merge_token();
    let preview = lan.preview(&token).await.data()["mergePreview"].clone();
    assert_eq!(preview["clashes"], json!(["PHONE", "EXTERNAL_ID"]));
    let (own, other) = (&preview["own"]["id"], &preview["other"]["id"]);
    let keep = json!([{ "field": "PHONE", "user": own }, { "field": "EXTERNAL_ID", "user": own }]);
    // Another person without a phone proves the number of the account that the merge ends.
    let wei = company.sign_in("mini", "wei").await;
    company.clock.advance(TimeDelta::seconds(61));
    wei.send_code(LAN).await.data();
    let code = company.sms(LAN).await;

    let (merged, bound) = tokio::join!(lan.merge(&token, Some(own), &keep), wei.bind(LAN, &code));

    // Either the number was already free, or its account was joined first and the offer is void.
    let joined = bound.data()["bindPhone"]["merged"] == json!(true);
    if joined {
        assert_eq!(merged.code(), "MERGE_TOKEN_REJECTED");
        assert_eq!(&lan.id().await, own);
        assert_eq!(&bound.data()["bindPhone"]["user"]["id"], other);
    } else {
        assert_eq!(&merged.data()["mergeUsers"]["user"]["id"], own);
        assert_eq!(bound.data()["bindPhone"]["user"]["phone"], LAN);
    }
}

async fn r8_all_other_sessions_of_both_accounts_end(server: Server) {
    let company = Company::open(server).await;
    let (lan, refused) = company.offered().await;
    let elsewhere = company.sign_in("shop", "lan").await;

    lan.merge_keeping_own(&refused.merge_token()).await.data();

    assert_eq!(elsewhere.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
    lan.id().await;
}

async fn r1c_a_login_offers_the_merge_of_two_accounts_with_orders(server: Server) {
    let company = Company::open(server).await;
    let elder = company.sign_in("club", "mei").await.id().await;
    company.clock.advance(TimeDelta::seconds(1));
    let mut mei = company.client();
    let base = mei.log_in(&company.code_for("shop", "mei", "snsapi_base").await, "shop").await;
    mei.carry(&base.data()["wechatLogin"]);
    for phone in [LAN, OTHER] {
        // Neither is a shell: each has a phone.
        let client = if phone == LAN { company.sign_in("club", "mei").await } else { mei.clone() };
        company.prove(&client, phone).await.data();
    }

    let query = "mutation ($input: LoginInput!) { login(input: $input) {
        accessToken mergeOffer { token expiresAt maskedPhone maskedNickname } } }";
    let log_in = async |client: Client| {
        let state = client.begin("shop").await.expect("a state");
        let input = json!({ "code": company.code("shop", "mei").await, "state": state, "codeVerifier": VERIFIER });
        client.send(query, json!({ "input": input })).await.data()["login"].clone()
    };
    let offered = &log_in(mei.clone()).await;

    assert_eq!(offered["mergeOffer"]["maskedPhone"], "+86*******0001");
    mei.carry(offered);
    let younger = mei.id().await;
    assert_ne!(younger, elder);
    let token = offered["mergeOffer"]["token"].as_str().expect("a token");
    let merged = mei.merge_keeping_own(token).await.data()["mergeUsers"].clone();
    assert_eq!((&merged["user"]["id"], &merged["user"]["phone"]), (&elder, &json!(OTHER)));
    mei.carry(&merged["session"]);
    assert_eq!(log_in(mei).await["mergeOffer"], Value::Null);
}

async fn r6_a_number_with_an_old_proof_opens_its_account_to_who_signs_in_to_it_too(server: Server) {
    let company = Company::open(server).await;
    company.prove(&company.sign_in("mini", "lan").await, LAN).await.data();
    company.clock.advance(TimeDelta::days(91));
    // By openId only, so that nothing identifies her as the same person yet.
    let mut lan = company.client();
    let base = lan.log_in(&company.code_for("shop", "lan", "snsapi_base").await, "shop").await;
    lan.carry(&base.data()["wechatLogin"]);
    assert_eq!(company.prove(&lan, LAN).await.code(), "PHONE_PROOF_TOO_OLD");

    let refused = lan.answer(LAN, &company.sms(LAN).await, Some("MINE")).await;

    // The number's current owner may be another person, who must not see the account.
    assert_eq!(refused.code(), "SECOND_PROOF_REQUIRED");
    let extensions = &refused.0["errors"][0]["extensions"];
    assert_eq!((&extensions["maskedPhone"], &extensions["maskedNickname"]), (&json!("+86*******0001"), &Value::Null));
    let token = refused.merge_token();
    let wei = company.sign_in("mini", "wei").await;
    for other in [None, Some(&wei), Some(&lan)] {
        assert_eq!(lan.preview_as(&token, other).await.code(), "SECOND_PROOF_REQUIRED");
        assert_eq!(lan.merge_as(&token, other).await.code(), "SECOND_PROOF_REQUIRED");
    }
    let old = company.sign_in("mini", "lan").await;
    let survivor = old.id().await;
    assert_eq!(lan.preview_as(&token, Some(&old)).await.data()["mergePreview"]["other"]["id"], survivor);
    let merged = lan.merge_as(&token, Some(&old)).await;
    assert_eq!(merged.data()["mergeUsers"]["user"], json!({ "id": survivor, "phone": LAN }));
    assert_eq!(old.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
}

async fn r6_an_account_that_took_a_number_over_is_not_merged_for_a_day(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 91).await;
    company.member("C-1002", OTHER, 10).await;
    company.clock.advance(TimeDelta::minutes(1));
    let lan = company.sign_in("shop", "lan").await;
    assert_eq!(company.prove(&lan, LAN).await.code(), "PHONE_PROOF_TOO_OLD");
    lan.answer(LAN, &company.sms(LAN).await, Some("NEW_TO_ME")).await.data();
    let token = company.prove(&lan, OTHER).await.merge_token();

    let refused = lan.merge_keeping_own(&token).await;

    let retry_after = &refused.0["errors"][0]["extensions"]["retryAfter"];
    assert_eq!((refused.code(), retry_after), ("COOLING_OFF", &json!(24 * 60 * 60)));
    company.clock.advance(TimeDelta::hours(24));
    let lan = company.sign_in("shop", "lan").await;
    let token = company.prove(&lan, OTHER).await.merge_token();
    lan.merge_keeping_own(&token).await.data();
}
