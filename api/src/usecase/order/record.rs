//! Records orders that the company's systems report. See `domain::order` for the effect of repeated reports.

use std::sync::Arc;

use domain::ServiceScope;
use domain::order::{Clash, Report};
use store::Tx;
use store::order::{RecordError, Recorded};

use super::BadReport;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::Caller;

/// The maximum number of orders in a batch.
const MAX_BATCH: usize = 1_000;

/// Records a batch in one transaction, and returns an outcome for each report. A report that cannot be recorded leaves
/// the others alone, unless the batch is `atomic`. A repeated report changes nothing. Requires the scope `orders:write`.
///
/// # Errors
/// `FORBIDDEN` without the scope, `INVALID_INPUT` for a batch that is too large. For an atomic batch, the error of its
/// first report that cannot be recorded; then nothing is.
pub async fn record(
    service: &Service,
    caller: &Caller,
    reports: Vec<Result<Report, BadReport>>,
    atomic: bool,
) -> Result<Vec<Result<Recorded, BadReport>>, ApiError> {
    caller.require(ServiceScope::OrdersWrite)?;
    if reports.len() > MAX_BATCH {
        return Err(ApiError::detailed(ErrorCode::InvalidInput, format!("more than {MAX_BATCH} orders at once")));
    }
    let first_bad = reports.iter().enumerate().find_map(|(at, report)| Some((at, report.as_ref().err()?)));
    if let Some((at, bad)) = first_bad.filter(|_| atomic) {
        return Err(bad.at(at));
    }
    let good: Vec<Report> = reports.iter().filter_map(|report| report.as_ref().ok().cloned()).collect();
    let mut recorded = write(service, &good, atomic).await?.into_iter();
    let outcome = |report: Result<Report, BadReport>| match report {
        Ok(_) => recorded.next().map(|outcome| outcome.map_err(BadReport::from)),
        Err(bad) => Some(Err(bad)),
    };
    Ok(reports.into_iter().filter_map(outcome).collect())
}

/// Returns an outcome for each report.
async fn write(service: &Service, reports: &[Report], atomic: bool) -> Result<Vec<Result<Recorded, Clash>>, ApiError> {
    if reports.is_empty() {
        return Ok(Vec::new());
    }
    let record = |tx: Arc<Tx>| async move {
        let now = service.clock.now();
        if !atomic {
            return Ok(store::order::record_each(&tx, reports, now).await?);
        }
        let recorded = store::order::record(&tx, reports, now).await.map_err(|error| match error {
            // No report of an atomic batch was left out before, so this is the index in the input.
            RecordError::Clash { index, clash } => BadReport::from(clash).at(index),
            RecordError::Store(error) => error.into(),
        });
        Ok(recorded?.into_iter().map(Ok).collect())
    };
    service.store.write("record_orders", record).await
}
