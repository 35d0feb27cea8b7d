//! Until a code was correct, a client cannot learn whether a number has an account, neither from responses nor from
//! timing. Timing cannot be measured reliably, so the tests compare the database statements instead.

use std::fmt::Debug;
use std::sync::{Mutex, Once};

use acceptance::{Answer, Company, Server, on_every_database};
use chrono::TimeDelta;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

on_every_database!(
    security_23_free_and_owned_numbers_cannot_be_told_apart,
    security_23_a_stranger_who_signs_in_cannot_tell_them_apart,
);

const OWNED: &str = "+8613800000002";
const FREE: &str = "+8613800000003";
/// The number of an account, whose last proof is too old to open it.
const OLD: &str = "+8613800000004";

/// The SQL of the statements since the last reset, without their values.
static ASKED: Mutex<Vec<String>> = Mutex::new(Vec::new());
static LISTEN: Once = Once::new();
/// Tests in one process would record each other's statements.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The SQL of a statement, which the store logs with each statement.
#[derive(Default)]
struct Sql(Option<String>);

impl Visit for Sql {
    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "sql" {
            self.0 = Some(value.to_owned());
        }
    }
}

struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target() == "store"
    }

    fn event(&self, event: &Event<'_>) {
        let mut sql = Sql::default();
        event.record(&mut sql);
        ASKED.lock().expect("no panic poisons the lock").extend(sql.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Returns a response without its unique error id, and the statements that it caused.
async fn heard(answer: impl Future<Output = Answer>) -> (Value, Vec<String>) {
    ASKED.lock().expect("no panic poisons the lock").clear();
    let Answer(mut answer) = answer.await;
    if let Some(extensions) = answer.pointer_mut("/errors/0/extensions").and_then(Value::as_object_mut) {
        extensions.remove("errorId");
    }
    (answer, std::mem::take(&mut *ASKED.lock().expect("no panic poisons the lock")))
}

async fn security_23_free_and_owned_numbers_cannot_be_told_apart(server: Server) {
    let _alone = ALONE.lock().await;
    LISTEN.call_once(|| tracing::subscriber::set_global_default(Listener).expect("no other subscriber is installed"));
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

    for (_, statements) in sent.iter().chain(&tried) {
        assert!(statements.iter().any(|sql| sql.contains("phone_codes")), "{statements:?}");
    }
    assert_eq!(sent[0], sent[1]);
    assert_eq!(tried[0], tried[1]);
    let right = [heard(lan.bind(OWNED, &code_of_owned)).await, heard(lan.bind(FREE, &code_of_free)).await];
    assert_ne!(right[0], right[1]);
}

async fn security_23_a_stranger_who_signs_in_cannot_tell_them_apart(server: Server) {
    let _alone = ALONE.lock().await;
    LISTEN.call_once(|| tracing::subscriber::set_global_default(Listener).expect("no other subscriber is installed"));
    let settings = "phone.resend_seconds = 0".parse().expect("settings");
    for way in ["open", "existing"] {
        let company = Company::open_with(server, with_logins(&settings, way)).await;
        company.member("C-1001", OWNED, 10).await;
        company.member("C-1002", OLD, 1000).await;
        // A device on which a phone was proved, and one that is unknown.
        let known = company.sign_in("shop", "lan").await;
        company.prove(&known, "+8613800000009").await.data();
        for browser in [company.client(), known] {
            let mut sent = Vec::new();
            for number in [OWNED, FREE, OLD] {
                sent.push(heard(browser.send_login_code(number)).await);
                company.clock.advance(TimeDelta::seconds(1));
            }
            let inbox = company.sandbox("GET", "/_sandbox/sms", None).await;
            let mut texts: Vec<_> = inbox.as_array().expect("messages").iter().take(3).map(unnumbered).collect();
            texts.dedup();
            assert_eq!(texts.len(), 1, "{texts:?}");
            let mut tried = Vec::new();
            for number in [OWNED, FREE, OLD] {
                let code = company.sms(number).await;
                let wrong = if code == "000000" { "000001" } else { "000000" };
                tried.push(heard(browser.log_in_by_phone(number, wrong, None)).await);
            }

            for (answer, statements) in &mut sent {
                // The clock has advanced between them.
                answer["data"]["sendLoginCode"] = answer["data"]["sendLoginCode"].is_object().into();
                assert!(statements.iter().any(|sql| sql.contains("phone_codes")), "{statements:?}");
            }
            assert!(sent.iter().chain(&tried).all(|(_, statements)| !statements.is_empty()));
            assert!(sent.windows(2).all(|two| two[0] == two[1]), "{way}: {sent:#?}");
            assert!(tried.windows(2).all(|two| two[0] == two[1]), "{way}: {tried:#?}");
        }
        let right = [OWNED, FREE].map(async |number| {
            let browser = company.client();
            browser.log_in_by_phone(number, &company.sms(number).await, None).await.0
        });
        let [owned, free] = futures::future::join_all(right).await.try_into().expect("two answers");
        assert_ne!(owned["data"]["loginByPhone"]["isNewUser"], free["data"]["loginByPhone"]["isNewUser"]);
    }
}

fn with_logins(settings: &toml::Table, way: &str) -> toml::Table {
    let mut settings = settings.clone();
    settings["phone"].as_table_mut().expect("a section").insert("login".to_owned(), way.into());
    settings
}

/// Returns the text of a message without its digits.
fn unnumbered(message: &Value) -> String {
    message["text"].as_str().expect("a text").chars().filter(|c| !c.is_ascii_digit()).collect()
}
