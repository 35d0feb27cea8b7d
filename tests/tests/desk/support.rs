//! The operations of a support desk: the search, an account as an operator reads it, merges of two accounts, ended
//! sessions, and full phone numbers.

use std::path::Path;

use acceptance::merging::{LAN, OTHER};
use acceptance::{Answer, Client, Company, Server, on_every_database};
use chrono::TimeDelta;
use domain::{AuditAction, ServiceScope};
use serde_json::{Value, json};

on_every_database!(
    the_examples_lead_from_the_call_to_the_answer,
    one_box_finds_a_person_by_every_key_and_says_why,
    a_search_comes_in_pages_those_with_the_key_first,
    a_former_id_and_a_disabled_account_are_found,
    a_text_that_means_nothing_is_refused,
    a_full_number_needs_its_scope_and_each_reading_is_audited,
    a_history_is_read_from_both_ends,
    two_people_are_not_merged_and_the_preview_says_why,
    r14_a_merge_that_an_operator_decides_is_in_the_journal_and_the_audit,
    ended_sessions_are_refused_and_audited,
    r14_a_number_that_an_operator_set_is_taken_from_no_account_and_opens_nothing_until_it_is_proved,
    statistics_count_a_time_to_the_millisecond_and_open_cases_by_age,
);

const DESK: [ServiceScope; 3] = [ServiceScope::UsersRead, ServiceScope::OrdersRead, ServiceScope::ConflictsRead];

/// Returns the examples of `docs/support.md`, in the order of the page.
fn examples() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/support.md");
    let page = std::fs::read_to_string(page).expect("docs/support.md");
    let blocks = page.split("```graphql\n").skip(1);
    blocks.map(|block| block.split("```").next().expect("the end of an example").to_owned()).collect()
}

/// Lan has two accounts: one of the club, from a login without a unionId, and one of the shop. Each has an order.
async fn two_halves(company: &Company) -> [(Client, Value); 2] {
    let mut club = company.client();
    let code = company.code_for("club", "lan", "snsapi_base").await;
    club.carry(&club.log_in(&code, "club").await.data()["wechatLogin"]);
    company.clock.advance(TimeDelta::minutes(1));
    let shop = company.sign_in("shop", "lan").await;
    let writer = company.system(&[ServiceScope::OrdersWrite]).await;
    for (app, number) in [("club", "C-7"), ("shop", "S-8")] {
        let order = json!([{ "app": app, "orderNo": number, "openId": company.sandbox.open_id(app, "lan"), "status": "PAID",
            "total": { "amount": "2.00", "currency": "CNY" }, "placedAt": "2025-01-01T00:00:00Z" }]);
        writer.record(order).await;
    }
    let [of_club, of_shop] = [club.id().await, shop.id().await];
    assert_ne!(of_club, of_shop);
    [(club, of_club), (shop, of_shop)]
}

async fn found(client: &Client, text: &str) -> Answer {
    let query = "query ($text: String!) { people(search: $text) { nodes {
        user { id } matches { kind key app unionScope formerId } } pageInfo { hasNextPage hasPreviousPage } } }";
    client.send(query, json!({ "text": text })).await
}

/// Returns the ids and the kinds of matches that a text finds.
async fn kinds(client: &Client, text: &str) -> Vec<(Value, Vec<Value>)> {
    let answer = found(client, text).await;
    let people = answer.data()["people"]["nodes"].as_array().expect("people").clone();
    let kinds =
        |person: &Value| person["matches"].as_array().expect("matches").iter().map(|one| one["kind"].clone()).collect();
    people.iter().map(|person| (person["user"]["id"].clone(), kinds(person))).collect()
}

async fn the_examples_lead_from_the_call_to_the_answer(server: Server) {
    let company = Company::open(server).await;
    let [(club, of_club), (_, of_shop)] = two_halves(&company).await;
    let agent = company.system(ServiceScope::ALL).await;
    let page = examples();
    let [find, understand, compare, merge, take_back, sign_out, who_read, new_number, numbers, health] = &page[..]
    else {
        panic!("the page has {} examples", page.len())
    };

    let mut halves = Vec::new();
    for number in ["订单号：C-7", " S-8 "] {
        let answer = agent.send(find, json!({ "search": number })).await;
        let people = answer.data()["people"]["nodes"].clone();
        assert_eq!(people[0]["matches"][0]["kind"], "ORDER_NO", "{people}");
        halves.push(people[0]["user"]["id"].clone());
    }
    assert_eq!(halves, [of_club.clone(), of_shop.clone()]);
    let told = agent.send(understand, json!({ "id": of_club })).await.data()["user"].clone();
    assert_eq!(told["orders"]["totalCount"], 1);
    assert_eq!((&told["sessions"][0]["app"], &told["linkHistory"]["nodes"][0]["rule"]), (&json!("club"), &json!("R3")));
    let both = json!({ "one": of_club, "other": of_shop });
    let compared = agent.send(compare, both.clone()).await.data()["mergePeoplePreview"].clone();
    assert_eq!((&compared["obstacles"], &compared["clashes"]), (&json!([]), &json!([])), "{compared}");
    let reason = "knows the last order of both";
    let merge_it = json!({ "one": of_club, "other": of_shop, "reason": reason, "keep": [] });
    let merged = agent.send(merge, merge_it.clone()).await.data()["mergePeople"].clone();
    assert_eq!(club.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
    let told = agent.send(understand, json!({ "id": of_shop })).await.data()["user"].clone();
    assert_eq!((&told["orders"]["totalCount"], &told["aliases"][0]["id"]), (&json!(2), &merged["formerId"]));
    assert_eq!(agent.send(merge, merge_it).await.code(), "INVALID_INPUT");
    let undo = json!({ "merge": merged["mergeId"], "reason": "they are two" });
    let undone = agent.send(take_back, undo).await.data()["undoMerge"].clone();
    assert_eq!((&undone["survivorId"], &undone["restoredId"]), (&merged["survivorId"], &merged["formerId"]));
    let again = company.sign_in("shop", "lan").await;
    let sign_it_out = json!({ "id": again.id().await, "reason": "a lost phone" });
    let ended = agent.send(sign_out, sign_it_out).await.data()["endSessions"].clone();
    assert_eq!(ended, json!({ "userId": of_shop, "endedSessions": 1 }));
    let read = agent.send(who_read, json!({ "id": of_shop })).await;
    assert_eq!(read.data()["auditEvents"]["nodes"], json!([]));
    let wanted = json!({ "id": of_shop, "phone": "138 0000 0001", "reason": "by letter" });
    let set = agent.send(new_number, wanted).await.data()["setPhone"].clone();
    assert_eq!(set, json!({ "userId": of_shop, "changed": true, "endedSessions": 0 }));
    let time = json!({ "since": "2025-10-09T00:00:00Z", "until": "2025-10-10T00:00:00Z" });
    let told = agent.send(numbers, time).await.data()["statistics"].clone();
    let hour = json!({ "hour": "2025-10-09T08:00:00+00:00", "logins": 3, "newPeople": 2, "merges": 1, "undos": 1 });
    assert_eq!(told["hours"], json!([hour]));
    assert_eq!(told["logins"], json!([{ "app": "shop", "count": 2 }, { "app": "club", "count": 1 }]));
    assert_eq!(told["rules"], json!([{ "rule": "R3", "count": 2 }, { "rule": "R14", "count": 3 }]));
    let seen = agent.send(health, json!({})).await.data()["health"].clone();
    assert_eq!((&seen["outbox"]["failed"], &seen["sms"]["today"]["codes"]), (&json!(0), &json!(0)));
    assert_eq!(seen["errors"].as_array().expect("errors").len(), 2, "{seen}");
}

async fn one_box_finds_a_person_by_every_key_and_says_why(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 10).await;
    company.clock.advance(TimeDelta::minutes(1));
    let mut lan = company.sign_in("shop", "lan").await;
    lan.carry(&company.prove(&lan, LAN).await.data()["bindPhone"]["session"]);
    let id = lan.id().await;
    let agent = company.system(&DESK).await;
    let [open_id, union_id] = [company.sandbox.open_id("shop", "lan"), company.sandbox.union_id("shop", "lan")];
    let [open_id, union_id] = [open_id.expect("an openId"), union_id.expect("a unionId")];
    let order = json!([{ "app": "shop", "orderNo": "2025 7", "openId": open_id, "status": "PAID",
        "total": { "amount": "2.00", "currency": "CNY" }, "placedAt": "2025-01-01T00:00:00Z" }]);
    company.system(&[ServiceScope::OrdersWrite]).await.record(order).await;

    let me = lan.ask("{ me { nickname } }").await;
    let nickname = me.data()["me"]["nickname"].as_str().expect("a nickname").to_lowercase();
    // A prefix of the nickname in another case.
    let nickname: String = nickname.chars().take(3).collect();

    let texts = [
        ("138 0000 0001", "PHONE"),
        ("手机号：１３８０００００００１（微信同号）", "PHONE"),
        (&format!(" {open_id}\n"), "OPEN_ID"),
        (&format!("联合：{union_id}"), "UNION_ID"),
        ("会员 C-1001", "EXTERNAL_ID"),
        ("2025 7", "ORDER_NO"),
        (&format!("用户 {}", id.as_str().expect("an id")), "USER_ID"),
        (&nickname[..], "NICKNAME"),
    ];
    for (text, kind) in texts {
        assert_eq!(kinds(&agent, text).await, [(id.clone(), vec![json!(kind)])], "{text}");
    }

    let why = async |text: &str| found(&agent, text).await.data()["people"]["nodes"][0]["matches"][0].clone();
    let of =
        |kind: &str, key: &str| json!({ "kind": kind, "key": key, "app": null, "unionScope": null, "formerId": null });
    assert_eq!(why("+8613800000001").await, of("PHONE", "+86*******0001"));
    let mut of_open_id = of("OPEN_ID", &open_id);
    of_open_id["app"] = json!("shop");
    assert_eq!(why(&open_id).await, of_open_id);
}

async fn a_search_comes_in_pages_those_with_the_key_first(server: Server) {
    let company = Company::open(server).await;
    // The external id of the first one is the nickname of the others.
    company.member("Lan", LAN, 10).await;
    for n in 0..7 {
        company.member(&format!("C-{n}"), &format!("+861380000010{n}"), 10).await;
    }
    let agent = company.system(&DESK).await;
    let query = "query ($first: Int, $after: String) { people(search: \"lan\", first: $first, after: $after) {
        edges { cursor node { user { externalId } matches { kind } } } pageInfo { hasNextPage hasPreviousPage endCursor } } }";
    let upper = query.replace("\"lan\"", "\"Lan\"");

    let mut seen = Vec::new();
    let mut after = Value::Null;
    loop {
        let answer = agent.send(&upper, json!({ "first": 3, "after": after })).await;
        let page = answer.data()["people"].clone();
        assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(!after.is_null()));
        let edges = page["edges"].as_array().expect("edges").clone();
        seen.extend(
            edges
                .iter()
                .map(|edge| (edge["node"]["user"]["externalId"].clone(), edge["node"]["matches"][0]["kind"].clone())),
        );
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }

    assert_eq!(seen[0], (json!("Lan"), json!("EXTERNAL_ID")));
    let mut rest: Vec<_> = seen[1..].iter().map(|(id, kind)| (id.to_string(), kind.to_string())).collect();
    rest.sort();
    let expected: Vec<_> = (0..7).map(|n| (format!("\"C-{n}\""), "\"NICKNAME\"".to_owned())).collect();
    assert_eq!(rest, expected);
    assert_eq!(agent.send(query, json!({ "first": 51 })).await.code(), "INVALID_PAGE");
    assert_eq!(
        agent.send(query, json!({ "first": 50 })).await.data()["people"]["edges"].as_array().map(Vec::len),
        Some(8)
    );
    for bad in ["", "AAAA", "/w", "CAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(agent.send(query, json!({ "after": bad })).await.code(), "INVALID_CURSOR", "{bad}");
    }
}

async fn a_former_id_and_a_disabled_account_are_found(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 10).await;
    company.clock.advance(TimeDelta::minutes(1));
    let mut lan = company.sign_in("shop", "lan").await;
    let former = lan.id().await;
    lan.carry(&company.prove(&lan, LAN).await.data()["bindPhone"]["session"]);
    let id = lan.id().await;
    assert_ne!(former, id);
    let agent = company.system(&[DESK.as_slice(), &[ServiceScope::UsersDisable]].concat()).await;
    let by_former = async || found(&agent, former.as_str().expect("an id")).await.data()["people"]["nodes"].clone();

    let expected = json!([{ "user": { "id": id },
        "matches": [{ "kind": "FORMER_ID", "key": former, "app": null, "unionScope": null, "formerId": former }] }]);
    assert_eq!(by_former().await, expected);
    agent
        .send("mutation ($id: ID!) { disableUser(id: $id, reason: \"abuse\") { changed } }", json!({ "id": id }))
        .await
        .data();

    assert_eq!(by_former().await, expected);
    let query = "query ($id: ID!) { user(id: $id) { id status aliases { id mergedIntoId } sessions { id } } node(id: $id) { id } }";
    let told = agent.send(query, json!({ "id": former })).await;
    let aliases = json!([{ "id": former, "mergedIntoId": id }]);
    assert_eq!(told.data()["user"], json!({ "id": id, "status": "DISABLED", "aliases": aliases, "sessions": [] }));
    assert_eq!(told.data()["node"], json!({ "id": id }));
}

async fn a_text_that_means_nothing_is_refused(server: Server) {
    let company = Company::open(server).await;
    let agent = company.system(&DESK).await;
    let lan = company.sign_in("shop", "lan").await;

    for text in ["", " \u{3000}\u{200B}", &"兰".repeat(301)] {
        assert_eq!(found(&agent, text).await.code(), "INVALID_INPUT", "{}", text.escape_unicode());
    }
    for text in ["nobody", "'; DROP TABLE users; --", "%", "usr_0199c2d4c5f07d1e8a3b5f6d7e8f9a0b", "🌿", "1.38E+10"] {
        assert_eq!(kinds(&agent, text).await, [], "{text}");
    }
    assert_eq!(found(&lan, "兰").await.code(), "FORBIDDEN");
    assert_eq!(found(&company.client(), "兰").await.code(), "UNAUTHENTICATED");
    assert_eq!(found(&company.system(&[ServiceScope::OrdersRead]).await, "兰").await.code(), "FORBIDDEN");
}

async fn a_full_number_needs_its_scope_and_each_reading_is_audited(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 10).await;
    company.clock.advance(TimeDelta::minutes(1));
    company.member("C-1002", OTHER, 10).await;
    let query = "{ people(search: \"Lan Xin\") { nodes { user { id externalId phone maskedPhone } } } }";
    let masked = company.system(&DESK).await;
    let full = company.system(&[ServiceScope::UsersRead, ServiceScope::UsersReadPhone]).await;

    let refused = masked.ask(query).await;
    let first = refused.0["data"]["people"]["nodes"][0]["user"].clone();
    assert_eq!((&first["phone"], &first["maskedPhone"]), (&Value::Null, &json!("+86*******0001")));
    assert_eq!(refused.code(), "FORBIDDEN");
    assert_eq!(company.audited(AuditAction::PhoneRead).await, Vec::<Value>::new());

    let shown = full.ask(query).await;
    let people = shown.data()["people"]["nodes"].as_array().expect("people").clone();
    let numbers: Vec<_> = people.iter().map(|person| person["user"]["phone"].clone()).collect();
    assert_eq!(numbers, [json!(LAN), json!(OTHER)]);
    let mut audited: Vec<_> =
        company.audited(AuditAction::PhoneRead).await.iter().map(|entry| entry["user"].clone()).collect();
    let mut expected: Vec<_> = people.iter().map(|person| person["user"]["id"].clone()).collect();
    audited.sort_by_key(ToString::to_string);
    expected.sort_by_key(ToString::to_string);
    assert_eq!(audited, expected);
    assert!(!format!("{:?}", company.audited(AuditAction::PhoneRead).await).contains("13800000001"));

    let key = "{ people(search: \"13800000001\") { nodes { matches { key } } } }";
    assert_eq!(full.ask(key).await.data()["people"]["nodes"][0]["matches"][0]["key"], LAN);
    assert_eq!(masked.ask(key).await.data()["people"]["nodes"][0]["matches"][0]["key"], "+86*******0001");
    assert_eq!(company.audited(AuditAction::PhoneRead).await.len(), 3);
}

async fn a_history_is_read_from_both_ends(server: Server) {
    let company = Company::open(server).await;
    let (lan, refused) = company.offered().await;
    company.clock.advance(TimeDelta::minutes(1));
    lan.merge_keeping_own(&refused.merge_token()).await.data();
    let query = "query ($first: Int, $after: String, $last: Int, $before: String) { me {
        linkHistory(first: $first, after: $after, last: $last, before: $before) {
            nodes { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } } }";
    let page = async |arguments: Value| {
        let answer = lan.send(query, arguments).await;
        let history = answer.data()["me"]["linkHistory"].clone();
        let ids: Vec<Value> =
            history["nodes"].as_array().expect("entries").iter().map(|node| node["id"].clone()).collect();
        (ids, history["pageInfo"].clone())
    };

    let (all, _) = page(json!({})).await;
    let (end, info) = page(json!({ "last": 2 })).await;
    let (before, first) = page(json!({ "last": 100, "before": info["startCursor"] })).await;

    assert!(all.len() > 2, "{all:?}");
    assert_eq!(end, all[all.len() - 2..]);
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(false), &json!(true)));
    assert_eq!([before, end].concat(), all);
    assert_eq!((&first["hasNextPage"], &first["hasPreviousPage"]), (&json!(true), &json!(false)));
    assert_eq!(lan.send(query, json!({ "first": 1, "last": 1 })).await.code(), "INVALID_PAGE");
}

const PREVIEW: &str = "query ($one: ID!, $other: ID!) { mergePeoplePreview(user: $one, other: $other) {
    obstacles { kind app unionScope } clashes moves { openIds orders fields } } }";

async fn two_people_are_not_merged_and_the_preview_says_why(server: Server) {
    let company = Company::open(server).await;
    let [lan, wei] = [company.sign_in("shop", "lan").await, company.sign_in("shop", "wei").await];
    let both = json!({ "one": lan.id().await, "other": wei.id().await });
    let agent = company.system(&[ServiceScope::UsersRead, ServiceScope::UsersManage]).await;
    let merge =
        "mutation ($one: ID!, $other: ID!) { mergePeople(user: $one, other: $other, reason: \"twins\") { mergeId } }";

    let preview = agent.send(PREVIEW, both.clone()).await;
    let merged = agent.send(merge, both.clone()).await;

    let expected = json!([
        { "kind": "TWO_OPEN_IDS", "app": "shop", "unionScope": null },
        { "kind": "TWO_UNION_IDS", "app": null, "unionScope": "hemu" },
    ]);
    assert_eq!(preview.data()["mergePeoplePreview"]["obstacles"], expected);
    assert_eq!(merged.code(), "LIMIT_BROKEN");
    assert_eq!(lan.id().await, both["one"]);
    for (other, code) in [(json!(both["one"]), "INVALID_INPUT"), (json!("usr_1"), "NOT_FOUND")] {
        let wrong = json!({ "one": both["one"], "other": other });
        assert_eq!(agent.send(PREVIEW, wrong.clone()).await.code(), code);
        assert_eq!(agent.send(merge, wrong).await.code(), code);
    }
    let reader = company.system(&[ServiceScope::UsersRead, ServiceScope::UsersWrite]).await;
    assert_eq!(reader.send(merge, both.clone()).await.code(), "FORBIDDEN");
    assert_eq!(lan.send(PREVIEW, both).await.code(), "FORBIDDEN");
}

async fn r14_a_merge_that_an_operator_decides_is_in_the_journal_and_the_audit(server: Server) {
    let company = Company::open(server).await;
    let (lan, _) = company.offered().await;
    let agent = company.system(ServiceScope::ALL).await;
    let one = lan.id().await;
    let other = kinds(&agent, "C-1001").await[0].0.clone();
    let both = json!({ "one": one, "other": other });
    let merge = "mutation ($one: ID!, $other: ID!, $keep: [MergeChoice!]!) {
        mergePeople(user: $one, other: $other, reason: \"showed both papers\", survivor: $one, keep: $keep) {
            survivorId formerId mergeId } }";

    let clashes = agent.send(PREVIEW, both.clone()).await.data()["mergePeoplePreview"]["clashes"].clone();
    assert_eq!(clashes, json!(["PHONE", "NICKNAME"]));
    let without = json!({ "one": one, "other": other, "keep": [] });
    assert_eq!(agent.send(merge, without).await.code(), "MERGE_CHOICE_REQUIRED");
    let keep = json!([{ "field": "PHONE", "user": one }, { "field": "NICKNAME", "user": one }]);
    // Entries of one millisecond are unordered.
    company.clock.advance(TimeDelta::seconds(1));
    let merged = agent.send(merge, json!({ "one": one, "other": other, "keep": keep })).await;
    let merged = merged.data()["mergePeople"].clone();

    assert_eq!((&merged["survivorId"], &merged["formerId"]), (&one, &other));
    assert_eq!(lan.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
    let history = "query ($id: ID!) { user(id: $id) { externalId linkHistory(first: 1) {
        nodes { id rule actor otherUserId evidence { reason } } } } }";
    let told = agent.send(history, json!({ "id": one })).await.data()["user"].clone();
    let entry = json!({ "id": merged["mergeId"], "rule": "R14", "actor": "OPERATOR", "otherUserId": other,
        "evidence": { "reason": "showed both papers" } });
    assert_eq!(told, json!({ "externalId": "C-1001", "linkHistory": { "nodes": [entry] } }));
    let audited = company.audited(AuditAction::UsersMerged).await;
    let detail = json!({ "merge": merged["mergeId"], "former": other, "reason": "showed both papers" });
    assert_eq!((audited.len(), &audited[0]["user"], &audited[0]["detail"]), (1, &one, &detail));
}

async fn ended_sessions_are_refused_and_audited(server: Server) {
    let company = Company::open(server).await;
    let [lan, also_lan] = [company.sign_in("shop", "lan").await, company.sign_in("shop", "lan").await];
    let id = lan.id().await;
    let agent = company.system(&[ServiceScope::UsersDisable]).await;
    let end = async |agent: &Client, reason: &str| {
        let query =
            "mutation ($id: ID!, $reason: String!) { endSessions(id: $id, reason: $reason) { userId endedSessions } }";
        agent.send(query, json!({ "id": id, "reason": reason })).await
    };

    assert_eq!(end(&agent, " ").await.code(), "INVALID_INPUT");
    assert_eq!(end(&also_lan, "mine").await.code(), "FORBIDDEN");
    let ended = end(&agent, "a lost phone").await;

    assert_eq!(ended.data()["endSessions"], json!({ "userId": id, "endedSessions": 2 }));
    for client in [&lan, &also_lan] {
        assert_eq!(client.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
    }
    let audited = company.audited(AuditAction::SessionsEnded).await;
    let detail = json!({ "ended": 2, "reason": "a lost phone" });
    assert_eq!((audited.len(), &audited[0]["user"], &audited[0]["detail"]), (1, &id, &detail));
    assert_eq!(company.sign_in("shop", "lan").await.id().await, id);
}

async fn r14_a_number_that_an_operator_set_is_taken_from_no_account_and_opens_nothing_until_it_is_proved(
    server: Server,
) {
    let company = Company::open_with(server, toml::toml! { phone = { unknown_last_proof = "trust" } }).await;
    company.member("C-1001", LAN, 10).await;
    let [lan, wei] = [company.sign_in("shop", "lan").await, company.sign_in("club", "wei").await];
    let [id, of_wei] = [lan.id().await, wei.id().await];
    let agent = company.system(&[ServiceScope::UsersManage]).await;
    let set = async |phone: &str, reason: &str| {
        let query = "mutation ($id: ID!, $phone: String!, $reason: String!) {
            setPhone(id: $id, phone: $phone, reason: $reason) { userId changed endedSessions } }";
        agent.send(query, json!({ "id": id, "phone": phone, "reason": reason })).await
    };

    assert_eq!(set(OTHER, "").await.code(), "INVALID_INPUT");
    assert_eq!(set("12", "lost").await.code(), "INVALID_PHONE");
    assert_eq!(set(LAN, "lost").await.code(), "PHONE_OWNED_BY_ANOTHER");
    let first = set(OTHER, "lost").await.data()["setPhone"].clone();
    let again = set(OTHER, "lost").await.data()["setPhone"].clone();

    assert_eq!(first, json!({ "userId": id, "changed": true, "endedSessions": 1 }));
    assert_eq!(again, json!({ "userId": id, "changed": false, "endedSessions": 0 }));
    let audited = company.audited(AuditAction::PhoneSet).await;
    let detail = json!({ "reason": "lost", "endedSessions": 1 });
    assert_eq!((audited.len(), &audited[0]["user"], &audited[0]["detail"]), (1, &id, &detail));
    // Another person proves the number: it joins no account, and becomes theirs if they claim that it is new.
    assert_eq!(company.prove(&wei, OTHER).await.code(), "PHONE_PROOF_TOO_OLD");
    let taken = wei.answer(OTHER, &company.sms(OTHER).await, Some("NEW_TO_ME")).await;
    assert_eq!(taken.data()["bindPhone"]["merged"], json!(false));
    assert_eq!(wei.ask("{ me { id phone } }").await.data()["me"], json!({ "id": of_wei, "phone": OTHER }));
    let lan = company.sign_in("shop", "lan").await;
    assert_eq!(
        lan.ask("{ me { id phone linkHistory { nodes { rule actor } } } }").await.data()["me"]["phone"],
        Value::Null
    );
}

async fn statistics_count_a_time_to_the_millisecond_and_open_cases_by_age(server: Server) {
    let company = Company::open(server).await;
    company.offered().await;
    company.clock.advance(TimeDelta::days(2));
    company.sign_in("shop", "wei").await;
    let leader = company.system(&[ServiceScope::StatisticsRead]).await;
    let count = async |since: &str, until: &str| {
        let query = "query ($since: DateTime!, $until: DateTime!) { statistics(since: $since, until: $until) {
            hours { hour logins newPeople } openCases { kind count olderThanDay olderThanWeek } } }";
        leader.send(query, json!({ "since": since, "until": until })).await
    };
    let hours = async |since: &str, until: &str| count(since, until).await.data()["statistics"]["hours"].clone();

    // The tests begin at 08:53:20; the member comes first, and Lan a minute later.
    let hour = json!({ "hour": "2025-10-11T08:00:00+00:00", "logins": 1, "newPeople": 1 });
    assert_eq!(hours("2025-10-11T08:54:20Z", "2025-10-11T08:54:20.001Z").await, json!([hour]));
    assert_eq!(hours("2025-10-11T08:54:20.001Z", "2025-10-12T00:00:00Z").await, json!([]));
    assert_eq!(hours("2025-10-11T00:00:00Z", "2025-10-11T08:54:20Z").await, json!([]));
    let open = count("2025-10-11T00:00:00Z", "2025-10-12T00:00:00Z").await.data()["statistics"]["openCases"].clone();
    assert_eq!(open, json!([{ "kind": "PHONE_OWNED", "count": 1, "olderThanDay": 1, "olderThanWeek": 0 }]));
    for (since, until) in
        [("2025-10-11T00:00:00Z", "2025-10-11T00:00:00Z"), ("2025-10-01T00:00:00Z", "2025-10-08T00:00:00.001Z")]
    {
        assert_eq!(count(since, until).await.code(), "INVALID_INPUT");
    }
    let other = company.system(&[ServiceScope::UsersRead, ServiceScope::AuditRead]).await;
    let query = "{ statistics(since: \"2025-10-11T00:00:00Z\", until: \"2025-10-12T00:00:00Z\") { hours { hour } } }";
    assert_eq!(other.ask(query).await.code(), "FORBIDDEN");
}
