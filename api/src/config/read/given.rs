//! Settings given as text: by an environment variable, or by `--set` on the command line.
//! The defaults determine a setting's type. See `names` for the variables that are no settings.

use std::ffi::OsString;

use toml::{Table, Value};

use super::names;
use super::source::is_pointer;
use crate::config::mistake::Found;
use crate::text::{Text, text};

pub(super) const PREFIX: &str = "GUIYI_";

/// One setting and the text it was given. The text does not print: it may be a secret.
pub(super) struct Given {
    /// The variable or the argument, as operators know it.
    pub(super) origin: String,
    pub(super) path: Vec<String>,
    text: String,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// Reads variables: `GUIYI_HTTP__LISTEN` is `http.listen`. A name with the prefix but without `__` is a setting only if
/// it is known, since container platforms and operators use the same prefix for other variables.
pub(super) fn from_environment(
    variables: &[(String, OsString)],
    (settings, pointed_to): (&Table, &[String]),
    found: &mut Found,
) -> Vec<Given> {
    let mut given = Vec::new();
    for (name, value) in variables {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let key = rest.to_ascii_lowercase();
        if !is_setting(&key, settings) {
            if !pointed_to.contains(name) {
                names::of_no_setting((name, value), settings, found);
            }
            continue;
        }
        match value.to_str() {
            Some(text) => given.push(Given {
                origin: name.clone(),
                path: key.split("__").map(str::to_owned).collect(),
                text: text.to_owned(),
            }),
            None => found.note(name, text!("is not UTF-8", "不是 UTF-8 文本")),
        }
    }
    given.sort_by(|a, b| a.path.cmp(&b.path));
    given
}

/// Returns whether the rest of a variable's name, in lower case, is meant to be a setting.
pub(super) fn is_setting(key: &str, settings: &Table) -> bool {
    key.contains("__") || settings.contains_key(key)
}

/// Reads arguments such as `--set http.listen=127.0.0.1:9000`.
pub(super) fn from_arguments(arguments: &[String], settings: &Table, found: &mut Found) -> Vec<Given> {
    let mut given = Vec::new();
    for argument in arguments {
        let Some((key, text)) = argument.split_once('=').filter(|(key, _)| is_key(key.trim(), settings)) else {
            // The argument is not quoted: it may be a secret whose key was forgotten, and base64 ends in `=`.
            let said = text!(
                "is not KEY=VALUE, such as http.listen=127.0.0.1:9000",
                "格式应为 KEY=VALUE，例如 http.listen=127.0.0.1:9000"
            );
            found.note("--set", said);
            continue;
        };
        let key = key.trim();
        let path = key.split('.').map(str::to_owned).collect();
        given.push(Given { origin: format!("--set {key}"), path, text: text.to_owned() });
    }
    given
}

/// Returns whether this is a setting's name, perhaps misspelt, and not a part of a value. Sections and keys are lower
/// case.
fn is_key(key: &str, settings: &Table) -> bool {
    let is_word = |part: &str| {
        let is_of_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        part.starts_with(|c: char| c.is_ascii_lowercase()) && part.chars().all(is_of_word)
    };
    key.split('.').all(is_word) && (key.contains('.') || settings.contains_key(key))
}

/// Combines them into one layer.
pub(super) fn layer(given: &[Given], settings: &Table, found: &mut Found) -> Table {
    let mut layer = Table::new();
    for Given { origin, path, text } in given {
        let placed = typed(text, default_at(settings, path)).and_then(|value| place(&mut layer, path, value));
        if let Err(reason) = placed {
            found.note(origin, reason);
        }
    }
    layer
}

fn default_at<'a>(settings: &'a Table, path: &[String]) -> Option<&'a Value> {
    let (key, rest) = path.split_first()?;
    let value = settings.get(key)?;
    if rest.is_empty() { Some(value) } else { default_at(value.as_table()?, rest) }
}

fn place(table: &mut Table, path: &[String], value: Value) -> Result<(), Text> {
    let twice =
        || text!("sets a part of a value that another one sets as a whole", "与另一项设置重复：后者已设置整个值");
    let Some((key, rest)) = path.split_first() else { return Ok(()) };
    if !rest.is_empty() {
        let below = table.entry(key.clone()).or_insert_with(|| Value::Table(Table::new()));
        return place(below.as_table_mut().ok_or_else(twice)?, rest, value);
    }
    match table.insert(key.clone(), value) {
        None => Ok(()),
        Some(_) => Err(text!("is set twice", "重复设置")),
    }
}

/// Converts the text to its setting's type. Text that does not convert stays text, and the parser reports the expected
/// type.
fn typed(text: &str, default: Option<&Value>) -> Result<Value, Text> {
    let as_text = || Value::String(text.to_owned());
    if let Some(Value::Table(table)) = written(text)
        && is_pointer(&table)
    {
        return Ok(Value::Table(table));
    }
    Ok(match default {
        // Taken literally: a secret of digits is not a number, and one in brackets is not a list.
        Some(Value::String(_) | Value::Datetime(_)) => as_text(),
        Some(Value::Integer(_)) => text.trim().parse().map_or_else(|_| as_text(), Value::Integer),
        Some(Value::Float(_)) => text.trim().parse().map_or_else(|_| as_text(), Value::Float),
        Some(Value::Boolean(_)) => text.trim().parse().map_or_else(|_| as_text(), Value::Boolean),
        Some(Value::Array(_)) => list(text)?,
        Some(Value::Table(_)) => {
            let is_section = || {
                text!("is a section: its keys follow after two underscores", "是一个配置段：配置项写在两个下划线之后")
            };
            written(text).filter(Value::is_table).ok_or_else(is_section)?
        }
        None => written(text).filter(|value| value.is_table() || value.is_array()).unwrap_or_else(as_text),
    })
}

/// Parses a list in TOML, or comma-separated texts. All lists of the configuration contain texts.
fn list(text: &str) -> Result<Value, Text> {
    let text = text.trim();
    let brackets = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    if let (Some(_), Some(Value::Array(items))) = (brackets, written(text))
        && items.iter().all(|item| item.is_str() || item.is_table())
    {
        return Ok(Value::Array(items));
    }
    let inner = brackets.unwrap_or(text);
    if inner.contains(['"', '\'', '[', ']', '{', '}']) {
        return Err(text!("is not a list such as [\"a\", \"b\"]", "不是列表，例如 [\"a\", \"b\"]"));
    }
    let items = inner.split(',').map(str::trim).filter(|item| !item.is_empty());
    Ok(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
}

/// Parses the text as a TOML value.
fn written(text: &str) -> Option<Value> {
    let mut table: Table = toml::from_str(&format!("value = {}", text.trim())).ok()?;
    table.remove("value").filter(|_| table.is_empty())
}
