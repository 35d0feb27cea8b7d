//! What is refused before the GraphQL library works on a document: brackets without number, fragments that multiply beyond
//! all measure, directives that the schema does not declare, and more than one mutation field, since a hundred aliases of a
//! login or of a code's try would slip under every other limit. How much an honest query may ask for is limited by depth and
//! complexity.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};
use async_graphql::{Request, ServerError};

use super::guard_blind_spots;
use super::present::server_error;
use crate::error::{ApiError, ErrorCode};

/// Opening brackets of a whole document.
///
/// The backstop before the parser, and before every other work on a document. It knows no grammar, so that it cannot
/// disagree with one. Why it is enough: the parser, the validator and the executor go one level deeper only at a `(`, `[` or
/// `{` that stands in the text, and once for each, so the deepest that any of them can get is the number of such characters
/// in the whole text. Characters in strings and comments are counted too, which can only make the bound larger; closing ones
/// are not counted, since one in a string would make it smaller than the parser's depth. Fragments add no depth here: their
/// spreads are followed at most `MAX_NESTING` deep.
///
/// The stack of a worker, 2 MiB, has room for four times as many in a debug build: `api/tests/documents` measures it.
const MAX_BRACKETS: usize = 400;
/// Fragments within fragments.
const MAX_NESTING: usize = 16;
/// Fields of a whole document, each fragment counted wherever it is spread.
const MAX_FIELDS: usize = 5_000;

/// Parses the document of a request, once, and refuses what must not go further.
pub fn guard(request: &mut Request) -> Result<(), ServerError> {
    guard_text(&request.query).map_err(server_error)?;
    guard_document(request.parsed_query()?).map_err(server_error)
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

/// Refuses a document that must not reach the validator.
pub fn guard_document(document: &ExecutableDocument) -> Result<(), ApiError> {
    guard_blind_spots::check(document)?;
    let mut fields = Count::new(document, true);
    let mut root_fields = Count::new(document, false);
    let mut total: usize = 0;
    for (_, operation) in document.operations.iter() {
        let set = &operation.node.selection_set.node;
        total = total.saturating_add(fields.of(set, MAX_NESTING).ok_or_else(endless)?);
        let is_mutation = operation.node.ty == OperationType::Mutation;
        if is_mutation && root_fields.of(set, MAX_NESTING).ok_or_else(endless)? > 1 {
            return Err(too_complex("one mutation field a request"));
        }
    }
    if total > MAX_FIELDS { Err(too_complex("the fragments make too many fields")) } else { Ok(()) }
}

fn too_complex(detail: &'static str) -> ApiError {
    ApiError::detailed(ErrorCode::QueryTooComplex, detail)
}

fn endless() -> ApiError {
    too_complex("fragments are nested too deep, or in each other")
}

/// Counts fields, each fragment once however often it is spread.
struct Count<'d> {
    document: &'d ExecutableDocument,
    /// Whether fields within fields count.
    deep: bool,
    known: HashMap<&'d str, usize>,
}

impl<'d> Count<'d> {
    fn new(document: &'d ExecutableDocument, deep: bool) -> Self {
        Self { document, deep, known: HashMap::new() }
    }

    /// The fields of a selection; `None` when fragments are nested too deep, which a circle always is.
    fn of(&mut self, set: &'d SelectionSet, nesting: usize) -> Option<usize> {
        let mut total: usize = 0;
        for item in &set.items {
            let fields = match &item.node {
                Selection::Field(field) if self.deep => 1 + self.of(&field.node.selection_set.node, nesting)?,
                Selection::Field(_) => 1,
                Selection::InlineFragment(inline) => self.of(&inline.node.selection_set.node, nesting)?,
                Selection::FragmentSpread(spread) => self.of_fragment(&spread.node.fragment_name.node, nesting)?,
            };
            total = total.saturating_add(fields);
        }
        Some(total)
    }

    fn of_fragment(&mut self, name: &'d str, nesting: usize) -> Option<usize> {
        if let Some(known) = self.known.get(name) {
            return Some(*known);
        }
        // One that is not there is the validator's to name.
        let Some(fragment) = self.document.fragments.get(name) else { return Some(1) };
        let fields = self.of(&fragment.node.selection_set.node, nesting.checked_sub(1)?)?;
        self.known.insert(name, fields);
        Some(fields)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::{MAX_BRACKETS, guard_document, guard_text};

    fn accepts(query: &str) -> bool {
        guard_text(query).is_ok() && guard_document(&parse_query(query).expect("a query")).is_ok()
    }

    #[test]
    fn one_field_is_one_thing_however_it_is_wrapped() {
        for query in [
            "{ a b c }",
            "mutation { logout }",
            "mutation A { logout } mutation B { logout }",
            "mutation { ... { logout } }",
            "mutation { ...F } fragment F on Mutation { logout }",
        ] {
            assert!(accepts(query), "{query}");
        }
    }

    #[test]
    fn several_fields_are_several_things_however_they_are_hidden() {
        for query in [
            "mutation { a: logout b: logout }",
            "mutation { logout ... { logout } }",
            "mutation { ...F ...F } fragment F on Mutation { logout }",
            "mutation { ...F } fragment F on Mutation { a: logout b: logout }",
            "mutation { ...F ...G }",
        ] {
            assert!(!accepts(query), "{query}");
        }
    }

    #[test]
    fn fragments_that_multiply_or_go_round_are_refused_at_once() {
        let spreads = " ...F".repeat(1_000);
        let twice = |at: usize| format!("fragment A{at} on Query {{ ...A{0} ...A{0} }} ", at + 1);
        let doubling = (0..15).map(twice).collect::<Vec<_>>().concat();

        assert!(!accepts(&format!("mutation {{ ...F }} fragment F on Mutation {{ {spreads} }}")));
        assert!(!accepts(&format!("{{ ...A0 }} {doubling} fragment A15 on Query {{ me {{ id }} }}")));
        assert!(!accepts("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"));
    }

    #[test]
    fn brackets_count_wherever_they_stand_and_closing_ones_do_not_take_back() {
        for text in ["([{", "\"[[[\"", "#[[[", "[\"]]]\"[#]]\r[", "\"\"\"[[["] {
            let most = text.repeat(MAX_BRACKETS / 3);

            assert!(guard_text(&most).is_ok(), "{text}");
            assert!(guard_text(&format!("{most}[[")).is_err(), "{text}");
        }
    }
}
