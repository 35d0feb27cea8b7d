//! The company's systems report orders.
//! What a second report of the same order changes is `domain::order`'s to say.

use domain::ServiceScope;
use domain::order::Report;
use store::{RecordError, Recorded};

use super::{Caller, Races};
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
        let mut races = Races::default();
        loop {
            let attempt = self.record_once(reports).await;
            if !races.lost(&attempt) {
                return attempt;
            }
        }
    }

    async fn record_once(&self, reports: &[Report]) -> Result<Vec<Recorded>, ApiError> {
        let tx = self.store.begin().await?;
        let recorded = tx.record_orders(reports, self.clock.now()).await.map_err(|e| match e {
            RecordError::Clash { index, clash } => error::clash(index, clash),
            RecordError::Store(e) => e.into(),
        })?;
        tx.commit().await?;
        Ok(recorded)
    }
}
