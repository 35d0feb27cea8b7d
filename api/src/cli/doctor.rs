//! `guiyi doctor`: looks at everything that the configuration leads to, and says what to do. Changes nothing. `check` has looked
//! at the configuration itself before.

mod addresses;
mod database;
mod upstreams;

use chrono::TimeDelta;
use domain::Timestamp;

use super::Failure;
use super::words::{said, say, tell};
use crate::service::Parts;
use crate::text::{Text, text};

/// How far clocks may be apart: leases of upstream tokens and the times of tokens depend on them.
const APART: TimeDelta = TimeDelta::seconds(3);

/// What was found at one place.
#[derive(Debug)]
enum Finding {
    /// As it should be.
    Sound(Text),
    /// Works, or may work, and deserves a look.
    Odd(Text, Text),
    /// Does not work; with what to do.
    Broken(Text, Text),
}

pub(super) async fn run(parts: Parts) -> Result<(), Failure> {
    let mut findings = database::look(&parts).await;
    findings.extend(upstreams::look(&parts).await);
    findings.extend(addresses::look(&parts).await);
    let mut broken = 0;
    for finding in &findings {
        match finding {
            Finding::Sound(what) => say!("ok       {what}", "正常  {what}", what = said(what)),
            Finding::Odd(what, advice) => {
                tell!("look at  {what}", "注意  {what}", what = said(what));
                tell!("         → {advice}", "      → {advice}", advice = said(advice));
            }
            Finding::Broken(what, advice) => {
                broken += 1;
                tell!("broken   {what}", "故障  {what}", what = said(what));
                tell!("         → {advice}", "      → {advice}", advice = said(advice));
            }
        }
    }
    match broken {
        0 => Ok(()),
        _ => Err(text!("{broken} thing(s) are broken", "发现 {broken} 处故障").into()),
    }
}

/// Compares a clock with that of this machine.
fn clock(of: &Text, theirs: Timestamp, ours: Timestamp) -> Finding {
    let apart = TimeDelta::milliseconds(theirs.millis() - ours.millis());
    let seconds = apart.num_seconds();
    let what = of.clone().then(&text!(": its clock differs by {seconds} s", "：时钟相差 {seconds} 秒"));
    if apart.abs() <= APART {
        return Finding::Sound(what);
    }
    let advice = text!(
        "synchronise the clock of this machine (chrony, systemd-timesyncd)",
        "请同步本机时钟（chrony、systemd-timesyncd）"
    );
    Finding::Odd(what, advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_may_differ_by_three_seconds() {
        let at = Timestamp::from_millis;
        let of = Text::new("it", "它");

        for theirs in [0, 3000, -3000, 2999] {
            assert!(matches!(clock(&of, at(theirs), at(0)), Finding::Sound(_)), "{theirs}");
        }
        for theirs in [3001, -3001, 86_400_000] {
            assert!(matches!(clock(&of, at(theirs), at(0)), Finding::Odd(..)), "{theirs}");
        }
    }
}
