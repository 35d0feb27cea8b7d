//! What is refused before the GraphQL library works on a document: brackets without number, what its validator does not look
//! at, and what is too much work to check. What it would cost to carry out is limited in `limits`.

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, ServerError, Variables};

use super::present::server_error;
use super::{guard_blind_spots, limits};
use crate::error::{ApiError, ErrorCode};

/// Opening brackets of a whole document.
///
/// The backstop before the parser, and before every other work on a document. It knows no grammar, so that it cannot
/// disagree with one. Why it is enough: the parser, the validator and the executor go one level deeper only at a `(`, `[` or
/// `{` that stands in the text, and once for each, so the deepest that any of them can get is the number of such characters
/// in the whole text. Characters in strings and comments are counted too, which can only make the bound larger; closing ones
/// are not counted, since one in a string would make it smaller than the parser's depth. Fragments add no depth here: their
/// spreads are followed once on the way down, and `limits::check_document` counts the levels.
///
/// The stack of a worker, 2 MiB, has room for four times as many in a debug build: `api/tests/documents` measures it.
const MAX_BRACKETS: usize = 400;

/// Parses the document of a request, once, and refuses what must not go further.
pub fn guard(request: &mut Request) -> Result<(), ServerError> {
    guard_text(&request.query).map_err(server_error)?;
    let variables = std::mem::take(&mut request.variables);
    let verdict =
        request.parsed_query().and_then(|document| guard_document(document, &variables).map_err(server_error));
    request.variables = variables;
    verdict
}

/// Refuses a document that must not reach the validator.
pub fn guard_document(document: &ExecutableDocument, variables: &Variables) -> Result<(), ApiError> {
    guard_blind_spots::check(document)?;
    limits::check_document(document, variables)
}

/// Is it a query that the request asks for, and nothing else that it may be taken for?
pub fn is_query(request: &mut Request) -> Result<bool, ServerError> {
    let name = request.operation_name.clone();
    let document = request.parsed_query()?;
    let chosen = |operation: Option<&str>| name.is_none() || operation == name.as_deref();
    Ok(document.operations.iter().all(|(operation, found)| {
        found.node.ty == OperationType::Query || !chosen(operation.map(async_graphql::Name::as_str))
    }))
}

/// Refuses what must not stand in an address, which is kept in logs and histories.
pub fn guard_address(request: &mut Request) -> Result<(), ServerError> {
    guard_blind_spots::check_address(request.parsed_query()?).map_err(server_error)
}

/// Refuses text that must not reach the parser.
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
