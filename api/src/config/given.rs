//! Settings given as text: by an environment variable, or by `--set` on the command line.
//! The defaults determine a setting's type. See `load` for validation.

use std::ffi::OsString;

use providers::Problem;
use toml::{Table, Value};

use super::source::is_pointer;

const PREFIX: &str = "GUIYI_";

/// One setting and the text it was given.
pub(super) struct Given {
    /// The variable or the argument, as operators know it.
    pub(super) origin: String,
    path: Vec<String>,
    text: String,
}

impl Given {
    /// Returns whether the setting at `path`, or a part of it, comes from here.
    pub(super) fn sets(&self, path: &str) -> bool {
        let own = self.path.join(".");
        let lies_below = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        lies_below(&own, path) || lies_below(path, &own)
    }
}

/// Reads variables: `GUIYI_HTTP__LISTEN` is `http.listen`. A name with the prefix but without `__` is a setting only if
/// it is known, since container platforms and operators use the same prefix for other variables.
pub(super) fn from_environment(
    variables: &[(String, OsString)],
    (settings, pointed_to): (&Table, &[String]),
    problems: &mut Vec<Problem>,
) -> Vec<Given> {
    let mut given = Vec::new();
    for (name, value) in variables {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let key = rest.to_ascii_lowercase();
        if !key.contains("__") && !settings.contains_key(&key) {
            if !pointed_to.contains(name) && is_joined(settings, &key) {
                problems.push(Problem::new(name, "is not a setting: two underscores separate section and key"));
            }
            continue;
        }
        match value.to_str() {
            Some(text) => given.push(Given {
                origin: name.clone(),
                path: key.split("__").map(str::to_owned).collect(),
                text: text.to_owned(),
            }),
            None => problems.push(Problem::new(name, "is not UTF-8")),
        }
    }
    given.sort_by(|a, b| a.path.cmp(&b.path));
    given
}

/// Returns whether this would be a setting with some of its underscores doubled.
fn is_joined(settings: &Table, key: &str) -> bool {
    settings.iter().any(|(section, value)| {
        let rest = key.strip_prefix(section.as_str());
        let below = rest.and_then(|rest| rest.strip_prefix('_')).zip(value.as_table());
        rest == Some("") || below.is_some_and(|(rest, table)| is_joined(table, rest))
    })
}

/// Reads arguments such as `--set http.listen=127.0.0.1:9000`.
pub(super) fn from_arguments(arguments: &[String], settings: &Table, problems: &mut Vec<Problem>) -> Vec<Given> {
    let mut given = Vec::new();
    for argument in arguments {
        let Some((key, text)) = argument.split_once('=').filter(|(key, _)| is_key(key.trim(), settings)) else {
            // The argument is not quoted: it may be a secret whose key was forgotten, and base64 ends in `=`.
            problems.push(Problem::new("--set", "is not KEY=VALUE, such as http.listen=127.0.0.1:9000"));
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
pub(super) fn layer(given: &[Given], settings: &Table, problems: &mut Vec<Problem>) -> Table {
    let mut layer = Table::new();
    for Given { origin, path, text } in given {
        let placed = typed(text, default_at(settings, path)).and_then(|value| place(&mut layer, path, value));
        if let Err(reason) = placed {
            problems.push(Problem::new(origin, reason));
        }
    }
    layer
}

fn default_at<'a>(settings: &'a Table, path: &[String]) -> Option<&'a Value> {
    let (key, rest) = path.split_first()?;
    let value = settings.get(key)?;
    if rest.is_empty() { Some(value) } else { default_at(value.as_table()?, rest) }
}

fn place(table: &mut Table, path: &[String], value: Value) -> Result<(), &'static str> {
    const TWICE: &str = "sets a part of a value that another one sets as a whole";
    let Some((key, rest)) = path.split_first() else { return Ok(()) };
    if !rest.is_empty() {
        let below = table.entry(key.clone()).or_insert_with(|| Value::Table(Table::new()));
        return place(below.as_table_mut().ok_or(TWICE)?, rest, value);
    }
    match table.insert(key.clone(), value) {
        None => Ok(()),
        Some(_) => Err("is set twice"),
    }
}

/// Converts the text to its setting's type. Text that does not convert stays text, and the parser reports the expected
/// type.
fn typed(text: &str, default: Option<&Value>) -> Result<Value, &'static str> {
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
            written(text).filter(Value::is_table).ok_or("is a section: its keys follow after two underscores")?
        }
        None => written(text).filter(|value| value.is_table() || value.is_array()).unwrap_or_else(as_text),
    })
}

/// Parses a list in TOML, or comma-separated texts. All lists of the configuration contain texts.
fn list(text: &str) -> Result<Value, &'static str> {
    let text = text.trim();
    let brackets = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    if let (Some(_), Some(Value::Array(items))) = (brackets, written(text))
        && items.iter().all(|item| item.is_str() || item.is_table())
    {
        return Ok(Value::Array(items));
    }
    let inner = brackets.unwrap_or(text);
    if inner.contains(['"', '\'', '[', ']', '{', '}']) {
        return Err("is not a list such as [\"a\", \"b\"]");
    }
    let items = inner.split(',').map(str::trim).filter(|item| !item.is_empty());
    Ok(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
}

/// Parses the text as a TOML value.
fn written(text: &str) -> Option<Value> {
    let mut table: Table = toml::from_str(&format!("value = {}", text.trim())).ok()?;
    table.remove("value").filter(|_| table.is_empty())
}
