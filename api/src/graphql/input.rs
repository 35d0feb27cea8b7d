//! Arguments that accept more than their GraphQL type says.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use async_graphql::registry::Registry;
use async_graphql::{InputType, InputValueError, InputValueResult, Value};

/// An optional text. Blank text is absent, like null: programs without null, and forms, send it for "nothing".
///
/// Cursors and filters are not of this type: an empty one is refused, because without it the answer would have more than
/// the client means.
#[derive(Clone)]
pub(super) struct Optional<T>(pub(super) Option<T>);

/// The text may be a token: it is not shown.
impl<T> fmt::Debug for Optional<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Optional(Some(…))" } else { "Optional(None)" })
    }
}

impl<T> InputType for Optional<T>
where
    T: InputType + Deref<Target: AsRef<str>>,
{
    type RawValueType = T::RawValueType;

    fn type_name() -> Cow<'static, str> {
        <Option<T> as InputType>::type_name()
    }

    fn qualified_type_name() -> String {
        <Option<T> as InputType>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Option<T> as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let given = <Option<T> as InputType>::parse(value).map_err(InputValueError::propagate)?;
        Ok(Self(given.filter(|text| !text.as_ref().trim().is_empty())))
    }

    fn to_value(&self) -> Value {
        InputType::to_value(&self.0)
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        InputType::as_raw_value(&self.0)
    }
}

/// A value in an entry of a list: a malformed one is `None`, so that it refuses its entry and not the whole request.
#[derive(Debug, Clone)]
pub(super) struct Checked<T>(pub(super) Option<T>);

impl<T: InputType> InputType for Checked<T> {
    type RawValueType = T::RawValueType;

    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn qualified_type_name() -> String {
        T::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        Ok(Self(T::parse(value).ok()))
    }

    fn to_value(&self) -> Value {
        InputType::to_value(&self.0)
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        InputType::as_raw_value(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{ID, InputType, Value};
    use chrono::{DateTime, Utc};

    use super::{Checked, Optional};

    #[test]
    fn blank_text_is_absent() {
        let text = |value: Option<Value>| Optional::<String>::parse(value).expect("a text").0;
        let id = |value: &str| Optional::<ID>::parse(Some(Value::from(value))).expect("an id").0;

        for blank in [None, Some(Value::Null), Some(Value::from("")), Some(Value::from(" \t\u{3000}"))] {
            assert_eq!(text(blank.clone()), None, "{blank:?}");
        }
        assert_eq!(text(Some(Value::from(" a "))), Some(" a ".to_owned()));
        assert_eq!((id(""), id("usr_1")), (None, Some(ID::from("usr_1"))));
        assert!(Optional::<String>::parse(Some(Value::from(1))).is_err());
        assert_eq!(<Optional<String> as InputType>::qualified_type_name(), "String");
    }

    #[test]
    fn a_token_is_not_shown() {
        let token = Optional(Some("gys_secret".to_owned()));

        assert_eq!(format!("{token:?}"), "Optional(Some(…))");
    }

    #[test]
    fn a_malformed_value_is_none() {
        let time = |text: &str| Checked::<DateTime<Utc>>::parse(Some(Value::from(text))).expect("any text").0;

        assert!(time("2026-05-01T10:00:00+08:00").is_some());
        for malformed in ["", "0000-00-00 00:00:00", "2026-05-01", "2026-02-30T10:00:00Z"] {
            assert_eq!(time(malformed), None, "{malformed}");
        }
        assert_eq!(<Checked<DateTime<Utc>> as InputType>::qualified_type_name(), "DateTime!");
    }
}
