//! Before a code was right, nobody learns whether anybody has a number: not from an answer, nor from how long it takes.
//! Time itself is no measure a test can trust, so what the database is asked is counted.

use std::sync::{Mutex, Once};

use acceptance::{Answer, Company, Server, on_every_database};
use chrono::TimeDelta;
use serde_json::Value;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

on_every_database!(security_23_free_and_owned_numbers_cannot_be_told_apart);

const OWNED: &str = "+8613800000002";
const FREE: &str = "+8613800000003";

/// What was asked of the database, by the names of SeaORM's spans, since somebody looked.
static ASKED: Mutex<Vec<&str>> = Mutex::new(Vec::new());
static LISTEN: Once = Once::new();
/// The tests of one process would hear each other.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("sea_orm")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        ASKED.lock().expect("nobody panics here").push(span.metadata().name());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// An answer without the id that every error has of its own, and what the database was asked for it.
async fn heard(answer: impl Future<Output = Answer>) -> (Value, Vec<&'static str>) {
    ASKED.lock().expect("nobody panics here").clear();
    let Answer(mut answer) = answer.await;
    if let Some(extensions) = answer.pointer_mut("/errors/0/extensions").and_then(Value::as_object_mut) {
        extensions.remove("errorId");
    }
    (answer, std::mem::take(&mut *ASKED.lock().expect("nobody panics here")))
}

async fn security_23_free_and_owned_numbers_cannot_be_told_apart(server: Server) {
    let _alone = ALONE.lock().await;
    LISTEN.call_once(|| tracing::subscriber::set_global_default(Listener).expect("nobody else listens"));
    let company = Company::open(server).await;
    let wei = company.sign_in("shop", "wei").await;
    company.prove(&wei, OWNED).await.data();
    company.clock.advance(TimeDelta::minutes(2));
    let lan = company.sign_in("shop", "lan").await;

    let sent = [heard(lan.send_code(OWNED)).await, heard(lan.send_code(FREE)).await];
    let [code_of_owned, code_of_free] = [company.sms(OWNED).await, company.sms(FREE).await];
    let wrong = (0..3).map(|n| format!("{n:06}")).find(|code| *code != code_of_owned && *code != code_of_free);
    let wrong = wrong.expect("two codes are not three");
    let tried = [heard(lan.bind(OWNED, &wrong)).await, heard(lan.bind(FREE, &wrong)).await];

    assert!(!sent[0].1.is_empty() && !tried[0].1.is_empty(), "nothing was heard");
    assert_eq!(sent[0], sent[1]);
    assert_eq!(tried[0], tried[1]);
    let right = [heard(lan.bind(OWNED, &code_of_owned)).await, heard(lan.bind(FREE, &code_of_free)).await];
    assert_ne!(right[0], right[1]);
}
