//! Parses a table of `[[apps]]` and reports every problem in it. The app's provider parses the rest of the table.

use std::fmt::Display;
use std::str::FromStr;

use serde::Deserialize;
use toml::Table;

use super::push::PushTable;
use super::{AppSection, DomainFile, JsPage, PhoneCodes, PushSection, StateRule};
use crate::config::read::Reader;
use crate::text::{Text, text};

/// The keys that every app has.
const COMMON: [&str; 9] = ["name", "title", "kind", "return_to", "state", "phone_codes", "js_pages", "files", "push"];

/// Every key is optional here, so that one problem does not hide the next.
#[derive(Deserialize)]
struct AppTable {
    name: Option<String>,
    title: Option<String>,
    kind: Option<String>,
    return_to: Option<Vec<String>>,
    state: Option<StateRule>,
    phone_codes: Option<PhoneCodes>,
    js_pages: Option<Vec<String>>,
    files: Option<Vec<Table>>,
    push: Option<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    name: Option<String>,
    content: Option<String>,
}

impl Reader {
    /// Reads the keys that every app has. An app without a legal name gets a made-up one, so that its other settings are
    /// checked too.
    pub(in crate::config) fn app(&mut self, at: usize, value: toml::Value) -> Option<AppSection> {
        let path = format!("apps[{at}]");
        let toml::Value::Table(mut provider) = value else {
            self.found.unread(path, text!("must be a table", "必须是一个表"), None);
            return None;
        };
        let common: Table = COMMON.into_iter().filter_map(|key| provider.remove_entry(key)).collect();
        let read: AppTable = self.table(&path, common, &Table::new())?;
        let name = self.required(&format!("{path}.name"), read.name);
        let kind = self.required(&format!("{path}.kind"), read.kind);
        let js_pages = read.js_pages.unwrap_or_default().into_iter().enumerate();
        let js_pages: Vec<JsPage> =
            js_pages.filter_map(|(n, page)| self.required(&format!("{path}.js_pages[{n}]"), Some(page))).collect();
        let files = read.files.unwrap_or_default().into_iter().enumerate();
        let files = files.filter_map(|(n, file)| self.file(&format!("{path}.files[{n}]"), file)).collect();
        let push = read.push.and_then(|table| self.push(&format!("{path}.push"), table));
        Some(AppSection {
            index: at,
            name: name.or_else(|| format!("unnamed-{at}").parse().ok())?,
            title: read.title,
            kind: kind.unwrap_or_default(),
            return_to: read.return_to.unwrap_or_default(),
            state: read.state,
            phone_codes: read.phone_codes,
            js_pages,
            files,
            push,
            provider,
        })
    }

    fn file(&mut self, path: &str, table: Table) -> Option<DomainFile> {
        let FileTable { name, content } = self.table(path, table, &Table::new())?;
        let name = self.required(&format!("{path}.name"), name);
        let content = self.required(&format!("{path}.content"), content);
        Some(DomainFile { name: name?, content: content? })
    }

    fn push(&mut self, path: &str, table: Table) -> Option<PushSection> {
        let table: PushTable = self.table(path, table, &Table::new())?;
        table.read(&mut |key, said| self.found.unread(format!("{path}.{key}"), said, None))
    }

    fn required<T: FromStr<Err: Display>>(&mut self, path: &str, given: Option<String>) -> Option<T> {
        let Some(given) = given else {
            self.found.unread(path, text!("is missing", "缺失"), None);
            return None;
        };
        given.parse().map_err(|error: T::Err| self.found.unread(path, Text::foreign(error.to_string()), None)).ok()
    }
}
