//! The actor of a change, as recorded in the journal and the audit.

use std::fmt;
use std::str::FromStr;

use domain::{Principal, ServiceTokenId};

/// The actor of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The person, by presenting a proof.
    Person,
    /// An import that the company runs.
    Import,
    /// The company: an operator who is signed in, or a system with a service token.
    Operator(Principal),
    /// An operator, at the command line.
    Command,
    /// The upstream, which reported an event about the person.
    Upstream,
    /// The service itself.
    System,
}

impl Actor {
    /// Returns who acted for the company, if it was an operator or a system.
    #[must_use]
    pub const fn principal(self) -> Option<Principal> {
        match self {
            Self::Operator(principal) => Some(principal),
            Self::Person | Self::Import | Self::Command | Self::Upstream | Self::System => None,
        }
    }

    /// Returns the service token that was used, if any.
    #[must_use]
    pub const fn token(self) -> Option<ServiceTokenId> {
        match self {
            Self::Operator(principal) => principal.token(),
            Self::Person | Self::Import | Self::Command | Self::Upstream | Self::System => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person => f.write_str("person"),
            Self::Import => f.write_str("import"),
            Self::Operator(principal) => write!(f, "operator:{principal}"),
            Self::Command => f.write_str("command"),
            Self::Upstream => f.write_str("upstream"),
            Self::System => f.write_str("system"),
        }
    }
}

/// The error for text that names no actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown actor")]
pub struct UnknownActor;

impl FromStr for Actor {
    type Err = UnknownActor;

    fn from_str(text: &str) -> Result<Self, UnknownActor> {
        match text {
            "person" => Ok(Self::Person),
            "import" => Ok(Self::Import),
            "command" => Ok(Self::Command),
            "upstream" => Ok(Self::Upstream),
            "system" => Ok(Self::System),
            _ => {
                let principal = text.strip_prefix("operator:").and_then(|principal| principal.parse().ok());
                principal.map(Self::Operator).ok_or(UnknownActor)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{OperatorId, Timestamp};

    use super::*;

    #[test]
    fn an_actor_survives_its_text_form() {
        use Actor::{Command, Import, Operator, Person, System, Upstream};
        let now = Timestamp::from_millis(1);
        let (token, operator) = (ServiceTokenId::new(now).into(), OperatorId::new(now).into());

        for actor in [Person, Import, Operator(token), Operator(operator), Command, Upstream, System] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        for text in ["", "operator:", "operator:usr_1", "Person"] {
            assert_eq!(text.parse::<Actor>(), Err(UnknownActor), "{text}");
        }
    }
}
