//! WeChat's answers that the logins of its four kinds of app have in common. Source: the pages that `sns_app` and
//! `mini_program` link.

use serde_json::{Value, json};
use url::Url;

use crate::Factory;
use crate::contract::{Answer, BeyondLogins, CODE, Call, Person, SECRET, Scene, TOKEN, Tape};

pub(super) const APP_ID: &str = "wxabcdef0123456789";
const UNION_ID: &str = "oUn10nEx4mpleV7tK2cQ9wLmPz3d";

/// The person of the tape, the same for every app.
pub(super) const PERSON: Person = Person { open_id: "oEx4mple5Qm7hV2cYtR9kLwPz0aB", union_id: Some(UNION_ID) };

/// The tape of official accounts, website apps and mobile apps: a code, a web token, a profile.
pub(super) const fn of_sns(factory: Factory) -> Tape {
    Tape {
        factory,
        settings,
        spends_code: |call| call.path == "/sns/oauth2/access_token",
        redirect_uri: None,
        reads_profile: |call| call.path == "/sns/userinfo",
        needed: |call| match call.path.as_str() {
            "/sns/oauth2/access_token" => &["openid", "unionid", "access_token"],
            _ => &[],
        },
        person: PERSON,
        good_code: |scene| sns(scene, Some(UNION_ID)),
        without_union_id: None,
        used_code: |_| refusal(40163, "code been used"),
        forged_code: |_| refusal(40029, "invalid code"),
        // The tables list 42003; in practice 40029 is as frequent.
        expired_code: |_| refusal(42003, "code expired"),
        quota: |_| refusal(45009, "reach max api daily quota limit"),
        wrong_secret: |_| refusal(40125, "invalid appsecret"),
        unknown_error: |_| refusal(999_999, "words of another year"),
        beyond_logins: BeyondLogins::NOTHING,
    }
}

/// The settings of an app that is bound to an Open Platform account.
pub(super) fn settings(upstream: &Url) -> toml::Table {
    toml::toml! {
        app_id = APP_ID
        app_secret = SECRET
        union_scope = "hemu"
        open_url = (upstream.as_str())
        api_url = (upstream.as_str())
    }
}

/// Answers a good code; only an app that is bound to an Open Platform account gets a union id.
pub(super) fn sns(scene: &Scene<'_>, union_id: Option<&str>) -> Answer {
    let Scene { call, .. } = scene;
    let open_id = PERSON.open_id;
    match call.path.as_str() {
        "/sns/oauth2/access_token" => refused_exchange(call, "code").unwrap_or_else(|| {
            with_union_id(
                json!({ "access_token": TOKEN, "expires_in": 7200, "refresh_token": "86_mW8rexample1Lq",
                    "openid": open_id, "scope": "snsapi_userinfo" }),
                union_id,
            )
        }),
        "/sns/userinfo" if call.value("access_token").as_deref() == Some(TOKEN) => with_union_id(
            json!({ "openid": open_id, "nickname": "阿木🌿", "sex": 0, "language": "", "city": "", "province": "",
                "country": "", "headimgurl": "https://thirdwx.qlogo.cn/mmopen/vi_32/Q0j4ExampleOnly/132",
                "privilege": [] }),
            union_id,
        ),
        "/sns/userinfo" => refusal(40014, "invalid access_token"),
        _ => nowhere(),
    }
}

/// Returns what is wrong with an exchange, checked in WeChat's order; `None` if it is correct.
pub(super) fn refused_exchange(call: &Call, code: &str) -> Option<Answer> {
    let is = |name: &str, value: &str| call.value(name).as_deref() == Some(value);
    let refused = [
        (is("appid", APP_ID), 40013, "invalid appid"),
        (is("secret", SECRET), 40125, "invalid appsecret"),
        (is(code, CODE), 40029, "invalid code"),
        (is("grant_type", "authorization_code"), 40002, "invalid grant_type"),
    ];
    refused.into_iter().find(|(holds, ..)| !holds).map(|(_, number, words)| refusal(number, words))
}

/// Returns an answer with the union id, if there is one.
pub(super) fn with_union_id(mut body: Value, union_id: Option<&str>) -> Answer {
    if let Some(union_id) = union_id {
        body["unionid"] = union_id.into();
    }
    answer(&body)
}

/// Returns a WeChat error: status 200, a number, and words that end with the request id.
pub(super) fn refusal(number: i64, words: &str) -> Answer {
    answer(&json!({ "errcode": number, "errmsg": format!("{words}, rid: 68e77801-1a2b3c4d-5e6f7081") }))
}

/// Returns 404.
pub(super) fn nowhere() -> Answer {
    answer(&json!({})).status(http::StatusCode::NOT_FOUND)
}

/// Returns a JSON body with content type text, as WeChat does.
pub(super) fn answer(body: &Value) -> Answer {
    Answer::json(body).content_type("text/plain")
}
