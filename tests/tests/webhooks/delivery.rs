//! Deliveries: at least once, with the same id, in order per person, despite any failure in between.

use acceptance::{Company, Server, on_every_database};
use chrono::TimeDelta;
use futures::future::join_all;

use crate::{NEW_SECRET, Receiver, Reply, SECRET, deliver, order, settings, system, with_receiver};

on_every_database!(
    a_receiver_that_was_down_for_an_hour_has_missed_nothing_and_everything_is_in_order,
    an_event_of_a_person_waits_for_the_earlier_one_and_other_people_go_on,
    a_merge_waits_for_the_events_of_both_accounts,
    a_worker_that_is_killed_between_answer_and_settlement_leaves_its_event_to_another_with_the_same_id,
    two_replicas_send_each_event_once,
    a_slow_receiver_does_not_hold_up_another,
    an_event_is_given_up_after_three_days_and_can_be_sent_again,
    a_receiver_that_is_gone_gets_nothing_more_until_an_operator_asks,
    a_redirect_is_not_followed,
    without_a_receiver_and_without_the_feed_nothing_is_recorded,
    a_webhook_gets_only_the_events_that_it_wants,
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_secret_is_replaced_each_message_is_signed_with_both() {
    let receiver = Receiver::start().await;
    let mut table = receiver.table("crm");
    table.insert("secrets".to_owned(), vec![NEW_SECRET, SECRET].into());
    let company = Box::pin(Company::open_with(Server::Sqlite, settings(vec![table]))).await;
    company.sign_in("shop", "lan").await;

    deliver(&company).await;

    let message = &receiver.take()[0];
    let sign = |secret: &str| {
        let secret = api::webhook::SigningSecret::parse(secret).expect("a secret");
        secret.sign(&message.id, &message.timestamp, message.body.as_bytes())
    };
    assert_eq!(message.signature, format!("{} {}", sign(NEW_SECRET), sign(SECRET)));
    assert_ne!(sign(NEW_SECRET), sign(SECRET), "a forged signature differs");
    assert_eq!(message.timestamp, (acceptance::START.millis() / 1_000).to_string());
}

async fn a_receiver_that_was_down_for_an_hour_has_missed_nothing_and_everything_is_in_order(server: Server) {
    let (company, receiver) = with_receiver(server).await;
    let system = system(&company).await;
    receiver.answer(|_| Reply::With(503));
    for minute in 0..60 {
        if minute % 10 == 0 {
            for who in ["lan", "wei", "mei"] {
                company.sign_in("shop", who).await;
            }
            order(&system, &company, &format!("H-{minute}"), "PAID").await;
        }
        deliver(&company).await;
        company.clock.advance(TimeDelta::minutes(1));
    }
    let refused = receiver.take().len();
    assert!((5..100).contains(&refused), "{refused} attempts at a receiver that is down");

    receiver.answer(|_| Reply::With(200));
    // The longest pause of an event that was tried for an hour. The first success makes all others due.
    company.clock.advance(TimeDelta::hours(1));
    deliver(&company).await;

    let arrived = receiver.take();
    // Three created people, and six times three logins and an order: everything in the feed, each once.
    assert_eq!(arrived.len(), 3 + 6 * 4);
    let feed = crate::read_feed(&self::system(&company).await, 100, &mut None).await;
    let mut ids: Vec<String> = arrived.iter().map(|message| message.id.clone()).collect();
    let mut in_feed: Vec<String> = feed.iter().map(|event| event["id"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    in_feed.sort();
    assert_eq!(ids, in_feed);
    let mut people: Vec<String> = arrived.iter().map(crate::Message::person).collect();
    people.sort();
    people.dedup();
    assert_eq!(people.len(), 3);
    for person in people {
        let of_person: Vec<i64> = arrived.iter().filter(|message| message.person() == person).map(sequence).collect();
        assert!(of_person.is_sorted(), "{of_person:?}");
    }
    assert_eq!(deliver(&company).await, 0);
}

fn sequence(message: &crate::Message) -> i64 {
    message.json()["sequence"].as_str().and_then(|text| text.parse().ok()).expect("a number")
}

async fn an_event_of_a_person_waits_for_the_earlier_one_and_other_people_go_on(server: Server) {
    let (company, receiver) = with_receiver(server).await;
    let lan = company.sign_in("shop", "lan").await.id().await.as_str().expect("an id").to_owned();
    company.sign_in("shop", "wei").await;
    company.sign_in("shop", "lan").await;
    company.sign_in("shop", "wei").await;
    let poison = lan.clone();
    receiver.answer(move |message| {
        Reply::With(if message.person() == poison && message.kind() == "person.created" { 400 } else { 200 })
    });

    deliver(&company).await;

    let of = |arrived: &[crate::Message], person: &str, is: bool| -> Vec<String> {
        arrived.iter().filter(|message| (message.person() == person) == is).map(crate::Message::kind).collect()
    };
    let arrived = receiver.take();
    assert_eq!(of(&arrived, &lan, true), ["person.created"]);
    assert_eq!(of(&arrived, &lan, false), ["person.created", "person.signed_in", "person.signed_in"]);

    receiver.answer(|_| Reply::With(200));
    company.clock.advance(TimeDelta::seconds(5));
    deliver(&company).await;
    assert_eq!(of(&receiver.take(), &lan, true), ["person.created", "person.signed_in", "person.signed_in"]);
}

async fn a_merge_waits_for_the_events_of_both_accounts(server: Server) {
    let (company, receiver) = with_receiver(server).await;
    let (lan, refused) = Box::pin(company.offered()).await;
    let merged = lan.merge_keeping_own(&refused.merge_token()).await.data()["mergeUsers"].clone();
    assert!(merged["mergeId"].is_string());
    receiver.answer(|message| Reply::With(if message.kind() == "phone.changed" { 500 } else { 200 }));

    deliver(&company).await;

    let kinds: Vec<String> = receiver.take().iter().map(crate::Message::kind).collect();
    assert!(kinds.contains(&"phone.changed".to_owned()) && !kinds.contains(&"people.merged".to_owned()), "{kinds:?}");
    receiver.answer(|_| Reply::With(200));
    company.clock.advance(TimeDelta::minutes(1));
    deliver(&company).await;
    assert!(receiver.take().iter().any(|message| message.kind() == "people.merged"));
}

async fn a_worker_that_is_killed_between_answer_and_settlement_leaves_its_event_to_another_with_the_same_id(
    server: Server,
) {
    let (company, receiver) = with_receiver(server).await;
    let another = company.app_with(|_| {}).await;
    company.sign_in("shop", "lan").await;
    receiver.answer(|_| Reply::Never);
    let worker = tokio::spawn({
        let service = company.app.service().clone();
        async move { api::usecase::webhook::deliver_due(&service).await }
    });
    receiver.wait_for_one().await;
    worker.abort();
    let first = receiver.take();
    receiver.answer(|_| Reply::With(200));

    let at_once = api::usecase::webhook::deliver_due(another.service()).await.expect("the database");
    company.clock.advance(TimeDelta::minutes(1));
    let later = api::usecase::webhook::deliver_due(another.service()).await.expect("the database");

    assert_eq!((first.len(), at_once, later), (1, 0, 2), "the first worker holds it until its lease ends");
    let arrived = receiver.take();
    assert_eq!((&arrived[0].id, &arrived[0].body), (&first[0].id, &first[0].body));
}

async fn two_replicas_send_each_event_once(server: Server) {
    let (company, receiver) = with_receiver(server).await;
    let another = company.app_with(|_| {}).await;
    for who in ["lan", "wei", "mei", "jun"] {
        company.sign_in("shop", who).await;
        company.sign_in("shop", who).await;
    }

    let workers = [&company.app, &another, &company.app, &another];
    let attempts = join_all(workers.map(|app| api::usecase::webhook::deliver_due(app.service()))).await;

    let attempts: usize = attempts.into_iter().map(|attempts| attempts.expect("the database answers")).sum();
    // Deliveries that one worker created while another one waited may be left for the next pass.
    let attempts = attempts + deliver(&company).await;
    let mut ids: Vec<String> = receiver.take().into_iter().map(|message| message.id).collect();
    assert_eq!((ids.len(), attempts), (12, 12));
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 12);
}

async fn a_slow_receiver_does_not_hold_up_another(server: Server) {
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.answer(|_| Reply::Never);
    let webhooks = settings(vec![slow.table("slow"), quick.table("quick")]);
    let company = Box::pin(Company::open_with(server, webhooks)).await;
    company.sign_in("shop", "lan").await;
    let worker = tokio::spawn({
        let service = company.app.service().clone();
        async move { api::usecase::webhook::run(&service).await }
    });

    let count = |receiver: &Receiver| receiver.seen.lock().expect("no panic").len();
    let all = async {
        while count(&quick) < 2 || count(&slow) < 1 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(8), all).await.expect("the quick receiver gets its events");

    worker.abort();
    assert_eq!(count(&slow), 1, "the second one waits for the first");
}

async fn an_event_is_given_up_after_three_days_and_can_be_sent_again(server: Server) {
    let (company, receiver) = with_receiver(server).await;
    company.sign_in("shop", "lan").await;
    receiver.answer(|_| Reply::With(404));
    for _ in 0..=3 * 24 {
        deliver(&company).await;
        company.clock.advance(TimeDelta::hours(1));
    }
    deliver(&company).await;
    // The first event was tried for three days, and the second one only after that.
    let service = company.app.service();
    let listed = api::usecase::webhook::list(service).await.expect("the database answers").remove(0);
    assert_eq!((listed.deliveries.backlog.pending, listed.deliveries.backlog.failed), (0, 2));
    assert_eq!(listed.deliveries.last_error.as_deref(), Some("answered 404"));
    assert!(receiver.take().len() < 40);
    receiver.answer(|_| Reply::With(200));

    let count = api::usecase::webhook::resend(service, "crm", api::usecase::webhook::Which::Failed).await;

    assert_eq!((count.expect("the database answers"), deliver(&company).await), (2, 2));
    let kinds: Vec<String> = receiver.take().iter().map(crate::Message::kind).collect();
    assert_eq!(kinds, ["person.created", "person.signed_in"]);
}

async fn a_receiver_that_is_gone_gets_nothing_more_until_an_operator_asks(server: Server) {
    let (company, receiver) = with_receiver(server).await;
    company.sign_in("shop", "lan").await;
    receiver.answer(|_| Reply::With(410));

    deliver(&company).await;
    company.sign_in("shop", "wei").await;
    company.clock.advance(TimeDelta::days(1));
    deliver(&company).await;

    assert_eq!(receiver.take().len(), 1);
    receiver.answer(|_| Reply::With(200));
    let service = company.app.service();
    api::usecase::webhook::resend(service, "crm", api::usecase::webhook::Which::Failed).await.expect("the database");
    deliver(&company).await;
    assert_eq!(receiver.take().len(), 4);
}

async fn a_redirect_is_not_followed(server: Server) {
    let (company, receiver) = with_receiver(server).await;
    company.sign_in("shop", "lan").await;
    receiver.answer(|_| Reply::With(307));

    deliver(&company).await;

    let listed = api::usecase::webhook::list(company.app.service()).await.expect("the database answers").remove(0);
    assert_eq!((receiver.take().len(), listed.deliveries.last_error.as_deref()), (1, Some("answered 307")));
}

async fn without_a_receiver_and_without_the_feed_nothing_is_recorded(server: Server) {
    let company = Company::open(server).await;
    company.sign_in("shop", "lan").await;
    let feed = settings(vec![]);
    let later = Company::open_on(company.database, feed).await;

    deliver(&later).await;

    assert!(crate::read_feed(&system(&later).await, 100, &mut None).await.is_empty());
}

async fn a_webhook_gets_only_the_events_that_it_wants(server: Server) {
    let receiver = Receiver::start().await;
    let mut table = receiver.table("crm");
    table.insert("events".to_owned(), vec!["person.created"].into());
    let company = Box::pin(Company::open_with(server, settings(vec![table]))).await;
    company.sign_in("shop", "lan").await;

    deliver(&company).await;

    let kinds: Vec<String> = receiver.take().iter().map(crate::Message::kind).collect();
    assert_eq!(kinds, ["person.created"]);
}
