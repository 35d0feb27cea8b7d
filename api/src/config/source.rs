//! Where settings come from, each layer above the one before: the compiled defaults, the demo, a file, the environment,
//! the command line. What they must look like is checked in `load`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use providers::Problem;
use toml::{Table, Value};

use super::DEMO;
use super::given::{self, Given};

/// Which layers to read.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Whether the demo company stands under the file.
    pub demo: bool,
    /// The file, which must exist when given.
    pub file: Option<PathBuf>,
    /// The variables of the environment, of which those with our prefix are read; empty: none.
    pub environment: Vec<(String, OsString)>,
    /// Settings of the command line, each as `KEY=VALUE`.
    pub arguments: Vec<String>,
    /// Values that stand above all others, as a table; for embedding programs and tests.
    pub overrides: Table,
}

/// The layers as one table, and which settings came as text from outside the file.
pub(super) struct Layers {
    pub(super) table: Table,
    given: Vec<Given>,
}

impl Layers {
    /// The variable or the argument that a setting comes from.
    pub(super) fn origin(&self, path: &str) -> Option<&str> {
        self.given.iter().rev().find(|given| given.sets(path)).map(|given| given.origin.as_str())
    }
}

impl Source {
    /// The variables of this process.
    #[must_use]
    pub fn process_environment() -> Vec<(String, OsString)> {
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect()
    }

    /// Merges the layers; nothing, if the file cannot be read.
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

/// A layer that is compiled in.
pub(super) fn built_in(text: &str) -> Table {
    text.parse().expect("the layers that are compiled in are read by every test")
}

/// Puts one layer on another: tables key by key, all else as a whole. A pointer is no table: it says where *one* value is,
/// so it takes the place of whatever stood below, and a value from above takes its place.
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

/// The variables that `{ env = "NAME" }` names.
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

/// The file as a table. A mistake in it is told by its line, without the line itself: it may hold a secret.
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

/// Does this say where a value is, in place of the value?
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
