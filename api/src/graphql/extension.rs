//! The extension of the schema, which every request passes: it measures the operation, rejects one above the limits, and records the
//! errors of fields. It is one extension, because the library calls each of them for every field of an answer.

use std::sync::Arc;

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest, NextRequest, NextResolve,
    ResolveInfo,
};
use async_graphql::parser::types::ServiceDocument;
use async_graphql::{Request, Response, ServerResult, Value};

use super::field_errors::FieldErrors;
use super::limits::Limits;
use super::operations::{Measured, Operations};

/// Creates the extension of each request.
#[derive(Debug, Clone)]
pub(super) struct SchemaExtension {
    operations: Operations,
    limits: Limits,
}

impl SchemaExtension {
    /// Creates it for a schema, with the most points that an operation may cost.
    pub(super) fn new(schema: &ServiceDocument, max_points: usize) -> Self {
        Self { operations: Operations::new(schema), limits: Limits::new(schema, max_points) }
    }
}

impl ExtensionFactory for SchemaExtension {
    fn create(&self) -> Arc<dyn Extension> {
        let (measured, limits) = (self.operations.of_request(), self.limits.clone());
        Arc::new(RequestExtension { measured, limits, errors: FieldErrors::default() })
    }
}

/// The extension of one request.
#[derive(Debug)]
struct RequestExtension {
    measured: Measured,
    limits: Limits,
    errors: FieldErrors,
}

#[async_trait::async_trait]
impl Extension for RequestExtension {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        // Also what is rejected below is measured.
        self.measured.measure(next.run(ctx)).await
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        mut request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        self.measured.name(&mut request);
        self.limits.check(&mut request)?;
        next.run(ctx, request).await
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let mut response = next.run(ctx, operation_name).await;
        self.errors.add_to(&mut response);
        response
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        self.errors.resolve(ctx, info, next).await
    }
}
