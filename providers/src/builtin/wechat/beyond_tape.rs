//! WeChat's answers about followers and pushes, and what it pushes. Source: the pages that `followers`, `global_token` and `push`
//! link.

use serde_json::{Value, json};

use super::tape::{APP_ID, PERSON, answer, nowhere, refusal};
use crate::PersonPushed;
use crate::contract::{
    Answer, BeyondLogins, Call, FOLLOWERS, NEW_OPEN_ID, OLD_APP, QR_SCENE, QR_TEXT, SECRET, SENDERS, Scene, TOKEN,
};

/// Of every kind of app: pushes, and where they come from.
pub(super) const PUSHES: BeyondLogins = BeyondLogins { senders: Some(beyond), pushes, ..BeyondLogins::NOTHING };

/// Of an official account: followers too.
pub(super) const FOLLOWED: BeyondLogins = BeyondLogins { follow_qr: Some(beyond), followers: Some(beyond), ..PUSHES };

/// Answers a call with the app's own token, and returns that token.
fn beyond(scene: &Scene<'_>) -> Answer {
    let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
    match scene.call.path.as_str() {
        "/cgi-bin/stable_token" if !is("appid", APP_ID) => refusal(40013, "invalid appid"),
        "/cgi-bin/stable_token" if !is("secret", SECRET) => refusal(40125, "invalid appsecret"),
        "/cgi-bin/stable_token" => answer(&json!({ "access_token": TOKEN, "expires_in": 7200 })),
        _ => with_the_token(scene),
    }
}

/// Answers a call with the token of the app.
pub(super) fn with_the_token(scene: &Scene<'_>) -> Answer {
    let Scene { call, .. } = scene;
    if call.value("access_token").as_deref() != Some(TOKEN) {
        return refusal(40001, "invalid credential, access_token is invalid or not latest");
    }
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    match call.path.as_str() {
        "/cgi-bin/qrcode/create" if body["action_info"]["scene"]["scene_str"] != QR_SCENE => {
            refusal(40053, "invalid action info, please check document")
        }
        "/cgi-bin/qrcode/create" => answer(&json!({
            "ticket": "gQH47joAAAAAAAAAASxodHRwOi8v", "expire_seconds": body["expire_seconds"], "url": QR_TEXT,
        })),
        "/cgi-bin/getcallbackip" => answer(&json!({ "ip_list": SENDERS })),
        "/cgi-bin/user/get" => page(call),
        "/cgi-bin/user/info/batchget" => answer(&json!({ "user_info_list": [
            { "subscribe": 1, "openid": FOLLOWERS[0], "nickname": "", "sex": 0, "language": "zh_CN", "headimgurl": "",
              "subscribe_time": 1_758_000_000, "unionid": PERSON.union_id, "tagid_list": [] },
            { "subscribe": 0, "openid": FOLLOWERS[1], "tagid_list": [] },
        ] })),
        "/cgi-bin/changeopenid" if body["from_appid"] != OLD_APP => refusal(63178, "appid wrong"),
        "/cgi-bin/changeopenid" => answer(&json!({ "errcode": 0, "errmsg": "ok", "result_list": [
            { "ori_openid": FOLLOWERS[0], "new_openid": NEW_OPEN_ID, "err_msg": "ok" },
            { "ori_openid": FOLLOWERS[1], "err_msg": "ori_openid error" },
        ] })),
        _ => nowhere(),
    }
}

fn page(call: &Call) -> Answer {
    match call.value("next_openid").as_deref() {
        None => answer(&json!({
            "total": 2, "count": 2, "data": { "openid": FOLLOWERS }, "next_openid": FOLLOWERS[1],
        })),
        Some(last) if last == FOLLOWERS[1] => answer(&json!({ "total": 2, "count": 0, "next_openid": "" })),
        Some(_) => refusal(40003, "invalid openid"),
    }
}

/// Events of followers are from the person; those about permissions are from a user of WeChat, and the person is in `OpenID`.
fn pushes() -> Vec<(Value, PersonPushed)> {
    let of = |from: &str, event: &str, more: Value| {
        let mut push = json!({
            "ToUserName": "gh_0123456789ab", "FromUserName": from, "CreateTime": 1_760_000_000, "MsgType": "event",
            "Event": event,
        });
        for (name, value) in more.as_object().expect("fields") {
            push[name] = value.clone();
        }
        push
    };
    let person = PERSON.open_id;
    let by_wechat = |event: &str, more: Value| {
        let mut more = more;
        (more["OpenID"], more["AppID"]) = (person.into(), APP_ID.into());
        of("oPlatf0rmPushUser00000000000", event, more)
    };
    let scene = || QR_SCENE.to_owned();
    vec![
        (of(person, "subscribe", json!({ "EventKey": "" })), PersonPushed::Followed { scene: None }),
        (
            of(person, "subscribe", json!({ "EventKey": format!("qrscene_{QR_SCENE}"), "Ticket": "gQH47joA" })),
            PersonPushed::Followed { scene: Some(scene()) },
        ),
        (
            of(person, "SCAN", json!({ "EventKey": QR_SCENE, "Ticket": "gQH47joA" })),
            PersonPushed::Scanned { scene: scene() },
        ),
        (of(person, "unsubscribe", json!({ "EventKey": "" })), PersonPushed::Unfollowed),
        (by_wechat("user_info_modified", json!({})), PersonPushed::ProfileCleared),
        (
            by_wechat("user_authorization_revoke", json!({ "RevokeInfo": "205" })),
            PersonPushed::Revoked { nickname: true, avatar_url: true },
        ),
        (by_wechat("user_authorization_cancellation", json!({})), PersonPushed::Cancelled),
    ]
}
