//! Checks on a document before the GraphQL library processes it: the number of brackets, what its validator ignores,
//! and the work of validation. See `limits` for the cost of execution.

use std::borrow::Cow;

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Name, Request, ServerError, Variables};

use super::present::server_error;
use super::{escapes, guard_blind_spots, limits};
use crate::error::{ApiError, ErrorCode};

/// The maximum number of opening brackets in a document.
///
/// This check runs before the parser and all other work on a document. It uses no grammar, so it cannot disagree with
/// one. It is sufficient because the parser, the validator and the executor recurse only at a `(`, `[` or `{` of the
/// text, and once for each, so their depth is at most the number of these characters. Characters in strings and
/// comments count too, which only makes the bound larger. Closing brackets do not count, since one in a string would
/// make the bound smaller than the parser's depth. Fragments add no depth here: their spreads are followed once on the
/// way down, and `limits::check_document` counts the levels.
///
/// A worker's stack of 2 MiB has room for four times as many in a debug build: `api/tests/documents` measures it.
const MAX_BRACKETS: usize = 400;

/// Parses the document of a request once, and rejects it if it fails a check.
pub fn guard(request: &mut Request) -> Result<(), ServerError> {
    guard_text(&request.query).map_err(server_error)?;
    // Adds no bracket.
    if let Cow::Owned(query) = escapes::replace_wide(&request.query) {
        request.query = query;
    }
    let variables = std::mem::take(&mut request.variables);
    let verdict =
        request.parsed_query().and_then(|document| guard_document(document, &variables).map_err(server_error));
    request.variables = variables;
    verdict
}

/// Rejects a document that must not reach the validator.
pub fn guard_document(document: &ExecutableDocument, variables: &Variables) -> Result<(), ApiError> {
    guard_blind_spots::check(document)?;
    limits::check_document(document, variables)
}

/// Returns whether the requested operation is a query and cannot be mistaken for another operation.
pub fn is_query(request: &mut Request) -> Result<bool, ServerError> {
    Ok(chosen(request)?.iter().all(|ty| *ty == OperationType::Query))
}

/// Returns whether the requested operation is a subscription, or may be mistaken for one.
pub fn is_subscription(request: &mut Request) -> Result<bool, ServerError> {
    Ok(chosen(request)?.contains(&OperationType::Subscription))
}

/// Returns the types of the operations that a request may mean: all of the document, if it names none.
fn chosen(request: &mut Request) -> Result<Vec<OperationType>, ServerError> {
    let name = request.operation_name.clone();
    let operations = request.parsed_query()?.operations.iter();
    let chosen = operations.filter(|(operation, _)| name.is_none() || operation.map(Name::as_str) == name.as_deref());
    Ok(chosen.map(|(_, operation)| operation.node.ty).collect())
}

/// Rejects documents that must not be part of a URL, because URLs are kept in logs and histories.
pub fn guard_address(request: &mut Request) -> Result<(), ServerError> {
    guard_blind_spots::check_address(request.parsed_query()?).map_err(server_error)
}

/// Rejects text that must not reach the parser.
pub fn guard_text(query: &str) -> Result<(), ApiError> {
    let brackets = query.bytes().filter(|byte| matches!(byte, b'(' | b'[' | b'{')).count();
    if brackets > MAX_BRACKETS { Err(too_complex("a document has at most 400 opening brackets")) } else { Ok(()) }
}

fn too_complex(detail: &'static str) -> ApiError {
    ApiError::detailed(ErrorCode::QueryTooComplex, detail)
}

#[cfg(test)]
mod tests {
    use super::{MAX_BRACKETS, guard_text};

    #[test]
    fn brackets_count_wherever_they_stand_and_closing_ones_do_not_take_back() {
        for text in ["([{", "\"[[[\"", "#[[[", "[\"]]]\"[#]]\r[", "\"\"\"[[["] {
            let most = text.repeat(MAX_BRACKETS / 3);

            assert!(guard_text(&most).is_ok(), "{text}");
            assert!(guard_text(&format!("{most}[[")).is_err(), "{text}");
        }
    }
}
