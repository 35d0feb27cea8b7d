//! The programs of `docs/webhooks.md` receive a real delivery, and refuse one with a forged signature. A program runs where its
//! language is installed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use acceptance::{Company, Server};
use chrono::TimeDelta;
use tokio::net::{TcpListener, TcpStream};

use crate::{NEW_SECRET, SECRET, deliver, settings};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_example_verifies_a_delivery() {
    verifies("js", "mjs", "node").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_example_verifies_a_delivery() {
    verifies("python", "py", "python3").await;
}

/// Ends the program when the test ends.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        self.0.kill().expect("the program runs");
        self.0.wait().expect("the program ends");
    }
}

fn example(language: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/webhooks.md");
    let page = std::fs::read_to_string(page).expect("docs/webhooks.md");
    let (_, rest) = page.split_once(&format!("```{language}\n")).expect("the example");
    rest.split("```").next().expect("the end of the example").to_owned()
}

async fn verifies(language: &str, ending: &str, interpreter: &str) {
    let is_installed = Command::new(interpreter).arg("--version").stdout(Stdio::null()).status();
    if !is_installed.is_ok_and(|status| status.success()) {
        eprintln!("{interpreter} is not installed: the example is not run");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(format!("receiver.{ending}"));
    std::fs::write(&file, example(language)).expect("a file");
    let port = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address").port();
    let mut command = Command::new(interpreter);
    command.arg(&file).env("PORT", port.to_string()).env("WEBHOOK_SECRET", SECRET);
    let _program = Program(command.stdout(Stdio::null()).spawn().expect("the program starts"));
    let url = format!("http://127.0.0.1:{port}/");
    tokio::time::timeout(Duration::from_secs(20), async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the program listens");

    let company = Box::pin(Company::open_with(Server::Sqlite, webhooks(&url))).await;
    // The programs compare the time of a message with their clock.
    let now = std::time::UNIX_EPOCH.elapsed().expect("a time after 1970").as_millis();
    let ahead = i64::try_from(now).expect("a time") - company.clock.now().millis();
    company.clock.advance(TimeDelta::milliseconds(ahead));
    company.sign_in("shop", "lan").await;
    deliver(&company).await;

    let listed = api::usecase::webhook::list(company.app.service()).await.expect("the database answers");
    let state = |at: usize| (listed[at].deliveries.pending, listed[at].deliveries.last_error.as_deref());
    assert_eq!(state(0), (0, None), "the genuine one");
    assert_eq!(state(1), (2, Some("answered 401")), "the one with another secret");
    assert_eq!(state(2), (0, None), "the one that is signed with both");
}

/// Returns one webhook with the receiver's secret, one with another, and one with both.
fn webhooks(url: &str) -> toml::Table {
    let webhook = |name: &str, secrets: Vec<&str>| {
        toml::Table::from_iter([
            ("name".to_owned(), name.into()),
            ("url".to_owned(), url.into()),
            ("secrets".to_owned(), secrets.into()),
            ("allow_private".to_owned(), true.into()),
        ])
    };
    settings(vec![
        webhook("genuine", vec![SECRET]),
        webhook("forged", vec![NEW_SECRET]),
        webhook("rotated", vec![NEW_SECRET, SECRET]),
    ])
}
