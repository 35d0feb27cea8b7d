//! Tests of exceeded quotas. The figures are tested beside their code.

use serde_json::{Value, json};

use crate::laptop::{Answer, Laptop, signature, text};

const MINI: &str = "name = \"mini\"";
/// Seconds from the stopped clock to the next minute, and to midnight in Beijing.
const TO_THE_MINUTE: i64 = 40;
const TO_MIDNIGHT: i64 = 25_600;

async fn authorize(laptop: &Laptop, person: &str) -> Answer {
    let app_id = laptop.app("shop").app_id;
    let query =
        format!("appid={app_id}&redirect_uri=http%3A%2F%2Flocalhost%2F&response_type=code&scope=snsapi_base&state=s");
    let cookie = format!("sandbox_person={person}");
    laptop.get_with(&format!("/connect/oauth2/authorize?{query}"), &[("cookie", &cookie)]).await
}

async fn token(laptop: &Laptop) -> Answer {
    let app = laptop.app("mini");
    let query = format!("grant_type=client_credential&appid={}&secret={}", app.app_id, app.secret);
    laptop.get(&format!("/cgi-bin/token?{query}")).await
}

async fn ticket(laptop: &Laptop, token: &str) -> Value {
    laptop.get(&format!("/cgi-bin/ticket/getticket?access_token={token}&type=jsapi")).await.json()["errcode"].clone()
}

async fn clear(laptop: &Laptop, token: &str, body: &str) -> Answer {
    laptop.post(&format!("/cgi-bin/clear_quota?access_token={token}"), body).await
}

#[tokio::test]
async fn a_person_who_comes_to_the_authorize_page_too_often_sees_an_error() {
    let laptop = Laptop::new().await;
    for _ in 0..100 {
        assert_eq!(authorize(&laptop, "lan").await.status.as_u16(), 302);
    }

    let too_often = authorize(&laptop, "lan").await;
    let another_person = authorize(&laptop, "wei").await;
    laptop.wait(TO_THE_MINUTE).await;
    let a_minute_later = authorize(&laptop, "lan").await;

    let seen = [too_often, another_person, a_minute_later]
        .map(|answer| (answer.status.as_u16(), answer.header("x-sandbox-error").to_owned()));
    assert_eq!(seen, [(200, "10009".to_owned()), (302, String::new()), (302, String::new())]);
}

#[tokio::test]
async fn clicking_allow_too_often_is_no_way_around() {
    let laptop = Laptop::new().await;
    let app_id = laptop.app("shop").app_id;
    let form = format!(
        "appid={app_id}&redirect_uri=http%3A%2F%2Flocalhost%2F&response_type=code&scope=snsapi_userinfo&state=s\
         &decision=allow&person=lan"
    );
    for _ in 0..100 {
        assert_eq!(laptop.post_form("/connect/oauth2/authorize", &form).await.status.as_u16(), 303);
    }

    let too_often = laptop.post_form("/connect/oauth2/authorize", &form).await;

    assert_eq!((too_often.status.as_u16(), too_often.header("x-sandbox-error")), (200, "10009"));
}

#[tokio::test]
async fn a_code_that_came_in_a_full_minute_is_good_in_the_next() {
    let laptop = Laptop::new().await;
    for _ in 0..100 {
        let code = laptop.code("mini", "lan").await;
        assert_eq!(laptop.jscode2session("mini", &code).await.json().get("errcode"), None);
    }
    let (lan, wei) = (laptop.code("mini", "lan").await, laptop.code("mini", "wei").await);

    let too_often = laptop.jscode2session("mini", &lan).await;
    let another_person = laptop.jscode2session("mini", &wei).await;
    laptop.wait(TO_THE_MINUTE).await;
    let a_minute_later = laptop.jscode2session("mini", &lan).await;

    assert_eq!(
        too_often.failure(),
        (45011, "api minute-quota reach limit  mustslower  retry next minute, ".to_owned())
    );
    let open_ids = [another_person, a_minute_later].map(|answer| text(&answer.json(), "openid"));
    assert_eq!(open_ids, ["wei", "lan"].map(|person| laptop.sandbox.open_id("mini", person).unwrap()));
}

#[tokio::test]
async fn the_tokens_of_a_day_are_there_again_at_midnight_in_beijing() {
    let laptop = Laptop::new().await;
    for _ in 0..2_000 {
        assert_eq!(token(&laptop).await.json()["expires_in"], 7200);
    }

    let too_often = token(&laptop).await;
    laptop.wait(TO_MIDNIGHT - 1).await;
    let before_midnight = token(&laptop).await;
    laptop.wait(1).await;
    let midnight = token(&laptop).await;

    let reached = (45009, "reach max api daily quota limit ".to_owned());
    assert_eq!((too_often.failure(), before_midnight.failure()), (reached.clone(), reached));
    assert_eq!(midnight.json()["expires_in"], 7200);
}

#[tokio::test]
async fn an_unlimited_app_is_not_counted() {
    let laptop = Laptop::with(&sandbox::DEMO.replacen(MINI, &format!("{MINI}\nunlimited = true"), 1)).await;

    let mut failures = 0;
    for _ in 0..101 {
        let code = laptop.code("mini", "lan").await;
        failures += usize::from(laptop.jscode2session("mini", &code).await.json().get("errcode").is_some());
    }

    assert_eq!((failures, laptop.get("/_sandbox/quotas").await.json()), (0, json!([])));
}

#[tokio::test]
async fn every_call_that_has_a_quota_is_counted() {
    let laptop = Laptop::new().await;
    authorize(&laptop, "lan").await;
    let tokens = laptop.tokens("shop", "lan").await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let shop = laptop.app("shop");
    laptop
        .get(&format!(
            "/sns/oauth2/refresh_token?appid={}&grant_type=refresh_token&refresh_token={refresh}",
            shop.app_id
        ))
        .await;
    laptop.get(&format!("/sns/userinfo?access_token={access}&openid=o")).await;
    let global = laptop.global_token("shop").await;
    let credential = json!({ "grant_type": "client_credential", "appid": shop.app_id, "secret": shop.secret });
    laptop.post_json("/cgi-bin/stable_token", &credential).await;
    ticket(&laptop, &global).await;

    let counted = laptop.get("/_sandbox/quotas").await.json();

    let of_the_app =
        |path: &str, per: &str, of: u32| json!({ "app": "shop", "path": path, "per": per, "used": 1, "of": of });
    let authorize = json!({
        "app": "shop", "path": "/connect/oauth2/authorize", "person": "lan", "per": "minute", "used": 1, "of": 100,
    });
    assert_eq!(
        counted,
        json!([
            authorize,
            of_the_app("/sns/oauth2/access_token", "minute", 50_000),
            of_the_app("/sns/oauth2/refresh_token", "minute", 50_000),
            of_the_app("/sns/userinfo", "minute", 50_000),
            of_the_app("/cgi-bin/token", "day", 2_000),
            of_the_app("/cgi-bin/stable_token", "minute", 10_000),
            of_the_app("/cgi-bin/stable_token", "day", 500_000),
            of_the_app("/cgi-bin/ticket/getticket", "day", 100),
        ])
    );
}

#[tokio::test]
async fn the_calls_of_a_mini_program_are_counted_too() {
    let laptop = Laptop::new().await;
    let code = laptop.code("mini", "lan").await;
    let key = text(&laptop.jscode2session("mini", &code).await.json(), "session_key");
    let (token, open_id) = (laptop.global_token("mini").await, laptop.sandbox.open_id("mini", "lan").unwrap());
    let signature = signature(&key);
    let query = format!("access_token={token}&openid={open_id}&signature={signature}&sig_method=hmac_sha256");
    laptop.get(&format!("/wxa/resetusersessionkey?{query}")).await;
    clear(&laptop, &token, &json!({ "appid": laptop.app("mini").app_id }).to_string()).await;

    let counted = laptop.get("/_sandbox/quotas").await.json();

    assert_eq!(
        counted,
        json!([
            { "app": "mini", "path": "/sns/jscode2session", "person": "lan", "per": "minute", "used": 1, "of": 100 },
            { "app": "mini", "path": "/wxa/resetusersessionkey", "per": "minute", "used": 1, "of": 60_000 },
            { "app": "mini", "path": "/cgi-bin/clear_quota", "per": "month", "used": 1, "of": 10 },
        ])
    );
}

#[tokio::test]
async fn a_cleared_quota_counts_from_zero() {
    let laptop = Laptop::new().await;
    let token = laptop.global_token("shop").await;
    let body = json!({ "appid": laptop.app("shop").app_id }).to_string();
    for _ in 0..100 {
        assert_eq!(ticket(&laptop, &token).await, 0);
    }

    let used_up = ticket(&laptop, &token).await;
    let cleared = clear(&laptop, &token, &body).await;
    let afterwards = ticket(&laptop, &token).await;

    assert_eq!(
        (used_up, cleared.json(), afterwards),
        (json!(45009), json!({ "errcode": 0, "errmsg": "ok" }), json!(0))
    );
}

#[tokio::test]
async fn a_quota_is_cleared_ten_times_a_month() {
    let laptop = Laptop::new().await;
    let token = laptop.global_token("shop").await;
    let body = json!({ "appid": laptop.app("shop").app_id }).to_string();
    for _ in 0..10 {
        assert_eq!(clear(&laptop, &token, &body).await.json()["errcode"], 0);
    }

    let one_more = clear(&laptop, &token, &body).await;

    assert_eq!(one_more.failure(), (48006, "forbid to clear quota because of reaching the limit ".to_owned()));
}

#[tokio::test]
async fn an_app_clears_its_own_quota_only() {
    let laptop = Laptop::new().await;
    let token = laptop.global_token("shop").await;
    let elsewhere = json!({ "appid": laptop.app("club").app_id }).to_string();

    let answers = [
        clear(&laptop, &token, &elsewhere).await,
        clear(&laptop, &token, "{}").await,
        clear(&laptop, &token, "appid=1").await,
        clear(&laptop, &token, "").await,
        clear(&laptop, "87_nonsense", &elsewhere).await,
        laptop.get(&format!("/cgi-bin/clear_quota?access_token={token}")).await,
    ]
    .map(|answer| answer.failure().0);

    assert_eq!(answers, [40013, 41002, 47001, 44002, 40001, 43002]);
}
