//! Every event that the service creates matches its published schema, and contains neither a number in clear nor a
//! secret.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use acceptance::merging::{LAN, OTHER};
use acceptance::{Client, Company, Server, on_every_database};
use chrono::TimeDelta;
use domain::EventKind;
use serde_json::{Value, json};

use crate::{Message, Receiver, SECRET, deliver, order, read_feed, settings, system};

on_every_database!(every_event_has_its_schema_and_shows_no_number_and_no_secret);

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

fn schema(kind: &str) -> Value {
    let file = docs().join(format!("schemas/webhooks/v1/{kind}.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// Returns what is wrong with an event. A field that its schema does not describe is wrong, too.
pub(crate) fn wrong(event: &Value) -> Vec<String> {
    let schema = schema(event["type"].as_str().expect("a type"));
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let mut wrong: Vec<String> = validator.iter_errors(event).map(|error| error.to_string()).collect();
    let fields = |value: &Value| -> BTreeSet<String> {
        value.as_object().into_iter().flat_map(|map| map.keys().cloned()).collect()
    };
    let unknown = |value: &Value, described: &Value| {
        let (has, may) = (fields(value), fields(&described["properties"]));
        has.difference(&may).map(|field| format!("the schema has no {field}")).collect::<Vec<_>>()
    };
    wrong.extend(unknown(event, &schema));
    wrong.extend(unknown(&event["data"], &schema["properties"]["data"]));
    wrong
}

/// Lan has two accounts, which are merged and separated again.
async fn merge(company: &Company) {
    let (lan, refused) = Box::pin(company.offered()).await;
    let merged = lan.merge_keeping_own(&refused.merge_token()).await.data()["mergeUsers"].clone();
    let lan = company.sign_in("shop", "lan").await;
    lan.undo(&merged["mergeId"], None).await.data();
}

/// Wei logs in without a unionId and then with it, adds a login and removes it, and binds, changes and removes a
/// number.
async fn link(company: &Company) -> Client {
    let mut wei = company.client();
    let code = company.code_for("shop", "wei", "snsapi_base").await;
    wei.carry(&wei.log_in(&code, "shop").await.data()["wechatLogin"]);
    let wei = company.sign_in_on(&wei, "shop", "wei").await;
    let code = company.code("mini", "wei").await;
    wei.link(&json!({ "app": "mini", "code": code })).await.data();
    wei.unlink("mini").await.data();
    company.clock.advance(TimeDelta::minutes(2));
    let wei = company.sign_in_on(&wei, "shop", "wei").await;
    company.prove(&wei, "+8613800000011").await.data();
    company.clock.advance(TimeDelta::minutes(2));
    company.change(&wei, "+8613800000012").await.data();
    wei.unbind().await.data();
    wei
}

/// An operator closes a case, and disables and enables an account.
async fn operate(company: &Company, operator: &Client, wei: &Client) {
    let another = "+8613800000013";
    company.member("C-1009", another, 10).await;
    company.clock.advance(TimeDelta::minutes(2));
    company.prove(wei, "+8613800000014").await.data();
    company.clock.advance(TimeDelta::minutes(2));
    let wei = &company.sign_in_on(wei, "shop", "wei").await;
    assert_eq!(company.prove(wei, another).await.code(), "PHONE_OWNED_BY_ANOTHER");
    let cases = operator.ask("{ conflicts(filter: { open: true }) { nodes { id kind } } }").await;
    let close =
        "mutation ($id: ID!) { resolveConflict(id: $id, decision: KEEP_APART, reason: \"two people\") { mergeId } }";
    let id = &cases.data()["conflicts"]["nodes"][0]["id"];
    operator.send(close, json!({ "id": id })).await.data();
    let id = wei.id().await;
    for act in ["disableUser", "enableUser"] {
        let act = format!("mutation ($id: ID!) {{ {act}(id: $id, reason: \"a test\") {{ changed }} }}");
        operator.send(&act, json!({ "id": id })).await.data();
    }
}

async fn every_event_has_its_schema_and_shows_no_number_and_no_secret(server: Server) {
    let receiver = Receiver::start().await;
    let company = Box::pin(Company::open_with(server, settings(vec![receiver.table("crm")]))).await;
    let operator = system(&company).await;
    Box::pin(merge(&company)).await;
    let wei = Box::pin(link(&company)).await;
    Box::pin(operate(&company, &operator, &wei)).await;
    order(&operator, &company, "S-1", "PAID").await;
    order(&operator, &company, "S-1", "SHIPPED").await;

    deliver(&company).await;

    let arrived = receiver.take();
    let mut kinds = BTreeSet::new();
    for message in &arrived {
        let event = message.json();
        assert_eq!(wrong(&event), [""; 0], "{event}");
        assert_eq!(event["id"], message.id);
        kinds.insert(message.kind().parse::<EventKind>().expect("a kind"));
    }
    // Another part of the service erases a person.
    let missing: Vec<_> = EventKind::ALL.iter().filter(|kind| !kinds.contains(*kind)).collect();
    assert_eq!(missing, [&EventKind::PersonErased]);
    let all: String = arrived.iter().map(|message| message.body.as_str()).collect();
    let secrets = [operator.bearer.clone(), wei.bearer.clone(), Some(SECRET.to_owned())];
    for hidden in [LAN, OTHER, "138000000"].into_iter().map(str::to_owned).chain(secrets.into_iter().flatten()) {
        assert!(!all.contains(&hidden), "{hidden}");
    }
    assert_eq!(phones(&arrived), ["+86*******0002", "bound"]);
    let feed = read_feed(&operator, 100, &mut None).await;
    assert_eq!(feed.len(), arrived.len());
}

/// Returns the first change of a number, in the order of the feed: messages about two people arrive in any order.
fn phones(arrived: &[Message]) -> Vec<String> {
    let changes = arrived.iter().map(Message::json).filter(|event| event["type"] == "phone.changed");
    let sequence = |event: &Value| event["sequence"].as_str().and_then(|text| text.parse::<i64>().ok());
    let change = changes.min_by_key(sequence).expect("a change");
    ["phone", "change"].map(|field| change["data"][field].as_str().expect("text").to_owned()).to_vec()
}

#[test]
fn the_documentation_shows_every_event_as_its_schema_has_it() {
    let page = std::fs::read_to_string(docs().join("webhooks.md")).expect("docs/webhooks.md");
    let blocks = page.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut shown = BTreeMap::new();
    for block in blocks {
        let event: Value = serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}: {block}"));
        let kind = event["type"].as_str().expect("a type").to_owned();
        assert_eq!(wrong(&event), [""; 0], "{block}");
        shown.insert(kind, event);
    }
    let all: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let shown: BTreeSet<&str> = shown.keys().map(String::as_str).collect();
    assert_eq!(shown, all.into_iter().collect());
}
