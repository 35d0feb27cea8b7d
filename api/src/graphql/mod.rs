//! The GraphQL face: turns strings into domain values, calls a use case, answers.
//! What happens is decided in `usecase`; nothing here knows the database.

mod carriage;
mod cursor;
mod guard;
mod guard_blind_spots;
mod limits;
mod loader;
mod present;
mod schema;

use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, EmptySubscription};

pub use carriage::{COOKIE as REFRESH_COOKIE, Carriage, Cookies, LOGIN_COOKIE};
pub use guard::{guard, guard_address, guard_document, guard_text, is_query};
pub use present::{failure, present};

use crate::config::Graphql;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::receipt::IdempotencyKey;
use crate::usecase::session::device_of;
use crate::usecase::{Caller, ClientAddress};
use loader::ItemLoader;
use schema::{Mutation, Query};
use store::session::SignedInFrom;

/// What the client calls itself: the header of that name.
#[derive(Debug, Clone)]
pub struct UserAgent(pub String);

/// The whole schema.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, EmptySubscription> {
    // No field has this type, but clients generate it from the schema to switch on `extensions.code`.
    Schema::build(Query::default(), Mutation::default(), EmptySubscription).register_output_type::<ErrorCode>()
}

/// The schema over a service, within the limits of the configuration.
#[must_use]
pub fn schema(service: Arc<Service>) -> Schema {
    let settings: Graphql = service.config().graphql.clone();
    let introspection = service.config().is_on(settings.introspection);
    let builder = builder()
        .limit_depth(settings.max_depth as usize)
        .extension(limits::Limits::new(&sdl(), settings.max_complexity as usize))
        .data(DataLoader::new(ItemLoader(service.clone()), tokio::spawn))
        .data(service);
    let builder = if introspection { builder } else { builder.disable_introspection().disable_suggestions() };
    builder.finish()
}

/// The public schema in the schema definition language, as committed in `schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new().prefer_single_line_descriptions();
    builder().finish().sdl_with_options(options)
}

/// A field that fails alone: its error stands in `errors`, the field is null, and its siblings are answered.
///
/// From a `Result` around it all the library would leave the field out of the answer.
type Alone<T> = Option<Result<T, Arc<ApiError>>>;

fn alone<T>(outcome: Result<T, ApiError>) -> Alone<T> {
    alone_or_null(outcome.map(Some))
}

/// For a field that may be null without an error, too.
fn alone_or_null<T>(outcome: Result<Option<T>, ApiError>) -> Alone<T> {
    outcome.map_err(Arc::new).transpose()
}

/// What a resolver works with.
fn service<'a>(ctx: &Context<'a>) -> &'a Arc<Service> {
    ctx.data_unchecked()
}

/// Who is asking; every request carries one.
fn caller<'a>(ctx: &Context<'a>) -> &'a Caller {
    ctx.data_unchecked()
}

/// How its refresh token travels; every request says so.
fn carriage<'a>(ctx: &Context<'a>) -> &'a Carriage {
    ctx.data_unchecked()
}

/// Where a session that is opened by this request is from.
fn signed_in_from(ctx: &Context<'_>) -> SignedInFrom {
    let device = ctx.data_opt::<UserAgent>().and_then(|agent| device_of(&agent.0));
    SignedInFrom { address_block: Some(client_address(ctx).block()), device }
}

/// What the client sends along so that a repeat of its request is known.
fn idempotency_key<'a>(ctx: &Context<'a>) -> Option<&'a IdempotencyKey> {
    ctx.data_opt()
}

/// Where the request comes from; every request carries that too.
fn client_address(ctx: &Context<'_>) -> ClientAddress {
    *ctx.data_unchecked()
}
