//! Tests of the journal's row format: each change and evidence is written as before, and rows of every version can be
//! read.

use domain::phone::Line;
use domain::{LinkEventId, OpenKey, PhoneNumber, Resolution, Rule, Timestamp, UnionKey, UserId};
use entities::link_event;
use entities::user::Status;

use super::{Change, Evidence, ImportedLink, Link, MergeRecord, Moved, Row, UndoRecord, read_event};
use crate::person_event::ProfileFields;
use crate::{Actor, StoreError};

const LAN: &str = "usr_00000000000000000000000000000001";
const WEI: &str = "usr_00000000000000000000000000000002";
const AT: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// Returns an id of any type.
fn id<T: std::str::FromStr<Err = domain::BadId>>(prefix: &str, last: u8) -> T {
    format!("{prefix}_{last:032x}").parse().expect("an id")
}

fn union(id: &str) -> UnionKey {
    UnionKey { scope: "hemu".parse().expect("a scope"), union_id: id.parse().expect("a union id") }
}

fn row(user: &str, nickname: Option<&str>, external_id: Option<&str>) -> Row {
    Row {
        id: user.parse().expect("an id"),
        nickname: nickname.map(ToOwned::to_owned),
        avatar_url: None,
        own_nickname: None,
        own_avatar_url: None,
        external_id: external_id.map(|id| id.parse().expect("an id")),
    }
}

fn of_number() -> Evidence {
    Evidence::of_number(&PhoneNumber::parse("13800000001").expect("a number"))
}

fn moved() -> Moved {
    Moved {
        links: vec![id("oid", 1)],
        unions: vec![union("u1")],
        phone: Some(id("phn", 1)),
        ended: Some(id("phn", 2)),
        cases: vec![id("cfl", 1)],
    }
}

fn merge() -> Change {
    let (from, into) = (row(WEI, Some("Wei"), Some("M-1")), row(LAN, None, None));
    let survivor = row(LAN, Some("Wei"), Some("M-1"));
    Change::Merged(Box::new(MergeRecord { from, into, survivor, moved: moved() }))
}

fn undo() -> Change {
    let (before, restored, after) = (row(LAN, Some("Wei"), None), row(WEI, None, None), row(LAN, None, None));
    Change::MergeUndone(Box::new(UndoRecord { before, returned: moved(), restored, after }))
}

const MOVED: &str = r#"{"cases":["cfl_00000000000000000000000000000001"],"ended":"phn_00000000000000000000000000000002","links":["oid_00000000000000000000000000000001"],"phone":"phn_00000000000000000000000000000001","unions":[{"scope":"hemu","unionId":"u1"}]}"#;

fn row_text(user: &str, nickname: &str, external_id: &str) -> String {
    format!(r#"{{"avatarUrl":null,"externalId":{external_id},"id":"{user}","nickname":{nickname}}}"#)
}

/// A change, the rule that makes it, and its columns.
type Written = (Change, Rule, String, String);

fn owned(texts: Vec<(Change, Rule, &str, &str)>) -> Vec<Written> {
    texts.into_iter().map(|(change, rule, before, after)| (change, rule, before.to_owned(), after.to_owned())).collect()
}

fn credentials() -> Vec<Written> {
    let attached = Change::UnionIdAttached { union: union("u1") };
    let claimed = Change::OpenIdAttached { link: Link { claimed: true } };
    let made = |union| Change::Linked { link: Some(Link { claimed: false }), union };
    let only_union = Change::Linked { link: None, union: Some(union("u1")) };
    let replaced = |old| Change::UnionIdReplaced { old, new: union("u2") };
    let unlinked = |linked_at, union| Change::OpenIdRemoved { link: id("oid", 1), linked_at, union };
    let texts = vec![
        (Change::Nothing {}, Rule::R5, "{}", "{}"),
        (attached, Rule::R1b, "{}", r#"{"union":{"scope":"hemu","unionId":"u1"}}"#),
        (claimed, Rule::R2, "{}", r#"{"link":{"claimed":true}}"#),
        (made(None), Rule::R3, "{}", r#"{"link":{"claimed":false},"union":null}"#),
        (
            made(Some(union("u1"))),
            Rule::R13,
            "{}",
            r#"{"link":{"claimed":false},"union":{"scope":"hemu","unionId":"u1"}}"#,
        ),
        (Change::Linked { link: None, union: None }, Rule::R4e, "{}", r#"{"link":null,"union":null}"#),
        (only_union, Rule::R1b, "{}", r#"{"link":null,"union":{"scope":"hemu","unionId":"u1"}}"#),
        (replaced(None), Rule::R14, r#"{"union":null}"#, r#"{"union":{"scope":"hemu","unionId":"u2"}}"#),
        (
            replaced(Some(union("u1"))),
            Rule::R5,
            r#"{"union":{"scope":"hemu","unionId":"u1"}}"#,
            r#"{"union":{"scope":"hemu","unionId":"u2"}}"#,
        ),
        (
            unlinked(Some(AT), Some(union("u1"))),
            Rule::R7,
            r#"{"link":"oid_00000000000000000000000000000001","linkedAt":1760000000000,"union":{"scope":"hemu","unionId":"u1"}}"#,
            "{}",
        ),
        (
            unlinked(None, None),
            Rule::R7,
            r#"{"link":"oid_00000000000000000000000000000001","linkedAt":null,"union":null}"#,
            "{}",
        ),
    ];
    owned(texts)
}

fn phones() -> Vec<Written> {
    let bound = |old, taken| Change::PhoneBound { old, taken, new: id("phn", 3) };
    let [one, two] = [1, 2].map(|last| Some(id("phn", last)));
    owned(vec![
        (bound(None, None), Rule::R4a, "{}", r#"{"phone":"phn_00000000000000000000000000000003"}"#),
        (
            bound(one, None),
            Rule::R4d,
            r#"{"phone":"phn_00000000000000000000000000000001"}"#,
            r#"{"phone":"phn_00000000000000000000000000000003"}"#,
        ),
        (
            bound(None, two),
            Rule::R6,
            r#"{"taken":"phn_00000000000000000000000000000002"}"#,
            r#"{"phone":"phn_00000000000000000000000000000003"}"#,
        ),
        (
            bound(None, two),
            Rule::R14,
            r#"{"phone":null,"taken":"phn_00000000000000000000000000000002"}"#,
            r#"{"phone":"phn_00000000000000000000000000000003"}"#,
        ),
        (
            Change::PhoneRemoved { phone: id("phn", 1) },
            Rule::R7,
            r#"{"phone":"phn_00000000000000000000000000000001"}"#,
            "{}",
        ),
    ])
}

fn accounts() -> Vec<Written> {
    let (app, open_id) = ("wx1".parse().expect("an app"), "o1".parse().expect("an open id"));
    let imported = Change::Imported {
        phone: None,
        links: vec![ImportedLink { app, open_id, claimed: true }],
        unions: vec![union("u1")],
    };
    let disabled = Change::StatusChanged { old: Status::Active, new: Status::Disabled };
    let [wei, lan] = [row_text(WEI, r#""Wei""#, r#""M-1""#), row_text(LAN, "null", "null")];
    let survivor = row_text(LAN, r#""Wei""#, r#""M-1""#);
    let (restored, before) = (row_text(WEI, "null", "null"), row_text(LAN, r#""Wei""#, "null"));
    vec![
        (
            imported,
            Rule::Import,
            "{}".to_owned(),
            r#"{"links":[{"app":"wx1","claimed":true,"openId":"o1"}],"phone":null,"unions":[{"scope":"hemu","unionId":"u1"}]}"#
                .to_owned(),
        ),
        (
            merge(),
            Rule::R8,
            format!(r#"{{"from":{wei},"into":{lan}}}"#),
            format!(r#"{{"into":{survivor},"moved":{MOVED}}}"#),
        ),
        (
            undo(),
            Rule::R8,
            format!(r#"{{"into":{before}}}"#),
            format!(r#"{{"from":{restored},"into":{lan},"returned":{MOVED}}}"#),
        ),
        (disabled, Rule::R14, r#"{"status":"ACTIVE"}"#.to_owned(), r#"{"status":"DISABLED"}"#.to_owned()),
    ]
}

#[test]
fn a_change_is_written_as_ever_and_read_as_it_was() {
    for (change, rule, before, after) in credentials().into_iter().chain(phones()).chain(accounts()) {
        assert_eq!(change.write(rule), [before.clone(), after.clone()]);
        assert_eq!(Change::read(&before, &after).expect("a change"), change);
    }
}

fn proved() -> Vec<(Evidence, Rule, &'static str)> {
    let of_key = Evidence::of_open_id(&"wx1".parse().expect("an app"), &"o1".parse().expect("an open id"));
    let with_union = Evidence { union: Some(union("u1")), ..of_key.clone() };
    let of_number = of_number();
    let taken = |last_proof_at| Evidence { line: Some(Line::Recycled), last_proof_at, ..of_number.clone() };
    let told =
        Evidence { told_by: Some(id::<domain::ServiceTokenId>("svc", 1).into()), told_at: Some(AT), ..of_key.clone() };
    let fields = Some(ProfileFields { nickname: true, avatar_url: false });
    vec![
        (of_key.clone(), Rule::R3, r#"{"app":"wx1","openId":"o1","union":null}"#),
        (with_union, Rule::R3, r#"{"app":"wx1","openId":"o1","union":{"scope":"hemu","unionId":"u1"}}"#),
        (of_key, Rule::R7, r#"{"app":"wx1","openId":"o1"}"#),
        (of_number.clone(), Rule::R4a, r#"{"phone":"+86*******0001"}"#),
        (taken(None), Rule::R6, r#"{"lastProofAt":null,"line":"RECYCLED","phone":"+86*******0001"}"#),
        (taken(Some(AT)), Rule::R6, r#"{"lastProofAt":1760000000000,"line":"RECYCLED","phone":"+86*******0001"}"#),
        (
            Evidence { fields, ..told.clone() },
            Rule::R11,
            r#"{"app":"wx1","fields":{"avatarUrl":false,"nickname":true},"openId":"o1","toldAt":1760000000000,"toldBy":"svc_00000000000000000000000000000001"}"#,
        ),
        (
            told,
            Rule::R12,
            r#"{"app":"wx1","openId":"o1","toldAt":1760000000000,"toldBy":"svc_00000000000000000000000000000001"}"#,
        ),
    ]
}

fn said() -> Vec<(Evidence, Rule, &'static str)> {
    let undone = |reason| Evidence { undoes: Some(id("evt", 1)), reason, ..Evidence::default() };
    let phone = of_number().phone;
    let closed = Evidence {
        case: Some(id("cfl", 1)),
        decision: Some(Resolution::GivePhone),
        phone: phone.clone(),
        ..Evidence::of_reason("it is hers")
    };
    let imported = |phone, open_ids, union_ids| Evidence {
        external_id: Some("M-1".parse().expect("an id")),
        phone,
        open_ids: Some(open_ids),
        union_ids: Some(union_ids),
        ..Evidence::default()
    };
    let offer = Evidence { offer: Some(Rule::R4b), ..Evidence::default() };
    let key = OpenKey { app: "wx1".parse().expect("an app"), open_id: "o1".parse().expect("an open id") };
    vec![
        (Evidence::default(), Rule::R8, "{}"),
        (offer, Rule::R8, r#"{"offer":"R4b"}"#),
        (undone(None), Rule::R8, r#"{"reason":null,"undoes":"evt_00000000000000000000000000000001"}"#),
        (
            undone(Some("by mistake".to_owned())),
            Rule::R14,
            r#"{"reason":"by mistake","undoes":"evt_00000000000000000000000000000001"}"#,
        ),
        (
            closed,
            Rule::R14,
            r#"{"case":"cfl_00000000000000000000000000000001","decision":"GIVE_PHONE","phone":"+86*******0001","reason":"it is hers"}"#,
        ),
        (
            imported(None, vec![], vec![]),
            Rule::Import,
            r#"{"externalId":"M-1","openIds":[],"phone":null,"unionIds":[]}"#,
        ),
        (
            imported(phone, vec![key], vec![union("u1")]),
            Rule::Import,
            r#"{"externalId":"M-1","openIds":[{"app":"wx1","openId":"o1"}],"phone":"+86*******0001","unionIds":[{"scope":"hemu","unionId":"u1"}]}"#,
        ),
    ]
}

#[test]
fn an_evidence_is_written_as_ever_and_read_as_it_was() {
    for (evidence, rule, text) in proved().into_iter().chain(said()) {
        assert_eq!(evidence.write(rule), text);
        assert_eq!(Evidence::read(text).expect("an evidence"), evidence, "{text}");
    }
}

#[test]
fn an_evidence_of_the_first_version_is_read() {
    let read = Evidence::read(r#"{"phone":"+86*******0001","line":"recycled"}"#).expect("an evidence");

    assert_eq!(read, Evidence { line: Some(Line::Recycled), ..of_number() });
}

/// The first versions wrote neither `ended` nor `cases`.
#[test]
fn a_merge_of_the_first_version_is_read() {
    let [wei, lan] = [row_text(WEI, "null", "null"), row_text(LAN, "null", "null")];
    let (before, after) = (
        format!(r#"{{"from":{wei},"into":{lan}}}"#),
        format!(r#"{{"into":{lan},"moved":{{"links":[],"phone":null,"unions":[]}}}}"#),
    );

    let read = Change::read(&before, &after).expect("a merge");

    let [from, into] = [row(WEI, None, None), row(LAN, None, None)];
    let moved = Moved { links: vec![], unions: vec![], phone: None, ended: None, cases: vec![] };
    assert_eq!(read, Change::Merged(Box::new(MergeRecord { from, survivor: into.clone(), into, moved })));
}

#[test]
fn a_row_that_cannot_be_read_is_corrupt() {
    let user: UserId = LAN.parse().expect("an id");
    let row = link_event::Model {
        id: LinkEventId::new(AT),
        user_id: user,
        other_user_id: None,
        rule: Rule::R7,
        evidence: "{}".to_owned(),
        actor: Actor::Person.to_string(),
        session_id: None,
        at: AT,
        before: "{}".to_owned(),
        after: "{}".to_owned(),
    };
    assert!(read_event(&row).is_ok());
    let text = |text: &str| text.to_owned();

    for broken in [
        link_event::Model { actor: text("nobody"), ..row.clone() },
        link_event::Model { evidence: text("[]"), ..row.clone() },
        link_event::Model { evidence: text(r#"{"app":""}"#), ..row.clone() },
        link_event::Model { evidence: text(r#"{"case":"usr_1"}"#), ..row.clone() },
        link_event::Model { before: text(r#"{"phone":"oid_00000000000000000000000000000001"}"#), ..row.clone() },
        link_event::Model { after: text("null"), ..row.clone() },
        link_event::Model { after: text(r#"{"moved":{}}"#), ..row.clone() },
        link_event::Model { after: text(r#"{"unknown":1}"#), ..row },
    ] {
        let read = read_event(&broken);
        assert!(matches!(read, Err(StoreError::Corrupt { table: "link_events", .. })), "{broken:?}: {read:?}");
    }
}

#[test]
fn a_key_that_an_older_version_accepted_can_be_read() {
    let with = |key: &str| {
        let row = |id: &str| format!(r#"{{"avatarUrl":null,"externalId":"{key}","id":"{id}","nickname":null}}"#);
        let before = format!(r#"{{"from":{},"into":{}}}"#, row(WEI), row(LAN));
        let moved = MOVED.replace("u1", key);
        Change::read(&before, &format!(r#"{{"into":{},"moved":{moved}}}"#, row(LAN)))
    };

    for key in ["NULL", "1.38E+10", "0"] {
        let change = with(key).expect("a merge");

        let Change::Merged(record) = change else { panic!("{change:?}") };
        assert_eq!(record.from.external_id.as_ref().map(domain::ExternalId::as_str), Some(key));
        assert_eq!(record.moved.unions[0].union_id.as_str(), key);
    }
}
