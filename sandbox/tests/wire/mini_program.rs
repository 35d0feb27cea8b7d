//! Tests of `/sns/jscode2session`, the phone number button, and session keys.

use serde_json::{Value, json};

use crate::laptop::{Answer, Laptop, NOON, signature, text};

const PHONE: &str = "/wxa/business/getuserphonenumber";

async fn phone(laptop: &Laptop, token: &str, body: &Value) -> Answer {
    laptop.post_json(&format!("{PHONE}?access_token={token}"), body).await
}

#[tokio::test]
async fn a_js_code_becomes_a_session() {
    let laptop = Laptop::new().await;
    let code = laptop.code("mini", "lan").await;

    let answer = laptop.jscode2session("mini", &code).await;

    let key = text(&answer.json(), "session_key");
    assert_eq!(
        answer.json(),
        json!({
            "session_key": key, "openid": laptop.sandbox.open_id("mini", "lan"),
            "unionid": laptop.sandbox.union_id("mini", "lan"),
        })
    );
    assert_eq!((key.len(), answer.header("content-type")), (24, "text/plain"));
}

#[tokio::test]
async fn an_unbound_mini_program_learns_no_union_id() {
    let laptop = Laptop::with(&sandbox::DEMO.replace("union_scope = \"hemu\"\n", "")).await;
    let code = laptop.code("mini", "lan").await;

    let answer = laptop.jscode2session("mini", &code).await.json();

    assert_eq!(answer.as_object().unwrap().keys().collect::<Vec<_>>(), ["openid", "session_key"]);
}

#[tokio::test]
async fn a_js_code_is_taken_once_and_in_time_and_by_its_own_app() {
    let laptop = Laptop::new().await;
    let (code, late) = (laptop.code("mini", "lan").await, laptop.code("mini", "lan").await);
    let foreign = laptop.code("shop", "lan").await;

    laptop.jscode2session("mini", &code).await;
    let used = laptop.jscode2session("mini", &code).await;
    let stolen = laptop.jscode2session("mini", &foreign).await;
    let wrong_kind = laptop.jscode2session("shop", &foreign).await;
    laptop.wait(300).await;
    let expired = laptop.jscode2session("mini", &late).await;

    assert_eq!(used.failure(), (40163, "code been used, ".to_owned()));
    assert_eq!(stolen.failure(), (40029, "invalid code, ".to_owned()));
    assert_eq!(wrong_kind.failure(), (40029, "invalid code, ".to_owned()));
    assert_eq!(expired.failure(), (40029, "invalid code, ".to_owned()));
}

#[tokio::test]
async fn a_misspelt_js_code_is_missing() {
    let laptop = Laptop::new().await;
    let app = laptop.app("mini");

    let query = format!("appid={}&secret={}&code=c&grant_type=authorization_code", app.app_id, app.secret);
    let answer = laptop.get(&format!("/sns/jscode2session?{query}")).await;

    assert_eq!(answer.failure(), (41008, "missing code, ".to_owned()));
}

#[tokio::test]
async fn the_phone_button_tells_the_number() {
    let laptop = Laptop::new().await;
    let (token, code) = (laptop.global_token("mini").await, laptop.phone_code("lan").await);

    let answer = phone(&laptop, &token, &json!({ "code": code })).await;

    assert_eq!(
        answer.json(),
        json!({ "errcode": 0, "errmsg": "ok", "phone_info": {
            "phoneNumber": "13800000001", "purePhoneNumber": "13800000001", "countryCode": "86",
            "watermark": { "timestamp": NOON, "appid": laptop.app("mini").app_id },
        } })
    );
    assert_eq!((code.len(), answer.header("content-type")), (64, "application/json; encoding=utf-8"));
}

#[tokio::test]
async fn a_foreign_number_carries_its_country() {
    let laptop = Laptop::with(&sandbox::DEMO.replace("+8613800000001", "+6591234567")).await;
    let (token, code) = (laptop.global_token("mini").await, laptop.phone_code("lan").await);

    let answer = phone(&laptop, &token, &json!({ "code": code })).await.json();

    let info = &answer["phone_info"];
    assert_eq!(
        (&info["phoneNumber"], &info["purePhoneNumber"], &info["countryCode"]),
        (&json!("+6591234567"), &json!("91234567"), &json!("65"))
    );
}

#[tokio::test]
async fn a_phone_code_is_taken_once_in_time_and_for_its_person() {
    let laptop = Laptop::new().await;
    let token = laptop.global_token("mini").await;
    let (code, late) = (laptop.phone_code("lan").await, laptop.phone_code("lan").await);
    let (wei, lan) = (laptop.sandbox.open_id("mini", "wei"), laptop.sandbox.open_id("mini", "lan"));

    let another_person = phone(&laptop, &token, &json!({ "code": code, "openid": wei })).await;
    let first = phone(&laptop, &token, &json!({ "code": code, "openid": lan })).await;
    let second = phone(&laptop, &token, &json!({ "code": code })).await;
    laptop.wait(300).await;
    let expired = phone(&laptop, &token, &json!({ "code": late })).await;

    assert_eq!(another_person.failure(), (40029, "invalid code ".to_owned()));
    assert_eq!(first.json()["errcode"], 0);
    assert_eq!(second.failure(), (40163, "code been used ".to_owned()));
    assert_eq!(expired.failure(), (40029, "invalid code ".to_owned()));
}

#[tokio::test]
async fn a_phone_code_needs_the_token_of_its_own_mini_program() {
    let laptop = Laptop::new().await;
    let (token, foreign) = (laptop.global_token("mini").await, laptop.global_token("shop").await);
    let code = laptop.phone_code("lan").await;

    let stolen = phone(&laptop, &foreign, &json!({ "code": code })).await;
    let own = phone(&laptop, &token, &json!({ "code": code })).await;

    assert_eq!(stolen.failure(), (40013, "invalid appid ".to_owned()));
    assert_eq!(own.json()["errcode"], 0);
}

#[tokio::test]
async fn the_phone_button_needs_a_global_token_a_post_and_json() {
    let laptop = Laptop::new().await;
    let token = laptop.global_token("mini").await;
    let login_code = laptop.code("mini", "lan").await;

    let no_token = laptop.post(PHONE, "{}").await;
    let bad_token = phone(&laptop, "87_nonsense", &json!({ "code": "c" })).await;
    let login_code = phone(&laptop, &token, &json!({ "code": login_code })).await;
    let form = laptop.post_form(&format!("{PHONE}?access_token={token}"), "code=c").await;
    let empty = laptop.post(&format!("{PHONE}?access_token={token}"), "").await;
    let get = laptop.get(PHONE).await;

    let failures = [no_token, bad_token, login_code, form, empty, get].map(|answer| answer.failure().0);
    assert_eq!(failures, [41001, 40001, 40029, 47001, 44002, 43002]);
}

#[tokio::test]
async fn only_the_newest_session_key_signs() {
    let laptop = Laptop::new().await;
    let token = laptop.global_token("mini").await;
    let mut keys = Vec::new();
    for _ in 0..2 {
        let code = laptop.code("mini", "lan").await;
        keys.push(text(&laptop.jscode2session("mini", &code).await.json(), "session_key"));
    }
    let openid = laptop.sandbox.open_id("mini", "lan").unwrap();
    let path = |endpoint: &str, key: &str| {
        let signature = signature(key);
        format!("/wxa/{endpoint}?access_token={token}&openid={openid}&signature={signature}&sig_method=hmac_sha256")
    };

    let old = laptop.get(&path("checksession", &keys[0])).await;
    let new = laptop.get(&path("checksession", &keys[1])).await;
    let reset = laptop.get(&path("resetusersessionkey", &keys[1])).await;
    let replaced = laptop.get(&path("checksession", &keys[1])).await;

    assert_eq!(old.failure(), (87009, "invalid signature ".to_owned()));
    assert_eq!(new.json(), json!({ "errcode": 0, "errmsg": "ok" }));
    let key = text(&reset.json(), "session_key");
    assert_eq!(reset.json(), json!({ "errcode": 0, "errmsg": "ok", "openid": openid, "session_key": key }));
    assert_eq!(replaced.failure().0, 87009);
    assert_eq!(laptop.get(&path("checksession", &key)).await.json()["errcode"], 0);
}

#[tokio::test]
async fn a_session_check_names_what_is_wrong() {
    let laptop = Laptop::new().await;
    let token = laptop.global_token("mini").await;
    let openid = laptop.sandbox.open_id("mini", "lan").unwrap();
    let cases = [
        (String::new(), 41001),
        (format!("access_token={token}"), 41009),
        (format!("access_token={token}&openid={openid}&sig_method=md5"), 87008),
        (format!("access_token={token}&openid=o&sig_method=hmac_sha256"), 40003),
        (format!("access_token={token}&openid={openid}&sig_method=hmac_sha256"), 87009),
    ];

    for (query, errcode) in cases {
        let answer = laptop.get(&format!("/wxa/checksession?{query}")).await;

        assert_eq!(answer.failure().0, errcode, "{query}");
    }
}

#[tokio::test]
async fn the_quick_button_tells_the_first_number_and_the_real_time_button_any() {
    let laptop =
        Laptop::with(&sandbox::DEMO.replace("[\"+8613800000001\"]", "[\"+8613800000001\", \"+6591234567\"]")).await;
    let token = laptop.global_token("mini").await;
    let tapped = |button: &'static str, number: Value| json!({ "app": "mini", "person": "lan", "button": button, "phone": number });
    let orders = [
        (tapped("quick", Value::Null), Some("13800000001")),
        (tapped("real-time", json!("+6591234567")), Some("91234567")),
        (tapped("quick", json!("+6591234567")), None),
        (tapped("real-time", json!("+8613800000002")), None),
    ];

    for (order, number) in orders {
        let ordered = laptop.post_json("/_sandbox/phone-codes", &order).await;
        let told = match ordered.json()["code"].as_str() {
            Some(code) => phone(&laptop, &token, &json!({ "code": code })).await.json()["phone_info"].clone(),
            None => Value::Null,
        };

        assert_eq!(
            (ordered.status.as_u16() == 200, told["purePhoneNumber"].as_str()),
            (number.is_some(), number),
            "{order}"
        );
    }
}

#[tokio::test]
async fn a_session_check_is_a_get() {
    let laptop = Laptop::new().await;

    for path in ["/wxa/checksession", "/wxa/resetusersessionkey"] {
        let answer = laptop.post(path, "{}").await;

        assert_eq!(answer.failure().0, 43001, "{path}");
    }
}

#[tokio::test]
async fn a_number_that_no_country_has_is_turned_down_before_there_is_a_code() {
    let laptop = Laptop::with(&sandbox::DEMO.replace("+8613800000001", "+9991234567")).await;

    let answer = laptop.post_json("/_sandbox/phone-codes", &json!({ "app": "mini", "person": "lan" })).await;

    assert_eq!(answer.json(), json!({ "error": "no country has this person's number" }));
}
