//! The metrics recorder and the descriptions of the metrics. Without a recorder, counting costs almost nothing.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use store::PoolUsage;

use super::Failure;
use crate::error::ErrorCode;
use crate::service::Service;
use crate::sms::{Kind, budget};
use crate::version;

/// Upper bounds in seconds. An upstream answers in about a tenth; the deadline is a few seconds.
const UPSTREAM: [f64; 11] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 7.5, 10.0];
/// Upper bounds in seconds of what the service does itself, in milliseconds mostly; the limit of a request is ten seconds.
const OWN: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
/// How often the pool of connections is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often the recorder compacts its data, which otherwise happens at each scrape only.
const TIDY: Duration = Duration::from_secs(5);

/// The outcomes that mean that the SMS carrier or the captcha service fails, or is set up wrongly.
const FAULTS: [&str; 3] = ["misconfigured", "unavailable", "unexpected_answer"];

/// Installs the recorder of the process.
pub(super) fn record() -> Result<PrometheusHandle, Failure> {
    let of = |name: &str| Matcher::Full(name.to_owned());
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(of("guiyi_upstream_seconds"), &UPSTREAM)?
        .set_buckets_for_metric(of("guiyi_operation_seconds"), &OWN)?
        .set_buckets_for_metric(of("guiyi_write_seconds"), &OWN)?
        .install_recorder()?;
    describe_histogram!("guiyi_operation_seconds", Unit::Seconds, "How long operations of the API took, by outcome.");
    describe_histogram!("guiyi_write_seconds", Unit::Seconds, "How long writes took with all attempts, by outcome.");
    describe_gauge!("guiyi_database_connections", "Connections to the database, by state.");
    describe_gauge!("guiyi_database_waiting", "Requests that wait for a connection to the database.");
    describe_counter!("guiyi_connections_closed_total", "Connections closed because of their client, by reason.");
    describe_gauge!("guiyi_sockets", "Open sockets.");
    describe_gauge!("guiyi_subscriptions", "Running subscriptions.");
    describe_counter!("guiyi_sockets_closed_total", "Sockets that ended, by the code of the close frame.");
    describe_counter!("guiyi_sockets_refused_total", "Sockets that were not opened, by reason.");
    describe_counter!("guiyi_upstream_operations_total", "Operations at an upstream, by app, operation and outcome.");
    describe_histogram!("guiyi_upstream_seconds", Unit::Seconds, "How long operations at an upstream took.");
    describe_gauge!("guiyi_upstream_down", "1 while an upstream counts as down and is not called, else 0.");
    describe_counter!("guiyi_upstream_tokens_fetched_total", "Tokens and tickets fetched from upstreams, by name.");
    describe_gauge!("guiyi_service_tokens_expiring", "Service tokens that expire within fourteen days.");
    describe_counter!(
        "guiyi_write_retries_total",
        "Attempts of a write that conflicted with a concurrent one, by cause."
    );
    describe_counter!("guiyi_writes_given_up_total", "Writes that conflicted on every attempt.");
    describe_gauge!("guiyi_outbox_messages", "Notices that are pending or failed, by state.");
    describe_counter!("guiyi_erasures_total", "Accounts that were erased, by cause.");
    describe_gauge!("guiyi_pushes", "Stored events of the upstream that are pending or failed, by state.");
    describe_counter!("guiyi_pushes_total", "Pushes of the upstream, by app and outcome.");
    describe_counter!("guiyi_pushes_acted_on_total", "Attempts to act on a stored event, by event and outcome.");
    describe_counter!("guiyi_outbox_deliveries_total", "Attempts to send a notice, by kind and outcome.");
    describe_gauge!("guiyi_events_unordered", "Events that have no place in the feed yet.");
    describe_gauge!("guiyi_webhook_messages", "Events that wait for a webhook or were given up, by state.");
    describe_gauge!("guiyi_webhook_oldest_seconds", Unit::Seconds, "Age of the oldest event that waits for a webhook.");
    describe_gauge!("guiyi_webhook_stopped", "1 if the webhook has answered that it is gone, else 0.");
    describe_counter!("guiyi_webhook_deliveries_total", "Attempts to send an event, by webhook and outcome.");
    describe_counter!("guiyi_pictures_uploaded_total", "Uploads of pictures, by outcome.");
    describe_counter!("guiyi_pictures_removed_total", "Removals of pictures that no account shows, by outcome.");
    describe_gauge!("guiyi_audit_unsealed", "Audit entries that are not yet in the audit chain.");
    describe_counter!("guiyi_sms_messages_total", "Messages by SMS, by kind and outcome.");
    describe_counter!("guiyi_sms_budget_alarms_total", "Alarms of the daily budget for SMS, by level in per cent.");
    describe_gauge!("guiyi_sms_spent_cents", "What SMS have cost today, in cents.");
    describe_counter!("guiyi_human_checks_total", "Checks that a request comes from a human, by outcome.");
    describe_counter!("guiyi_errors_total", "Errors in answers of the API, by their code.");
    describe_gauge!("guiyi_build_info", "1, with the version and the commit of this process.");
    gauge!("guiyi_build_info", "version" => version::NUMBER, "commit" => version::commit()).set(1);
    begin_at_zero();
    Ok(handle)
}

/// Creates the counters whose increase `ops/prometheus/alerts.yml` asks for: one that a process creates with its first event has no
/// increase.
fn begin_at_zero() {
    for code in ErrorCode::ALL {
        counter!("guiyi_errors_total", "code" => code.as_str()).increment(0);
    }
    for outcome in FAULTS {
        for kind in Kind::ALL {
            counter!("guiyi_sms_messages_total", "kind" => kind.name(), "outcome" => outcome).increment(0);
        }
        counter!("guiyi_human_checks_total", "outcome" => outcome).increment(0);
    }
    for level in budget::ALARMS {
        counter!("guiyi_sms_budget_alarms_total", "level" => level.to_string()).increment(0);
    }
    counter!("guiyi_connections_closed_total", "reason" => "full").increment(0);
}

/// Says how the connections to the database are used.
pub(super) async fn watch_pool(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        ticks.tick().await;
        let PoolUsage { used, idle, waiting } = service.pool_usage();
        for (state, count) in [("used", used), ("idle", idle)] {
            gauge!("guiyi_database_connections", "state" => state).set(u32::try_from(count).unwrap_or(u32::MAX));
        }
        gauge!("guiyi_database_waiting").set(u32::try_from(waiting).unwrap_or(u32::MAX));
    }
}

/// Keeps the data from growing when no scraper reads it.
pub(super) async fn tidy(handle: PrometheusHandle) {
    let mut ticks = tokio::time::interval(TIDY);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::begin_at_zero;

    #[test]
    fn counters_of_alerts_begin_at_zero() {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, begin_at_zero);

        let rendered = recorder.handle().render();
        for series in [
            r#"guiyi_errors_total{code="INTERNAL"} 0"#,
            r#"guiyi_errors_total{code="TIMEOUT"} 0"#,
            r#"guiyi_sms_messages_total{kind="code",outcome="misconfigured"} 0"#,
            r#"guiyi_sms_budget_alarms_total{level="100"} 0"#,
            r#"guiyi_human_checks_total{outcome="unavailable"} 0"#,
            r#"guiyi_connections_closed_total{reason="full"} 0"#,
        ] {
            assert!(rendered.lines().any(|line| line == series), "no {series} in\n{rendered}");
        }
    }
}
