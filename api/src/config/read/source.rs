//! The sources of settings, each overriding the one before: compiled defaults, demo, file, environment, command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::given::{self, Given};
use super::guess::shell_variable;
use super::lines::{self, Lines};
use crate::config::mistake::{Found, lies_within};
use crate::config::{DEFAULTS, DEMO};
use crate::text::{Text, text};

/// The files of which the first that exists is read if none is named: that of the working directory, then that of the machine.
pub const USUAL_FILES: [&str; 2] = ["guiyi.toml", "/etc/guiyi/guiyi.toml"];
/// Stands for a text that could not be read, so that what depends on other settings is still checked.
const UNSET: &str = "unset";

/// Which layers to read.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Whether the demo company's layer is below the file.
    pub demo: bool,
    /// The file, which must exist when given.
    pub file: Option<PathBuf>,
    /// The environment's variables, of which those with the prefix are read; empty for none.
    pub environment: Vec<(String, OsString)>,
    /// Settings of the command line, each as `KEY=VALUE`.
    pub arguments: Vec<String>,
    /// Values that override all others, as a table; for embedding programs and tests.
    pub overrides: Table,
}

/// Where each setting comes from.
#[derive(Debug, Default)]
pub(in crate::config) struct Origins {
    given: Vec<Given>,
    lines: Lines,
}

impl Origins {
    /// Returns the variable, the argument, or the line of the file that a setting comes from.
    pub(in crate::config) fn of(&self, path: &str) -> Option<String> {
        let given = self.given.iter().rev().find(|given| {
            let own = given.path.join(".");
            lies_within(path, &own) || lies_within(&own, path)
        });
        given.map(|given| given.origin.clone()).or_else(|| self.lines.of(path))
    }
}

impl Source {
    /// Returns the variables of this process.
    #[must_use]
    pub fn process_environment() -> Vec<(String, OsString)> {
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect()
    }

    /// Returns whether no layer but the defaults has anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let settings = with_apps(built_in(DEFAULTS));
        let is_setting = |(name, _): &(String, OsString)| {
            let key = name.strip_prefix(given::PREFIX).map(str::to_ascii_lowercase);
            key.is_some_and(|key| given::is_setting(&key, &settings))
        };
        !self.demo
            && self.file.is_none()
            && self.arguments.is_empty()
            && self.overrides.is_empty()
            && !self.environment.iter().any(is_setting)
    }

    /// Merges the layers. Without a readable file, the other ones.
    pub(super) fn read(&self, defaults: &Table, found: &mut Found) -> Table {
        let mut table = defaults.clone();
        if self.demo {
            merge(&mut table, built_in(DEMO));
        }
        let file = self.file.as_ref().and_then(|file| lines::read(file, found));
        let (layer, lines) = file.unwrap_or_default();
        merge(&mut table, layer);
        let settings = with_apps(defaults.clone());
        let mut pointed_to = Vec::new();
        variables_named(&Value::Table(table.clone()), &mut pointed_to);
        let mut given = given::from_environment(&self.environment, (&settings, &pointed_to), found);
        merge(&mut table, given::layer(&given, &settings, found));
        let arguments = given::from_arguments(&self.arguments, &settings, found);
        merge(&mut table, given::layer(&arguments, &settings, found));
        given.extend(arguments);
        merge(&mut table, self.overrides.clone());
        found.set_origins(Origins { given, lines });
        table
    }
}

/// Adds the setting that has no default.
fn with_apps(mut settings: Table) -> Table {
    settings.entry("apps").or_insert_with(|| Value::Array(Vec::new()));
    settings
}

/// Parses a layer that is compiled in.
pub(super) fn built_in(text: &str) -> Table {
    text.parse().expect("the layers that are compiled in are read by every test")
}

/// Puts one layer on another: tables key by key, everything else as a whole. A pointer is not a table: it stands for
/// *one* value, so it replaces the value below it and is replaced by a value above.
fn merge(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) if !is_pointer(below) && !is_pointer(&above) => {
                merge(below, above);
            }
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// Collects the variables that `{ env = "NAME" }` names.
fn variables_named(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Table(table) => match target(table) {
            Some(("env", name)) => names.push(name.to_owned()),
            Some(_) => {}
            None => table.values().for_each(|inner| variables_named(inner, names)),
        },
        Value::Array(values) => values.iter().for_each(|inner| variables_named(inner, names)),
        _ => {}
    }
}

/// Replaces every `{ env = "NAME" }` and `{ file = "PATH" }` by the text it points to.
pub(super) fn resolve(value: &mut Value, path: &str, found: &mut Found) {
    match value {
        Value::Table(table) => {
            if let Some(text) = pointer(table) {
                let text = text.unwrap_or_else(|said| {
                    found.unread(path, said, None);
                    UNSET.to_owned()
                });
                *value = Value::String(text);
                return;
            }
            for (key, inner) in table.iter_mut() {
                resolve(inner, &format!("{path}.{key}"), found);
            }
        }
        Value::Array(values) => {
            for (at, inner) in values.iter_mut().enumerate() {
                resolve(inner, &format!("{path}[{at}]"), found);
            }
        }
        Value::String(text) => {
            if let Some(name) = shell_variable(text) {
                let said =
                    text!("`${{{name}}}` is not replaced by the variable", "`${{{name}}}` 不会被替换为环境变量的值");
                let expected = text!("write {{ env = \"{name}\" }}", "请写成 {{ env = \"{name}\" }}");
                found.unread(path, said, Some(expected));
            }
        }
        _ => {}
    }
}

/// Returns whether this table points to a value.
pub(super) fn is_pointer(table: &Table) -> bool {
    target(table).is_some()
}

fn target(table: &Table) -> Option<(&str, &str)> {
    let (kind, target) = table.iter().next().filter(|_| table.len() == 1)?;
    let target = target.as_str()?;
    ["env", "file"].contains(&kind.as_str()).then_some((kind, target))
}

fn pointer(table: &Table) -> Option<Result<String, Text>> {
    match target(table)? {
        ("env", name) => Some(variable(name)),
        (_, file) => Some(text_of(Path::new(file))),
    }
}

fn text_of(file: &Path) -> Result<String, Text> {
    let read = std::fs::read_to_string(file).map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
    read.map_err(|error| {
        let file = file.display();
        text!("the file {file} cannot be read: ", "无法读取文件 {file}：").then(&Text::foreign(error.to_string()))
    })
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &str) -> Result<String, Text> {
    std::env::var(name).map_err(|error| match error {
        std::env::VarError::NotPresent => {
            text!("the environment variable {name} is not set", "环境变量 {name} 未设置")
        }
        std::env::VarError::NotUnicode(_) => {
            text!("the environment variable {name} is not UTF-8", "环境变量 {name} 不是 UTF-8 文本")
        }
    })
}
