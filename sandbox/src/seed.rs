//! Parses a seed into a company, or a list of all mistakes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use toml::Table;

use crate::company::{AccountStanding, App, AppIndex, AppKind, Company, Follow, OnRefusal, Person, PersonIndex, ids};
use crate::fields::{ANYTHING, Check, Fields, SeedProblem, list};
use crate::push::{self, Form, Format, Mode};

/// Why a seed cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The text is not TOML.
    #[error("the seed is not TOML")]
    Syntax(#[source] Box<toml::de::Error>),
    /// The text is TOML with invalid content.
    #[error("the seed is invalid: {}", list(.0))]
    Mistakes(Vec<SeedProblem>),
}

/// The maximum number of apps.
pub(crate) const MOST_APPS: usize = 100;
/// The maximum number of people.
pub(crate) const MOST_PEOPLE: usize = 50_000;

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
const CORP_ID: Check = Check {
    expected: "ww and 16 lower-case hex digits",
    passes: |text| text.strip_prefix("ww").is_some_and(|rest| rest.len() == 16 && is_hex(rest)),
};
const CORP_SECRET: Check = Check {
    expected: "43 of A-Z, a-z, 0-9, - and _",
    passes: |text| text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
};
const ORIGINAL_ID: Check = Check {
    expected: "gh_ and 12 lower-case hex digits",
    passes: |text| text.strip_prefix("gh_").is_some_and(|rest| rest.len() == 12 && is_hex(rest)),
};
const IP: Check =
    Check { expected: "an IP address such as 203.0.113.7", passes: |text| text.parse::<std::net::IpAddr>().is_ok() };
const AVATAR: Check = Check {
    expected: "`none` or a colour such as #2e9e6b",
    passes: |text| text == "none" || text.strip_prefix('#').is_some_and(|rest| rest.len() == 6 && is_hex(rest)),
};
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

/// Parses a whole seed.
pub(crate) fn read(seed: &str) -> Result<Company, SeedError> {
    let table: Table = seed.parse().map_err(|error| SeedError::Syntax(Box::new(error)))?;
    let mut problems = Vec::new();
    let (company, apps, people) = sections(&table, &mut problems);
    let company = company.map(|table| self::company(table, &mut problems)).unwrap_or_default();
    let apps: Vec<_> = (0..).map(AppIndex).zip(apps).map(|(at, table)| app(at, table, &mut problems)).collect();
    let people: Vec<_> =
        (0..).map(PersonIndex).zip(people).map(|(at, table)| person(at, table, &mut problems)).collect();
    twins("apps", "name", apps.iter().map(|app| app.name.as_str().into()), &mut problems);
    twins("apps", "app_id", apps.iter().map(App::key), &mut problems);
    twins("people", "id", people.iter().map(|person| person.id.as_str().into()), &mut problems);
    strangers(&apps, &people, &mut problems);
    if !problems.is_empty() {
        return Err(SeedError::Mistakes(problems));
    }
    Ok(Company::new(company, apps, people))
}

/// Parses one app; adds its mistakes to `problems`.
pub(crate) fn app(index: AppIndex, table: &Table, problems: &mut Vec<SeedProblem>) -> App {
    let mut fields = Fields::new(format!("apps[{}]", index.0), table, problems);
    let kind = fields.word("kind", AppKind::from_name);
    if !table.contains_key("kind") {
        fields.problem("kind", "is missing");
    }
    let own = OfItsKind::of(kind);
    let (name, title, id) = (fields.text("name", NAME), fields.text("title", TITLE), fields.text("app_id", own.app_id));
    let push = fields.optional_table("push");
    let app = App {
        index,
        name,
        title,
        kind: kind.unwrap_or(AppKind::OfficialAccount),
        // A kind without agents does not read the field, which is then reported as unknown.
        agent_id: own.is_an_agent.then(|| fields.serial("agent_id")).flatten(),
        secret: fields.text("secret", own.secret),
        original_id: fields.optional_text("original_id", ORIGINAL_ID).unwrap_or_else(|| ids::original_id(&id)),
        union_scope: fields.optional_text("union_scope", NAME),
        redirect_domains: fields.texts("redirect_domains", HOST),
        ip_list: fields.texts("ip_list", IP).iter().filter_map(|ip| ip.parse().ok()).collect(),
        standing: fields.word("standing", AccountStanding::from_name).unwrap_or(AccountStanding::Good),
        on_refusal: fields.word("on_refusal", OnRefusal::from_name).unwrap_or(OnRefusal::Stay),
        refresh_days: fields.number("refresh_days", 30),
        frozen: fields.flag("frozen"),
        strict: fields.flag("strict"),
        unlimited: fields.flag("unlimited"),
        numeric_country_code: fields.flag("numeric_country_code"),
        push: None,
        id,
    };
    let wechats_alone =
        app.frozen || !app.ip_list.is_empty() || app.standing != AccountStanding::Good || push.is_some();
    if app.kind == AppKind::WeCom && wechats_alone {
        fields.problem("kind", "does not support frozen, ip_list, standing and push");
    }
    fields.finish();
    App { push: push.and_then(|(path, table)| push_settings(path, table, (app.kind, problems))), ..app }
}

fn push_settings(
    path: String,
    table: &Table,
    (kind, problems): (AppKind, &mut Vec<SeedProblem>),
) -> Option<push::Settings> {
    let mut fields = Fields::new(path, table, problems);
    let form = Form {
        url: fields.text("url", ANYTHING),
        token: fields.text("token", ANYTHING),
        aes_key: fields.optional_text("aes_key", ANYTHING),
        mode: fields.word("mode", Mode::from_name).unwrap_or(Mode::Plain),
        format: fields.word("format", Format::from_name).unwrap_or(Format::Xml),
        ugly_keys: fields.flag("ugly_keys"),
    };
    if kind == AppKind::OfficialAccount && form.format == Format::Json {
        fields.problem("format", "must be xml: official accounts support no other format");
    }
    let settings = push::Settings::new(form);
    for mistake in settings.as_ref().err().into_iter().flatten() {
        fields.problem(mistake.field(), mistake.problem());
    }
    fields.finish();
    settings.ok()
}

/// The properties that differ between kinds.
struct OfItsKind {
    app_id: Check,
    secret: Check,
    is_an_agent: bool,
}

impl OfItsKind {
    const WECHAT: Self = Self { app_id: APP_ID, secret: SECRET, is_an_agent: false };
    const WECOM: Self = Self { app_id: CORP_ID, secret: CORP_SECRET, is_an_agent: true };

    const fn of(kind: Option<AppKind>) -> &'static Self {
        match kind {
            Some(AppKind::OfficialAccount | AppKind::Website | AppKind::Mobile | AppKind::MiniProgram) | None => {
                &Self::WECHAT
            }
            Some(AppKind::WeCom) => &Self::WECOM,
        }
    }
}

/// Parses one person; adds the mistakes to `problems`.
pub(crate) fn person(index: PersonIndex, table: &Table, problems: &mut Vec<SeedProblem>) -> Person {
    let mut fields = Fields::new(format!("people[{}]", index.0), table, problems);
    let follows = fields.texts("follows", NAME);
    let person = Person {
        index,
        id: fields.text("id", NAME),
        nickname: fields.text("nickname", TITLE),
        phones: fields.texts("phones", PHONE),
        follows: follows.into_iter().map(|app| (app, Follow::default())).collect::<BTreeMap<_, _>>(),
        avatar: fields.optional_text("avatar", AVATAR),
        snapshot: fields.flag("snapshot"),
        blocked: fields.flag("blocked"),
        member: fields.flag("member"),
    };
    fields.finish();
    person
}

type Sections<'a> = (Option<&'a Table>, Vec<&'a Table>, Vec<&'a Table>);

fn sections<'a>(table: &'a Table, problems: &mut Vec<SeedProblem>) -> Sections<'a> {
    let mut fields = Fields::new(String::new(), table, problems);
    let sections = (fields.table("company"), fields.tables("apps", MOST_APPS), fields.tables("people", MOST_PEOPLE));
    fields.finish();
    sections
}

/// Parses the company's name and its own host names.
fn company(table: &Table, problems: &mut Vec<SeedProblem>) -> (String, Vec<String>) {
    let mut fields = Fields::new("company".to_owned(), table, problems);
    let company = (fields.text("name", TITLE), fields.texts("hosts", HOST));
    fields.finish();
    company
}

/// Reports followed apps that do not exist.
fn strangers(apps: &[App], people: &[Person], problems: &mut Vec<SeedProblem>) {
    let names: BTreeSet<_> = apps.iter().map(|app| app.name.as_str()).collect();
    for person in people {
        for app in person.follows.keys().filter(|app| !names.contains(app.as_str())) {
            let path = format!("people[{}].follows", person.index.0);
            problems.push(SeedProblem { path, problem: format!("names `{app}`, which is not an app") });
        }
    }
}

fn twins<'a>(list: &str, field: &str, values: impl Iterator<Item = Cow<'a, str>>, problems: &mut Vec<SeedProblem>) {
    let mut seen = BTreeSet::new();
    for (at, value) in values.enumerate() {
        if !value.is_empty() && !seen.insert(value.clone()) {
            problems.push(SeedProblem { path: format!("{list}[{at}].{field}"), problem: format!("repeats `{value}`") });
        }
    }
}
