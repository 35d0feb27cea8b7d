//! The size of a value: the number of values in it and the length of its longest list.

use async_graphql::Value;
use async_graphql_value::Value as Written;

/// The size of a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// The number of values, including the value itself.
    pub(super) values: usize,
    /// The length of the longest list.
    pub(super) longest: usize,
}

impl Size {
    const SINGLE: Self = Self { values: 1, longest: 0 };

    fn list(items: impl ExactSizeIterator<Item = Self>) -> Self {
        let longest = items.len();
        items.fold(Self { values: 1, longest }, Self::with)
    }

    fn with(self, other: Self) -> Self {
        Self { values: self.values.saturating_add(other.values), longest: self.longest.max(other.longest) }
    }

    /// Measures a variable's value or a default.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::List(items) => Self::list(items.iter().map(Self::of)),
            Value::Object(fields) => fields.values().map(Self::of).fold(Self::SINGLE, Self::with),
            Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Boolean(_)
            | Value::Binary(_)
            | Value::Enum(_) => Self::SINGLE,
        }
    }

    /// Measures a value in a document, given the sizes of its variables.
    pub(super) fn of_written(value: &Written, variable: &mut impl FnMut(&str) -> Self) -> Self {
        match value {
            Written::Variable(name) => variable(name),
            Written::List(items) => {
                let longest = items.len();
                let of_item = |size: Self, item| size.with(Self::of_written(item, variable));
                items.iter().fold(Self { values: 1, longest }, of_item)
            }
            Written::Object(fields) => {
                fields.values().fold(Self::SINGLE, |size, field| size.with(Self::of_written(field, variable)))
            }
            Written::Null
            | Written::Number(_)
            | Written::String(_)
            | Written::Boolean(_)
            | Written::Binary(_)
            | Written::Enum(_) => Self::SINGLE,
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Value, value};

    use super::Size;

    #[test]
    fn a_value_is_as_large_as_all_that_is_in_it() {
        for (value, values, longest) in [
            (value!(null), 1, 0),
            (value!("PAID"), 1, 0),
            (value!([]), 1, 0),
            (value!([1, 2, 3]), 4, 3),
            (value!({ "statuses": ["PAID", "SHIPPED"], "apps": [["shop"]] }), 7, 2),
        ] {
            assert_eq!(Size::of(&value), Size { values, longest }, "{value}");
        }
        assert_eq!(Size::of(&Value::List(vec![Value::Null; 8_000])), Size { values: 8_001, longest: 8_000 });
    }
}
