//! Limits of one request, checked before validation and so before any resolver runs: the work of validating its
//! document (called by `guard`, which also rejects text that must not be parsed), and the price of its operation, at
//! most `graphql.max_complexity`.
//!
//! The complexity limit of the GraphQL library is not used: it adds up all operations of a document, multiplies a count
//! beside a page by the page size, ignores long lists, and applies only after the validation rules, some of which take
//! quadratic time.

mod bill;
mod document;
mod prices;
mod size;

use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, ServiceDocument};
use async_graphql::{Request, ServerError, ServerResult, Variables};

use crate::error::{ApiError, ErrorCode};
use bill::Bill;
use prices::Prices;

/// Rejects operations above the limit.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    prices: Arc<Prices>,
    max_points: usize,
}

impl Limits {
    /// Creates the limits for a schema.
    pub(super) fn new(schema: &ServiceDocument, max_points: usize) -> Self {
        Self { prices: Arc::new(Prices::of(schema)), max_points }
    }

    /// Rejects a request whose operation is above the limit.
    pub(super) fn check(&self, request: &mut Request) -> ServerResult<()> {
        let variables = std::mem::take(&mut request.variables);
        let verdict = self.verdict(request, &variables);
        request.variables = variables;
        verdict.map_err(about_the_whole)
    }

    fn verdict(&self, request: &mut Request, variables: &Variables) -> Result<(), ApiError> {
        let name = request.operation_name.clone();
        // The execution reports the parser's error for a document that cannot be parsed.
        let Ok(document) = request.parsed_query() else { return Ok(()) };
        let bill = Bill::of(&self.prices, (document, name.as_deref()), variables);
        if bill.points() > self.max_points {
            let detail = format!("the operation costs {bill}; at most {} are allowed", self.max_points);
            return Err(too_complex(detail));
        }
        Ok(())
    }
}

/// Rejects a document that is too expensive to validate, and several mutation fields in one request: a hundred aliases
/// of a login or of a guess at a code would bypass every other limit. Must run before anything that follows the
/// fragments of a document.
pub(super) fn check_document(document: &ExecutableDocument, variables: &Variables) -> Result<(), ApiError> {
    document::check(document, variables)
}

/// Creates an error without a location in the document.
fn about_the_whole(error: ApiError) -> ServerError {
    ServerError { source: Some(Arc::new(error)), ..ServerError::new("", None) }
}

fn too_complex(detail: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::detailed(ErrorCode::QueryTooComplex, detail)
}
