//! The GraphQL API. Resolvers parse their arguments into domain values, call a function of `usecase`, and convert the
//! result.

mod batches;
mod carriage;
mod cursor;
mod escapes;
mod extension;
mod field_errors;
mod guard;
mod guard_blind_spots;
mod input;
mod limits;
mod loader;
mod operations;
mod order_cursor;
mod present;
mod schema;

use std::sync::Arc;

use async_graphql::Context;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::ServiceDocument;

pub use carriage::{COOKIE as REFRESH_COOKIE, Carriage, Cookies, LOGIN_COOKIE, OPERATOR_COOKIE};
pub use guard::{guard, guard_address, guard_document, guard_text, is_query, is_subscription};
pub use present::{failure, present};

use crate::config::Graphql;
use crate::error::ApiError;
use crate::service::Service;
use crate::usecase::receipt::IdempotencyKey;
use crate::usecase::session::device_of;
use crate::usecase::{Caller, ClientAddress};
use batches::Batches;
use domain::order::{Delivery, Item, Refund};
use loader::{Names, OrderPart, PartBatches, PartLoader, PhoneReads};
use schema::{Mutation, Query, Subscription};
use store::order::{OrderCorrection, OrderStatusChange};
use store::session::SignedInFrom;

/// The value of the request's `User-Agent` header.
#[derive(Debug, Clone)]
pub struct UserAgent(pub String);

/// The executable schema.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
}

/// Builds the schema for a service, with the limits of its configuration.
#[must_use]
pub fn schema(service: Arc<Service>) -> Schema {
    let settings: Graphql = service.config().graphql.clone();
    let introspection = service.config().is_on(settings.introspection);
    let document = schema_document();
    let builder = builder()
        .limit_depth(settings.max_depth as usize)
        .extension(extension::SchemaExtension::new(&document, settings.max_complexity as usize))
        .data(part_loader::<Item>(&service))
        .data(part_loader::<Refund>(&service))
        .data(part_loader::<Delivery>(&service))
        .data(part_loader::<OrderStatusChange>(&service))
        .data(part_loader::<OrderCorrection>(&service))
        .data(Batches::new(PhoneReads(service.clone())))
        .data(Batches::new(Names(service.clone())))
        .data(service);
    let builder = if introspection { builder } else { builder.disable_introspection().disable_suggestions() };
    builder.finish()
}

fn part_loader<P: OrderPart>(service: &Arc<Service>) -> PartBatches<P> {
    Batches::new(PartLoader::new(service))
}

/// Returns the public schema in the schema definition language, as committed in `schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new().prefer_single_line_descriptions().include_specified_by();
    builder().finish().sdl_with_options(options)
}

/// Returns the public schema as the library parses it.
fn schema_document() -> ServiceDocument {
    parse_schema(sdl()).expect("the library reads what it writes")
}

/// The result of a field that fails independently: the error is in `errors`, the field is null, and its siblings are
/// answered.
///
/// With a `Result` as the outer type, the library would omit the field from the answer.
type Alone<T> = Option<Result<T, Arc<ApiError>>>;

fn alone<T>(outcome: Result<T, ApiError>) -> Alone<T> {
    alone_or_null(outcome.map(Some))
}

/// Converts the result of a field that may be null without an error.
fn alone_or_null<T>(outcome: Result<Option<T>, ApiError>) -> Alone<T> {
    outcome.map_err(Arc::new).transpose()
}

/// Returns the service.
fn service<'a>(ctx: &Context<'a>) -> &'a Arc<Service> {
    ctx.data_unchecked()
}

/// Returns the caller, which every request has.
fn caller<'a>(ctx: &Context<'a>) -> &'a Caller {
    ctx.data_unchecked()
}

/// Returns the transport of the request's secrets, which every request has.
fn carriage<'a>(ctx: &Context<'a>) -> &'a Carriage {
    ctx.data_unchecked()
}

/// Returns the origin of a session that this request opens.
fn signed_in_from(ctx: &Context<'_>) -> SignedInFrom {
    let device = ctx.data_opt::<UserAgent>().and_then(|agent| device_of(&agent.0));
    SignedInFrom { address_block: Some(client_address(ctx).block()), device }
}

/// Returns the idempotency key of the request, if any.
fn idempotency_key<'a>(ctx: &Context<'a>) -> Option<&'a IdempotencyKey> {
    ctx.data_opt()
}

/// Returns the client's address, which every request has.
fn client_address(ctx: &Context<'_>) -> ClientAddress {
    *ctx.data_unchecked()
}
