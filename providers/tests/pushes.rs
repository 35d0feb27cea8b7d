//! Pushes: WeChat's published examples, the fields of messages, forgeries, and how an app's reader interprets a
//! message.

use std::sync::Arc;

use domain::Timestamp;
use providers::deps::{toml, url};
use providers::{
    BadMessage, EncodingAesKey, Http, HttpLimits, IdentityProvider, PersonPush, PersonPushed, PushGate, PushMessage,
    PushQuery, PushRefusal, Pushed, Settings, TokensInMemory, builtin,
};
use secrecy::ExposeSecret;

/// The example of <https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html>.
const PUBLISHED_APP: &str = "wxba5fad812f8e6fb9";
const PUBLISHED_ENCRYPT: &str = concat!(
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8",
    "XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32",
    "IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=",
);

/// An example in XML, encrypted by another implementation.
const APP: &str = "wxabcdef0123456789";
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const ENCRYPT: &str = concat!(
    "4j/AuRx71kQlxVlzbpsMWP+wB4Li5lbNGiO5sMl+3pCU2MjS8wlLGkz2PTqG9P+z3nDKikbrJc6h7dYjqhSO+1URsUj/WHxzk4DPBpIZN/F",
    "eztZe+T8vLHLG7ydgn2TwxwHO1yES68gP8S26FtY0K3dbMmUSXRRua77hI00pc9X1/lnLkwChbA937t1R72Z4hk9fPzkuSE1xcxgZD6UN22",
    "JpMy70kR1lmc8KmtgKUTzf7L3yDJ8bb0e+GXGgHtgrzFCNzFl+WkwzuQu0R+XcBIdjLcrMinQiidMY/D/cnH8HAn0ZiTNfAScGc+S2aTy30",
    "sptJcQlglivVROoosYqeiiHjhfNTR2Y6qZcD+TBTciFpRSt0zH6+qOHlQW1cPcRDjjHvL/VmAUVRV7oRsElx3NKXqrJ+LvvEzyaDNbSgQ4=",
);
const OPEN_ID: &str = "oEx4mple5Qm7hV2cYtR9kLwPz0aB";

fn published() -> PushGate {
    PushGate { token: "AAAAA".into(), keys: vec!["A".repeat(43).parse().expect("a key")] }
}

fn ours() -> PushGate {
    PushGate { token: "sandbox_token_01".into(), keys: vec![KEY.parse().expect("a key")] }
}

fn query(signature: Option<&str>, msg_signature: Option<&str>, timestamp: &str, nonce: &str) -> PushQuery {
    PushQuery {
        signature: signature.map(str::to_owned),
        msg_signature: msg_signature.map(str::to_owned),
        timestamp: timestamp.to_owned(),
        nonce: nonce.to_owned(),
        echostr: None,
    }
}

/// The query of the example in XML.
fn of_ours() -> PushQuery {
    query(
        Some("544c41966bb6aad8fd4e699d0b2f25baa6ceaf63"),
        Some("6521bc4513b945f48e8209c3f53e132c01af0857"),
        "1760000000",
        "904417236",
    )
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn enveloped(encrypt: &str) -> String {
    format!("<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>")
}

/// Returns how an official account's reader interprets a message.
fn read(message: &str) -> Pushed {
    let provider = provider("wechat-official-account", "app_id = \"wxabcdef0123456789\"\napp_secret = \"s\"");
    provider.push_reader().expect("a reader").read(&PushMessage::parse(message.as_bytes()).expect("a message"))
}

fn provider(kind: &str, table: &str) -> Arc<dyn IdentityProvider> {
    let factory = builtin::ALL.iter().find(|factory| factory.kind == kind).expect("a kind");
    let settings = Settings {
        table: toml::from_str(table).expect("TOML"),
        http: Http::new(HttpLimits::default()).expect("a client"),
        tokens: Arc::new(TokensInMemory::default()),
        sandbox: Some(url::Url::parse("http://127.0.0.1:1").expect("a URL")),
    };
    (factory.build)(settings).expect("valid settings")
}

fn person(message: &str) -> PersonPush {
    match read(message) {
        Pushed::Person(person) => person,
        Pushed::Secret(_) | Pushed::Other => panic!("no event about a person"),
    }
}

fn event(fields: &str) -> String {
    format!(
        "<xml><FromUserName>{OPEN_ID}</FromUserName><CreateTime>1760000000</CreateTime><MsgType>event</MsgType>{fields}</xml>"
    )
}

#[test]
fn the_published_check_of_an_address_is_answered_with_its_text() {
    let mut check = query(Some("f464b24fc39322e44b38aa78f5edd27bd1441696"), None, "1714036504", "1514711492");
    check.echostr = Some("4375120948345356249".to_owned());

    assert_eq!(published().echo(&check, at(1_714_036_504)), Ok("4375120948345356249".to_owned()));
    check.nonce = "1514711493".to_owned();
    assert_eq!(published().echo(&check, at(1_714_036_504)), Err(PushRefusal::Signature));
}

#[test]
fn the_published_push_in_plain_mode_is_accepted_and_unknown() {
    let gate = PushGate { keys: Vec::new(), ..published() };
    let push = query(Some("899cf89e464efb63f54ddac96b0a0a235f53aa78"), None, "1714037059", "486452656");
    let body = r#"{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY",
        "CreateTime":1714037059,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}"#;

    let message = gate.open(&push, body.as_bytes(), (PUBLISHED_APP, at(1_714_037_059))).expect("a message");

    assert_eq!((message.name().as_str(), message.get("debug_str")), ("debug_demo", Some("hello world")));
    assert!(matches!(read(body), Pushed::Other));
}

#[test]
fn the_published_push_in_secure_mode_is_decrypted() {
    let push = query(
        Some("6c5c811b55cc85e0e1b54100749188c20beb3f5d"),
        Some("046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"),
        "1714112445",
        "415670741",
    );
    let body = format!(r#"{{"ToUserName":"gh_97417a04a28d","Encrypt":"{PUBLISHED_ENCRYPT}"}}"#);

    let message = published().open(&push, body.as_bytes(), (PUBLISHED_APP, at(1_714_112_445))).expect("a message");

    assert_eq!(message.get("FromUserName"), Some("o9AgO5Kd5ggOC-bXrbNODIiE3bGY"));
    assert_eq!(message.name(), "debug_demo");
}

#[test]
fn a_push_in_xml_is_decrypted_with_the_present_key_or_the_one_before() {
    let body = enveloped(ENCRYPT);
    let other: EncodingAesKey = "A".repeat(43).parse().expect("a key");
    let keys: EncodingAesKey = KEY.parse().expect("a key");

    for gate in [ours(), PushGate { keys: vec![other, keys], ..ours() }] {
        let message = gate.open(&of_ours(), body.as_bytes(), (APP, at(1_760_000_000))).expect("a message");
        assert_eq!((message.name().as_str(), message.get("FromUserName")), ("subscribe", Some(OPEN_ID)));
    }
}

#[test]
fn a_forged_or_old_or_misdirected_push_is_refused() {
    let now = (APP, at(1_760_000_000));
    let body = enveloped(ENCRYPT);
    let open = |gate: &PushGate, query: &PushQuery, body: &str, now| gate.open(query, body.as_bytes(), now).err();
    let with = |change: fn(&mut PushQuery)| {
        let mut query = of_ours();
        change(&mut query);
        query
    };

    assert_eq!(open(&ours(), &of_ours(), &body, now), None);
    for forged in [
        with(|query| query.msg_signature = None),
        with(|query| query.msg_signature = Some("6521bc4513b945f48e8209c3f53e132c01af0858".to_owned())),
        with(|query| query.signature = Some(String::new())),
        with(|query| query.nonce = "1".to_owned()),
        with(|query| query.timestamp = "1760000001".to_owned()),
        with(|query| query.timestamp = String::new()),
    ] {
        assert_eq!(open(&ours(), &forged, &body, now), Some(PushRefusal::Signature));
    }
    for (late, refused) in [(300, None), (301, Some(PushRefusal::Stale)), (-301, Some(PushRefusal::Stale))] {
        assert_eq!(open(&ours(), &of_ours(), &body, (APP, at(1_760_000_000 + late))), refused);
    }
    assert_eq!(open(&ours(), &of_ours(), &body, (PUBLISHED_APP, now.1)), Some(PushRefusal::Undecipherable));
    let other_key = PushGate { keys: published().keys, ..ours() };
    assert_eq!(open(&other_key, &of_ours(), &body, now), Some(PushRefusal::Undecipherable));
    assert_eq!(open(&ours(), &of_ours(), &event(""), now), Some(PushRefusal::Plain));
    let tampered = enveloped(&ENCRYPT.replacen("4j", "5j", 1));
    assert_eq!(open(&ours(), &of_ours(), &tampered, now), Some(PushRefusal::Signature));
    let wrong_token = PushGate { token: "sandbox_token_02".into(), ..ours() };
    assert_eq!(open(&wrong_token, &of_ours(), &body, now), Some(PushRefusal::Signature));
    let plain = PushGate { keys: Vec::new(), ..ours() };
    let unsigned = with(|query| query.signature = None);
    assert_eq!(open(&plain, &unsigned, &event(""), now), Some(PushRefusal::Signature));
}

#[test]
fn messages_that_are_malformed_or_ambiguous_are_refused() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;\">]><xml><Event>&b;</Event></xml>";
    let deep = format!("<xml>{}{}</xml>", "<a>".repeat(9), "</a>".repeat(9));
    for (body, bad) in [
        (bomb, BadMessage::Entity),
        ("<xml><Event>&xxe;</Event></xml>", BadMessage::Entity),
        ("<xml><Event>a</Event><Event>b</Event></xml>", BadMessage::Twice),
        (r#"{"Event":"a","Event":"b"}"#, BadMessage::Twice),
        (r#"{"Event":"a"," Event":"b"}"#, BadMessage::Twice),
        (&deep, BadMessage::Deep),
        ("", BadMessage::Unreadable),
        ("hello", BadMessage::Unreadable),
        ("<xml><Event>a</Event>", BadMessage::Unreadable),
        ("<xml><Event>a</Other></xml>", BadMessage::Unreadable),
        ("<xml></xml><xml></xml>", BadMessage::Unreadable),
        ("<xml></xml>rest", BadMessage::Unreadable),
        ("[1]", BadMessage::Unreadable),
        (r#"{"Event":"#, BadMessage::Unreadable),
    ] {
        assert_eq!(PushMessage::parse(body.as_bytes()), Err(bad), "{body}");
    }
    assert_eq!(PushMessage::parse(b"<xml><a>\xff</a></xml>"), Err(BadMessage::Unreadable));
}

#[test]
fn fields_are_trimmed_text_and_nested_ones_are_left_out() {
    let xml = "\u{feff}<?xml version=\"1.0\"?>\n<xml> <A> x &amp; <![CDATA[<y>]]>&#x4e2d; </A><B/><C><D>1</D>x</C><!-- no --></xml>\n";
    let json = r#"{" A":"x & <y>中","B":"","C":{"D":1},"E":[1],"F":true,"G":null,"N":17}"#;

    let [xml, json] = [xml, json].map(|body| PushMessage::parse(body.as_bytes()).expect("a message"));

    for message in [&xml, &json] {
        assert_eq!(message.get("A"), Some("x & <y>中"));
        assert_eq!((message.get("B"), message.get("C"), message.get("D")), (None, None, None));
    }
    assert_eq!(json.get("N"), Some("17"));
    assert!(!format!("{xml:?}").contains("<y>"));
}

#[test]
fn the_hash_tells_events_of_one_second_apart_and_is_the_same_for_both_formats() {
    let of = |body: &str| PushMessage::parse(body.as_bytes()).expect("a message").hash();

    let one = of("<xml><Event>a</Event><CreateTime>1</CreateTime></xml>");
    assert_eq!(one, of(r#"{"CreateTime":1,"Event":"a"}"#));
    for other in [
        "<xml><Event>b</Event><CreateTime>1</CreateTime></xml>",
        "<xml><Event>a1</Event><CreateTime></CreateTime></xml>",
    ] {
        assert_ne!(one, of(other));
    }
}

#[test]
fn follows_and_scans_name_the_person_and_the_scene() {
    let of = |fields: &str| person(&event(fields)).event;
    let scene = |text: &str| Some(text.to_owned());

    assert_eq!(of("<Event>subscribe</Event><EventKey></EventKey>"), PersonPushed::Followed { scene: None });
    let scanned = "<Event>subscribe</Event><EventKey>qrscene_t-7</EventKey><Ticket>x</Ticket>";
    assert_eq!(of(scanned), PersonPushed::Followed { scene: scene("t-7") });
    assert_eq!(
        of("<Event>subscribe</Event><EventKey>last_trade_no_1</EventKey>"),
        PersonPushed::Followed { scene: None }
    );
    assert_eq!(of("<Event>unsubscribe</Event>"), PersonPushed::Unfollowed);
    for name in ["SCAN", "scan"] {
        let scanned = PersonPushed::Scanned { scene: "7".to_owned() };
        assert_eq!(of(&format!("<Event>{name}</Event><EventKey>7</EventKey>")), scanned);
    }
    let follower = person(&event("<Event>subscribe</Event>"));
    assert_eq!((follower.open_id.as_str(), follower.at), (OPEN_ID, at(1_760_000_000)));
}

#[test]
fn the_person_of_an_event_about_permissions_is_in_open_id() {
    let about = "<OpenID>oLan</OpenID><UnionID>uLan</UnionID><AppID>wxabcdef0123456789</AppID>";
    let of = |name: &str, more: &str| person(&event(&format!("<Event>{name}</Event>{about}{more}")));

    let cancelled = of("user_authorization_cancellation", "");

    assert_eq!(cancelled.open_id.as_str(), "oLan");
    assert_eq!(cancelled.event, PersonPushed::Cancelled);
    assert_eq!(of("user_info_modified", "").event, PersonPushed::ProfileCleared);
    for (info, nickname, avatar_url) in [
        ("205", true, true),
        ("301", true, true),
        ("6", true, true),
        ("19", true, false),
        ("20", false, true),
        ("19,20", true, true),
        ("201|20", false, true),
        ("8", false, false),
        ("206", false, false),
    ] {
        let revoked = of("user_authorization_revoke", &format!("<RevokeInfo>{info}</RevokeInfo>"));
        assert_eq!(revoked.event, PersonPushed::Revoked { nickname, avatar_url }, "{info}");
    }
}

#[test]
fn a_message_without_a_person_or_a_time_says_nothing_about_a_person() {
    for message in [
        event("<Event>CLICK</Event><EventKey>menu</EventKey>"),
        event("<Event>SCAN</Event>"),
        event("<Event>user_info_modified</Event><UnionID>uLan</UnionID>"),
        event("<Event>user_authorization_revoke</Event><OpenID>oLan</OpenID>"),
        "<xml><FromUserName>oLan</FromUserName><MsgType>event</MsgType><Event>subscribe</Event></xml>".to_owned(),
        "<xml><CreateTime>9223372036854775807</CreateTime><FromUserName>oLan</FromUserName><MsgType>event</MsgType><Event>subscribe</Event></xml>".to_owned(),
        "<xml><FromUserName>oLan</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><Event>subscribe</Event></xml>".to_owned(),
    ] {
        assert!(matches!(read(&message), Pushed::Other), "{message}");
    }
}

#[tokio::test]
async fn tickets_of_a_platform_and_of_a_suite_are_stored() {
    let platform =
        "app_id = \"wxabcdef0123456789\"\ncomponent_app_id = \"wx0000000000000001\"\ncomponent_app_secret = \"s\"";
    let suite = "suite_id = \"ww0123456789abcdef\"\nsuite_secret = \"s\"";
    for (kind, table, receiver, message) in [
        (
            "wechat-platform-official-account",
            platform,
            "wx0000000000000001",
            "<xml><AppId>wx0000000000000001</AppId><CreateTime>1</CreateTime><InfoType>component_verify_ticket</InfoType>\
             <ComponentVerifyTicket>ticket@@@1</ComponentVerifyTicket></xml>",
        ),
        (
            "wecom-third-party",
            suite,
            "ww0123456789abcdef",
            "<xml><SuiteId>ww0123456789abcdef</SuiteId><InfoType>suite_ticket</InfoType><TimeStamp>1</TimeStamp>\
             <SuiteTicket>ticket@@@1</SuiteTicket></xml>",
        ),
    ] {
        let provider = provider(kind, table);
        let reader = provider.push_reader().expect("a reader");
        let Pushed::Secret(ticket) = reader.read(&PushMessage::parse(message.as_bytes()).expect("a message")) else {
            panic!("no ticket")
        };

        assert_eq!((reader.receiver(), ticket.expose_secret()), (receiver, "ticket@@@1"));
        reader.keep(ticket).await.expect("stored");
    }
}

#[test]
fn the_check_of_an_address_by_wecom_is_decrypted() {
    // The text ends with the company's id instead of the suite's.
    let mut check = query(None, None, "1760000000", "904417236");
    check.msg_signature = Some("6521bc4513b945f48e8209c3f53e132c01af0857".to_owned());
    check.echostr = Some(ENCRYPT.to_owned());

    let echo = ours().echo(&check, at(1_760_000_000)).expect("a text");

    assert!(echo.starts_with("<xml><ToUserName>"), "{echo}");
    check.echostr = Some(PUBLISHED_ENCRYPT.to_owned());
    assert_eq!(ours().echo(&check, at(1_760_000_000)), Err(PushRefusal::Signature));
}
