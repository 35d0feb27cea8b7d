//! Limits the work of validating a document. The GraphQL validation rules compare fields with fields and visit a
//! variable's value at each of its uses, so a small document can be expensive to validate. See `bill` for the cost of
//! execution.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Positioned, Variables};

use super::size::Size;
use super::too_complex;
use crate::error::{ApiError, ErrorCode};

/// The maximum number of operations in a document.
const MAX_OPERATIONS: usize = 50;
/// The maximum number of fields, fragments, arguments, directives and variable definitions. A fragment counts at each
/// of its spreads.
const MAX_PARTS: usize = 2_000;
/// The maximum number of directives, counted likewise.
const MAX_DIRECTIVES: usize = 100;
/// The maximum number of argument values, counted likewise. A variable's value counts at each use except the first,
/// which the limit of the request body covers.
const MAX_VALUES: usize = 10_000;
/// The maximum length of a list in the document or in a variable: the size of the largest batch of orders.
pub(super) const MAX_ITEMS: usize = 1_000;
/// The maximum length of an alias in characters. The answer repeats it for every value of the field.
const MAX_ALIAS: usize = 128;
/// The maximum depth of nested selections, fragments included.
const MAX_DEPTH: usize = 32;

/// Rejects a document that exceeds a limit.
pub(super) fn check(document: &ExecutableDocument, variables: &Variables) -> Result<(), ApiError> {
    let mut given = HashMap::with_capacity(variables.len());
    for (name, value) in variables.iter() {
        let size = Size::of(value);
        check_list(size)?;
        given.insert(name.as_str(), size);
    }
    let mut count = Count::new(document);
    let mut all = count.of_operations(&given)?;
    // One that no operation spreads is checked all the same, whatever the order in which they are looked at.
    let spread: HashSet<&str> = count.known.keys().copied().collect();
    for name in document.fragments.keys().filter(|name| !spread.contains(name.as_str())) {
        all = all.and(count.fragment(name)?);
    }
    all.check()
}

/// The counts of a part of a document.
#[derive(Debug, Clone, Copy, Default)]
struct Total {
    parts: usize,
    directives: usize,
    values: usize,
    /// The number of top-level fields.
    roots: usize,
    /// The depth of nested selections.
    depth: usize,
}

impl Total {
    fn and(self, other: Self) -> Self {
        Self {
            parts: self.parts.saturating_add(other.parts),
            directives: self.directives.saturating_add(other.directives),
            values: self.values.saturating_add(other.values),
            roots: self.roots.saturating_add(other.roots),
            depth: self.depth.max(other.depth),
        }
    }

    fn parts(parts: usize) -> Self {
        Self { parts, ..Self::default() }
    }

    fn check(self) -> Result<(), ApiError> {
        let limits = [
            (self.parts, MAX_PARTS, "fields, fragments, arguments, directives and variables"),
            (self.directives, MAX_DIRECTIVES, "directives"),
            (self.values, MAX_VALUES, "values of arguments"),
            (self.depth, MAX_DEPTH, "selections within selections"),
        ];
        match limits.into_iter().find(|(found, most, _)| found > most) {
            Some((_, most, what)) => Err(too_complex(format!("more than {most} {what}, fragments counted"))),
            None => Ok(()),
        }
    }
}

/// Counts the parts of a document. Each fragment is visited once, however often it is spread.
struct Count<'d> {
    document: &'d ExecutableDocument,
    /// The sizes of the operation's variables.
    variables: HashMap<&'d str, usize>,
    used: HashSet<&'d str>,
    known: HashMap<&'d str, Total>,
    /// The stack of fragments being counted.
    open: Vec<&'d str>,
}

impl<'d> Count<'d> {
    fn new(document: &'d ExecutableDocument) -> Self {
        let (variables, used, known) = (HashMap::new(), HashSet::new(), HashMap::new());
        Self { document, variables, used, known, open: Vec::new() }
    }

    fn of_operations(&mut self, given: &HashMap<&str, Size>) -> Result<Total, ApiError> {
        let mut all = Total::default();
        for (at, (_, operation)) in self.document.operations.iter().enumerate() {
            if at >= MAX_OPERATIONS {
                return Err(too_complex(format!("more than {MAX_OPERATIONS} operations")));
            }
            all = all.and(self.operation(&operation.node, given)?);
            all.check()?;
        }
        Ok(all)
    }

    fn operation(
        &mut self,
        operation: &'d OperationDefinition,
        given: &HashMap<&str, Size>,
    ) -> Result<Total, ApiError> {
        // What a fragment comes to depends on the variables.
        self.known.clear();
        self.used.clear();
        self.variables.clear();
        let mut own = Total::parts(1 + operation.variable_definitions.len());
        own.check()?;
        for definition in &operation.variable_definitions {
            let name = definition.node.name.node.as_str();
            let default = definition.node.default_value.as_ref().map(|value| Size::of(&value.node)).unwrap_or_default();
            check_list(default)?;
            let size = given.get(name).copied().unwrap_or(default);
            own.values = own.values.saturating_add(default.values);
            own = own.and(self.directives(&definition.node.directives)?);
            self.variables.insert(name, size.values.max(1));
        }
        own = own.and(self.directives(&operation.directives)?);
        let mut all = own.and(self.set(&operation.selection_set.node)?);
        if operation.ty == OperationType::Mutation && all.roots > 1 {
            return Err(too_complex("only one mutation field per request"));
        }
        all.values = all.values.saturating_sub(self.used.iter().map(|name| self.variables[name]).sum());
        Ok(all)
    }

    fn set(&mut self, set: &'d SelectionSet) -> Result<Total, ApiError> {
        let mut all = Total::default();
        for item in &set.items {
            let one = match &item.node {
                Selection::Field(field) => self.field(&field.node)?,
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.node.directives)?.and(self.set(&inline.node.selection_set.node)?)
                }
                Selection::FragmentSpread(spread) => {
                    let directives = self.directives(&spread.node.directives)?;
                    directives.and(self.fragment(spread.node.fragment_name.node.as_str())?)
                }
            };
            all = all.and(one).and(Total::parts(1));
        }
        all.depth += usize::from(!set.items.is_empty());
        Ok(all)
    }

    fn field(&mut self, field: &'d Field) -> Result<Total, ApiError> {
        if field.alias.as_ref().is_some_and(|alias| alias.node.len() > MAX_ALIAS) {
            return Err(too_complex(format!("an alias of more than {MAX_ALIAS} characters")));
        }
        let own = self.arguments(&field.arguments)?.and(self.directives(&field.directives)?);
        let inside = self.set(&field.selection_set.node)?;
        Ok(Total { roots: 1, ..own.and(inside) })
    }

    fn fragment(&mut self, name: &'d str) -> Result<Total, ApiError> {
        if let Some(known) = self.known.get(name) {
            return Ok(*known);
        }
        // The validator reports unknown fragments.
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Total { roots: 1, ..Total::default() });
        };
        if self.open.contains(&name) || self.open.len() >= MAX_DEPTH {
            return Err(too_complex("fragments are nested too deep, or in each other"));
        }
        self.open.push(name);
        let directives = self.directives(&fragment.node.directives)?;
        let all = directives.and(self.set(&fragment.node.selection_set.node)?);
        self.open.pop();
        self.known.insert(name, all);
        Ok(all)
    }

    fn directives(&mut self, directives: &'d [Positioned<Directive>]) -> Result<Total, ApiError> {
        let mut all = Total { parts: directives.len(), directives: directives.len(), ..Total::default() };
        for directive in directives {
            all = all.and(self.arguments(&directive.node.arguments)?);
        }
        Ok(all)
    }

    fn arguments<N>(
        &mut self,
        arguments: &'d [(N, Positioned<async_graphql_value::Value>)],
    ) -> Result<Total, ApiError> {
        let mut all = Total::parts(arguments.len());
        let Self { variables, used, .. } = self;
        for (_, value) in arguments {
            let mut of_variable = |name: &str| {
                let Some((name, values)) = variables.get_key_value(name) else { return Size::default() };
                used.insert(name);
                Size { values: *values, longest: 0 }
            };
            let size = Size::of_written(&value.node, &mut of_variable);
            check_list(size)?;
            all.values = all.values.saturating_add(size.values);
        }
        Ok(all)
    }
}

fn check_list(size: Size) -> Result<(), ApiError> {
    if size.longest > MAX_ITEMS {
        let detail = format!("a list of {} items: at most {MAX_ITEMS}", size.longest);
        return Err(ApiError::detailed(ErrorCode::InvalidInput, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use async_graphql::Variables;
    use async_graphql::parser::parse_query;
    use serde_json::{Value, json};

    use super::{MAX_ALIAS, MAX_DEPTH, MAX_DIRECTIVES, MAX_ITEMS, MAX_OPERATIONS, MAX_PARTS, MAX_VALUES, check};

    fn refusal(query: &str, variables: Value) -> Option<String> {
        let document = parse_query(query).expect("a query");
        check(&document, &Variables::from_json(variables)).err().map(|refusal| refusal.detail().to_owned())
    }

    fn accepts(query: &str) -> bool {
        refusal(query, Value::Null).is_none()
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
            assert_eq!(refusal(query, Value::Null).as_deref(), Some("only one mutation field per request"), "{query}");
        }
    }

    #[test]
    fn fragments_count_wherever_they_are_spread_and_also_where_nothing_spreads_them() {
        let fields = "a ".repeat(1_000);
        let twice = |at: usize| format!("fragment A{at} on Query {{ ...A{0} ...A{0} }} ", at + 1);
        let doubling = (0..15).map(twice).collect::<Vec<_>>().concat();

        assert!(accepts(&format!("{{ ...F }} fragment F on Query {{ {fields} }}")));
        for query in [
            format!("{{ ...F ...F }} fragment F on Query {{ {fields} }}"),
            format!("{{ a }} fragment F on Query {{ {fields} }} fragment G on Query {{ ...F }}"),
            format!("{{ ...A0 }} {doubling} fragment A15 on Query {{ me {{ id }} }}"),
            format!("{{ a }} {doubling} fragment A15 on Query {{ me {{ id }} }}"),
        ] {
            let limit = format!("more than {MAX_PARTS} fields");
            assert!(refusal(&query, Value::Null).is_some_and(|detail| detail.starts_with(&limit)), "{query}");
        }
    }

    #[test]
    fn fragments_in_each_other_are_refused_at_once() {
        let deep = |last: &str| format!("{}...A{}", "... { ".repeat(60), " }".repeat(60)).replace("...A", last);
        for query in [
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(),
            "{ a } fragment A on Query { ...A }".to_owned(),
            format!("{{ ...A }} fragment A on Query {{ {} }}", deep("...A")),
        ] {
            assert!(!accepts(&query), "{query}");
        }
    }

    #[test]
    fn each_limit_holds_to_the_letter() {
        let aliases =
            |n: usize| format!("{{ {} }}", (0..n).map(|at| format!("a{at}: a ")).collect::<Vec<_>>().concat());
        let directives = |n: usize| format!("{{ {} }}", "a @skip(if: true) ".repeat(n));
        let nested = |n: usize| format!("{{ {} a {} }}", "a { ".repeat(n - 1), "} ".repeat(n - 1));
        let operations = |n: usize| (0..n).map(|at| format!("query Q{at} {{ a }} ")).collect::<Vec<_>>().concat();
        let alias = |n: usize| format!("{{ {}: a }}", "b".repeat(n));
        let list = |n: usize| format!("{{ a(b: [{}]) }}", "1 ".repeat(n));

        for (make, most) in [
            (&aliases as &dyn Fn(usize) -> String, MAX_PARTS - 1),
            (&directives, MAX_DIRECTIVES),
            (&nested, MAX_DEPTH),
            (&operations, MAX_OPERATIONS),
            (&alias, MAX_ALIAS),
            (&list, MAX_ITEMS),
        ] {
            assert_eq!(refusal(&make(most), Value::Null), None, "{}", make(most));
            assert!(!accepts(&make(most + 1)), "{}", make(most + 1));
        }
    }

    #[test]
    fn a_variable_counts_wherever_it_stands_but_for_the_first_time() {
        let query = |uses: usize| {
            let fields = (0..uses).map(|at| format!("a{at}: a(b: $b) ")).collect::<Vec<_>>().concat();
            format!("query ($b: [S!]) {{ {fields} }}")
        };
        let given = || json!({ "b": vec!["PAID"; 499] });
        let uses = 1 + MAX_VALUES / 500;

        assert_eq!(refusal(&query(uses), given()), None);
        assert!(refusal(&query(uses + 1), given()).is_some());
        let defaulted = query(uses + 1).replace("[S!]", &format!("[S!] = [{}]", "PAID ".repeat(499)));
        assert!(refusal(&defaulted, Value::Null).is_some());
        // The limit of the request body covers one large value.
        let batch = json!({ "b": vec![vec!["PAID"; 100]; 500] });
        assert_eq!(refusal(&query(1), batch), None);
    }

    #[test]
    fn long_lists_are_told_by_their_length_wherever_they_come_from() {
        let long = json!({ "b": { "statuses": vec!["PAID"; 8_000] } });
        let detail = Some("a list of 8000 items: at most 1000".to_owned());
        assert_eq!(refusal("query ($b: F) { a(b: $b) }", long.clone()), detail);
        assert_eq!(refusal("{ a }", long), detail);
        assert_eq!(refusal(&format!("{{ a(b: {{ c: [{}] }}) }}", "1,".repeat(8_000)), Value::Null), detail);
        let default = format!("query ($b: [Int!] = [{}]) {{ a(b: $b) }}", "1,".repeat(8_000));
        assert_eq!(refusal(&default, Value::Null), detail);
    }
}
