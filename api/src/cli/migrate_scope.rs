//! `guiyi migrate-scope`: exchanges all unionIds of a union scope, in batches, with constant memory.
//! See `usecase::union_scope` for the effect on each person.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use clap::Args;
use domain::union_scope::{Renaming, Step};
use domain::{UnionId, UnionKey, UnionScope};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

use super::words::{because, said};
use super::{Failure, logs};
use crate::app::App;
use crate::service::{Parts, Service};
use crate::text::{Text, text};
use crate::usecase;

/// People of one transaction.
const BATCH: usize = 500;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The scope that the unionIds are in now.
    #[arg(long)]
    from: UnionScope,
    /// The scope that they move to. It may be the same one, if there is a file.
    #[arg(long)]
    to: UnionScope,
    /// A CSV file of two columns, oldUnionId and newUnionId. Without it only the scope's name changes.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Prints what would change, without changing it.
    #[arg(long)]
    dry_run: bool,
}

/// One row of the file. Does not print: unionIds are personal data.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Row {
    old_union_id: String,
    new_union_id: String,
}

/// The outcomes.
#[derive(Debug, Default)]
struct Tally {
    moved: u64,
    done: u64,
    unknown: u64,
    clashes: u64,
    bad: u64,
}

/// The people of the next transaction, each with the line of the file.
#[derive(Default)]
struct Batch {
    lines: Vec<Option<u64>>,
    pairs: Vec<Renaming>,
    /// Their unionIds: two changes to one have to be in separate batches.
    named: HashSet<UnionKey>,
}

/// The destination of a migration.
struct Move<'a> {
    service: &'a Service,
    dry_run: bool,
    progress: ProgressBar,
    tally: Tally,
}

pub(super) async fn run(parts: Parts, arguments: Arguments) -> Result<(), Failure> {
    logs::start(&parts.config.log)?;
    let Arguments { from, to, file, dry_run } = arguments;
    if file.is_none() && from == to {
        return Err(
            text!("without a file the two scopes must differ", "未提供文件时，两个 union_scope 必须不同").into()
        );
    }
    let app = App::start_for_command(parts).await?;
    let mut moving = Move { service: app.service(), dry_run, progress: ProgressBar::hidden(), tally: Tally::default() };
    match file {
        Some(path) => {
            let open = |error: std::io::Error| {
                because(text!("{path} cannot be read", "无法读取 {path}", path = path.display()), error)
            };
            let file = File::open(&path).map_err(open)?;
            moving.progress = progress(file.metadata().map_err(open)?.len());
            let reader = moving.progress.wrap_read(file);
            moving.of_file((&from, &to), reader).await?;
        }
        None => moving.of_scope((&from, &to)).await?,
    }
    moving.finish()
}

fn progress(bytes: u64) -> ProgressBar {
    let template = Text::new(
        "{bar:32} {percent:>3}%  {pos}/{len} B  {bytes_per_sec}  {eta} left  {msg}",
        "{bar:32} {percent:>3}%  {pos}/{len} B  {bytes_per_sec}  剩余 {eta}  {msg}",
    );
    let style = ProgressStyle::with_template(said(&template)).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(bytes).with_style(style)
}

impl Move<'_> {
    /// Moves the pairs of a file.
    async fn of_file(
        &mut self,
        (from, to): (&UnionScope, &UnionScope),
        reader: impl Read + Send,
    ) -> Result<(), Failure> {
        let mut rows = csv::Reader::from_reader(reader).into_deserialize::<Row>();
        let mut batch = Batch::default();
        loop {
            let line = rows.reader().position().line();
            let Some(row) = rows.next() else { break };
            match row.map_err(|e| reason(&e)).and_then(|row| read(&row, from, to)) {
                Ok(pair) => {
                    if batch.pairs.len() == BATCH || batch.names(&pair) {
                        self.write(&mut batch).await?;
                    }
                    batch.add(Some(line), pair);
                }
                Err(reason) => {
                    self.tally.bad += 1;
                    self.say(Some(line), &reason);
                }
            }
        }
        self.write(&mut batch).await
    }

    /// Moves all people of a scope, keeping their unionIds.
    async fn of_scope(&mut self, (from, to): (&UnionScope, &UnionScope)) -> Result<(), Failure> {
        let mut after = None;
        loop {
            let (pairs, last) =
                usecase::union_scope::renamings(self.service, (from, to), (after, BATCH as u64)).await?;
            if last.is_none() {
                return Ok(());
            }
            after = last;
            let mut batch = Batch::default();
            for pair in pairs {
                batch.add(None, pair);
            }
            self.write(&mut batch).await?;
        }
    }

    async fn write(&mut self, batch: &mut Batch) -> Result<(), Failure> {
        let Batch { lines, pairs, .. } = std::mem::take(batch);
        let steps = usecase::union_scope::migrate(self.service, &pairs, self.dry_run).await?;
        for (line, step) in lines.into_iter().zip(steps) {
            self.count(line, &step);
        }
        let Tally { moved, clashes, .. } = self.tally;
        let message = text!("{moved} moved, {clashes} clashes", "已迁移 {moved}，冲突 {clashes}");
        self.progress.set_message(said(&message).to_owned());
        Ok(())
    }

    fn count(&mut self, line: Option<u64>, step: &Step) {
        match step {
            Step::Unknown => self.tally.unknown += 1,
            Step::Done => self.tally.done += 1,
            Step::Replace(_) | Step::Drop(_) => self.tally.moved += 1,
            Step::OwnedByAnother { holder, owner } => {
                self.tally.clashes += 1;
                let said = text!(
                    "{holder} has the old unionId, and {owner} the new one",
                    "旧 unionId 属于 {holder}，新 unionId 属于 {owner}"
                );
                self.say(line, &said);
            }
            Step::HasAnother { holder } => {
                self.tally.clashes += 1;
                let said = text!(
                    "{holder} has yet another unionId in the new scope",
                    "{holder} 在新的 union_scope 中已有另一个 unionId"
                );
                self.say(line, &said);
            }
        }
    }

    /// Prints at once, so that nothing accumulates and nothing is lost if the database fails later.
    fn say(&self, line: Option<u64>, what: &Text) {
        let place = match line {
            Some(line) => text!("line {line}: ", "第 {line} 行："),
            None => Text::new("", ""),
        };
        self.progress.suspend(|| eprintln!("{}", said(&place.then(what))));
    }

    fn finish(self) -> Result<(), Failure> {
        self.progress.finish_and_clear();
        let Tally { moved, done, unknown, clashes, bad } = self.tally;
        let moved = if self.dry_run {
            text!("{moved} would be moved", "将迁移 {moved}")
        } else {
            text!("{moved} moved", "已迁移 {moved}")
        };
        let rest = text!(
            ", {done} already there, {unknown} unknown, {clashes} clash(es), {bad} bad",
            "，已在目标中 {done}，未知 {unknown}，冲突 {clashes}，无效 {bad}"
        );
        println!("{}", said(&moved.then(&rest)));
        match clashes + bad {
            0 => Ok(()),
            left => Err(text!("{left} row(s) were not moved", "有 {left} 行未迁移").into()),
        }
    }
}

impl Batch {
    fn names(&self, pair: &Renaming) -> bool {
        self.named.contains(&pair.old) || self.named.contains(&pair.new)
    }

    fn add(&mut self, line: Option<u64>, pair: Renaming) {
        self.named.extend([pair.old.clone(), pair.new.clone()]);
        self.lines.push(line);
        self.pairs.push(pair);
    }
}

fn read(row: &Row, from: &UnionScope, to: &UnionScope) -> Result<Renaming, Text> {
    let key = |scope: &UnionScope, what: &str, text: &str| {
        let union_id: UnionId =
            text.parse().map_err(|e: domain::BadKey| text!("{what}: ", "{what}：").then(&e.into()))?;
        Ok::<_, Text>(UnionKey { scope: scope.clone(), union_id })
    };
    Ok(Renaming { old: key(from, "oldUnionId", &row.old_union_id)?, new: key(to, "newUnionId", &row.new_union_id)? })
}

/// Returns what is wrong with a record, without its position, which is printed separately.
fn reason(error: &csv::Error) -> Text {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => Text::foreign(err.kind().to_string()),
        _ => Text::foreign(error.to_string()),
    }
}
