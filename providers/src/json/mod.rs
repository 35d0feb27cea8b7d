//! Upstreams' answers, read field by field. See `mend` for broken text.

mod mend;

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::str::FromStr;

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{ErrorKind, ProviderError};

/// An upstream's answer that is a JSON object.
///
/// A field that is not asked for is not parsed, so that it cannot break a login, whatever its type. What is asked for and
/// wrong is an [`UnexpectedAnswer`](ErrorKind::UnexpectedAnswer) that names the field and never its value.
///
/// ```
/// use providers::JsonAnswer;
///
/// let body = br#"{"openid":"oLan","nickname":"\ud83c","address":[],"expires_in":"7200"}"#;
/// let answer = JsonAnswer::read("the answer of /token", body)?;
///
/// assert_eq!(answer.needed_text("openid")?, "oLan");
/// assert_eq!(answer.seconds("expires_in")?, Some(7200));
/// let error = answer.needed_text("address").unwrap_err();
/// assert_eq!(error.detail, "the answer of /token: `address` is a list, not a text");
/// # Ok::<(), providers::ProviderError>(())
/// ```
pub struct JsonAnswer {
    what: String,
    fields: Fields,
}

#[derive(Default)]
struct Fields {
    named: BTreeMap<String, Field>,
    any_twice: bool,
}

struct Field {
    raw: Box<RawValue>,
    /// Whether the answer has other values under the same name, too; then this is the last one.
    differs: bool,
}

impl JsonAnswer {
    /// Reads a body, whatever its content type. `what` names it in errors: `the answer of /token`.
    ///
    /// A byte order mark is skipped. Characters that are not UTF-8, control characters and lone surrogates inside a text
    /// are replaced by U+FFFD, which no open id contains and no profile shows.
    ///
    /// # Errors
    ///
    /// [`UnexpectedAnswer`](ErrorKind::UnexpectedAnswer) if the body is not a JSON object.
    pub fn read(what: impl Into<String>, body: &[u8]) -> Result<Self, ProviderError> {
        let what = what.into();
        let text = mend::mended(&String::from_utf8_lossy(body));
        match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
            Ok(fields) => Ok(Self { what, fields }),
            Err(_) => Err(unexpected(format!("{what} is not a JSON object"))),
        }
    }

    /// Like [`read`](Self::read), for data whose sender is not known: exact UTF-8 and JSON, and no name occurs twice.
    pub(crate) fn read_exactly(what: &'static str, text: &[u8]) -> Option<Self> {
        let exact = std::str::from_utf8(text).ok()?;
        // Validates everything but lone surrogates, which honest senders write when they cut a name.
        let _: &RawValue = serde_json::from_str(exact).ok()?;
        Self::read(what, text).ok().filter(|answer| !exact.starts_with('\u{feff}') && !answer.fields.any_twice)
    }

    /// Returns a text that the login needs.
    ///
    /// # Errors
    ///
    /// If it is missing, blank or not a text, or occurs twice with different values.
    pub fn needed_text(&self, name: &str) -> Result<String, ProviderError> {
        self.maybe_text(name)?.ok_or_else(|| self.wrong(name, "is missing or empty"))
    }

    /// Returns a needed text, parsed. The error of `T` must not repeat the text.
    ///
    /// # Errors
    ///
    /// Those of [`needed_text`](Self::needed_text), and those of `T`.
    pub fn needed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, ProviderError> {
        self.needed_text(name)?.parse().map_err(|error| self.wrong(name, format!("is not usable: {error}")))
    }

    /// Returns a needed token or key.
    ///
    /// # Errors
    ///
    /// Those of [`needed_text`](Self::needed_text).
    pub fn needed_secret(&self, name: &str) -> Result<SecretString, ProviderError> {
        self.needed_text(name).map(SecretString::from)
    }

    /// Returns a text that changes the outcome of the login if it is there; `None` if it is absent, null or blank.
    ///
    /// # Errors
    ///
    /// If it is not a text, or occurs twice with different values.
    pub fn maybe_text(&self, name: &str) -> Result<Option<String>, ProviderError> {
        match self.known(name)? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
            Some(other) => Err(self.wrong(name, format!("is {}, not a text", kind_of(&other)))),
        }
    }

    /// Returns a text that the login does not need, such as a name; `None` for anything else.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        match self.value(name) {
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
            _ => None,
        }
    }

    /// Returns a whole number, which may be written as text; `None` if it is absent, null or blank.
    ///
    /// # Errors
    ///
    /// If it is anything else, or occurs twice with different values.
    pub fn whole_number(&self, name: &str) -> Result<Option<i64>, ProviderError> {
        self.number(name, |number| (number.fract() == 0.0).then_some(number))
    }

    /// Returns a needed whole number, which may be written as text.
    ///
    /// # Errors
    ///
    /// Those of [`whole_number`](Self::whole_number), and if it is missing.
    pub fn needed_number(&self, name: &str) -> Result<i64, ProviderError> {
        self.whole_number(name)?.ok_or_else(|| self.wrong(name, "is missing or empty"))
    }

    /// Returns a time or a lifetime in seconds, without its fraction; it may be written as text. `None` if it is absent,
    /// null or blank.
    ///
    /// # Errors
    ///
    /// If it is anything else, or occurs twice with different values.
    pub fn seconds(&self, name: &str) -> Result<Option<u64>, ProviderError> {
        let seconds = self.number(name, |number| Some(number.trunc()))?;
        seconds.map(|number| number.try_into().map_err(|_| self.wrong(name, "is negative"))).transpose()
    }

    /// Returns a needed time or lifetime in seconds.
    ///
    /// # Errors
    ///
    /// Those of [`seconds`](Self::seconds), and if it is missing.
    pub fn needed_seconds(&self, name: &str) -> Result<u64, ProviderError> {
        self.seconds(name)?.ok_or_else(|| self.wrong(name, "is missing or empty"))
    }

    /// Returns a needed object inside this one.
    ///
    /// # Errors
    ///
    /// If it is missing or not an object, or occurs twice with different values.
    pub fn needed_object(&self, name: &str) -> Result<Self, ProviderError> {
        let raw = self.needed_raw(name)?;
        let fields = serde_json::from_str(raw.get()).map_err(|_| self.wrong(name, "is not an object"))?;
        Ok(Self { what: format!("{}: `{name}`", self.what), fields })
    }

    /// Returns the objects of a needed list; other elements are skipped.
    pub(crate) fn needed_objects(&self, name: &str) -> Result<Vec<Self>, ProviderError> {
        let raw = self.needed_raw(name)?;
        let list: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| self.wrong(name, "is not a list"))?;
        let read =
            |raw: &RawValue| Some(Self { what: self.what.clone(), fields: serde_json::from_str(raw.get()).ok()? });
        Ok(list.into_iter().filter_map(read).collect())
    }

    /// Returns whether the field is there, whatever its value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.fields.named.contains_key(name)
    }

    /// Returns the error for a field whose value is wrong. `problem` must not repeat the value.
    #[must_use]
    pub fn wrong(&self, name: &str, problem: impl Display) -> ProviderError {
        unexpected(format!("{}: `{name}` {problem}", self.what))
    }

    /// Returns a value of any type; `None` if it is absent, null, or cannot be represented.
    pub(crate) fn value(&self, name: &str) -> Option<Value> {
        let raw = &self.fields.named.get(name)?.raw;
        serde_json::from_str(raw.get()).ok().filter(|value: &Value| !value.is_null())
    }

    /// Like [`value`](Self::value), for a value that the outcome depends on, so that it must be the only one.
    pub(crate) fn known(&self, name: &str) -> Result<Option<Value>, ProviderError> {
        let Some(raw) = self.raw(name)? else { return Ok(None) };
        let value = serde_json::from_str(raw.get()).map_err(|_| self.wrong(name, "cannot be represented"))?;
        Ok(Some(value).filter(|value: &Value| !value.is_null()))
    }

    /// Returns the text of a needed value, as it stands in the answer: what a signature covers.
    pub(crate) fn needed_json(&self, name: &str) -> Result<&str, ProviderError> {
        self.needed_raw(name).map(RawValue::get)
    }

    fn needed_raw(&self, name: &str) -> Result<&RawValue, ProviderError> {
        self.raw(name)?.ok_or_else(|| self.wrong(name, "is missing or empty"))
    }

    /// Returns the text of a value that the outcome depends on.
    fn raw(&self, name: &str) -> Result<Option<&RawValue>, ProviderError> {
        match self.fields.named.get(name) {
            Some(field) if field.differs => Err(self.wrong(name, "occurs twice, with different values")),
            field => Ok(field.map(|field| &*field.raw)),
        }
    }

    fn number(&self, name: &str, whole: impl Fn(f64) -> Option<f64>) -> Result<Option<i64>, ProviderError> {
        let value = match self.known(name)? {
            Some(Value::String(text)) if text.trim().is_empty() => None,
            Some(Value::String(text)) => Some(text.trim().parse().map(Value::Number).unwrap_or(Value::String(text))),
            other => other,
        };
        let Some(value) = value else { return Ok(None) };
        let exact = value.as_i64().or_else(|| value.as_f64().and_then(whole).and_then(to_integer));
        exact.map(Some).ok_or_else(|| match &value {
            Value::Number(_) => self.wrong(name, "is a number that is not usable"),
            other => self.wrong(name, format!("is {}, not a number", kind_of(other))),
        })
    }
}

/// Converts a number without a fraction, below 2^53, from which on not every integer has a representation.
#[expect(clippy::cast_possible_truncation, reason = "the number is an integer within the limits of i64")]
fn to_integer(number: f64) -> Option<i64> {
    (number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn unexpected(detail: String) -> ProviderError {
    ProviderError::new(ErrorKind::UnexpectedAnswer, detail)
}

impl fmt::Debug for JsonAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonAnswer({}, {} fields)", self.what, self.fields.named.len())
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some((name, raw)) = map.next_entry::<String, Box<RawValue>>()? {
            let before = fields.named.get(&name);
            let differs = before.is_some_and(|field| field.differs || field.raw.get() != raw.get());
            fields.any_twice |= before.is_some();
            fields.named.insert(name, Field { raw, differs });
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests;
