//! The grounds on which a merge is made or undone.

use domain::{Principal, Rule};

use crate::Actor;

/// The grounds on which a merge is made or undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grounds {
    /// R8: the person confirmed an offer of this rule.
    Offer(Rule),
    /// R8: the person requested it.
    Person,
    /// R14: an operator decided.
    Operator {
        /// Who decided.
        by: Principal,
        /// The operator's reason.
        reason: String,
    },
}

impl Grounds {
    /// Returns the rule, as recorded in the journal.
    #[must_use]
    pub fn rule(&self) -> Rule {
        match self {
            Self::Offer(_) | Self::Person => Rule::R8,
            Self::Operator { .. } => Rule::R14,
        }
    }

    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::Offer(_) | Self::Person => Actor::Person,
            Self::Operator { by, .. } => Actor::Operator(*by),
        }
    }
}
