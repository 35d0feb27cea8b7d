//! What one request may ask for. Refused before validation, and so before any resolver runs: a document that is too much
//! work to check (by `guard`, which also refuses text that must not even be parsed), and an operation whose price is over
//! `graphql.max_complexity`.
//!
//! The GraphQL library can limit complexity too, but adds up all operations of a document, multiplies a count beside a page
//! by the page, does not see long lists, and looks only after its rules, some of which take quadratic time.

mod bill;
mod document;
mod prices;
mod size;

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest};
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, ServerError, ServerResult, Variables};

use crate::error::{ApiError, ErrorCode};
use bill::Bill;
use prices::Prices;

/// Refuses what asks for too much.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    prices: Arc<Prices>,
    max_points: usize,
}

impl Limits {
    /// The limits of a schema, in the schema definition language.
    pub(super) fn new(sdl: &str, max_points: usize) -> Self {
        Self { prices: Arc::new(Prices::of(sdl)), max_points }
    }

    fn check(&self, request: &mut Request) -> Result<(), ApiError> {
        let variables = std::mem::take(&mut request.variables);
        let verdict = self.verdict(request, &variables);
        request.variables = variables;
        verdict
    }

    fn verdict(&self, request: &mut Request, variables: &Variables) -> Result<(), ApiError> {
        let name = request.operation_name.clone();
        // A document that cannot be parsed gets the parser's own words when it is executed.
        let Ok(document) = request.parsed_query() else { return Ok(()) };
        let bill = Bill::of(&self.prices, (document, name.as_deref()), variables);
        if bill.points() > self.max_points {
            let detail = format!("the operation costs {bill}; at most {} are allowed", self.max_points);
            return Err(too_complex(detail));
        }
        Ok(())
    }
}

/// Refuses a document that is too much work to check, also several mutation fields: a hundred aliases of a login or of a
/// code's try would slip under every other limit. Comes before everything that follows the fragments of a document.
pub(super) fn check_document(document: &ExecutableDocument, variables: &Variables) -> Result<(), ApiError> {
    document::check(document, variables)
}

impl ExtensionFactory for Limits {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Extension for Limits {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        mut request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        self.check(&mut request).map_err(about_the_whole)?;
        next.run(ctx, request).await
    }
}

/// An error that lies nowhere in particular.
fn about_the_whole(error: ApiError) -> ServerError {
    ServerError { source: Some(Arc::new(error)), ..ServerError::new("", None) }
}

fn too_complex(detail: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::detailed(ErrorCode::QueryTooComplex, detail)
}
