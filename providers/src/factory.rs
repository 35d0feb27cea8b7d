//! Factories, which build providers from the configuration. See `builtin` for the list; an embedding program may add its
//! own.

use std::sync::Arc;

use crate::{IdentityProvider, Problem, Settings};

/// A provider, or every mistake in its settings.
pub type Built = Result<Arc<dyn IdentityProvider>, Vec<Problem>>;

/// Builds the providers of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Factory {
    /// The kind's name in the configuration.
    pub kind: &'static str,
    /// Builds a provider, or returns every mistake in its settings. Makes no calls: an unavailable upstream must not keep
    /// the service from starting.
    pub build: fn(Settings) -> Built,
}
