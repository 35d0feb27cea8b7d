//! Measures every operation: how often it runs, how it ends, and how long it takes.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, Selection, ServiceDocument, TypeKind,
    TypeSystemDefinition,
};
use async_graphql::{Request, Response, ServerError};
use metrics::{SharedString, histogram};
use tracing::{Instrument, Span, info_span};

use super::present::is_fault;

/// The name of an operation that asks for several fields, or whose fields are in fragments.
const SEVERAL: &str = "several";
/// The name of an operation that asks only for the schema.
const INTROSPECTION: &str = "introspection";
/// The name of an operation that cannot be read, or that asks for a field which the schema does not have.
const INVALID: &str = "invalid";

/// The fields of the root types. Clients choose the names of operations, so these are not used: their number
/// has no limit.
#[derive(Debug, Clone)]
pub(super) struct Operations(Arc<HashSet<Arc<str>>>);

impl Operations {
    /// Reads the fields from a schema.
    pub(super) fn new(schema: &ServiceDocument) -> Self {
        let mut known = HashSet::new();
        for definition in &schema.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let is_root = ["Query", "Mutation", "Subscription"].contains(&definition.node.name.node.as_str());
            if let (true, TypeKind::Object(root)) = (is_root, &definition.node.kind) {
                known.extend(root.fields.iter().map(|field| Arc::from(field.node.name.node.as_str())));
            }
        }
        Self(Arc::new(known))
    }

    /// Returns the measure of a request.
    pub(super) fn of_request(&self) -> Measured {
        Measured { operations: self.clone(), name: Arc::default() }
    }

    /// Returns the field that an operation asks for.
    fn name(&self, document: &ExecutableDocument, chosen: Option<&str>) -> SharedString {
        let Some(operation) = operation(document, chosen) else { return INVALID.into() };
        let mut asked = None;
        for selection in &operation.selection_set.node.items {
            let Selection::Field(field) = &selection.node else { return SEVERAL.into() };
            let name = field.node.name.node.as_str();
            if name.starts_with("__") {
                continue;
            }
            if asked.replace(name).is_some_and(|other| other != name) {
                return SEVERAL.into();
            }
        }
        let Some(asked) = asked else { return INTROSPECTION.into() };
        self.0.get(asked).map_or(INVALID.into(), |known| known.clone().into())
    }
}

fn operation<'a>(document: &'a ExecutableDocument, chosen: Option<&str>) -> Option<&'a OperationDefinition> {
    match (&document.operations, chosen) {
        (DocumentOperations::Single(only), _) => Some(&only.node),
        (DocumentOperations::Multiple(all), Some(chosen)) => all.get(chosen).map(|operation| &operation.node),
        (DocumentOperations::Multiple(all), None) if all.len() == 1 => all.values().next().map(|only| &only.node),
        (DocumentOperations::Multiple(_), None) => None,
    }
}

/// The measure of one request.
#[derive(Debug)]
pub(super) struct Measured {
    operations: Operations,
    name: Arc<OnceLock<SharedString>>,
}

impl Measured {
    /// Measures the request until its response is there.
    pub(super) async fn measure(&self, response: impl Future<Output = Response>) -> Response {
        let mut measure = Measure { begun: Instant::now(), name: self.name.clone(), outcome: "interrupted" };
        let span = info_span!("operation", name = tracing::field::Empty);
        let response = response.instrument(span).await;
        measure.outcome = outcome(&response.errors);
        response
    }

    /// Names the operation of the request.
    pub(super) fn name(&self, request: &mut Request) {
        let chosen = request.operation_name.clone();
        let name = request.parsed_query().map(|document| self.operations.name(document, chosen.as_deref()));
        if let Ok(name) = name {
            Span::current().record("name", &*name);
            // A request is prepared once.
            let _ = self.name.set(name);
        }
    }
}

fn outcome(errors: &[ServerError]) -> &'static str {
    if errors.iter().any(is_fault) {
        "failed"
    } else if errors.is_empty() {
        "ok"
    } else {
        "refused"
    }
}

/// Records an operation when it ends, also if the time limit or the client ends it.
struct Measure {
    begun: Instant,
    name: Arc<OnceLock<SharedString>>,
    outcome: &'static str,
}

impl Drop for Measure {
    fn drop(&mut self) {
        let operation = self.name.get().cloned().unwrap_or(INVALID.into());
        let time = self.begun.elapsed();
        histogram!("guiyi_operation_seconds", "operation" => operation, "outcome" => self.outcome).record(time);
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::{parse_query, parse_schema};

    use super::*;

    fn named(document: &str, chosen: Option<&str>) -> String {
        let schema =
            parse_schema("type Query { me: Int node: Int } type Mutation { bind: Int } type Other { own: Int }");
        let operations = Operations::new(&schema.expect("a schema"));
        operations.name(&parse_query(document).expect("a document"), chosen).to_string()
    }

    #[test]
    fn an_operation_has_the_name_of_its_field() {
        for (document, name) in [
            ("{ me }", "me"),
            ("query Mine { again: me __typename me }", "me"),
            ("mutation { bind }", "bind"),
            ("{ me node }", SEVERAL),
            ("{ ...F } fragment F on Query { me }", SEVERAL),
            ("{ ... on Query { me } }", SEVERAL),
            ("{ __schema { description } }", INTROSPECTION),
            ("{ __typename }", INTROSPECTION),
        ] {
            assert_eq!(named(document, None), name, "{document}");
        }
    }

    #[test]
    fn names_that_a_client_invents_are_no_label() {
        assert_eq!(named("query Invented { invented: own }", None), INVALID);
        assert_eq!(named("{ nothing }", None), INVALID);
        assert_eq!(named("query A { me } query B { node }", Some("C")), INVALID);
        assert_eq!(named("query A { me } query B { node }", None), INVALID);
        assert_eq!(named("query A { me } query B { node }", Some("B")), "node");
    }
}
