//! `guiyi sandbox`: a WeChat without the service, and the seed file of the sandbox and the demo.

use std::io::{BufRead, BufReader};
use std::process::{ChildStderr, Command, Stdio};

use serde_json::{Value, json};

use crate::demo::{Running, Workplace, start};

const CERTIFICATE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../sandbox/tests/socket/fixtures/for-tests-only.cert.pem");
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sandbox/tests/socket/fixtures/for-tests-only.key.pem");

const SEED: &str = r#"
    [company]
    name = "Tea House"
    [[apps]]
    name = "tea"
    title = "Tea House"
    kind = "wechat-official-account"
    app_id = "wx0000000000000001"
    secret = "00000000000000000000000000000001"
    redirect_domains = ["127.0.0.1"]
    [[people]]
    id = "mei"
    nickname = "Mei"
"#;

/// A sandbox that has logged its address.
pub(crate) struct Listening {
    process: Running,
    pub(crate) url: String,
    greeting: String,
    /// Kept open: logging into a closed pipe fails.
    _log: BufReader<ChildStderr>,
}

pub(crate) fn listen(place: &Workplace, arguments: &[&str]) -> Listening {
    let arguments = [&["sandbox", "--listen", "127.0.0.1:0"], arguments].concat();
    let mut child = place.command(&arguments).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
    let process = Running(child);
    let mut greeting = String::new();
    while !greeting.contains("the sandbox listens on ") {
        assert_ne!(log.read_line(&mut greeting).expect("text"), 0, "it ended: {greeting}");
    }
    let (_, rest) = greeting.split_once("Control page   ").expect("a control page");
    let (url, _) = rest.split_once("/_sandbox/").expect("its address");
    Listening { url: url.to_owned(), greeting, process, _log: log }
}

fn client() -> reqwest::Client {
    // The HTTP client installs the TLS crypto provider.
    providers::Http::new(providers::HttpLimits::default()).expect("a client");
    let pem = std::fs::read(CERTIFICATE).expect("a file");
    let certificate = reqwest::Certificate::from_pem(&pem).expect("a certificate");
    reqwest::Client::builder().tls_certs_only([certificate]).build().expect("a client")
}

async fn get(url: String) -> Value {
    let answer = client().get(url).send().await.expect("an answer");
    serde_json::from_str(&answer.text().await.expect("text")).expect("JSON")
}

async fn order_code(url: &str, app: &str, person: &str) -> String {
    let order = json!({ "app": app, "person": person });
    let answer = client().post(format!("{url}/_sandbox/codes")).json(&order).send().await.expect("an answer");
    let code: Value = answer.json().await.expect("JSON");
    code["code"].as_str().expect("a code").to_owned()
}

#[tokio::test]
async fn it_exchanges_codes_without_any_configuration_or_database() {
    let place = Workplace::new();
    place.write("guiyi.toml", "this is no configuration");
    let sandbox = listen(&place, &[]);
    let code = order_code(&sandbox.url, "shop", "lan").await;

    let query = "appid=wxde30000000005409&secret=de300000000000000000000000005409&grant_type=authorization_code";
    let exchange = format!("{}/api.weixin.qq.com/sns/oauth2/access_token?{query}&code={code}", sandbox.url);
    let tokens = get(exchange).await;

    let expected = sandbox::Sandbox::from_toml(sandbox::DEMO).expect("the seed is good").open_id("shop", "lan");
    assert_eq!(tokens["openid"].as_str(), expected.as_deref());
    let files: Vec<_> = std::fs::read_dir(place.folder.path()).expect("a folder").collect();
    assert_eq!(files.len(), 1, "{files:?}");
}

#[tokio::test]
async fn it_greets_with_the_first_thing_to_try() {
    let place = Workplace::new();
    place.write("tea.toml", SEED);

    let sandbox = listen(&place, &["--seed", "tea.toml"]);

    let (greeting, _) = sandbox.greeting.rsplit_once("\n\n").expect("the log follows");
    insta::assert_snapshot!(greeting.replace(&sandbox.url, "URL"), @r#"

      Local WeChat — apps: 1, people: 1

        Control page   URL/_sandbox/   (apps with their secrets, people, SMS)
        For browsers   URL/open.weixin.qq.com/connect/…
        For servers    URL/api.weixin.qq.com/sns/…

      Try first: open the control page, or request a code as if Mei had just agreed on the phone:
        curl URL/_sandbox/codes -d '{"app":"tea","person":"mei"}'
    "#);
    assert_eq!(order_code(&sandbox.url, "tea", "mei").await.len(), 32);
}

#[tokio::test]
async fn it_speaks_tls_with_a_certificate_and_its_key() {
    let sandbox = listen(&Workplace::new(), &["--tls", CERTIFICATE, KEY]);

    let people = get(format!("{}/_sandbox/people", sandbox.url)).await;

    assert!(sandbox.url.starts_with("https://"), "{}", sandbox.url);
    assert_eq!(people[0]["id"], "lan");
}

#[cfg(unix)]
#[tokio::test]
async fn told_to_stop_it_ends_well() {
    let mut sandbox = listen(&Workplace::new(), &[]);
    get(format!("{}/_sandbox/clock", sandbox.url)).await;

    let told = Command::new("kill").args(["-TERM", &sandbox.process.0.id().to_string()]).status().expect("kill runs");

    assert!(told.success());
    assert!(sandbox.process.0.wait().expect("it ends").success());
}

#[test]
fn what_cannot_be_used_is_refused_by_name_and_a_seed_with_every_mistake() {
    let place = Workplace::new();
    place.write("broken.toml", "[company\n");
    place.write("wrong.toml", &SEED.replace("wx00", "wxAB").replace("kind = \"wechat", "kind = \"we"));
    let refused = |arguments: &[&str]| {
        let output = place.run(&[&["sandbox", "--listen", "127.0.0.1:0"], arguments].concat());
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).expect("text")
    };

    let refusals = [
        refused(&["--seed", "missing.toml"]),
        refused(&["--seed", "broken.toml"]),
        refused(&["--seed", "wrong.toml"]),
        refused(&["--tls", "missing.pem", KEY]),
    ];

    insta::assert_snapshot!(refusals.concat(), @r"
    guiyi: the seed missing.toml cannot be read: No such file or directory (os error 2)
    guiyi: broken.toml cannot be used: the seed is not TOML: TOML parse error at line 1, column 9
      |
    1 | [company
      |         ^
    unclosed table, expected `]`

    guiyi: wrong.toml cannot be used: the seed is invalid: apps[0].kind has the unknown value `we-official-account`; apps[0].app_id must be wx and 16 lower-case hex digits
    guiyi: the certificate cannot be read from missing.pem: I/O error: No such file or directory (os error 2)
    ");
}

#[tokio::test]
async fn the_demo_takes_a_seed_from_its_configuration() {
    let place = Workplace::new();
    place.write("tea.toml", SEED);
    place.write("guiyi.toml", "[sandbox]\nseed = \"tea.toml\"\n");
    let _demo = start(&place).await;

    let people = get(format!("http://{}/_sandbox/people", place.sandbox)).await;

    assert_eq!(people[0]["id"], "mei");
    place.write("guiyi.toml", "[sandbox]\nseed = \"missing.toml\"\n");
    let output = Workplace::new().command(&["demo"]).current_dir(place.folder.path()).output().expect("it runs");
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("missing.toml"));
}
