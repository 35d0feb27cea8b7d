//! DingTalk's answers, for the provider contract. Source: the pages that `dingtalk` links.

use http::StatusCode;
use serde_json::json;

use super::{FACTORY, TOKEN as TOKEN_PATH, TOKEN_HEADER, USER};
use crate::contract::{Answer, BeyondLogins, CODE, Person, SECRET, Scene, TOKEN, Tape};

const CLIENT_ID: &str = "dingexample0000000001";
const OPEN_ID: &str = "liSii8KCexampleZ";
const UNION_ID: &str = "z21HjQliSzpw0YWexample";

/// DingTalk's answers during a login.
pub(in crate::builtin) const TAPE: Tape = Tape {
    factory: FACTORY,
    settings: |upstream| {
        toml::toml! {
            client_id = CLIENT_ID
            client_secret = SECRET
            union_scope = "hemu-dingtalk"
            login_url = (upstream.as_str())
            api_url = (upstream.as_str())
        }
    },
    spends_code: |call| call.path == TOKEN_PATH,
    redirect_uri: None,
    reads_profile: |_| false,
    needed: |call| if call.path == USER { &["openId", "unionId"] } else { &["accessToken"] },
    person: Person { open_id: OPEN_ID, union_id: Some(UNION_ID) },
    good_code: |scene| match scene.call.path.as_str() {
        TOKEN_PATH => refused_exchange(scene).unwrap_or_else(|| {
            Answer::json(&json!({
                "accessToken": TOKEN,
                "refreshToken": "abcdexample",
                "expireIn": 7200,
                "corpId": "corpexample",
            }))
        }),
        USER if scene.call.headers.get(TOKEN_HEADER).is_some_and(|value| value.as_bytes() == TOKEN.as_bytes()) => {
            Answer::json(&json!({
                "nick": "zhangsan",
                "avatarUrl": "https://static-legacy.dingtalk.com/media/lADPexample.png",
                "openId": OPEN_ID,
                "unionId": UNION_ID,
                "stateCode": "86",
                "visitor": false,
            }))
        }
        USER => refused("InvalidAuthentication", "不合法的access_token").status(StatusCode::UNAUTHORIZED),
        _ => refused("InvalidAction.NotFound", "Specified api is not found, please check your url and method.")
            .status(StatusCode::NOT_FOUND),
    },
    without_union_id: None,
    used_code: |_| bad_code(),
    forged_code: |_| bad_code(),
    expired_code: |_| bad_code(),
    quota: |_| {
        let word = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi";
        refused(word, "您的应用调用该接口超过最高频率").status(StatusCode::FORBIDDEN)
    },
    wrong_secret: |_| refused("invalidClientIdOrSecret", "无效的clientId或者clientSecret"),
    unknown_error: |_| refused("invalidParameter.moon.full", "月亮是圆的"),
    beyond_logins: BeyondLogins::NOTHING,
};

/// Returns what is wrong with an exchange; `None` if it is correct.
fn refused_exchange(scene: &Scene<'_>) -> Option<Answer> {
    let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
    if !(is("clientId", CLIENT_ID) && is("clientSecret", SECRET) && is("grantType", "authorization_code")) {
        return Some(refused("invalidClientIdOrSecret", "无效的clientId或者clientSecret"));
    }
    (!is("code", CODE)).then(bad_code)
}

/// The answer to a code that is used, expired or forged.
fn bad_code() -> Answer {
    refused("invalidParameter.authCode.notFound", "不合法的临时授权码")
}

fn refused(word: &str, words: &str) -> Answer {
    let request_id = "F340FF76-0F86-73F7-AA31-48529977CD5B";
    Answer::json(&json!({ "requestid": request_id, "code": word, "message": words })).status(StatusCode::BAD_REQUEST)
}
