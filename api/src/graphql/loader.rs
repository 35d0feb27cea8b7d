//! Batches nested look-ups: one query loads the items of all orders in an answer, one statement audits its phone numbers.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use domain::OrderId;
use domain::order::Item;

use crate::error::ApiError;
use crate::service::Service;
use crate::usecase;
use crate::usecase::user::PhoneRead;

/// Loads the items of orders.
#[derive(Debug)]
pub(super) struct ItemLoader(pub(super) Arc<Service>);

impl Loader<OrderId> for ItemLoader {
    type Value = Vec<Item>;
    type Error = Arc<ApiError>;

    async fn load(&self, orders: &[OrderId]) -> Result<HashMap<OrderId, Self::Value>, Self::Error> {
        usecase::order::items(&self.0, orders).await.map_err(Arc::new)
    }
}

/// Audits phone numbers before they are shown to an operator.
#[derive(Debug)]
pub(super) struct PhoneReads(pub(super) Arc<Service>);

impl Loader<PhoneRead> for PhoneReads {
    type Value = ();
    type Error = Arc<ApiError>;

    async fn load(&self, reads: &[PhoneRead]) -> Result<HashMap<PhoneRead, ()>, Self::Error> {
        usecase::user::audit_phone_reads(&self.0, reads).await.map_err(Arc::new)?;
        Ok(reads.iter().map(|read| (*read, ())).collect())
    }
}
