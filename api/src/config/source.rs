//! Where settings come from: the compiled defaults, the demo, a file, the environment.
//! What they must look like is checked in `load`.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use providers::Problem;

use super::{DEFAULTS, DEMO};

/// Which layers to read.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Whether the demo company stands under the file.
    pub demo: bool,
    /// The file, which must exist when given.
    pub file: Option<PathBuf>,
    /// Values that stand above all others, as a table; for embedding programs and tests.
    pub overrides: toml::Table,
    /// Whether the environment is read.
    pub environment: bool,
}

impl Source {
    /// The merged layers as one table.
    pub(super) fn read(&self) -> Result<toml::Table, Problem> {
        let mut layers = Figment::from(Toml::string(DEFAULTS));
        if self.demo {
            layers = layers.merge(Toml::string(DEMO));
        }
        if let Some(file) = &self.file {
            layers = layers.merge(Serialized::globals(read_file(file)?));
        }
        if self.environment {
            layers = layers.merge(environment());
        }
        layers.merge(Serialized::globals(&self.overrides)).extract().map_err(|e| self.unreadable(&e))
    }

    fn unreadable(&self, error: &figment::Error) -> Problem {
        let file = self.file.as_deref().unwrap_or_else(|| Path::new("the configuration"));
        Problem::new(file.display().to_string(), error.kind.to_string())
    }
}

/// The file as a table. A mistake in it is told by its line, without the line itself: it may hold a secret.
fn read_file(file: &Path) -> Result<toml::Table, Problem> {
    let problem = |reason: String| Problem::new(file.display().to_string(), reason);
    let text = std::fs::read_to_string(file).map_err(|e| problem(e.to_string()))?;
    toml::from_str(&text).map_err(|e: toml::de::Error| {
        let before = e.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        problem(format!("line {}: {}", before.lines().count().max(1), e.message()))
    })
}

/// `GUIYI_HTTP__LISTEN` is `http.listen`. Other names with the prefix are not settings.
fn environment() -> Env {
    let is_setting = |name: &str| name.contains("__") || name == "mode" || name == "default_app";
    Env::prefixed("GUIYI_").filter(move |name| is_setting(&name.as_str().to_ascii_lowercase())).split("__")
}

/// Replaces every `{ env = "NAME" }` and `{ file = "PATH" }` by the text it points to.
pub(super) fn resolve(value: &mut toml::Value, path: &str, problems: &mut Vec<Problem>) {
    match value {
        toml::Value::Table(table) => {
            if let Some(text) = pointer(table) {
                match text {
                    Ok(text) => *value = toml::Value::String(text),
                    Err(reason) => problems.push(Problem::new(path, reason)),
                }
                return;
            }
            for (key, inner) in table.iter_mut() {
                let inner_path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                resolve(inner, &inner_path, problems);
            }
        }
        toml::Value::Array(values) => {
            for (at, inner) in values.iter_mut().enumerate() {
                resolve(inner, &format!("{path}[{at}]"), problems);
            }
        }
        _ => {}
    }
}

fn pointer(table: &toml::Table) -> Option<Result<String, String>> {
    if table.len() != 1 {
        return None;
    }
    let (kind, target) = table.iter().next()?;
    let target = target.as_str()?;
    match kind.as_str() {
        "env" => Some(variable(target)),
        "file" => Some(
            std::fs::read_to_string(target)
                .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
                .map_err(|e| format!("the file {target} cannot be read: {e}")),
        ),
        _ => None,
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("the environment variable {name} is not set"))
}
