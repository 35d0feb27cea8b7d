//! Which column of a table, or key of an object, is which field. All mistakes of a header are reported at once, before any row.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{AppName, UnionScope};

use super::field::{Field, Name, fold};
use super::header_words::{list, note};
use super::mapping::{Mapping, Meaning};
use super::{Kind, cell::Cell, table::Record};
use crate::apps::Apps;
use crate::cli::Failure;
use crate::text::{Text, text};
use crate::usecase::import::masked;

/// What is known about columns before a file is read.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) kind: Kind,
    pub(super) mapping: Arc<Mapping>,
    /// The app of the whole file: `--app`.
    pub(super) app: Option<String>,
    /// The currency of the whole file: `--currency`.
    pub(super) currency: Option<String>,
    /// Whether accounts get an external id that is derived from their phone.
    pub(super) by_phone: bool,
    /// The names of the apps, and their union scopes.
    apps: Vec<String>,
    scopes: Vec<String>,
    /// The union scope of `app`.
    scope: Option<String>,
}

/// What a column is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Use {
    Fields(Vec<Field>),
    Skipped,
    Unknown,
    /// It can be no field, and why.
    Wrong(Text),
}

/// The header of a table.
#[derive(Debug)]
pub(super) struct Header {
    /// The fields of each column, each with the header in the file.
    pub(super) columns: Vec<Vec<(Field, Arc<str>)>>,
    /// The number of columns up to the last that has a name.
    pub(super) width: usize,
    /// What is read and what is skipped, if that needs to be said.
    pub(super) note: Option<Text>,
}

impl Columns {
    pub(super) fn new(kind: Kind, mapping: Arc<Mapping>, apps: &Apps) -> Result<Self, Failure> {
        let names: Vec<String> = apps.all().iter().map(|app| app.name.to_string()).collect();
        let scopes = apps.all().iter().filter_map(|app| app.provider.union_scope()).map(UnionScope::to_string);
        let scopes = scopes.collect::<BTreeSet<_>>().into_iter().collect();
        let chosen = match &mapping.app {
            Some(name) => {
                let found = name.parse().ok().and_then(|name: AppName| apps.named(&name));
                let all = names.join(", ");
                let unknown =
                    || text!("there is no app {name:?}: the apps are {all}", "没有应用 {name:?}：现有应用为 {all}");
                Some(found.ok_or_else(unknown)?)
            }
            None => None,
        };
        let scope = chosen.and_then(|app| app.provider.union_scope()).map(UnionScope::to_string);
        let (app, currency) = (mapping.app.clone(), mapping.currency.clone());
        Ok(Self { kind, mapping, app, currency, by_phone: false, apps: names, scopes, scope })
    }

    /// Knows the apps `shop` and `club` of the union scope `hemu`.
    #[cfg(test)]
    pub(super) fn of_test(kind: Kind, mapping: Mapping) -> Self {
        let (apps, scopes) = (vec!["shop".to_owned(), "club".to_owned()], vec!["hemu".to_owned()]);
        let (app, currency) = (mapping.app.clone(), mapping.currency.clone());
        let scope = app.as_ref().map(|_| "hemu".to_owned());
        Self { kind, mapping: Arc::new(mapping), app, currency, by_phone: false, apps, scopes, scope }
    }

    /// Returns what a column with this header is used for.
    pub(super) fn use_of(&self, header: &str) -> Use {
        match self.fields(header) {
            Some(fields) if fields.is_empty() => Use::Skipped,
            Some(fields) => match fields.into_iter().map(|field| self.placed(field)).collect() {
                Ok(fields) => Use::Fields(fields),
                Err(reason) => Use::Wrong(reason),
            },
            None => Use::Unknown,
        }
    }

    /// Returns the fields that a header stands for: none of a skipped column, nothing of an unknown one.
    fn fields(&self, header: &str) -> Option<Vec<Field>> {
        match self.mapping.meaning(header) {
            _ if fold(header).is_empty() => Some(Vec::new()),
            Some(Meaning::Skipped) => Some(Vec::new()),
            Some(Meaning::Fields(fields)) => Some(fields.clone()),
            None => {
                let field = Field::recognise(self.kind, header).map(|field| vec![field]);
                field.or_else(|| self.mapping.ignores_others.then(Vec::new))
            }
        }
    }

    /// Gives an openId its app and a unionId its scope, or says why it has none.
    fn placed(&self, field: Field) -> Result<Field, Text> {
        if self.kind == Kind::Orders {
            return Ok(field);
        }
        let (known, own, what) = match field.name {
            Name::OpenId => (&self.apps, &self.app, text!("app", "应用")),
            Name::UnionId => (&self.scopes, &self.scope, text!("union scope", " union_scope")),
            _ => return Ok(field),
        };
        let name = field.name.text();
        let among = text!("expected one of: {all}", "可选值：{all}", all = known.join(", "));
        match field.place.or_else(|| own.clone()) {
            Some(place) if known.contains(&place) => Ok(Field { name: field.name, place: Some(place) }),
            Some(place) => Err(text!("{name}:{place}: there is no ", "{name}:{place}：没有")
                .then(&what)
                .then(&text!(" {place:?}; ", " {place:?}；"))
                .then(&among)),
            None => Err(text!("{name} needs its ", "{name} 需要指定")
                .then(&what)
                .then(&text!(": --app NAME, or {name}:NAME; ", "：使用 --app NAME，或将列名写成 {name}:NAME；"))
                .then(&among)),
        }
    }

    /// Returns the required fields that no option gives.
    pub(super) fn required(&self) -> impl Iterator<Item = Name> + '_ {
        let given = |name: &Name| match name {
            Name::App => self.app.is_some(),
            Name::Currency => self.currency.is_some(),
            Name::ExternalId => self.by_phone,
            _ => false,
        };
        let phone = self.by_phone.then_some(Name::Phone);
        Name::required(self.kind).iter().copied().filter(move |name| !given(name)).chain(phone)
    }

    /// Returns the field that tells a header from a title: every row needs its own.
    const fn anchor(&self) -> Name {
        match self.kind {
            Kind::Users if self.by_phone => Name::Phone,
            Kind::Users => Name::ExternalId,
            Kind::Orders => Name::OrderNo,
        }
    }

    /// Returns whether a row names the columns.
    pub(super) fn is_header(&self, record: &Record) -> bool {
        record.cells.iter().any(|cell| self.is_used_for(cell, |field| field.name == self.anchor()))
    }

    /// Returns how many columns of a row have a known name, if it is a header.
    pub(super) fn fit(&self, record: &Record) -> usize {
        let known = record.cells.iter().filter(|cell| self.is_used_for(cell, |_| true)).count();
        if self.is_header(record) { known } else { 0 }
    }

    fn is_used_for(&self, cell: &Cell, is: impl Fn(&Field) -> bool) -> bool {
        self.fields(&cell.text()).is_some_and(|fields| fields.iter().any(is))
    }

    /// Checks a header as a whole.
    pub(super) fn header(&self, record: &Record) -> Result<Header, Failure> {
        let names: Vec<String> = record.cells.iter().map(|cell| without_controls(&cell.text())).collect();
        let mut mistakes = Vec::new();
        let mut unknown = Vec::new();
        let mut columns = Vec::new();
        for name in &names {
            let header: Arc<str> = name.as_str().into();
            columns.push(match self.use_of(name) {
                Use::Fields(fields) => fields.into_iter().map(|field| (field, Arc::clone(&header))).collect(),
                Use::Skipped => Vec::new(),
                Use::Unknown => {
                    unknown.push(format!("{name:?}"));
                    Vec::new()
                }
                Use::Wrong(reason) => {
                    mistakes.push(reason);
                    Vec::new()
                }
            });
        }
        mistakes.extend(self.doubled(&columns));
        mistakes.extend(self.absent(&names));
        mistakes.extend(self.missing(&columns));
        if !unknown.is_empty() {
            mistakes.push(text!(
                "unknown column(s) {all}: say what each is (--map \"会员号=externalId\"), or skip it (--map \"备注=-\", \
                 --ignore-other-columns)",
                "无法识别的列 {all}：请指定各列的含义（--map \"会员号=externalId\"），或忽略（--map \"备注=-\"、\
                 --ignore-other-columns）",
                all = unknown.join(", ")
            ));
        }
        if !mistakes.is_empty() {
            let what = text!("line {line}: the header does not fit", "第 {line} 行：表头有误", line = record.line);
            return Err(list(what, &mistakes));
        }
        let width = names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        Ok(Header { note: note(&names, &columns), columns, width })
    }

    /// Two columns for one field, or a column for what an option gives.
    fn doubled(&self, columns: &[Vec<(Field, Arc<str>)>]) -> Vec<Text> {
        let all: Vec<&(Field, Arc<str>)> = columns.iter().flatten().collect();
        let first = |field: &Field| all.iter().position(|(other, _)| other == field);
        let twice = all.iter().enumerate().filter_map(|(at, (field, header))| {
            let other = &all[first(field).filter(|first| *first < at)?].1;
            let advice = if fold(other) == fold(header) {
                text!("give one another name", "请修改其中一列的列名")
            } else {
                text!("skip one with --map \"{header}=-\"", "可用 --map \"{header}=-\" 忽略其中一列")
            };
            let both = text!(
                "{field} is in two columns, {other:?} and {header:?}: ",
                "{field} 对应 {other:?} 和 {header:?} 两列："
            );
            Some(both.then(&advice))
        });
        let options = [(Name::App, &self.app, "--app"), (Name::Currency, &self.currency, "--currency")];
        let also = options.iter().filter(|(_, option, _)| option.is_some() && self.kind == Kind::Orders);
        let also = also.filter_map(|(name, _, option)| {
            let (_, header) = all.iter().find(|(field, _)| field.name == *name)?;
            Some(text!(
                "the column {header:?} and {option} both say the {name}: leave one out",
                "列 {header:?} 和 {option} 都指定了 {name}：请只保留一个",
                name = name.text()
            ))
        });
        twice.chain(also).collect()
    }

    /// The columns of `--map` that the file does not have.
    fn absent(&self, names: &[String]) -> Vec<Text> {
        let known: BTreeSet<String> = names.iter().map(|name| fold(name)).collect();
        let absent = self.mapping.demanded.iter().filter(|header| !known.contains(&fold(header)));
        let of = |header: &String| {
            text!("--map names {header:?}, which is no column of the file", "--map 中的 {header:?} 不是文件中的列")
        };
        absent.map(of).collect()
    }

    /// The required columns that the file does not have.
    fn missing(&self, columns: &[Vec<(Field, Arc<str>)>]) -> Vec<Text> {
        let is_there = |name: Name| columns.iter().flatten().any(|(field, _)| field.name == name);
        let missing: Vec<Name> = self.required().filter(|name| !is_there(*name)).collect();
        let mut mistakes: Vec<Text> = missing.iter().map(|name| self.no_column(*name)).collect();
        if !missing.is_empty() {
            mistakes.extend(self.mapping.hint.clone());
        }
        mistakes
    }

    fn no_column(&self, name: Name) -> Text {
        let text = name.text();
        let advice = match name {
            Name::App => text!(
                "--app NAME says it for the whole file; the apps are {all}",
                "可用 --app NAME 为整个文件指定；现有应用为 {all}",
                all = self.apps.join(", ")
            ),
            Name::Currency => {
                text!("--currency CNY says it for the whole file", "可用 --currency CNY 为整个文件指定")
            }
            _ => text!(
                "say which column it is with --map \"…={text}\"; expected ",
                "请用 --map \"…={text}\" 指定对应的列；内容应为"
            )
            .then(&name.expected()),
        };
        text!("no column for {text}: ", "缺少 {text} 列：").then(&advice)
    }

    /// Says that none of the first rows names the columns.
    pub(super) fn no_header(&self, seen: &[Record]) -> Failure {
        // The row with the most columns that are known, and of these the first. It may be one of people.
        let known = |record: &&Record| record.cells.iter().filter(|cell| self.is_used_for(cell, |_| true)).count();
        let filled = |record: &&Record| record.cells.iter().filter(|cell| !cell.is_blank()).count();
        let likely = seen.iter().rev().max_by_key(|record| (known(record), filled(record)));
        let shown = |record: &Record| {
            let cells = record.cells.iter().filter(|cell| !cell.is_blank()).map(|cell| masked(&cell.shown()));
            let cells = cells.collect::<Vec<_>>().join(", ");
            let cells = super::cell::shorten_to(&cells, 200);
            text!("line {line} has: {cells}", "第 {line} 行的内容：{cells}", line = record.line)
        };
        let mut mistakes: Vec<Text> = likely.map(shown).into_iter().collect();
        mistakes.extend(self.required().map(|name| self.no_column(name)));
        mistakes.extend(self.mapping.hint.clone());
        list(text!("no line of the first 20 names the columns", "前 20 行中没有表头"), &mistakes)
    }
}

/// Replaces control characters, which a terminal would carry out.
pub(super) fn without_controls(header: &str) -> String {
    header.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
