//! From a seed to a company, or to everything that is wrong with the seed.
//! How a single field is read is in `fields`.

use std::collections::BTreeSet;
use std::fmt;

use toml::Table;

use crate::company::{App, AppKind, Company, OnRefusal, Person};
use crate::fields::{Check, Fields};

/// Why a seed cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The text is no TOML.
    #[error("the seed is not TOML")]
    Syntax(#[source] Box<toml::de::Error>),
    /// The text is TOML and says things that cannot be.
    #[error("the seed has mistakes: {}", list(.0))]
    Mistakes(Vec<SeedProblem>),
}

/// One mistake in a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedProblem {
    /// Where: `apps[1].app_id`.
    pub path: String,
    /// What: `must be wx and 16 lower-case hex digits`.
    pub problem: String,
}

impl fmt::Display for SeedProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.problem)
    }
}

fn list(problems: &[SeedProblem]) -> String {
    problems.iter().map(SeedProblem::to_string).collect::<Vec<_>>().join("; ")
}

const TITLE: Check =
    Check { expected: "a name of 1 to 64 characters", passes: |text| (1..=64).contains(&text.chars().count()) };
const NAME: Check = Check {
    expected: "1 to 32 of a-z, 0-9, - and _",
    passes: |text| {
        (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
    },
};
const APP_ID: Check = Check {
    expected: "wx and 16 lower-case hex digits",
    passes: |text| text.strip_prefix("wx").is_some_and(|rest| rest.len() == 16 && is_hex(rest)),
};
const SECRET: Check = Check { expected: "32 lower-case hex digits", passes: |text| text.len() == 32 && is_hex(text) };
const HOST: Check = Check {
    expected: "a host name alone: no scheme, port or path",
    passes: |text| url::Host::parse(text).is_ok_and(|host| host.to_string() == text),
};
const PHONE: Check = Check {
    expected: "a phone number such as +8613800000001",
    passes: |text| {
        text.strip_prefix('+').is_some_and(|d| (7..=15).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()))
    },
};

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Reads a whole seed.
pub(crate) fn read(seed: &str) -> Result<Company, SeedError> {
    let table: Table = seed.parse().map_err(|error| SeedError::Syntax(Box::new(error)))?;
    let mut problems = Vec::new();
    let (company, apps, people) = sections(&table, &mut problems);
    let company = Company {
        name: company.map(|table| name(table, &mut problems)).unwrap_or_default(),
        apps: apps.iter().enumerate().map(|(at, table)| app(at, table, &mut problems)).collect(),
        people: people.iter().enumerate().map(|(at, table)| person(at, table, &mut problems)).collect(),
    };
    twins("apps", "name", company.apps.iter().map(|app| app.name.as_str()), &mut problems);
    twins("apps", "app_id", company.apps.iter().map(|app| app.id.as_str()), &mut problems);
    twins("people", "id", company.people.iter().map(|person| person.id.as_str()), &mut problems);
    if problems.is_empty() { Ok(company) } else { Err(SeedError::Mistakes(problems)) }
}

type Sections<'a> = (Option<&'a Table>, Vec<&'a Table>, Vec<&'a Table>);

fn sections<'a>(table: &'a Table, problems: &mut Vec<SeedProblem>) -> Sections<'a> {
    let mut fields = Fields::new(String::new(), table, problems);
    let sections = (fields.table("company"), fields.tables("apps"), fields.tables("people"));
    fields.finish();
    sections
}

fn name(table: &Table, problems: &mut Vec<SeedProblem>) -> String {
    let mut fields = Fields::new("company".to_owned(), table, problems);
    let name = fields.text("name", TITLE);
    fields.finish();
    name
}

fn app(at: usize, table: &Table, problems: &mut Vec<SeedProblem>) -> App {
    let mut fields = Fields::new(format!("apps[{at}]"), table, problems);
    let kind = fields.word("kind", AppKind::from_name);
    if !table.contains_key("kind") {
        fields.problem("kind", "is missing");
    }
    let app = App {
        name: fields.text("name", NAME),
        title: fields.text("title", TITLE),
        kind: kind.unwrap_or(AppKind::OfficialAccount),
        id: fields.text("app_id", APP_ID),
        secret: fields.text("secret", SECRET),
        union_scope: fields.optional_text("union_scope", NAME),
        redirect_domains: fields.texts("redirect_domains", HOST),
        on_refusal: fields.word("on_refusal", OnRefusal::from_name).unwrap_or(OnRefusal::Stay),
        refresh_days: fields.number("refresh_days", 30),
    };
    fields.finish();
    app
}

fn person(at: usize, table: &Table, problems: &mut Vec<SeedProblem>) -> Person {
    let mut fields = Fields::new(format!("people[{at}]"), table, problems);
    let person = Person {
        id: fields.text("id", NAME),
        nickname: fields.text("nickname", TITLE),
        phones: fields.texts("phones", PHONE),
        snapshot: fields.flag("snapshot"),
    };
    fields.finish();
    person
}

fn twins<'a>(list: &str, field: &str, values: impl Iterator<Item = &'a str>, problems: &mut Vec<SeedProblem>) {
    let mut seen = BTreeSet::new();
    for (at, value) in values.enumerate() {
        if !value.is_empty() && !seen.insert(value) {
            problems.push(SeedProblem { path: format!("{list}[{at}].{field}"), problem: format!("repeats `{value}`") });
        }
    }
}
