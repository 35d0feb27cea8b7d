//! `guiyi serve` and `guiyi demo`: runs the servers and background tasks until told to stop, then finishes the requests
//! in flight.

use std::sync::Arc;
use std::time::Duration;

use ::metrics::gauge;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tracing::{Level, enabled, info, warn};

use super::server::{bind, finish, told, told_to_stop};
use super::traces::Exporter;
use super::words::tell;
use super::{Failure, descriptors, logs, metrics, sandbox, words};
use crate::app::App;
use crate::config::Config;
use crate::http::{self, Limits, metrics_router};
use crate::service::{Parts, Service};
use crate::text::text;
use crate::usecase;
use crate::usecase::key::KEYS_ARE_LOADED;
use crate::version;

/// How often expired states, codes and sessions are deleted.
const SWEEP: Duration = Duration::from_mins(10);
/// How often new audit entries are added to the audit chain.
const SEAL: Duration = Duration::from_secs(5);
/// The most connections to the metrics listener.
const METRICS_CONNECTIONS: usize = 16;

/// Serves until the process is told to stop.
pub(super) async fn serve(parts: Parts, demo: bool) -> Result<(), Failure> {
    let config = parts.config.clone();
    let traces = Exporter::new(&config.traces)?;
    logs::start_with_traces(&config.log, &traces)?;
    warn_of(&parts);
    let limits = Limits::of(&config.http).with_max(descriptors::connections(&config)?);
    let listen = config.http.listen;
    let listener = bind(listen, &text!("the API", "API ")).await?;
    let counting = count(&config, limits.with_max(METRICS_CONNECTIONS)).await?;
    let (stop, stopped) = watch::channel(false);
    let (stop_sandbox, sandbox_stopped) = watch::channel(false);
    let sandbox = sandbox::beside(&config, sandbox_stopped).await?;
    let app = App::start(parts).await?;
    if config.apps.is_empty() {
        warn!("no apps are configured: no one can log in");
    }
    if demo {
        sandbox::open_demo(app.service()).await?;
    }
    info!("guiyi {}: the API listens on http://{listen}", *version::TEXT);
    crate::usecase::audit::audit_keys(app.service()).await?;
    let tending = tend(app.service());
    let background = {
        let service = app.service().clone();
        tokio::spawn(async move { Box::pin(usecase::work_in_background(&service)).await })
    };
    let (router, sockets) = (app.router(), app.service().sockets.clone());
    sockets.leave_room_in(limits.max());
    let server = tokio::spawn(async move {
        let stopped = async {
            told(stopped).await;
            sockets.stop();
        };
        http::serve(listener, router, limits, stopped).await;
        Ok(())
    });
    told_to_stop().await?;
    drain(&app, &config).await?;
    info!("stopping: finishing requests in flight");
    // Of everything together: supervisors allow one time.
    let deadline = Instant::now() + Duration::from_secs(config.http.shutdown_seconds.into());
    // The sandbox stops last: logins in flight still need it.
    finish(stop, server, deadline).await;
    background.abort();
    if !app.service().finish_tasks(deadline).await {
        warn!("stopping: mutations, notices or webhooks took longer than http.shutdown_seconds and are interrupted");
    }
    if let Some(sandbox) = sandbox {
        finish(stop_sandbox, sandbox, deadline).await;
    }
    for task in tending {
        task.abort();
    }
    // Seals the last entries now, so that they do not wait for the next start.
    crate::usecase::audit::seal(app.service()).await?;
    crate::usecase::audit::log_head(app.service()).await?;
    for task in counting {
        task.abort();
    }
    traces.finish().await;
    info!("stopped");
    Ok(())
}

/// Starts what is done again and again while the process runs.
fn tend(service: &Arc<Service>) -> [AbortHandle; 4] {
    [
        tokio::spawn(sweep(service.clone())).abort_handle(),
        tokio::spawn(seal(service.clone())).abort_handle(),
        tokio::spawn(follow_keys(service.clone())).abort_handle(),
        tokio::spawn(metrics::watch_pool(service.clone())).abort_handle(),
    ]
}

/// Announces the end to load balancers, and serves until they have noticed. A second signal ends this.
async fn drain(app: &App, config: &Config) -> Result<(), Failure> {
    let seconds = config.http.drain_seconds;
    app.service().drain();
    if seconds > 0 {
        info!("stopping: readyz refuses, and requests are still served for {seconds} s");
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds.into())) => {}
            again = told_to_stop() => again?,
        }
    }
    Ok(())
}

/// Warns at start of settings too weak for production, on standard error if the log hides warnings.
fn warn_of(parts: &Parts) {
    for warning in parts.warnings() {
        if enabled!(Level::WARN) {
            warn!(setting = warning.path, "{warning}");
        } else {
            let line = warning.in_language(words::language());
            tell!("guiyi: warning: {line}", "guiyi: 警告：{line}");
        }
    }
}

/// Starts the metrics recorder and its listener, if configured.
async fn count(config: &Config, limits: Limits) -> Result<Vec<AbortHandle>, Failure> {
    let Some(listen) = config.metrics.listen else { return Ok(Vec::new()) };
    let listener = bind(listen, &text!("the metrics", "监控指标")).await?;
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
            warn!("cannot delete expired rows: {error}");
        }
        if let Err(error) = usecase::event::purge(&service).await {
            warn!("cannot delete old events: {error}");
        }
        if let Err(error) = usecase::picture::remove_unused(&service).await {
            warn!("cannot remove pictures that no account shows: {error}");
        }
        match usecase::service_token::warn_of_expiring(&service).await {
            Ok(soon) => gauge!("guiyi_service_tokens_expiring").set(u32::try_from(soon).unwrap_or(u32::MAX)),
            Err(error) => warn!("cannot look up tokens that expire soon: {error}"),
        }
        if let Err(error) = usecase::audit::log_head(&service).await {
            warn!("cannot read the end of the audit chain: {error}");
        }
    }
}

async fn seal(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(SEAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = usecase::audit::seal(&service).await {
            warn!("cannot seal the audit: {error}");
        }
    }
}

/// New values are encrypted with the newest key, whichever process created it.
async fn follow_keys(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(KEYS_ARE_LOADED);
    loop {
        ticks.tick().await;
        if let Err(error) = usecase::key::refresh(&service).await {
            warn!("cannot reload the data keys: {error}");
        }
    }
}
