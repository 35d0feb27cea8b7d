//! On what grounds a merge is made or undone.
//! Who may have which grounds is decided in `api`.

use domain::{Rule, ServiceTokenId};

use crate::Actor;

/// On what grounds a merge was made or undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grounds {
    /// R8: the person confirmed what this rule had offered.
    Offer(Rule),
    /// R8: the person wants it.
    Person,
    /// R14: an operator decided.
    Operator {
        /// Who.
        token: ServiceTokenId,
        /// Why.
        reason: String,
    },
}

impl Grounds {
    /// The rule's number, as it stands in the journal.
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
            Self::Operator { token, .. } => Actor::Operator(*token),
        }
    }
}
