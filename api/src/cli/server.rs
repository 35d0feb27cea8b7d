//! Helpers of all servers of this process: listening, stopping, and waiting for their end.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::Failure;
use super::words::because;
use crate::text::{Text, text};

/// A server in its own task.
pub(super) type Server = JoinHandle<std::io::Result<()>>;

/// Listens on an address; the error names the server and the address.
pub(super) async fn bind(address: SocketAddr, what: &Text) -> Result<TcpListener, Failure> {
    let said = || what.clone().then(&text!(" cannot listen on {address}", "无法监听 {address}"));
    TcpListener::bind(address).await.map_err(|error| because(said(), error))
}

/// Completes when a server is told to stop.
pub(super) async fn told(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a reason to stop as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Tells a server to stop and waits for its end until the deadline.
pub(super) async fn finish(stop: watch::Sender<bool>, server: Server, deadline: Instant) {
    // Fails only when the server has already ended.
    let _ = stop.send(true);
    if timeout_at(deadline, server).await.is_err() {
        warn!("some requests did not finish in time");
    }
}

/// Waits for Ctrl-C, or for SIGTERM, which supervisors send.
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
