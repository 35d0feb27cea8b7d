//! The database becomes unreachable and comes back, behind a connection that the test can cut. Does not apply to
//! SQLite, which is a local file.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use acceptance::{Company, Database, Server};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// A TCP proxy to a server, on its own port.
struct Line {
    port: u16,
    is_cut: Arc<AtomicBool>,
    cut: Arc<Notify>,
}

impl Line {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (is_cut, cut) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
        let line = Self { port, is_cut: is_cut.clone(), cut: cut.clone() };
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let (server, cut) = (server.clone(), cut.clone());
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(server).await.expect("the test server listens");
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        () = cut.notified() => {}
                    }
                });
            }
        });
        line
    }

    fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        self.cut.notify_waiters();
    }

    fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }
}

async fn without_its_database_everything_is_refused_clearly_and_works_again_when_it_is_back(server: Server) {
    let database = Database::create(server).await;
    let after_scheme = database.url().split_once("://").expect("a url").1;
    let authority = after_scheme.split_once('/').expect("a database").0;
    let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address).to_owned();
    let line = Line::to(address.clone()).await;
    let url = database.url().replace(&address, &format!("127.0.0.1:{}", line.port));
    let mut settings = toml::toml! { [database]
    acquire_timeout_seconds = 1 };
    settings["database"].as_table_mut().expect("a table").insert("url".to_owned(), url.into());
    let company = Company::open_on(database, settings).await;
    let lan = company.sign_in("shop", "lan").await;
    let ready = async || reqwest::get(format!("{}/readyz", company.url)).await.expect("an answer").status().as_u16();
    assert_eq!(ready().await, 200);

    line.cut();

    let code = company.code("shop", "wei").await;
    assert_eq!(lan.ask("{ me { id } }").await.code(), "SERVICE_UNAVAILABLE");
    assert_eq!(company.client().log_in(&code, "shop").await.code(), "SERVICE_UNAVAILABLE");
    assert_eq!(ready().await, 503);
    let alive = reqwest::get(format!("{}/healthz", company.url)).await.expect("an answer");
    assert_eq!(alive.status().as_u16(), 200);

    line.mend();

    lan.ask("{ me { id } }").await.data();
    let wei = company.client().log_in(&company.code("shop", "wei").await, "shop").await;
    assert_eq!(wei.data()["wechatLogin"]["isNewUser"], true);
    assert_eq!(ready().await, 200);
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_may_go_away() {
    without_its_database_everything_is_refused_clearly_and_works_again_when_it_is_back(Server::Postgres).await;
}

#[cfg(feature = "mariadb")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_may_go_away() {
    without_its_database_everything_is_refused_clearly_and_works_again_when_it_is_back(Server::MariaDb).await;
}
