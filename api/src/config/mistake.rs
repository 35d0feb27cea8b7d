//! Mistakes in the configuration, and the list that collects those of all stages: reading, parsing, checks, providers.

use std::fmt;

use providers::Problem;

use super::read::{Origins, of_serde};
use crate::error::Language;
use crate::text::{Text, text};

/// One mistake, or one warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The setting, such as `http.listen`; or the variable, argument or file that is no setting.
    pub path: String,
    /// Where it comes from, if it does not come from the defaults: `guiyi.toml:12`, a variable or an argument.
    pub source: Option<String>,
    /// What is wrong, without any secret.
    pub said: Text,
    /// What was probably meant, or how to write it.
    pub expected: Option<Text>,
}

impl Mistake {
    /// Creates a mistake of unknown source, without a hint.
    #[must_use]
    pub fn new(path: impl Into<String>, said: Text) -> Self {
        Self { path: path.into(), source: None, said, expected: None }
    }

    /// Returns one line, without an indent.
    #[must_use]
    pub fn in_language(&self, language: Language) -> String {
        let (said, expected) = (self.said.in_language(language), self.expected.as_ref());
        let expected = expected.map(|expected| expected.in_language(language));
        let (open, close, colon, semicolon) = match language {
            Language::En => (" (", ")", ": ", "; "),
            Language::ZhCn => ("（", "）", "：", "；"),
        };
        let source = self.source.as_ref().map(|source| format!("{open}{source}{close}")).unwrap_or_default();
        let expected = expected.map(|expected| format!("{semicolon}{expected}")).unwrap_or_default();
        format!("{}{source}{colon}{said}{expected}", self.path)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::En))
    }
}

impl From<Problem> for Mistake {
    fn from(problem: Problem) -> Self {
        Self::new(problem.path, Text::foreign(problem.reason))
    }
}

/// Every mistake of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The mistakes, by stage.
    pub mistakes: Vec<Mistake>,
    /// What is strange but allowed.
    pub warnings: Vec<Mistake>,
    /// Whether the file could not be read or parsed, so that its settings were not checked.
    pub is_partial: bool,
}

impl ConfigError {
    /// Returns the whole list.
    #[must_use]
    pub fn in_language(&self, language: Language) -> String {
        let count = self.mistakes.len();
        let head = text!("the configuration has {count} mistake(s):", "配置有 {count} 处错误：");
        let lines = self.mistakes.iter().map(|mistake| format!("\n  {}", mistake.in_language(language)));
        let warnings = self.warnings.iter().map(|warning| {
            let line = warning.in_language(language);
            format!("\n{}", text!("warning: {line}", "警告：{line}").in_language(language))
        });
        let rest = text!(
            "the settings of the file were not checked further: correct this first",
            "配置文件中的其他设置尚未检查：请先更正以上错误"
        );
        let rest = if self.is_partial { format!("\n  {}", rest.in_language(language)) } else { String::new() };
        let (lines, warnings): (String, String) = (lines.collect(), warnings.collect());
        format!("{}{lines}{rest}{warnings}", head.in_language(language))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::En))
    }
}

impl std::error::Error for ConfigError {}

/// Collects mistakes, one for each path, and warnings. A value that cannot be read is replaced by its default, and what
/// later stages say about it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Found {
    mistakes: Vec<Mistake>,
    warnings: Vec<Mistake>,
    unread: Vec<String>,
    origins: Origins,
    is_partial: bool,
}

impl Found {
    /// Records a mistake, unless its path already has one.
    pub(crate) fn note(&mut self, path: impl Into<String>, said: Text) {
        self.add(Mistake::new(path, said));
    }

    /// Records a mistake with a hint.
    pub(crate) fn note_hint(&mut self, path: impl Into<String>, said: Text, expected: Option<Text>) {
        self.add(Mistake { expected, ..Mistake::new(path, said) });
    }

    /// Records a value that cannot be read. Nothing more is said about it, its parts and its whole.
    pub(super) fn unread(&mut self, path: impl Into<String>, said: Text, expected: Option<Text>) {
        let path = path.into();
        self.note_hint(path.clone(), said, expected);
        self.unread.push(path);
    }

    /// Records a key that does not exist. Its value may be wrong as well, which has been said then.
    pub(super) fn unknown(&mut self, path: impl Into<String>, said: Text, expected: Option<Text>) {
        let mistake = Mistake { expected, ..Mistake::new(path, said) };
        if !self.mistakes.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }

    /// Records what is strange but allowed.
    pub(super) fn warn(&mut self, warning: Mistake) {
        self.warnings.push(warning);
    }

    /// Records problems of a part; their paths begin after `within`.
    pub(crate) fn problems(&mut self, within: &str, problems: impl IntoIterator<Item = Problem>) {
        for Problem { path, reason } in problems {
            let path = joined(within, &path);
            let (said, expected) = of_serde(&path, &reason);
            if reason.starts_with("unknown field") {
                self.unknown(path, said, expected);
            } else {
                self.note_hint(path, said, expected);
            }
        }
    }

    /// Records that the file cannot be used.
    pub(super) fn give_up_file(&mut self) {
        self.is_partial = true;
    }

    pub(super) fn set_origins(&mut self, origins: Origins) {
        self.origins = origins;
    }

    /// Returns whether the file cannot be used.
    pub(crate) const fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// Returns whether the value at this path, a part of it or its whole cannot be read.
    pub(crate) fn is_unread(&self, path: &str) -> bool {
        self.unread.iter().any(|unread| lies_within(unread, path) || lies_within(path, unread))
    }

    /// Returns whether there is a mistake.
    pub(crate) const fn is_empty(&self) -> bool {
        self.mistakes.is_empty()
    }

    fn add(&mut self, mistake: Mistake) {
        if !self.is_unread(&mistake.path) && !self.mistakes.iter().any(|noted| noted.path == mistake.path) {
            self.mistakes.push(mistake);
        }
    }

    /// Returns every mistake with its source, and the warnings.
    pub(crate) fn into_error(self) -> ConfigError {
        let Self { mistakes, warnings, origins, is_partial, .. } = self;
        let located = |mistake: Mistake| Mistake { source: origins.of(&mistake.path), ..mistake };
        ConfigError { mistakes: mistakes.into_iter().map(located).collect(), warnings, is_partial }
    }

    /// Returns the warnings of a configuration without mistakes.
    pub(crate) fn into_warnings(self) -> Vec<Mistake> {
        self.warnings
    }
}

/// Returns whether the path is `outer` or a part of it.
pub(super) fn lies_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Returns the path of a key within a table; serde calls the table itself `.`.
pub(super) fn joined(table: &str, key: &str) -> String {
    match (table, key) {
        (table, "." | "") => table.to_owned(),
        ("", key) => key.to_owned(),
        (table, key) => format!("{table}.{key}"),
    }
}
