//! Parses the configuration file with the line of every key. A value that is not valid TOML is named and skipped; what breaks
//! the structure of the file ends its reading, since the keys after it may lie in another table.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue, Error};
use toml::{Spanned, Table, Value};

use super::guess::{in_quotes, last, shell_variable};
use crate::config::mistake::Found;
use crate::text::{Text, text};

/// The line of every key of a file.
#[derive(Debug, Default)]
pub(super) struct Lines {
    file: String,
    by_path: HashMap<String, usize>,
}

impl Lines {
    /// Returns the file and the line of the key, or of the table in which it would be.
    pub(super) fn of(&self, path: &str) -> Option<String> {
        let mut path = path;
        loop {
            if let Some(line) = self.by_path.get(path) {
                return Some(format!("{}:{line}", self.file));
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }
}

/// Reads and parses the file. Messages have the number of a line without its text, which may contain a secret.
pub(super) fn read(file: &Path, found: &mut Found) -> Option<(Table, Lines)> {
    let name = file.display().to_string();
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            let cause = Text::foreign(error.to_string());
            found.note(name, text!("cannot be read: ", "无法读取：").then(&cause));
            found.give_up_file();
            return None;
        }
    };
    // Editors on Windows begin a file with it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    // As a value of YAML or of a shell. In quotes the file goes on to be read, and the value is named with its line.
    let quoted = (!DeTable::parse_recoverable(text).1.is_empty()).then(|| quote_references(text));
    let text = quoted.as_deref().unwrap_or(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reading = Reading { text, lines: Lines { file: name, by_path: HashMap::new() }, values: Vec::new(), found };
    let table = reading.table("", document.get_ref());
    for error in &errors {
        reading.error(error);
    }
    let lines = reading.lines;
    (!found.is_partial()).then_some((table, lines))
}

/// Puts the values in quotes that are nothing but a reference to a variable: `url = ${DATABASE_URL}`.
fn quote_references(text: &str) -> String {
    let quote = |line: &str| {
        let quoted = line.split_once('=').and_then(|(key, value)| {
            let (value, end) = value.split_at(value.find('#').unwrap_or(value.len()));
            let (reference, blank) = value.split_at(value.trim_end().len());
            let reference = reference.trim_start();
            shell_variable(reference).map(|_| format!("{key}= \"{reference}\"{blank}{end}"))
        });
        quoted.unwrap_or_else(|| line.to_owned())
    };
    text.split_inclusive('\n').map(quote).collect()
}

struct Reading<'t, 'f> {
    text: &'t str,
    lines: Lines,
    /// The place of every value that is not a table.
    values: Vec<(Range<usize>, String)>,
    found: &'f mut Found,
}

impl Reading<'_, '_> {
    fn line(&self, at: usize) -> usize {
        self.text.get(..at).map_or(1, |before| before.matches('\n').count() + 1)
    }

    fn table(&mut self, path: &str, table: &DeTable<'_>) -> Table {
        let mut read = Table::new();
        for (key, value) in table {
            let name = key.get_ref().to_string();
            let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.lines.by_path.insert(inner.clone(), self.line(key.span().start));
            let value = self.value(&inner, value);
            read.insert(name, value);
        }
        read
    }

    fn value(&mut self, path: &str, value: &Spanned<DeValue<'_>>) -> Value {
        if !value.get_ref().is_table() {
            self.values.push((value.span(), path.to_owned()));
        }
        match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(number) => {
                self.number(path, i64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::Integer))
            }
            DeValue::Float(number) => self.number(path, number.as_str().parse().ok().map(Value::Float)),
            DeValue::Boolean(is) => Value::Boolean(*is),
            DeValue::Datetime(time) => Value::Datetime(*time),
            DeValue::Array(items) => {
                let items = items.iter().enumerate().map(|(at, item)| {
                    let inner = format!("{path}[{at}]");
                    self.lines.by_path.insert(inner.clone(), self.line(item.span().start));
                    self.value(&inner, item)
                });
                Value::Array(items.collect())
            }
            DeValue::Table(table) => Value::Table(self.table(path, table)),
        }
    }

    /// A number that does not parse is either too large, or one of the errors says what it is.
    fn number(&mut self, path: &str, number: Option<Value>) -> Value {
        number.unwrap_or_else(|| {
            let expected = in_quotes(last(path));
            self.found.unread(path, text!("is not a number", "不是有效的数字"), Some(expected));
            Value::String(String::new())
        })
    }

    fn error(&mut self, error: &Error) {
        let span = error.span().unwrap_or_default();
        let (line, said) = (self.line(span.start), Text::foreign(error.message()));
        let within = |(place, _): &&(Range<usize>, String)| place.start <= span.start && span.end <= place.end;
        let innermost = self.values.iter().filter(within).min_by_key(|(place, _)| place.len());
        let Some((place, path)) = innermost.filter(|_| is_of_one_value(error.message())) else {
            let file = &self.lines.file;
            self.found.note(format!("{file}:{line}"), said);
            if error.message() != "duplicate key" {
                self.found.give_up_file();
            }
            return;
        };
        let begin = self.text.get(place.start..).and_then(|text| text.chars().next());
        let is_typographic = begin.is_some_and(|c| "“”‘’「＂".contains(c));
        let expected = if is_typographic {
            text!("quotes are straight: \"…\"", "请使用英文半角引号：\"…\"")
        } else {
            in_quotes(last(path))
        };
        let bare = begin.filter(|c| !['"', '\'', '['].contains(c)).map(|_| expected);
        // Of a list with a broken item, nothing is known for certain.
        let path = path.rsplit_once('[').filter(|_| path.ends_with(']')).map_or(path.as_str(), |(list, _)| list);
        self.found.unread(path, said, bare);
    }
}

/// Returns whether the rest of the file is parsed as its writer meant it.
fn is_of_one_value(message: &str) -> bool {
    let is_of_lines = message.contains("multi-line");
    let kinds =
        ["string values must be quoted", "missing opening quote", "missing comma between array elements", "invalid "];
    !is_of_lines && kinds.iter().any(|kind| message.starts_with(kind)) && !message.contains("key")
}
