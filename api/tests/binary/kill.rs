//! Kills the process at random moments, repeatedly, and verifies that everything it acknowledged persists.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use migration::throwaway::{Database, Server};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::demo::{CHALLENGE, VERIFIER, Workplace, start};

/// How often the process is killed; `GUIYI_TEST_KILLS` overrides it.
const KILLS: usize = 10;
/// How many clients run concurrently, again after each kill.
const CLIENTS: usize = 4;
const APPS: [&str; 4] = ["shop", "club", "site", "mini"];

/// An acknowledged result that must persist.
#[derive(Debug, Clone)]
enum Acknowledged {
    Login { person: usize, app: &'static str, user: String },
    Bind { person: usize, user: String },
}

#[derive(Clone)]
struct Shop {
    http: Client,
    api: String,
    sandbox: String,
    acknowledged: Arc<Mutex<Vec<Acknowledged>>>,
    /// The number of acknowledged results, for the task that kills.
    count: watch::Sender<usize>,
}

impl Shop {
    fn at(place: &Workplace) -> Self {
        Self {
            http: Client::builder().build().expect("a client"),
            api: format!("http://{}/graphql", place.api),
            sandbox: format!("http://{}", place.sandbox),
            acknowledged: Arc::default(),
            count: watch::Sender::new(0),
        }
    }

    /// Returns the messages sent to a person's number.
    async fn inbox(&self, person: usize) -> Vec<Value> {
        let url = format!("{}/_sandbox/sms?to={}", self.sandbox, number(person).replace('+', "%2B"));
        let inbox = self.http.get(url).send().await.expect("the sandbox answers");
        inbox.json().await.expect("a list")
    }

    /// Returns the data of an answer; `None` when the process is gone.
    async fn ask(&self, token: Option<&str>, (query, variables): (&str, Value)) -> Option<Value> {
        let request = self.http.post(&self.api).json(&json!({ "query": query, "variables": variables }));
        let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
        let answer: Value = request.send().await.ok()?.json().await.ok()?;
        assert!(answer.get("errors").is_none(), "{query} {variables}: {answer}");
        Some(answer["data"].clone())
    }

    async fn log_in(&self, person: usize, app: &'static str) -> Option<Value> {
        let order = json!({ "app": app, "person": format!("p{person}") });
        let request = self.http.post(format!("{}/_sandbox/codes", self.sandbox)).json(&order);
        let code: Value = request.send().await.ok()?.json().await.ok()?;
        let code = &code["code"];
        let variables = if app == "mini" {
            json!({ "code": code, "app": app })
        } else {
            let to = self.api.replace("graphql", "playground");
            let input = json!({ "app": app, "returnTo": to, "codeChallenge": CHALLENGE });
            let query = "mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { state } }";
            let begun = self.ask(None, (query, json!({ "input": input }))).await?;
            json!({ "code": code, "state": begun["beginLogin"]["state"], "verifier": VERIFIER })
        };
        let query = "mutation ($code: String!, $app: String, $state: String, $verifier: String) {
            wechatLogin(code: $code, app: $app, state: $state, codeVerifier: $verifier) {
            accessToken isNewUser user { id phone } } }";
        let data = self.ask(None, (query, variables)).await?;
        Some(data["wechatLogin"].clone())
    }

    async fn bind(&self, token: &str, person: usize) -> Option<Value> {
        let number = number(person);
        let send = "mutation ($phone: String!) { sendPhoneCode(phone: $phone) { expiresAt } }";
        self.ask(Some(token), (send, json!({ "phone": number }))).await?;
        let inbox = format!("{}/_sandbox/sms?to={}", self.sandbox, number.replace('+', "%2B"));
        let inbox: Value = self.http.get(inbox).send().await.ok()?.json().await.ok()?;
        let bind = "mutation ($phone: String!, $code: String!) {
            bindPhone(phone: $phone, code: $code) { user { id phone } } }";
        let data = self.ask(Some(token), (bind, json!({ "phone": number, "code": inbox[0]["code"] }))).await?;
        Some(data["bindPhone"]["user"].clone())
    }

    /// Logs a person in through every app and binds a phone. Ends when the process is gone.
    async fn come(&self, person: usize) -> Option<()> {
        for (at, app) in APPS.into_iter().enumerate() {
            let login = self.log_in(person, app).await?;
            self.acknowledge(Acknowledged::Login { person, app, user: text(&login["user"]["id"]) });
            if at == person % APPS.len() {
                let user = self.bind(&text(&login["accessToken"]), person).await?;
                self.acknowledge(Acknowledged::Bind { person, user: text(&user["id"]) });
            }
        }
        Some(())
    }

    fn acknowledge(&self, what: Acknowledged) {
        self.acknowledged.lock().expect("no panic poisons the lock").push(what);
        self.count.send_modify(|count| *count += 1);
    }

    /// Asserts that each acknowledged account is found, under the same id or through its merge.
    async fn stand_by(&self, what: &Acknowledged) {
        let (person, app, user) = match what {
            Acknowledged::Login { person, app, user } => (*person, *app, user),
            Acknowledged::Bind { person, user } => (*person, APPS[person % APPS.len()], user),
        };
        let login = self.log_in(person, app).await.expect("the process is there");
        let query = "query ($id: ID!) { node(id: $id) { id } }";
        let old = self.ask(Some(&text(&login["accessToken"])), (query, json!({ "id": user }))).await;
        let old = old.expect("the process is there");
        assert_eq!((&login["isNewUser"], &old["node"]["id"]), (&json!(false), &login["user"]["id"]), "{what:?}");
        if let Acknowledged::Bind { .. } = what {
            assert_eq!(login["user"]["phone"], number(person), "{what:?}");
        }
    }
}

fn number(person: usize) -> String {
    format!("+86139{person:08}")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("text instead of {value}")).to_owned()
}

const SEED: &str = "[sandbox]\nseed = \"people.toml\"\n";

/// Prepares a WeChat with enough people, and a company that knows every second one by the phone.
fn open(kills: usize, settings: &str) -> Workplace {
    let place = Workplace::new();
    let people = || 0..kills * CLIENTS;
    let seed: Vec<String> = people().map(|n| format!("\n[[people]]\nid = \"p{n}\"\nnickname = \"P{n}\"\n")).collect();
    place.write("people.toml", &format!("{}{}", sandbox::DEMO, seed.concat()));
    place.write("guiyi.toml", settings);
    let members: Vec<String> = people().step_by(2).map(|n| format!("M-{n},{}\n", number(n))).collect();
    place.write("members.csv", &format!("externalId,phone\n{}", members.concat()));
    let imported = place.run(&["--demo", "import", "users", "members.csv"]);
    assert!(imported.status.success(), "{imported:?}");
    place
}

fn kills() -> usize {
    #[expect(clippy::disallowed_methods, reason = "a test may be asked for more than is needed every time")]
    let asked = std::env::var("GUIYI_TEST_KILLS").ok();
    asked.map_or(KILLS, |asked| asked.parse().expect("GUIYI_TEST_KILLS is a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_was_answered_is_lost_when_the_process_is_killed() {
    let kills = kills();
    let place = open(kills, SEED);
    let mut running = start(&place).await;
    let shop = Shop::at(&place);

    for kill in 0..kills {
        let before = *shop.count.borrow();
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let shop = shop.clone();
            clients.spawn(async move { shop.come(kill * CLIENTS + client).await });
        }
        // Kills during the request after this many responses; a client makes five requests in total.
        let fatal = before + usize::try_from(RandomState::new().hash_one(kill) % 16).expect("few");
        shop.count.subscribe().wait_for(|count| *count >= fatal).await.expect("the clients make progress");
        running.0.kill().expect("a child can be killed");
        running.0.wait().expect("it ends");
        while let Some(client) = clients.join_next().await {
            client.expect("a client ends well");
        }

        running = start(&place).await;
        let answered = shop.acknowledged.lock().expect("no panic poisons the lock").split_off(0);
        for what in &answered {
            shop.stand_by(what).await;
        }
    }

    eprintln!("{kills} kills, {} answers stood by", *shop.count.borrow());
}

macro_rules! on_a_database {
    ($module:ident, $server:expr) => {
        mod $module {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_notice_of_a_process_that_was_killed_is_sent_by_the_next_one_and_once() {
                super::kill_before_the_notice($server).await;
            }
        }
    };
}

on_a_database!(sqlite, migration::throwaway::Server::Sqlite);
#[cfg(feature = "postgres")]
on_a_database!(postgres, migration::throwaway::Server::Postgres);
#[cfg(feature = "mariadb")]
on_a_database!(mariadb, migration::throwaway::Server::MariaDb);

async fn kill_before_the_notice(server: Server) {
    let database = Database::create(server).await;
    let keys = "[tokens]\nsecret_keys = [\"a-key-of-this-test-a-key-of-this-test\"]\n";
    let settings = format!("{SEED}{keys}[database]\nurl = \"{}\"\n", database.url());
    let place = open(1, &settings);
    place.write("guiyi.toml", &format!("{settings}[outbox]\ndeliver = false\n"));
    let mut running = start(&place).await;
    let shop = Shop::at(&place);
    let login = shop.log_in(0, "mini").await.expect("a login");
    shop.bind(&text(&login["accessToken"]), 0).await.expect("a join");
    running.0.kill().expect("a child can be killed");
    running.0.wait().expect("it ends");

    place.write("guiyi.toml", &settings);
    let _running = start(&place).await;
    let mut looks = 0;
    while shop.inbox(0).await.is_empty() && looks < 200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        looks += 1;
    }
    // Long enough for the worker's next poll.
    tokio::time::sleep(Duration::from_secs(6)).await;

    assert_eq!(shop.inbox(0).await.len(), 1);
    let sent = place.run(&["--demo", "outbox", "list", "--state", "sent"]);
    let listed = String::from_utf8(sent.stdout).expect("text");
    assert!(listed.lines().count() == 1 && listed.contains("  accounts_merged  usr_"), "{listed}");
    let nothing = place.run(&["--demo", "outbox", "retry"]);
    assert_eq!(String::from_utf8(nothing.stdout).expect("text"), "0 notice(s) will be retried\n");
}
