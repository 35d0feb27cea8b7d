//! `guiyi audit verify`: verifies the audit chain. See `store` for how.

use std::str::FromStr;

use chrono::NaiveDate;
use clap::Args;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use domain::Timestamp;
use store::audit::{Expected, Head};

use super::Failure;
use super::words::{said, say, tell};
use crate::app::App;
use crate::text::{Text, text};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// An earlier end of the chain, as logged in `audit.anchor`: NUMBER:HASH. Repeatable.
    #[arg(long, value_name = "NUMBER:HASH")]
    anchor: Vec<Anchor>,
    /// Accept missing audit entries from before this day (UTC), which the retention deletes.
    #[arg(long, value_name = "DAY")]
    pruned_before: Option<NaiveDate>,
}

#[derive(Debug, Clone)]
struct Anchor(Head);

impl FromStr for Anchor {
    type Err = Text;

    fn from_str(text: &str) -> Result<Self, Text> {
        let read = || {
            let (seq, hash) = text.split_once(':')?;
            let hash = HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).ok()?;
            Some(Self(Head { seq: seq.parse().ok().filter(|seq| *seq > 0)?, hash: hash.try_into().ok()? }))
        };
        read().ok_or_else(|| {
            text!("is not a number, a colon and 64 hexadecimal digits", "应为一个数字、一个冒号和 64 位十六进制字符")
        })
    }
}

/// Verifies the chain, prints its faults, and fails if there are any.
pub(super) async fn run(app: &App, arguments: &Arguments) -> Result<(), Failure> {
    let midnight =
        |day: NaiveDate| Timestamp::from_millis(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis());
    let anchors = arguments.anchor.iter().map(|Anchor(head)| *head).collect();
    let expected = Expected { anchors, pruned_before: arguments.pruned_before.map(midnight) };
    let checked = crate::usecase::audit::check(app.service(), &expected).await?;
    for fault in &checked.faults {
        println!("{}", said(&Text::foreign(fault.to_string())));
    }
    let told = u64::try_from(checked.faults.len()).unwrap_or(u64::MAX);
    if checked.fault_count > told {
        say!("and {more} more", "另有 {more} 处", more = checked.fault_count - told);
    }
    if checked.unknown_keys > 0 {
        tell!(
            "{rows} row(s) were sealed with keys that are not configured",
            "有 {rows} 行使用了未配置的密钥",
            rows = checked.unknown_keys
        );
    }
    if let Some((count, last)) = checked.sealed_late {
        tell!(
            "{count} row(s), the last of them {last}, were sealed more than ten minutes after their event: the service was \
             stopped, or the chain was made anew. Give an anchor from the log to tell which",
            "有 {count} 行（最后一行为 {last}）在事件发生十多分钟后才写入审计链：服务当时已停止，或审计链被重新生成。\
             请用日志中的 anchor 判断"
        );
    }
    if checked.pruned > 0 {
        tell!(
            "{count} entries were deleted by the retention",
            "有 {count} 条记录已按保留期限删除",
            count = checked.pruned
        );
    }
    if checked.redacted > 0 {
        tell!(
            "words about people were removed from {count} entries, as the chain says",
            "有 {count} 条记录中的个人信息已被删除，审计链中有相应记载",
            count = checked.redacted
        );
    }
    match &checked.head {
        Some(Head { seq, hash }) => {
            let hash = HEXLOWER.encode(hash);
            say!("{seq} row(s), anchor {seq}:{hash}", "共 {seq} 行，anchor {seq}:{hash}");
        }
        None => say!("the chain is empty", "审计链为空"),
    }
    if checked.fault_count == 0 {
        Ok(())
    } else {
        let count = checked.fault_count;
        Err(text!("the audit has {count} fault(s)", "审计记录有 {count} 处异常").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_a_number_and_a_hash() {
        let hash = "0f".repeat(32);

        let read = format!("12:{hash}").parse::<Anchor>().map(|Anchor(head)| head);

        assert_eq!(read, Ok(Head { seq: 12, hash: [15; 32] }));
        for text in ["", "12", "12:", ":00", "0:00", &format!("-1:{hash}"), &format!("1:{}", &hash[2..])] {
            assert!(text.parse::<Anchor>().is_err(), "{text}");
        }
    }
}
