//! Changes of orders as they happen. See [`crate::usecase::order::follow`].

use std::sync::Arc;

use async_graphql::{Context, SimpleObject, Subscription};
use futures::{Stream, StreamExt};

use super::Order;
use crate::error::ApiError;
use crate::graphql::{caller, service};
use crate::usecase;
use crate::usecase::order::OrderNews;

/// A change of a person's orders.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OrderChange {
    /// The order as it is now. Null to read the list of orders again: at the beginning, when an order was given to another person,
    /// and when many orders were changed at once.
    order: Option<Order>,
}

impl From<OrderNews> for OrderChange {
    fn from(news: OrderNews) -> Self {
        match news {
            OrderNews::Changed(order) => Self { order: Some(Order((*order).clone())) },
            OrderNews::Reread => Self { order: None },
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct OrderSubscriptions;

#[Subscription]
impl OrderSubscriptions {
    /// Tells each change of the person's orders in all apps, half a second later at most. For the person; with a unionId, also for a
    /// service token with the scope `orders:read`. The first event comes at once, without an order: from then on no change is
    /// missed, so read the list now. An order that is changed several times within half a second is told once.
    async fn order_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The unionId of the person. Null for the caller.")] union_id: Option<String>,
    ) -> Result<impl Stream<Item = Result<OrderChange, Arc<ApiError>>> + use<>, ApiError> {
        let news = usecase::order::follow(service(ctx), caller(ctx), union_id.as_deref()).await?;
        Ok(news.map(|news| Ok(news.into())))
    }
}
