//! How many files the process may open, and how many connections that leaves room for.
//! How connections are limited is `http`'s business.

use tracing::{info, warn};

use super::Failure;
use crate::config::Config;

/// What is open besides connections: listeners, the log, the runtime, files that are read for a moment.
const OTHERS: u64 = 32;
/// SQLite has up to three files open for each of its connections.
const FILES_OF_SQLITE: u64 = 3;
/// With fewer connections nobody is served.
const LEAST: u64 = 16;

/// How many connections the API may have open: as many as the settings say, or as the process has descriptors for. It
/// raises its soft limit as far as it may and has to.
pub(super) fn connections(config: &Config) -> Result<usize, Failure> {
    let wanted = u64::from(config.http.connections.max);
    let reserved = reserved(config);
    let Some(limit) = raised_to(wanted + reserved) else { return Ok(to_usize(wanted)) };
    let possible = limit.saturating_sub(reserved);
    if possible < LEAST {
        let needed = reserved + LEAST;
        return Err(
            format!("the process may open {limit} files, and needs at least {needed}: raise `ulimit -n`").into()
        );
    }
    if possible < wanted {
        warn!(
            descriptors = limit,
            reserved,
            "http.connections.max is {wanted}, but the process may open {limit} files: it keeps {possible} connections"
        );
    } else {
        info!(descriptors = limit, reserved, "there are descriptors for {wanted} connections");
    }
    Ok(to_usize(possible.min(wanted)))
}

/// Descriptors that are not for connections of the API.
fn reserved(config: &Config) -> u64 {
    let is_sqlite = config.database.url_begins_with("sqlite:");
    let database = u64::from(config.database.max_connections) * if is_sqlite { FILES_OF_SQLITE } else { 1 };
    let upstreams = u64::from(config.upstream.concurrency);
    // The sandbox's other ends of what we call are in this process as well.
    let sandbox = if config.sandbox.enabled { upstreams } else { 0 };
    OTHERS + database + upstreams + sandbox
}

/// The number of files that the process may open, after it has asked for as many as it needs; none: no limit is known.
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
            warn!("the limit of open files cannot be raised from {current} to {raised}: {error}");
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
