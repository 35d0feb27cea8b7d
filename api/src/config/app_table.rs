//! Parses a table of `[[apps]]` and reports every problem in it. The app's provider parses the rest of the table.

use std::fmt::Display;
use std::str::FromStr;

use serde::Deserialize;
use toml::Table;

use super::address::JsPage;
use super::app_section::{AppSection, PhoneCodes, StateRule};
use super::domain_file::DomainFile;
use super::load::Reader;

/// The keys that every app has.
const COMMON: [&str; 8] = ["name", "title", "kind", "return_to", "state", "phone_codes", "js_pages", "files"];

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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    name: Option<String>,
    content: Option<String>,
}

impl Reader {
    pub(super) fn app(&mut self, at: usize, value: toml::Value) -> Option<AppSection> {
        let path = format!("apps[{at}]");
        let toml::Value::Table(mut provider) = value else {
            self.note(path, "must be a table");
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
        Some(AppSection {
            index: at,
            name: name?,
            title: read.title,
            kind: kind?,
            return_to: read.return_to.unwrap_or_default(),
            state: read.state,
            phone_codes: read.phone_codes,
            js_pages,
            files,
            provider,
        })
    }

    fn file(&mut self, path: &str, table: Table) -> Option<DomainFile> {
        let FileTable { name, content } = self.table(path, table, &Table::new())?;
        let name = self.required(&format!("{path}.name"), name);
        let content = self.required(&format!("{path}.content"), content);
        Some(DomainFile { name: name?, content: content? })
    }

    fn required<T: FromStr<Err: Display>>(&mut self, path: &str, given: Option<String>) -> Option<T> {
        let Some(given) = given else {
            self.note(path, "is missing");
            return None;
        };
        given.parse().map_err(|error: T::Err| self.note(path, error.to_string())).ok()
    }
}
