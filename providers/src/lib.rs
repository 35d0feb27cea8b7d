//! Every way a person can prove who they are: the [`IdentityProvider`] trait and the providers built in.
//! Who the proved person is to us is decided in `domain`; nothing here stores anything.
//!
//! A provider is one file: its settings, its calls, and how its upstream's errors map to [`ErrorKind`].
//! Registering a [`Factory`] is all it takes to offer it to the configuration.

mod abilities;
pub mod builtin;
mod code;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod factory;
mod http;
pub mod layer;
mod provider;
mod settings;
mod shared_token;
mod token;

pub use abilities::{Abilities, PhoneCheck, Start, UnionIds};
pub use code::{BadCode, BadEncryptedData, EncryptedData, LoginCode, PhoneCode};
pub use error::{ErrorKind, ProviderError};
pub use factory::{Built, Factory};
pub use http::{Http, HttpLimits, bad_status};
pub use provider::{AuthorizeRequest, BegunLogin, Exchange, IdentityProvider, KeptSecrets, LoginScope, ShownPhone};
pub use settings::{Checks, Problem, Settings, read_table, without_value};
pub use shared_token::{AHEAD, CallError, SharedToken};
pub use token::{KeptToken, LEASE, Lease, TokenKeeper, TokensInMemory};
