//! Tests of takeovers: the followers of an account, and the conversion of its openIds for fifteen days.

use serde_json::{Value, json};

use crate::laptop::{Answer, Laptop, NOON};

const LAN: &str = "id = \"lan\"";
const WEI: &str = "id = \"wei\"";
const FIFTEEN_DAYS: i64 = 15 * 86_400;

/// The demo, where lan and wei follow the shop, and wei also the club.
async fn laptop() -> Laptop {
    let seed = crate::laptop::without_followers().replacen(LAN, &format!("{LAN}\nfollows = ['shop']"), 1);
    Laptop::with(&seed.replacen(WEI, &format!("{WEI}\nfollows = ['shop', 'club']"), 1)).await
}

async fn migrate(laptop: &Laptop, from: &str, to: &str) -> Answer {
    laptop.post_json("/_sandbox/migrations", &json!({ "from": from, "to": to })).await
}

fn open_id(laptop: &Laptop, app: &str, person: &str) -> String {
    laptop.sandbox.open_id(app, person).expect("the demo has them")
}

async fn converted(laptop: &Laptop, (from, to): (&str, &str), open_ids: &[&str]) -> Answer {
    let path = format!("/cgi-bin/changeopenid?access_token={}", laptop.global_token(to).await);
    laptop.post_json(&path, &json!({ "from_appid": from, "openid_list": open_ids })).await
}

async fn followers(laptop: &Laptop, app: &str) -> Value {
    let path = format!("/cgi-bin/user/get?access_token={}", laptop.global_token(app).await);
    laptop.get(&path).await.json()["data"]["openid"].clone()
}

#[tokio::test]
async fn the_followers_of_the_old_account_follow_the_new_one() {
    let laptop = laptop().await;
    laptop.wait(60).await;

    let answer = migrate(&laptop, "shop", "club").await;

    assert_eq!(answer.json(), json!({ "from": "shop", "to": "club", "at": NOON + 60, "followers": 2 }));
    assert_eq!(laptop.get("/_sandbox/migrations").await.json(), json!([answer.json()]));
    let (lan, wei) = (open_id(&laptop, "club", "lan"), open_id(&laptop, "club", "wei"));
    assert_eq!((followers(&laptop, "shop").await, followers(&laptop, "club").await), (Value::Null, json!([lan, wei])));
}

#[tokio::test]
async fn who_followed_both_accounts_came_to_the_new_one_in_their_own_way() {
    let laptop = laptop().await;
    migrate(&laptop, "shop", "club").await;
    let token = laptop.global_token("club").await;

    let mut came = Vec::new();
    for person in ["lan", "wei"] {
        let open_id = open_id(&laptop, "club", person);
        let user = laptop.get(&format!("/cgi-bin/user/info?access_token={token}&openid={open_id}")).await.json();
        came.push((user["subscribe_time"].clone(), user["subscribe_scene"].clone()));
    }

    let expected =
        [(json!(NOON), json!("ADD_SCENE_ACCOUNT_MIGRATION")), (json!(1_700_000_000), json!("ADD_SCENE_SEARCH"))];
    assert_eq!(came, expected);
}

#[tokio::test]
async fn old_open_ids_of_followers_become_new_ones() {
    let laptop = laptop().await;
    let (lan, mei) = (open_id(&laptop, "shop", "lan"), open_id(&laptop, "shop", "mei"));
    migrate(&laptop, "shop", "club").await;
    let shop = laptop.app("shop").app_id;

    let answer = converted(&laptop, (&shop, "club"), &[&mei, &lan]).await;

    let new = open_id(&laptop, "club", "lan");
    let expected = format!(
        r#"{{"errcode":0,"errmsg":"ok","result_list":[{{"ori_openid":"{mei}","err_msg":"ori_openid error"}},{{"ori_openid":"{lan}","new_openid":"{new}","err_msg":"ok"}}]}}"#
    );
    assert_eq!(answer.body, expected);
}

#[tokio::test]
async fn the_old_account_may_be_named_by_its_original_id_too() {
    let laptop = laptop().await;
    let lan = open_id(&laptop, "shop", "lan");
    migrate(&laptop, "shop", "club").await;
    let shop = laptop.get("/_sandbox/apps/shop").await.json();

    let answer = converted(&laptop, (shop["original_id"].as_str().unwrap(), "club"), &[&lan]).await;

    assert_eq!(answer.json()["result_list"][0]["new_openid"], open_id(&laptop, "club", "lan"));
}

#[tokio::test]
async fn old_open_ids_convert_for_fifteen_days() {
    let laptop = laptop().await;
    let lan = open_id(&laptop, "shop", "lan");
    let shop = laptop.app("shop").app_id;
    migrate(&laptop, "shop", "club").await;

    laptop.wait(FIFTEEN_DAYS - 1).await;
    let last_second = converted(&laptop, (&shop, "club"), &[&lan]).await;
    laptop.wait(1).await;
    let too_late = converted(&laptop, (&shop, "club"), &[&lan]).await;

    assert_eq!(last_second.json()["errcode"], 0);
    assert_eq!(too_late.failure(), (63178, "appid wrong ".to_owned()));
}

#[tokio::test]
async fn what_is_wrong_with_a_conversion_is_named() {
    let laptop = laptop().await;
    let lan = open_id(&laptop, "shop", "lan");
    let (shop, outlet) = (laptop.app("shop").app_id, laptop.app("outlet").app_id);
    migrate(&laptop, "shop", "club").await;
    let path = format!("/cgi-bin/changeopenid?access_token={}", laptop.global_token("mini").await);

    let answers = [
        converted(&laptop, ("wx0000000000000000", "club"), &[&lan]).await,
        converted(&laptop, (&shop, "outlet"), &[&lan]).await,
        converted(&laptop, (&outlet, "club"), &[&lan]).await,
        converted(&laptop, (&shop, "club"), &[]).await,
        converted(&laptop, (&shop, "club"), &[lan.as_str(); 101]).await,
        converted(&laptop, (&shop, "club"), &["somebody"]).await,
        laptop.post("/cgi-bin/changeopenid", "{}").await,
        laptop.post(&path, "").await,
        laptop.post(&path, "{}").await,
        laptop.get(&path).await,
    ]
    .map(|answer| answer.failure().0);

    assert_eq!(answers, [63178, 63178, -1, 63182, 40032, 40003, 41001, 44002, 47001, 43002]);
    let full = converted(&laptop, (&shop, "club"), &[lan.as_str(); 100]).await.json();
    assert_eq!(full["result_list"].as_array().map(Vec::len), Some(100));
}

#[tokio::test]
async fn a_takeover_that_cannot_be_changes_nothing() {
    let laptop = laptop().await;
    let cases = [
        ("none", "club", 404, "no such app"),
        ("shop", "none", 404, "no such app"),
        ("shop", "mini", 400, "only official accounts take each other over"),
        ("site", "shop", 400, "only official accounts take each other over"),
        ("shop", "shop", 400, "an account cannot take over itself"),
    ];
    let before = laptop.get("/_sandbox/people").await.body;

    for (from, to, status, error) in cases {
        let answer = migrate(&laptop, from, to).await;

        assert_eq!((answer.status.as_u16(), answer.json()), (status, json!({ "error": error })), "{from} {to}");
    }
    assert_eq!(
        (laptop.get("/_sandbox/people").await.body, laptop.get("/_sandbox/migrations").await.body),
        (before, "[]".to_owned())
    );
}

#[tokio::test]
async fn an_account_is_taken_over_once() {
    let laptop = laptop().await;
    migrate(&laptop, "shop", "club").await;

    let again = migrate(&laptop, "shop", "outlet").await;

    assert_eq!((again.status.as_u16(), again.json()), (409, json!({ "error": "this account was taken over already" })));
}

#[tokio::test]
async fn who_was_taken_over_can_take_over_in_a_chain() {
    let laptop = laptop().await;
    let (shop, club) = (open_id(&laptop, "shop", "lan"), open_id(&laptop, "club", "lan"));

    migrate(&laptop, "shop", "club").await;
    migrate(&laptop, "club", "outlet").await;
    let first = converted(&laptop, (&laptop.app("shop").app_id, "club"), &[&shop]).await.json();
    let second = converted(&laptop, (&laptop.app("club").app_id, "outlet"), &[&club]).await.json();

    let outlet = open_id(&laptop, "outlet", "lan");
    assert_eq!(
        (&first["result_list"][0]["new_openid"], &second["result_list"][0]["new_openid"]),
        (&json!(club), &json!(outlet))
    );
}
