//! The company's systems report orders.
//! What a second report of the same order changes is `domain::order`'s to say.

use domain::ServiceScope;
use domain::order::Report;
use std::sync::Arc;
use store::Tx;
use store::order::{RecordError, Recorded};

use crate::error::{self, ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::Caller;

/// The most orders of one report.
const MAX_BATCH: usize = 500;

/// Records a batch, all or nothing. The same report again changes nothing.
pub async fn record(service: &Service, caller: &Caller, reports: &[Report]) -> Result<Vec<Recorded>, ApiError> {
    caller.require(ServiceScope::OrdersWrite)?;
    if reports.len() > MAX_BATCH {
        return Err(ApiError::detailed(ErrorCode::InvalidInput, format!("more than {MAX_BATCH} orders at once")));
    }
    record_all(service, reports).await
}

/// Records a batch for whoever was found to be allowed to.
pub(crate) async fn record_all(service: &Service, reports: &[Report]) -> Result<Vec<Recorded>, ApiError> {
    let record = |tx: Arc<Tx>| async move {
        store::order::record(&tx, reports, service.clock.now()).await.map_err(|error| match error {
            RecordError::Clash { index, clash } => error::clash(index, clash),
            RecordError::Store(error) => error.into(),
        })
    };
    service.store.write("record_orders", record).await
}
