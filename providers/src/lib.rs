//! Every way a person can prove who they are: the [`IdentityProvider`] trait and the providers built in.
//! Who the proved person is to us is decided in `domain`; nothing here stores anything.
//!
//! A provider is one file: its settings, its calls, and how its upstream's errors map to [`ErrorKind`].
//! Registering a [`Factory`] is all it takes to offer it to the configuration.

pub mod builtin;
mod code;
mod error;
mod factory;
mod http;
mod provider;

pub use code::{BadLoginCode, LoginCode};
pub use error::{ErrorKind, ProviderError};
pub use factory::{Built, Factory, Problem, Settings, read_table, without_value};
pub use http::{Http, HttpLimits};
pub use provider::{AuthorizeRequest, IdentityProvider, LoginScope, Start};
