//! What operators do: test a webhook, send events again, and settings that are refused.

use acceptance::{Company, Server, on_every_database};
use api::config::{self, Source};
use api::usecase::webhook::Which;
use chrono::TimeDelta;

use crate::{Message, Receiver, Reply, deliver, settings, with_receiver};

on_every_database!(a_test_event_is_sent_at_once_and_not_recorded, one_event_and_all_since_a_time_are_sent_again);

async fn a_test_event_is_sent_at_once_and_not_recorded(server: Server) {
    let (company, receiver) = with_receiver(server).await;
    let service = company.app.service();

    let arrived = api::usecase::webhook::test(service, "crm").await.expect("a webhook");
    receiver.answer(|_| Reply::With(500));
    let refused = api::usecase::webhook::test(service, "crm").await.expect("a webhook");

    assert_eq!((arrived.status.clone(), arrived.is_received()), (Ok(204), true));
    assert_eq!((refused.status.clone(), refused.is_received()), (Ok(500), false));
    assert_eq!(receiver.take().iter().map(Message::kind).collect::<Vec<_>>(), ["test", "test"]);
    assert!(api::usecase::webhook::test(service, "erp").await.is_err());
    assert_eq!(deliver(&company).await, 0);
}

async fn one_event_and_all_since_a_time_are_sent_again(server: Server) {
    let (company, receiver) = with_receiver(server).await;
    company.sign_in("shop", "lan").await;
    company.clock.advance(TimeDelta::minutes(1));
    let since = company.clock.now();
    company.sign_in("shop", "lan").await;
    deliver(&company).await;
    let arrived = receiver.take();
    let service = company.app.service();

    let one = Which::Event(arrived[0].id.parse().expect("an id"));
    let one = api::usecase::webhook::resend(service, "crm", one).await.expect("the database answers");
    deliver(&company).await;
    assert_eq!((one, receiver.take()[0].body.as_str()), (1, arrived[0].body.as_str()));
    let all = api::usecase::webhook::resend(service, "crm", Which::Since(since)).await.expect("the database answers");
    deliver(&company).await;

    let again = receiver.take();
    assert_eq!((all, again.len(), &again[0].id), (1, 1, &arrived[2].id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_in_the_own_network_is_refused_unless_it_is_allowed() {
    let receiver = Receiver::start().await;
    let mut table = receiver.table("crm");
    table.insert("allow_private".to_owned(), false.into());
    // A host name: the settings accept it, and the connection refuses it.
    table.insert("url".to_owned(), receiver.url.replace("127.0.0.1", "localhost").into());
    let company = Box::pin(Company::open_with(Server::Sqlite, settings(vec![table]))).await;
    company.sign_in("shop", "lan").await;

    deliver(&company).await;

    let listed = api::usecase::webhook::list(company.app.service()).await.expect("the database answers").remove(0);
    let error = listed.deliveries.last_error.as_deref();
    assert_eq!((receiver.take().len(), error), (0, Some("the address is in the own network")));
}

fn mistakes(table: &str) -> Vec<String> {
    let source = Source { demo: true, overrides: table.parse().expect("TOML"), ..Source::default() };
    let error = config::load(&source).expect_err("a mistake");
    error.mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn settings_that_cannot_work_are_refused_without_showing_a_secret() {
    assert_eq!(
        mistakes(
            r#"
            [[webhooks]]
            name = "c r m"
            url = "http://169.254.169.254/latest"
            secrets = ["whsec_short"]
            events = ["person.born"]
            [[webhooks]]
            name = "erp"
            url = "ftp://erp.example.com"
            secrets = []
            colour = "red"
            [[webhooks]]
            name = "erp"
            url = "https://user:pass@erp.example.com"
            [events]
            retention_days = 3
            "#
        ),
        [
            "webhooks[0].events[0]: is not a kind of event; one of person.created, person.signed_in, open_id.linked, \
             open_id.unlinked, union_id.changed, people.merged, merge.undone, phone.changed, person.disabled, \
             person.enabled, person.erased, case.opened, case.closed, order.recorded",
            "webhooks[1].colour: unknown key `colour`; known keys: name, url, secrets, events, allow_private",
            "webhooks[2].secrets: is missing",
            "events.retention_days: must be 4 to 3650: an event is sent for three days",
            "webhooks[0].name: must have 1 to 64 letters, digits, dots, hyphens or underscores",
            "webhooks[0].url: is in the own network: allow it with allow_private = true",
            "webhooks[0].secrets[0]: is not `whsec_` and 24 to 64 bytes in base64; make one with `openssl rand -base64 32`",
            "webhooks[1].url: is not a web address",
            "webhooks[1].secrets: is empty",
        ]
    );
}
