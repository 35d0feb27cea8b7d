//! `guiyi sandbox`: a local WeChat, for any program that logs people in through WeChat; also the one that runs beside
//! the service for the demo company, with the demo shop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use providers::EncodingAesKey;
use sandbox::push::{Form, Format, Mode, Settings};
use sandbox::{DEMO, Sandbox, Tls};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{info, warn};

use super::server::{Server, bind, finish, told, told_to_stop};
use super::words::{because, said};
use super::{Failure, banner, logs, seed};
use crate::config::{Config, Log, LogFormat};
use crate::http::{self, Limits};
use crate::service::Service;
use crate::text::text;

/// How long requests in flight may continue. Kept short for interactive use.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8001")]
    listen: SocketAddr,
    /// A file with your own apps and people; by default the demo company's.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Uses TLS, with this certificate and its private key (PEM files).
    #[arg(long, num_args = 2, value_names = ["CERT", "KEY"])]
    tls: Option<Vec<PathBuf>>,
}

/// Serves the sandbox until the process is told to stop. Reads no configuration.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    logs::start(&Log { format: LogFormat::Text, filter: "info".to_owned() })?;
    let sandbox = seeded(arguments.seed.as_deref())?;
    let tls = match arguments.tls.as_deref() {
        Some([certificate, key]) => Some(Tls::from_pem_files(certificate, key)?),
        Some(_) | None => None,
    };
    let listener = bind(arguments.listen, &text!("the sandbox", "沙箱")).await?;
    let address = listener.local_addr()?;
    let url = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
    let greeting = banner::sandbox(&url, &sandbox);
    let (stop, stopped) = watch::channel(false);
    let server = serve(sandbox, (listener, tls), stopped);
    eprint!("{}", said(&greeting));
    info!("the sandbox listens on {url}");
    if !address.ip().is_loopback() {
        warn!("the sandbox has no passwords: anyone who can reach {address} can log in as anyone");
    }
    told_to_stop().await?;
    finish(stop, server, Instant::now() + GRACE).await;
    info!("stopped");
    Ok(())
}

/// Succeeds: this build has a sandbox and the demo company.
#[expect(clippy::unnecessary_wraps, reason = "a build without the sandbox refuses here")]
pub(super) const fn built_in() -> Result<(), Failure> {
    Ok(())
}

/// Starts the configured sandbox beside the service, if it is enabled, and the demo shop.
pub(super) async fn beside(config: &Config, stopped: watch::Receiver<bool>) -> Result<Option<Server>, Failure> {
    if !config.sandbox.enabled {
        return Ok(None);
    }
    let listener = bind(config.sandbox.listen, &text!("the sandbox", "沙箱")).await?;
    let sandbox = seeded(config.sandbox.seed_file())?;
    push_to_service(&sandbox, config);
    info!("the sandbox listens on http://{}", config.sandbox.listen);
    let shop = shop(config, stopped.clone()).await?;
    let sandbox = serve(sandbox, (listener, None), stopped);
    Ok(Some(tokio::spawn(async move {
        let (sandbox, ()) = tokio::try_join!(sandbox, shop)?;
        sandbox
    })))
}

/// Lets the sandbox push the events of every app that receives pushes, as WeChat does, to this service.
fn push_to_service(sandbox: &Sandbox, config: &Config) {
    for (app, push) in config.apps.iter().filter_map(|app| app.push.as_ref().map(|push| (app, push))) {
        let key = push.gate.keys.first();
        let form = Form {
            url: format!("http://{}/push/{}", config.http.listen, app.name),
            token: push.gate.token.expose_secret().to_owned(),
            aes_key: key.map(EncodingAesKey::expose),
            mode: if key.is_some() { Mode::Secure } else { Mode::Plain },
            format: Format::Xml,
            ugly_keys: false,
        };
        let app_id = app.provider.get("app_id").and_then(toml::Value::as_str).unwrap_or_default();
        match Settings::new(form) {
            Ok(settings) => {
                if sandbox.push_to(app_id, settings) {
                    info!("the sandbox pushes events of {} to the service", app.name);
                }
            }
            Err(mistakes) => warn!("the sandbox cannot push events of {}: {mistakes:?}", app.name),
        }
    }
}

/// Starts the demo shop; without one, the server has nothing to do.
async fn shop(config: &Config, stopped: watch::Receiver<bool>) -> Result<JoinHandle<()>, Failure> {
    let Some(listen) = config.sandbox.shop else { return Ok(tokio::spawn(async {})) };
    let listener = bind(listen, &text!("the demo shop", "演示商城")).await?;
    info!("the demo shop listens on http://{listen}");
    Ok(tokio::spawn(http::serve(listener, http::shop_router(config), Limits::of(&config.http), told(stopped))))
}

/// Imports the demo company, and prints addresses and first steps.
pub(super) async fn open_demo(service: &Service) -> Result<(), Failure> {
    seed::demo(service).await?;
    eprint!("{}", said(&banner::demo(service.config())));
    Ok(())
}

/// Serves a sandbox until it is told to stop.
fn serve(sandbox: Sandbox, (listener, tls): (TcpListener, Option<Tls>), stopped: watch::Receiver<bool>) -> Server {
    tokio::spawn(async move { sandbox.serve(listener, tls, told(stopped)).await })
}

/// Creates the sandbox of a seed file, or of the demo company.
fn seeded(file: Option<&Path>) -> Result<Sandbox, Failure> {
    let Some(file) = file else { return Ok(Sandbox::from_toml(DEMO)?) };
    let path = file.display();
    let seed = std::fs::read_to_string(file)
        .map_err(|error| because(text!("the seed {path} cannot be read", "无法读取沙箱数据文件 {path}"), error))?;
    Sandbox::from_toml(&seed).map_err(|error| because(text!("{path} cannot be used", "{path} 无法使用"), error))
}
