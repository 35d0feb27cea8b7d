//! The output and format of log lines.

use std::io::{IsTerminal, stderr};

use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use super::Failure;
use super::traces::Exporter;
use crate::config::{Log, LogFormat};

/// Starts the log of this process, on standard error.
pub(super) fn start(settings: &Log) -> Result<(), Failure> {
    Registry::default().with(lines(settings)?).init();
    Ok(())
}

/// Starts the log, and the spans that are sent to a collector. The two have filters of their own.
pub(super) fn start_with_traces(settings: &Log, traces: &Exporter) -> Result<(), Failure> {
    Registry::default().with(lines(settings)?).with(traces.layer()).init();
    Ok(())
}

fn lines<S>(settings: &Log) -> Result<Box<dyn Layer<S> + Send + Sync>, Failure>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let filter = EnvFilter::try_new(&settings.filter)?;
    let lines = fmt::layer().with_ansi(stderr().is_terminal()).with_writer(stderr);
    Ok(match settings.format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    })
}
