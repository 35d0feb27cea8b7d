//! `guiyi audit verify`: verifies the audit chain. See `store` for how.

use std::str::FromStr;

use chrono::NaiveDate;
use clap::Args;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use domain::Timestamp;
use store::audit::{Expected, Head};

use super::Failure;
use crate::app::App;

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
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let read = || {
            let (seq, hash) = text.split_once(':')?;
            let hash = HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).ok()?;
            Some(Self(Head { seq: seq.parse().ok().filter(|seq| *seq > 0)?, hash: hash.try_into().ok()? }))
        };
        read().ok_or("is not a number, a colon and 64 hexadecimal digits")
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
        println!("{fault}");
    }
    let told = u64::try_from(checked.faults.len()).unwrap_or(u64::MAX);
    if checked.fault_count > told {
        println!("and {} more", checked.fault_count - told);
    }
    if checked.unknown_keys > 0 {
        eprintln!("{} row(s) were sealed with keys that are not configured", checked.unknown_keys);
    }
    if let Some((count, last)) = checked.sealed_late {
        eprintln!(
            "{count} row(s), the last of them {last}, were sealed more than ten minutes after their event: the service was \
             stopped, or the chain was made anew. Give an anchor from the log to tell which"
        );
    }
    if checked.pruned > 0 {
        eprintln!("{} entries were deleted by the retention", checked.pruned);
    }
    match &checked.head {
        Some(Head { seq, hash }) => println!("{seq} row(s), anchor {seq}:{}", HEXLOWER.encode(hash)),
        None => println!("the chain is empty"),
    }
    if checked.fault_count == 0 {
        Ok(())
    } else {
        Err(format!("the audit has {} fault(s)", checked.fault_count).into())
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
