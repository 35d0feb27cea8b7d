//! The company's systems report orders.
//! What a second report of the same order changes is `domain::order`'s to say.

use domain::ServiceScope;
use domain::order::Report;
use std::sync::Arc;
use store::{RecordError, Recorded, Tx};

use super::Caller;
use crate::error::{self, ApiError, ErrorCode};
use crate::service::Service;

/// The most orders of one report.
const MAX_BATCH: usize = 500;

impl Service {
    /// Records a batch, all or nothing. The same report again changes nothing.
    pub async fn record_orders(&self, caller: &Caller, reports: &[Report]) -> Result<Vec<Recorded>, ApiError> {
        caller.require(ServiceScope::OrdersWrite)?;
        if reports.len() > MAX_BATCH {
            return Err(ApiError::detailed(ErrorCode::InvalidInput, format!("more than {MAX_BATCH} orders at once")));
        }
        self.record(reports).await
    }

    /// Records a batch for whoever was found to be allowed to.
    pub(super) async fn record(&self, reports: &[Report]) -> Result<Vec<Recorded>, ApiError> {
        let record = |tx: Arc<Tx>| async move {
            tx.record_orders(reports, self.clock.now()).await.map_err(|error| match error {
                RecordError::Clash { index, clash } => error::clash(index, clash),
                RecordError::Store(error) => error.into(),
            })
        };
        self.store.write("record_orders", record).await
    }
}
