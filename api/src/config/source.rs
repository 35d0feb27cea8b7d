//! The sources of settings, each overriding the one before: compiled defaults, demo, file, environment, command line.
//! See `load` for validation.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use providers::Problem;
use toml::{Table, Value};

use super::DEMO;
use super::given::{self, Given};

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

/// The merged layers, and the settings that came as text from outside the file.
pub(super) struct Layers {
    pub(super) table: Table,
    given: Vec<Given>,
}

impl Layers {
    /// Returns the variable or the argument that a setting comes from.
    pub(super) fn origin(&self, path: &str) -> Option<&str> {
        self.given.iter().rev().find(|given| given.sets(path)).map(|given| given.origin.as_str())
    }
}

impl Source {
    /// Returns the variables of this process.
    #[must_use]
    pub fn process_environment() -> Vec<(String, OsString)> {
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect()
    }

    /// Merges the layers; `None` if the file cannot be read.
    pub(super) fn read(&self, defaults: &Table, problems: &mut Vec<Problem>) -> Option<Layers> {
        let mut table = defaults.clone();
        if self.demo {
            merge(&mut table, built_in(DEMO));
        }
        if let Some(file) = &self.file {
            let read = read_file(file).map_err(|problem| problems.push(problem)).ok()?;
            merge(&mut table, read);
        }
        let mut settings = defaults.clone();
        settings.entry("apps").or_insert_with(|| Value::Array(Vec::new()));
        let mut pointed_to = Vec::new();
        variables_named(&Value::Table(table.clone()), &mut pointed_to);
        let mut given = given::from_environment(&self.environment, (&settings, &pointed_to), problems);
        merge(&mut table, given::layer(&given, &settings, problems));
        let arguments = given::from_arguments(&self.arguments, &settings, problems);
        merge(&mut table, given::layer(&arguments, &settings, problems));
        given.extend(arguments);
        merge(&mut table, self.overrides.clone());
        Some(Layers { table, given })
    }
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

/// Parses the file. Errors give the line's number without its text, which may contain a secret.
fn read_file(file: &Path) -> Result<Table, Problem> {
    let problem = |reason: String| Problem::new(file.display().to_string(), reason);
    let text = std::fs::read_to_string(file).map_err(|e| problem(e.to_string()))?;
    toml::from_str(&text).map_err(|e: toml::de::Error| {
        let before = e.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        problem(format!("line {}: {}", before.lines().count().max(1), e.message()))
    })
}

/// Replaces every `{ env = "NAME" }` and `{ file = "PATH" }` by the text it points to.
pub(super) fn resolve(value: &mut Value, path: &str, problems: &mut Vec<Problem>) {
    match value {
        Value::Table(table) => {
            if let Some(text) = pointer(table) {
                match text {
                    Ok(text) => *value = Value::String(text),
                    Err(reason) => problems.push(Problem::new(path, reason)),
                }
                return;
            }
            for (key, inner) in table.iter_mut() {
                let inner_path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                resolve(inner, &inner_path, problems);
            }
        }
        Value::Array(values) => {
            for (at, inner) in values.iter_mut().enumerate() {
                resolve(inner, &format!("{path}[{at}]"), problems);
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

fn pointer(table: &Table) -> Option<Result<String, String>> {
    match target(table)? {
        ("env", name) => Some(variable(name)),
        (_, file) => Some(
            std::fs::read_to_string(file)
                .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
                .map_err(|e| format!("the file {file} cannot be read: {e}")),
        ),
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("the environment variable {name} is not set"))
}
