//! Tests of `/cgi-bin/user/*`: the followers of an official account, and their data.

use serde_json::{Value, json};

use crate::laptop::{Answer, Laptop, NOON};

const LAN: &str = "id = \"lan\"";
const BATCH: &str = "/cgi-bin/user/info/batchget";

/// The demo, where lan follows the shop.
fn seed() -> String {
    crate::laptop::without_followers().replacen(LAN, &format!("{LAN}\nfollows = ['shop']"), 1)
}

fn open_id(laptop: &Laptop, person: &str) -> String {
    laptop.sandbox.open_id("shop", person).expect("the demo has this person")
}

async fn user(laptop: &Laptop, token: &str, open_id: &str) -> Answer {
    laptop.get(&format!("/cgi-bin/user/info?access_token={token}&openid={open_id}&lang=zh_CN")).await
}

async fn batch(laptop: &Laptop, token: &str, open_ids: &[&str]) -> Answer {
    let list: Vec<_> = open_ids.iter().map(|open_id| json!({ "openid": open_id, "lang": "zh_CN" })).collect();
    laptop.post_json(&format!("{BATCH}?access_token={token}"), &json!({ "user_list": list })).await
}

async fn follow(laptop: &Laptop, person: &str, apps: &Value) {
    let answer = laptop.patch(&format!("/_sandbox/people/{person}"), &json!({ "follows": apps })).await;
    assert_eq!(answer.status.as_u16(), 200);
}

#[tokio::test]
async fn of_a_follower_wechat_tells_the_union_id_and_how_they_came() {
    let laptop = Laptop::with(&seed()).await;
    let (token, open_id) = (laptop.global_token("shop").await, open_id(&laptop, "lan"));

    let answer = user(&laptop, &token, &open_id).await;

    let union_id = laptop.sandbox.union_id("shop", "lan").unwrap();
    let expected = format!(
        r#"{{"subscribe":1,"openid":"{open_id}","nickname":"","sex":0,"language":"zh_CN","city":"","province":"","country":"","headimgurl":"","subscribe_time":1700000000,"unionid":"{union_id}","remark":"","groupid":0,"tagid_list":[],"subscribe_scene":"ADD_SCENE_SEARCH","qr_scene":0,"qr_scene_str":""}}"#
    );
    assert_eq!(
        (answer.body.as_str(), answer.header("content-type")),
        (expected.as_str(), "application/json; encoding=utf-8")
    );
}

#[tokio::test]
async fn wechat_tells_no_union_id_of_a_person_who_does_not_follow() {
    let laptop = Laptop::with(&seed()).await;
    let (token, open_id) = (laptop.global_token("shop").await, open_id(&laptop, "wei"));

    let answer = user(&laptop, &token, &open_id).await;

    let expected = format!(
        r#"{{"subscribe":0,"openid":"{open_id}","nickname":"","sex":0,"language":"zh_CN","city":"","province":"","country":"","headimgurl":"","tagid_list":[]}}"#
    );
    assert_eq!(answer.body, expected);
}

#[tokio::test]
async fn an_unbound_account_learns_no_union_id_of_its_followers() {
    let laptop = Laptop::with(&seed().replace("union_scope = \"hemu\"\n", "")).await;
    let (token, open_id) = (laptop.global_token("shop").await, open_id(&laptop, "lan"));

    let answer = user(&laptop, &token, &open_id).await.json();

    assert_eq!((&answer["subscribe"], answer.get("unionid")), (&json!(1), None));
}

#[tokio::test]
async fn who_begins_to_follow_later_has_followed_since_then() {
    let laptop = Laptop::with(&seed()).await;
    let (token, open_id) = (laptop.global_token("shop").await, open_id(&laptop, "wei"));

    laptop.wait(60).await;
    follow(&laptop, "wei", &json!(["shop"])).await;
    laptop.wait(60).await;
    follow(&laptop, "wei", &json!(["shop", "club"])).await;
    let answer = user(&laptop, &token, &open_id).await.json();

    assert_eq!((&answer["subscribe"], &answer["subscribe_time"]), (&json!(1), &json!(NOON + 60)));
}

#[tokio::test]
async fn the_language_is_one_of_three() {
    let laptop = Laptop::new().await;
    let (token, open_id) = (laptop.global_token("shop").await, open_id(&laptop, "lan"));
    let path = format!("/cgi-bin/user/info?access_token={token}&openid={open_id}");

    for (query, language) in
        [("", "zh_CN"), ("&lang=zh_CN", "zh_CN"), ("&lang=zh_TW", "zh_TW"), ("&lang=en", "en"), ("&lang=tlh", "zh_CN")]
    {
        let answer = laptop.get(&format!("{path}{query}")).await.json();

        assert_eq!(answer["language"], language, "{query}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_asking_for_a_user_is_named() {
    let laptop = Laptop::with(&seed()).await;
    let token = laptop.global_token("shop").await;
    let elsewhere = laptop.sandbox.open_id("club", "lan").unwrap();
    let path = "/cgi-bin/user/info";

    let mut failures = [
        laptop.get(&format!("{path}?openid=o")).await,
        user(&laptop, "87_nonsense", "o").await,
        laptop.get(&format!("{path}?access_token={token}")).await,
        user(&laptop, &token, &elsewhere).await,
        laptop.post(&format!("{path}?access_token={token}&openid=o"), "").await,
    ]
    .map(|answer| answer.failure().0)
    .to_vec();
    laptop.wait(7_200).await;
    failures.push(user(&laptop, &token, &elsewhere).await.failure().0);

    assert_eq!(failures, [41001, 40001, 41009, 40003, 43001, 42001]);
}

#[tokio::test]
async fn only_a_certified_official_account_knows_its_followers() {
    let shop = "name = \"shop\"";
    let cases = [
        ("good", "shop", 40003),
        ("test", "shop", 40003),
        ("uncertified", "shop", 48001),
        ("banned", "shop", 48004),
        ("good", "mini", 48001),
        ("good", "site", 48001),
        ("good", "app", 48001),
    ];

    for (standing, app, errcode) in cases {
        let laptop = Laptop::with(&crate::laptop::without_followers().replacen(
            shop,
            &format!("{shop}\nstanding = '{standing}'"),
            1,
        ))
        .await;
        let token = laptop.global_token(app).await;
        let next = format!("/cgi-bin/user/get?access_token={token}&next_openid=o");

        let answers = [user(&laptop, &token, "o").await, batch(&laptop, &token, &["o"]).await, laptop.get(&next).await];

        assert_eq!(answers.map(|answer| answer.failure().0), [errcode; 3], "{standing} {app}");
    }
}

#[tokio::test]
async fn a_batch_is_answered_in_its_own_order() {
    let laptop = Laptop::with(&seed()).await;
    let token = laptop.global_token("shop").await;
    let (lan, wei) = (open_id(&laptop, "lan"), open_id(&laptop, "wei"));

    let answer = batch(&laptop, &token, &[&wei, &lan, &wei]).await;

    let (lan, wei) = (user(&laptop, &token, &lan).await.body, user(&laptop, &token, &wei).await.body);
    assert_eq!(answer.body, format!(r#"{{"user_info_list":[{wei},{lan},{wei}]}}"#));
}

#[tokio::test]
async fn a_batch_is_read_whatever_its_header_says() {
    let laptop = Laptop::new().await;
    let (token, lan) = (laptop.global_token("shop").await, open_id(&laptop, "lan"));
    let body = json!({ "user_list": [{ "openid": lan }] }).to_string();

    let answer = laptop.post_form(&format!("{BATCH}?access_token={token}"), &body).await.json();

    assert_eq!(answer["user_info_list"][0]["openid"], lan);
}

#[tokio::test]
async fn what_is_wrong_with_a_batch_is_named() {
    let laptop = Laptop::new().await;
    let (token, lan) = (laptop.global_token("shop").await, open_id(&laptop, "lan"));
    let path = format!("{BATCH}?access_token={token}");

    let answers = [
        laptop.post(BATCH, "{}").await,
        laptop.post(&path, "").await,
        laptop.post(&path, "user_list=1").await,
        laptop.post(&path, "{}").await,
        batch(&laptop, &token, &[]).await,
        batch(&laptop, &token, &[lan.as_str(); 101]).await,
        batch(&laptop, &token, &[&lan, "nobody"]).await,
        laptop.get(&path).await,
    ]
    .map(|answer| answer.failure().0);

    assert_eq!(answers, [41001, 44002, 47001, 47001, 40032, 40032, 40003, 43002]);
    assert_eq!(
        batch(&laptop, &token, &[lan.as_str(); 100]).await.json()["user_info_list"].as_array().map(Vec::len),
        Some(100)
    );
}

#[tokio::test]
async fn the_followers_are_listed_in_the_order_in_which_they_came() {
    let laptop = Laptop::with(&seed()).await;
    let token = laptop.global_token("shop").await;
    follow(&laptop, "jun", &json!(["shop"])).await;

    let answer = laptop.get(&format!("/cgi-bin/user/get?access_token={token}")).await;

    let (lan, jun) = (open_id(&laptop, "lan"), open_id(&laptop, "jun"));
    let expected = format!(r#"{{"total":2,"count":2,"data":{{"openid":["{lan}","{jun}"]}},"next_openid":"{jun}"}}"#);
    assert_eq!(answer.body, expected);
}

#[tokio::test]
async fn beyond_the_last_follower_there_is_no_data() {
    let laptop = Laptop::with(&seed()).await;
    let token = laptop.global_token("shop").await;
    let path = format!("/cgi-bin/user/get?access_token={token}");

    let beyond = laptop.get(&format!("{path}&next_openid={}", open_id(&laptop, "lan"))).await;
    follow(&laptop, "lan", &json!([])).await;
    let nobody = laptop.get(&path).await;

    assert_eq!(beyond.body, r#"{"total":1,"count":0,"next_openid":""}"#);
    assert_eq!(nobody.body, r#"{"total":0,"count":0,"next_openid":""}"#);
}

#[tokio::test]
async fn ten_thousand_followers_are_a_page() {
    let follower = |n: u32| format!("[[people]]\nid = 'p{n}'\nnickname = 'P'\nfollows = ['shop']");
    let crowd: Vec<_> = (0..10_002).map(follower).collect();
    let laptop = Laptop::with(&format!("{}\n{}", crate::laptop::without_followers(), crowd.join("\n"))).await;
    let path = format!("/cgi-bin/user/get?access_token={}", laptop.global_token("shop").await);

    let first = laptop.get(&path).await.json();
    let last = open_id(&laptop, "p9999");
    // A person who unfollows between two pages still marks the position.
    follow(&laptop, "p9999", &json!([])).await;
    let second = laptop.get(&format!("{path}&next_openid={last}")).await.json();

    assert_eq!(
        (&first["total"], &first["count"], &first["next_openid"]),
        (&json!(10_002), &json!(10_000), &json!(last))
    );
    assert_eq!(first["data"]["openid"].as_array().map(Vec::len), Some(10_000));
    let rest = [open_id(&laptop, "p10000"), open_id(&laptop, "p10001")];
    assert_eq!(second, json!({ "total": 10_001, "count": 2, "data": { "openid": rest }, "next_openid": rest[1] }));
}

#[tokio::test]
async fn the_demos_accounts_have_followers_from_the_beginning() {
    let laptop = Laptop::with(sandbox::DEMO).await;
    let token = laptop.global_token("shop").await;

    let page = laptop.get(&format!("/cgi-bin/user/get?access_token={token}")).await.json();

    let open_ids = ["lan", "wei"].map(|person| laptop.sandbox.open_id("shop", person));
    assert_eq!(page["data"]["openid"], json!(open_ids));
}
