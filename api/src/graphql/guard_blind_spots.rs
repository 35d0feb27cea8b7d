//! Validation that the GraphQL library lacks: directives of variable definitions, arguments, fields and directives of
//! `__typename`, and the nesting of values.

use async_graphql::parser::types::{Directive, ExecutableDocument, Field, OperationType, Selection, SelectionSet};
use async_graphql::{Name, Positioned};
use async_graphql_value::Value;

use crate::error::{ApiError, ErrorCode};

/// The maximum nesting of values. Converting an argument takes far more stack per level than parsing it.
const MAX_VALUE_DEPTH: usize = 32;

/// Rejects what the validator does not check.
///
/// The recursion is as deep as the document, which the caller has bounded.
pub(super) fn check(document: &ExecutableDocument) -> Result<(), ApiError> {
    for (_, operation) in document.operations.iter() {
        for variable in &operation.node.variable_definitions {
            // No directive is declared for variable definitions.
            if let Some(directive) = variable.node.directives.first() {
                return Err(unknown_directive(&directive.node.name.node));
            }
            let default = variable.node.default_value.as_ref();
            let too_deep = default.is_some_and(|value| is_deeper(&value.node.clone().into_value(), MAX_VALUE_DEPTH));
            values_within(!too_deep)?;
        }
        directives(&operation.node.directives)?;
        selections(&operation.node.selection_set.node)?;
        if operation.node.ty == OperationType::Subscription {
            one_stream(&operation.node.selection_set.node)?;
        }
    }
    for fragment in document.fragments.values() {
        directives(&fragment.node.directives)?;
        selections(&fragment.node.selection_set.node)?;
    }
    Ok(())
}

fn selections(set: &SelectionSet) -> Result<(), ApiError> {
    for item in &set.items {
        match &item.node {
            Selection::Field(named) => field(&named.node)?,
            Selection::InlineFragment(inline) => {
                directives(&inline.node.directives)?;
                selections(&inline.node.selection_set.node)?;
            }
            Selection::FragmentSpread(spread) => directives(&spread.node.directives)?,
        }
    }
    Ok(())
}

fn field(field: &Field) -> Result<(), ApiError> {
    arguments(&field.arguments)?;
    directives(&field.directives)?;
    if field.name.node == "__typename" {
        type_name(field)?;
    }
    selections(&field.selection_set.node)
}

/// A subscription has one root field (GraphQL 5.2.4.1). The library opens a stream for each, ignores `@skip` and `@include` at the
/// root, and finds no field in a fragment there.
fn one_stream(set: &SelectionSet) -> Result<(), ApiError> {
    match set.items.as_slice() {
        [item] => match &item.node {
            Selection::Field(field) if field.node.name.node.starts_with("__") => {
                Err(invalid(format!("`{}` is no stream of events", field.node.name.node)))
            }
            Selection::Field(field) if !field.node.directives.is_empty() => {
                Err(invalid("the root field of a subscription has no directives".to_owned()))
            }
            Selection::Field(_) => Ok(()),
            Selection::InlineFragment(_) | Selection::FragmentSpread(_) => {
                Err(invalid("the root field of a subscription is not in a fragment".to_owned()))
            }
        },
        _ => Err(invalid("a subscription has exactly one field at its root".to_owned())),
    }
}

fn type_name(field: &Field) -> Result<(), ApiError> {
    if !field.arguments.is_empty() || !field.selection_set.node.items.is_empty() {
        return Err(invalid("`__typename` has neither arguments nor fields".to_owned()));
    }
    for directive in &field.directives {
        let name = &directive.node.name.node;
        if name != "skip" && name != "include" {
            return Err(unknown_directive(name));
        }
        if directive.node.get_argument("if").is_none() {
            return Err(invalid(format!("the directive \"{name}\" needs the argument \"if\"")));
        }
    }
    Ok(())
}

fn directives(directives: &[Positioned<Directive>]) -> Result<(), ApiError> {
    directives.iter().try_for_each(|directive| arguments(&directive.node.arguments))
}

fn arguments(arguments: &[(Positioned<Name>, Positioned<Value>)]) -> Result<(), ApiError> {
    values_within(!arguments.iter().any(|(_, value)| is_deeper(&value.node, MAX_VALUE_DEPTH)))
}

/// Rejects secrets as arguments, such as merge tokens and access tokens. For documents in URLs, which are kept in logs
/// and histories.
pub(super) fn check_address(document: &ExecutableDocument) -> Result<(), ApiError> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set);
    let secret = operations.chain(fragments).find_map(|set| secret_argument(&set.node));
    secret.map_or(Ok(()), |name| Err(invalid(format!("`{name}` is a secret and needs POST"))))
}

fn secret_argument(set: &SelectionSet) -> Option<&str> {
    set.items.iter().find_map(|item| match &item.node {
        Selection::Field(field) => {
            let mut names = field.node.arguments.iter().map(|(name, _)| name.node.as_str());
            let secret = names.find(|name| name.to_ascii_lowercase().ends_with("token"));
            secret.or_else(|| secret_argument(&field.node.selection_set.node))
        }
        Selection::InlineFragment(inline) => secret_argument(&inline.node.selection_set.node),
        Selection::FragmentSpread(_) => None,
    })
}

fn is_deeper(value: &Value, levels: usize) -> bool {
    let within = |inner: &Value| levels == 0 || is_deeper(inner, levels - 1);
    match value {
        Value::List(items) => items.iter().any(within),
        Value::Object(fields) => fields.values().any(within),
        _ => false,
    }
}

fn values_within(is_within: bool) -> Result<(), ApiError> {
    let too_deep = || ApiError::detailed(ErrorCode::QueryTooComplex, "values are nested too deep");
    is_within.then_some(()).ok_or_else(too_deep)
}

fn unknown_directive(name: &str) -> ApiError {
    invalid(format!("unknown directive \"{name}\""))
}

fn invalid(detail: String) -> ApiError {
    ApiError::detailed(ErrorCode::InvalidQuery, detail)
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::check;

    fn refusal(query: &str) -> Option<String> {
        let document = parse_query(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        check(&document).err().map(|error| error.detail().to_owned())
    }

    #[test]
    fn what_hangs_on_a_type_name_or_a_variable_is_looked_at() {
        for (query, detail) in [
            ("{ __typename @nope }", "unknown directive \"nope\""),
            ("{ __typename @deprecated }", "unknown directive \"deprecated\""),
            ("{ me { ... { __typename @nope } } }", "unknown directive \"nope\""),
            ("{ ...F } fragment F on Query { a: __typename @nope }", "unknown directive \"nope\""),
            ("query ($a: Int @nope) { node(id: $a) { id } }", "unknown directive \"nope\""),
            ("{ __typename @skip }", "the directive \"skip\" needs the argument \"if\""),
            ("{ __typename(a: 1) }", "`__typename` has neither arguments nor fields"),
            ("{ __typename { id } }", "`__typename` has neither arguments nor fields"),
        ] {
            assert_eq!(refusal(query).as_deref(), Some(detail), "{query}");
        }
        assert_eq!(refusal("query ($a: Boolean! = true) { __typename @skip(if: $a) @include(if: true) }"), None);
    }

    #[test]
    fn a_subscription_has_one_root_field_and_nothing_that_hides_it() {
        let one = "a subscription has exactly one field at its root";
        for (query, detail) in [
            ("subscription { a b }", one),
            ("subscription { a a2: a }", one),
            ("query Q { a b } subscription S { a b }", one),
            ("subscription { __typename }", "`__typename` is no stream of events"),
            ("subscription { a @skip(if: true) }", "the root field of a subscription has no directives"),
            ("subscription { ... { a } }", "the root field of a subscription is not in a fragment"),
            (
                "subscription { ...F } fragment F on Subscription { a }",
                "the root field of a subscription is not in a fragment",
            ),
        ] {
            assert_eq!(refusal(query).as_deref(), Some(detail), "{query}");
        }
        assert_eq!(refusal("subscription { it: a(b: 1) { c d } }"), None);
    }

    #[test]
    fn values_may_be_nested_so_deep_and_no_deeper() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        for (before, after) in [
            ("{ a(b: ", ") }"),
            ("{ a @skip(if: ", ") }"),
            ("query @a(b: ", ") { a }"),
            ("query ($a: Int = ", ") { a }"),
            ("{ ... @skip(if: ", ") { a } }"),
            ("{ ...F @skip(if: ", ") } fragment F on Query { a }"),
            ("{ ...F } fragment F on Query @a(b: ", ") { a }"),
        ] {
            let of = |levels| refusal(&format!("{before}{}{after}", nested(levels)));

            assert_eq!(of(32), None, "{before}");
            assert_eq!(of(33).as_deref(), Some("values are nested too deep"), "{before}");
        }
    }
}
