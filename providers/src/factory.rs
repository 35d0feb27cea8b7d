//! How a provider is made from its table in the configuration.
//! Which factories exist is listed in `builtin`; an embedding program may add its own.

use std::sync::Arc;

use crate::{IdentityProvider, Problem, Settings};

/// A provider, or every mistake in its settings.
pub type Built = Result<Arc<dyn IdentityProvider>, Vec<Problem>>;

/// Makes the providers of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Factory {
    /// What the configuration calls the kind.
    pub kind: &'static str,
    /// Makes a provider, or names every mistake in its settings. Calls nobody: an upstream that is down must not keep
    /// the service from starting.
    pub build: fn(Settings) -> Built,
}
