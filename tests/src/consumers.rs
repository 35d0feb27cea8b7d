//! The consumers of webhooks that `docs/webhooks.md` shows, as programs.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::net::{TcpListener, TcpStream};

use crate::{Company, Server};

/// The secret of the program, and another one.
const SECRETS: [&str; 2] = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2VjcmV0LW9mLXRoZS1yZWNlaXZlci1uZXc="];

/// A program of the documentation, by the language of its block.
#[derive(Debug, Clone, Copy)]
pub enum Consumer {
    /// For Node.js.
    Node,
    /// For Python.
    Python,
    /// For PHP's own web server.
    Php,
}

impl Consumer {
    const fn block_and_file(self) -> (&'static str, &'static str) {
        match self {
            Self::Node => ("js", "receiver.mjs"),
            Self::Python => ("python", "receiver.py"),
            Self::Php => ("php", "receiver.php"),
        }
    }

    fn command(self, file: &Path, port: u16) -> Command {
        let mut command = match self {
            Self::Node => Command::new("node"),
            Self::Python => Command::new("python3"),
            Self::Php => {
                let mut php = Command::new("php");
                php.args(["-S", &format!("127.0.0.1:{port}")]);
                php
            }
        };
        command.arg(file).env("PORT", port.to_string()).env("WEBHOOK_SECRET", SECRETS[0]);
        command
    }
}

/// Ends the program when it is dropped, and removes its folder.
struct Program {
    child: Child,
    folder: PathBuf,
}

impl Drop for Program {
    fn drop(&mut self) {
        // The program may have ended, and the folder be gone, when a test fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Starts a program of the documentation, and lets the service deliver events to it: it accepts those that are signed
/// with its secret, also if another signature is present, and refuses the others.
///
/// # Panics
///
/// If its language is not installed, or it behaves otherwise.
pub async fn verifies(consumer: Consumer) {
    let (block, file) = consumer.block_and_file();
    let port = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address").port();
    let folder = std::env::temp_dir().join(format!("guiyi-consumer-{}-{port}", std::process::id()));
    std::fs::create_dir(&folder).expect("a new folder");
    let file = folder.join(file);
    std::fs::write(&file, example(block)).expect("a file");
    let mut command = consumer.command(&file, port);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let child = child.unwrap_or_else(|error| panic!("{} is not installed: {error}", command.get_program().display()));
    let mut program = Program { child, folder };
    tokio::time::timeout(Duration::from_secs(20), async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            let ended = program.child.try_wait().expect("a child");
            assert!(ended.is_none(), "the program has ended: {ended:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the program listens");

    let url = format!("http://127.0.0.1:{port}/");
    let company = Box::pin(Company::open_with(Server::Sqlite, webhooks(&url))).await;
    // The programs compare the time of a message with their clock.
    let now = std::time::UNIX_EPOCH.elapsed().expect("a time after 1970").as_millis();
    let ahead = i64::try_from(now).expect("a time") - company.clock.now().millis();
    company.clock.advance(TimeDelta::milliseconds(ahead));
    company.sign_in("shop", "lan").await;
    api::usecase::webhook::deliver_due(company.app.service()).await.expect("the database answers");

    let listed = api::usecase::webhook::list(company.app.service()).await.expect("the database answers");
    let state = |at: usize| (listed[at].deliveries.backlog.pending, listed[at].deliveries.last_error.as_deref());
    assert_eq!(state(0), (0, None), "the genuine one");
    assert_eq!(state(1), (2, Some("answered 401")), "the one with another secret");
    assert_eq!(state(2), (0, None), "the one that is signed with both");
}

fn example(block: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/webhooks.md");
    let page = std::fs::read_to_string(page).expect("docs/webhooks.md");
    let (_, rest) = page.split_once(&format!("```{block}\n")).expect("the example");
    rest.split("```").next().expect("the end of the example").to_owned()
}

/// Returns one webhook with the receiver's secret, one with another, and one with both.
fn webhooks(url: &str) -> toml::Table {
    let webhook = |name: &str, secrets: &[&str]| {
        toml::Table::from_iter([
            ("name".to_owned(), name.into()),
            ("url".to_owned(), url.into()),
            ("secrets".to_owned(), secrets.to_vec().into()),
            ("allow_private".to_owned(), true.into()),
        ])
    };
    let [own, other] = SECRETS;
    let webhooks = vec![webhook("genuine", &[own]), webhook("forged", &[other]), webhook("rotated", &[other, own])];
    toml::Table::from_iter([("webhooks".to_owned(), webhooks.into())])
}
