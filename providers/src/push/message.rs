//! The fields of a push, from XML or JSON.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use ring::digest::{Context, SHA256};
use serde_json::Value;

/// The deepest nesting of a message. Menus and forms nest three levels.
const DEEPEST: usize = 8;

/// A verified and decrypted push: its fields of text and of numbers. Fields that contain others are left out.
///
/// Names are trimmed: some of WeChat's documents have names with a space.
#[derive(Clone, PartialEq, Eq)]
pub struct PushMessage {
    fields: BTreeMap<String, String>,
    /// Which of the app's keys decrypted it; `None` if it was not encrypted.
    pub(super) key: Option<usize>,
}

/// Why a body is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadMessage {
    /// It is neither XML nor a JSON object.
    #[error("the message is neither XML nor a JSON object")]
    Unreadable,
    /// It has a document type or an entity that XML does not predefine.
    #[error("the message has a document type or an entity")]
    Entity,
    /// A field occurs twice.
    #[error("a field of the message occurs twice")]
    Twice,
    /// It is nested too deeply.
    #[error("the message is nested too deeply")]
    Deep,
}

impl PushMessage {
    /// Reads a message: JSON if it begins with a brace, else XML.
    ///
    /// # Errors
    ///
    /// If the message is malformed or ambiguous.
    pub fn parse(body: &[u8]) -> Result<Self, BadMessage> {
        let text = std::str::from_utf8(body).map_err(|_| BadMessage::Unreadable)?;
        let text = text.trim_start_matches('\u{feff}').trim();
        let fields = if text.starts_with('{') { of_json(text)? } else { of_xml(text)? };
        Ok(Self { fields, key: None })
    }

    /// Returns a field that is present and not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Returns the name of the event in lower case, or of the kind of message.
    #[must_use]
    pub fn name(&self) -> String {
        let kind = self.get("MsgType").or_else(|| self.get("InfoType")).unwrap_or_default().to_ascii_lowercase();
        match self.get("Event") {
            Some(event) if kind == "event" => event.to_ascii_lowercase(),
            Some(_) | None => kind,
        }
    }

    /// Returns a hash of all fields. A repeated push has the same fields; two events of one person in one second differ.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = Context::new(&SHA256);
        for text in self.fields.iter().flat_map(|(name, value)| [name, value]) {
            hash.update(&(text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }
}

/// Names only: a message may be a person's words.
impl std::fmt::Debug for PushMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.fields.keys()).finish()
    }
}

fn add(fields: &mut BTreeMap<String, String>, name: &str, value: String) -> Result<(), BadMessage> {
    match fields.insert(name.trim().to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(BadMessage::Twice),
    }
}

/// An object as a list of its members: a map would hide that one occurs twice.
struct Members(Vec<(String, Value)>);

impl<'de> serde::Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

fn of_json(text: &str) -> Result<BTreeMap<String, String>, BadMessage> {
    let Members(members) = serde_json::from_str(text).map_err(|_| BadMessage::Unreadable)?;
    let mut fields = BTreeMap::new();
    for (name, value) in members {
        match value {
            Value::String(value) => add(&mut fields, &name, value)?,
            Value::Number(value) => add(&mut fields, &name, value.to_string())?,
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
        }
    }
    Ok(fields)
}

/// Reads the elements directly below the root. Document types are refused, and with them the entities that they declare.
fn of_xml(text: &str) -> Result<BTreeMap<String, String>, BadMessage> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut fields = BTreeMap::new();
    let mut open: Vec<String> = Vec::new();
    let (mut value, mut is_nested, mut has_root) = (String::new(), false, false);
    loop {
        match reader.read_event().map_err(|_| BadMessage::Unreadable)? {
            Event::Start(_) if open.is_empty() && has_root => return Err(BadMessage::Unreadable),
            Event::Start(_) if open.len() >= DEEPEST => return Err(BadMessage::Deep),
            Event::Start(start) => {
                has_root = true;
                match open.len() {
                    0 => {}
                    1 => (value, is_nested) = (String::new(), false),
                    _ => is_nested = true,
                }
                open.push(start.name().as_ref().to_owned());
            }
            Event::End(_) => {
                let name = open.pop().ok_or(BadMessage::Unreadable)?;
                if open.len() == 1 && !is_nested {
                    add(&mut fields, &name, std::mem::take(&mut value))?;
                }
            }
            Event::Text(text) if open.len() == 2 => value.push_str(&text),
            Event::CData(text) if open.len() == 2 => value.push_str(&text),
            Event::GeneralRef(entity) => {
                let character = character_of(&entity)?;
                if open.len() == 2 {
                    value.push_str(&character);
                }
            }
            Event::DocType(_) => return Err(BadMessage::Entity),
            Event::Text(text) if open.is_empty() && !text.trim().is_empty() => {
                return Err(BadMessage::Unreadable);
            }
            Event::Eof if open.is_empty() && has_root => return Ok(fields),
            Event::Eof => return Err(BadMessage::Unreadable),
            Event::Text(_) | Event::CData(_) | Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

fn character_of(entity: &BytesRef<'_>) -> Result<String, BadMessage> {
    if let Some(character) = entity.resolve_char_ref().map_err(|_| BadMessage::Entity)? {
        return Ok(character.to_string());
    }
    resolve_predefined_entity(entity).map(str::to_owned).ok_or(BadMessage::Entity)
}
