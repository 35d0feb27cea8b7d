//! Runs the demo's binary in its own directory, on free ports. Used by the other test files.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The verifier of every login, and its challenge: RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A directory and two ports.
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
        // The tests' own variables, such as the addresses of databases, are not settings.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GUIYI_")) {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").env("GUIYI_HTTP__LISTEN", &self.api).env("GUIYI_SANDBOX__LISTEN", &self.sandbox);
        // Tests run concurrently, and the shop has one port.
        command.env("GUIYI_SANDBOX__SHOP", "");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    /// Begins a browser login at a running demo. Returns the variables that must accompany its code.
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

    /// Returns an operation that logs in with a code and selects these fields.
    pub(crate) fn login(begun: &Value, code: &Value, fields: &str) -> Value {
        let query = format!(
            "mutation ($code: String!, $state: String, $verifier: String) {{
            wechatLogin(code: $code, state: $state, codeVerifier: $verifier) {{ {fields} }} }}"
        );
        let mut variables = begun.clone();
        variables["code"] = code.clone();
        json!({ "query": query, "variables": variables })
    }

    /// Returns the demo's log.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("a log")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).expect("a file");
    }
}

/// A running demo, killed when dropped.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the demo and waits until it is ready.
pub(crate) async fn start(place: &Workplace) -> Running {
    start_at(place, "demo", (&place.api, "log")).await
}

/// Starts a command that serves the API at an address, with its own log, and waits until it is ready.
pub(crate) async fn start_at(place: &Workplace, command: &str, (listen, log): (&str, &str)) -> Running {
    let log = place.folder.path().join(log);
    let mut command = place.command(&[command]);
    command.env("GUIYI_HTTP__LISTEN", listen).stderr(File::create(&log).expect("a file")).stdout(Stdio::null());
    wait_until_ready(Running(command.spawn().expect("the binary runs")), listen, &log).await
}

/// Waits until the process is ready.
pub(crate) async fn wait_until_ready(mut running: Running, listen: &str, log: &Path) -> Running {
    // The HTTP client installs the TLS crypto provider that the tests' own clients need.
    providers::Http::new(providers::HttpLimits::default()).expect("a client");
    let url = format!("http://{listen}/readyz");
    while !reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
        let has_ended = running.0.try_wait().expect("a child").is_some();
        assert!(!has_ended, "it ended before it was ready: {}", std::fs::read_to_string(log).expect("a log"));
        tokio::task::yield_now().await;
    }
    running
}
