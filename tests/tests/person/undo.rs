//! R8: undoing a merge, by the person or by an operator. See `merge` for merges.

use acceptance::merging::{LAN, OTHER};
use acceptance::{Client, Company, Server, on_every_database};
use chrono::TimeDelta;
use domain::ServiceScope;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    r8_an_undone_merge_leaves_two_people_again,
    r4c_a_join_can_be_undone_and_the_session_goes_back_to_its_own_account,
    r8_a_merge_is_undone_by_its_person_alone_who_has_just_signed_in,
    r8_a_merge_is_undone_within_thirty_days,
    r8_of_ten_undos_at_once_one_succeeds,
    r8_a_later_merge_has_to_be_undone_first,
    r8_a_merge_into_an_account_that_leaves_meanwhile_is_not_the_persons_to_undo,
    r14_an_operator_undoes_a_merge_with_a_scope_and_a_reason,
);

/// Merges two accounts; returns the client and the merge.
async fn merged(company: &Company) -> (Client, Value) {
    let (lan, refused) = company.offered().await;
    let merged = lan.merge_keeping_own(&refused.merge_token()).await;
    (lan, merged.data()["mergeUsers"].clone())
}

async fn r8_an_undone_merge_leaves_two_people_again(server: Server) {
    let company = Company::open(server).await;
    let (lan, merged) = merged(&company).await;
    let elsewhere = company.sign_in("shop", "lan").await;
    let me = lan.ask("{ me { merges { formerId } } }").await;
    let former = me.data()["me"]["merges"][0]["formerId"].clone();
    assert_eq!(lan.node(&former).await, merged["user"]["id"]);

    let undone = lan.undo(&merged["mergeId"], None).await.data()["undoMerge"].clone();

    let own = &merged["user"]["id"];
    let expected = json!({ "survivorId": own, "restoredId": former, "user": { "id": own }, "session": null });
    assert_eq!(undone, expected);
    let me = lan.ask("{ me { phone externalId nickname merges { id } } }").await;
    assert_eq!(me.data()["me"], json!({ "phone": OTHER, "externalId": null, "nickname": "兰心🌿", "merges": [] }));
    assert_eq!(elsewhere.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
    // The former id is a separate account again, visible only to its owner and the company.
    assert_eq!(lan.node(&former).await, Value::Null);
    assert_eq!(company.system(&[ServiceScope::UsersRead]).await.node(&former).await, former);
    let wei = company.sign_in("mini", "wei").await;
    company.clock.advance(TimeDelta::seconds(61));
    let joined = company.prove(&wei, LAN).await;
    assert_eq!(joined.data()["bindPhone"]["user"]["id"], former);
    assert_eq!(joined.data()["bindPhone"]["user"]["externalId"], "C-1001");
}

async fn r4c_a_join_can_be_undone_and_the_session_goes_back_to_its_own_account(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 10).await;
    let mut lan = company.sign_in("shop", "lan").await;
    let own = lan.id().await;
    let joined = company.prove(&lan, LAN).await;
    lan.carry(&joined.data()["bindPhone"]["session"]);
    let merge = lan.ask("{ me { merges { id } } }").await.data()["me"]["merges"][0]["id"].clone();

    let undone = lan.undo(&merge, None).await.data()["undoMerge"].clone();

    // An account joined by mistake may be another person's, so the session leaves it.
    assert_eq!((&undone["restoredId"], &undone["user"]["id"]), (&own, &own));
    lan.carry(&undone["session"]);
    assert_eq!(lan.id().await, own);
    let me = lan.ask("{ me { phone externalId openIds { app } } }").await;
    assert_eq!(me.data()["me"], json!({ "phone": null, "externalId": null, "openIds": [{ "app": "shop" }] }));
    assert_eq!(company.sign_in("shop", "lan").await.id().await, own);
}

async fn r8_a_merge_is_undone_by_its_person_alone_who_has_just_signed_in(server: Server) {
    let company = Company::open(server).await;
    let (lan, merged) = merged(&company).await;
    let id = &merged["mergeId"];
    let wei = company.sign_in("shop", "wei").await;

    assert_eq!(wei.undo(id, None).await.code(), "NOT_FOUND");
    assert_eq!(company.client().undo(id, None).await.code(), "UNAUTHENTICATED");
    for nonsense in ["", "evt_1", "evt_00000000000000000000000000000000"] {
        assert_eq!(lan.undo(&json!(nonsense), None).await.code(), "NOT_FOUND");
    }
    company.clock.advance(TimeDelta::minutes(6));
    assert_eq!(lan.undo(id, None).await.code(), "FRESH_LOGIN_REQUIRED");

    company.sign_in("shop", "lan").await.undo(id, None).await.data();
}

async fn r8_a_merge_is_undone_within_thirty_days(server: Server) {
    let company = Company::open(server).await;
    let (_, merged) = merged(&company).await;
    company.clock.advance(TimeDelta::days(30) + TimeDelta::seconds(1));
    let lan = company.sign_in("shop", "lan").await;

    let late = lan.undo(&merged["mergeId"], None).await;

    assert_eq!(late.code(), "UNDO_IMPOSSIBLE");
    assert_eq!(lan.ask("{ me { merges { id } } }").await.data()["me"]["merges"], json!([]));
}

async fn r8_of_ten_undos_at_once_one_succeeds(server: Server) {
    let company = Company::open(server).await;
    let (lan, merged) = merged(&company).await;

    let answers = join_all((0..10).map(|_| lan.undo(&merged["mergeId"], None))).await;

    let (done, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.0.get("errors").is_none());
    assert!(!done.is_empty(), "{answers:?}");
    assert!(done.iter().all(|answer| answer.data() == done[0].data()), "the same request has the same answer");
    for refused in refused {
        let detail = &refused.0["errors"][0]["extensions"]["detail"];
        assert_eq!((refused.code(), detail), ("UNDO_IMPOSSIBLE", &json!("it was undone before")));
    }
}

async fn r8_a_later_merge_has_to_be_undone_first(server: Server) {
    let company = Company::open(server).await;
    let (mut lan, first) = merged(&company).await;
    company.member("C-1002", "+8613800000003", 10).await;
    company.clock.advance(TimeDelta::seconds(61));
    let token = company.prove(&lan, "+8613800000003").await.merge_token();
    let preview = lan.preview(&token).await.data()["mergePreview"].clone();
    let other = &preview["other"]["id"];
    let keep = preview["clashes"].as_array().into_iter().flatten();
    let keep: Vec<_> = keep.map(|field| json!({ "field": field, "user": other })).collect();
    let second = lan.merge(&token, Some(other), &json!(keep)).await.data()["mergeUsers"].clone();
    lan.carry(&second["session"]);

    let refused = lan.undo(&first["mergeId"], None).await;

    let detail = refused.0["errors"][0]["extensions"]["detail"].clone();
    let expected = format!("the merge {} has to be undone first", second["mergeId"].as_str().expect("an id"));
    assert_eq!((refused.code(), detail), ("UNDO_IMPOSSIBLE", json!(expected)));
    let undone = lan.undo(&second["mergeId"], None).await.data()["undoMerge"].clone();
    lan.carry(&undone["session"]);
    lan.undo(&first["mergeId"], None).await.data();
    assert_eq!(
        lan.ask("{ me { phone externalId } }").await.data()["me"],
        json!({ "phone": OTHER, "externalId": null })
    );
}

/// Lan's account absorbs the company's, then is merged into another one of hers and restored. Afterwards the other
/// account cannot undo the first merge, even with an earlier request.
async fn r8_a_merge_into_an_account_that_leaves_meanwhile_is_not_the_persons_to_undo(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 10).await;
    let mut through_shop = company.client();
    let code = company.code_for("shop", "lan", "snsapi_base").await;
    through_shop.carry(&through_shop.log_in(&code, "shop").await.data()["wechatLogin"]);
    company.prove(&through_shop, OTHER).await.data();
    let token = company.prove(&through_shop, LAN).await.merge_token();
    let first = through_shop.merge_keeping_own(&token).await.data()["mergeUsers"]["mergeId"].clone();
    let former = through_shop.ask("{ me { merges { formerId } } }").await.data()["me"]["merges"][0]["formerId"].clone();
    let middle = through_shop.id().await;
    company.clock.advance(TimeDelta::seconds(61));
    let through_club = company.sign_in("club", "lan").await;
    company.prove(&through_club, "+8613800000003").await.data();
    let token = company.prove(&through_club, OTHER).await.merge_token();
    let preview = through_club.preview(&token).await.data()["mergePreview"].clone();
    let own = preview["own"]["id"].clone();
    let keep = preview["clashes"].as_array().into_iter().flatten();
    let keep: Vec<_> = keep.map(|field| json!({ "field": field, "user": own })).collect();
    let second = through_club.merge(&token, Some(&own), &json!(keep)).await.data()["mergeUsers"]["mergeId"].clone();

    let merges = [&first, &first, &second, &first, &first];
    let answers = join_all(merges.map(|merge| through_club.undo(merge, None))).await;

    answers[2].data();
    for at in [0, 1, 3, 4] {
        let code = answers[at].code();
        assert!(matches!(code, "UNDO_IMPOSSIBLE" | "NOT_FOUND"), "{answers:?}");
    }
    let office = company.system(&[ServiceScope::UsersRead]).await;
    assert_eq!((office.node(&former).await, office.node(&middle).await), (middle.clone(), middle));
}

async fn r14_an_operator_undoes_a_merge_with_a_scope_and_a_reason(server: Server) {
    let company = Company::open(server).await;
    let (lan, merged) = merged(&company).await;
    let id = &merged["mergeId"];

    let reader = company.system(&[ServiceScope::UsersRead]).await;
    assert_eq!(reader.undo(id, Some("a mistake")).await.code(), "FORBIDDEN");
    let operator = company.system(&[ServiceScope::UsersWrite]).await;
    for reason in [None, Some("  "), Some(&*"x".repeat(501))] {
        assert_eq!(operator.undo(id, reason).await.code(), "INVALID_INPUT");
    }

    let undone = operator.undo(id, Some("they are two people")).await.data()["undoMerge"].clone();

    assert_eq!((&undone["survivorId"], &undone["user"]), (&merged["user"]["id"], &Value::Null));
    assert_eq!(lan.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
}
