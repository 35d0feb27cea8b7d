//! Reads the settings of all layers into their types. A value that cannot be read is named and replaced by its default, so
//! that one run finds the mistakes of all stages. See `checks` for settings that depend on each other.

mod given;
mod guess;
mod lines;
mod names;
mod source;

use domain::AppName;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::app::AppSection;
use super::mistake::{ConfigError, Found, joined};
use super::sections::{Config, Mode};
use super::{DEFAULTS, checks};
use crate::text::text;

pub(super) use guess::of_serde;
pub(super) use source::Origins;
pub use source::{Source, USUAL_FILES};

/// What the layers say.
#[derive(Debug)]
pub(crate) struct Inspected {
    /// The settings, with the default in the place of each that cannot be read.
    pub(crate) config: Config,
    /// The mistakes and warnings so far.
    pub(crate) found: Found,
}

/// Reads the layers and returns valid settings. The apps' own settings are checked by their providers, see
/// [`Apps::build`](crate::apps::Apps::build).
///
/// # Errors
///
/// Returns every mistake found.
pub fn load(source: &Source) -> Result<Config, ConfigError> {
    let Inspected { config, found } = inspect(source);
    if found.is_empty() { Ok(config) } else { Err(found.into_error()) }
}

/// Reads the layers as far as possible.
pub(crate) fn inspect(source: &Source) -> Inspected {
    let mut reader = Reader { found: Found::default(), defaults: source::built_in(DEFAULTS) };
    let table = source.read(&reader.defaults, &mut reader.found);
    let config = reader.config(table);
    // Without the file, the checks would report what it may well have.
    if !reader.found.is_partial() {
        checks::check(&config, &mut reader.found);
    }
    Inspected { config, found: reader.found }
}

pub(super) struct Reader {
    pub(super) found: Found,
    defaults: Table,
}

impl Reader {
    fn config(&mut self, mut table: Table) -> Config {
        for (key, value) in &mut table {
            source::resolve(value, key, &mut self.found);
        }
        let mut config = Config {
            mode: self.mode(table.remove("mode")),
            default_app: self.default_app(table.remove("default_app")),
            apps: self.apps(table.remove("apps")),
            webhooks: self.webhooks(table.remove("webhooks")),
            http: self.section(&mut table, "http"),
            database: self.section(&mut table, "database"),
            tokens: self.section(&mut table, "tokens"),
            phone: self.section(&mut table, "phone"),
            sms: self.section(&mut table, "sms"),
            line_check: self.section(&mut table, "line_check"),
            human_check: self.section(&mut table, "human_check"),
            pictures: self.section(&mut table, "pictures"),
            limits: self.section(&mut table, "limits"),
            outbox: self.section(&mut table, "outbox"),
            backfill: self.section(&mut table, "backfill"),
            erasure: self.section(&mut table, "erasure"),
            console: self.section(&mut table, "console"),
            support: self.section(&mut table, "support"),
            events: self.section(&mut table, "events"),
            graphql: self.section(&mut table, "graphql"),
            upstream: self.section(&mut table, "upstream"),
            sandbox: self.section(&mut table, "sandbox"),
            log: self.section(&mut table, "log"),
            metrics: self.section(&mut table, "metrics"),
            traces: self.section(&mut table, "traces"),
        };
        let known: Vec<&str> = self.defaults.keys().map(String::as_str).chain(["apps", "webhooks"]).collect();
        for key in table.keys() {
            let meant = guess::nearest(key, known.iter().copied()).map(guess::did_you_mean);
            self.found.unknown(key, text!("is not a setting", "不是配置项"), meant);
        }
        config.admit_shop();
        config
    }

    /// Reads one section, with its defaults.
    fn section<T: DeserializeOwned>(&mut self, table: &mut Table, name: &str) -> T {
        let defaults = self.defaults.get(name).and_then(Value::as_table).cloned().unwrap_or_default();
        let read = if let Some(Value::Table(section)) = table.remove(name) {
            self.table(name, section, &defaults)
        } else {
            self.found.unread(name, text!("must be a table", "必须是一个表"), None);
            None
        };
        read.unwrap_or_else(|| defaults.try_into().expect("the defaults are read by every test"))
    }

    /// Reads one table. Reports an invalid key and replaces it by its default, so that later mistakes are found too.
    pub(super) fn table<T: DeserializeOwned>(&mut self, name: &str, mut table: Table, defaults: &Table) -> Option<T> {
        let mut defaults = defaults.clone();
        loop {
            let error = match serde_path_to_error::deserialize(table.clone()) {
                Ok(read) => return Some(read),
                Err(error) => error,
            };
            let path = error.path().to_string();
            self.wrong(&joined(name, &path), error.inner().message());
            let (within, key) = innermost(&mut table, &path)?;
            let wrong = within.remove(key)?;
            let default = innermost(&mut defaults, &path).and_then(|(within, key)| within.get(key));
            match default {
                Some(default) if *default != wrong => within.insert(key.to_owned(), default.clone()),
                Some(_) => return None,
                None => None,
            };
        }
    }

    /// Reports what serde says about a value.
    fn wrong(&mut self, path: &str, message: &str) {
        let message = providers::without_value(message);
        let (said, expected) = of_serde(path, &message);
        if message.starts_with("unknown field") {
            self.found.unknown(path, said, expected);
        } else {
            self.found.unread(path, said, expected);
        }
    }

    fn value<T: DeserializeOwned>(&mut self, name: &str, value: Option<Value>) -> Option<T> {
        T::deserialize(value?).map_err(|error| self.wrong(name, error.message())).ok()
    }

    fn mode(&mut self, value: Option<Value>) -> Mode {
        let written = value.as_ref().and_then(Value::as_str).map(str::to_owned);
        self.value("mode", value).unwrap_or_else(|| {
            // What production refuses is found in the same run.
            let meant = written.and_then(|written| guess::nearest(&written, ["development", "production"]));
            if meant == Some("production") { Mode::Production } else { Mode::Development }
        })
    }

    fn default_app(&mut self, value: Option<Value>) -> Option<AppName> {
        let name: String = self.value("default_app", value)?;
        if name.is_empty() {
            return None;
        }
        name.parse().map_err(|e: domain::BadKey| self.found.note("default_app", e.into())).ok()
    }

    fn apps(&mut self, value: Option<Value>) -> Vec<AppSection> {
        match value {
            None => Vec::new(),
            Some(Value::Array(apps)) => {
                apps.into_iter().enumerate().filter_map(|(at, app)| self.app(at, app)).collect()
            }
            Some(_) => {
                let said = text!("must be a list of tables: [[apps]]", "必须是表的列表：[[apps]]");
                self.found.unread("apps", said, None);
                Vec::new()
            }
        }
    }
}

/// Returns the table that holds the last key of a path, and that key. Lists are treated as a whole.
fn innermost<'t, 'p>(table: &'t mut Table, path: &'p str) -> Option<(&'t mut Table, &'p str)> {
    let path = path.split('[').next()?;
    match path.split_once('.') {
        Some((outer, rest)) => innermost(table.get_mut(outer)?.as_table_mut()?, rest),
        None => Some((table, path)),
    }
}
