//! `updateProfile`: the name and the picture that a person chose are kept, and no later login changes them.

use acceptance::merging::LAN;
use acceptance::{Answer, Client, Company, Server, on_every_database, weakened};
use chrono::TimeDelta;
use serde_json::{Value, json};

on_every_database!(
    what_a_person_chose_is_shown_and_no_later_login_changes_it,
    what_is_left_out_stays_and_null_forgets_the_choice,
    a_name_that_shows_nothing_and_a_picture_that_is_not_secure_are_refused,
    r15_an_unbound_login_chooses_nothing,
    r4c_a_person_who_joins_the_companys_account_keeps_what_they_chose,
    an_account_that_cools_off_may_choose_a_name,
);

const PICTURE: &str = "https://img.example.com/orchid.png";

async fn choose(client: &Client, variables: Value) -> Answer {
    let query = "mutation ($nickname: String, $avatarUrl: String) {
        updateProfile(nickname: $nickname, avatarUrl: $avatarUrl) { user { nickname avatarUrl } } }";
    client.send(query, variables).await
}

async fn me(client: &Client) -> (Value, Value) {
    let answer = client.ask("{ me { nickname avatarUrl } }").await;
    let me = &answer.data()["me"];
    (me["nickname"].clone(), me["avatarUrl"].clone())
}

async fn what_a_person_chose_is_shown_and_no_later_login_changes_it(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;

    let chosen = choose(&lan, json!({ "nickname": " 兰 \u{200B}Orchid", "avatarUrl": PICTURE })).await;

    let own = (json!("兰 Orchid"), json!(PICTURE));
    assert_eq!(chosen.data()["updateProfile"]["user"], json!({ "nickname": own.0, "avatarUrl": own.1 }));
    company.sandbox("PATCH", "/_sandbox/people/lan", Some(&json!({ "nickname": "Somebody" }))).await;
    for app in ["shop", "club", "site"] {
        company.clock.advance(TimeDelta::seconds(1));
        assert_eq!(me(&company.sign_in(app, "lan").await).await, own, "{app}");
    }
    // The name from WeChat is kept beside it.
    let links = lan.ask("{ me { openIds { app nickname } } }").await;
    assert_eq!(links.data()["me"]["openIds"][0], json!({ "app": "shop", "nickname": "Somebody" }));
}

async fn what_is_left_out_stays_and_null_forgets_the_choice(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let told = me(&lan).await;
    choose(&lan, json!({ "nickname": "Orchid", "avatarUrl": PICTURE })).await.data();

    choose(&lan, json!({ "nickname": "Lan" })).await.data();
    assert_eq!(me(&lan).await, (json!("Lan"), json!(PICTURE)));
    choose(&lan, json!({ "avatarUrl": null })).await.data();
    assert_eq!(me(&lan).await, (json!("Lan"), told.1.clone()));
    choose(&lan, json!({ "nickname": null, "avatarUrl": null })).await.data();
    assert_eq!(me(&lan).await, told);
    assert_eq!(choose(&lan, json!({})).await.code(), "INVALID_INPUT");
}

async fn a_name_that_shows_nothing_and_a_picture_that_is_not_secure_are_refused(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let told = me(&lan).await;

    for (variables, detail) in [
        (json!({ "nickname": "" }), "nickname: a nickname must show something"),
        (json!({ "nickname": "微信用户" }), "nickname: a nickname must show something"),
        (json!({ "nickname": "兰".repeat(65) }), "nickname: a nickname has at most 64 characters"),
        (json!({ "avatarUrl": "http://tmp/wx.jpg" }), "avatarUrl: a picture is an https address"),
        (json!({ "avatarUrl": "javascript:alert(1)" }), "avatarUrl: a picture is an https address"),
        (json!({ "nickname": "Orchid", "avatarUrl": "" }), "avatarUrl: a picture is an https address"),
    ] {
        let refused = choose(&lan, variables).await;

        assert_eq!(refused.code(), "INVALID_INPUT");
        let told = refused.0["errors"][0]["extensions"]["detail"].as_str().expect("a detail").to_owned();
        assert!(told.starts_with(detail), "{told}");
    }
    assert_eq!(me(&lan).await, told);
}

async fn r15_an_unbound_login_chooses_nothing(server: Server) {
    let company = Company::open_with(server, weakened("optional")).await;
    let mut lan = company.client();
    lan.carry(&lan.log_in_unbound(&company.code("shop", "lan").await, "shop").await.data()["wechatLogin"]);

    assert_eq!(choose(&lan, json!({ "nickname": "Orchid" })).await.code(), "BOUND_LOGIN_REQUIRED");
    assert_eq!(choose(&company.client(), json!({ "nickname": "Orchid" })).await.code(), "UNAUTHENTICATED");
}

async fn r4c_a_person_who_joins_the_companys_account_keeps_what_they_chose(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 10).await;
    let mut lan = company.sign_in("mini", "lan").await;
    choose(&lan, json!({ "nickname": "Orchid" })).await.data();

    let joined = company.prove(&lan, LAN).await;

    assert_eq!(joined.data()["bindPhone"]["merged"], true);
    lan.carry(&joined.data()["bindPhone"]["session"]);
    assert_eq!(me(&lan).await.0, "Orchid");
    assert_eq!(me(&company.sign_in("shop", "lan").await).await.0, "Orchid");
}

async fn an_account_that_cools_off_may_choose_a_name(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 91).await;
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(LAN).await.data();
    let code = company.sms(LAN).await;
    assert_eq!(lan.bind(LAN, &code).await.code(), "PHONE_PROOF_TOO_OLD");
    lan.answer(LAN, &code, Some("NEW_TO_ME")).await.data();
    assert_eq!(lan.unbind().await.code(), "COOLING_OFF");

    choose(&lan, json!({ "nickname": "Orchid" })).await.data();

    assert_eq!(me(&lan).await.0, "Orchid");
}
