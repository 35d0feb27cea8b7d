//! What is refused before the GraphQL library works on a document: nesting that would overflow its stack, fragments that
//! multiply beyond all measure, and more than one mutation field, since a hundred aliases of a login or of a code's try
//! would slip under every other limit. How much an honest query may ask for is limited by depth and complexity.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};

use crate::error::{ApiError, ErrorCode};

/// Brackets within brackets. The parser limits selections to 64 levels itself, but not values.
const MAX_BRACKETS: usize = 64;
/// Fragments within fragments.
const MAX_NESTING: usize = 16;
/// Fields of a whole document, each fragment counted wherever it is spread.
const MAX_FIELDS: usize = 5_000;

/// Refuses text that must not reach the parser.
pub fn guard_text(query: &str) -> Result<(), ApiError> {
    if bracket_depth(query) > MAX_BRACKETS { Err(too_complex("brackets are nested too deep")) } else { Ok(()) }
}

/// Refuses a document that must not reach the validator.
pub fn guard_document(document: &ExecutableDocument) -> Result<(), ApiError> {
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

/// How deep brackets are nested, outside strings and comments.
fn bracket_depth(query: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut rest = query;
    while let Some(at) = rest.find(['(', '[', '{', ')', ']', '}', '"', '#']) {
        let (found, after) = (rest.as_bytes()[at], &rest[at + 1..]);
        rest = match found {
            b'"' => rest[at..].strip_prefix("\"\"\"").map_or_else(|| after_string(after), after_block),
            b'#' => after.find('\n').map_or("", |end| &after[end..]),
            _ => after,
        };
        match found {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn after_block(inside: &str) -> &str {
    match inside.find("\"\"\"") {
        Some(end) if inside[..end].ends_with('\\') => after_block(&inside[end + 3..]),
        Some(end) => &inside[end + 3..],
        None => "",
    }
}

fn after_string(inside: &str) -> &str {
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' | '\n' => return &inside[at + 1..],
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::{bracket_depth, guard_document, guard_text};

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
    fn nested_values_are_refused_before_the_parser_sees_them() {
        for (open, close) in [("[", "]"), ("{a:", "}")] {
            let query = format!("{{ a(b: {}1{}) }}", open.repeat(2_000), close.repeat(2_000));
            assert!(guard_text(&query).is_err());
        }
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let query = "{ a(b: \"[[[\\\"[[\", c: \"\"\"[[ \\\"\"\" [[\"\"\") # [[[[\n { d } }";

        assert_eq!(bracket_depth(query), 2);
    }
}
