//! Traces: the spans of requests, operations, writes, statements and calls of upstreams, sent to a collector by the OpenTelemetry
//! Protocol over HTTP.
//! <https://opentelemetry.io/docs/specs/otlp/>

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::Bytes;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use providers::{Http, HttpLimits, ProviderError};
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;
use uuid::Uuid;

use super::Failure;
use crate::config::Traces;
use crate::version;

/// How long the last spans may take when the process stops.
const PATIENCE: Duration = Duration::from_secs(5);
/// The crates whose spans are sent. Those of libraries may have addresses and names of clients.
const OURS: [&str; 3] = ["api", "providers", "store"];

/// What sends the spans of this process.
#[derive(Debug)]
pub(super) struct Exporter(Option<SdkTracerProvider>);

impl Exporter {
    /// Creates what the settings ask for.
    pub(super) fn new(settings: &Traces) -> Result<Self, Failure> {
        if settings.otlp_url.is_empty() {
            return Ok(Self(None));
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client::new()?)
            .with_endpoint(settings.otlp_url.as_str())
            .with_protocol(Protocol::HttpBinary)
            .build()?;
        let resource = Resource::builder_empty()
            .with_service_name("guiyi")
            .with_attribute(KeyValue::new("service.version", version::NUMBER))
            .with_attribute(KeyValue::new("service.instance.id", Uuid::new_v4().to_string()))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(Sampler::TraceIdRatioBased(settings.sample_percent / 100.0))
            .with_batch_exporter(exporter)
            .build();
        Ok(Self(Some(provider)))
    }

    /// Returns the layer that records the spans; `None` without a collector.
    pub(super) fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let tracer = self.0.as_ref()?.tracer("guiyi");
        let layer = OpenTelemetryLayer::new(tracer).with_location(false).with_threads(false);
        Some(layer.with_filter(Targets::new().with_targets(OURS.map(|target| (target, LevelFilter::DEBUG)))))
    }

    /// Sends the spans that are left.
    pub(super) async fn finish(self) {
        let Some(provider) = self.0 else { return };
        // The thread that sends needs the runtime meanwhile.
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(PATIENCE)).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!("the last spans were not sent to the collector: {error}");
        }
    }
}

/// The HTTP client for upstreams, as the exporter wants it. The exporter's thread has no runtime, so the requests run on that of the
/// process.
#[derive(Debug)]
struct Client {
    http: Http,
    runtime: Handle,
    /// Whether the collector accepted the last spans.
    accepts: AtomicBool,
}

impl Client {
    fn new() -> Result<Self, ProviderError> {
        let http = Http::new(HttpLimits::default())?;
        Ok(Self { http, runtime: Handle::current(), accepts: AtomicBool::new(true) })
    }

    /// Logs when the collector stops accepting spans, and when it accepts them again.
    fn note(&self, answer: &Result<http::Response<Vec<u8>>, ProviderError>) {
        let accepts = answer.as_ref().is_ok_and(|answer| answer.status().is_success());
        match (self.accepts.swap(accepts, Ordering::Relaxed), accepts) {
            (true, false) => {
                let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
                tracing::warn!(status, "the collector does not accept spans: they are dropped until it does");
            }
            (false, true) => tracing::info!("the collector accepts spans again"),
            _ => {}
        }
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let sent = self.runtime.spawn(async move { http.execute(request.map(Bytes::into)).await });
        let answer = sent.await?;
        self.note(&answer);
        Ok(answer?.map(Bytes::from))
    }
}
