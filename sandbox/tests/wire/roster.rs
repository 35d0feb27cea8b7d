//! Tests of apps and people that are added and changed while the sandbox runs.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::laptop::{Laptop, request, text};

fn tea_house() -> Value {
    json!({
        "name": "tea", "title": "禾木茶馆", "kind": "wechat-official-account", "app_id": "wx00000000000000aa",
        "secret": "000000000000000000000000000000aa", "union_scope": "hemu", "redirect_domains": ["localhost"],
    })
}

#[tokio::test]
async fn a_new_person_logs_in_to_a_new_app() {
    let laptop = Laptop::new().await;

    let app = laptop.post_json("/_sandbox/apps", &tea_house()).await;
    let person = laptop.post_json("/_sandbox/people", &json!({ "id": "zoe", "nickname": "Zoë 🍵" })).await;
    let tokens = laptop.tokens("tea", "zoe").await;

    assert_eq!((app.status.as_u16(), person.status.as_u16()), (200, 200));
    assert_eq!(text(&tokens, "openid"), laptop.sandbox.open_id("tea", "zoe").unwrap());
    assert_eq!(text(&tokens, "unionid"), laptop.sandbox.union_id("shop", "zoe").unwrap());
}

#[tokio::test]
async fn what_is_read_can_be_written() {
    let laptop = Laptop::new().await;
    let other = Laptop::with(
        "[company]\nname = 'x'\n[[apps]]\nname = 'a'\ntitle = 'A'\nkind = 'wechat-mobile'\n\
         app_id = 'wx0000000000000000'\nsecret = '00000000000000000000000000000000'\n[[people]]\nid = 'p'\nnickname = 'P'",
    )
    .await;
    let (apps, people) = (laptop.get("/_sandbox/apps").await.json(), laptop.get("/_sandbox/people").await.json());

    for (path, entries) in [("/_sandbox/apps", &apps), ("/_sandbox/people", &people)] {
        for entry in entries.as_array().unwrap() {
            assert_eq!(&other.post_json(path, entry).await.json(), entry);
        }
    }
}

#[tokio::test]
async fn a_change_leaves_what_it_does_not_name() {
    let laptop = Laptop::new().await;
    let mut expected = laptop.get("/_sandbox/people/lan").await.json();

    let changed = laptop.patch("/_sandbox/people/lan", &json!({ "nickname": "兰", "avatar": "#112233" })).await;
    let taken_away = laptop.patch("/_sandbox/people/lan", &json!({ "avatar": null, "phones": null })).await;

    expected["nickname"] = json!("兰");
    expected["phones"] = json!([]);
    assert_eq!((changed.json()["avatar"].as_str(), taken_away.json()), (Some("#112233"), expected));
}

#[tokio::test]
async fn an_app_that_moves_to_another_account_changes_every_union_id_and_no_open_id() {
    let laptop = Laptop::new().await;
    let before = laptop.tokens("shop", "lan").await;

    laptop.patch("/_sandbox/apps/shop", &json!({ "union_scope": "elsewhere" })).await;
    let moved = laptop.tokens("shop", "lan").await;
    laptop.patch("/_sandbox/apps/shop", &json!({ "union_scope": null })).await;
    let unbound = laptop.tokens("shop", "lan").await;

    assert_eq!((&before["openid"], &before["openid"]), (&moved["openid"], &unbound["openid"]));
    assert_ne!(text(&before, "unionid"), text(&moved, "unionid"));
    assert_eq!(unbound.get("unionid"), None);
}

#[tokio::test]
async fn a_new_secret_ends_the_global_tokens_and_spares_those_of_logins() {
    let laptop = Laptop::new().await;
    let (global, tokens) = (laptop.global_token("mini").await, laptop.tokens("shop", "lan").await);

    for app in ["mini", "shop"] {
        let secret = json!({ "secret": "ffffffffffffffffffffffffffffffff" });
        laptop.patch(&format!("/_sandbox/apps/{app}"), &secret).await;
    }

    let phone = laptop.post(&format!("/wxa/business/getuserphonenumber?access_token={global}"), "{}").await;
    let (token, openid) = (text(&tokens, "access_token"), text(&tokens, "openid"));
    let login = laptop.get(&format!("/sns/auth?access_token={token}&openid={openid}")).await;
    assert_eq!((phone.failure().0, login.json()["errcode"].as_i64()), (40001, Some(0)));
}

#[tokio::test]
async fn what_cannot_be_is_turned_down_and_changes_nothing() {
    let laptop = Laptop::new().await;
    let before = (laptop.get("/_sandbox/apps").await.body, laptop.get("/_sandbox/people").await.body);
    let shop = laptop.get("/_sandbox/apps/shop").await.json();
    let cases = [
        (Method::POST, "apps", shop, 409, "this name or id is already in use"),
        (Method::POST, "people", json!({ "id": "lan", "nickname": "L" }), 409, "this name or id is already in use"),
        (Method::POST, "people", json!({ "id": "zoe" }), 400, "people[6].nickname is missing"),
        (
            Method::POST,
            "people",
            json!({ "id": "zoe", "nickname": "Z", "follows": ["nobody"] }),
            400,
            "follows names `nobody`, which is not an app",
        ),
        (Method::PATCH, "people/nobody", json!({}), 404, "no such person"),
        (Method::PATCH, "people/lan", json!({ "id": "lanlan" }), 400, "the id cannot change"),
        (Method::PATCH, "people/lan", json!({ "phones": [null] }), 400, "phones contains a null"),
        (Method::PATCH, "people/lan", json!([]), 400, "the body is not the JSON that this path requires"),
        (
            Method::PATCH,
            "apps/shop",
            json!({ "app_id": "wx00000000000000aa" }),
            400,
            "name, kind, app_id and agent_id cannot change",
        ),
        (Method::PATCH, "apps/shop", json!({ "standing": "odd" }), 400, "apps[0].standing has the unknown value `odd`"),
        (Method::PATCH, "apps/none", json!({}), 404, "no such app"),
    ];

    for (method, path, body, status, error) in cases {
        let answer =
            laptop.send(request(method, &format!("/_sandbox/{path}"), &[], Body::from(body.to_string()))).await;

        assert_eq!((answer.status.as_u16(), answer.json()), (status, json!({ "error": error })), "{path} {body}");
    }
    assert_eq!((laptop.get("/_sandbox/apps").await.body, laptop.get("/_sandbox/people").await.body), before);
}

#[tokio::test]
async fn people_are_listed_page_by_page() {
    let laptop = Laptop::new().await;

    let page = laptop.get("/_sandbox/people?from=1&most=2").await.json();

    let ids: Vec<_> = page.as_array().unwrap().iter().map(|person| text(person, "id")).collect();
    assert_eq!(ids, ["wei", "mei"]);
}

#[tokio::test]
async fn a_patch_is_merged_within_a_table() {
    let laptop = Laptop::new().await;
    let push = json!({ "push": { "url": "http://127.0.0.1:1/push", "token": "sandbox_token_01" } });
    laptop.patch("/_sandbox/apps/shop", &push).await;

    let changed = laptop.patch("/_sandbox/apps/shop", &json!({ "push": { "ugly_keys": true } })).await;
    let taken_away = laptop.patch("/_sandbox/apps/shop", &json!({ "push": null })).await;

    assert_eq!(
        (&changed.json()["push"]["ugly_keys"], &changed.json()["push"]["token"], taken_away.json().get("push")),
        (&json!(true), &json!("sandbox_token_01"), None)
    );
}
