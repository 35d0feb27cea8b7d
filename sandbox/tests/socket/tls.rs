//! Tests of TLS: WeChat's own addresses, clients that never finish a handshake, unusable certificates.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use sandbox::Tls;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::harbor::{Harbor, fixture};

async fn get(harbor: &Harbor, path: &str) -> Value {
    let url = harbor.https("api.weixin.qq.com", path);
    let answer = harbor.client().get(url).send().await.expect("an answer");
    serde_json::from_str(&answer.text().await.expect("text")).expect("JSON")
}

#[tokio::test]
async fn a_login_works_at_the_addresses_that_are_written_into_every_client_of_wechat() {
    let harbor = Harbor::secure().await;
    let order = json!({ "app": "shop", "person": "lan", "scope": "snsapi_userinfo" }).to_string();
    let codes = harbor.https("open.weixin.qq.com", "/_sandbox/codes");
    let answer = harbor.client().post(codes).body(order).send().await.expect("an answer");
    let code: Value = serde_json::from_str(&answer.text().await.expect("text")).expect("JSON");
    let code = code["code"].as_str().expect("a code");
    let app = harbor.sandbox.apps().into_iter().find(|app| app.name == "shop").expect("the demo has it");
    let query = format!("appid={}&secret={}&code={code}&grant_type=authorization_code", app.app_id, app.secret);

    let tokens = get(&harbor, &format!("/sns/oauth2/access_token?{query}")).await;
    let token = tokens["access_token"].as_str().expect("a token");
    let profile = get(&harbor, &format!("/sns/userinfo?access_token={token}&openid={}", tokens["openid"])).await;

    assert_eq!(tokens["openid"].as_str(), harbor.sandbox.open_id("shop", "lan").as_deref());
    let avatar = harbor.https("api.weixin.qq.com", "/_sandbox/avatars/lan.50fe4452/132");
    assert_eq!(profile["headimgurl"].as_str(), Some(avatar.as_str()));
    let picture = harbor.client().get(avatar).send().await.expect("an answer");
    assert_eq!(picture.headers()["content-type"], "image/svg+xml");
}

#[tokio::test]
async fn a_client_that_says_nothing_does_not_hold_up_the_next() {
    let harbor = Harbor::secure().await;
    let silent = harbor.connect().await;

    let answer = get(&harbor, "/_sandbox/clock").await;

    assert!(answer["now"].is_i64());
    // It was not disconnected either: its handshake is still pending.
    let error = silent.try_read(&mut [0]).expect_err("nothing to read");
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_for_ten_seconds_is_sent_away() {
    let harbor = Harbor::secure().await;
    let mut silent = harbor.connect().await;
    let begin = Instant::now();

    let end = silent.read(&mut [0]).await;

    assert_eq!((end.expect("an end"), begin.elapsed().as_secs()), (0, 10));
}

#[tokio::test]
async fn a_client_that_does_not_speak_tls_gets_no_answer_and_harms_no_other_client() {
    let harbor = Harbor::secure().await;
    let mut plain = harbor.connect().await;
    plain.write_all(b"GET /_sandbox/clock HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("it leaves");

    let mut heard = Vec::new();
    // The result of the read depends on the operating system.
    let _ = plain.read_to_end(&mut heard).await;

    assert!(!heard.starts_with(b"HTTP"), "{heard:?}");
    assert!(get(&harbor, "/_sandbox/clock").await["now"].is_i64());
}

#[tokio::test]
async fn of_the_versions_of_http_it_agrees_to_the_first() {
    let harbor = Harbor::secure().await;
    let mut trusted = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(fixture("for-tests-only.cert.pem")).expect("a certificate");
    trusted.add(certificate).expect("it can be trusted");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions");
    let mut config = config.with_root_certificates(trusted).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];

    let name = ServerName::try_from("api.weixin.qq.com").expect("a name");
    let stream = TlsConnector::from(Arc::new(config)).connect(name, harbor.connect().await).await;

    assert_eq!(stream.expect("a handshake").get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
}

#[test]
fn a_certificate_that_is_of_no_use_is_refused_with_the_files_it_was_read_from() {
    let (certificate, key) = (fixture("for-tests-only.cert.pem"), fixture("for-tests-only.key.pem"));
    let (missing, other) = (fixture("missing.pem"), fixture("for-tests-only.other.key.pem"));
    let folder = format!("{}/", fixture("").display().to_string().trim_end_matches('/'));
    let refusal = |certificate: &Path, key: &Path| {
        let error = Tls::from_pem_files(certificate, key).expect_err("of no use");
        let cause = error.source().expect("a cause").to_string();
        format!("{error}: {cause}").replace(&folder, "")
    };

    let refusals = [
        refusal(&missing, &key),
        refusal(&certificate, &missing),
        refusal(&key, &key),
        refusal(&certificate, &certificate),
        refusal(&certificate, &other),
    ];

    assert_eq!(
        refusals,
        [
            "the certificate cannot be read from missing.pem: I/O error: No such file or directory (os error 2)",
            "the private key cannot be read from missing.pem: I/O error: No such file or directory (os error 2)",
            "the certificate cannot be read from for-tests-only.key.pem: no items found",
            "the private key cannot be read from for-tests-only.cert.pem: no items found",
            "the certificate for-tests-only.cert.pem and the private key for-tests-only.other.key.pem cannot be used \
             together: keys may not be consistent: KeyMismatch",
        ]
    );
}
