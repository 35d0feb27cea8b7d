//! `guiyi serve` and `guiyi demo`: listens until told to stop, then lets requests in flight finish.
//! What is answered is `http`'s business.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::metrics::gauge;
use providers::Problem;
use sandbox::{Sandbox, Tls};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};
use tracing::{Level, enabled, info, warn};

use super::sandbox::seeded;
use super::{Failure, banner, descriptors, logs, metrics, seed};
use crate::app::App;
use crate::config::Config;
use crate::http::{self, Limits, metrics_router};
use crate::service::{Parts, Service};
use crate::usecase::KEYS_ARE_LOADED;

/// How often expired states, codes and sessions are swept out.
const SWEEP: Duration = Duration::from_mins(10);
/// How often what was written into the audit gets its place in the chain.
const SEAL: Duration = Duration::from_secs(5);
/// The most connections of those who read the metrics.
const METRICS_CONNECTIONS: usize = 16;

/// Serves until the process is told to stop.
pub(super) async fn serve(parts: Parts, demo: bool) -> Result<(), Failure> {
    let config = parts.config.clone();
    logs::start(&config.log)?;
    warn_of(&parts);
    let limits = Limits::of(&config.http).with_max(descriptors::connections(&config)?);
    let listen = config.http.listen;
    let listener = bind(listen, "the API").await?;
    let counting = count(&config, limits.with_max(METRICS_CONNECTIONS)).await?;
    let (stop, stopped) = watch::channel(false);
    let (stop_sandbox, sandbox_stopped) = watch::channel(false);
    let sandbox = sandbox(&config, sandbox_stopped).await?;
    let app = App::start(parts).await?;
    if config.apps.is_empty() {
        warn!("no apps are configured: nobody can log in");
    }
    if demo {
        seed::demo(app.service()).await?;
        eprint!("{}", banner::demo(&config));
    }
    info!("the API listens on http://{listen}");
    app.service().audit_keys().await?;
    let sweeper = tokio::spawn(sweep(app.service().clone()));
    let sealer = tokio::spawn(seal(app.service().clone()));
    let follower = tokio::spawn(follow_keys(app.service().clone()));
    let outbox = config.outbox.deliver.then(|| {
        let service = app.service().clone();
        tokio::spawn(async move { service.run_outbox().await })
    });
    let router = app.router();
    let server = tokio::spawn(async move {
        http::serve(listener, router, limits, told(stopped)).await;
        Ok(())
    });
    told_to_stop().await?;
    info!("stopping: requests in flight may finish");
    let grace = Duration::from_secs(config.http.shutdown_seconds.into());
    // The sandbox goes last: logins in flight still need it.
    finish(stop, server, grace).await;
    if !app.service().finish_tasks(grace).await {
        warn!("stopping in the middle of mutations that took longer than http.shutdown_seconds");
    }
    if let Some(sandbox) = sandbox {
        finish(stop_sandbox, sandbox, grace).await;
    }
    sweeper.abort();
    if let Some(outbox) = outbox {
        outbox.abort();
    }
    follower.abort();
    sealer.abort();
    // What was written last is not to wait for the next start.
    app.service().seal_audit().await?;
    app.service().log_audit_head().await?;
    for task in counting {
        task.abort();
    }
    info!("stopped");
    Ok(())
}

/// Says at start what is weaker than it should be, on standard error if the log is set not to show warnings.
fn warn_of(parts: &Parts) {
    for Problem { path, reason } in parts.warnings() {
        if enabled!(Level::WARN) {
            warn!(setting = path, "{path}: {reason}");
        } else {
            eprintln!("guiyi: warning: {path}: {reason}");
        }
    }
}

/// Listens on an address, or says in whose name that failed.
pub(super) async fn bind(address: SocketAddr, what: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|e| format!("{what} cannot listen on {address}: {e}").into())
}

/// A server in a task of its own.
type Server = JoinHandle<std::io::Result<()>>;

/// Serves a sandbox until it is told to stop.
pub(super) fn run_sandbox(
    sandbox: Sandbox,
    listener: TcpListener,
    tls: Option<Tls>,
    stopped: watch::Receiver<bool>,
) -> Server {
    tokio::spawn(async move { sandbox.serve(listener, tls, told(stopped)).await })
}

async fn told(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a reason to stop as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Tells a server to stop and waits until it has, for a while.
pub(super) async fn finish(stop: watch::Sender<bool>, server: Server, grace: Duration) {
    // Nobody listens any more only when everything has ended already.
    let _ = stop.send(true);
    if tokio::time::timeout(grace, server).await.is_err() {
        warn!("some requests did not finish in time");
    }
}

async fn sandbox(config: &Config, stopped: watch::Receiver<bool>) -> Result<Option<Server>, Failure> {
    if !config.sandbox.enabled {
        return Ok(None);
    }
    let listener = bind(config.sandbox.listen, "the sandbox").await?;
    let sandbox = seeded(config.sandbox.seed_file())?;
    info!("the sandbox listens on http://{}", config.sandbox.listen);
    Ok(Some(run_sandbox(sandbox, listener, None, stopped)))
}

/// Counts, and tells whoever asks, if the configuration says where.
async fn count(config: &Config, limits: Limits) -> Result<Vec<AbortHandle>, Failure> {
    let Some(listen) = config.metrics.listen else { return Ok(Vec::new()) };
    let listener = bind(listen, "the metrics").await?;
    let handle = metrics::record()?;
    let tidier = tokio::spawn(metrics::tidy(handle.clone()));
    let router = metrics_router(move || handle.render());
    let server = tokio::spawn(http::serve(listener, router, limits, std::future::pending()));
    info!("the metrics are at http://{listen}/metrics");
    Ok(vec![tidier.abort_handle(), server.abort_handle()])
}

async fn sweep(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(SWEEP);
    loop {
        ticks.tick().await;
        if let Err(error) = service.sweep().await {
            warn!("what has expired could not be swept out: {error}");
        }
        match service.warn_of_expiring_tokens().await {
            Ok(soon) => gauge!("guiyi_service_tokens_expiring").set(u32::try_from(soon).unwrap_or(u32::MAX)),
            Err(error) => warn!("tokens that end soon could not be looked for: {error}"),
        }
        if let Err(error) = service.log_audit_head().await {
            warn!("the end of the audit's chain could not be read: {error}");
        }
    }
}

async fn seal(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(SEAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = service.seal_audit().await {
            warn!("the audit could not be sealed: {error}");
        }
    }
}

/// What is new is sealed with the newest key, whoever made it.
async fn follow_keys(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(KEYS_ARE_LOADED);
    loop {
        ticks.tick().await;
        if let Err(error) = service.refresh_keys().await {
            warn!("the keys of personal data could not be loaded again: {error}");
        }
    }
}

/// Waits for Ctrl-C or, as supervisors send it, SIGTERM.
pub(super) async fn told_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
