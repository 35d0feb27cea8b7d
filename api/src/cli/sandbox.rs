//! `guiyi sandbox`: a WeChat on this machine by itself, for any program that logs people in through WeChat.
//! And the one that runs beside the service, for the demo company. What it answers is the sandbox's own business.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sandbox::{DEMO, Sandbox, SeedError, Tls};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::{info, warn};

use super::server::{Server, bind, finish, told, told_to_stop};
use super::{Failure, banner, logs, seed};
use crate::config::{Config, Log, LogFormat};
use crate::service::Service;

/// How long requests in flight may go on. Whoever stops a tool at a terminal does not want to wait.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where it listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8001")]
    listen: SocketAddr,
    /// Your own apps and people; the demo company's if left out.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Speaks TLS, with this certificate and its private key (PEM files).
    #[arg(long, num_args = 2, value_names = ["CERT", "KEY"])]
    tls: Option<Vec<PathBuf>>,
}

/// Serves the sandbox until the process is told to stop. No configuration is read.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    logs::start(&Log { format: LogFormat::Text, filter: "info".to_owned() })?;
    let sandbox = seeded(arguments.seed.as_deref())?;
    let tls = match arguments.tls.as_deref() {
        Some([certificate, key]) => Some(Tls::from_pem_files(certificate, key)?),
        Some(_) | None => None,
    };
    let listener = bind(arguments.listen, "the sandbox").await?;
    let address = listener.local_addr()?;
    let url = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
    let greeting = banner(&url, &sandbox);
    let (stop, stopped) = watch::channel(false);
    let server = serve(sandbox, (listener, tls), stopped);
    eprint!("{greeting}");
    info!("the sandbox listens on {url}");
    if !address.ip().is_loopback() {
        warn!("whoever reaches {address} can be anybody: the sandbox asks for no password");
    }
    told_to_stop().await?;
    finish(stop, server, GRACE).await;
    info!("stopped");
    Ok(())
}

/// This build has a sandbox and the demo company.
#[expect(clippy::unnecessary_wraps, reason = "a build without the sandbox refuses here")]
pub(super) const fn built_in() -> Result<(), Failure> {
    Ok(())
}

/// Starts the sandbox of the configuration beside the service, if it is enabled.
pub(super) async fn beside(config: &Config, stopped: watch::Receiver<bool>) -> Result<Option<Server>, Failure> {
    if !config.sandbox.enabled {
        return Ok(None);
    }
    let listener = bind(config.sandbox.listen, "the sandbox").await?;
    let sandbox = seeded(config.sandbox.seed_file())?;
    info!("the sandbox listens on http://{}", config.sandbox.listen);
    Ok(Some(serve(sandbox, (listener, None), stopped)))
}

/// Imports the demo company, and prints where things are.
pub(super) async fn open_demo(service: &Service) -> Result<(), Failure> {
    seed::demo(service).await?;
    eprint!("{}", banner::demo(service.config()));
    Ok(())
}

/// Serves a sandbox until it is told to stop.
fn serve(sandbox: Sandbox, (listener, tls): (TcpListener, Option<Tls>), stopped: watch::Receiver<bool>) -> Server {
    tokio::spawn(async move { sandbox.serve(listener, tls, told(stopped)).await })
}

/// Why a seed file is refused.
#[derive(Debug, thiserror::Error)]
enum BadSeed {
    #[error("the seed {} cannot be read", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{} cannot be used", path.display())]
    Unusable { path: PathBuf, source: SeedError },
}

/// The sandbox of a seed file, or of the demo company.
fn seeded(file: Option<&Path>) -> Result<Sandbox, Failure> {
    let Some(path) = file else { return Ok(Sandbox::from_toml(DEMO)?) };
    let path = path.to_owned();
    let seed = match std::fs::read_to_string(&path) {
        Ok(seed) => seed,
        Err(source) => return Err(BadSeed::Unreadable { path, source }.into()),
    };
    Sandbox::from_toml(&seed).map_err(|source| BadSeed::Unusable { path, source }.into())
}

/// Where things are and what to try first.
fn banner(url: &str, sandbox: &Sandbox) -> String {
    let (apps, people) = (sandbox.apps(), sandbox.people());
    let app = apps.first().expect("a seed without apps is refused");
    let person = people.first().expect("a seed without people is refused");
    format!(
        "\n  A WeChat of your own — apps: {}, people: {}\n\n\
         \x20   Control page   {url}/_sandbox/   (apps with their secrets, people, SMS)\n\
         \x20   For browsers   {url}/open.weixin.qq.com/connect/…\n\
         \x20   For servers    {url}/api.weixin.qq.com/sns/…\n\n\
         \x20 Try first: open the control page, or order a code as if {} had just agreed on the phone:\n\
         \x20   curl {url}/_sandbox/codes -d '{{\"app\":\"{}\",\"person\":\"{}\"}}'\n\n",
        apps.len(),
        people.len(),
        person.nickname,
        app.name,
        person.id,
    )
}
