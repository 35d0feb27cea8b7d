//! One mutation field a request: a hundred aliases of a login or of a code's try would slip under every limit.
//! How much a query may ask for is limited by depth and complexity, in `super::schema`.

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};

/// Fragments nested deeper than this at the root are nobody's honest query; the validator has not looked at them yet.
const MAX_NESTING: usize = 8;

/// Does no mutation of the document do more than one thing?
#[must_use]
pub fn does_one_thing(document: &ExecutableDocument) -> bool {
    let mut mutations = document.operations.iter().filter(|(_, found)| found.node.ty == OperationType::Mutation);
    mutations.all(|(_, found)| fields(document, &found.node.selection_set.node, MAX_NESTING) <= 1)
}

fn fields(document: &ExecutableDocument, set: &SelectionSet, nesting: usize) -> usize {
    if nesting == 0 {
        return usize::from(!set.items.is_empty()) * 2;
    }
    let count = |selection: &Selection| match selection {
        Selection::Field(_) => 1,
        Selection::InlineFragment(inline) => fields(document, &inline.node.selection_set.node, nesting - 1),
        Selection::FragmentSpread(spread) => document
            .fragments
            .get(&spread.node.fragment_name.node)
            .map_or(0, |fragment| fields(document, &fragment.node.selection_set.node, nesting - 1)),
    };
    set.items.iter().map(|item| count(&item.node)).sum()
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::does_one_thing;

    #[test]
    fn one_field_is_one_thing_however_it_is_wrapped() {
        for query in [
            "{ a b c }",
            "mutation { logout }",
            "mutation A { logout } mutation B { logout }",
            "mutation { ... { logout } }",
            "mutation { ...F } fragment F on Mutation { logout }",
        ] {
            assert!(does_one_thing(&parse_query(query).expect("a query")), "{query}");
        }
    }

    #[test]
    fn several_fields_are_several_things_however_they_are_hidden() {
        for query in [
            "mutation { a: logout b: logout }",
            "mutation { logout ... { logout } }",
            "mutation { ...F ...F } fragment F on Mutation { logout }",
            "mutation { ...F } fragment F on Mutation { a: logout b: logout }",
            "mutation { ...F } fragment F on Mutation { ...F }",
        ] {
            assert!(!does_one_thing(&parse_query(query).expect("a query")), "{query}");
        }
    }
}
