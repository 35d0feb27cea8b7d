//! Batches nested look-ups: one query loads a part of all orders in an answer, such as their items, and one statement audits its
//! phone numbers.

use std::collections::HashMap;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::Context;
use async_graphql::dataloader::Loader;
use domain::order::{Delivery, Item, Refund};
use domain::{OrderId, Principal};
use store::order::{OrderCorrection, OrderStatusChange};

use super::batches::Batches;
use crate::error::ApiError;
use crate::service::Service;
use crate::usecase;
use crate::usecase::user::PhoneRead;

/// The loads of a part of orders, of phone numbers that are shown, and of names.
pub(super) type PartBatches<P> = Arc<Batches<OrderId, PartLoader<P>>>;
pub(super) type PhoneBatches = Arc<Batches<PhoneRead, PhoneReads>>;
pub(super) type NameBatches = Arc<Batches<Principal, Names>>;

/// A part of orders.
pub(super) trait OrderPart: Clone + Send + Sync + Sized + 'static {
    /// Reads the part of many orders with one query.
    fn read(
        service: &Service,
        orders: &[OrderId],
    ) -> impl Future<Output = Result<HashMap<OrderId, Vec<Self>>, ApiError>> + Send;
}

impl OrderPart for Item {
    async fn read(service: &Service, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Self>>, ApiError> {
        usecase::order::items(service, orders).await
    }
}

impl OrderPart for Refund {
    async fn read(service: &Service, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Self>>, ApiError> {
        usecase::order::refunds(service, orders).await
    }
}

impl OrderPart for Delivery {
    async fn read(service: &Service, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Self>>, ApiError> {
        usecase::order::deliveries(service, orders).await
    }
}

impl OrderPart for OrderStatusChange {
    async fn read(service: &Service, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Self>>, ApiError> {
        usecase::order::status_changes(service, orders).await
    }
}

impl OrderPart for OrderCorrection {
    async fn read(service: &Service, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Self>>, ApiError> {
        usecase::order::corrections(service, orders).await
    }
}

/// Loads a part of orders.
#[derive(Debug)]
pub(super) struct PartLoader<P>(Arc<Service>, PhantomData<P>);

impl<P> PartLoader<P> {
    pub(super) fn new(service: &Arc<Service>) -> Self {
        Self(Arc::clone(service), PhantomData)
    }
}

impl<P: OrderPart> Loader<OrderId> for PartLoader<P> {
    type Value = Vec<P>;
    type Error = Arc<ApiError>;

    async fn load(&self, orders: &[OrderId]) -> Result<HashMap<OrderId, Self::Value>, Self::Error> {
        P::read(&self.0, orders).await.map_err(Arc::new)
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

/// Finds the names of those who act for the company.
#[derive(Debug)]
pub(super) struct Names(pub(super) Arc<Service>);

impl Loader<Principal> for Names {
    type Value = String;
    type Error = Arc<ApiError>;

    async fn load(&self, who: &[Principal]) -> Result<HashMap<Principal, String>, Self::Error> {
        usecase::operator::names(&self.0, who).await.map_err(Arc::new)
    }
}

/// Returns the name of an operator or of a service token.
pub(super) async fn name_of(ctx: &Context<'_>, who: Principal) -> Result<Option<String>, ApiError> {
    let names = ctx.data_unchecked::<NameBatches>();
    names.load(who).await.map_err(|_| ApiError::Internal("the names of operators cannot be read"))
}
