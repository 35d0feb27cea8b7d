//! The upstream of notices by SMS, for the contract of notifiers: a gateway behind a whole service.

use std::sync::Arc;

use api::App;
use api::config::{self, Source};
use api::contract::notice::Tape;
use api::contract::{Answer, Given, SECRET};
use api::notify::{Notifier, NotifyError, Recipient};
use api::sms::{Kind, Notice};
use async_trait::async_trait;
use http::StatusCode;
use migration::throwaway::{Database, Server};
use serde_json::json;

pub(crate) const TAPE: Tape = Tape {
    name: "by_sms",
    build,
    carries: Kind::ALL,
    requests: |to| to.phones.len(),
    accepts: |call| {
        let is_right = call.headers.get("authorization").is_some_and(|value| value == &format!("Bearer {SECRET}"))
            && call.value("mobile").is_some_and(|number| number.starts_with("+86138"))
            && call.value("content").is_some_and(|text| text.contains("两个账号已合并"));
        if is_right { Answer::json(&json!({ "result": 0 })) } else { refusal() }
    },
    refuses: |_| refusal(),
};

fn refusal() -> Answer {
    Answer::json(&json!({ "result": 17, "message": "said by the gateway" })).status(StatusCode::UNPROCESSABLE_ENTITY)
}

/// A service, whose notifier is the plug-in, with its database.
#[derive(Debug)]
struct BySms {
    app: App,
    _database: Database,
}

fn build(given: &Given<'_>) -> Arc<dyn Notifier> {
    let database = given.wait(Database::create(Server::Sqlite));
    let mut overrides = toml::toml! {
        [sms]
        sender = "http"
        [sms.http]
        url = (given.upstream.as_str())
        bearer = SECRET
        success_pointer = "/result"
        success_equals = "0"
        [sms.http.fields]
        mobile = "{number}"
        content = "{text}"
        [upstream]
        total_seconds = 1
    };
    overrides.insert("database".to_owned(), toml::toml! { url = (database.url()) }.into());
    let config = config::load(&Source { overrides, ..Source::default() }).expect("sound settings");
    // Boxed: the future is large.
    let app = Box::pin(App::builder(config).with_clock(given.clock.clone()).build());
    let app = given.wait(app).expect("the service starts on a fresh database");
    Arc::new(BySms { app, _database: database })
}

#[async_trait]
impl Notifier for BySms {
    fn carries(&self, kind: Kind) -> bool {
        self.app.service().notifier().carries(kind)
    }

    async fn notify(&self, to: &Recipient, notice: &Notice) -> Result<(), NotifyError> {
        self.app.service().notifier().notify(to, notice).await
    }
}
