//! Rendering of a message as XML with CDATA, or as JSON with the same keys.

use std::borrow::Cow;
use std::fmt::Write;

use serde::{Serialize, Serializer};

use crate::company::words;

words! {
    /// The format of a message.
    pub enum Format {
        /// Available to every kind of app, and required for service accounts.
        Xml = "xml",
        /// Available to mini programs, websites and mobile apps.
        Json = "json",
    }
}

impl Format {
    /// Returns its `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "text/xml",
            Self::Json => "application/json",
        }
    }
}

/// A field of a message.
pub(super) struct Field {
    key: Cow<'static, str>,
    value: Value,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Number(i64),
}

impl Field {
    pub(super) fn text(key: &'static str, value: &str) -> Self {
        Self { key: Cow::Borrowed(key), value: Value::Text(value.to_owned()) }
    }

    pub(super) fn number(key: &'static str, value: i64) -> Self {
        Self { key: Cow::Borrowed(key), value: Value::Number(value) }
    }

    /// Returns the field with a space before its name.
    pub(super) fn spaced(self) -> Self {
        Self { key: Cow::Owned(format!(" {}", self.key)), ..self }
    }
}

/// Renders fields in their order.
pub(super) fn render(fields: &[Field], format: Format) -> String {
    match format {
        Format::Xml => xml(fields),
        Format::Json => serde_json::to_string(&Object(fields)).expect("texts and numbers are JSON"),
    }
}

fn xml(fields: &[Field]) -> String {
    let mut xml = String::from("<xml>");
    for Field { key, value } in fields {
        match value {
            Value::Text(text) => write!(xml, "<{key}><![CDATA[{}]]></{key}>", split(text)),
            Value::Number(number) => write!(xml, "<{key}>{number}</{key}>"),
        }
        .expect("a String takes everything");
    }
    xml.push_str("</xml>");
    xml
}

/// Splits the end marker in a text over two CDATA sections, which cannot contain it.
fn split(text: &str) -> String {
    text.replace("]]>", "]]]]><![CDATA[>")
}

/// A JSON object that keeps the order of its fields.
struct Object<'a>(&'a [Field]);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|field| (&field.key, &field.value)))
    }
}
