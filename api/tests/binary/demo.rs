//! The demo's binary in a folder of its own, on free ports.
//! What is tested with it stands in the files that use this one.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The verifier of every login, and its challenge: RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A folder and two ports.
pub(crate) struct Workplace {
    pub(crate) folder: TempDir,
    pub(crate) api: String,
    pub(crate) sandbox: String,
}

pub(crate) fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

impl Workplace {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), api: free_address(), sandbox: free_address() }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guiyi"));
        command.args(arguments).current_dir(self.folder.path());
        command.env("GUIYI_HTTP__LISTEN", &self.api).env("GUIYI_SANDBOX__LISTEN", &self.sandbox);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    /// Begins a login in a browser at a started demo; answers what has to come along with its code, as variables.
    pub(crate) async fn begin(&self, app: &str) -> Value {
        let input =
            json!({ "app": app, "returnTo": format!("http://{}/playground", self.api), "codeChallenge": CHALLENGE });
        let query = "mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { state } }";
        let request =
            reqwest::Client::builder().build().expect("a client").post(format!("http://{}/graphql", self.api));
        let request = request.json(&json!({ "query": query, "variables": { "input": input } }));
        let begun: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        json!({ "state": begun["data"]["beginLogin"]["state"], "verifier": VERIFIER })
    }

    /// An operation that signs in with a code, and answers these fields.
    pub(crate) fn login(begun: &Value, code: &Value, fields: &str) -> Value {
        let query = format!(
            "mutation ($code: String!, $state: String, $verifier: String) {{
            wechatLogin(code: $code, state: $state, codeVerifier: $verifier) {{ {fields} }} }}"
        );
        let mut variables = begun.clone();
        variables["code"] = code.clone();
        json!({ "query": query, "variables": variables })
    }

    /// What a started demo has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("a log")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).expect("a file");
    }
}

/// A running demo, stopped when the test is over.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the demo and waits until it is ready.
pub(crate) async fn start(place: &Workplace) -> Running {
    start_at(place, "demo", (&place.api, "log")).await
}

/// Starts a command that serves the API at an address, with a log of its own, and waits until it is ready.
pub(crate) async fn start_at(place: &Workplace, command: &str, (listen, log): (&str, &str)) -> Running {
    let log = place.folder.path().join(log);
    let mut command = place.command(&[command]);
    command.env("GUIYI_HTTP__LISTEN", listen).stderr(File::create(&log).expect("a file")).stdout(Stdio::null());
    wait_until_ready(Running(command.spawn().expect("the binary runs")), listen, &log).await
}

/// Waits until what was started is ready.
pub(crate) async fn wait_until_ready(mut running: Running, listen: &str, log: &Path) -> Running {
    // Making the upstreams' client also gives TLS its crypto, which the tests' own clients want.
    providers::Http::new(providers::HttpLimits::default()).expect("a client");
    let url = format!("http://{listen}/readyz");
    while !reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
        let has_ended = running.0.try_wait().expect("a child").is_some();
        assert!(!has_ended, "it ended before it was ready: {}", std::fs::read_to_string(log).expect("a log"));
        tokio::task::yield_now().await;
    }
    running
}
