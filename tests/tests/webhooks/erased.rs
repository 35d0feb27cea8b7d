//! A person is erased: a consumer and the feed receive an event about it, and neither contains anything else about the
//! person.

use acceptance::merging::{LAN, OTHER};
use acceptance::{Company, Server, on_every_database};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::schemas::wrong;
use crate::{Message, Receiver, Reply, deliver, order, read_feed, settings, system};

on_every_database!(
    a_consumer_that_was_down_and_the_feed_are_told_that_a_person_was_erased_and_nothing_else,
    a_person_who_is_erased_at_their_own_wish_is_told_of_once,
);

/// Values that must be in no event afterwards.
fn words_of_lan(company: &Company, ids: &[&Value]) -> Vec<String> {
    let open_ids = ["shop", "mini"].map(|app| company.sandbox.open_id(app, "lan").expect("an openId"));
    let union_id = company.sandbox.union_id("shop", "lan").expect("a unionId");
    let phones = [LAN, OTHER, "+86*******0001", "+86*******0002"].map(str::to_owned);
    let mut words: Vec<String> = open_ids.into_iter().chain([union_id]).chain(phones).collect();
    words.extend(["E-1", "E-2", "E-3", "兰心"].map(str::to_owned));
    words.extend(ids.iter().map(|id| id.as_str().expect("an id").to_owned()));
    words
}

/// Lan orders before the first login, has two accounts that become one, a second login that is removed, and numbers.
/// Returns the ids of both accounts: the one that remains first.
async fn lives(company: &Company) -> [Value; 2] {
    let operator = system(company).await;
    order(&operator, company, "E-1", "PAID").await;
    let (lan, refused) = Box::pin(company.offered()).await;
    let preview = lan.preview(&refused.merge_token()).await.data()["mergePreview"].clone();
    lan.merge_keeping_own(&refused.merge_token()).await.data();
    let lan = company.sign_in("shop", "lan").await;
    let code = company.code("mini", "lan").await;
    lan.link(&json!({ "app": "mini", "code": code })).await.data();
    order(&operator, company, "E-2", "PAID").await;
    lan.unlink("mini").await.data();
    order(&operator, company, "E-1", "SHIPPED").await;
    order(&operator, company, "E-3", "PAID").await;
    let remains = lan.id().await;
    let ids = [preview["own"]["id"].clone(), preview["other"]["id"].clone()];
    let other = ids.into_iter().find(|id| *id != remains).expect("another account");
    [remains, other]
}

/// Returns the texts of these events that contain one of the words.
fn with_a_word(events: &[Value], words: &[String]) -> Vec<String> {
    let texts = events.iter().map(ToString::to_string);
    texts.filter(|text| words.iter().any(|word| text.contains(word))).collect()
}

async fn a_consumer_that_was_down_and_the_feed_are_told_that_a_person_was_erased_and_nothing_else(server: Server) {
    let (up, down) = (Receiver::start().await, Receiver::start().await);
    let webhooks = settings(vec![up.table("up"), down.table("down")]);
    let company = Box::pin(Company::open_with(server, webhooks)).await;
    down.answer(|_| Reply::With(503));
    let wei = company.sign_in("shop", "wei").await.id().await;
    let [lan, other] = Box::pin(lives(&company)).await;
    let operator = system(&company).await;
    deliver(&company).await;
    let words = words_of_lan(&company, &[]);
    let all = words_of_lan(&company, &[&lan, &other]);
    let before = read_feed(&operator, 100, &mut None).await;
    assert_eq!(with_a_word(&before, &words).len(), 8, "{before:#?}");
    // The consumer that is up has received all of it: the event tells it to delete its copies.
    assert_eq!(with_a_word(&up.take().iter().map(Message::json).collect::<Vec<_>>(), &words).len(), 8);

    let erase = "mutation ($id: ID!) { eraseUser(id: $id, reason: \"ticket 7\") { changed } }";
    assert_eq!(operator.send(erase, json!({ "id": lan })).await.data()["eraseUser"]["changed"], true);
    // The shop updates the order.
    order(&operator, &company, "E-1", "COMPLETED").await;
    down.take();
    down.answer(|_| Reply::With(204));
    company.clock.advance(TimeDelta::hours(1));
    deliver(&company).await;

    let feed = read_feed(&system(&company).await, 100, &mut None).await;
    let [at_up, at_down] =
        [up.take(), down.take()].map(|arrived| arrived.iter().map(Message::json).collect::<Vec<_>>());
    // Wei's two events were delivered to the consumer that was up before.
    for (told, of_wei) in [(&feed, 2), (&at_up, 0), (&at_down, 2)] {
        let is_message = !std::ptr::eq(told, &raw const feed);
        let of = |id: &Value| told.iter().filter(|event| event["data"]["personId"] == *id).collect::<Vec<_>>();
        for id in [&lan, &other] {
            let [erased] = of(id)[..] else { panic!("{id} in {told:?}") };
            assert_eq!((&erased["type"], &erased["data"]), (&json!("person.erased"), &json!({ "personId": id })));
            // The schemas describe messages; the feed has GraphQL's times.
            assert!(!is_message || wrong(erased).is_empty(), "{erased}");
        }
        let words: Vec<_> = words.iter().filter(|word| *word != "E-1").cloned().collect();
        assert_eq!(with_a_word(told, &words), [""; 0]);
        // The updated order names neither the person nor the openId.
        let orders: Vec<_> = told.iter().filter(|event| event["type"] == "order.recorded").collect();
        assert_eq!(orders.len(), 1, "{orders:?}");
        assert_eq!((&orders[0]["data"]["orderNo"], &orders[0]["data"]["personId"]), (&json!("E-1"), &Value::Null));
        let others: Vec<_> = told.iter().filter(|event| event["data"]["personId"] == wei).collect();
        assert_eq!(others.len(), of_wei, "{told:?}");
    }
    assert!(with_a_word(&feed, &all).len() == 3, "two accounts and one order: {feed:?}");
    for word in words.iter().filter(|word| *word != "E-1") {
        assert_eq!(company.database.count(&format!("events WHERE data LIKE '%{word}%'")).await, 0, "{word}");
    }
    assert_eq!(company.database.count("webhook_deliveries WHERE state = 'pending'").await, 0);
}

async fn a_person_who_is_erased_at_their_own_wish_is_told_of_once(server: Server) {
    let receiver = Receiver::start().await;
    let company = Box::pin(Company::open_with(server, settings(vec![receiver.table("crm")]))).await;
    let lan = company.sign_in("shop", "lan").await;
    let id = lan.id().await;
    lan.ask("mutation { eraseMe { erasure { dueAt } } }").await.data();
    company.clock.advance(TimeDelta::days(8));
    let erase = async || api::usecase::erasure::erase_due(company.app.service()).await.expect("the database answers");

    assert_eq!(erase().await, 1);
    deliver(&company).await;
    // The tables are checked again.
    company.clock.advance(TimeDelta::hours(1));
    erase().await;
    deliver(&company).await;

    let arrived: Vec<Value> = receiver.take().iter().map(Message::json).collect();
    let kinds: Vec<&Value> = arrived.iter().map(|event| &event["type"]).collect();
    assert_eq!(kinds, ["person.erased"]);
    assert_eq!(arrived[0]["data"], json!({ "personId": id }));
    let feed = read_feed(&system(&company).await, 100, &mut None).await;
    assert_eq!(feed.len(), 1);
    assert_eq!(feed[0]["id"], arrived[0]["id"]);
}
