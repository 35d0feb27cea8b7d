//! The cost of an operation in points: its statements, the rows that they read, and the values of its answer. See
//! `prices` for the price of each field and the parent module for the limit.

use std::fmt;

use async_graphql::Variables;
use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql_value::{ConstValue, Name};

use super::document::MAX_ITEMS;
use super::prices::{Answer, Price, Prices};

/// The price of one value of the answer. A point is about a microsecond.
const VALUE: usize = 1;
/// The price of a row that a statement reads for a list. The price of the statement includes the first row.
const ROW: usize = 10;
/// The price of a statement: one database round trip.
const STATEMENT: usize = 100;
/// The price of a statement that may read much of a person's history, estimated at ten thousand orders.
const SCAN: usize = 3_000;
/// The price of an introspection field, which returns values for many types of the schema.
const INTROSPECTED: usize = 60;
/// The introspection lists that lead from types to types, and the factor of such a list within another one: a few
/// nested levels repeat the whole schema many times. The introspection query of common tools nests none.
const LISTS_OF_TYPES: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];
const NESTED_LIST: usize = 20;
/// The maximum number of wrappers of a type in the schema: `[T!]!` has three around `T`. Deeper `ofType`s are null, so
/// tools may request any number.
const MAX_WRAPPERS: usize = 3;
/// The number of characters of a response key that cost as much as one value.
const KEY_LENGTH: usize = 16;

/// The assumed length of a list without pages: a person's keys, an order's lines, the company's apps.
const FEW: usize = 5;
/// What a list counts as that can be made long, and is cut off at that length: open sessions, merges.
const MANY: usize = 50;
/// The page when none is asked for, and the largest: see `usecase::page`.
const PAGE: std::ops::RangeInclusive<i32> = 1..=100;
const DEFAULT_PAGE: i32 = 20;

/// The cost of an operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bill {
    statements: usize,
    scans: usize,
    rows: usize,
    values: usize,
}

impl Bill {
    /// Computes the cost of the selected operation. If the selection is ambiguous, which the library rejects, the most
    /// expensive operation counts.
    pub(super) fn of(
        prices: &Prices,
        (document, operation): (&ExecutableDocument, Option<&str>),
        variables: &Variables,
    ) -> Self {
        let chosen = |name: Option<&Name>| operation.is_none() || name.map(Name::as_str) == operation;
        let operations = document.operations.iter().filter(|(name, _)| chosen(*name));
        let bills = operations.map(|(_, operation)| Clerk::bill(prices, (document, &operation.node), variables));
        bills.max_by_key(Bill::points).unwrap_or_default()
    }

    /// Returns the total in points.
    pub(super) fn points(&self) -> usize {
        let parts = [(self.statements, STATEMENT), (self.scans, SCAN), (self.rows, ROW), (self.values, VALUE)];
        parts.into_iter().fold(0, |points, (many, each)| points.saturating_add(many.saturating_mul(each)))
    }

    fn charge(&mut self, times: usize, price: &Price, scans: usize) {
        let statements = times.saturating_mul(price.statements).saturating_add(price.batched);
        self.statements = self.statements.saturating_add(statements);
        self.scans = self.scans.saturating_add(times.saturating_mul(scans));
    }
}

impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { statements, scans, rows, values } = self;
        let points = self.points();
        write!(f, "{points} points ({statements} statements, {scans} scans, {rows} rows, {values} values)")
    }
}

/// The context of a selection.
#[derive(Clone, Copy)]
struct Place<'p> {
    /// The parent type, if it is in the schema.
    ty: Option<&'p str>,
    /// The enclosing field.
    parent: Option<&'p Field>,
    /// The maximum number of objects of that type.
    times: usize,
    /// The page size of the enclosing connection.
    page: usize,
    /// Whether the selection is inside a list of [`LISTS_OF_TYPES`].
    in_list_of_types: bool,
    /// The number of enclosing `ofType`s.
    wrappers: usize,
}

impl<'p> Place<'p> {
    /// Creates the context of one object of a type.
    fn of_type(ty: &'p str) -> Self {
        Self { ty: Some(ty), parent: None, times: 1, page: 1, in_list_of_types: false, wrappers: 0 }
    }
}

/// Walks an operation and adds up its cost. `document` has already limited its depth and size.
struct Clerk<'a> {
    prices: &'a Prices,
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    bill: Bill,
}

impl<'a> Clerk<'a> {
    fn bill(
        prices: &'a Prices,
        (document, operation): (&'a ExecutableDocument, &'a OperationDefinition),
        variables: &'a Variables,
    ) -> Bill {
        let ty = match operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        let mut clerk = Self { prices, document, operation, variables, bill: Bill::default() };
        clerk.set(&operation.selection_set.node, Place::of_type(ty));
        clerk.bill
    }

    fn set(&mut self, set: &'a SelectionSet, place: Place<'a>) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => self.field(&field.node, place),
                Selection::InlineFragment(inline) => {
                    let condition =
                        inline.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    self.set(&inline.node.selection_set.node, Place { ty: condition.or(place.ty), ..place });
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) else { continue };
                    let ty = Some(fragment.node.type_condition.node.on.node.as_str());
                    self.set(&fragment.node.selection_set.node, Place { ty, ..place });
                }
            }
        }
    }

    fn field(&mut self, field: &'a Field, place: Place<'a>) {
        let name = field.name.node.as_str();
        let Some(priced) = place.ty.and_then(|ty| self.prices.field(ty, name)) else {
            return self.unknown(field, place);
        };
        let Place { times, page, parent, .. } = place;
        self.bill.values = self.bill.values.saturating_add(times.saturating_mul(key_worth(field)));
        self.bill.charge(times, &priced.price, usize::from(self.reads_on((field, parent), &priced.price)));
        let (many, page) = match priced.answer {
            Answer::One => (1, page),
            Answer::Few => (FEW, page),
            Answer::Many => (MANY, page),
            Answer::Batch => (MAX_ITEMS, page),
            Answer::Connection => (1, self.page(field)),
            Answer::Page => (page, page),
        };
        let runs = priced.price.statements + priced.price.batched > 0;
        let rows = match priced.answer {
            Answer::Few | Answer::Many | Answer::Batch if runs => many,
            Answer::Connection => page,
            Answer::Few | Answer::Many | Answer::Batch | Answer::One | Answer::Page => 0,
        };
        self.bill.rows = self.bill.rows.saturating_add(times.saturating_mul(rows));
        let inside =
            Place { parent: Some(field), times: times.saturating_mul(many), page, ..Place::of_type(&priced.ty) };
        self.set(&field.selection_set.node, inside);
    }

    /// Adds a field that is not in the schema: an introspection field, or one that the validator will reject.
    fn unknown(&mut self, field: &'a Field, place: Place<'a>) {
        let is_introspection = |name: &str| name.starts_with("__") && name != "__typename";
        let introspects = is_introspection(&field.name.node) || place.ty.is_some_and(is_introspection);
        let each = if introspects && place.wrappers <= MAX_WRAPPERS { INTROSPECTED } else { VALUE };
        self.bill.values = self.bill.values.saturating_add(place.times.saturating_mul(each * key_worth(field)));
        let ty = introspects.then_some("__Type");
        let is_list = introspects && LISTS_OF_TYPES.contains(&field.name.node.as_str());
        let many = if is_list && place.in_list_of_types { NESTED_LIST } else { 1 };
        let times = place.times.saturating_mul(many);
        let in_list_of_types = place.in_list_of_types || is_list;
        let wrappers = if field.name.node == "ofType" { place.wrappers + 1 } else { 0 };
        self.set(&field.selection_set.node, Place { ty, times, in_list_of_types, wrappers, ..place });
    }

    /// Returns the page size, clamped to the allowed range.
    fn page(&self, field: &Field) -> usize {
        let number = |name| match self.argument(field, name)? {
            ConstValue::Number(number) => Some(number.as_i64().unwrap_or(i64::MAX)),
            _ => None,
        };
        let size = number("first").or_else(|| number("last")).unwrap_or(DEFAULT_PAGE.into());
        let size = size.clamp((*PAGE.start()).into(), (*PAGE.end()).into());
        usize::try_from(size).unwrap_or_default()
    }

    /// Returns whether the filter of the field, or else of the list that it is in, has a condition that no index serves.
    fn reads_on(&self, (field, list): (&Field, Option<&Field>), price: &Price) -> bool {
        if price.unindexed.is_empty() {
            return false;
        }
        let filter = self.argument(field, "filter").or_else(|| self.argument(list?, "filter"));
        let Some(ConstValue::Object(filter)) = filter else { return false };
        price.unindexed.iter().any(|key| filter.get(*key).is_some_and(|value| *value != ConstValue::Null))
    }

    /// Returns the value of an argument, if it can be determined.
    fn argument(&self, field: &Field, name: &str) -> Option<ConstValue> {
        let value = field.get_argument(name)?.node.clone();
        value.into_const_with(|name| Ok::<_, ()>(self.variable(&name).unwrap_or_default())).ok()
    }

    fn variable(&self, name: &Name) -> Option<ConstValue> {
        let definitions = &self.operation.variable_definitions;
        let default = || {
            let definition = definitions.iter().find(|definition| definition.node.name.node == *name)?;
            definition.node.default_value.as_ref().map(|value| value.node.clone())
        };
        self.variables.get(name).cloned().or_else(default)
    }
}

/// Returns the cost of a response key in values, so that long aliases cannot enlarge an answer for free.
fn key_worth(field: &Field) -> usize {
    1 + field.response_key().node.len() / KEY_LENGTH
}

#[cfg(test)]
mod tests {
    use async_graphql::Variables;
    use async_graphql::parser::parse_query;
    use serde_json::{Value, json};

    use super::{Bill, FEW, INTROSPECTED, MAX_WRAPPERS, Prices};
    use crate::graphql::{schema_document, sdl};

    fn bill(query: &str, variables: Value) -> Bill {
        let prices = Prices::of(&schema_document());
        let query = parse_query(query).expect("a query");
        Bill::of(&prices, (&query, None), &Variables::from_json(variables))
    }

    fn of(query: &str) -> Bill {
        bill(query, Value::Null)
    }

    #[test]
    fn values_cost_as_often_as_they_stand_in_the_answer() {
        assert_eq!(of("{ me { id } }"), Bill { values: 2, ..Bill::default() });
        assert_eq!(of("{ me { a: id b: id ...F } } fragment F on User { id __typename }").values, 5);
        assert_eq!(of("{ apps { name } }"), Bill { values: 1 + FEW, ..Bill::default() });
        assert_eq!(of("{ me { orders(first: 7) { nodes { id } } } }").values, 3 + 7);
    }

    #[test]
    fn a_page_multiplies_what_is_on_it_and_nothing_beside_it() {
        let page =
            of("{ me { orders(first: 100) { nodes { id items { title } } pageInfo { endCursor } totalCount } } }");
        let values = 2 + 1 + 100 * (2 + FEW) + 2 + 1;
        assert_eq!(page, Bill { statements: 3 + 1 + 1, scans: 0, rows: 100 + 100 * FEW, values });
    }

    #[test]
    fn introspection_is_dear_and_what_there_is_not_is_not() {
        assert_eq!(of("{ nothing { at { all } } __typename }").values, 4);
        assert_eq!(
            of("{ __schema { types { name ...T } } } fragment T on __Type { fields { name } }").values,
            5 * INTROSPECTED
        );
    }

    #[test]
    fn an_of_type_costs_as_long_as_the_schema_has_wrappers() {
        let deep = |n| of(&format!("{{ __type(name: \"A\") {{ {}name{} }} }}", "ofType { ".repeat(n), " }".repeat(n)));
        let more = |n| deep(n).values - deep(n - 1).values;

        assert_eq!([1, 2, 3, 5, 6].map(more), [INTROSPECTED, INTROSPECTED, INTROSPECTED, 1, 1]);
        assert!(!sdl().contains("[["), "a list of lists has more than {MAX_WRAPPERS} wrappers");
    }

    #[test]
    fn every_alias_is_paid_for() {
        let count = |n| {
            format!(
                "{{ me {{ {} }} }}",
                (0..n).map(|at| format!("a{at}: orders {{ totalCount }} ")).collect::<Vec<_>>().concat()
            )
        };
        let (one, many) = (of(&count(1)), of(&count(500)));
        assert_eq!((many.statements, many.scans, many.rows), (one.statements * 500, one.scans * 500, one.rows * 500));
    }

    #[test]
    fn the_size_of_a_page_is_read_from_variables_and_their_defaults() {
        let query = "query ($n: Int = 3) { me { orders(first: $n) { nodes { id } } } }";
        assert_eq!(of(query).rows, 3);
        assert_eq!(bill(query, json!({ "n": 50 })).rows, 50);
        assert_eq!(bill(query, json!({ "n": 1_000_000_000_000_i64 })).rows, 100);
        assert_eq!(bill(query, json!({ "n": -1 })).rows, 1);
        assert_eq!(bill(query, json!({ "n": null })).rows, 20);
        assert_eq!(of("{ me { orders { nodes { id } } } }").rows, 20);
        assert_eq!(of("{ me { orders(last: 9) { nodes { id } } } }").rows, 9);
    }

    #[test]
    fn a_filter_that_no_index_serves_makes_a_scan() {
        let query = "query ($f: ConflictFilter) { conflicts(filter: $f) { nodes { id } } }";
        assert_eq!(bill(query, json!({ "f": { "open": true } })).scans, 1);
        assert_eq!(bill(query, json!({ "f": { "open": null } })).scans, 0);
        assert_eq!(of("{ me { orders(filter: { statuses: PAID }) { nodes { id } } } }").scans, 0);
        let sums = "query ($f: OrderFilter) { me { orders(filter: $f) { totalCount ...T } } }
            fragment T on OrderConnection { totals { count } }";
        assert_eq!(bill(sums, json!({ "f": { "placedFrom": "2026-05-01T10:00:00Z" } })).scans, 2);
        assert_eq!(bill(sums, json!({ "f": { "apps": ["shop"] } })).scans, 0);
        assert_eq!(of("{ conflicts(filter: { open: true }) { nodes { id } } }").scans, 1);
        assert_eq!(of("{ conflicts { nodes { id } } }").scans, 0);
    }

    #[test]
    fn of_several_operations_the_one_that_is_meant_is_paid_for() {
        let document = parse_query("query A { me { id } } query B { node(id: \"x\") { id } }").expect("a query");
        let prices = Prices::of(&schema_document());
        let of = |name| Bill::of(&prices, (&document, name), &Variables::default()).points();

        assert_eq!(of(Some("A")), 2);
        assert_eq!(of(Some("B")), 202);
        assert_eq!(of(None), 202);
        assert_eq!(of(Some("C")), 0);
    }
}
