//! Four processes share one database, and the tokens that one of them fetches from WeChat.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::demo::{Workplace, free_address, start_at};
use crate::sandbox;

#[tokio::test]
async fn four_processes_with_fifty_requests_each_fetch_one_ticket() {
    let place = Workplace::new();
    let listening = sandbox::listen(&place, &[]);
    let sandbox = &listening.url;
    place.write(
        "guiyi.toml",
        &format!(
            "[tokens]\nsecret_keys = [\"a-key-of-this-test-a-key-of-this-test\"]\n[[apps]]\nname = \"shop\"\n\
             kind = \"wechat-official-account\"\napp_id = \"wxde30000000005409\"\n\
             app_secret = \"de300000000000000000000000005409\"\napi_url = \"{sandbox}\"\nopen_url = \"{sandbox}\"\n\
             js_pages = [\"https://shop.example.com/\"]\n"
        ),
    );
    let listens: [String; 4] = std::array::from_fn(|_| free_address());
    let [first, others @ ..] = &listens;
    // The first one creates the file; four processes cannot create a SQLite file at once.
    let _first = start_at(&place, "serve", (first, "log-0")).await;
    let logs = ["log-1", "log-2", "log-3"];
    let _others = join_all(others.iter().zip(logs).map(|(to, log)| start_at(&place, "serve", (to, log)))).await;
    let client = reqwest::Client::builder().build().expect("a client");
    let query = "{ jsSdkConfig(app: \"shop\", url: \"https://shop.example.com/\") { signature } }";
    let ask = |listen: String| {
        let request = client.post(format!("http://{listen}/graphql")).json(&json!({ "query": query }));
        async move { request.send().await.expect("an answer").json::<Value>().await.expect("JSON") }
    };

    let answers = join_all((0..200).map(|n| ask(listens[n % 4].clone()))).await;

    let refused: Vec<_> = answers.iter().filter(|answer| answer.get("errors").is_some()).collect();
    assert!(refused.is_empty(), "{refused:?}");
    for path in ["/cgi-bin/stable_token", "/cgi-bin/ticket/getticket"] {
        let calls = client.get(format!("{sandbox}/_sandbox/calls?path={path}")).send().await.expect("an answer");
        let calls: Value = calls.json().await.expect("JSON");
        assert_eq!(calls.as_array().map(Vec::len), Some(1), "{path}");
    }
    let tokens: Value =
        client.get(format!("{sandbox}/_sandbox/issued")).send().await.expect("an answer").json().await.expect("JSON");
    let dump: Vec<u8> = std::fs::read_dir(place.folder.path())
        .expect("a folder")
        .filter_map(Result::ok)
        .filter(|file| file.file_name() != "guiyi.toml")
        .flat_map(|file| std::fs::read(file.path()).expect("a file"))
        .collect();
    let holds = |text: &str| dump.windows(text.len()).any(|window| window == text.as_bytes());
    // The database contains the token's name; neither it nor the logs contain the token.
    assert!(holds("wechat/wxde30000000005409/"));
    for issued in tokens.as_array().expect("a list") {
        assert!(!holds(issued["text"].as_str().expect("a token")), "{}", issued["kind"]);
    }
    assert!(!tokens.as_array().expect("a list").is_empty());
}
