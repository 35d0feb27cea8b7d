//! The number of files that the process may open, and of connections that it allows.

use tracing::{info, warn};

use super::Failure;
use crate::config::Config;
use crate::text::text;

/// Descriptors that are not for connections: listeners, the log, the runtime, files read briefly.
const OTHERS: u64 = 32;
/// SQLite opens up to three files for each of its connections.
const FILES_OF_SQLITE: u64 = 3;
/// The fewest connections that work.
const LEAST: u64 = 16;

/// Returns how many connections the API may open: as many as the settings say, or as the descriptors allow. Raises the
/// soft limit as far as needed and permitted.
pub(super) fn connections(config: &Config) -> Result<usize, Failure> {
    let wanted = u64::from(config.http.connections.max);
    let reserved = reserved(config);
    let Some(limit) = raised_to(wanted + reserved) else { return Ok(to_usize(wanted)) };
    let possible = limit.saturating_sub(reserved);
    if possible < LEAST {
        let needed = reserved + LEAST;
        let said = text!(
            "the process may open {limit} files, and needs at least {needed}: raise `ulimit -n`",
            "进程最多可打开 {limit} 个文件，至少需要 {needed} 个：请调高 `ulimit -n`"
        );
        return Err(said.into());
    }
    if possible < wanted {
        warn!(
            descriptors = limit,
            reserved,
            "http.connections.max is {wanted}, but the process may open {limit} files: it keeps {possible} connections"
        );
    } else {
        info!(descriptors = limit, reserved, "file descriptors allow {wanted} connections");
    }
    Ok(to_usize(possible.min(wanted)))
}

/// Returns the descriptors that are not for connections of the API.
fn reserved(config: &Config) -> u64 {
    let is_sqlite = config.database.url_begins_with("sqlite:");
    let connections = u64::from(config.database.max_connections);
    // SQLite has one more, which writes.
    let database = if is_sqlite { (connections + 1) * FILES_OF_SQLITE } else { connections };
    let upstreams = u64::from(config.upstream.concurrency);
    // The sandbox runs in this process, so it holds the other end of each upstream connection.
    let sandbox = if config.sandbox.enabled { upstreams } else { 0 };
    OTHERS + database + upstreams + sandbox
}

/// Raises the number of files that the process may open to `needed`, and returns it; `None` if there is no known limit.
#[cfg(unix)]
fn raised_to(needed: u64) -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    let current = now.current?;
    if current >= needed {
        return Some(current);
    }
    let raised = now.maximum.map_or(needed, |most| most.min(needed));
    match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), ..now }) {
        Ok(()) => Some(raised),
        Err(error) => {
            warn!("cannot raise the limit of open files from {current} to {raised}: {error}");
            Some(current)
        }
    }
}

#[cfg(not(unix))]
fn raised_to(_: u64) -> Option<u64> {
    None
}

fn to_usize(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
