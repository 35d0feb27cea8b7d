//! Field errors, as the specification handles them (GraphQL 6.4.4): a field that fails is null if its type allows, and
//! otherwise its parent is. The library does so for errors that a resolver returns as the value of a nullable field.
//! This module adds the rest: an argument that cannot be read fails its own field and not the parent, an error keeps
//! the path of the field that failed, and a field that is requested twice has one error.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::extensions::{ExtensionContext, NextResolve, ResolveInfo};
use async_graphql::{Response, ServerError, ServerResult, Value};

/// The errors of one request.
#[derive(Debug, Default)]
pub(super) struct FieldErrors(Mutex<Vec<ServerError>>);

/// Marks an error that is recorded and only makes further parents null.
struct Recorded;

fn recorded() -> ServerError {
    ServerError { source: Some(Arc::new(Recorded)), ..ServerError::new("", None) }
}

fn is_recorded(error: &ServerError) -> bool {
    error.source::<Recorded>().is_some()
}

impl FieldErrors {
    /// Resolves a field and records its error.
    pub(super) async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let is_nullable = !info.return_type.ends_with('!');
        let place = info.field.alias.as_ref().map_or(info.field.name.pos, |alias| alias.pos);
        match next.run(ctx, info).await {
            Ok(value) => Ok(value),
            Err(mut error) => {
                if !is_recorded(&error) {
                    // The library places an argument that is not in the document at 0:0.
                    error.locations.iter_mut().filter(|found| found.line == 0).for_each(|found| *found = place);
                    self.0.lock().unwrap_or_else(PoisonError::into_inner).push(error);
                }
                if is_nullable { Ok(Some(Value::Null)) } else { Err(recorded()) }
            }
        }
    }

    /// Adds the recorded errors to the response.
    pub(super) fn add_to(&self, response: &mut Response) {
        response.errors.append(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut failed = HashSet::new();
        response.errors.retain(|error| {
            // Errors that concern the whole answer have no path.
            !is_recorded(error) && (error.path.is_empty() || failed.insert(format!("{:?}", error.path)))
        });
    }
}

#[cfg(test)]
mod tests;
