//! Reads the field that a query requests as `it` from an answer.

use serde_json::Value;

/// Returns the outcome of the field queried as `it`: `yes`, `null`, or the error code.
#[must_use]
pub fn outcome(answer: &Value) -> String {
    match find(&answer["data"]) {
        Some(found) if !found.is_null() => "yes".to_owned(),
        _ => answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("null").to_owned(),
    }
}

/// Returns the value of `it`; in a list, one that is not null.
#[must_use]
pub fn find(value: &Value) -> Option<&Value> {
    match value {
        Value::Object(fields) => match fields.get("it") {
            Some(it) => Some(it),
            None => best(fields.values()),
        },
        Value::Array(items) => best(items.iter()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn best<'v>(values: impl Iterator<Item = &'v Value>) -> Option<&'v Value> {
    let mut found = None;
    for value in values.filter_map(find) {
        if !value.is_null() {
            return Some(value);
        }
        found = Some(value);
    }
    found
}
