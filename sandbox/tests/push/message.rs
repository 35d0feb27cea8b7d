//! Tests of each event's content, in XML and in JSON.

use sandbox::push::{Event, Format, PLATFORM, Scanned};
use serde_json::{Value, json};

use crate::receiver::{APP_ID, NOON, OPEN_ID, push, subscribe};

const UNION_ID: &str = "oUn10nEx4mpleV7tK2cQ9wLmPz3d";
const REVOKE: Event = Event::AuthorizationRevoke { info: 205 };

fn poster() -> Scanned {
    Scanned { scene: "poster-7".to_owned(), ticket: "gQH47joAAAAA".to_owned() }
}

fn json(event: Event) -> Value {
    serde_json::from_str(&push(event).text(Format::Json, false)).expect("the message is JSON")
}

#[test]
fn a_follower_is_told_in_xml_with_cdata() {
    let xml = subscribe().text(Format::Xml, false);

    assert_eq!(
        xml,
        concat!(
            "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>",
            "<FromUserName><![CDATA[oEx4mple5Qm7hV2cYtR9kLwPz0aB]]></FromUserName>",
            "<CreateTime>1760000000</CreateTime><MsgType><![CDATA[event]]></MsgType>",
            "<Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[]]></EventKey></xml>",
        )
    );
}

#[test]
fn a_withdrawal_is_told_by_the_platform_about_the_person() {
    let xml = push(REVOKE).text(Format::Xml, false);

    assert_eq!(
        xml,
        concat!(
            "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>",
            "<FromUserName><![CDATA[oPlatf0rmPushUser00000000000]]></FromUserName>",
            "<CreateTime>1760000000</CreateTime><MsgType><![CDATA[event]]></MsgType>",
            "<Event><![CDATA[user_authorization_revoke]]></Event>",
            "<OpenID><![CDATA[oEx4mple5Qm7hV2cYtR9kLwPz0aB]]></OpenID>",
            "<UnionID><![CDATA[oUn10nEx4mpleV7tK2cQ9wLmPz3d]]></UnionID>",
            "<AppID><![CDATA[wxabcdef0123456789]]></AppID><RevokeInfo><![CDATA[205]]></RevokeInfo></xml>",
        )
    );
}

#[test]
fn json_has_the_keys_of_xml_in_the_same_order() {
    let json = push(REVOKE).text(Format::Json, false);

    assert_eq!(
        json,
        concat!(
            r#"{"ToUserName":"gh_0123456789ab","FromUserName":"oPlatf0rmPushUser00000000000","#,
            r#""CreateTime":1760000000,"MsgType":"event","Event":"user_authorization_revoke","#,
            r#""OpenID":"oEx4mple5Qm7hV2cYtR9kLwPz0aB","UnionID":"oUn10nEx4mpleV7tK2cQ9wLmPz3d","#,
            r#""AppID":"wxabcdef0123456789","RevokeInfo":"205"}"#,
        )
    );
}

#[test]
fn followers_come_go_and_scan_in_their_own_name() {
    let events = [Event::Subscribe { scanned: Some(poster()) }, Event::Unsubscribe, Event::Scan(poster())];

    let messages = events.map(json);

    let frame = |event: &str, key: &str| {
        json!({
            "ToUserName": "gh_0123456789ab", "FromUserName": OPEN_ID, "CreateTime": NOON, "MsgType": "event",
            "Event": event, "EventKey": key,
        })
    };
    let mut expected = [frame("subscribe", "qrscene_poster-7"), frame("unsubscribe", ""), frame("SCAN", "poster-7")];
    expected[0]["Ticket"] = json!("gQH47joAAAAA");
    expected[2]["Ticket"] = json!("gQH47joAAAAA");
    assert_eq!(messages, expected);
}

#[test]
fn cleaned_profiles_and_closed_accounts_are_told_by_the_platform() {
    let messages = [Event::UserInfoModified, Event::AuthorizationCancellation].map(json);

    let expected = ["user_info_modified", "user_authorization_cancellation"].map(|event| {
        json!({
            "ToUserName": "gh_0123456789ab", "FromUserName": PLATFORM, "CreateTime": NOON, "MsgType": "event",
            "Event": event, "OpenID": OPEN_ID, "UnionID": UNION_ID, "AppID": APP_ID,
        })
    });
    assert_eq!(messages, expected);
}

#[test]
fn a_union_id_that_is_not_there_is_absent() {
    let mut push = push(REVOKE);
    push.union_id = None;

    let message: Value = serde_json::from_str(&push.text(Format::Json, false)).unwrap();

    assert_eq!(
        message,
        json!({
            "ToUserName": "gh_0123456789ab", "FromUserName": PLATFORM, "CreateTime": NOON, "MsgType": "event",
            "Event": "user_authorization_revoke", "OpenID": OPEN_ID, "AppID": APP_ID, "RevokeInfo": "205",
        })
    );
}

#[test]
fn ugly_keys_are_the_spaces_of_the_documents() {
    let json = push(REVOKE).text(Format::Json, true);

    assert_eq!(
        json,
        concat!(
            r#"{"ToUserName":"gh_0123456789ab","FromUserName":"oPlatf0rmPushUser00000000000","#,
            r#""CreateTime":1760000000,"MsgType":"Event","Event":"user_authorization_revoke","#,
            r#"" OpenID":"oEx4mple5Qm7hV2cYtR9kLwPz0aB"," UnionID":"oUn10nEx4mpleV7tK2cQ9wLmPz3d","#,
            r#"" AppID":"wxabcdef0123456789"," RevokeInfo":"205"}"#,
        )
    );
}

#[test]
fn ugly_keys_leave_xml_well_formed() {
    let (clean, ugly) = (push(REVOKE).text(Format::Xml, false), push(REVOKE).text(Format::Xml, true));

    assert_eq!(ugly, clean.replace("[event]", "[Event]"));
}

#[test]
fn ugly_keys_spare_the_events_of_followers() {
    let push = push(Event::Scan(poster()));

    let (clean, ugly) = (push.text(Format::Json, false), push.text(Format::Json, true));

    assert_eq!(ugly, clean);
}

#[test]
fn a_scene_cannot_end_its_cdata() {
    let scene = "a]]><Event>b]]]]>".to_owned();
    let push = push(Event::Scan(Scanned { scene, ticket: "t".to_owned() }));

    let xml = push.text(Format::Xml, false);

    let (_, key) = xml.split_once("<EventKey>").unwrap();
    let (key, _) = key.split_once("</EventKey>").unwrap();
    assert_eq!(key, "<![CDATA[a]]]]><![CDATA[><Event>b]]]]]]><![CDATA[>]]>");
}

#[test]
fn a_scene_is_not_escaped_in_json_beyond_need() {
    let scene = "兰心🌿 \"1\" <&>".to_owned();
    let push = push(Event::Scan(Scanned { scene, ticket: "t".to_owned() }));

    let json = push.text(Format::Json, false);

    assert!(json.contains(r#""EventKey":"兰心🌿 \"1\" <&>""#), "{json}");
}
