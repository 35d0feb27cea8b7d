//! Outcomes of the rows: all are counted, some are printed, and a report has all of them if requested.

use std::borrow::Cow;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::super::Failure;
use crate::cli::words::{because, said, tell};
use crate::private_file;
use crate::text::{Text, text};
use crate::usecase::import::Outcome;

/// How many rows of each kind are printed; a report has all of them.
const TOLD: usize = 100;

const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// A row and its outcome.
#[derive(Debug)]
pub(in crate::cli) struct Line {
    pub(super) number: u64,
    /// The company's own id of the row; empty when the row cannot be read.
    pub(super) name: String,
    pub(super) outcome: Result<Outcome, Bad>,
}

/// Why a row could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Bad {
    /// The column, or nothing if the reason lies in the whole row.
    pub(super) column: String,
    /// The whole message.
    pub(super) reason: Text,
}

/// The outcomes of the rows.
#[derive(Debug, Default)]
pub(in crate::cli) struct Tally {
    created: u64,
    updated: u64,
    unchanged: u64,
    joined: u64,
    conflicts: u64,
    bad: u64,
    told: Vec<Text>,
    notes: Vec<Text>,
    report: Option<csv::Writer<File>>,
}

impl Tally {
    /// Creates a tally that also writes every row to a CSV file, which only its owner may read. It begins with a byte order mark,
    /// without which Excel does not read Chinese.
    pub(super) fn reporting(file: &Path) -> Result<Self, Failure> {
        let made = private_file::create(file).and_then(|mut made| made.write_all(BYTE_ORDER_MARK).map(|()| made));
        let made =
            made.map_err(|e| because(text!("{path} cannot be written", "无法写入 {path}", path = file.display()), e))?;
        let mut report = csv::Writer::from_writer(made);
        report.write_record(["line", "id", "outcome", "key", "other", "reason"])?;
        Ok(Self { report: Some(report), ..Self::default() })
    }

    /// Keeps what is said about the whole file.
    pub(super) fn note(&mut self, notes: Vec<Text>) {
        self.notes = notes;
    }

    /// Counts the rows of one batch, in the order of their lines.
    pub(super) fn count(&mut self, mut lines: Vec<Line>) -> Result<(), Failure> {
        lines.sort_by_key(|line| line.number);
        for line in lines {
            self.count_one(&line)?;
        }
        Ok(())
    }

    fn count_one(&mut self, line: &Line) -> Result<(), Failure> {
        let number = line.number;
        let Cells { outcome, key, other, reason } = cells(&line.outcome);
        let (count, text) = match &line.outcome {
            Ok(Outcome::Created) => (&mut self.created, None),
            Ok(Outcome::Updated) => (&mut self.updated, None),
            Ok(Outcome::Unchanged) => (&mut self.unchanged, None),
            Ok(Outcome::Joined { .. }) => {
                let name = &line.name;
                let text = text!("line {number}: {other} joins {name}: ", "第 {number} 行：{other} 归并到 {name}：");
                (&mut self.joined, Some(text.then(&reason)))
            }
            Ok(Outcome::Conflict { .. }) => {
                let text = text!("line {number}: {key}: ", "第 {number} 行：{key}：").then(&reason);
                let other = (!other.is_empty()).then(|| text!(" ({other})", "（{other}）"));
                let text = other.iter().fold(text, Text::then);
                (&mut self.conflicts, Some(text))
            }
            Err(_) => (&mut self.bad, Some(text!("line {number}: ", "第 {number} 行：").then(&reason))),
        };
        *count += 1;
        if usize::try_from(*count).is_ok_and(|count| count <= TOLD) {
            self.told.extend(text);
        }
        if let Some(report) = &mut self.report {
            let cells = [&*number.to_string(), &line.name, outcome, &key, &other, said(&reason)];
            let cells = cells.map(harmless);
            report.write_record(cells.iter().map(|cell| cell.as_bytes()))?;
        }
        Ok(())
    }

    /// Prints the rows that need attention to standard error, at most a hundred of each kind.
    pub(super) fn tell(&mut self) -> Result<(), Failure> {
        for line in self.notes.iter().chain(&self.told) {
            eprintln!("{}", said(line));
        }
        let told = u64::try_from(self.told.len()).unwrap_or(u64::MAX);
        let untold = (self.joined + self.conflicts + self.bad).saturating_sub(told);
        if untold > 0 {
            tell!(
                "and {untold} more: --report FILE writes all of them",
                "另有 {untold} 行：--report FILE 可写出全部结果"
            );
        }
        match &mut self.report {
            Some(report) => Ok(report.flush()?),
            None => Ok(()),
        }
    }

    /// Returns the counts on one line.
    pub(super) fn summary(&self, dry_run: bool) -> Text {
        let Self { created, updated, unchanged, joined, conflicts, bad, .. } = self;
        if dry_run {
            text!(
                "{created} would be created, {updated} would be updated, {unchanged} unchanged, {joined} would be joined, \
                 {conflicts} in conflict, {bad} bad",
                "将新建 {created}，将更新 {updated}，不变 {unchanged}，将归并 {joined}，冲突 {conflicts}，错误 {bad}"
            )
        } else {
            text!(
                "{created} created, {updated} updated, {unchanged} unchanged, {joined} joined, {conflicts} in conflict, \
                 {bad} bad",
                "新建 {created}，更新 {updated}，不变 {unchanged}，归并 {joined}，冲突 {conflicts}，错误 {bad}"
            )
        }
    }

    /// Returns how many rows were not imported.
    pub(in crate::cli) fn left_out(&self) -> u64 {
        self.conflicts + self.bad
    }

    /// Returns the first row that needs attention.
    #[cfg(feature = "sandbox")]
    pub(in crate::cli) fn first_told(&self) -> Option<&Text> {
        self.told.first()
    }

    pub(super) fn rows(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.joined + self.left_out()
    }
}

/// Escapes a cell so that spreadsheets show it as text: the start of a formula gets an apostrophe.
///
/// <https://owasp.org/www-community/attacks/CSV_Injection>, with the full-width signs that spreadsheets treat alike.
/// Some of them skip spaces before the sign.
fn harmless(cell: &str) -> Cow<'_, str> {
    let signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    let begins_formula = cell.starts_with(['\t', '\r', '\n']) || cell.trim_start().starts_with(signs);
    if begins_formula { format!("'{cell}").into() } else { cell.into() }
}

/// What the report says of an outcome. All but the reason is for scripts, and is the same in every language.
struct Cells {
    outcome: &'static str,
    key: String,
    /// The other account.
    other: String,
    reason: Text,
}

fn cells(outcome: &Result<Outcome, Bad>) -> Cells {
    let plain = |outcome| Cells { outcome, key: String::new(), other: String::new(), reason: text!("", "") };
    match outcome {
        Ok(Outcome::Created) => plain("created"),
        Ok(Outcome::Updated) => plain("updated"),
        Ok(Outcome::Unchanged) => plain("unchanged"),
        Ok(Outcome::Joined { from, .. }) => {
            let from: Vec<String> = from.iter().map(ToString::to_string).collect();
            let reason = text!("made by a first login, with a key of this row", "由首次登录创建，与此行有相同的标识");
            Cells { other: from.join(" "), reason, ..plain("joined") }
        }
        Ok(Outcome::Conflict { key, reason, other }) => Cells {
            outcome: "conflict",
            key: key.clone(),
            other: other.clone().unwrap_or_default(),
            reason: reason.clone(),
        },
        Err(Bad { column, reason }) => Cells { key: column.clone(), reason: reason.clone(), ..plain("bad") },
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn what_a_spreadsheet_would_carry_out_is_plain_text() {
        for cell in [
            "=1+1",
            "+86138",
            "-2",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "  =cmd|' /C calc'!A0",
            "＝1",
            "＋1",
            "－1",
            "＠A",
        ] {
            assert_eq!(harmless(cell), format!("'{cell}"), "{cell:?}");
        }
    }

    #[test]
    fn all_other_cells_stay_as_they_are() {
        for cell in ["", "N-1", "a=b", "1-2", "usr_0", "茶", "'", "\"=1"] {
            assert_eq!(harmless(cell), cell, "{cell:?}");
        }
    }
}
