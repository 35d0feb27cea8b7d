//! Batches nested look-ups: one query loads the items of all orders in an answer.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use domain::OrderId;
use domain::order::Item;

use crate::error::ApiError;
use crate::service::Service;
use crate::usecase;

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
