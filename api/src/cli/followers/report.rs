//! The progress of a run, and the report at its end: for people, or as JSON.

use domain::follower::{Outcome, Tally};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use crate::cli::words::{said, say, tell};
use crate::text::{Text, text};
use crate::usecase::follower::{Report, Seen};

/// How many people are between two lines, where there is no terminal for a bar.
const LINES: u64 = 10_000;

/// The progress on standard error: a bar on a terminal, lines otherwise.
pub(super) struct Progress {
    bar: ProgressBar,
    told: u64,
}

impl Progress {
    pub(super) fn new() -> Self {
        let template = Text::new(
            "{bar:32} {percent:>3}%  {pos}/{len}  {per_sec}  {eta} left  {msg}",
            "{bar:32} {percent:>3}%  {pos}/{len}  {per_sec}  剩余 {eta}  {msg}",
        );
        let style = ProgressStyle::with_template(said(&template)).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self { bar: ProgressBar::no_length().with_style(style), told: 0 }
    }

    pub(super) fn show(&mut self, seen: Seen<'_>) {
        let (people, total) = (seen.tally.seen(), seen.total);
        if !self.bar.is_hidden() {
            if let Some(total) = total {
                self.bar.set_length(total.max(people));
            }
            self.bar.set_position(people);
            let changed = changed(seen.tally);
            self.bar.set_message(said(&text!("{changed} changed", "变更 {changed}")).to_owned());
        } else if people / LINES > self.told {
            self.told = people / LINES;
            match total {
                Some(total) => tell!("{people} of {total} people", "已处理 {people} 人，共 {total} 人"),
                None => tell!("{people} people", "已处理 {people} 人"),
            }
        }
    }

    pub(super) fn finish(self) {
        self.bar.finish_and_clear();
    }
}

fn changed(tally: &Tally) -> u64 {
    [Outcome::Attached, Outcome::Linked, Outcome::Joined, Outcome::Case].map(|act| tally.of_outcome(act)).iter().sum()
}

/// Prints the report.
pub(super) fn print(report: &Report, (app, dry_run, as_json): (&str, bool, bool)) {
    if as_json {
        println!("{}", json(report, app, dry_run));
        return;
    }
    let (seen, calls) = (report.tally.seen(), report.calls);
    if dry_run {
        say!("{seen} people, {calls} calls; nothing was written", "共 {seen} 人，调用 {calls} 次；未写入任何内容");
    } else {
        say!("{seen} people, {calls} calls", "共 {seen} 人，调用 {calls} 次");
    }
    for (outcome, count) in report.tally.counts() {
        println!("{count:>9}  {}", said(&name(outcome)));
    }
    for (kind, count) in &report.failures {
        say!("{count:>9}  calls failed: {kind}", "{count:>9}  次调用失败：{kind}");
    }
    if report.resumed {
        say!("continued an interrupted run", "本次为继续此前中断的任务");
    }
    if let Some(run) = report.run {
        say!("run {run}", "任务 {run}");
    }
}

fn json(report: &Report, app: &str, dry_run: bool) -> Value {
    let people: Map<String, Value> =
        report.tally.counts().map(|(outcome, count)| (outcome.to_string(), count.into())).collect();
    json!({
        "run": report.run.map(|run| run.to_string()),
        "app": app,
        "dryRun": dry_run,
        "resumed": report.resumed,
        "seen": report.tally.seen(),
        "people": people,
        "calls": report.calls,
        "failures": report.failures,
        "stopped": report.stopped.as_ref().map(|error| crate::error::chain(error)),
    })
}

fn name(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Attached => text!("got their unionId", "补上了 unionId"),
        Outcome::Linked => text!("got their openId", "补上了 openId"),
        Outcome::Joined => text!("had a second account, an empty one, which was merged", "有第二个空账号，已合并"),
        Outcome::Case => text!("are a new case for an operator", "生成了待人工处理的冲突"),
        Outcome::Unchanged => text!("were complete", "无需变更"),
        Outcome::WithoutUnionId => text!("have no unionId in WeChat's answer", "微信未返回 unionId"),
        Outcome::NotFollowing => text!("do not follow the account any more", "已取消关注"),
        Outcome::Unknown => text!("belong to no account", "不属于任何账号"),
        Outcome::Waiting => {
            text!("belong to no account; the new openId is stored for later", "不属于任何账号；新 openId 已保存备用")
        }
        Outcome::Closed => text!("have a disabled account", "账号已停用"),
        Outcome::Refused => text!("are not accepted by WeChat", "微信不接受该 openId"),
        Outcome::Unusable => text!("are missing or not usable in WeChat's answer", "微信返回的内容缺失或无法使用"),
    }
}
