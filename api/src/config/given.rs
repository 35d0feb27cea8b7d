//! Settings that are given as text: by a variable of the environment, or by `--set` on the command line.
//! The defaults say which type a setting has; whether its value makes sense is checked in `load`.

use std::ffi::OsString;

use providers::Problem;
use toml::{Table, Value};

use super::source::is_pointer;

const PREFIX: &str = "GUIYI_";

/// One setting and the text it was given.
pub(super) struct Given {
    /// What an operator would look for: the variable, or the argument.
    pub(super) origin: String,
    path: Vec<String>,
    text: String,
}

impl Given {
    /// Is this where the setting at `path` comes from, or a part of it?
    pub(super) fn sets(&self, path: &str) -> bool {
        let own = self.path.join(".");
        let lies_below = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        lies_below(&own, path) || lies_below(path, &own)
    }
}

/// `GUIYI_HTTP__LISTEN` is `http.listen`. A name with the prefix that has no `__` is a setting only if it is known, since
/// container platforms and operators put variables of their own behind the same prefix.
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
                problems.push(Problem::new(name, "is not a setting: two underscores stand between section and key"));
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

/// Would this be a setting if its underscores were doubled in the right places?
fn is_joined(settings: &Table, key: &str) -> bool {
    settings.iter().any(|(section, value)| {
        let rest = key.strip_prefix(section.as_str());
        let below = rest.and_then(|rest| rest.strip_prefix('_')).zip(value.as_table());
        rest == Some("") || below.is_some_and(|(rest, table)| is_joined(table, rest))
    })
}

/// `--set http.listen=127.0.0.1:9000`.
pub(super) fn from_arguments(arguments: &[String], settings: &Table, problems: &mut Vec<Problem>) -> Vec<Given> {
    let mut given = Vec::new();
    for argument in arguments {
        let Some((key, text)) = argument.split_once('=').filter(|(key, _)| is_key(key.trim(), settings)) else {
            // Nothing of the argument is repeated: it may be a secret whose key was forgotten, and base64 ends in `=`.
            problems.push(Problem::new("--set", "is not KEY=VALUE, such as http.listen=127.0.0.1:9000"));
            continue;
        };
        let key = key.trim();
        let path = key.split('.').map(str::to_owned).collect();
        given.push(Given { origin: format!("--set {key}"), path, text: text.to_owned() });
    }
    given
}

/// Is this the name of a setting, or a slip in one, rather than a part of a value? Sections and keys are in lower case.
fn is_key(key: &str, settings: &Table) -> bool {
    let is_word = |part: &str| {
        let is_of_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        part.starts_with(|c: char| c.is_ascii_lowercase()) && part.chars().all(is_of_word)
    };
    key.split('.').all(is_word) && (key.contains('.') || settings.contains_key(key))
}

/// All of them as one layer.
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
    const TWICE: &str = "sets a part of what another one sets as a whole";
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

/// The text as a value of its setting's type. A text that cannot be one stays a text, and the reader says what it expects.
fn typed(text: &str, default: Option<&Value>) -> Result<Value, &'static str> {
    let as_text = || Value::String(text.to_owned());
    if let Some(Value::Table(table)) = written(text)
        && is_pointer(&table)
    {
        return Ok(Value::Table(table));
    }
    Ok(match default {
        // Never looked into: a secret of digits is not a number, and one in brackets is not a list.
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

/// A list as in TOML, or its texts with commas between them. The items of all our lists are texts.
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

/// The text as a value in TOML, if it is one.
fn written(text: &str) -> Option<Value> {
    let mut table: Table = toml::from_str(&format!("value = {}", text.trim())).ok()?;
    table.remove("value").filter(|_| table.is_empty())
}
