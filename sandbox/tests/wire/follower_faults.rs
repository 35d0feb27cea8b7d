//! Tests of faults of the calls about followers, QR codes with a scene, migrations, and the addresses of pushes: each
//! call can be made to fail in every way.

use serde_json::{Value, json};

use crate::laptop::{Answer, Laptop};

const GET: &str = "/cgi-bin/user/get";
const BATCH: &str = "/cgi-bin/user/info/batchget";
const CONVERSION: &str = "/cgi-bin/changeopenid";
const SENDERS: &str = "/cgi-bin/getcallbackip";
const QR_CODE: &str = "/cgi-bin/qrcode/create";
const CALLS: [&str; 5] = [GET, BATCH, CONVERSION, SENDERS, QR_CODE];

/// The club, which has taken over the shop with its followers lan and wei.
struct Club {
    laptop: Laptop,
    token: String,
}

impl Club {
    async fn new() -> Self {
        let follows = |seed: String, id: &str| seed.replacen(id, &format!("{id}\nfollows = ['shop']"), 1);
        let seed = follows(follows(crate::laptop::without_followers(), "id = \"lan\""), "id = \"wei\"");
        let laptop = Laptop::with(&seed).await;
        laptop.post_json("/_sandbox/migrations", &json!({ "from": "shop", "to": "club" })).await;
        let token = laptop.global_token("club").await;
        Self { laptop, token }
    }

    fn open_ids(&self, app: &str) -> [String; 2] {
        ["lan", "wei"].map(|person| self.laptop.sandbox.open_id(app, person).expect("the demo has them"))
    }

    /// Makes a call that succeeds without a fault.
    async fn call(&self, path: &str) -> Answer {
        let at = format!("{path}?access_token={}", self.token);
        let [lan, wei] = self.open_ids("club");
        let body = match path {
            GET | SENDERS => return self.laptop.get(&at).await,
            BATCH => json!({ "user_list": [{ "openid": lan }, { "openid": wei }] }),
            CONVERSION => json!({ "from_appid": self.laptop.app("shop").app_id, "openid_list": self.open_ids("shop") }),
            _ => json!({ "action_name": "QR_STR_SCENE", "action_info": { "scene": { "scene_str": "s1" } } }),
        };
        self.laptop.post_json(&at, &body).await
    }

    async fn order(&self, path: &str, fault: Value) {
        let mut order = fault;
        order["path"] = json!(path);
        self.laptop.order_fault(&order).await;
    }
}

fn is_good(answer: &Answer) -> bool {
    answer.status.as_u16() == 200 && answer.json().get("errcode").is_none_or(|number| *number == 0)
}

#[tokio::test]
async fn each_call_can_be_answered_with_an_error_a_status_a_page_and_nothing() {
    let club = Club::new().await;
    for path in CALLS {
        assert!(is_good(&club.call(path).await), "{path}");

        club.order(path, json!({ "errcode": 48001, "app": "club" })).await;
        let refused = club.call(path).await.failure().0;
        club.order(path, json!({ "status": 503 })).await;
        let unavailable = club.call(path).await.status.as_u16();
        club.order(path, json!({ "kind": "html" })).await;
        let page = club.call(path).await;
        club.order(path, json!({ "kind": "empty" })).await;
        let empty = club.call(path).await.body;
        club.order(path, json!({ "kind": "quota" })).await;
        let quota = club.call(path).await.failure().0;
        club.order(path, json!({ "kind": "reset" })).await;
        let reset = club.call(path).await.status.as_u16();
        club.order(path, json!({ "body": "{\"errcode\":0}" })).await;
        let other = club.call(path).await.body;

        assert_eq!((refused, unavailable, page.status.as_u16(), quota, reset), (48001, 503, 200, 45009, 502), "{path}");
        assert_eq!((page.header("content-type"), empty.as_str()), ("text/html", ""), "{path}");
        assert_eq!(other, "{\"errcode\":0}", "{path}");
        assert!(is_good(&club.call(path).await), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_call_can_be_late_or_hang() {
    let club = Club::new().await;
    for path in CALLS {
        club.order(path, json!({ "delay_ms": 4_000 })).await;
        let begun = tokio::time::Instant::now();
        assert!(is_good(&club.call(path).await), "{path}");
        assert_eq!(begun.elapsed().as_millis(), 4_000, "{path}");

        club.order(path, json!({ "kind": "hang" })).await;
        let hung = tokio::time::timeout(std::time::Duration::from_mins(1), club.call(path)).await;
        assert!(hung.is_err(), "{path}");
    }
}

#[tokio::test]
async fn each_call_can_find_its_token_replaced() {
    for path in CALLS {
        let mut club = Club::new().await;
        club.order(path, json!({ "kind": "token-rotated" })).await;

        let replaced = club.call(path).await.failure().0;
        club.token = club.laptop.global_token("club").await;

        assert_eq!((replaced, is_good(&club.call(path).await)), (40001, true), "{path}");
    }
}

#[tokio::test]
async fn a_short_list_lacks_its_last_entry() {
    let club = Club::new().await;
    for (path, list) in
        [(GET, "/data/openid"), (BATCH, "/user_info_list"), (CONVERSION, "/result_list"), (SENDERS, "/ip_list")]
    {
        let whole = club.call(path).await.json();
        club.order(path, json!({ "kind": "short-list" })).await;

        let short = club.call(path).await.json();

        let mut expected = whole.clone();
        expected.pointer_mut(list).and_then(Value::as_array_mut).expect("a list").pop();
        assert_eq!(short, expected, "{path}");
        assert_eq!(club.call(path).await.json(), whole, "{path}");
    }
}

#[tokio::test]
async fn one_openid_of_a_conversion_can_fail_alone() {
    let club = Club::new().await;
    club.order(CONVERSION, json!({ "kind": "unconverted" })).await;

    let answer = club.call(CONVERSION).await.json();

    let ([lan, wei], [_, new]) = (club.open_ids("shop"), club.open_ids("club"));
    let expected = json!([
        { "ori_openid": lan, "err_msg": "ori_openid error" },
        { "ori_openid": wei, "new_openid": new, "err_msg": "ok" },
    ]);
    assert_eq!((&answer["errcode"], &answer["result_list"]), (&json!(0), &expected));
}

#[tokio::test]
async fn a_followers_union_id_can_be_late_or_another_one() {
    let club = Club::new().await;
    let union_id = |answer: &Answer| answer.json()["user_info_list"][0].get("unionid").cloned();
    let whole = union_id(&club.call(BATCH).await);
    club.order(BATCH, json!({ "kind": "late-union-id" })).await;
    let late = union_id(&club.call(BATCH).await);
    club.order(BATCH, json!({ "kind": "changed-union-id" })).await;
    let changed = union_id(&club.call(BATCH).await);

    assert!(
        whole.is_some() && late.is_none() && changed.is_some() && changed != whole,
        "{whole:?} {late:?} {changed:?}"
    );
}

#[tokio::test]
async fn a_list_fault_is_for_calls_with_a_list_and_a_conversion_fault_for_conversions() {
    let club = Club::new().await;
    for (path, kind, error) in [
        (QR_CODE, "short-list", "the answers of this path have no list"),
        (GET, "unconverted", "only /cgi-bin/changeopenid converts openIds"),
        (SENDERS, "late-union-id", "the answers of this path have no unionid"),
    ] {
        let answer = club.laptop.post_json("/_sandbox/faults", &json!({ "path": path, "kind": kind })).await;

        assert_eq!((answer.status.as_u16(), answer.json()), (400, json!({ "error": error })), "{path} {kind}");
    }
}
