//! Records orders that the company's systems report. See `domain::order` for the effect of repeated reports.

use domain::ServiceScope;
use domain::order::Report;
use std::sync::Arc;
use store::Tx;
use store::order::{RecordError, Recorded};

use crate::error::{self, ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::Caller;

/// The maximum number of orders in a batch.
const MAX_BATCH: usize = 500;

/// Records a batch, all or none. A repeated report changes nothing. Requires the scope `orders:write`.
///
/// # Errors
/// `FORBIDDEN` without the scope, `INVALID_INPUT` for a batch that is too large, `ORDER_CLASH` for an order that
/// contradicts the recorded one.
pub async fn record(service: &Service, caller: &Caller, reports: &[Report]) -> Result<Vec<Recorded>, ApiError> {
    caller.require(ServiceScope::OrdersWrite)?;
    if reports.len() > MAX_BATCH {
        return Err(ApiError::detailed(ErrorCode::InvalidInput, format!("more than {MAX_BATCH} orders at once")));
    }
    record_all(service, reports).await
}

/// Records a batch without checking the caller.
pub(crate) async fn record_all(service: &Service, reports: &[Report]) -> Result<Vec<Recorded>, ApiError> {
    let record = |tx: Arc<Tx>| async move {
        store::order::record(&tx, reports, service.clock.now()).await.map_err(|error| match error {
            RecordError::Clash { index, clash } => error::clash(index, clash),
            RecordError::Store(error) => error.into(),
        })
    };
    service.store.write("record_orders", record).await
}
