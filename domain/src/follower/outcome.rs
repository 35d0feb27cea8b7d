//! The outcomes of a run over followers, and their counts.

use std::collections::BTreeMap;
use std::fmt;

use crate::words::words;

words! {
    /// What became of one person in a run.
    Outcome {
        /// The account got the unionId (R1b).
        Attached = "ATTACHED",
        /// The account got the openId (R2, R16).
        Linked = "LINKED",
        /// Two accounts were merged (R1c, R16).
        Joined = "JOINED",
        /// A case was opened (R1c, R5, R9, R16).
        Case = "CASE",
        /// The account had it already.
        Unchanged = "UNCHANGED",
        /// The upstream told no unionId.
        WithoutUnionId = "WITHOUT_UNION_ID",
        /// The person does not follow the app any more, so that the upstream tells no unionId.
        NotFollowing = "NOT_FOLLOWING",
        /// No account has the openId, and none the unionId.
        Unknown = "UNKNOWN",
        /// No account has the openId yet; its new openId is stored for later (R16).
        Waiting = "WAITING",
        /// The account is disabled or erased.
        Closed = "CLOSED",
        /// The upstream does not accept the openId, or does not convert it.
        Refused = "REFUSED",
        /// The upstream's answer about the person was missing or not usable.
        Unusable = "UNUSABLE",
    }
}

/// How many people had each outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Outcome, u64>);

impl Tally {
    /// Restores stored counts.
    #[must_use]
    pub fn of(counts: impl IntoIterator<Item = (Outcome, u64)>) -> Self {
        let mut tally = Self::default();
        for (outcome, count) in counts {
            tally.add(outcome, count);
        }
        tally
    }

    /// Adds people with this outcome.
    pub fn add(&mut self, outcome: Outcome, count: u64) {
        if count > 0 {
            *self.0.entry(outcome).or_default() += count;
        }
    }

    /// Adds another tally.
    pub fn merge(&mut self, other: &Self) {
        for (outcome, count) in other.counts() {
            self.add(outcome, count);
        }
    }

    /// Returns the count of one outcome.
    #[must_use]
    pub fn of_outcome(&self, outcome: Outcome) -> u64 {
        self.0.get(&outcome).copied().unwrap_or(0)
    }

    /// Returns all counts that are not zero, in the order of [`Outcome`].
    pub fn counts(&self) -> impl Iterator<Item = (Outcome, u64)> + '_ {
        self.0.iter().map(|(outcome, count)| (*outcome, *count))
    }

    /// Returns the number of people.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.0.values().sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (outcome, count)) in self.counts().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}{outcome} {count}")?;
        }
        Ok(())
    }
}
