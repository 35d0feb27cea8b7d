//! Parses a TOML table field by field and collects all mistakes. See `seed` for the fields.

use std::collections::BTreeSet;
use std::fmt;

use toml::{Table, Value};

/// A mistake in a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedProblem {
    /// Where it is: `apps[1].app_id`.
    pub path: String,
    /// What it is: `must be wx and 16 lower-case hex digits`.
    pub problem: String,
}

impl fmt::Display for SeedProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.problem)
    }
}

/// Formats the mistakes as one line.
pub(crate) fn list(problems: &[SeedProblem]) -> String {
    problems.iter().map(SeedProblem::to_string).collect::<Vec<_>>().join("; ")
}

/// A table being parsed. Fields that are never read are reported at the end as unknown.
pub(crate) struct Fields<'t, 'p> {
    path: String,
    table: &'t Table,
    asked: BTreeSet<&'static str>,
    problems: &'p mut Vec<SeedProblem>,
}

impl<'t, 'p> Fields<'t, 'p> {
    pub(crate) fn new(path: String, table: &'t Table, problems: &'p mut Vec<SeedProblem>) -> Self {
        Self { path, table, asked: BTreeSet::new(), problems }
    }

    pub(crate) fn problem(&mut self, field: &str, problem: impl Into<String>) {
        let path = if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) };
        self.problems.push(SeedProblem { path, problem: problem.into() });
    }

    /// Reads a required string that passes `check`.
    pub(crate) fn text(&mut self, field: &'static str, check: Check) -> String {
        match self.value(field) {
            None => {
                self.problem(field, "is missing");
                String::new()
            }
            Some(value) => self.checked(field, value, check).unwrap_or_default(),
        }
    }

    pub(crate) fn optional_text(&mut self, field: &'static str, check: Check) -> Option<String> {
        let value = self.value(field)?;
        self.checked(field, value, check)
    }

    /// Reads a list of strings; an absent list is empty.
    pub(crate) fn texts(&mut self, field: &'static str, check: Check) -> Vec<String> {
        let Some(value) = self.value(field) else { return Vec::new() };
        let Some(list) = value.as_array() else {
            self.problem(field, "must be a list");
            return Vec::new();
        };
        let mut texts = Vec::with_capacity(list.len());
        for (index, item) in list.iter().enumerate() {
            texts.extend(self.checked(&format!("{field}[{index}]"), item, check));
        }
        texts
    }

    /// Reads one of a set of words; `None` if it is absent or unknown.
    pub(crate) fn word<T>(&mut self, field: &'static str, of: fn(&str) -> Option<T>) -> Option<T> {
        let word = self.optional_text(field, ANYTHING)?;
        let known = of(&word);
        if known.is_none() {
            self.problem(field, format!("has the unknown value `{word}`"));
        }
        known
    }

    pub(crate) fn number(&mut self, field: &'static str, default: i64) -> i64 {
        match self.value(field).map(Value::as_integer) {
            None => default,
            Some(Some(number)) if (1..=3650).contains(&number) => number,
            Some(_) => {
                self.problem(field, "must be a number from 1 to 3650");
                default
            }
        }
    }

    /// Reads a required number of at least 1.
    pub(crate) fn serial(&mut self, field: &'static str) -> Option<u32> {
        let value = self.value(field);
        let number = value.and_then(Value::as_integer).and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| *number > 0);
        if number.is_none() {
            let expected = if value.is_none() { "is missing" } else { "must be a number from 1 to 4294967295" };
            self.problem(field, expected);
        }
        number
    }

    pub(crate) fn flag(&mut self, field: &'static str) -> bool {
        match self.value(field).map(Value::as_bool) {
            None => false,
            Some(Some(flag)) => flag,
            Some(None) => {
                self.problem(field, "must be true or false");
                false
            }
        }
    }

    /// Reads a list of tables (`[[apps]]`).
    pub(crate) fn tables(&mut self, field: &'static str, most: usize) -> Vec<&'t Table> {
        let list = self.value(field).and_then(Value::as_array);
        let tables = list.and_then(|list| list.iter().map(Value::as_table).collect::<Option<Vec<_>>>());
        match tables {
            Some(tables) if !tables.is_empty() && tables.len() <= most => tables,
            _ => {
                self.problem(field, format!("must be a list of 1 to {most} [[{field}]]"));
                Vec::new()
            }
        }
    }

    /// Reads a table, and returns it with the path for its own fields.
    pub(crate) fn optional_table(&mut self, field: &'static str) -> Option<(String, &'t Table)> {
        let value = self.value(field)?;
        let table = value.as_table();
        if table.is_none() {
            self.problem(field, format!("must be a table [{field}]"));
        }
        Some((format!("{}.{field}", self.path), table?))
    }

    pub(crate) fn table(&mut self, field: &'static str) -> Option<&'t Table> {
        let table = self.value(field).and_then(Value::as_table);
        if table.is_none() {
            self.problem(field, format!("must be a table [{field}]"));
        }
        table
    }

    /// Reports the fields that were not read: a misspelled name must not pass unnoticed.
    pub(crate) fn finish(mut self) {
        let unknown: Vec<_> = self.table.keys().filter(|key| !self.asked.contains(key.as_str())).cloned().collect();
        for field in unknown {
            self.problem(&field, "is not a known field");
        }
    }

    fn value(&mut self, field: &'static str) -> Option<&'t Value> {
        self.asked.insert(field);
        self.table.get(field)
    }

    fn checked(&mut self, field: &str, value: &Value, check: Check) -> Option<String> {
        let text = value.as_str().filter(|text| (check.passes)(text));
        if text.is_none() {
            self.problem(field, format!("must be {}", check.expected));
        }
        text.map(str::to_owned)
    }
}

/// The format of a string, and its description.
#[derive(Clone, Copy)]
pub(crate) struct Check {
    pub(crate) expected: &'static str,
    pub(crate) passes: fn(&str) -> bool,
}

pub(crate) const ANYTHING: Check = Check { expected: "a text", passes: |_| true };
