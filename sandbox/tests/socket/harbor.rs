//! A sandbox on a free port, with or without TLS, and clients that resolve WeChat's names to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use sandbox::{DEMO, Sandbox, Tls};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::crypto::ring;

pub(crate) struct Harbor {
    pub(crate) address: SocketAddr,
    pub(crate) sandbox: Sandbox,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) ended: JoinHandle<std::io::Result<()>>,
}

impl Harbor {
    pub(crate) async fn plain() -> Self {
        Self::open(None).await
    }

    pub(crate) async fn secure() -> Self {
        let tls = Tls::from_pem_files(&fixture("for-tests-only.cert.pem"), &fixture("for-tests-only.key.pem"));
        Self::open(Some(tls.expect("a certificate and its key"))).await
    }

    async fn open(tls: Option<Tls>) -> Self {
        let sandbox = Sandbox::from_toml(DEMO).expect("the seed is good");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let stopped = async { stopped.await.expect("the test says when to stop") };
        let served = sandbox.clone();
        let ended = tokio::spawn(async move { served.serve(listener, tls, stopped).await });
        Self { address, sandbox, stop, ended }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    /// Returns a client that trusts only the certificate, and resolves WeChat's names to the sandbox.
    pub(crate) fn client(&self) -> reqwest::Client {
        // The second test in this process finds it installed.
        let _ = ring::default_provider().install_default();
        let pem = std::fs::read(fixture("for-tests-only.cert.pem")).expect("a file");
        let certificate = reqwest::Certificate::from_pem(&pem).expect("a certificate");
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([certificate]);
        let hosts = ["open.weixin.qq.com", "api.weixin.qq.com"];
        let client = hosts.into_iter().fold(client, |client, host| client.resolve(host, self.address));
        client.build().expect("a client")
    }

    /// Returns the address of a path at one of WeChat's hosts.
    pub(crate) fn https(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.address.port())
    }
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/socket/fixtures").join(name)
}
