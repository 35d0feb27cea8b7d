//! The files by which platforms verify the company's domain, with their exact responses. See the configuration's tests
//! for valid names and contents.

use std::fmt::Write;

use acceptance::{Company, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn open() -> Company {
    let mut settings = toml::toml! {
        default_app = ""
        [[apps]]
        name = "shop"
        kind = "wechat-official-account"
        app_id = "wx0000000000000001"
        app_secret = "s"
        files = [
            { name = "MP_verify_aB3dEf7hIjKlMnOp.txt", content = "aB3dEf7hIjKlMnOp" },
            { name = "wx/MP_verify_x.txt", content = "two\r\nlines\n" },
        ]
        [[apps]]
        name = "club"
        kind = "wechat-official-account"
        app_id = "wx0000000000000002"
        app_secret = "s"
        files = [{ name = "MP_verify_aB3dEf7hIjKlMnOp.txt", content = "aB3dEf7hIjKlMnOp" }]
    };
    settings.insert("http".to_owned(), toml::toml! { allowed_origins = ["https://shop.example.com"] }.into());
    Company::open_with(Server::Sqlite, settings).await
}

/// Returns the whole response as sent, except the date.
async fn raw(company: &Company, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let address = company.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("the API listens");
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").expect("writing to a String does not fail");
    }
    stream.write_all(format!("{request}\r\n").as_bytes()).await.expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("a response");
    let lines = answer.split_inclusive("\r\n").filter(|line| !line.starts_with("date: "));
    lines.collect()
}

#[tokio::test]
async fn a_file_is_served_to_the_byte_to_every_client() {
    let company = open().await;
    let path = "/MP_verify_aB3dEf7hIjKlMnOp.txt";

    let whole = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 16\r\nconnection: close\r\n\r\n";
    assert_eq!(raw(&company, "GET", path, &[]).await, format!("{whole}aB3dEf7hIjKlMnOp"));
    assert_eq!(raw(&company, "HEAD", path, &[]).await, whole);
    let odd = [("authorization", "Bearer nonsense"), ("origin", "https://shop.example.com"), ("accept", "text/html")];
    assert_eq!(raw(&company, "GET", &format!("{path}?t=1"), &odd).await, format!("{whole}aB3dEf7hIjKlMnOp"));
    assert_eq!(
        raw(&company, "GET", "/wx/MP_verify_x.txt", &[]).await,
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 11\r\nconnection: close\r\n\r\ntwo\r\nlines\n"
    );
}

#[tokio::test]
async fn only_get_and_head_are_answered_and_only_the_very_name() {
    let company = open().await;

    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        assert_eq!(
            raw(&company, method, "/wx/MP_verify_x.txt", &[]).await,
            "HTTP/1.1 405 Method Not Allowed\r\nallow: GET,HEAD\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            "{method}"
        );
    }
    for path in ["/wx/mp_verify_x.txt", "/wx/MP_verify_x.txt/", "/MP_verify_x.txt", "/wx//MP_verify_x.txt", "/wx"] {
        let answer = raw(&company, "GET", path, &[]).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
    assert!(raw(&company, "GET", "/healthz", &[]).await.ends_with("ok\n"));
}
